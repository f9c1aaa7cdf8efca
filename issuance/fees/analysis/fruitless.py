"""Rules that hold but give nothing: effects that take nothing off, and rules that another always betters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from issuance.fees.analysis.budget import Budget
from issuance.fees.analysis.days import TooManyCases
from issuance.fees.analysis.findings import Finding, FindingKind, Severity
from issuance.fees.analysis.never_fires import not_analysed
from issuance.fees.analysis.phrases import both, capital, rule_words
from issuance.fees.analysis.subject import Ruled
from issuance.fees.document import Charge, Effect, FeePolicy, Quota
from issuance.fees.facts import MAX_COPIES, MAX_PAGES
from issuance.fees.wording import Label

_COUNTED = {"copies", "pages", "delivery"}


def taking_nothing(policy: FeePolicy, rules: Sequence[Ruled], budget: Budget) -> Iterator[Finding]:
    """Effects that can't take anything off a charge even when it is as high as the rule's cases let it be."""
    for ruled in rules:
        try:
            highest = _highest(policy, ruled, budget)
        except TooManyCases:
            continue  # said where the rule's condition was looked at
        effects = ruled.rule.effects
        charges = {charge.id: charge for charge in policy.document.charges}
        fruitless = [
            (effect, reason)
            for effect in effects
            if (reason := _why_nothing(policy, charges[effect.charge], effect, ruled.rule.quota, highest)) is not None
        ]
        for effect, reason in fruitless:
            text = both(
                "{rule} không bao giờ giảm được khoản “{charge}”: {reason}.",
                "The {rule} never takes anything off “{charge}”: {reason}.",
                rule=capital(rule_words(ruled.rule)),
                charge=charges[effect.charge].label,
                reason=reason,
            )
            severity: Severity = "error" if len(fruitless) == len(effects) else "warning"
            place = f"{ruled.place}.effects[{effects.index(effect)}]"
            yield Finding(FindingKind.TAKES_NOTHING, severity, place, text)


def _highest(policy: FeePolicy, ruled: Ruled, budget: Budget) -> Mapping[str, int]:
    """The greatest quantity of each charge in any case in which the rule holds, by the charge's id."""
    charges = policy.document.charges
    if not any(compare.fact in _COUNTED for compare in ruled.comparisons):
        return {charge.id: charge.quantity(MAX_COPIES, MAX_PAGES, "post") or 0 for charge in charges}
    highest = dict.fromkeys((charge.id for charge in charges), 0)
    for space in budget.cases_of(policy, [ruled], charges):
        for case in space:
            if ruled.holds(case.values, space.day.on):
                copies, pages = case.values["copies"], case.values["pages"]
                for charge in charges:
                    counted = charge.quantity(
                        copies if isinstance(copies, int) else MAX_COPIES,
                        pages if isinstance(pages, int) else MAX_PAGES,
                        str(case.values["delivery"]),
                    )
                    highest[charge.id] = max(highest[charge.id], counted or 0)
    return highest


def _why_nothing(
    policy: FeePolicy, charge: Charge, effect: Effect, quota: Quota | None, highest: Mapping[str, int]
) -> Label | None:
    most = charge.amount_vnd * highest[charge.id]
    if not most:
        return Label("khoản này bằng 0 trong mọi trường hợp của quy tắc", "it is 0 in every case of the rule")
    by_copies = quota is not None and quota.unit == "copies" and charge.kind == "per_copy_above"
    if quota is not None and by_copies and quota.max <= (charge.above or 0):
        return both(
            "hạn mức {max} bản chỉ gồm những bản vốn không phải trả tiền",
            "its quota of {max} copies covers only copies that are free anyway",
            max=quota.max,
        )
    if effect.set_to is not None and effect.set_to >= most:
        return both(
            "mức {set_to} đồng không thấp hơn mức cao nhất của khoản này ({most} đồng)",
            "{set_to} VND isn't less than the most that it comes to ({most} VND)",
            set_to=int(effect.set_to),
            most=most,
        )
    if effect.percent_off is not None and not _taken(policy, effect, most):
        return Label("số tiền giảm làm tròn xuống bằng 0", "what it takes off is rounded down to 0")
    return None


