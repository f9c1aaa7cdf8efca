"""What a new rule can begin with, so that nobody begins with an empty form."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ...texts import N_
from .conditions import Node, fields_from
from .sent import Fields


def _for_category(category: str) -> Fields:
    return fields_from(Node("all", parts=[Node("compare", fact="categories", operator="any_of", values=[category])]))


BEGINNINGS: Mapping[str, Fields] = MappingProxyType(
    {
        "online": {
            "kind": "support",
            "label_vi": "Hỗ trợ 100% khi nộp trên VNeID",
            "label_en": "Support of 100% for requests on VNeID",
            "percent": "100",
            **fields_from(Node("all", parts=[Node("compare", fact="channel", operator="in", values=["vneid"])])),
        },
        "students": {
            "kind": "support",
            "label_vi": "Hỗ trợ 50% cho học sinh, sinh viên",
            "label_en": "Support of 50% for pupils and students",
            "percent": "50",
            "evidence-student_card": "1",
            **fields_from(
                Node("all", parts=[Node("compare", fact="categories", operator="any_of", values=["student"])])
            ),
        },
        "poor": {
            "kind": "exemption",
            "label_vi": "Miễn cho người thuộc hộ nghèo",
            "label_en": "Members of poor households are exempt",
            "percent": "100",
            "evidence-poor_household_certificate": "1",
            **_for_category("poor_household"),
        },
    }
)
TEMPLATES = (
    ("", N_("an empty rule")),
    ("online", N_("support of the whole charge for requests on VNeID")),
    ("students", N_("support of half the charge for pupils and students")),
    ("poor", N_("members of poor households pay nothing")),
)
