"""A procedure in plain sentences, as an agency publishes it: whose each step is, how long, what can come of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from issuance.fees.facts import CHANNELS
from issuance.fees.wording import Label
from issuance.procedure.conditions import AllOf, AnyOf, Condition, FactValue, Is, Not, OneOf
from issuance.procedure.document import Procedure, Step
from issuance.procedure.facts import INPUT
from issuance.procedure.time_sums import limit_in_words

ROLES: Mapping[str, Label] = MappingProxyType(
    {"caseworker": Label("cán bộ thụ lý", "caseworker"), "head": Label("thủ trưởng đơn vị", "head")}
)
ACTIONS: Mapping[str, Label] = MappingProxyType(
    {
        "ask_papers": Label("yêu cầu bổ sung giấy tờ", "ask for further papers"),
        "ask_register_again": Label("tra cứu lại cơ sở dữ liệu", "ask a register again"),
        "stop": Label("dừng giải quyết", "stop"),
    }
)
NEEDS: Mapping[str, Label] = MappingProxyType(
    {
        "register_answers": Label("kết quả tra cứu", "the registers' answers"),
        "fee_settled": Label("phí đã quyết toán", "the fee settled"),
        "papers_decided": Label("giấy tờ đã được xem xét", "the papers decided about"),
        "reason": Label("lý do", "a reason"),
    }
)
STANDINGS: Mapping[str, Label] = MappingProxyType(
    {
        "scheduled": Label("Sẽ áp dụng", "Comes into force"),
        "in_force": Label("Đang áp dụng", "In force"),
        "over": Label("Không còn áp dụng cho hồ sơ mới", "No new application begins with it"),
    }
)
_FACTS: Mapping[str, Label] = MappingProxyType(
    {
        "channel": Label("nơi nộp", "the channel"),
        "on_behalf_of": Label("nộp thay người khác", "made on behalf of somebody"),
        "requested_by": Label("bên yêu cầu", "whoever asks"),
        "copies": Label("số bản", "the number of copies"),
    }
)
_ASKERS: Mapping[str, Label] = MappingProxyType(
    {"citizen": Label("công dân", "a citizen"), "body": Label("cơ quan tiến hành tố tụng", "a procedural body")}
)
_ENDS: Mapping[str, Label] = MappingProxyType(
    {"approved": Label("chấp thuận", "approved"), "refused": Label("từ chối", "refused")}
)


def condition_in_words(condition: Condition) -> Label:
    """`nơi nộp là bộ phận một cửa`; facts of the input by their names, in quotes."""
    match condition:
        case Is(fact, equals):
            return _is(fact, equals)
        case OneOf(fact, values):
            return _joined([_is(fact, value) for value in values], " hoặc ", " or ")
        case AllOf(parts):
            return _joined([condition_in_words(part) for part in parts], " và ", " and ")
        case AnyOf(parts):
            return _joined([condition_in_words(part) for part in parts], " hoặc ", " or ")
        case Not(part):
            inner = condition_in_words(part)
            return Label(f"không phải ({inner.vi})", f"not ({inner.en})")


def step_in_words(procedure: Procedure, step: Step) -> Label:
    """One step as sentences: its role and time, when it is taken, what can be decided."""
    role, limit = ROLES[step.role], limit_in_words(step.time_limit)
    said = [
        Label(
            f"{step.name.vi}: {role.vi}, trong {limit.vi}.",
            f"{step.name.en}: {role.en}, within {limit.en}.",
        )
    ]
    if step.when is not None and step.otherwise is not None:
        when, onward = condition_in_words(step.when), _onward(procedure, step.otherwise.to, step.otherwise.ends)
        said.append(
            Label(f"Chỉ khi {when.vi}; nếu không: {onward.vi}.", f"Only when {when.en}; otherwise: {onward.en}.")
        )
    for outcome in step.outcomes:
        onward = _onward(procedure, outcome.to, outcome.ends)
        needs = _joined([NEEDS[need] for need in outcome.needs], ", ", ", ", bare=True)
        vi, en = (f" (cần có: {needs.vi})", f" (needed: {needs.en})") if outcome.needs else ("", "")
        said.append(Label(f"{outcome.name.vi}{vi} → {onward.vi}.", f"{outcome.name.en}{en} → {onward.en}."))
    return Label(" ".join(one.vi for one in said), " ".join(one.en for one in said))


def _onward(procedure: Procedure, to: str | None, ends: str | None) -> Label:
    return _ENDS[ends] if ends is not None else procedure.step(to or "").name


def _is(fact: str, value: FactValue) -> Label:
    name = _FACTS.get(fact) or Label(f"“{fact.removeprefix(INPUT)}”", f"“{fact.removeprefix(INPUT)}”")
    if value is True:
        return Label(f"{name.vi}: có", f"{name.en}: yes")
    if value is False:
        return Label(f"{name.vi}: không", f"{name.en}: no")
    known: Mapping[str, Label] = {"channel": CHANNELS, "requested_by": _ASKERS}.get(fact, {})
    shown = known.get(str(value)) or Label(str(value), str(value))
    return Label(f"{name.vi} là {shown.vi}", f"{name.en} is {shown.en}")


def _joined(parts: list[Label], vi: str, en: str, *, bare: bool = False) -> Label:
    found = Label(vi.join(part.vi for part in parts), en.join(part.en for part in parts))
    return found if bare or len(parts) == 1 else Label(f"({found.vi})", f"({found.en})")
