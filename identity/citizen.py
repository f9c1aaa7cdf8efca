"""People whose identity has been verified. Holding one of these types is the proof: only identity.person makes them."""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Final, Literal, Never

from identity.personal_id import PersonalId

Sex = Literal["male", "female"]
Role = Literal["caseworker", "head", "operator", "fee_author", "fee_approver"]

ROLES: Final[frozenset[Role]] = frozenset(("caseworker", "head", "operator", "fee_author", "fee_approver"))


class AssuranceLevel(IntEnum):
    """Levels of electronic identification (Decree 69/2024); a higher one includes the lower."""

    LEVEL_1 = 1
    LEVEL_2 = 2


class _Verified:
    """What checked evidence leaves for the constructors below; a test sees that only identity.person names it."""

    __slots__ = ()


_VERIFIED: Final = _Verified()


def _demand(proof: object) -> None:
    if proof is not _VERIFIED:
        raise TypeError("only identity.person makes verified people")


@dataclass(frozen=True, slots=True, repr=False)
class VerifiedCitizen:
    """A citizen, as a trusted issuer has asserted in evidence that was verified.

    issuer and subject name the account; the personal number is an attribute of it. client_id is the application that
    the person acts through. scopes: what the evidence permits it to do; None where it names none. authenticated_at:
    when the issuer last saw the person sign in, None where it does not say. acr: the level in the issuer's own word.
    """

    issuer: str
    subject: str
    personal_id: PersonalId
    full_name: str
    birth_date: date
    sex: Sex | None
    level: AssuranceLevel
    acr: str
    client_id: str
    scopes: frozenset[str] | None
    authenticated_at: datetime | None
    proof: InitVar[object]

    def __post_init__(self, proof: object) -> None:
        _demand(proof)

    def __repr__(self) -> str:
        return f"VerifiedCitizen(issuer={self.issuer!r}, level={self.level.name}, personal data redacted)"

    def __reduce__(self) -> Never:
        raise TypeError("a verified citizen cannot be stored and revived; verify a token instead")

    @property
    def subject_key(self) -> str:
        """Stable name of the account across all issuers; an issuer's address never contains the bar."""
        return f"{self.issuer}|{self.subject}"


@dataclass(frozen=True, slots=True, repr=False)
class VerifiedOfficial:
    """An official, as a trusted issuer has asserted in evidence that was verified.

    unit is the agency's code, such as 000.00.15.H26; roles is never empty. Both come from the officials' register where
    it knows the person. acr, client_id, scopes and authenticated_at as at `VerifiedCitizen`; not every issuer tells the
    level of its officials.
    """

    issuer: str
    subject: str
    personal_id: PersonalId
    full_name: str
    unit: str
    roles: frozenset[Role]
    acr: str | None
    client_id: str
    scopes: frozenset[str] | None
    authenticated_at: datetime | None
    proof: InitVar[object]

    def __post_init__(self, proof: object) -> None:
        _demand(proof)

    def __repr__(self) -> str:
        return f"VerifiedOfficial(issuer={self.issuer!r}, unit={self.unit!r}, personal data redacted)"

    def __reduce__(self) -> Never:
        raise TypeError("a verified official cannot be stored and revived; verify a token instead")

    @property
    def subject_key(self) -> str:
        """Stable name of the account across all issuers; an issuer's address never contains the bar."""
        return f"{self.issuer}|{self.subject}"


@dataclass(frozen=True, slots=True, repr=False)
class VerifiedMachine:
    """An agency's machine with a token of its own (client credentials, RFC 6749 section 4.4); nobody stands behind it.

    scopes: what the token permits; None where it names none.
    """

    issuer: str
    subject: str
    client_id: str
    scopes: frozenset[str] | None
    proof: InitVar[object]

    def __post_init__(self, proof: object) -> None:
        _demand(proof)

    def __repr__(self) -> str:
        return f"VerifiedMachine(issuer={self.issuer!r}, client_id={self.client_id!r})"

    def __reduce__(self) -> Never:
        raise TypeError("a verified machine cannot be stored and revived; verify a token instead")

    @property
    def subject_key(self) -> str:
        """Stable name of the account across all issuers; an issuer's address never contains the bar."""
        return f"{self.issuer}|{self.subject}"


VerifiedPerson = VerifiedCitizen | VerifiedOfficial
Verified = VerifiedCitizen | VerifiedOfficial | VerifiedMachine
