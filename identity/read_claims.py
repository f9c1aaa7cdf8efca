"""Claims read by type and form. A claim is what it should be, or the token is refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from identity.citizen import ROLES, AssuranceLevel, Role, Sex
from identity.errors import InvalidClaim, MalformedPersonalId, MissingClaim
from identity.personal_id import PersonalId
from verification.verdict import VIETNAM

MAX_NAME_CHARACTERS: Final = 200
MAX_SUBJECT_CHARACTERS: Final = 255  # OpenID Connect Core 1.0 section 2
MAX_ROLES: Final = 64
MAX_SCOPE_CHARACTERS: Final = 2_000
LAST_SECOND: Final = 253_402_300_799  # of the year 9999, the last that datetime can tell

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SCOPES = re.compile(r"(?:[!#-\[\]-~]+(?: [!#-\[\]-~]+)*)?")  # scope-token (RFC 6749 section 3.3)
_UNIT = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,63}")


def require(claims: Mapping[str, object], name: str) -> object:
    """The claim's raw value.

    Raises MissingClaim.
    """
    if name not in claims:
        raise MissingClaim(name)
    return claims[name]


def read_text(claims: Mapping[str, object], name: str, max_characters: int = MAX_SUBJECT_CHARACTERS) -> str:
    """Non-empty printable text without outer blanks, in NFC.

    Raises MissingClaim, InvalidClaim.
    """
    value = require(claims, name)
    if not isinstance(value, str) or not 0 < len(value) <= max_characters or value != value.strip():
        raise InvalidClaim(name)
    # category C: control, format (right-to-left overrides), surrogate, private use, unassigned. What is printable holds
    # none of them, so that most names cost one look; what else is unprintable are separators like the no-break space.
    if not value.isprintable() and (
        value.isascii() or any(unicodedata.category(sign).startswith("C") for sign in value)
    ):
        raise InvalidClaim(name)
    return unicodedata.normalize("NFC", value)


def read_identifier(claims: Mapping[str, object], name: str) -> str:
    """An identifier compared byte by byte: printable ASCII, up to 255 characters, never normalised.

    Raises MissingClaim, InvalidClaim.
    """
    value = require(claims, name)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_SUBJECT_CHARACTERS:
        raise InvalidClaim(name)
    if not value.isascii() or not value.isprintable() or value != value.strip():
        raise InvalidClaim(name)
    return value


def read_issuer(claims: Mapping[str, object]) -> str:
    """`iss` as it stands there, to be compared byte by byte with a trusted one.

    Raises MissingClaim, InvalidClaim.
    """
    value = require(claims, "iss")
    if not isinstance(value, str):
        raise InvalidClaim("iss")
    return value


def read_numeric_date(claims: Mapping[str, object], name: str) -> int:
    """Whole seconds since 1970-01-01 UTC (RFC 7519 section 2, without its fractions).

    Raises MissingClaim, InvalidClaim.
    """
    value = require(claims, name)
    # bool is an int to isinstance, and a float or a string would compare or coerce differently elsewhere
    if type(value) is not int or not 0 <= value <= LAST_SECOND:
        raise InvalidClaim(name)
    return value


def read_audiences(claims: Mapping[str, object]) -> list[str]:
    """`aud`, which is one string or a list of strings (RFC 7519 section 4.1.3).

    Raises MissingClaim, InvalidClaim.
    """
    value = require(claims, "aud")
    listed = value if isinstance(value, list) else [value]
    audiences = [audience for audience in listed if isinstance(audience, str) and audience]
    if not audiences or len(audiences) != len(listed):
        raise InvalidClaim("aud")
    return audiences


def read_client_id(claims: Mapping[str, object]) -> str:
    """The application that brought the token: `client_id` (RFC 9068 section 2.2) or `azp`; both must agree.

    Raises MissingClaim, InvalidClaim.
    """
    name = "client_id" if "client_id" in claims or "azp" not in claims else "azp"
    client_id = read_identifier(claims, name)
    if "azp" in claims and claims["azp"] != client_id:
        raise InvalidClaim("azp")
    return client_id


def read_scopes(claims: Mapping[str, object]) -> frozenset[str] | None:
    """`scope`, a list in one string (RFC 8693 section 4.2); None when it is absent, which is not the same as empty.

    Raises InvalidClaim.
    """
    if "scope" not in claims:
        return None
    value = claims["scope"]
    if not isinstance(value, str) or len(value) > MAX_SCOPE_CHARACTERS or not _SCOPES.fullmatch(value):
        raise InvalidClaim("scope")
    return frozenset(value.split(" ")) if value else frozenset()


def read_personal_id(claims: Mapping[str, object]) -> PersonalId:
    """Raises MissingClaim, InvalidClaim."""
    value = require(claims, "personal_id")
    if not isinstance(value, str):
        raise InvalidClaim("personal_id")
    try:
        return PersonalId(value)
    except MalformedPersonalId:
        raise InvalidClaim("personal_id") from None


def read_birth_date(claims: Mapping[str, object], at: datetime) -> date:
    """`birthdate` as yyyy-mm-dd; OpenID Connect's year-only and yearless forms are refused.

    Not after the day in Vietnam as of `at`: there it begins seven hours earlier than in UTC.

    Raises MissingClaim, InvalidClaim.
    """
    value = require(claims, "birthdate")
    if not isinstance(value, str) or not _ISO_DATE.fullmatch(value):
        raise InvalidClaim("birthdate")
    try:
        birth_date = date.fromisoformat(value)
    except ValueError:
        raise InvalidClaim("birthdate") from None
    if birth_date > at.astimezone(VIETNAM).date():
        raise InvalidClaim("birthdate")
    return birth_date


def read_sex(claims: Mapping[str, object]) -> Sex | None:
    """`gender`; None when it is absent or says neither (OpenID Connect Core 1.0 section 5.1 leaves other values open).

    Raises InvalidClaim.
    """
    value = claims.get("gender")
    if value is not None and not isinstance(value, str):
        raise InvalidClaim("gender")
    return "male" if value == "male" else "female" if value == "female" else None


def read_level(claims: Mapping[str, object], levels: Mapping[str, AssuranceLevel]) -> AssuranceLevel:
    """`acr`, by the issuer's own map; a value that isn't mapped is refused rather than read as the lowest level.

    Raises MissingClaim, InvalidClaim.
    """
    value = require(claims, "acr")
    if not isinstance(value, str) or value not in levels:
        raise InvalidClaim("acr")
    return levels[value]


def read_unit(claims: Mapping[str, object]) -> str:
    """The agency's code, such as 000.00.15.H26.

    Raises MissingClaim, InvalidClaim.
    """
    value = require(claims, "unit")
    if not isinstance(value, str) or not _UNIT.fullmatch(value):
        raise InvalidClaim("unit")
    return value


def read_roles(claims: Mapping[str, object]) -> frozenset[Role]:
    """Those of the listed roles that exist here; others belong to other systems. None left is an error.

    Raises MissingClaim, InvalidClaim.
    """
    value = require(claims, "roles")
    if not isinstance(value, list) or len(value) > MAX_ROLES or not all(isinstance(role, str) for role in value):
        raise InvalidClaim("roles")
    roles = frozenset(role for role in ROLES if role in value)
    if not roles:
        raise InvalidClaim("roles")
    return roles
