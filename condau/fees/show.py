"""How the commands of `condau fees` show what they found; people read it at 80 columns, programs take --json."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from condau.fees.books_and_files import BudgetState, CheckedFile
from condau.fees.replay import Replayed
from issuance.assessed import StoredAssessment
from issuance.fees.analysis import Severity
from issuance.fees.assessment import FeeAssessment
from issuance.fees.book import name_of
from issuance.fees.document import FeePolicy
from issuance.fees.explain import explain
from issuance.fees.quota_words import units_in_figures
from issuance.fees.stored import to_json
from issuance.fees.wording import Label, Language, day_in_words, number_in_figures
from verification.verdict import VIETNAM

_SEVERITY: dict[Severity, tuple[Label, str]] = {
    "error": (Label("lỗi", "error"), "red"),
    "warning": (Label("cảnh báo", "warning"), "yellow"),
    "note": (Label("ghi chú", "note"), "dim"),
}
_CAUSES = {
    "submitted": Label("khi nộp hồ sơ", "when it was submitted"),
    "evidence_accepted": Label("sau khi giấy tờ được chấp nhận", "after a paper was accepted"),
}


def say(console: Console, line: str) -> None:
    """As it is: nothing in it is markup."""
    console.print(line, soft_wrap=True, highlight=False, markup=False)


def show_checked(checked: Sequence[CheckedFile], language: Language, console: Console) -> None:
    for one in checked:
        name = "" if one.policy is None else f" ({_version(one.policy).in_language(language)})"
        console.print(f"[bold]{escape(one.name)}[/bold]{escape(name)}", highlight=False, soft_wrap=True)
        for problem in one.problems:
            _found(console, "error", problem.place.removeprefix(f"{one.name}: "), problem.text, language)
        for finding in () if one.report is None else one.report.findings:
            _found(console, finding.severity, finding.place, finding.text, language)
        for line in _counted(one, language):
            say(console, f"  {line}")


def _version(policy: FeePolicy) -> Label:
    return Label(f"{policy.id} phiên bản {policy.version}", name_of(policy))


def _found(console: Console, severity: Severity, place: str, text: Label, language: Language) -> None:
    words, style = _SEVERITY[severity]
    where = f"{escape(place)}: " if place else ""
    label = escape(words.in_language(language))
    console.print(
        f"  [{style}]{label}[/{style}]  {where}{escape(text.in_language(language))}", highlight=False, soft_wrap=True
    )


def _counted(one: CheckedFile, language: Language) -> Iterable[str]:
    if one.report is None:
        yield Label("không đọc được như một chính sách phí", "it can't be read as a fee policy").in_language(language)
        return
    report = one.report
    errors, warnings = len(one.problems) + len(report.errors), len(report.warnings)
    yield Label(
        f"{errors} lỗi, {warnings} cảnh báo, {len(report.notes)} ghi chú; đã xét "
        f"{number_in_figures(report.cases, 'vi')} trường hợp phân biệt được, "
        f"{'đầy đủ' if report.is_complete else 'chưa đầy đủ'}",
        f"{errors} {'error' if errors == 1 else 'errors'}, {warnings} {'warning' if warnings == 1 else 'warnings'}, "
        f"{len(report.notes)} {'note' if len(report.notes) == 1 else 'notes'}; looked at "
        f"{number_in_figures(report.cases, 'en')} distinguishable cases, "
        f"{'all there are' if report.is_complete else 'not all there are'}",
    ).in_language(language)


def checked_as_json(checked: Sequence[CheckedFile], language: Language) -> dict[str, Any]:
    return {
        "files": [
            {
                "file": one.name,
                "policy": one.policy and one.policy.id,
                "version": one.policy and one.policy.version,
                "digest": one.policy and one.policy.digest,
                "refused": one.is_refused,
                "problems": [
                    {
                        "place": problem.place.removeprefix(f"{one.name}: "),
                        "text": problem.text.in_language(language),
                    }
                    for problem in one.problems
                ],
                "report": one.report and one.report.to_json(language),
            }
            for one in checked
        ]
    }


def show_assessment(assessment: FeeAssessment, language: Language, console: Console) -> None:
    """The lines as a table, then why."""
    if assessment.lines:
        table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
        heads = (
            Label("khoản thu", "charge"),
            Label("số lượng", "number"),
            Label("mức thu", "gross"),
            Label("miễn, giảm", "waived"),
            Label("phải nộp", "due"),
        )
        for index, head in enumerate(heads):
            table.add_column(head.in_language(language), justify="right" if index else "left", no_wrap=index > 0)
        for line in assessment.lines:
            table.add_row(
                escape(line.label.in_language(language)),
                number_in_figures(line.quantity, language),
                *(number_in_figures(amount, language) for amount in (line.gross, line.waived, line.due)),
            )
        table.add_section()
        totals = (assessment.gross, assessment.waived, assessment.due)
        table.add_row(
            Label("tổng (đồng)", "total (VND)").in_language(language),
            "",
            *(number_in_figures(amount, language) for amount in totals),
        )
        console.print(table)
    for sentence in explain(assessment, language):
        say(console, sentence)
    if assessment.policy is not None:
        version = assessment.policy
        day = day_in_words(assessment.decided_for, language)
        said = Label(
            f"Quyết định theo {version.id} phiên bản {version.version} ({version.digest[:12]}…) cho ngày {day}.",
            f"Decided by {version.id} version {version.version} ({version.digest[:12]}…) for {day}.",
        )
        console.print(said.in_language(language), style="dim", highlight=False, markup=False, soft_wrap=True)


def explained_as_json(assessment: FeeAssessment, language: Language) -> dict[str, Any]:
    return to_json(assessment) | {"explanation": explain(assessment, language)}


def show_stored(stored: Sequence[StoredAssessment], language: Language, console: Console) -> None:
    """Every decision of one application, oldest first."""
    for one in stored:
        when = f"{one.at.astimezone(VIETNAM):%Y-%m-%d %H:%M}"
        cause = _CAUSES[one.cause].in_language(language)
        words = Label(f"Quyết định {one.seq}, {when}, {cause}", f"Decision {one.seq}, {when}, {cause}")
        console.print(f"[bold]{escape(words.in_language(language))}[/bold]", highlight=False)
        show_assessment(one.assessment, language, console)


def show_replayed(result: Replayed, language: Language, console: Console) -> None:
    for one in result.named[:100]:
        where = "…" if one.application_id is None else str(one.application_id)
        if not result.is_complete and one is result.named[-1]:
            words = Label(
                f"sau hồ sơ {where}, quyết định {one.seq}: không đọc được ({one.error}); phần còn lại chưa được kiểm",
                f"after application {where}, number {one.seq}: unreadable ({one.error}); the rest was not looked at",
            )
        else:
            what = one.error or ", ".join(one.places)
            words = Label(
                f"hồ sơ {where}, quyết định {one.seq}: {what}", f"application {where}, decision {one.seq}: {what}"
            )
        say(console, words.in_language(language))
    more = result.differing - len(result.named[:100])
    if more > 0:
        say(console, Label(f"… và {more} quyết định khác", f"… and {more} others").in_language(language))
    decisions, same = (number_in_figures(count, language) for count in (result.decisions, result.same))
    differing = number_in_figures(result.differing, language)
    said = Label(
        f"Đã tính lại {decisions} quyết định: {same} giống hệt, {differing} khác.",
        f"{decisions} decisions were taken again: {same} the same, {differing} not.",
    )
    console.print(said.in_language(language), style="green" if result.is_fine else "red", highlight=False)


def show_budgets(states: Sequence[BudgetState], language: Language, console: Console) -> None:
    if not states:
        words = Label(
            "Không chính sách nào có hạn mức ngân sách chung.", "No policy has a quota that all requests share."
        )
        say(console, words.in_language(language))
        return
    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    heads = (
        Label("hạn mức", "quota"),
        Label("từ ngày", "since"),
        Label("tổng", "size"),
        Label("đã dùng", "used"),
        Label("còn lại", "left"),
    )
    for index, head in enumerate(heads):
        table.add_column(head.in_language(language), justify="right" if index > 1 else "left", no_wrap=index > 0)
    for state in states:
        shown = [_units(amount, state.unit, language) for amount in (state.size, state.used, state.left)]
        style = "red" if state.left == 0 else ""
        table.add_row(escape(f"{state.key.name}\n{state.key.policy_id}"), escape(state.key.period), *shown, style=style)
    console.print(table)


def _units(amount: int, unit: str, language: Language) -> str:
    if unit in ("copies", "requests", "amount"):
        return units_in_figures(amount, unit, language)  # type: ignore[arg-type]  # just compared
    return number_in_figures(amount, language)


def budgets_as_json(states: Sequence[BudgetState]) -> dict[str, Any]:
    return {
        "budgets": [
            {
                "policy": state.key.policy_id,
                "name": state.key.name,
                "period": state.key.period,
                "unit": state.unit or None,
                "size": state.size,
                "used": state.used,
                "left": state.left,
                "in_force": state.is_in_force,
            }
            for state in states
        ]
    }
