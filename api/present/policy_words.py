"""A fee policy in plain sentences: what is charged, who pays less and by which act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from issuance.fees.condition_words import describe_condition
from issuance.fees.conditions import Always
from issuance.fees.document import Charge, Days, Effect, PolicyDocument, Quota, Rule
from issuance.fees.facts import EVIDENCE
from issuance.fees.quota_words import units_in_figures
from issuance.fees.wording import Label, amount_in_figures, day_in_words

from ..languages import Language

_WORDS: Mapping[str, Label] = MappingProxyType(
    {
        "days": Label("Áp dụng {days}, tính theo ngày {deciding}.", "In force {days}, by the day of {deciding}."),
        "submitted": Label("nộp hồ sơ", "submission"),
        "received": Label("tiếp nhận hồ sơ", "receipt"),
        "from": Label("từ ngày {first}", "from {first} on"),
        "from_to": Label("từ ngày {first} đến hết ngày {last}", "from {first} to {last}"),
        "charge": Label("{label}: {amount} {how}, theo {acts}.", "{label}: {amount} {how}, under {acts}."),
        "base": Label("mỗi hồ sơ", "for each request"),
        "per_copy_above": Label("mỗi bản, từ bản thứ {nth}", "for each copy from copy {nth} on"),
        "per_page": Label("mỗi trang, từ trang thứ {nth}", "for each page from page {nth} on"),
        "postage": Label("khi gửi qua bưu chính", "where it is sent by post"),
        "best_for_citizen": Label(
            "{label}: trong các quy tắc sau, chỉ áp dụng quy tắc có lợi nhất cho người nộp.",
            "{label}: of the following only the best one for the citizen applies.",
        ),
        "first_match": Label(
            "{label}: trong các quy tắc sau, chỉ áp dụng quy tắc đầu tiên đủ điều kiện.",
            "{label}: of the following only the first one whose condition holds applies.",
        ),
        "stack": Label(
            "{label}: các quy tắc sau được áp dụng lần lượt.", "{label}: the following apply one after the other."
        ),
        "rule": Label("{label}: {effects}{more}, theo {acts}.", "{label}: {effects}{more}, under {acts}."),
        "percent_off": Label("giảm {percent}% “{charge}”", "{percent}% off “{charge}”"),
        "amount_off": Label("giảm {amount} của “{charge}”", "{amount} off “{charge}”"),
        "set_to": Label("“{charge}” còn tối đa {amount}", "“{charge}” comes down to {amount}"),
        "when": Label(", khi {condition}", ", if {condition}"),
        "expr_alone": Label(", khi biểu thức sau đúng: {expr}", ", if this expression holds: {expr}"),
        "expr": Label(", và khi biểu thức sau đúng: {expr}", ", and if this expression holds: {expr}"),
        "papers": Label(
            ", khi đã chấp nhận một trong các giấy tờ: {papers}", ", once one of these papers is accepted: {papers}"
        ),
        "quota": Label(", tối đa {max} {scope}", ", at most {max} {scope}"),
        "counted_from": Label(" tính từ ngày {day}", ", counted from {day} on"),
        "only": Label(", chỉ {days}", ", only {days}"),
        "funded": Label(", do {budget} chi trả", ", paid by {budget}"),
        "request": Label("mỗi hồ sơ", "for each request"),
        "citizen_per_year": Label("cho mỗi người trong một năm", "for each person and year"),
        "citizen_per_policy_period": Label(
            "cho mỗi người trong cả thời gian áp dụng", "for each person in the whole period"
        ),
        "budget_total": Label("cho toàn bộ ngân sách", "for the whole budget"),
        "unverified": Label("Chưa được kiểm chứng: {what}", "Not verified: {what}"),
        "and": Label(" và ", " and "),
        "or": Label(" hoặc ", " or "),
    }
)


def in_plain_words(document: PolicyDocument, language: Language) -> list[str]:
    """Every charge and every rule of the document, in its order."""
    said = Sentences(document, language)
    sentences = []
    if document.demonstration is not None:
        sentences.append(document.demonstration.in_language(language))
    deciding = said.words(document.deciding_date)
    sentences.append(said.words("days", days=said.days(document.effective), deciding=deciding))
    sentences += [said.charge(charge) for charge in document.charges]
    for stage in document.stages:
        sentences.append(said.words(stage.pick, label=stage.label.in_language(language)))
        sentences += [said.rule(rule) for rule in stage.rules]
    marks = [act.unverified for act in document.basis] + [charge.unverified for charge in document.charges]
    marks += [rule.unverified for stage in document.stages for rule in stage.rules]
    once = dict.fromkeys(mark.in_language(language) for mark in marks if mark is not None)
    return sentences + [said.words("unverified", what=mark) for mark in once]


def days_in_words(days: Days, language: Language) -> str:
    first = day_in_words(days.first_day, language)
    if days.last_day is None:
        return _WORDS["from"].in_language(language).format(first=first)
    return _WORDS["from_to"].in_language(language).format(first=first, last=day_in_words(days.last_day, language))


class Sentences:
    """The single sentences of one document in one language, for whoever arranges them otherwise."""

    def __init__(self, document: PolicyDocument, language: Language) -> None:
        self._language = language
        self._acts = {
            act.id: f"{act.kind.in_language(language)} {act.number}"
            + ("" if act.article is None else f", {act.article.in_language(language)}")
            for act in document.basis
        }
        self._charges = {charge.id: charge.label.in_language(language) for charge in document.charges}

    def words(self, name: str, **parts: object) -> str:
        """One of the set phrases above."""
        return _WORDS[name].in_language(self._language).format(**parts)

    def days(self, days: Days) -> str:
        return days_in_words(days, self._language)

    def charge(self, charge: Charge) -> str:
        return self.words(
            "charge",
            label=charge.label.in_language(self._language),
            amount=amount_in_figures(charge.amount_vnd, self._language),
            how=self.how_often(charge),
            acts=self.cited(charge.basis),
        )

    def rule(self, rule: Rule) -> str:
        return self.words(
            "rule",
            label=rule.label.in_language(self._language),
            effects="; ".join(self._effect(effect) for effect in rule.effects),
            more=self._more(rule),
            acts=self.cited(rule.basis),
        )

    def rule_alone(self, rule: Rule) -> str:
        """Without its name and its acts, for a page that has them beside it."""
        said = "; ".join(self._effect(effect) for effect in rule.effects) + self._more(rule)
        return f"{said[:1].upper()}{said[1:]}."

    def how_often(self, charge: Charge) -> str:
        """`for each request`, `for each copy from copy 3 on`."""
        return self.words(charge.kind, nth=(charge.above or 0) + 1)

    def _more(self, rule: Rule) -> str:
        more = ""
        if not isinstance(rule.when, Always):
            more += self.words("when", condition=describe_condition(rule.when, self._language))
        if rule.expr is not None:
            more += self.words("expr" if more else "expr_alone", expr=rule.expr)
        if rule.evidence:
            papers = [EVIDENCE[kind].in_language(self._language) for kind in rule.evidence]
            more += self.words("papers", papers=self._listed(papers, "or"))
        if rule.quota is not None:
            more += self.words("quota", max=self.most(rule.quota), scope=self.words(rule.quota.scope))
            if rule.quota.counted_from is not None:
                more += self.words("counted_from", day=day_in_words(rule.quota.counted_from, self._language))
        if rule.dates is not None:
            more += self.words("only", days=self.days(rule.dates))
        if rule.funding is not None:
            more += self.words("funded", budget=rule.funding.label.in_language(self._language))
        return more

    def _effect(self, effect: Effect) -> str:
        charge = self._charges.get(effect.charge, effect.charge)
        if effect.percent_off is not None:
            return self.words("percent_off", percent=effect.percent_off, charge=charge)
        if effect.amount_off is not None:
            return self.words("amount_off", amount=amount_in_figures(effect.amount_off, self._language), charge=charge)
        return self.words("set_to", amount=amount_in_figures(effect.set_to or 0, self._language), charge=charge)

    def most(self, quota: Quota) -> str:
        return units_in_figures(quota.max, quota.unit, self._language)

    def cited(self, refs: tuple[str, ...]) -> str:
        return self._listed([self._acts.get(ref, ref) for ref in refs], "and")

    def _listed(self, named: Sequence[str], last: str) -> str:
        if len(named) < 2:
            return "".join(named)
        return ", ".join(named[:-1]) + self.words(last) + named[-1]
