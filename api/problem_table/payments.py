"""Money: what cannot be done about a payment or a refund."""

from __future__ import annotations

import issuance.errors as issuance

from .entry import problem

PAYMENTS = (
    problem(
        issuance.PaymentNotAsked,
        409,
        ("Hồ sơ không chờ nộp tiền", "The application waits for no payment"),
        ("Khoản này đã nộp, đã hủy hoặc chưa được yêu cầu.", "It is paid, cancelled, or was never asked for."),
    ),
    problem(issuance.PaymentNotFound, 404, ("Không có khoản thanh toán này", "No such payment")),
    problem(
        issuance.PaymentNotWaiting,
        409,
        ("Khoản thanh toán này đã được xử lý", "This payment has been dealt with"),
        ("Hãy xem lại danh sách khoản tiền đang chờ.", "See the list of money that waits."),
    ),
    problem(
        issuance.PaymentUnknown,
        503,
        ("Nơi nhận thanh toán chưa thấy khoản này", "The payment provider does not know of this payment yet"),
        retry=30,
    ),
    problem(issuance.RefundNotFound, 404, ("Không có lệnh hoàn tiền này", "No such refund")),
    problem(
        issuance.RefundNotOpen,
        409,
        ("Lệnh hoàn tiền này không chờ cán bộ xử lý", "Nothing is to be done about this refund"),
        (
            "Tiền đã được hoàn, hoặc đang được hoàn qua nơi nhận thanh toán.",
            "It is done, or on its way through the payment provider.",
        ),
    ),
    problem(
        issuance.NoticeRefused,
        400,
        ("Thông báo thanh toán không được chấp nhận", "The payment notice is not accepted"),
        (
            "Thông báo phải được ký bằng khóa dùng chung, còn trong 5 phút và đúng mẫu.",
            "It must be signed with a shared secret, be of the last 5 minutes, and of the documented form.",
        ),
    ),
    problem(
        issuance.BrokenStatement,
        422,
        ("Sao kê có dòng chưa đúng", "The statement is not right"),
        ("Danh sách “problems” chỉ ra từng dòng cần sửa.", "The list “problems” names each line to mend."),
    ),
)
