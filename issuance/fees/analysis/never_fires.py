"""Rules that can never apply, with the proof: over every case that conditions can tell apart."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from issuance.fees.analysis.budget import Budget
from issuance.fees.analysis.days import TooManyCases
from issuance.fees.analysis.findings import Finding, FindingKind
from issuance.fees.analysis.phrases import both, capital, condition_words, days_words, rule_words
from issuance.fees.analysis.subject import Ruled, taken_apart
from issuance.fees.conditions import AllOf, Always, Condition
from issuance.fees.document import FeePolicy
from issuance.fees.wording import Label

_MAX_PARTS = 24


def never_firing(policy: FeePolicy, rules: Sequence[Ruled], budget: Budget) -> Iterator[Finding]:
    """Rules whose days, condition and papers never come together, whatever else they need."""
    for ruled in rules:
        try:
            cases = _cases_until_it_holds(policy, ruled, budget)
        except TooManyCases as refused:
            yield not_analysed(
                ruled.place,
                refused.count,
                Label("quy tắc này có bao giờ được áp dụng hay không", "whether this rule can ever apply"),
            )
            continue
        if cases is not None:
            yield Finding(FindingKind.NEVER_FIRES, "error", ruled.place, _with_proof(policy, ruled, cases))


def _cases_until_it_holds(policy: FeePolicy, ruled: Ruled, budget: Budget) -> int | None:
    """None when it holds in some case, else the number of cases in which it doesn't."""
    spaces = budget.cases_of(policy, [ruled])
    if any(ruled.holds(case.values, space.day.on) for space in spaces for case in space):
        return None
    return sum(space.count for space in spaces)


def _with_proof(policy: FeePolicy, ruled: Ruled, cases: int) -> Label:
    return both(
        "{rule} không bao giờ được áp dụng: {proof}.",
        "The {rule} can never apply: {proof}.",
        rule=capital(rule_words(ruled.rule)),
        proof=_proof(policy, ruled, cases),
    )


def _proof(policy: FeePolicy, ruled: Ruled, cases: int) -> Label:
    """The smallest reason there is: one part, two parts that exclude each other, or all cases counted."""
    days = ruled.rule.dates
    effective = days_words(policy.document.effective)
    if days is not None and not days.overlap(policy.document.effective):
        return both(
            "quy tắc chỉ có hiệu lực {days}, ngoài thời hạn của chính sách ({effective})",
            "it is in force {days}, outside the days of the policy ({effective})",
            days=days_words(days),
            effective=effective,
        )
    parts = list(dict.fromkeys(_parts_of(ruled.rule.when)))
    if len(parts) <= _MAX_PARTS:
        for part in parts:
            if _excluded(policy, ruled, part, with_days=False):
                return both(
                    "điều kiện “{part}” không bao giờ đúng trong thời hạn của chính sách ({effective})",
                    "the condition “{part}” never holds within the days of the policy ({effective})",
                    part=condition_words(part),
                    effective=effective,
                )
        for part in parts if days is not None else ():
            if days is not None and _excluded(policy, ruled, part, with_days=True):
                return both(
                    "điều kiện “{part}” không bao giờ đúng trong những ngày quy tắc có hiệu lực ({days})",
                    "the condition “{part}” never holds on the days of the rule ({days})",
                    part=condition_words(part),
                    days=days_words(days),
                )
        for one, other in itertools.combinations(parts, 2):
            if _excluded(policy, ruled, AllOf((one, other)), with_days=False):
                return both(
                    "hai điều kiện “{one}” và “{other}” loại trừ nhau",
                    "the conditions “{one}” and “{other}” exclude each other",
                    one=condition_words(one),
                    other=condition_words(other),
                )
    return both(
        "trong cả {cases} trường hợp phân biệt được, không trường hợp nào thỏa mãn điều kiện “{when}”",
        "in all {cases} distinguishable cases the condition “{when}” does not hold",
        cases=cases,
        when=condition_words(ruled.rule.when),
    )


def _parts_of(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, AllOf):
        for part in condition.parts:
            yield from _parts_of(part)
    elif not isinstance(condition, Always):
        yield condition


