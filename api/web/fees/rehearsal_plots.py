"""A rehearsal's result as plots: money by payer and month, who pays less or more. Amounts are VND."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from issuance.fees.rehearsal.result import Money, RehearsalResult
from issuance.fees.rehearsal.words import name_of_group
from issuance.fees.wording import amount_in_figures, number_in_figures

from ...languages import Language
from ..plots import Number, Plot, Series, short_figures
from ..texts import N_, translate

_FACTS = ("channel", "categories", "age_years")
_GROUP_TITLES = {
    "channel": N_("Who pays less or more, by channel"),
    "categories": N_("Who pays less or more, by category"),
    "age_years": N_("Who pays less or more, by age"),
}


def plots_of(result: RehearsalResult, path: str, language: Language) -> list[Plot]:
    """path: of the rehearsal's page, below which the CSV files are."""
    return [
        _payers(result, path, language),
        *_months(result, path, language),
        *(_groups(result, fact, path, language) for fact in _FACTS),
    ]


def _payers(result: RehearsalResult, path: str, language: Language) -> Plot:
    names = _names(result, language)
    return Plot(
        id="payers",
        kind="rows",
        title=translate("Who pays, in all", language),
        axis=translate("Who", language),
        places=tuple(names),
        series=(
            Series(translate("As the law stands", language), _parts(result.before, result)),
            Series(translate("With the draft", language), _parts(result.after, result)),
        ),
        figure=_money(language),
        csv=f"{path}/payers.csv",
    )


def _months(result: RehearsalResult, path: str, language: Language) -> list[Plot]:
    names = _names(result, language)
    months = tuple(f"{one.month[5:7]}/{one.month[:4]}" for one in result.months)
    sides = (
        ("before", translate("Money by month, as the law stands", language), [one.before for one in result.months]),
        ("after", translate("Money by month, with the draft", language), [one.after for one in result.months]),
    )
    most = max((sum(_parts(one, result)) for _, _, side in sides for one in side), default=0)
    return [
        Plot(
            id=f"months-{side}",
            kind="stacked",
            title=title,
            axis=translate("Month", language),
            places=months,
            series=tuple(
                Series(name, tuple(_parts(month, result)[index] for month in found)) for index, name in enumerate(names)
            ),
            figure=_money(language),
            tick=short_figures(language),
            csv=f"{path}/months-{side}.csv",
            up_to=most,
        )
        for side, title, found in sides
    ]


def _groups(result: RehearsalResult, fact: str, path: str, language: Language) -> Plot:
    groups = [one for one in result.groups if one.fact == fact]
    if fact != "age_years":
        # Ages have an order of their own.
        groups.sort(key=lambda one: -(one.gains.count + one.losses.count))
    money = _money(language)
    return Plot(
        id=f"groups-{fact.replace('_', '-')}",
        kind="rows",
        title=translate(_GROUP_TITLES[fact], language),
        axis=translate("Group", language),
        places=tuple(_capital(name_of_group(one, language)) for one in groups),
        series=(
            Series(translate("Pay less", language), tuple(one.gains.count for one in groups)),
            Series(translate("Pay more", language), tuple(one.losses.count for one in groups)),
        ),
        figure=lambda figure: (
            translate("%(number)s requests", language) % {"number": number_in_figures(int(figure), language)}
        ),
        csv=f"{path}/groups-{fact.replace('_', '-')}.csv",
        columns=(
            Series(translate("Requests in all", language), tuple(one.cases for one in groups)),
            Series(translate("Less in all", language), tuple(one.gains.amount for one in groups), money),
            Series(translate("More in all", language), tuple(one.losses.amount for one in groups), money),
        ),
    )


def _names(result: RehearsalResult, language: Language) -> list[str]:
    """Citizens, each budget, and what nobody makes good."""
    budgets = [_capital(label.in_language(language)) for label in result.budgets.values()]
    return [translate("Citizens", language), *budgets, translate("Exempted or reduced", language)]


def _parts(money: Money, result: RehearsalResult) -> tuple[int, ...]:
    paid = {share.budget: share.amount for share in money.budgets}
    return (money.due, *(paid.get(budget, 0) for budget in result.budgets), money.remitted)


def _money(language: Language) -> Callable[[Number], str]:
    def written(figure: Number) -> str:
        return amount_in_figures(int(figure), language)

    return written


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def plot_named(plots: Sequence[Plot], name: str) -> Plot | None:
    return next((one for one in plots if one.id == name), None)
