"""People whose identity has been verified. Holding one of these types is the proof: only `verify_token` makes them."""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from datetime import date
from enum import IntEnum
from typing import Final, Literal, Never

from identity.personal_id import PersonalId

Sex = Literal["male", "female"]
Role = Literal["caseworker", "head", "operator"]

ROLES: Final[frozenset[Role]] = frozenset(("caseworker", "head", "operator"))


class AssuranceLevel(IntEnum):
    """Levels of electronic identification (Decree 69/2024); a higher one includes the lower."""

    LEVEL_1 = 1
    LEVEL_2 = 2


class _Verified:
    """What a checked token leaves behind for the constructors below; a test sees that only verify_token names it."""

    __slots__ = ()


_VERIFIED: Final = _Verified()


def _demand(proof: object) -> None:
    if proof is not _VERIFIED:
        raise TypeError("only identity.verify_token makes verified people")


@dataclass(frozen=True, slots=True, repr=False)
class VerifiedCitizen:
    """A citizen, as a trusted issuer has asserted in a token that was verified.

    issuer and subject name the account; the personal number is an attribute of it. client_id is the registered
    application that brought the token.
    """

    issuer: str
    subject: str
    personal_id: PersonalId
    full_name: str
    birth_date: date
    sex: Sex | None
    level: AssuranceLevel
    client_id: str
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
    """An official, as a trusted issuer has asserted in a token that was verified.

    unit is the agency's code, such as 000.00.15.H26; roles is never empty.
    """

    issuer: str
    subject: str
    personal_id: PersonalId
    full_name: str
    unit: str
    roles: frozenset[Role]
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