def never_better(policy: FeePolicy, rules: Sequence[Ruled], budget: Budget) -> Iterator[Finding]:
    """Rules of one `best_for_citizen` stage that never give more than another one, which always holds when they do."""
    touched = _touched_before(policy, rules[0])
    charges = {charge.id: charge for charge in policy.document.charges}
    idle: set[str] = set()
    # Backwards, and never by comparison with an idle one: of two that give the same it is the later one that is told.
    for ruled in reversed(rules):
        for other in rules:
            if other is ruled or other.rule.id in idle or not other.is_certain:
                continue
            if not _betters(policy, charges, touched, other, ruled):
                continue
            try:
                spaces = budget.cases_of(policy, [other, ruled])
            except TooManyCases as refused:
                yield not_analysed(
                    ruled.place,
                    refused.count,
                    both(
                        "quy tắc này có bao giờ lợi hơn {other} hay không",
                        "whether this rule is ever better than the {other}",
                        other=rule_words(other.rule),
                    ),
                )
                break
            held = [
                other.holds(case.values, space.day.on)
                for space in spaces
                for case in space
                if ruled.holds(case.values, space.day.on)
            ]
            if held and all(held):
                text = both(
                    "{rule} không bao giờ lợi hơn cho người dân so với {other}, vốn luôn đúng mỗi khi quy tắc này "
                    "đúng.",
                    "The {rule} is never better for the citizen than the {other}, which holds whenever it does.",
                    rule=capital(rule_words(ruled.rule)),
                    other=rule_words(other.rule),
                )
                yield Finding(FindingKind.NEVER_BETTER, "warning", ruled.place, text)
                idle.add(ruled.rule.id)
                break


def _touched_before(policy: FeePolicy, ruled: Ruled) -> frozenset[str]:
    """Charges of which an earlier stage may have taken something."""
    found: set[str] = set()
    for stage in policy.document.stages:
        if stage.id == ruled.stage.id:
            break
        found |= {effect.charge for rule in stage.rules for effect in rule.effects}
    return frozenset(found)


def _betters(
    policy: FeePolicy, charges: Mapping[str, Charge], touched: frozenset[str], better: Ruled, worse: Ruled
) -> bool:
    """Whether one takes at least as much as the other, whatever is left of each charge."""
    quota, other_quota = better.rule.quota, worse.rule.quota
    if quota is not None and (
        other_quota is None
        or (quota.unit, quota.scope) != (other_quota.unit, other_quota.scope)
        or quota.max < other_quota.max
    ):
        return False
    by_charge = {effect.charge: effect for effect in better.rule.effects}
    for effect in worse.rule.effects:
        own = by_charge.get(effect.charge)
        if own is None:
            return False
        charge = charges[effect.charge]
        is_whole = charge.kind == "base" and charge.id not in touched
        if not _takes_as_much(policy, own, effect, _most(charge), is_whole):
            return False
    return True


def _most(charge: Charge) -> int:
    return charge.amount_vnd * (charge.quantity(MAX_COPIES, MAX_PAGES, "post") or 0)


def _takes_as_much(policy: FeePolicy, one: Effect, other: Effect, most: int, is_whole: bool) -> bool:
    """For every amount left from 0 to `most`, or for `most` alone where the charge is still whole."""
    if not is_whole and one.set_to is not None:
        # Nothing comes off what is small already, unless everything does.
        return one.set_to == 0 or (other.set_to is not None and one.set_to <= other.set_to)
    if not is_whole and one.percent_off is not None and other.set_to is None:
        # Of little an amount off takes all; of two percentages rounding can hide which one is greater.
        return one.percent_off >= (other.percent_off or 100)
    # Here what one leaves standing grows with what was left: the comparison is decided where that is most.
    return _taken(policy, one, most) >= _taken(policy, other, most)


def _taken(policy: FeePolicy, effect: Effect, left: int) -> int:
    if effect.percent_off is not None:
        share = left * effect.percent_off
        return -(-share // 100) if policy.document.rounding == "in_favour_of_citizen" else share // 100
    if effect.amount_off is not None:
        return min(left, effect.amount_off)
    return max(0, left - (effect.set_to or 0))
