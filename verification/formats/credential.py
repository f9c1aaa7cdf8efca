"""The claims of a document's credential (SD-JWT VC): which are always open, which the holder may withhold.

See docs/credentials.md.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from verification.formats.facts import is_text
from verification.formats.holder_key import HolderKey, read_holder_key, write_holder_key
from verification.formats.sd_jwt import CredentialMalformed, digest_of
from verification.formats.status_list import list_number
from verification.trust import first_instant
from verification.verdict import MAX_STATUS_NUMBER, SELECTIVE_FACTS, VIETNAM, DisclosedFacts, DocumentFacts

MAX_ISSUER_CHARS = 300
MAX_TEXT_CHARS = 1000

_ISSUER = re.compile(r"https?://[^\s?#]+[^\s?#/]", re.ASCII)
_TYPE = re.compile(r"[a-z][a-z0-9_]{2,59}", re.ASCII)


@dataclass(frozen=True, slots=True)
class CredentialClaims:
    """What a credential says, with what its holder shows. holder_key: of who can prove to hold it; None: nobody can."""

    facts: DisclosedFacts
    holder_key: HolderKey | None


def type_url(issuer: str, document_type: str) -> str:
    """The `vct`: where a type's metadata is published."""
    return f"{issuer}/credentials/{document_type}"


def status_list_url(issuer: str, number: int) -> str:
    return f"{issuer}/v1/status-lists/{number}"


def selective_claims(facts: DocumentFacts) -> dict[str, str]:
    """The claims that become disclosures, one for each of SELECTIVE_FACTS; names are those of the facts.

    Raises CredentialMalformed for texts that no reader takes.
    """
    claims = {name: str(getattr(facts, name)) for name in SELECTIVE_FACTS}  # a date's text is ISO 8601
    if not all(map(_is_text, claims.values())):
        raise CredentialMalformed("credential_text_too_long")
    return claims


def write_claims(
    facts: DocumentFacts, issuer: str, disclosures: list[str], holder_key: HolderKey | None
) -> dict[str, Any]:
    """The payload over the disclosures' digests, sorted so that their order says nothing.

    iat and exp are midnights in Vietnam, the days printed on the document and nothing finer.
    """
    claims: dict[str, Any] = {
        "iss": issuer,
        "vct": type_url(issuer, facts.document_type),
        "iat": _midnight(facts.issued_on),
        "status": {"status_list": {"idx": facts.status_index, "uri": status_list_url(issuer, facts.status_list)}},
        "_sd_alg": "sha-256",
        "_sd": sorted(map(digest_of, disclosures)),
    }
    if facts.expires_on is not None:
        claims["exp"] = _midnight(facts.expires_on + timedelta(days=1))
    if holder_key is not None:
        claims["cnf"] = {"jwk": write_holder_key(holder_key)}
    return claims


def read_claims(claims: Mapping[str, Any], disclosed: Mapping[str, str], key_id: str) -> CredentialClaims:
    """Read a payload whose signature has been verified, with the claims that `read_disclosed` found for it.

    Raises CredentialMalformed, HolderKeyMalformed unless these are exactly the claims that `write_claims` makes.
    """
    match claims:
        case {
            "iss": str() as issuer,
            "vct": str() as type_,
            "iat": issued,
            "status": {"status_list": {"idx": index, "uri": str() as uri, **no_more}, **neither},
            "_sd_alg": "sha-256",
            "_sd": _,
            **others,
        } if not no_more and not neither and others.keys() <= {"exp", "cnf"}:
            pass
        case _:
            raise CredentialMalformed("credential_claims_unexpected")
    document_type = type_.rpartition("/")[2]
    number = list_number(uri)
    if (
        len(issuer) > MAX_ISSUER_CHARS
        or _ISSUER.fullmatch(issuer) is None
        or _TYPE.fullmatch(document_type) is None
        or type_ != type_url(issuer, document_type)
        or uri != status_list_url(issuer, number)
        or type(index) is not int
        or not 0 <= index <= MAX_STATUS_NUMBER
        or disclosed.keys() - set(SELECTIVE_FACTS)
        or not all(map(_is_text, disclosed.values()))
    ):
        raise CredentialMalformed("credential_claims_unexpected")
    facts = DisclosedFacts(
        document_type=document_type,
        issued_on=_day(issued),
        expires_on=_day(others["exp"]) - timedelta(days=1) if "exp" in others else None,
        key_id=key_id,
        status_list=number,
        status_index=index,
        number=disclosed.get("number"),
        full_name=disclosed.get("full_name"),
        birth_date=_written_day(disclosed["birth_date"]) if "birth_date" in disclosed else None,
        result_line=disclosed.get("result_line"),
    )
    return CredentialClaims(facts, _holder_key(others["cnf"]) if "cnf" in others else None)


def _is_text(value: str) -> bool:
    return len(value) <= MAX_TEXT_CHARS and is_text(value)


def _holder_key(confirmation: object) -> HolderKey:
    match confirmation:
        case {"jwk": jwk, **others} if not others:
            return read_holder_key(jwk)
        case _:
            raise CredentialMalformed("credential_claims_unexpected")


def _midnight(day: date) -> int:
    return int(first_instant(day).timestamp())


def _day(numeric_date: object) -> date:
    if type(numeric_date) is not int:
        raise CredentialMalformed("credential_claims_unexpected")
    try:
        moment = datetime.fromtimestamp(numeric_date, UTC).astimezone(VIETNAM)
    except (OverflowError, ValueError, OSError):
        raise CredentialMalformed("credential_claims_unexpected") from None
    if moment.hour or moment.minute or moment.second:
        # Only whole days are written; anything else would show another date than its seconds say.
        raise CredentialMalformed("credential_claims_unexpected")
    return moment.date()


def _written_day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise CredentialMalformed("credential_claims_unexpected") from None
    if day.isoformat() != text:  # 19900517 is another text for the same day
        raise CredentialMalformed("credential_claims_unexpected")
    return day
