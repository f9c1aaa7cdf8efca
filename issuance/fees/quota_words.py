"""Quotas in Vietnamese and English: how large one is, what a request took of it and what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from issuance.fees.assessment import QuotaUse
from issuance.fees.document import QuotaScope, QuotaUnit
from issuance.fees.wording import Language, amount_in_figures, number_in_figures

_UNITS: Mapping[Language, Mapping[QuotaUnit, tuple[str, str]]] = {
    "vi": {"copies": ("bản giấy", "bản giấy"), "requests": ("hồ sơ", "hồ sơ")},
    "en": {"copies": ("paper copy", "paper copies"), "requests": ("request", "requests")},
}
_SIZES: Mapping[Language, Mapping[QuotaScope, str]] = {
    "vi": {
        "citizen_per_year": "{size} một người một năm",
        "citizen_per_policy_period": "{size} một người trong cả thời gian áp dụng",
    },
    "en": {
        "citizen_per_year": "{size} per person and year",
        "citizen_per_policy_period": "{size} per person for the whole time of the policy",
    },
}
_USED_UP: Mapping[Language, Mapping[QuotaScope, str]] = {
    "vi": {
        "citizen_per_year": "người yêu cầu đã dùng hết hạn mức {size} của năm",
        "citizen_per_policy_period": "người yêu cầu đã dùng hết hạn mức {size} cho cả thời gian áp dụng",
        "budget_total": "ngân sách dành cho khoản này đã dùng hết",
    },
    "en": {
        "citizen_per_year": "the person's quota of {size} for the year is used up",
        "citizen_per_policy_period": "the person's quota of {size} for the whole time of the policy is used up",
        "budget_total": "the budget set aside for it is used up",
    },
}


def used_up(use: QuotaUse | None, language: Language) -> str:
    """Why a rule gives nothing more, as half a sentence. use: what the rule found, where that is at hand."""
    if use is None or use.scope == "request":
        return "hạn mức đã dùng hết" if language == "vi" else "its quota is used up"
    return _USED_UP[language][use.scope].format(size=units_in_figures(use.max, use.unit, language))


def taken_of_persons(uses: Sequence[QuotaUse], labels: Mapping[str, str], language: Language) -> list[str]:
    """A sentence for each quota of a person that the request drew on. labels: of the rules that fired, by id.

    A budget's remainder is no citizen's affair, and another one by the time of reading.
    """
    by_name: dict[str, list[QuotaUse]] = {}
    for use in uses:
        if use.scope in ("citizen_per_year", "citizen_per_policy_period"):
            by_name.setdefault(use.name, []).append(use)
    return [_taken(shared, labels, language) for shared in by_name.values() if any(use.taken for use in shared)]


def _taken(shared: Sequence[QuotaUse], labels: Mapping[str, str], language: Language) -> str:
    first = shared[0]
    taken = sum(use.taken for use in shared)
    left = first.left - taken
    size = _SIZES[language][first.scope].format(size=units_in_figures(first.max, first.unit, language))
    rules = (" và " if language == "vi" else " and ").join(
        f"“{labels[use.rule_id]}”" for use in shared if use.rule_id in labels
    )
    used, still = units_in_figures(taken, first.unit, language), units_in_figures(left, first.unit, language)
    if language == "vi":
        remainder = f"còn lại {still}" if left else "đến đây là hết"
        return f"Hạn mức của {rules} là {size}; hồ sơ này dùng {used}, {remainder}."
    remainder = f"{still} left" if left else "nothing left"
    return f"The quota of {rules} is {size}; this request takes {used} of it, with {remainder}."


def units_in_figures(number: int, unit: QuotaUnit, language: Language) -> str:
    """`10 bản giấy`, `1 request` or an amount of money."""
    if unit == "amount":
        return amount_in_figures(number, language)
    one, several = _UNITS[language][unit]
    return f"{number_in_figures(number, language)} {one if number == 1 else several}"
