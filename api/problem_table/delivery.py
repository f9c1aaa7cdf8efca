"""Parcels, printed copies, documents for other units, notices."""

from __future__ import annotations

import issuance.errors as issuance

from .entry import problem

DELIVERY = (
    problem(
        issuance.AddressRefused,
        422,
        ("Địa chỉ nhận bưu gửi có chỗ chưa đúng", "The postal address is not right"),
        (
            "Danh sách “problems” chỉ ra từng dòng: chỉ dùng chữ có thể in được, số điện thoại có 10 hoặc 11 chữ số.",
            "The list “problems” names each line: letters that can be printed, and a phone number of 10 or 11 digits.",
        ),
    ),
    problem(
        issuance.PostNotOffered,
        409,
        ("Giấy tờ này không gửi qua bưu điện", "This document is not sent by post"),
        ("Hãy tải bản điện tử; bản này có giá trị như bản giấy.", "Download it: the electronic one is as good."),
    ),
    problem(
        issuance.PostageUndecided,
        409,
        ("Gửi qua bưu điện làm tăng số tiền phải nộp", "Sending it by post would cost more"),
        (
            "Phí đã được xác định: hãy chọn gửi qua bưu điện ngay khi nộp hồ sơ.",
            "The fee is decided already: choose the post when you ask for the document.",
        ),
    ),
    problem(
        issuance.ParcelUnderWay,
        409,
        ("Bưu gửi đã được chuẩn bị hoặc đã gửi đi", "The parcel is ready, or on its way"),
    ),
    problem(issuance.NoParcel, 404, ("Không có bưu gửi nào", "There is no parcel")),
    problem(
        issuance.ParcelMoveRefused,
        409,
        ("Trạng thái bưu gửi không cho phép", "The parcel's state does not allow it"),
    ),
    problem(
        issuance.CopiesUsedUp,
        409,
        ("Đã in đủ số bản giấy", "All copies that were decided are printed"),
        ("“left” cho biết còn được in bao nhiêu bản.", "“left” says how many may still be printed."),
    ),
    problem(
        issuance.PrintNotFound,
        404,
        ("Không có lượt in này", "No such print"),
        (
            "Chỉ cán bộ ghi nhận lượt in mới tải được tệp, trong vòng một giờ.",
            "Its file is for the official who noted it, within the hour.",
        ),
    ),
    problem(
        issuance.NothingToHandOver,
        409,
        ("Không có bưu gửi nào chờ bàn giao", "No parcel waits to be handed over"),
        ("Hãy in bản giấy trước.", "Print the copies first."),
    ),
    problem(issuance.BatchNotFound, 404, ("Không có đợt bàn giao này", "No such batch")),
    problem(
        issuance.BrokenTracking,
        422,
        ("Không đọc được tệp theo dõi bưu gửi", "The post's reports cannot be read"),
        (
            "Cần tệp CSV mã UTF-8 với dòng đầu “parcel,tracking,state,at,reason”.",
            "It must be CSV in UTF-8 whose first line is “parcel,tracking,state,at,reason”.",
        ),
    ),
    problem(
        issuance.HandoverNotFound, 404, ("Không có giấy tờ chuyển đến này", "Nothing of this name was handed over")
    ),
    problem(
        issuance.HandoverRefused,
        409,
        ("Không thể chuyển đến đơn vị này", "The document cannot be handed to that unit"),
        (
            "Hãy chọn một đơn vị khác đang hoạt động, theo danh sách ở /v1/units.",
            "Choose another unit that exists today, of those of /v1/units.",
        ),
    ),
    problem(
        issuance.AlreadyHandedOver,
        409,
        ("Giấy tờ đang chờ đơn vị đó tiếp nhận", "The document waits at that unit already"),
    ),
    problem(
        issuance.HandoverSettled,
        409,
        ("Chưa mở giấy tờ, hoặc đã xác nhận tiếp nhận", "It was not opened yet, or is acknowledged already"),
    ),
)
