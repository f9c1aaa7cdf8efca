"""Questions about applications, surveys, and the link for the first operator."""

from __future__ import annotations

import issuance.errors as issuance

from .entry import problem

FEEDBACK = (
    problem(issuance.QuestionNotFound, 404, ("Không có câu hỏi này", "No such question")),
    problem(issuance.QuestionAnswered, 409, ("Câu hỏi này đã được trả lời", "The question is answered already")),
    problem(
        issuance.TooManyQuestions,
        409,
        ("Đã có đủ số câu hỏi đang chờ trả lời", "As many questions as may wait have no answer yet"),
        ("Hãy đợi câu trả lời rồi hỏi tiếp.", "Wait for an answer before you ask more."),
    ),
    problem(
        issuance.FirstRunClosed,
        404,
        ("Liên kết này không còn dùng được", "This link does not work any more"),
        (
            "Liên kết cho người vận hành đầu tiên dùng được một lần, trong 24 giờ, khi danh sách cán bộ còn trống. "
            "Khởi động lại hệ thống để có liên kết mới, hoặc dùng lệnh: condau officials put.",
            "The link for the first operator works once, for 24 hours, while nobody is in the register of officials. "
            "Start the service again for a new one, or use: condau officials put.",
        ),
    ),
    problem(
        issuance.SurveyClosed,
        404,
        ("Liên kết khảo sát này không còn mở", "This survey is not open any more"),
        (
            "Mỗi liên kết chỉ dùng được một lần và trong một thời hạn. Nếu bạn đã trả lời: xin cảm ơn.",
            "Each link works once, and for a limited time. If you have answered already: thank you.",
        ),
    ),
)
