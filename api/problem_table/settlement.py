"""The walk of a case: whose it is, what its step allows, and who acts for whom."""

from __future__ import annotations

import issuance.errors as issuance

from .entry import problem

_READ_AGAIN = ("Hãy đọc lại hồ sơ rồi thực hiện lại.", "Read the application again, then repeat.")

SETTLEMENT = (
    problem(
        issuance.NotYours,
        409,
        ("Hồ sơ đang do cán bộ khác thụ lý", "Somebody else has this case"),
        (
            "“owner” cho biết người thụ lý; lãnh đạo đơn vị có thể giao lại.",
            "“owner” says who; a head of the unit can give it to somebody else.",
        ),
    ),
    problem(
        issuance.OutcomeNotOffered,
        409,
        ("Bước hiện tại không có kết quả này", "The present step does not end that way"),
        ("“outcomes” liệt kê các kết quả của bước.", "“outcomes” lists what can come of the step."),
    ),
    problem(
        issuance.ActionNotOffered,
        409,
        ("Bước hiện tại không cho phép việc này", "The present step does not allow this"),
        ("“actions” liệt kê các việc được phép.", "“actions” lists what it allows."),
    ),
    problem(
        issuance.ReasonMissing,
        422,
        ("Thiếu lý do", "The reason is missing"),
        ("Công dân sẽ đọc lý do này.", "The citizen reads it."),
    ),
    problem(
        issuance.PapersUndecided,
        409,
        ("Còn giấy tờ chưa được xem xét hoặc còn thiếu", "Papers are missing or wait to be looked at"),
        (
            "Hãy chấp nhận hoặc từ chối từng giấy tờ, hoặc yêu cầu bổ sung.",
            "Accept or reject each paper, or ask for what is missing.",
        ),
    ),
    problem(
        issuance.PapersOutstanding,
        409,
        ("Hồ sơ đang chờ công dân bổ sung giấy tờ", "The application waits for papers of the citizen"),
        ("Hãy tiếp tục xử lý hồ sơ trước.", "Resume the work on it first."),
    ),
    problem(
        issuance.PapersRequestRefused,
        422,
        ("Thời hạn bổ sung giấy tờ không phù hợp", "Papers cannot be asked for until that day"),
        (
            "Chọn một ngày sau hôm nay và không quá 90 ngày.",
            "Choose a day after today and at most 90 days ahead.",
        ),
    ),
    problem(
        issuance.AssignmentRefused,
        409,
        ("Không thể giao hồ sơ cho cán bộ này", "The case cannot be given to this official"),
        (
            "Cán bộ phải đang làm việc tại đơn vị, có vai trò của bước và không liên quan đến hồ sơ.",
            "It takes an active official of the unit in the step's role who is not concerned.",
        ),
    ),
    problem(
        issuance.ApplicationChanged,
        412,
        ("Hồ sơ đã thay đổi sau khi bạn đọc", "The application has changed since you read it"),
        _READ_AGAIN,
    ),
    problem(issuance.DelegationNotFound, 404, ("Không có ủy quyền này", "No such delegation")),
    problem(
        issuance.DelegationRefused,
        422,
        ("Ủy quyền không hợp lệ", "Powers cannot be delegated so"),
        ("“why” cho biết lý do.", "“why” says for what reason."),
    ),
)
