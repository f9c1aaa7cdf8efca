"""Mutants of a right procedure: each breaks one rule, and says by which code that must be found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.issuance.procedure.made_up import MadeUp, back_to, label, refuse

Mutation = Callable[[dict[str, Any], MadeUp], None]
MUTATIONS: dict[str, tuple[str, Mutation]] = {}
"""By name: the code of the problem that it must come to, and the change."""


def mutation(code: str) -> Callable[[Mutation], Mutation]:
    def keep(change: Mutation) -> Mutation:
        MUTATIONS[change.__name__] = (code, change)
        return change

    return keep


def new_step(step_id: str, *outcomes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": step_id,
        "name": label("Bước mới", "A new step"),
        "role": "caseworker",
        "time_limit": {"amount": 0, "unit": "hours"},
        "outcomes": [*outcomes],
        **more,
    }


def onward(to: str, outcome_id: str = "onward") -> dict[str, Any]:
    return {"id": outcome_id, "name": label("Tiếp", "On"), "to": to}


@mutation("unknown_step")
def outcome_leads_nowhere(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"][-1]["outcomes"].append(onward("decidee"))


@mutation("unknown_step")
def begins_nowhere(document: dict[str, Any], _made: MadeUp) -> None:
    document["start"] = "begin"


@mutation("to_or_ends")
def outcome_without_onward(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"][-1]["outcomes"].append({"id": "lost", "name": label("Bỏ", "Lost")})


@mutation("to_or_ends")
def outcome_both_ways(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"][-1]["outcomes"][0]["to"] = "decide"


@mutation("no_way_here")
def step_from_nowhere(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"].append(new_step("island", onward("decide")))


@mutation("circle")
def circle_without_returns(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"][-1]["outcomes"].append(onward(document["start"]))


@mutation("not_earlier")
def returns_to_itself(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"][-1]["outcomes"].append({**back_to("decide"), "id": "again"})


@mutation("not_earlier")
def returns_forward(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"][-1]["outcomes"].append({**back_to("later"), "id": "again"})
    document["steps"].append(new_step("later", {**refuse()}))


@mutation("no_end")
def trap_without_an_end(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"][-1]["outcomes"].append(onward("trap"))
    document["steps"] += [new_step("trap", onward("deeper")), new_step("deeper", back_to("trap"))]


@mutation("no_approval")
def nobody_approves(document: dict[str, Any], _made: MadeUp) -> None:
    del document["steps"][-1]["outcomes"][0]


@mutation("no_refusal")
def nobody_refuses(document: dict[str, Any], _made: MadeUp) -> None:
    for step in document["steps"]:
        step["outcomes"] = [outcome for outcome in step["outcomes"] if outcome.get("ends") != "refused"]


@mutation("over_limit")
def too_long(document: dict[str, Any], made: MadeUp) -> None:
    document["steps"][-1]["time_limit"]["amount"] += made.legal.amount + 5


@mutation("not_comparable or over_limit")
def time_of_another_kind(document: dict[str, Any], made: MadeUp) -> None:
    """Under a limit in working days everything compares."""
    if made.legal.unit == "working_days":
        document["steps"][-1]["time_limit"] = {"amount": 3_650, "unit": "hours"}
    else:
        document["steps"][-1]["time_limit"]["unit"] = "working_days"


@mutation("unknown_fact")
def condition_on_nothing(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"][-1] |= {"when": {"fact": "chanel", "equals": "desk"}, "otherwise": {"ends": "refused"}}


@mutation("unknown_fact")
def condition_on_a_text(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"][-1] |= {"when": {"fact": "input.remark", "equals": "x"}, "otherwise": {"ends": "refused"}}


@mutation("unknown_value")
def condition_on_no_channel(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"][-1] |= {"when": {"fact": "channel", "in": ["deks"]}, "otherwise": {"ends": "refused"}}


@mutation("value_kind")
def condition_of_another_kind(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"][-1] |= {"when": {"fact": "copies", "equals": True}, "otherwise": {"ends": "refused"}}


@mutation("value_outside")
def condition_beyond_the_number(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"][-1] |= {"when": {"fact": "input.people", "equals": 5}, "otherwise": {"ends": "refused"}}


@mutation("never_entered")
def condition_that_never_holds(document: dict[str, Any], _made: MadeUp) -> None:
    never = {"all": [{"fact": "channel", "equals": "desk"}, {"fact": "channel", "equals": "vneid"}]}
    document["steps"].append(new_step("never", refuse(), when=never, otherwise={"ends": "refused"}))
    document["steps"][-2]["outcomes"].append(onward("never"))


@mutation("no_approval")
def no_approval_for_some(document: dict[str, Any], _made: MadeUp) -> None:
    """The last step is passed by to a refusal."""
    document["steps"][-1] |= {"when": {"fact": "channel", "equals": "desk"}, "otherwise": {"to": "other"}}
    document["steps"].append(new_step("other", refuse()))


@mutation("ends_without_step")
def every_step_passed_by(document: dict[str, Any], _made: MadeUp) -> None:
    by_a_body = {"fact": "requested_by", "equals": "body"}
    document["steps"].append(
        new_step("first", onward(document["start"]), when=by_a_body, otherwise={"ends": "refused"})
    )
    document["start"] = "first"


@mutation("unknown_type")
def type_of_nobody(document: dict[str, Any], _made: MadeUp) -> None:
    document["document_types"] = ["typo"]


@mutation("role_missing")
def unit_without_a_head(document: dict[str, Any], _made: MadeUp) -> None:
    document["units"] = ["NO.HEAD"]


@mutation("refusal_reason")
def refusal_without_reason(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"][-1]["outcomes"][1]["needs"] = []


@mutation("twice")
def step_twice(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"].append(document["steps"][-1])


@mutation("twice")
def outcome_twice(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"][-1]["outcomes"] += [onward("decide"), onward("decide")]


@mutation("otherwise_missing")
def condition_without_otherwise(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"][-1]["when"] = {"fact": "channel", "equals": "desk"}


@mutation("one_of")
def approved_by_being_passed_by(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"][-1] |= {"when": {"fact": "channel", "equals": "desk"}, "otherwise": {"ends": "approved"}}


@mutation("otherwise_idle")
def otherwise_without_condition(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"][-1]["otherwise"] = {"ends": "refused"}


@mutation("returns_ends")
def end_that_returns(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"][-1]["outcomes"][0]["returns"] = True


@mutation("ends_twice")
def two_approvals(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"][-1]["outcomes"].append({**document["steps"][-1]["outcomes"][0], "id": "also"})


@mutation("days_reversed")
def ends_before_it_begins(document: dict[str, Any], _made: MadeUp) -> None:
    document["effective"]["last_day"] = "2010-01-01"


@mutation("unknown_key")
def key_mistyped(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"][-1]["otherwize"] = {"to": "decide"}


@mutation("missing")
def key_left_out(document: dict[str, Any], _made: MadeUp) -> None:
    del document["reference"]


@mutation("one_of")
def role_that_does_not_settle(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"][-1]["role"] = "operator"


@mutation("not_below")
def time_below_nothing(document: dict[str, Any], _made: MadeUp) -> None:
    document["steps"][-1]["time_limit"]["amount"] = -1


@mutation("at_least_entries")
def without_a_basis(document: dict[str, Any], _made: MadeUp) -> None:
    document["basis"] = []


@mutation("both_languages")
def one_language_only(document: dict[str, Any], _made: MadeUp) -> None:
    document["name"]["en"] = " "


@mutation("text_not_composed")
def letters_in_pieces(document: dict[str, Any], _made: MadeUp) -> None:
    document["name"]["vi"] = "Quy tri\u0300nh"


@mutation("id_reserved")
def reserved_id(document: dict[str, Any], _made: MadeUp) -> None:
    document["id"] = "schema"
