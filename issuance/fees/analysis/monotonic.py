"""One more category or accepted paper must never cost more, and fewer copies shouldn't either."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from issuance.fees.amounts import Amounts, amounts_of
from issuance.fees.analysis.budget import Budget
from issuance.fees.analysis.cases import Cases, Situation, request_of
from issuance.fees.analysis.days import TooManyCases
from issuance.fees.analysis.findings import Case, Finding, FindingKind, Severity
from issuance.fees.analysis.never_fires import not_analysed
from issuance.fees.analysis.phrases import amount_words, both, case_words, rule_words, told_facts
from issuance.fees.analysis.subject import Ruled
from issuance.fees.document import FeePolicy
from issuance.fees.facts import FACTS, FactValue, FeeFacts
from issuance.fees.quota_words import units_in_figures
from issuance.fees.quotas import Quotas
from issuance.fees.wording import Label, Language

LANGUAGES: tuple[Language, ...] = ("vi", "en")
_MAX_LEFT = 27
_CLAIM = Label(
    "việc có thêm một diện hoặc một giấy tờ, hay bớt bản giấy, có bao giờ làm tăng số tiền phải nộp hay không",
    "whether one more category or paper, or fewer copies, ever cost more",
)
_ONE_MORE = {
    "categories": ("Thêm một diện được xác nhận (“{member}”)", "One more accepted category (“{member}”)"),
    "evidence": ("Thêm một giấy tờ được chấp nhận (“{member}”)", "One more accepted paper (“{member}”)"),
}


@dataclass(frozen=True, slots=True)
class _Decided:
    facts: FeeFacts
    amounts: Amounts


_Row = dict[tuple[FactValue, ...], _Decided]


def growing_costs(policy: FeePolicy, rules: Sequence[Ruled], budget: Budget) -> Iterator[Finding]:
    """The first counter-example of each kind, category and responsible rule, each taken by the engine itself."""
    charges = policy.document.charges
    lefts, all_lefts = _lefts(rules)
    # What one case costs here is a whole decision, for each state of the quotas.
    weight = (30 + 4 * len(rules)) * len(lefts)
    if not all_lefts:
        yield _not_all_quotas(len(_sizes(rules)))
    try:
        spaces = budget.cases_of(policy, rules, charges, weight)
    except TooManyCases as refused:
        yield not_analysed("", refused.count, _CLAIM)
        # No proof then; but a counter-example may still be found where only these facts change.
        related = [ruled for ruled in rules if any(compare.fact in _ONE_MORE for compare in ruled.comparisons)]
        try:
            spaces = budget.cases_of(policy, related, charges, weight)
        except TooManyCases:
            return
    seen: set[tuple[str, str, str]] = set()
    for space, left in itertools.product(spaces, lefts):
        yield from _of_day(policy, space, left, _Saying(policy, rules, left, seen))


def _not_all_quotas(count: int) -> Finding:
    text = both(
        "Chưa phân tích đầy đủ: chưa xác định được {claim} khi nhiều trong {count} hạn mức cùng gần hết. Đã xét khi "
        "mọi hạn mức còn nguyên, khi tất cả đã hết, và khi riêng từng hạn mức trong {alone} hạn mức đầu gần hết hoặc "
        "đã hết.",
        "Not analysed in full: {claim} while several of the {count} quotas run out at once. Looked at were all quotas "
        "untouched, all used up, and each of the first {alone} by itself nearly or wholly used up.",
        claim=_CLAIM,
        count=count,
        alone=min(count, _MAX_LEFT // 3),
    )
    return Finding(FindingKind.NOT_ANALYSED, "note", "", text)


def _sizes(rules: Sequence[Ruled]) -> Mapping[str, int]:
    return {
        ruled.rule.quota_name: ruled.rule.quota.max
        for ruled in rules
        if ruled.rule.quota is not None and ruled.rule.quota.scope != "request"
    }


def _lefts(rules: Sequence[Ruled]) -> tuple[list[dict[str, int]], bool]:
    """States of the quotas that requests share: untouched, one unit left, used up; and whether these are all."""
    sizes = _sizes(rules)
    states = [[(name, left) for left in dict.fromkeys((size, 1, 0))] for name, size in sizes.items()]
    if 3 ** min(len(sizes), 9) <= _MAX_LEFT:
        return [dict(state) for state in itertools.product(*states)], True
    one_short = [{**sizes, name: left} for name in list(sizes)[: _MAX_LEFT // 3] for left in (1, 0)]
    return [dict(sizes), dict.fromkeys(sizes, 0), *one_short], False


def _of_day(policy: FeePolicy, space: Cases, left: Mapping[str, int], said: _Saying) -> Iterator[Finding]:
    axes = dict(space.axes)
    copies = sorted(int(str(number)) for number in axes.pop("copies", (1,)))
    growing = {name: axes.pop(name) for name in _ONE_MORE if name in axes}
    for rest in itertools.product(*axes.values()):
        fixed = dict(zip(axes, rest, strict=True))
        before: _Row = {}
        for number in copies:
            row = _decide(policy, space, {**fixed, "copies": number}, growing, left)
            yield from said.of_more(row, list(growing))
            yield from said.of_fewer_copies(before, row)
            before = row


def _decide(
    policy: FeePolicy,
    space: Cases,
    fixed: Mapping[str, FactValue],
    growing: Mapping[str, Sequence[FactValue]],
    left: Mapping[str, int],
) -> _Row:
    row: _Row = {}
    for chosen in itertools.product(*growing.values()):
        values = {**space.defaults, **fixed, **dict(zip(growing, chosen, strict=True))}
        facts = request_of(Situation(space.day, values))
        amounts = None if facts is None else amounts_of(facts, policy, Quotas(left), space.day.on)
        if facts is not None and amounts is not None:
            row[chosen] = _Decided(facts, amounts)
    return row


class _Saying:
    """Compares decisions and says what is wrong with them."""

    def __init__(
        self, policy: FeePolicy, rules: Sequence[Ruled], left: Mapping[str, int], seen: set[tuple[str, str, str]]
    ) -> None:
        """seen: what was said already, of which fact, member and rule; shared by the days of one analysis."""
        self.policy = policy
        self.seen = seen
        self.rules = {ruled.rule.id: ruled for ruled in rules}
        self.left = left
        # Of a quota that nobody has drawn on a reader needs no word.
        self.left_words = {
            rule.quota_name: Label(*(units_in_figures(left[rule.quota_name], quota.unit, way) for way in LANGUAGES))
            for rule in (ruled.rule for ruled in rules)
            if (quota := rule.quota) is not None and left.get(rule.quota_name, quota.max) < quota.max
        }
        self.told = told_facts(policy, {compare.fact for ruled in rules for compare in ruled.comparisons})

    def of_more(self, row: _Row, names: Sequence[str]) -> Iterator[Finding]:
        members = [{member for chosen in row for member in _set(chosen[index])} for index in range(len(names))]
        for chosen, less in row.items():
            for index, name in enumerate(names):
                for member in sorted(members[index] - _set(chosen[index])):
                    more = row.get((*chosen[:index], _set(chosen[index]) | {member}, *chosen[index + 1 :]))
                    if more is not None and more.amounts.due > less.amounts.due:
                        responsible = self._responsible(less.amounts, more.amounts)
                        if self._is_new(name, member, responsible):
                            yield self._costs_more(less, more, name, member, responsible)

    def of_fewer_copies(self, before: _Row, row: _Row) -> Iterator[Finding]:
        for chosen, more in row.items():
            fewer = before.get(chosen)
            if fewer is not None and fewer.amounts.due > more.amounts.due:
                responsible = self._responsible(fewer.amounts, more.amounts)
                if self._is_new("copies", "", responsible):
                    yield self._fewer(fewer, more, responsible)

    def _is_new(self, fact: str, member: str, responsible: str) -> bool:
        key = (fact, member, responsible)
        if key in self.seen:
            return False
        self.seen.add(key)
        return True

    def _responsible(self, before: Amounts, after: Amounts) -> str:
        """In the first stage that changed: the rule that displaced another, else the one that takes off less."""
        gained, lost = _changed(before, after)
        for ruled in self.rules.values():
            if ruled.rule.id in gained or ruled.rule.id in lost:
                stage = [other.id for other in ruled.stage.rules]
                displacing = [] if ruled.stage.pick == "stack" else [own_id for own_id in stage if own_id in gained]
                return next(iter([*displacing, *(own_id for own_id in stage if own_id in lost), ruled.rule.id]))
        return ""

    def _costs_more(self, less: _Decided, more: _Decided, name: str, member: str, responsible: str) -> Finding:
        values = FACTS[name].values or {}
        what = both(
            "Thêm một diện được xác nhận (“{member}”)" if name == "categories" else "Thêm một giấy tờ (“{member}”)",
            "One more accepted category (“{member}”)"
            if name == "categories"
            else "One more accepted paper (“{member}”)",
            member=values.get(member, Label(member, member)),
        )
        text = both(
            "{what} làm người dân phải nộp nhiều hơn. Ví dụ: {case}. Khi chưa có phải nộp {less}, khi có thêm phải nộp "
            "{more}. {why}",
            "{what} makes the citizen pay more. For example: {case}. Without it {less} are due, with it {more}. {why}",
            what=what,
            case=case_words(less.facts, self._on(less.facts), self.left_words, self.told),
            less=amount_words(less.amounts.due),
            more=amount_words(more.amounts.due),
            why=self._why(less.amounts, more.amounts),
        )
        return self._finding(FindingKind.COSTS_MORE, "error", responsible, text, less, more)

    def _fewer(self, fewer: _Decided, more: _Decided, responsible: str) -> Finding:
        text = both(
            "Xin ít bản giấy hơn lại phải nộp nhiều hơn. Ví dụ: {case}. Khi đó phải nộp {fewer}; với {count} bản chỉ "
            "phải nộp {more}. {why}",
            "Fewer copies cost more. For example: {case}. Then {fewer} are due; for {count} copies only {more}. {why}",
            case=case_words(fewer.facts, self._on(fewer.facts), self.left_words, self.told),
            fewer=amount_words(fewer.amounts.due),
            count=more.facts.copies,
            more=amount_words(more.amounts.due),
            why=self._why(fewer.amounts, more.amounts),
        )
        return self._finding(FindingKind.FEWER_COPIES_COST_MORE, "warning", responsible, text, fewer, more)

    def _finding(
        self, kind: FindingKind, severity: Severity, responsible: str, text: Label, one: _Decided, other: _Decided
    ) -> Finding:
        place = self.rules[responsible].place if responsible in self.rules else ""
        case = Case(
            one.facts,
            self._on(one.facts),
            dict(self.left),
            int(one.amounts.due),
            other.facts,
            int(other.amounts.due),
        )
        return Finding(kind, severity, place, text, case)

    def _why(self, before: Amounts, after: Amounts) -> Label:
        gained, lost = _changed(before, after)
        if not gained and not lost:
            return Label("", "")
        if not gained:
            pattern = ("{lost} không còn được áp dụng như trước.", "The {lost} no longer takes off as much.")
        elif not lost:
            pattern = ("{gained} làm thay đổi số tiền.", "The {gained} changes the amount.")
        else:
            pattern = (
                "{gained} được áp dụng và {lost} giảm ít hơn trước.",
                "The {gained} applies, and the {lost} takes off less than before.",
            )
        said = both(*pattern, gained=self._rules(gained), lost=self._rules(lost))
        return Label(said.vi[:1].upper() + said.vi[1:], said.en)

    def _rules(self, own_ids: Sequence[str]) -> Label:
        words = [rule_words(self.rules[own_id].rule) for own_id in own_ids]
        return Label(", ".join(word.vi for word in words), ", ".join(word.en for word in words))

    def _on(self, facts: FeeFacts) -> date:
        if self.policy.document.deciding_date == "received" and facts.received_on is not None:
            return facts.received_on
        return facts.submitted_on


def _changed(before: Amounts, after: Amounts) -> tuple[list[str], list[str]]:
    """The rules that take off more, and those that take off less, than before."""
    old = {taken.rule_id: taken.amount for taken in before.taken}
    new = {taken.rule_id: taken.amount for taken in after.taken}
    gained = [own_id for own_id, amount in new.items() if amount > old.get(own_id, 0)]
    lost = [own_id for own_id, amount in old.items() if amount > new.get(own_id, 0)]
    return gained, lost


def _set(value: FactValue) -> frozenset[str]:
    return value if isinstance(value, frozenset) else frozenset()
