"""The words in which a person reads a verdict: title and instruction for each state, a sentence for each finding."""

from __future__ import annotations

from collections.abc import Mapping

from issuance.content import HAS_CONVICTIONS, NO_CONVICTIONS
from issuance.fees.wording import Label
from verification.key_binding import HOLDER_PROVEN
from verification.verdict import Outcome, VerdictState

from . import file_words

TITLES: Mapping[VerdictState, Label] = {
    VerdictState.VALID: Label("Giấy tờ thật, còn hiệu lực", "Genuine and in force"),
    VerdictState.REVOKED: Label("Đã bị thu hồi", "Revoked"),
    VerdictState.SUSPENDED: Label("Đang tạm ngừng hiệu lực", "Suspended"),
    VerdictState.EXPIRED: Label("Đã hết hạn", "Expired"),
    VerdictState.NOT_GENUINE: Label("Không phải giấy tờ thật", "Not genuine"),
    VerdictState.UNKNOWN_ISSUER: Label("Không rõ nơi cấp", "Issuer not known"),
    VerdictState.UNREADABLE: Label("Không đọc được", "Not readable"),
    VerdictState.STATUS_UNKNOWN: Label("Chưa rõ hiệu lực", "Status not known"),
}

INSTRUCTIONS: Mapping[VerdictState, Label] = {
    VerdictState.VALID: Label(
        "So họ tên và ngày sinh dưới đây với căn cước của người xuất trình.",
        "Compare the name and birth date below with the holder’s identity card.",
    ),
    VerdictState.REVOKED: Label(
        "Không chấp nhận giấy tờ này; người xuất trình cần liên hệ nơi cấp.",
        "Do not accept this document; its holder should ask the issuing body.",
    ),
    VerdictState.SUSPENDED: Label(
        "Chưa chấp nhận; hãy hỏi nơi cấp trước khi quyết định.",
        "Do not accept it yet; ask the issuing body before you decide.",
    ),
    VerdictState.EXPIRED: Label("Đề nghị người xuất trình xin cấp giấy tờ mới.", "Ask the holder for a new document."),
    VerdictState.NOT_GENUINE: Label(
        "Không chấp nhận. Hãy ghi lại thời điểm kiểm tra và báo cơ quan công an gần nhất.",
        "Do not accept it. Note the time of this check and report it to the nearest police office.",
    ),
    VerdictState.UNKNOWN_ISSUER: Label(
        "Chưa kết luận là giả: trang này không biết nơi cấp. Hãy hỏi cơ quan ghi trên giấy tờ.",
        "This does not mean forged: the issuer is not known here. Ask the body named on the document.",
    ),
    VerdictState.UNREADABLE: Label(
        "Hãy quét lại khi giấy phẳng và đủ sáng, hoặc nhập số giấy tờ và mã kiểm tra.",
        "Scan again with the paper flat and in good light, or type the number and check code.",
    ),
    VerdictState.STATUS_UNKNOWN: Label(
        "Chưa tra cứu được trạng thái; hãy kiểm tra lại trước khi chấp nhận.",
        "The status could not be looked up; check again before you accept it.",
    ),
}

# Where the way of asking allows a more helpful word than the state alone.
NOT_IN_REGISTER: Mapping[str, tuple[Label, Label]] = {
    "number": (
        Label("Không có trong sổ đăng ký", "Not in the register"),
        Label(
            "Hãy so lại từng ký tự đã nhập. Nếu đã nhập đúng, không chấp nhận và báo cơ quan công an gần nhất.",
            "Compare what you typed, character by character. "
            "If it is right, do not accept the paper; report it to the nearest police office.",
        ),
    ),
    "pdf": (
        Label("Không phải tệp đã được cấp", "Not the file that was issued"),
        Label(
            "Tệp đã bị thay đổi, hoặc được lưu lại bằng phần mềm khác. Hãy yêu cầu tệp gốc; đừng chấp nhận tệp này.",
            "The file was altered, or saved anew by another program. Ask for the original; do not accept this one.",
        ),
    ),
}

