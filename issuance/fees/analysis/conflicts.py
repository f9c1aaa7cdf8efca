"""Pairs of rules under `first_match` between which only their order decides, each with a witness."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from issuance.fees.amounts import amounts_of
from issuance.fees.analysis.budget import Budget
from issuance.fees.analysis.cases import Situation, request_of
from issuance.fees.analysis.days import TooManyCases
from issuance.fees.analysis.findings import NO_QUOTAS, Case, Finding, FindingKind
from issuance.fees.analysis.never_fires import not_analysed
from issuance.fees.analysis.phrases import amount_words, both, case_words, rule_words, told_facts
from issuance.fees.analysis.subject import Ruled
from issuance.fees.document import FeePolicy
from issuance.fees.quotas import UNTOUCHED

_ENGINE_WEIGHT = 40


def conflicts_in(policy: FeePolicy, rules: Sequence[Ruled], budget: Budget) -> Iterator[Finding]:
    """Two rules of one `first_match` stage that hold in one case and come to different amounts.

    rules: of that stage, in its order, without those that never apply. Cases are those that the two tell apart; other
    facts are as plain as can be. Rules with an expression are left out; in a case that one of them decides, the order
    of the others does nothing.
    """
    alone = _only(policy)
    rules = [ruled for ruled in rules if ruled.rule.expr is None]
    for index, later in enumerate(rules):
        for earlier in rules[:index]:
            if _gives_the_same(earlier, later):
                continue
            try:
                found = _witness(policy, rules, earlier, later, alone, budget)
            except TooManyCases as refused:
                yield not_analysed(
                    later.place,
                    refused.count,
                    both(
                        "quy tắc này có mâu thuẫn với các quy tắc đứng trước, từ {earlier}, hay không",
                        "whether this rule conflicts with earlier ones, from {earlier} on",
                        earlier=rule_words(earlier.rule),
                    ),
                )
                if budget.is_spent:
                    return
                break
            if found is not None:
                yield found


def _gives_the_same(one: Ruled, other: Ruled) -> bool:
    return one.rule.effects == other.rule.effects and one.rule.quota == other.rule.quota


def _only(policy: FeePolicy) -> Callable[[Ruled], FeePolicy]:
    """The policy as if a rule were alone in its stage."""
    made: dict[str, FeePolicy] = {}

    def alone(ruled: Ruled) -> FeePolicy:
        if ruled.rule.id not in made:
            stages = tuple(
                replace(stage, rules=(ruled.rule,)) if stage is ruled.stage else stage
                for stage in policy.document.stages
            )
            document = replace(policy.document, stages=stages)
            made[ruled.rule.id] = replace(policy, document=document, digest=f"{policy.digest}:{ruled.rule.id}")
        return made[ruled.rule.id]

    return alone


def _witness(
    policy: FeePolicy,
    rules: Sequence[Ruled],
    earlier: Ruled,
    later: Ruled,
    alone: Callable[[Ruled], FeePolicy],
    budget: Budget,
) -> Finding | None:
    before = [ruled for ruled in rules if ruled.position < earlier.position]
    weight = _ENGINE_WEIGHT + sum(ruled.weight for ruled in before)
    spaces = budget.cases_of(policy, [earlier, later], policy.document.charges, weight)
    for case, on in ((case, space.day.on) for space in spaces for case in space):
        if not (earlier.holds(case.values, on) and later.holds(case.values, on)):
            continue
        if any(ruled.holds(case.values, on) for ruled in before):
            continue
        found = _compared(policy, case, earlier, later, alone)
        if found is not None:
            return found
    return None


def _compared(
    policy: FeePolicy, case: Situation, earlier: Ruled, later: Ruled, alone: Callable[[Ruled], FeePolicy]
) -> Finding | None:
    facts, on = request_of(case), case.day.on
    if facts is None:
        return None
    first = amounts_of(facts, alone(earlier), UNTOUCHED, on)
    second = amounts_of(facts, alone(later), UNTOUCHED, on)
    if first is None or second is None or first.due == second.due:
        return None
    # A rule with an expression may come before both: then it decides this case, and their order does nothing.
    if amounts_of(facts, policy, UNTOUCHED, on) != first:
        return None
    told = told_facts(policy, {compare.fact for ruled in (earlier, later) for compare in ruled.comparisons})
    text = both(
        "Trong bước “{stage}”, {earlier} và {later} cùng đúng trong một trường hợp nhưng cho số tiền khác nhau; chỉ "
        "thứ tự quyết định. Ví dụ: {case}. Theo quy tắc đứng trước phải nộp {first}, theo quy tắc đứng sau "
        "là {second}.",
        "In the stage “{stage}” the {earlier} and the {later} hold in one case and come to different amounts; only "
        "their order decides. For example: {case}. By the earlier rule {first} are due, by the later one {second}.",
        stage=later.stage.label,
        earlier=rule_words(earlier.rule),
        later=rule_words(later.rule),
        case=case_words(facts, on, {}, told),
        first=amount_words(first.due),
        second=amount_words(second.due),
    )
    return Finding(
        FindingKind.CONFLICT,
        "warning",
        later.place,
        text,
        Case(facts, on, NO_QUOTAS, int(first.due), None, int(second.due)),
    )


def expressions_in(rules: Sequence[Ruled]) -> Iterator[Finding]:
    """The rules that an analysis can't see into; what hangs on them isn't proven."""
    for ruled in rules:
        if ruled.rule.expr is not None:
            text = both(
                "Chưa phân tích: {rule} có điều kiện viết bằng biểu thức (expr). Các kết luận phụ thuộc vào quy tắc "
                "này không được coi là đã chứng minh.",
                "Not analysed: the {rule} has a condition written as an expression (expr). Nothing that hangs on it is "
                "proven.",
                rule=rule_words(ruled.rule),
            )
            yield Finding(FindingKind.NOT_ANALYSED, "note", f"{ruled.place}.expr", text)
