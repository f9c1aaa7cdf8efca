"""Who the made-up people of a rehearsal are, by form: of how many in a thousand requests something is so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from issuance.fees.facts import CATEGORIES, CHANNELS
from issuance.fees.rehearsal.shares import DEFAULTS, NONE, UNKNOWN, WHOLE

from ...languages import Language
from ..texts import N_, translate

_TITLES: Mapping[str, str] = MappingProxyType(
    {
        "channels": N_("Asked for by"),
        "categories": N_("Accepted categories"),
        "ages": N_("Age in full years"),
        "copies": N_("Paper copies"),
    }
)
"""What a form states; the other shares are as the software assumes them."""
_FIELD = "share-"
NOT_WHOLE = N_("The numbers of a group must add up to 1,000.")
NOT_A_SHARE = N_("Give a whole number from 0 to 1,000.")


@dataclass(frozen=True, slots=True)
class ShareGroup:
    """field: at which is told what is wrong with the whole group. entries: name of the field, and what it is the share
    of."""

    field: str
    title: str
    entries: Sequence[tuple[str, str]]


def share_groups(language: Language) -> list[ShareGroup]:
    return [
        ShareGroup(
            _FIELD + name,
            translate(title, language),
            [(field_name(name, index), _said(name, key, language)) for index, key in enumerate(DEFAULTS[name])],
        )
        for name, title in _TITLES.items()
    ]


def usual_shares() -> dict[str, str]:
    """What the form shows first, by field."""
    return {
        field_name(name, index): str(share) for name in _TITLES for index, share in enumerate(DEFAULTS[name].values())
    }


def shares_of(fields: Mapping[str, str]) -> tuple[dict[str, dict[str, int]], dict[str, str]]:
    """The groups that differ from what is assumed, and what is wrong by field, in English."""
    stated: dict[str, dict[str, int]] = {}
    problems: dict[str, str] = {}
    for name in _TITLES:
        found = {}
        for index, (key, assumed) in enumerate(DEFAULTS[name].items()):
            text = fields.get(field_name(name, index), str(assumed)).strip().replace(".", "").replace(",", "") or "0"
            if not text.isascii() or not text.isdigit() or len(text) > 4:
                problems[field_name(name, index)] = NOT_A_SHARE
                continue
            found[key] = int(text)
        if len(found) == len(DEFAULTS[name]) and sum(found.values()) != WHOLE:
            problems[_FIELD + name] = NOT_WHOLE
        if found != DEFAULTS[name]:
            stated[name] = {key: share for key, share in found.items() if share}
    return stated, problems


def is_of_people(field: str) -> bool:
    return field == "people" or field.startswith(_FIELD)


def field_name(group: str, index: int) -> str:
    return f"{_FIELD}{group}-{index}"


def _said(name: str, key: str, language: Language) -> str:
    if key == NONE:
        return translate(N_("no category"), language)
    if key == UNKNOWN:
        return translate(N_("not known"), language)
    words = {"channels": CHANNELS, "categories": CATEGORIES}.get(name)
    if words is None:
        return key.replace("-", "–")
    joined = translate(N_(" and also "), language)
    return joined.join(words[one].in_language(language) for one in key.split("+"))
