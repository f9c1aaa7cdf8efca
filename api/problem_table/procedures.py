"""Procedures: documents that can't be used, and requests that none is for."""

from __future__ import annotations

import issuance.errors as issuance

from .entry import our_fault, problem

PROCEDURES = (
    problem(
        issuance.ProcedureRefused,
        422,
        ("Văn bản quy trình chưa đúng", "The procedure document is not right"),
        ("Danh sách “problems” chỉ ra từng chỗ cần sửa.", "The list “problems” names each place to mend."),
    ),
    problem(
        issuance.ProceduresOverlap,
        409,
        ("Quy trình trùng thời gian với quy trình khác", "The procedure overlaps with another one"),
        (
            "Trong cùng một ngày, mỗi đơn vị chỉ có một quy trình cho mỗi loại giấy tờ.",
            "On any day a unit has one procedure for each document type.",
        ),
    ),
    problem(
        issuance.NoProcedure,
        409,
        (
            "Cơ quan chưa công bố quy trình cho loại giấy tờ này",
            "The agency has published no procedure for this document type",
        ),
        ("Hồ sơ chưa được tạo. Vui lòng hỏi bộ phận một cửa.", "Nothing was begun. Please ask the one-stop desk."),
    ),
    problem(issuance.ProcedureNotFound, 404, ("Không có quy trình này", "No such procedure")),
    problem(
        issuance.ProcedureOver,
        409,
        ("Quy trình này đã hết áp dụng hoặc đã được thu hồi", "This procedure is over, or was withdrawn"),
    ),
    our_fault(issuance.ShippedProcedureChanged),
    our_fault(issuance.UnknownStep),
    our_fault(issuance.UnknownProcedureFact),
)
