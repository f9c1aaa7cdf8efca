"""What differs between two versions of a policy, in sentences that a citizen and a councillor can read.

Parts are matched by their id, examples by their name and effects by their charge, never by position. Every field of
the document is compared; where none of the words fits, the values stand as they are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeVar

from issuance.fees.change_words import FIELDS, in_words, plain
from issuance.fees.document import Basis, Charge, Effect, Example, PolicyDocument, Rule, Stage
from issuance.fees.wording import Label, Language

ChangeKind = Literal["added", "removed", "changed"]
_UNORDERED = {"document_types", "basis", "evidence"}
_MATCHED = {"basis", "charges", "stages", "rules", "effects", "examples"}
_ADDED = {"added": Label("Thêm {0}", "Added: {0}"), "removed": Label("Bỏ {0}", "Removed: {0}")}

_Part = TypeVar("_Part", bound=Basis | Charge | Stage | Rule | Effect | Example)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. before, after: the values as the document writes them (plain JSON); None where there is none."""

    place: str
    kind: ChangeKind
    text: Label
    before: Any
    after: Any

    def to_json(self, language: Language | None = None) -> dict[str, Any]:
        """Plain JSON; the text in one language, or as {vi, en}."""
        text = {"vi": self.text.vi, "en": self.text.en} if language is None else self.text.in_language(language)
        return {"place": self.place, "kind": self.kind, "text": text, "before": self.before, "after": self.after}


def compare(before: PolicyDocument, after: PolicyDocument) -> tuple[Change, ...]:
    """Every difference, in the order of the document; nothing for two equal ones.

    Order counts among stages, among the rules of a stage, and among the effects of a rule with a quota in VND; nowhere
    else does it mean anything.
    """
    return tuple(_document(before, after))


def _document(before: PolicyDocument, after: PolicyDocument) -> Iterator[Change]:
    yield from _fields(before, after, "", Label("", ""))
    yield from _matched(before.basis, after.basis, _act_name, lambda one, _: f"basis[{one.id}]")
    yield from _matched(before.charges, after.charges, _charge_name, lambda one, _: f"charges[{one.id}]")
    yield from _matched(before.stages, after.stages, _stage_name, lambda one, _: f"stages[{one.id}]")
    yield from _order(before.stages, after.stages, "stages", Label("Các bước", "Stages"))
    yield from _rules(before, after)
    yield from _matched(before.examples, after.examples, _example_name, lambda _, index: f"examples[{index}]")


def _rules(before: PolicyDocument, after: PolicyDocument) -> Iterator[Change]:
    old_stage, new_stage = (
        {rule.id: stage for stage in document.stages for rule in stage.rules} for document in (before, after)
    )
    old, new = (tuple(rule for stage in document.stages for rule in stage.rules) for document in (before, after))
    old_rules, new_rules = _by_key(old), _by_key(new)

    def place_of(rule: Rule, _: int) -> str:
        stage = new_stage.get(rule.id) or old_stage[rule.id]
        return f"stages[{stage.id}].rules[{rule.id}]"

    def name(rule: Rule) -> Label:
        """A rule that comes or goes is told with its place in the order."""
        if (rule.id in old_stage) == (rule.id in new_stage):
            return _rule_name(rule)
        stage = new_stage.get(rule.id) or old_stage[rule.id]
        own, number = _rule_name(rule), stage.rules.index(rule) + 1
        return Label(
            f"{own.vi} (bước “{stage.label.vi}”, thứ {number})",
            f"{own.en} (stage “{stage.label.en}”, number {number})",
        )

    yield from _matched(old, new, name, place_of)
    for key, rule in new_rules.items():
        earlier = old_rules.get(key)
        if earlier is None:
            continue
        place, was, now = place_of(rule, 0), old_stage[rule.id], new_stage[rule.id]
        if was.id != now.id:
            text = _sentence(_rule_name(rule), "stage", was.label, now.label)
            yield Change(place, "changed", text, was.id, now.id)
        yield from _effects(before, after, earlier, rule, place)
    old_order, new_order = _by_key(before.stages), _by_key(after.stages)
    for key, stage in new_order.items():
        if key in old_order:
            yield from _order(old_order[key].rules, stage.rules, f"stages[{stage.id}].rules", _stage_name(stage))


def _effects(before: PolicyDocument, after: PolicyDocument, old: Rule, new: Rule, place: str) -> Iterator[Change]:
    labels = {charge.id: charge.label for document in (before, after) for charge in document.charges}

    def name(effect: Effect) -> Label:
        charge = labels.get(effect.charge, Label(effect.charge, effect.charge))
        own = _rule_name(new)
        return Label(f"{own.vi}, khoản “{charge.vi}”", f"{own.en}, “{charge.en}”")

    found = _by_key(old.effects), _by_key(new.effects)
    for key in dict.fromkeys([*found[0], *found[1]]):
        was, now = found[0].get(key), found[1].get(key)
        if was == now:
            continue
        effect = now or was
        if effect is not None:
            index = (new.effects if now else old.effects).index(effect)
            kind: ChangeKind = "added" if was is None else "removed" if now is None else "changed"
            text = _sentence(name(effect), "effect", was, now)
            yield Change(f"{place}.effects[{index}]", kind, text, plain(was), plain(now))
    if any(rule.quota is not None and rule.quota.unit == "amount" for rule in (old, new)):
        yield from _order(old.effects, new.effects, f"{place}.effects", _rule_name(new))


