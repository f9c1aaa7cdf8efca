"""Where a parcel goes: checked, bounded, in letters that a label can show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType

from ..documents.printable import is_printable, normalised
from ..errors import AddressRefused

LONGEST: Mapping[str, int] = MappingProxyType(
    {"recipient": 80, "phone": 11, "street": 120, "commune": 80, "province": 60}
)
"""The most letters of each line; a label holds them in two lines at most."""

_ABROAD = "+84"
_PHONE = re.compile(r"0[0-9]{9,10}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalAddress:
    """recipient: whom the parcel is handed to. street: with the house number. commune, province: by their names.

    Made by `check_address` alone, so that whatever is kept can be printed.
    """

    recipient: str
    phone: str
    street: str
    commune: str
    province: str

    def __repr__(self) -> str:
        return "PostalAddress(…)"


def check_address(given: Mapping[str, object], place: str = "") -> PostalAddress:
    """The address in NFC with plain spaces. place: a JSON pointer to it, for the refusal.

    Raises AddressRefused with each line that is wrong, and no value.
    """
    names = [field.name for field in fields(PostalAddress)]
    problems: list[tuple[str, str]] = [(place, "unknown_field")] if set(given) - set(names) else []
    checked: dict[str, str] = {}
    for name in names:
        value = given.get(name)
        if not isinstance(value, str):
            problems.append((f"{place}/{name}", "missing" if value is None else "wrong_type"))
            continue
        line = " ".join(normalised(value).split())
        if name == "phone" and line.startswith(_ABROAD):
            line = f"0{line.removeprefix(_ABROAD)}"
        rule = _broken_rule(name, line)
        if rule is not None:
            problems.append((f"{place}/{name}", rule))
        checked[name] = line
    if problems:
        raise AddressRefused(problems)
    return PostalAddress(**checked)


def _broken_rule(name: str, line: str) -> str | None:
    if not line:
        return "too_short"
    if len(line) > LONGEST[name]:
        return "too_long"
    if name == "phone":
        return None if _PHONE.fullmatch(line) else "wrong_format"
    return None if is_printable(line) and any(letter.isalnum() for letter in line) else "printable"
