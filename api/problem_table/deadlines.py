"""Deadlines: follow-ups, and the apologies for what was late."""

from __future__ import annotations

import issuance.errors as issuance

from .entry import problem

DEADLINES = (
    problem(
        issuance.ApologyNotOwed,
        409,
        ("Hồ sơ này chưa quá hạn", "This application is not late"),
        (
            "Phiếu xin lỗi chỉ được lập khi đã quá thời điểm hẹn trả kết quả.",
            "A letter of apology is drafted once the promised time has passed.",
        ),
    ),
    problem(issuance.ApologySigned, 409, ("Phiếu xin lỗi đã được ký", "The apology is signed off already")),
    problem(
        issuance.NewDateRefused,
        422,
        ("Ngày hẹn lại không hợp lệ", "The new date can't be promised"),
        (
            "Chọn ngày từ hôm nay trở đi, trong vòng một năm.",
            "Choose a day from today on, within a year.",
        ),
    ),
    problem(issuance.FollowUpNotFound, 404, ("Không có lời nhắc này", "There is no such follow-up")),
)
