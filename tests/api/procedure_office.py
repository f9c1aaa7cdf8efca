"""The people who publish procedures, and a procedure of the office's unit, over HTTP."""

from __future__ import annotations

from typing import Any

import httpx

from tests.api.house import House

UNIT = "000.00.15.H26"
PROCEDURES = "/v1/procedures"


def head(house: House, **claims: Any) -> dict[str, str]:
    return house.official(**{"roles": ["head"], "sub": "head", "personal_id": "001085000021"} | claims)


def operator(house: House, **claims: Any) -> dict[str, str]:
    return house.official(**{"roles": ["operator"], "sub": "operator", "personal_id": "001085000022"} | claims)


def own_procedure(version: int = 1, first_day: str = "2024-06-04", **changed: Any) -> dict[str, Any]:
    """The unit's own way to an extract: a caseworker proposes, the head decides. changed: other members."""
    refuse = {
        "id": "refuse",
        "name": {"vi": "Từ chối", "en": "Refuse"},
        "ends": "refused",
        "needs": ["reason"],
    }
    return {
        "schema": "condau-procedure/1",
        "id": "extract_in_two_steps",
        "version": version,
        "name": {"vi": "Cấp phiếu lý lịch tư pháp số 1 qua hai bước", "en": "Extract form 1 in two steps"},
        "reference": "QT-LLTP-11",
        "document_types": ["criminal_record_form_1"],
        "units": [UNIT],
        "effective": {"first_day": first_day, "last_day": None},
        "basis": [{"number": "28/2009/QH12", "title": {"vi": "Luật Lý lịch tư pháp", "en": "Law on Criminal Records"}}],
        "start": "examine",
        "steps": [
            {
                "id": "examine",
                "name": {"vi": "Thẩm tra hồ sơ", "en": "Examine the application"},
                "role": "caseworker",
                "time_limit": {"amount": 7, "unit": "working_days"},
                "actions": ["ask_papers", "ask_register_again", "stop"],
                "outcomes": [
                    {"id": "propose", "name": {"vi": "Trình lãnh đạo", "en": "Propose"}, "to": "sign"},
                    refuse,
                ],
            },
            {
                "id": "sign",
                "name": {"vi": "Xem xét, ký", "en": "Consider and sign"},
                "role": "head",
                "time_limit": {"amount": 1, "unit": "working_days"},
                "outcomes": [
                    {
                        "id": "approve",
                        "name": {"vi": "Phê duyệt", "en": "Approve"},
                        "ends": "approved",
                        "needs": ["register_answers", "fee_settled"],
                    },
                    refuse,
                    {"id": "return", "name": {"vi": "Trả lại", "en": "Return"}, "to": "examine", "returns": True},
                ],
            },
        ],
        **changed,
    }


async def published(house: House, document: dict[str, Any], who: dict[str, str] | None = None) -> dict[str, Any]:
    answer = await house.post(PROCEDURES, who or head(house), json=document)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def codes(answer: httpx.Response) -> set[str]:
    """Of the problems that stop something."""
    return {one["code"] for one in answer.json()["problems"] if not one["is_note"]}