# Beginnings of reasons that are about the presentation of a credential, not about the document.
OF_PRESENTATION: Mapping[str, tuple[Label, Label]] = {
    "binding_": (
        Label("Chưa chứng minh được người giữ", "Not shown to be its holder’s"),
        Label(
            "Chưa chấp nhận. Hãy yêu cầu xuất trình lại từ ví điện tử, theo một yêu cầu mới.",
            "Do not accept it yet. Have it presented again from the wallet, for a new request.",
        ),
    ),
    "disclosure_": (
        Label("Thông tin xuất trình không phải của giấy tờ này", "What is shown is not in this document"),
        INSTRUCTIONS[VerdictState.NOT_GENUINE],
    ),
}
UNREADABLE_CREDENTIAL = Label(
    "Hãy yêu cầu xuất trình lại từ ví điện tử, hoặc nhập số giấy tờ và mã kiểm tra.",
    "Have it presented again from the wallet, or type the number and check code.",
)
NOBODY_SHOWN = Label(
    "Họ tên hoặc ngày sinh không được cho xem, nên chưa biết giấy tờ của ai. Hãy yêu cầu cho xem để so với căn cước.",
    "The name or birth date is withheld, so this does not say whose document it is. "
    "Ask to see both, and compare them with the identity card.",
)
HOLDER_SHOWN = Label(
    "Người xuất trình đã chứng minh giữ khóa của giấy tờ này; phần không cho xem thì không kết luận được.",
    "Whoever presented it has proven to hold its key; nothing follows about what is withheld.",
)

# Where the state alone would accuse the holder of what a thief did to the issuer.
TITLES_FOR: Mapping[str, Label] = {
    "key_compromised": Label("Không được công nhận: khóa ký đã bị lộ", "Not accepted: the signing key was stolen"),
}

# Where the reason says better than the state what helps.
INSTRUCTIONS_FOR: Mapping[str, Label] = {
    **file_words.INSTRUCTIONS,
    "number_malformed": Label(
        "Số giấy tờ có 12 chữ số; mã kiểm tra có 10 chữ và số, không có 0, 1, I, L, O, U. Hãy so lại rồi nhập lại.",
        "A document number has 12 digits; a check code has ten letters and digits, and never 0, 1, I, L, O or U. "
        "Compare with the paper and type both again.",
    ),
    "trust_list_stale": Label(
        "Danh sách tin cậy trên máy này đã quá cũ. Hãy cập nhật khi có mạng rồi kiểm tra lại.",
        "The trust list on this device is too old. Bring it up to date where there is a network, then check again.",
    ),
    "timestamp_authority_unknown": Label(
        "Máy này không biết nơi cấp dấu thời gian của tệp. Hãy kiểm tra trực tuyến, hoặc cập nhật danh sách tin cậy.",
        "This device does not know who stamped the time on this. Check online, or bring the trust list up to date.",
    ),
    "updates_unverified": Label(
        "Sau khi cấp, tệp được thêm dấu thời gian không kiểm tra được ở đây. "
        "Hãy yêu cầu tệp như khi được cấp; nếu đang ngoại tuyến, hãy kiểm tra trực tuyến.",
        "After it was issued, a time stamp was added that cannot be verified here. "
        "Ask for the file as it was issued; without a network, check online.",
    ),
    "trust_list_before_issue": Label(
        "Danh sách tin cậy trên máy này có trước giấy tờ này. Hãy cập nhật, từ ngày mai nếu giấy mới cấp hôm nay, "
        "rồi kiểm tra lại; hoặc kiểm tra trực tuyến.",
        "The trust list on this device is not newer than the document. Bring it up to date, tomorrow if the document "
        "is of today, then check again; or check online.",
    ),
    "status_stale": Label(
        "Dữ liệu trạng thái trên máy này đã quá cũ. Hãy cập nhật khi có mạng rồi kiểm tra lại.",
        "The status data on this device is too old. Bring it up to date where there is a network, then check again.",
    ),
    **dict.fromkeys(
        ("trust_list_from_the_future", "status_from_the_future", "issued_in_the_future"),
        Label(
            "Hãy xem lại ngày giờ của máy này: có vẻ đang chạy chậm. Chỉnh lại rồi kiểm tra lại.",
            "Look at this device’s date and time: its clock seems to be behind. Set it right, then check again.",
        ),
    ),
    "key_compromised": Label(
        "Không chấp nhận: khóa ký đã bị lộ nên chữ ký này không còn được công nhận; điều đó không có nghĩa là người "
        "xuất trình làm sai. Người đó hãy đề nghị nơi cấp cấp lại.",
        "Do not accept it: the key was stolen, so what it signed no longer counts. The holder need not have done "
        "anything wrong, and gets a new document at the issuing body.",
    ),
    # Of the scanner in a browser: verification/ itself knows all algorithms.
    "algorithm_not_supported": Label(
        "Trình duyệt này không kiểm tra được loại chữ ký này. Hãy kiểm tra trực tuyến, hoặc dùng trình duyệt mới hơn.",
        "This browser cannot verify signatures of this kind. Check online, or use a newer browser.",
    ),
    "key_compromised_since": Label(
        "Khóa ký này đã bị lộ về sau, nên ngoại tuyến không thể biết giấy được ký từ trước. "
        "Hãy kiểm tra trực tuyến, hoặc hỏi nơi cấp.",
        "The key was taken later, so without a network nobody can tell that it sealed this before. "
        "Check online, or ask the issuing body.",
    ),
}

