"""From verified claims to a verified person. The only maker of one: whoever calls it has checked the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from identity.citizen import _VERIFIED, Verified, VerifiedCitizen, VerifiedMachine, VerifiedOfficial
from identity.errors import InvalidClaim, OfficialNotActive, OfficialNotRegistered
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
    Raises MissingClaim, InvalidClaim, OfficialNotRegistered, OfficialNotActive.
    """
    trusted = provider.trusted
    subject = read_identifier(claims, "sub")
    scopes = read_scopes(claims)
    if trusted.people == "machines":
        return VerifiedMachine(
            issuer=trusted.issuer, subject=subject, client_id=client_id, scopes=scopes, proof=_VERIFIED
        )
    about = provider.standard_claims(claims)
    personal_id = read_personal_id(about)
    full_name = read_text(about, "name", MAX_NAME_CHARACTERS)
    authenticated_at = _authenticated_at(claims, at, trusted.leeway_seconds)
    if trusted.people == "citizens":
        return VerifiedCitizen(
            issuer=trusted.issuer,
            subject=subject,
            personal_id=personal_id,
            full_name=full_name,
            birth_date=read_birth_date(about, at),
            sex=read_sex(about),
            level=read_level(about, trusted.levels),
            client_id=client_id,
            scopes=scopes,
            authenticated_at=authenticated_at,
            proof=_VERIFIED,
        )
    entry = await find_official(f"{trusted.issuer}|{subject}")
    if entry is None and trusted.unit_and_roles == "register":
        raise OfficialNotRegistered
    if entry is not None and not entry.is_active:
        raise OfficialNotActive
    return VerifiedOfficial(
        issuer=trusted.issuer,
        subject=subject,
        personal_id=personal_id,
        full_name=full_name,
        unit=read_unit(about) if entry is None else entry.unit,
        roles=read_roles(about) if entry is None else entry.roles,
        client_id=client_id,
        scopes=scopes,
        authenticated_at=authenticated_at,
        proof=_VERIFIED,
    )


def _authenticated_at(claims: Mapping[str, object], at: datetime, leeway_seconds: int) -> datetime | None:
    if "auth_time" not in claims:
        return None
    seconds = read_numeric_date(claims, "auth_time")
    if seconds > at.timestamp() + leeway_seconds:
        raise InvalidClaim("auth_time")
    return datetime.fromtimestamp(seconds, UTC)
