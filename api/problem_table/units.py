"""The units of the administration: which there are, and what became of them."""

from __future__ import annotations

import issuance.errors as issuance

from .entry import problem

UNITS = (
    problem(
        issuance.UnknownUnit,
        404,
        ("Không có đơn vị này", "No such unit"),
        ("Đơn vị có thể đã kết thúc hoạt động hoặc chưa thành lập.", "It may have ended, or not have begun yet."),
    ),
    problem(
        issuance.NoSuccessor,
        409,
        ("Chưa có đơn vị nào tiếp nhận", "No unit has taken over"),
        (
            "Đơn vị đã kết thúc hoạt động: hãy ghi đơn vị kế thừa vào danh sách đơn vị.",
            "The unit has ended: name the one that succeeds it in the list of units.",
        ),
    ),
    problem(
        issuance.CarryOverNotFound,
        404,
        ("Không có đợt chuyển hồ sơ này", "No such carrying over"),
        (
            "Có thể không có hồ sơ nào cần chuyển sang đơn vị khác.",
            "It may be that no application had to go to another unit.",
        ),
    ),
    problem(
        issuance.UnitsInUse,
        409,
        ("Danh sách mới làm thay đổi những gì đã có hiệu lực", "The new list changes what is in use"),
        (
            "Danh sách “problems” chỉ ra từng chỗ: chỉ được kết thúc đơn vị, ghi đơn vị kế thừa hoặc sửa tên.",
            "The list “problems” names each place: units may end, get a successor, or have their names corrected.",
        ),
    ),
    problem(
        issuance.BrokenUnits,
        422,
        ("Danh sách đơn vị có chỗ chưa đúng", "The list of units is not right"),
        ("Danh sách “problems” chỉ ra từng chỗ cần sửa.", "The list “problems” names each place to mend."),
    ),
)