def _excluded(policy: FeePolicy, ruled: Ruled, condition: Condition, *, with_days: bool) -> bool:
    dates = ruled.rule.dates if with_days else None
    alone = taken_apart(ruled.stage, ruled.position, replace(ruled.rule, when=condition, dates=dates, evidence=()))
    try:
        # The words of a proof aren't worth more than a moment: without them all cases are the proof.
        return _cases_until_it_holds(policy, alone, Budget(2_000, 20_000)) is not None
    except TooManyCases:
        return False


def always_overtaken(policy: FeePolicy, rules: Sequence[Ruled], budget: Budget) -> Iterator[Finding]:
    """Rules of one `first_match` stage before which another one always comes. rules: of that stage, in its order."""
    try:
        spaces = budget.cases_of(policy, rules)
    except TooManyCases as refused:
        yield from _overtaken_by_one(policy, rules, budget, refused.count)
        return
    single: dict[int, set[int]] = {}
    is_free: set[int] = set()
    cases = sum(space.count for space in spaces)
    for case, on in ((case, space.day.on) for space in spaces for case in space):
        before: set[int] = set()
        for index, ruled in enumerate(rules):
            if not ruled.holds(case.values, on):
                continue
            if before:
                single[index] = before & single[index] if index in single else set(before)
            else:
                is_free.add(index)
            if ruled.is_certain:
                before.add(index)
    for index, ruled in enumerate(rules):
        if index in is_free or index not in single:
            continue
        earlier = rules[min(single[index])] if single[index] else None
        yield _overtaken(ruled, earlier, cases)


def _overtaken_by_one(policy: FeePolicy, rules: Sequence[Ruled], budget: Budget, cases: int) -> Iterator[Finding]:
    """The same for pairs alone, where all rules together tell too many cases apart."""
    claim = Label(
        "quy tắc của bước này có luôn bị các quy tắc đứng trước thay thế hay không",
        "whether earlier rules of this stage together always come before a later one",
    )
    yield not_analysed(f"stages[{rules[0].stage.id}]", cases, claim)
    for index, ruled in enumerate(rules):
        for earlier in rules[:index]:
            if not earlier.is_certain:
                continue
            try:
                spaces = budget.cases_of(policy, [earlier, ruled])
            except TooManyCases:
                return  # the note above stands
            held = [
                earlier.holds(case.values, space.day.on)
                for space in spaces
                for case in space
                if ruled.holds(case.values, space.day.on)
            ]
            if held and all(held):
                yield _overtaken(ruled, earlier, sum(space.count for space in spaces))
                break


def _overtaken(ruled: Ruled, earlier: Ruled | None, cases: int) -> Finding:
    if earlier is None:
        text = both(
            "{rule} không bao giờ được áp dụng: trong cả {cases} trường hợp phân biệt được, mỗi khi điều kiện của quy "
            "tắc này đúng thì một trong các quy tắc đứng trước cũng đúng và được chọn.",
            "The {rule} can never apply: in all {cases} distinguishable cases, whenever it holds, one of the earlier "
            "rules holds as well and comes first.",
            rule=capital(rule_words(ruled.rule)),
            cases=cases,
        )
    else:
        text = both(
            "{rule} không bao giờ được áp dụng: mỗi khi điều kiện của quy tắc này đúng thì {earlier} đứng trước cũng "
            "đúng và được chọn.",
            "The {rule} can never apply: whenever it holds, the earlier {earlier} holds as well and comes first.",
            rule=capital(rule_words(ruled.rule)),
            earlier=rule_words(earlier.rule),
        )
    return Finding(FindingKind.NEVER_FIRES, "error", ruled.place, text)


def not_analysed(place: str, cases: int, claim: Label) -> Finding:
    """Says what was left open, and why."""
    text = both(
        "Chưa phân tích: chưa xác định được {claim}. Có từ {cases} trường hợp phân biệt được trở lên, nhiều hơn mức "
        "được xem xét.",
        "Not analysed: {claim}. There are {cases} distinguishable cases or more, which is more than are looked at.",
        claim=claim,
        cases=cases,
    )
    return Finding(FindingKind.NOT_ANALYSED, "note", place, text)
