"""Words for verdicts on files: what to do about one that could not be read, and what the code on a picture is worth."""

from __future__ import annotations

from collections.abc import Mapping

from issuance.fees.wording import Label
from verification.verdict import VerdictState

_TOO_MUCH_WORK = Label(
    "Tệp này cần quá nhiều công xử lý. Hãy chụp ảnh trang có mã QR rồi gửi ảnh đó.",
    "This file takes too much work to read. Take a photo of the page with the QR code and send that.",
)
_NO_CODE = Label(
    "Không tìm thấy mã QR của giấy tờ. Hãy chụp lại: thẳng, gần, đủ sáng, thấy trọn mã; "
    "hoặc nhập số giấy tờ và mã kiểm tra.",
    "No QR code of a document was found. Take the photo again: straight, close, in good light, the whole code on it; "
    "or type the number and check code.",
)

INSTRUCTIONS: Mapping[str, Label] = {
    "pdf_end_malformed": Label(
        "Tệp không trọn vẹn: có thể tải xuống bị ngắt hoặc đã đổi khi gửi. Hãy tải lại tệp gốc rồi kiểm tra lại.",
        "The file is not whole: its download may have been cut short, or sending it has changed it. "
        "Download the original again, then check that.",
    ),
    "receipt_incomplete": Label(
        "Tệp không trọn vẹn: có thể tải xuống bị ngắt. Hãy tải lại tệp gốc rồi kiểm tra lại.",
        "The file is not whole: its download may have been cut short. Download the original again, then check that.",
    ),
    "file_not_recognised": Label(
        "Không nhận ra loại tệp này. Hãy chọn tệp PDF đã được cấp, hoặc ảnh chụp giấy tờ dạng PNG hay JPEG.",
        "This kind of file is not recognised. Choose the PDF file that was issued, or a photo of the paper as PNG or "
        "JPEG.",
    ),
    "no_code_found": _NO_CODE,
    "several_codes": Label(
        "Trong tệp có mã QR của nhiều giấy tờ. Hãy gửi từng giấy tờ một.",
        "The file shows QR codes of several documents. Send one document at a time.",
    ),
    "upload_too_many_pixels": Label(
        "Ảnh có quá nhiều điểm ảnh (tối đa 50 triệu). Hãy chụp lại ở cỡ nhỏ hơn.",
        "The picture has too many pixels (50 million at most). Take it again in a smaller size.",
    ),
    "upload_too_many_pages": Label(
        "Tệp có quá nhiều trang (tối đa 20). Hãy chỉ gửi trang có mã QR.",
        "The file has too many pages (20 at most). Send only the page with the QR code.",
    ),
    "upload_too_slow": _TOO_MUCH_WORK,
    "upload_too_hungry": _TOO_MUCH_WORK,
    "upload_unreadable": Label(
        "Tệp bị hỏng hoặc không mở được. Hãy gửi tệp gốc, hoặc ảnh chụp trang có mã QR.",
        "The file is damaged or cannot be opened. Send the original file, or a photo of the page with the QR code.",
    ),
}

OF_CODE_IN_FILE: Mapping[VerdictState, tuple[Label, Label]] = {
    VerdictState.VALID: (
        Label("Mã QR thật, giấy tờ còn hiệu lực", "The QR code is genuine, its document in force"),
        Label(
            "So từng dòng dưới đây với giấy tờ, và so họ tên, ngày sinh với căn cước của người xuất trình.",
            "Compare every line below with the paper, and the name and birth date with the holder’s identity card.",
        ),
    ),
}
"""Title and instruction where those of the state alone would promise too much."""

NOTE_ON_CODE_IN_FILE = Label(
    "Tệp này không phải tệp gốc có con dấu điện tử. Chỉ mã QR trong đó được kiểm tra; phần còn lại có thể đã bị sửa.",
    "This file is not the sealed original. Only the QR code in it was checked; all else in it may have been changed.",
)
