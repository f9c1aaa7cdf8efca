"""A signed-in person, as our own pages show it to that person."""

from __future__ import annotations

from typing_extensions import TypedDict

from identity.citizen import VerifiedCitizen, VerifiedOfficial
from identity.personal_id import PersonalId
from identity.session import Session, SessionLimits
from identity.trusted_issuer import TrustedIssuer

from ..languages import Language
from .verdict import moment_in_words


class AccountView(TypedDict):
    """level: of a citizen. unit, roles: of an official. issuer: where the person signed in. The times are in words.

    idle_minutes: after how many without a request the session ends.
    """

    full_name: str
    personal_id: str
    level: int | None
    unit: str | None
    roles: list[str]
    issuer: str
    opened_at: str
    idle_minutes: int
    ends_at: str


def account_view(session: Session, trusted: TrustedIssuer, limits: SessionLimits, language: Language) -> AccountView:
    person = session.person
    citizen = person if isinstance(person, VerifiedCitizen) else None
    official = person if isinstance(person, VerifiedOfficial) else None
    return {
        "full_name": person.full_name,
        "personal_id": _covered(person.personal_id),
        "level": int(citizen.level) if citizen else None,
        "unit": official.unit if official else None,
        "roles": sorted(official.roles) if official else [],
        "issuer": trusted.shown_name,
        "opened_at": moment_in_words(session.opened_at, language),
        "idle_minutes": limits.idle_seconds // 60,
        "ends_at": moment_in_words(session.ends_at, language),
    }


def _covered(number: PersonalId) -> str:
    """All but the last digits: enough to recognise one's own, too little for whoever looks over a shoulder."""
    return "•" * 8 + number.digits[-4:]
