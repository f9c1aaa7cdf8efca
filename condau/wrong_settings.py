"""What is wrong with settings, in sentences that name the block and the key, and never a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from issuance.fees.facts import did_you_mean

_MAX_SHOWN = 8
_KINDS = {
    "int": "must be a whole number",
    "float": "must be a number",
    "finite": "must be a finite number",
    "bool": "must be true or false",
    "string": "must be text",
    "tuple": "must be a list",
    "dict": "must be a table",
    "model": "must be a table",
    "date": "must be a day, such as 2026-01-31",
    "path": "must be a path",
}
"""By the first word of pydantic's type of error; longer entries of `_sentence` come first."""
_FORMS = {"timestamps.policy": "must be a dotted identifier such as 1.3.6.1"}
"""Of settings with a form of their own."""


def in_words(error: ValidationError, settings: type[BaseModel], given: Mapping[str, Any]) -> str:
    """Every problem as one sentence. given: what the file said, for the names of its blocks alone."""
    problems = error.errors(include_input=False, include_url=False)
    said = [_sentence(one["type"], one["loc"], one.get("ctx", {}), one["msg"], settings, given) for one in problems]
    rest = len(said) - _MAX_SHOWN
    return "; ".join(said[:_MAX_SHOWN]) + (f"; and {rest} more" if rest > 0 else "")


def _sentence(
    kind: str,
    place: Sequence[int | str],
    context: Mapping[str, Any],
    message: str,
    settings: type[BaseModel],
    given: Mapping[str, Any],
) -> str:
    block, key = _block_and_key(place, given)
    if kind == "extra_forbidden":
        known = _keys_at(settings, place[:-1])
        inside, _, last = key.rpartition(".")
        where = "".join(f"{part}: " for part in (block, inside) if part)
        return f"{where}no setting is called{did_you_mean(last, known)}"
    if kind == "value_error":
        what = str(context.get("error", message))
        return ": ".join(part for part in (block, key, what) if part)
    where = f"{block}: {key or 'it'}" if block else key or "the settings"
    if kind == "string_pattern_mismatch":
        return f"{where} {_FORMS.get(key, 'does not have the form that is expected')}"
    return f"{where} {_predicate(kind, context, message)}"


def _predicate(kind: str, context: Mapping[str, Any], message: str) -> str:
    match kind:
        case "missing":
            return "is missing"
        case "greater_than_equal":
            return f"must be at least {_number(context['ge'])}"
        case "greater_than":
            return f"must be more than {_number(context['gt'])}"
        case "less_than_equal":
            return f"must be at most {_number(context['le'])}"
        case "literal_error":
            return f"must be {context['expected']}"
        case "string_too_short" | "too_short":
            return "must not be empty"
        case "finite_number":
            return _KINDS["finite"]
        case _:
            return _KINDS.get(kind.split("_", 1)[0], f"cannot be used ({message})")


def _block_and_key(place: Sequence[int | str], given: Mapping[str, Any]) -> tuple[str, str]:
    """`('[[issuers]] "city"', 'claims.name')`; a block without a name is counted, from 1."""
    if len(place) >= 2 and isinstance(place[1], int):
        return _named_block(str(place[0]), place[1], given), _key(place[2:])
    return "", _key(place)


def _key(place: Sequence[int | str]) -> str:
    """`calendar.days_off, entry 2`; entries are counted from 1."""
    return "".join(f", entry {part + 1}" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


def _number(bound: float) -> str:
    return str(int(bound)) if bound == int(bound) else str(bound)


def _named_block(list_name: str, index: int, given: Mapping[str, Any]) -> str:
    blocks = given.get(list_name)
    block = blocks[index] if isinstance(blocks, list) and index < len(blocks) else None
    if isinstance(block, dict):
        for key in ("name", "client_id"):
            name = block.get(key)
            if isinstance(name, str) and name.strip() and name.isprintable():
                return f'[[{list_name}]] "{name[:64]}"'
    return f"[[{list_name}]] number {index + 1}"


def _keys_at(settings: type[BaseModel], place: Iterable[int | str]) -> Iterable[str]:
    """The keys of the block that stands there."""
    model = settings
    for part in place:
        if isinstance(part, str) and part in model.model_fields:
            model = _model_in(model.model_fields[part].annotation) or model
    return model.model_fields


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model_in(inner)) is not None), None)