FINDINGS: Mapping[str, Label] = {
    "seal_intact": Label("Con dấu điện tử nguyên vẹn", "The electronic seal is intact"),
    HOLDER_PROVEN: Label(
        "Con dấu nguyên vẹn; người xuất trình giữ khóa của giấy tờ",
        "The seal is intact, and whoever presented it holds its key",
    ),
    "disclosure_not_sealed": Label(
        "Có thông tin mà nơi cấp không ký", "Something is shown that the issuer did not seal"
    ),
    "disclosure_repeated": Label("Có thông tin xuất trình hai lần", "Something is shown twice"),
    "binding_missing": Label(
        "Không có chữ ký của người giữ như đã yêu cầu", "The holder’s signature that was asked for is missing"
    ),
    "binding_not_asked": Label(
        "Có chữ ký của người giữ mà không ai yêu cầu", "There is a signature of the holder that nobody asked for"
    ),
    "binding_not_possible": Label("Giấy tờ này không gắn với khóa nào", "This document is bound to no key"),
    "binding_too_old": Label("Chữ ký của người giữ đã quá cũ", "The holder’s signature is too old"),
    "binding_from_the_future": Label(
        "Chữ ký của người giữ có thời gian ở tương lai", "The holder’s signature is dated in the future"
    ),
    "binding_signature_wrong": Label(
        "Chữ ký không phải của người giữ giấy tờ", "The signature is not that of the document’s holder"
    ),
    "binding_for_other_presentation": Label(
        "Chữ ký của người giữ thuộc lần xuất trình khác", "The holder’s signature belongs to another presentation"
    ),
    "binding_for_other_audience": Label(
        "Người giữ đã ký cho nơi khác", "The holder’s signature was made for somebody else"
    ),
    "binding_for_other_nonce": Label(
        "Người giữ đã ký cho yêu cầu khác", "The holder’s signature was made for another request"
    ),
    "in_register": Label(
        "Có trong sổ đăng ký; con dấu trên giấy không được kiểm tra",
        "In the register; the paper’s own seal was not examined",
    ),
    "seal_not_over_this_file": Label(
        "Tệp đã bị thay đổi sau khi đóng dấu", "The file is not the one that was sealed: it was changed since"
    ),
    "pdf_end_malformed": Label(
        "Tệp không trọn vẹn hoặc đã đổi khi gửi", "The file is incomplete, or was changed on its way"
    ),
    "receipt_incomplete": Label("Tệp không trọn vẹn", "The file is incomplete"),
    "file_not_recognised": Label("Không nhận ra loại tệp", "No kind of file that is known here"),
    "no_code_found": Label("Không tìm thấy mã QR của giấy tờ", "No QR code of a document was found"),
    "several_codes": Label("Có mã QR của nhiều giấy tờ", "It shows QR codes of several documents"),
    "qr_not_a_document_code": Label("Mã QR này không phải của giấy tờ", "The code is not one of a document"),
    "signature_wrong": Label("Chữ ký không khớp với nội dung", "The signature does not match the content"),
    "timestamp_wrong": Label("Dấu thời gian không phải của con dấu này", "The timestamp is not one of this seal"),
    "timestamp_authority_unknown": Label("Không rõ nơi cấp dấu thời gian", "Who stamped the time is not known here"),
    "updates_unverified": Label(
        "Con dấu nguyên vẹn; không rõ ai bổ sung dữ liệu lưu trữ sau đó",
        "The seal is intact; who added archive data after it is not known here",
    ),
    "seal_update_not_allowed": Label("Tệp đã bị sửa đổi sau khi ký", "The file was changed after it was sealed"),
    "seal_update_not_timestamped": Label(
        "Tệp có phần thêm vào sau khi ký mà không có dấu thời gian",
        "Something was added after the sealing, and bears no timestamp",
    ),
    "not_in_register": Label("Không có trong sổ đăng ký của nơi cấp", "Not in the issuer’s register"),
    "seal_contradicts_register": Label(
        "Con dấu không khớp với sổ đăng ký", "The seal contradicts the issuer’s register"
    ),
    "contradicts_register": Label(
        "Nội dung khác với sổ đăng ký của nơi cấp", "It says something else than the issuer’s register"
    ),
    "algorithm_not_supported": Label(
        "Trình duyệt này không kiểm tra được loại chữ ký này", "This browser cannot verify this kind of signature"
    ),
    "algorithm_not_allowed": Label(
        "Ký bằng thuật toán khác với khóa của nơi cấp", "Signed in another way than the issuer’s key does"
    ),
    "valid": Label("Còn hiệu lực", "In force"),
    "revoked": Label("Đã bị thu hồi", "Revoked"),
    "suspended": Label("Đang tạm ngừng hiệu lực", "Suspended"),
    "status_stale": Label("Dữ liệu trạng thái đã quá cũ", "The status data is out of date"),
    "status_not_listed": Label(
        "Không có trong các danh sách trạng thái đang có", "Not in the status lists that are at hand"
    ),
    "status_not_asked": Label("Không tra cứu trạng thái", "The status was not looked up"),
    "status_from_the_future": Label(
        "Dữ liệu trạng thái có ngày sau đồng hồ của máy", "The status data is dated after this device’s clock"
    ),
    "register_unavailable": Label("Sổ đăng ký không phản hồi", "The register does not answer"),
    "not_established": Label("Chưa kết luận: con dấu không hợp lệ", "Not established: the seal is not valid"),
    "issuer_known": Label("Nơi cấp được tin cậy", "The issuer is trusted"),
    "issuer_unknown": Label("Không có trong danh sách tin cậy", "Not on the trust list"),
    "trust_list_stale": Label("Danh sách tin cậy đã quá cũ", "The trust list is out of date"),
    "trust_list_before_issue": Label(
        "Danh sách tin cậy có trước ngày cấp nên có thể chưa ghi loại giấy này cho đơn vị",
        "The trust list is from before the document and may not have this type of the unit’s yet",
    ),
    "trust_list_from_the_future": Label(
        "Danh sách tin cậy có ngày sau đồng hồ của máy", "The trust list is dated after this device’s clock"
    ),
    "key_compromised": Label(
        "Khóa ký đã bị lộ trước khi ký giấy này", "The key had been compromised before it sealed this"
    ),
    "key_compromised_since": Label("Khóa ký đã bị lộ về sau", "The key was compromised later"),
    "key_for_other_purpose": Label("Khóa ký dùng cho việc khác", "The key is for another purpose"),
    "key_for_other_unit": Label(
        "Khóa ký của đơn vị không cấp loại giấy này", "The key of a unit that does not issue this type of document"
    ),
    "certificate_out_of_date": Label("Chứng thư của nơi cấp đã hết hạn", "The issuer’s certificate is out of date"),
    "issued_outside_key_period": Label(
        "Khóa ký không có hiệu lực vào ngày cấp", "The key was not in force on the day of issue"
    ),
}

GLOSSES: Mapping[tuple[str, str], str] = {
    ("criminal_record_form_1", NO_CONVICTIONS): "No convictions",
    ("criminal_record_form_1", HAS_CONVICTIONS): "Has convictions",
}

WITHHELD: Mapping[str, Label] = {
    "number": Label("số giấy tờ", "number"),
    "full_name": Label("họ và tên", "full name"),
    "birth_date": Label("ngày sinh", "birth date"),
    "result_line": Label("kết quả", "result"),
}

OUTCOMES: Mapping[Outcome, Label] = {
    Outcome.PASSED: Label("Đạt", "Passed"),
    Outcome.FAILED: Label("Không đạt", "Failed"),
    Outcome.UNKNOWN: Label("Chưa kiểm tra được", "Not checked"),
}
