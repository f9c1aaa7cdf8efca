"""Examples of the routes about money, for the API's description."""

from typing import Any

_CODE = "000.00.15.H26-240603-0001"
_PAYMENT = "8c2f6a10-5d3e-4b7a-9f21-0c4d5e6f7a80"
_REFUND = "1d7e4b92-3c5a-4f68-8e90-2a3b4c5d6e7f"

NOTICE: dict[str, Any] = {"type": "payment.received", "data": {"reference": "FT24155000123"}}
CASH = {"amount_vnd": 205_000}
CASH_TAKEN = {
    "id": _PAYMENT,
    "code": _CODE,
    "amount_vnd": 205_000,
    "taken_at": "2024-06-03T02:00:00+00:00",
    "state": "received",
}
CASH_DAY = {
    "unit": "000.00.15.H26",
    "on": "2024-06-03",
    "officials": [
        {
            "official": "https://officials.example|can-bo-2",
            "payments": 1,
            "taken_vnd": 205_000,
            "refunds": 1,
            "handed_out_vnd": 100_000,
        }
    ],
    "entries": [
        {
            "official": "https://officials.example|can-bo-2",
            "at": "2024-06-03T02:00:00+00:00",
            "amount_vnd": 205_000,
            "code": _CODE,
        },
        {
            "official": "https://officials.example|can-bo-2",
            "at": "2024-06-03T04:00:00+00:00",
            "amount_vnd": -100_000,
            "code": "000.00.15.H26-240601-0002",
        },
    ],
    "taken_vnd": 205_000,
    "handed_out_vnd": 100_000,
}
WAITING_PAYMENTS = {
    "items": [
        {
            "id": _PAYMENT,
            "source": "gateway",
            "source_name": "Payment provider",
            "reference": "FT24155000123",
            "amount": 200_000,
            "currency": "VND",
            "memo": "NGUYEN VAN A 0000015H262406030001",
            "because": "part",
            "because_text": "Less than is due",
            "missing_vnd": 5_000,
            "received_at": "2024-06-03T02:00:00+00:00",
            "noted_at": "2024-06-03T02:00:05+00:00",
            "code": _CODE,
            "unit": "000.00.15.H26",
            "owner": "https://officials.example|can-bo-2",
            "links": {name: f"/v1/desk/payments/{_PAYMENT}/{name}" for name in ("assignment", "allocation", "refund")},
        }
    ],
    "next": None,
}
ASSIGNMENT = {"to": "https://officials.example|can-bo-2", "reason": "Đồng chí Mai phụ trách đối soát"}
ASSIGNED = {"id": _PAYMENT, "state": "waiting", "owner": "https://officials.example|can-bo-2"}
ALLOCATION = {"code": _CODE, "together_with": [], "reason": "Người nộp ghi thiếu mã hồ sơ, đã đối chiếu chứng từ"}
ALLOCATED = {"id": _PAYMENT, "state": "charged", "owner": None}
REASON = {"reason": "Nộp hai lần"}
REFUND = {
    "id": _REFUND,
    "payment": _PAYMENT,
    "code": _CODE,
    "amount": 200_000,
    "currency": "VND",
    "cause": "unmatched",
    "cause_name": "The payment did not fit the application",
    "way": "gateway",
    "state": "ordered",
    "state_name": "Ordered",
    "why": None,
    "ordered_at": "2024-06-03T02:10:00+00:00",
    "done_at": None,
    "links": {},
}
REFUSED_REFUND = REFUND | {
    "state": "failed",
    "state_name": "Not paid back yet, an official looks at it",
    "why": "refused_by_provider",
    "links": {
        "handed_out": f"/v1/desk/refunds/{_REFUND}/handed-out",
        "again": f"/v1/desk/refunds/{_REFUND}/again",
    },
}
REFUNDS = {"items": [REFUSED_REFUND], "next": None}
HANDED_OUT = REFUND | {
    "way": "desk",
    "state": "done",
    "state_name": "Paid back",
    "done_at": "2024-06-04T02:00:00+00:00",
}
STATEMENT_CSV = (
    'date,reference,amount,currency,memo\n03/06/2024,FT24155000123,"205,000",VND,NGUYEN VAN A 0000015H262406030001\n'
)
STATEMENT = {"is_preview": False, "charged": 1, "waiting": 0, "known": 0, "outgoing": 0, "waiting_lines": []}
