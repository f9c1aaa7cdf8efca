"""From verified claims to a verified person. The only maker of one: whoever calls it has checked the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from identity.citizen import (
    _VERIFIED,
    AssuranceLevel,
    Role,
    Verified,
    VerifiedCitizen,
    VerifiedMachine,
    VerifiedOfficial,
    VerifiedPerson,
)
from identity.errors import InvalidClaim, LevelTooLow, OfficialNotActive, OfficialNotRegistered
from identity.officials_register import FindOfficial
from identity.provider import Provider
from identity.read_claims import (
    MAX_NAME_CHARACTERS,
    read_birth_date,
    read_identifier,
    read_level,
    read_numeric_date,
    read_personal_id,
    read_roles,
    read_scopes,
    read_sex,
    read_text,
    read_unit,
)
from identity.sessions import CLOCKS_APART
from identity.trusted_issuer import TrustedIssuer

_KEPT_FORM: Final = 2
"""Of what sessions store. Another form's sessions end: a person signs in again more easily than old code lives on."""


OFFICIALS_LEVEL: Final = AssuranceLevel.LEVEL_2
"""Of whoever settles others' applications, where the issuer's levels are mapped at all."""


async def make_person(
    claims: Mapping[str, object],
    provider: Provider,
    find_official: FindOfficial,
    at: datetime,
    *,
    client_id: str,
) -> Verified:
    """Whose evidence it is, by the issuer's mapping and, for officials, by their register.

    claims: under the issuer's names, from evidence that was verified as of `at`.
    Raises MissingClaim, InvalidClaim, LevelTooLow (an official's, where the issuer's levels are mapped),
    OfficialNotRegistered, OfficialNotActive.
    """
    trusted = provider.trusted
    subject = read_identifier(claims, "sub")
    scopes = read_scopes(claims)
    if trusted.people == "machines":
        return VerifiedMachine(
            issuer=trusted.issuer, subject=subject, client_id=client_id, scopes=scopes, proof=_VERIFIED
        )
    return await _person(
        provider.standard_claims(claims),
        trusted,
        find_official,
        at,
        subject=subject,
        client_id=client_id,
        scopes=scopes,
        authenticated_at=_authenticated_at(claims, at, timedelta(seconds=trusted.leeway_seconds)),
    )


def keep_person(person: VerifiedPerson) -> dict[str, object]:
    """What a session stores of a person, for `revive_person`: standard names, JSON values."""
    kept: dict[str, object] = {
        "form": _KEPT_FORM,
        "sub": person.subject,
        "personal_id": person.personal_id.digits,
        "name": person.full_name,
        "client_id": person.client_id,
    }
    if person.scopes is not None:
        kept["scope"] = " ".join(sorted(person.scopes))
    if person.authenticated_at is not None:
        kept["auth_time"] = int(person.authenticated_at.timestamp())
    if isinstance(person, VerifiedCitizen):
        kept |= {"people": "citizens", "birthdate": person.birth_date.isoformat(), "acr": person.acr}
        return kept if person.sex is None else kept | {"gender": person.sex}
    kept |= {"people": "officials", "unit": person.unit, "roles": sorted(person.roles)}
    return kept if person.acr is None else kept | {"acr": person.acr}


async def revive_person(
    kept: object, trusted: TrustedIssuer, find_official: FindOfficial, at: datetime
) -> VerifiedPerson:
    """The person of a session as of `at`. For identity.session alone, which has found what this service itself kept.

    An official's unit and roles are asked for again, levels are mapped again: the register and the settings of this
    moment count, not those of sign-in. A time of sign-in that still lies ahead of this machine's clock is now.
    Raises MissingClaim and InvalidClaim for what this version cannot read, LevelTooLow, OfficialNotRegistered and
    OfficialNotActive.
    """
    # the storage holds whatever was written there, by this version or another
    if not isinstance(kept, Mapping) or kept.get("form") != _KEPT_FORM or kept.get("people") != trusted.people:
        raise InvalidClaim("people")
    subject, client_id = read_identifier(kept, "sub"), read_identifier(kept, "client_id")
    return await _person(
        kept,
        trusted,
        find_official,
        at,
        subject=subject,
        client_id=client_id,
        scopes=read_scopes(kept),
        authenticated_at=_authenticated_at(kept, at, CLOCKS_APART),
    )


async def _person(
    about: Mapping[str, object],
    trusted: TrustedIssuer,
    find_official: FindOfficial,
    at: datetime,
    *,
    subject: str,
    client_id: str,
    scopes: frozenset[str] | None,
    authenticated_at: datetime | None,
) -> VerifiedPerson:
    """A citizen or an official, from claims under their standard names: of evidence, or of what a session keeps."""
    personal_id, full_name = read_personal_id(about), read_text(about, "name", MAX_NAME_CHARACTERS)
    if trusted.people == "citizens":
        return VerifiedCitizen(
            issuer=trusted.issuer,
            subject=subject,
            personal_id=personal_id,
            full_name=full_name,
            birth_date=read_birth_date(about, at),
            sex=read_sex(about),
            level=read_level(about, trusted.levels),
            acr=str(about["acr"]),
            client_id=client_id,
            scopes=scopes,
            authenticated_at=authenticated_at,
            proof=_VERIFIED,
        )
    _check_officials_level(about, trusted)
    unit, roles = await _unit_and_roles(about, trusted, subject, full_name, find_official)
    return VerifiedOfficial(
        issuer=trusted.issuer,
        subject=subject,
        personal_id=personal_id,
        full_name=full_name,
        unit=unit,
        roles=roles,
        acr=_acr(about),
        client_id=client_id,
        scopes=scopes,
        authenticated_at=authenticated_at,
        proof=_VERIFIED,
    )


def _check_officials_level(about: Mapping[str, object], trusted: TrustedIssuer) -> None:
    if trusted.levels and (level := read_level(about, trusted.levels)) < OFFICIALS_LEVEL:
        raise LevelTooLow(required=OFFICIALS_LEVEL, actual=level, issuer=trusted.issuer)


def _acr(about: Mapping[str, object]) -> str | None:
    """The level in the issuer's own word, where it tells one: also an unmapped one, which may be mapped one day."""
    acr = about.get("acr")
    return acr if isinstance(acr, str) else None


async def _unit_and_roles(
    about: Mapping[str, object], trusted: TrustedIssuer, subject: str, full_name: str, find_official: FindOfficial
) -> tuple[str, frozenset[Role]]:
    entry = await find_official(f"{trusted.issuer}|{subject}")
    if entry is None:
        if trusted.unit_and_roles == "register":
            raise OfficialNotRegistered(f"{trusted.issuer}|{subject}", full_name)
        return read_unit(about), read_roles(about)
    if not entry.is_active:
        raise OfficialNotActive
    return entry.unit, entry.roles


def _authenticated_at(claims: Mapping[str, object], at: datetime, leeway: timedelta) -> datetime | None:
    """Never after `at`: what lies ahead of it within the leeway comes of a clock, and nobody signs in tomorrow."""
    if "auth_time" not in claims:
        return None
    seconds = read_numeric_date(claims, "auth_time")
    if seconds > at.timestamp() + leeway.total_seconds():
        raise InvalidClaim("auth_time")
    return min(datetime.fromtimestamp(seconds, UTC), at)