def _matched(
    before: Sequence[_Part],
    after: Sequence[_Part],
    name: Callable[[_Part], Label],
    place_of: Callable[[_Part, int], str],
) -> Iterator[Change]:
    """Parts that are new, gone, or other than they were."""
    old, new = _by_key(before), _by_key(after)
    for key, part in old.items():
        if key not in new:
            yield _whole("removed", part, name(part), place_of(part, before.index(part)))
    for index, (key, part) in enumerate(new.items()):
        place = place_of(part, index)
        if key in old:
            yield from _fields(old[key], part, place, name(part))
        else:
            yield _whole("added", part, name(part), place)


def _whole(kind: Literal["added", "removed"], part: _Part, name: Label, place: str) -> Change:
    text = Label(_ADDED[kind].vi.format(_lower(name.vi)), _ADDED[kind].en.format(_lower(name.en)))
    contents = plain(part)
    return Change(place, kind, text, contents if kind == "removed" else None, contents if kind == "added" else None)


def _fields(before: _Part | PolicyDocument, after: _Part | PolicyDocument, place: str, name: Label) -> Iterator[Change]:
    for field in fields(after):
        was, now = getattr(before, field.name), getattr(after, field.name)
        is_list_of_parts = field.name in _MATCHED and not (field.name == "basis" and isinstance(after, Charge | Rule))
        if is_list_of_parts or _same(field.name, was, now):
            continue
        where = f"{place}.{field.name}" if place else field.name
        kind: ChangeKind = "added" if was is None else "removed" if now is None else "changed"
        yield Change(where, kind, _sentence(name, field.name, was, now), plain(was), plain(now))


def _same(field: str, was: object, now: object) -> bool:
    if field in _UNORDERED and isinstance(was, tuple) and isinstance(now, tuple):
        return sorted(was) == sorted(now)
    return was == now


def _order(before: Sequence[_Part], after: Sequence[_Part], place: str, name: Label) -> Iterator[Change]:
    """Another order of the parts that stand on both sides."""
    old, new = list(_by_key(before)), list(_by_key(after))
    was = [key for key in old if key in set(new)]
    now = [key for key in new if key in set(old)]
    if was != now:
        before_ids, after_ids = [own_id for own_id, _ in was], [own_id for own_id, _ in now]
        text = _sentence(name, "order", tuple(before_ids), tuple(after_ids))
        yield Change(place, "changed", text, before_ids, after_ids)


def _by_key(parts: Sequence[_Part]) -> dict[tuple[str, int], _Part]:
    """Parts by their id and its occurrence, so that none is lost where an id stands twice."""
    seen: dict[str, int] = {}
    found = {}
    for part in parts:
        own_id = part.name if isinstance(part, Example) else part.charge if isinstance(part, Effect) else part.id
        seen[own_id] = seen.get(own_id, 0) + 1
        found[own_id, seen[own_id]] = part
    return found


def _sentence(name: Label, field: str, was: object, now: object) -> Label:
    def in_language(language: Language) -> str:
        # Where only the other language's words were changed, those are what there is to show.
        shown: Language = language
        if isinstance(was, Label) and isinstance(now, Label) and was.in_language(language) == now.in_language(language):
            shown = "en" if language == "vi" else "vi"
        called = FIELDS[field].in_language(language) if field in FIELDS else field
        change = f"{called}: {in_words(field, was, shown)} → {in_words(field, now, shown)}"
        subject = name.in_language(language)
        return f"{subject}: {_lower(change)}" if subject else change

    return Label(in_language("vi"), in_language("en"))


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _act_name(act: Basis) -> Label:
    return Label(f"Văn bản {act.number} ({act.id})", f"Act {act.number} ({act.id})")


def _charge_name(charge: Charge) -> Label:
    return Label(f"Khoản thu “{charge.label.vi}”", f"Charge “{charge.label.en}”")


def _stage_name(stage: Stage) -> Label:
    return Label(f"Bước “{stage.label.vi}”", f"Stage “{stage.label.en}”")


def _rule_name(rule: Rule) -> Label:
    return Label(f"Quy tắc “{rule.label.vi}”", f"Rule “{rule.label.en}”")


def _example_name(example: Example) -> Label:
    return Label(f"Ví dụ “{example.name}”", f"Example “{example.name}”")
