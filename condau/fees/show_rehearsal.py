"""How `condau fees rehearse` shows a result: sentences first, then the money by month, the rules, the examples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from issuance.fees.condition_words import describe_fact
from issuance.fees.facts import FACTS, FactKind, FactValue
from issuance.fees.rehearsal.result import AppliedRule, ExampleCase, Money, MonthOfMoney, RehearsalResult, RuleEffect
from issuance.fees.rehearsal.words import change_in_figures, summary
from issuance.fees.wording import Label, Language, amount_in_figures, number_in_figures

_MOST_MONTHS = 60
_MOST_RULES = 60
_SHOWN_FACTS = ("channel", "age_years", "categories", "copies", "delivery", "pages", "submitted_on")
_UNREMARKABLE = {"delivery": "download", "pages": 1}
"""Left out of the line of an example where they are so; the JSON has them all."""


def show_rehearsal(result: RehearsalResult, language: Language, console: Console) -> None:
    """For people, at 80 columns and more."""
    for sentence in summary(result, language):
        _say(console, sentence)
    if not result.cases:
        return
    console.print(_months(result, language))
    console.print(_rules(result.rules, language))
    labels = {rule.rule_id: rule.label for rule in result.rules}
    for examples, title in (
        (
            result.largest_gains,
            Label("Giảm nhiều nhất, mỗi kiểu một ví dụ", "The largest gains, an example of each kind"),
        ),
        (
            result.largest_losses,
            Label("Tăng nhiều nhất, mỗi kiểu một ví dụ", "The largest losses, an example of each kind"),
        ),
    ):
        if examples:
            console.print(f"\n[bold]{escape(title.in_language(language))}[/bold]", highlight=False)
        for number, example in enumerate(examples, 1):
            for line in _example(number, example, labels, language):
                _say(console, line)


def _say(console: Console, line: str) -> None:
    console.print(line, soft_wrap=True, highlight=False, markup=False)


def _table(title: Label, columns: Sequence[str], language: Language) -> Table:
    table = Table(
        title=title.in_language(language), title_justify="left", box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0)
    )
    for index, column in enumerate(columns):
        table.add_column(escape(column), justify="left" if index == 0 else "right", no_wrap=index > 0)
    return table


def _months(result: RehearsalResult, language: Language) -> Table:
    """Each cell: as it is, with the draft."""
    payers: list[tuple[str, Callable[[Money], int]]] = [
        (Label("người dân nộp", "citizens pay").in_language(language), lambda money: money.due),
        *((label.in_language(language), _paid_by(budget)) for budget, label in result.budgets.items()),
        (Label("miễn, giảm", "remitted").in_language(language), lambda money: money.remitted),
    ]
    title = Label("Tiền theo tháng (đồng): hiện nay → theo dự thảo", "Money by month (VND): as it is → with the draft")
    table = _table(title, [Label("tháng", "month").in_language(language), *(name for name, _ in payers)], language)
    shown = result.months if len(result.months) <= _MOST_MONTHS else result.months[:_MOST_MONTHS]
    for month in shown:
        table.add_row(
            _month(month, language), *(_cell(read(month.before), read(month.after), language) for _, read in payers)
        )
    if len(shown) < len(result.months):
        table.add_row("…", *("…" for _ in payers))
    total = Label("tổng", "total").in_language(language)
    table.add_section()
    table.add_row(total, *(_cell(read(result.before), read(result.after), language) for _, read in payers))
    return table


def _paid_by(budget: str) -> Callable[[Money], int]:
    return lambda money: sum(share.amount for share in money.budgets if share.budget == budget)


def _month(month: MonthOfMoney, language: Language) -> str:
    year, number = month.month.split("-")
    return f"{number}/{year}" if language == "vi" else month.month


def _cell(before: int, after: int, language: Language) -> str:
    was, becomes = number_in_figures(before, language), number_in_figures(after, language)
    return becomes if before == after else f"{was}\n→ {becomes}"


def _rules(rules: Sequence[RuleEffect], language: Language) -> Table:
    title = Label(
        "Từng quy định: số hồ sơ, số tiền (đồng); hiện nay → theo dự thảo",
        "Each rule: cases, VND; as it is → with the draft",
    )
    head = [Label("quy định", "rule"), Label("hồ sơ", "cases"), Label("số tiền", "amount")]
    table = _table(title, [label.in_language(language) for label in head], language)
    for rule in rules[:_MOST_RULES]:
        table.add_row(
            escape(f"{rule.label.in_language(language)} [{rule.rule_id}]"),
            _cell(rule.before.fired, rule.after.fired, language),
            _cell(rule.before.amount, rule.after.amount, language),
        )
    if len(rules) > _MOST_RULES:
        table.add_row("…", "…", "…")
    return table


def _example(number: int, example: ExampleCase, labels: dict[str, Label], language: Language) -> Iterable[str]:
    due = [amount_in_figures(side.due, language) for side in (example.before, example.after)]
    alike = number_in_figures(example.alike, language)
    like = f"{alike} hồ sơ như vậy" if language == "vi" else f"{alike} such case{'' if example.alike == 1 else 's'}"
    yield f"{number:2}. {change_in_figures(example.difference, language)}: {due[0]} → {due[1]} ({like})"
    yield f"    {'; '.join(_facts(example, language))}"
    words = (Label("hiện nay", "as it is"), Label("theo dự thảo", "with the draft"))
    for side, when in zip((example.before, example.after), words, strict=True):
        rules = ", ".join(_applied(rule, labels, language) for rule in side.rules)
        nothing = Label("không giảm gì", "nothing off").in_language(language)
        yield f"    {when.in_language(language)}: {rules or nothing}"


def _applied(rule: AppliedRule, labels: dict[str, Label], language: Language) -> str:
    name = labels[rule.rule_id].in_language(language) if rule.rule_id in labels else rule.rule_id
    return f"{name} −{amount_in_figures(rule.amount, language)}"


def _facts(example: ExampleCase, language: Language) -> Iterable[str]:
    for name in _SHOWN_FACTS:
        value = example.facts.get(name)
        if _UNREMARKABLE.get(name, ...) == value:
            continue
        yield describe_fact(FACTS[name], _fact(name, value), language)


def _fact(name: str, value: object) -> FactValue:
    kind = FACTS[name].kind
    if isinstance(value, list):
        return frozenset(str(entry) for entry in value)
    if kind is FactKind.DAY and isinstance(value, str):
        return date.fromisoformat(value)
    return value if isinstance(value, str | int) else None
