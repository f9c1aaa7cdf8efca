"""Why a file was not taken as a paper, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from issuance.fees.wording import Label

REFUSED_PAPERS: Mapping[str, Label] = MappingProxyType(
    {
        "active_content": Label(
            "Tệp PDF có mã lệnh, biểu mẫu gửi đi hoặc tệp đính kèm. Hãy in lại thành PDF hoặc chụp ảnh giấy tờ.",
            "The PDF has scripts, forms that are sent, or attachments. Print it to PDF anew, or take a photograph.",
        ),
        "another_kind_before": Label(
            "Tệp này đã được nộp cho cùng mục đích với tên giấy tờ khác.",
            "This file was brought for the same purpose as another kind of paper.",
        ),
        "encrypted": Label(
            "Tệp PDF được đặt mật khẩu hoặc mã hóa. Hãy lưu lại không có mật khẩu.",
            "The PDF is encrypted or has a password. Save it without one.",
        ),
        "not_recognised": Label(
            "Tệp không phải là PDF, PNG hoặc JPEG.", "The file is no PDF, PNG or JPEG, whatever it is called."
        ),
        "other_media_type": Label(
            "Loại tệp này không được nhận cho giấy tờ đó. Xem danh mục dịch vụ.",
            "This kind of file is not taken for that paper. See the service's entry.",
        ),
        "too_costly": Label(
            "Tệp quá phức tạp để mở. Hãy chụp ảnh giấy tờ.", "The file is too much work to open. Take a photograph."
        ),
        "too_large": Label("Tệp lớn hơn mức cho phép.", "The file is larger than allowed."),
        "too_many_pages": Label("Tệp có nhiều trang hơn mức cho phép.", "The file has more pages than allowed."),
        "too_many_papers": Label(
            "Hồ sơ đã có đủ số giấy tờ tối đa.", "The application has as many papers as it takes."
        ),
        "too_many_pixels": Label(
            "Ảnh có nhiều điểm ảnh hơn mức cho phép (50 triệu).",
            "The picture has more pixels than the 50 million allowed.",
        ),
        "unknown_kind": Label(
            "Hồ sơ này không cần loại giấy tờ đó. Xem danh mục dịch vụ.",
            "The application has no use for that kind of paper. See the service's entry.",
        ),
        "unreadable": Label(
            "Không mở được tệp: tệp hỏng hoặc thiếu.", "The file cannot be opened: broken or cut short."
        ),
    }
)
