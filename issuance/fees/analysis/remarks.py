"""What a lawyer would ask before approving: supports without an end, unverified parts, tiny quotas, untested days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from issuance.fees.analysis.findings import Finding, FindingKind
from issuance.fees.analysis.phrases import amount_words, both, capital, day_words, rule_words
from issuance.fees.analysis.subject import Ruled
from issuance.fees.document import Days, FeePolicy, Words
from issuance.fees.wording import Label


def remarks_on(policy: FeePolicy, rules: Sequence[Ruled]) -> Iterator[Finding]:
    """Nothing of this stops a policy, except that somebody should have seen it."""
    yield from _without_end(policy, rules)
    yield from _small_quotas(policy, rules)
    yield from _unverified(policy, rules)
    yield from _days_without_example(policy, rules)


def _without_end(policy: FeePolicy, rules: Sequence[Ruled]) -> Iterator[Finding]:
    for ruled in rules:
        rule = ruled.rule
        if rule.kind == "support" and rule.funding is not None:
            days = rule.dates or policy.document.effective
            if days.last_day is None:
                text = both(
                    "{rule} do {budget} chi trả và không có ngày kết thúc.",
                    "The {rule} is paid by {budget} and has no end.",
                    rule=capital(rule_words(rule)),
                    budget=rule.funding.label,
                )
                yield Finding(FindingKind.NO_END, "note", ruled.place, text, days=days)


def _small_quotas(policy: FeePolicy, rules: Sequence[Ruled]) -> Iterator[Finding]:
    charges = {charge.id: charge for charge in policy.document.charges}
    for ruled in rules:
        quota = ruled.rule.quota
        if quota is None or quota.unit != "amount" or quota.scope == "request":
            continue
        one_request = 0
        for effect in ruled.rule.effects:
            charge = charges[effect.charge]
            if charge.kind == "base":
                whole = charge.amount_vnd
                share = whole * (effect.percent_off or 0) // 100 + min(whole, effect.amount_off or 0)
                one_request += share if effect.set_to is None else max(0, whole - effect.set_to)
        if quota.max < one_request:
            text = both(
                "Hạn mức của {rule} là {max}, ít hơn số tiền hỗ trợ cho một hồ sơ ({one}).",
                "The quota of the {rule} is {max}, less than what one request takes ({one}).",
                rule=rule_words(ruled.rule),
                max=amount_words(quota.max),
                one=amount_words(one_request),
            )
            yield Finding(FindingKind.SMALL_QUOTA, "warning", f"{ruled.place}.quota", text)


def _unverified(policy: FeePolicy, rules: Sequence[Ruled]) -> Iterator[Finding]:
    document = policy.document
    marked: list[tuple[str, Words | None]] = [
        *((f"basis[{entry.id}]", entry.unverified) for entry in document.basis),
        *((f"charges[{charge.id}]", charge.unverified) for charge in document.charges),
        *((ruled.place, ruled.rule.unverified) for ruled in rules),
    ]
    for place, open_question in marked:
        if open_question is not None:
            text = both("Chưa được kiểm chứng: {what}", "Not verified: {what}", what=open_question)
            yield Finding(FindingKind.UNVERIFIED, "note", f"{place}.unverified", text)


def _days_without_example(policy: FeePolicy, rules: Sequence[Ruled]) -> Iterator[Finding]:
    """Days on which something begins or ends and for which no example says what is due."""
    by_receipt = policy.document.deciding_date == "received"
    shown = {
        example.given.received_on if by_receipt else example.given.submitted_on for example in policy.document.examples
    }
    seen: set[date] = set()
    spans: list[tuple[str, Days]] = [("effective", policy.document.effective)]
    spans += [(f"{ruled.place}.dates", ruled.rule.dates) for ruled in rules if ruled.rule.dates is not None]
    for place, days in spans:
        ends = dict.fromkeys(day for day in (days.first_day, days.last_day) if day is not None)
        missing = [day for day in ends if day not in shown and day not in seen]
        seen.update(missing)
        if missing:
            words = [day_words(day) for day in missing]
            text = both(
                "Chưa có ví dụ cho ngày ranh giới {days}.",
                "There is no example for the boundary day {days}.",
                days=Label(" và ".join(word.vi for word in words), " and ".join(word.en for word in words)),
            )
            yield Finding(FindingKind.NO_EXAMPLE, "note", place, text)
