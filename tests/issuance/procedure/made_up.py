"""Made-up procedures as an agency could have them, drawn from a seed, with the services that they settle.

Every one is right by construction: steps stand in the order in which they can be taken, whoever is passed by is passed
by forward, and the legal limit is what all steps together can take at most.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from issuance.procedure.check import LegalLimits
from issuance.procedure.conditions import parse_condition
from issuance.procedure.facts import ProcedureFact, facts_of_type
from issuance.procedure.limit import Limit, LimitUnit

PUBLISHED = 1_717
UNITS = ("000.00.15.H26", "000.00.14.H26", "001.01.10.H26", "001.02.11.H26")
WORK = (
    ("receive", "Tiếp nhận hồ sơ", "Receive the application"),
    ("examine", "Thẩm tra hồ sơ", "Examine the application"),
    ("consult", "Lấy ý kiến cơ quan liên quan", "Consult other bodies"),
    ("inspect", "Kiểm tra thực tế", "Inspect on the spot"),
    ("appraise", "Thẩm định", "Appraise"),
    ("compare", "Đối chiếu cơ sở dữ liệu", "Compare with the database"),
    ("draft", "Dự thảo kết quả", "Draft the result"),
    ("review", "Soát xét dự thảo", "Review the draft"),
)
SCHEMA: dict[str, Any] = {
    "required": ["copies", "purpose", "people"],
    "properties": {
        "copies": {"type": "integer", "minimum": 1, "maximum": 10},
        "lived_abroad": {"type": "boolean"},
        "urgent": {"type": "boolean"},
        "purpose": {"enum": ["work", "study", "visa"]},
        "people": {"type": "integer", "minimum": 1, "maximum": 4},
        "remark": {"type": "string"},
    },
}
CONDITIONS: tuple[dict[str, Any], ...] = (
    {"fact": "input.lived_abroad", "equals": True},
    {"fact": "input.urgent", "equals": False},
    {"fact": "channel", "in": ["vneid", "portal"]},
    {"fact": "channel", "equals": "desk"},
    {"fact": "on_behalf_of", "equals": True},
    {"fact": "requested_by", "equals": "body"},
    {"not": {"fact": "copies", "in": [1, 2]}},
    {"any": [{"fact": "input.purpose", "equals": "visa"}, {"fact": "input.people", "equals": 4}]},
    {"all": [{"fact": "input.purpose", "in": ["work", "study"]}, {"not": {"fact": "channel", "equals": "desk"}}]},
)


@dataclass(frozen=True)
class Services:
    """Document types with the same facts, and legal limits by type."""

    limits: Mapping[str, LegalLimits]

    def type_ids(self) -> Collection[str]:
        return self.limits.keys()

    def limits_for(self, type_id: str) -> LegalLimits:
        return self.limits[type_id]

    def facts_for(self, type_id: str) -> Mapping[str, ProcedureFact]:
        return facts_of_type(SCHEMA)


@dataclass(frozen=True)
class MadeUp:
    document: dict[str, Any]
    legal: Limit

    @property
    def services(self) -> Services:
        longer = Limit(self.legal.amount + 5, self.legal.unit)
        abroad = parse_condition({"fact": "input.lived_abroad", "equals": True})
        return Services(dict.fromkeys(self.document["document_types"], ((abroad, longer), (None, self.legal))))


def label(vi: str, en: str) -> dict[str, str]:
    return {"vi": vi, "en": en}


def made_up(number: int, unit: LimitUnit | None = None) -> MadeUp:
    """The procedure of this number, always the same. unit: of all its limits; drawn where not given."""
    draw = random.Random(f"procedure {number}")
    drawn: tuple[LimitUnit, ...] = ("working_days", "working_days", "working_days", "calendar_days", "working_hours")
    legal_unit = draw.choice(drawn) if unit is None else unit
    works = draw.sample(WORK, draw.randint(0, len(WORK)))
    works.sort(key=WORK.index)
    steps: list[dict[str, Any]] = []
    most = 0
    for index, (step_id, vi, en) in enumerate(works):
        own: LimitUnit = "working_hours" if unit is None and draw.random() < 0.3 else legal_unit
        own = legal_unit if legal_unit == "calendar_days" else own
        amount = draw.randint(1, 16 if own == "working_hours" else 6)
        most += -(-amount // 8) if own != legal_unit else amount
        following = [work[0] for work in works[index + 1 :]] + ["decide"]
        step: dict[str, Any] = {
            "id": step_id,
            "name": label(vi, en),
            "role": draw.choice(("caseworker", "caseworker", "caseworker", "head")),
            "time_limit": {"amount": amount, "unit": own},
            "actions": draw.sample(("ask_papers", "ask_register_again", "stop"), draw.randint(0, 3)),
            "outcomes": [{"id": "pass_on", "name": label("Chuyển tiếp", "Pass on"), "to": following[0]}],
        }
        if draw.random() < 0.4:
            step |= {"when": draw.choice(CONDITIONS), "otherwise": {"to": following[0]}}
        if len(following) > 1 and draw.random() < 0.3:
            step["outcomes"].append(
                {"id": "straight_on", "name": label("Chuyển thẳng", "Straight on"), "to": draw.choice(following[1:])}
            )
        if index and draw.random() < 0.4:
            step["outcomes"].append(back_to(draw.choice(works[:index])[0]))
        if draw.random() < 0.5:
            step["outcomes"].append(refuse())
        steps.append(step)
    amount = draw.randint(1, 3)
    most += amount
    last = {
        "id": "decide",
        "name": label("Xem xét, quyết định", "Consider and decide"),
        "role": "head",
        "time_limit": {"amount": amount, "unit": legal_unit},
        "outcomes": [
            {
                "id": "approve",
                "name": label("Phê duyệt", "Approve"),
                "ends": "approved",
                "needs": draw.sample(("register_answers", "fee_settled", "papers_decided"), draw.randint(0, 3)),
            },
            refuse(),
            *([back_to(draw.choice(works)[0])] if works and draw.random() < 0.6 else []),
        ],
    }
    document = {
        "schema": "condau-procedure/1",
        "id": f"procedure_{number:04}",
        "version": draw.randint(1, 9),
        "name": label(f"Quy trình số {number}", f"Procedure number {number}"),
        "reference": f"QT-{number:04}",
        "document_types": [f"type_{number:04}"],
        "units": draw.sample(UNITS, draw.randint(1, 3)) if draw.random() < 0.7 else None,
        "effective": {"first_day": f"20{draw.randint(16, 25)}-0{draw.randint(1, 9)}-01", "last_day": None},
        "basis": [{"number": f"{number}/QĐ-UBND", "title": label("Công bố quy trình nội bộ", "Internal procedures")}],
        "start": works[0][0] if works else "decide",
        "steps": [*steps, last],
    }
    return MadeUp(document, Limit(most, legal_unit))


def refuse() -> dict[str, Any]:
    return {"id": "refuse", "name": label("Từ chối", "Refuse"), "ends": "refused", "needs": ["reason"]}


def back_to(step_id: str) -> dict[str, Any]:
    return {"id": "send_back", "name": label("Trả lại", "Send back"), "to": step_id, "returns": True}
