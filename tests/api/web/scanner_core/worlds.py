"""Organisations as a scanner meets them: which keys are listed, and what their lists say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from signing.backends.software import InsecureSoftwareKey
from signing.jwt import sign_claims
from tests.sealing import AT, ORGANISATION, PUBLIC_URL
from tests.verification.organisation import KeyKind, make_key
from verification.formats import status_list as lists
from verification.formats.trust_list import TRUST_LIST_TYP, encode_trust_list
from verification.register import DocumentStatus
from verification.trust import KeyPurpose, TrustedKey, TrustedUnit, TrustList

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LIFETIME, STATUS_LIFETIME = 7 * DAY, 12 * HOUR
UNIT = "H27"
UNIT_TYPE = "residence_certificate"
# What its key is listed for, and otherwise as the others are.
QR_KEYS: Mapping[str, KeyKind] = {
    "aa000001": "p256",
    "aa000002ed": "ed25519",
    "aa000003": "rsa",  # listed, but of a kind that no code is signed with
    "aa000004aa": "p256",  # of a unit
    "aa000005cc": "p256",  # taken two days before AT
    "aa000006": "p256",  # its period has ended before AT
}
OTHER_KEY = "aa0000070000"  # listed for credentials
STRANGER = "bb0000000000000000000000000000ff"
TAKEN_SINCE = AT - 2 * DAY


@cache
def key(key_id: str, kind: KeyKind = "p256") -> InsecureSoftwareKey:
    return make_key(key_id, QR_KEYS.get(key_id, kind))


def trust_key(kind: KeyKind = "p256") -> InsecureSoftwareKey:
    return key(f"cc{kind.encode().hex()}", kind)


def status_key(kind: KeyKind = "p256") -> InsecureSoftwareKey:
    return key(f"dd{kind.encode().hex()}", kind)


def listed(one: InsecureSoftwareKey, purpose: KeyPurpose, **changes: Any) -> TrustedKey:
    found = TrustedKey(one.key_id, purpose, one.public_key, ORGANISATION, AT - 800 * DAY, AT + 800 * DAY)
    return replace(found, **changes)


@cache
def trust_list(sequence: int = 5) -> TrustList:
    """Dated by whoever signs it."""
    changes: Mapping[str, dict[str, Any]] = {
        "aa000004aa": {"unit": UNIT},
        "aa000005cc": {"compromised_from": TAKEN_SINCE},
        "aa000006": {"not_after": AT - 90 * DAY - 5 * HOUR},
    }
    kinds: tuple[KeyKind, ...] = ("p256", "ed25519", "rsa")
    return TrustList(
        keys=(
            *(listed(key(one), KeyPurpose.QR, **changes.get(one, {})) for one in QR_KEYS),
            listed(key(OTHER_KEY), KeyPurpose.CREDENTIAL),
            *(listed(status_key(kind), KeyPurpose.STATUS) for kind in kinds),
            *(listed(trust_key(kind), KeyPurpose.TRUST_LIST) for kind in kinds),
        ),
        roots=(),
        as_of=AT,
        sequence=sequence,
        units=(TrustedUnit(UNIT, "Đơn vị thử nghiệm", (UNIT_TYPE, "transcript")),),
    )


def trust_claims(trust: TrustList | None = None, at: datetime = AT, lifetime: timedelta = LIFETIME) -> dict[str, Any]:
    listing = trust if trust is not None else trust_list()
    return encode_trust_list(listing, name=ORGANISATION, issuer=PUBLIC_URL, issued_at=at, lifetime=lifetime)


def trust_token(claims: dict[str, Any] | None = None, kind: KeyKind = "p256") -> str:
    return sign_claims(claims if claims is not None else trust_claims(), TRUST_LIST_TYP, trust_key(kind))


def status_claims(
    number: int = 1,
    at: datetime = AT,
    entries: Mapping[int, DocumentStatus] | None = None,
    bits: lists.Bits = 2,
    size: int = 1024,
) -> dict[str, Any]:
    if entries is None:
        entries = {1: DocumentStatus.REVOKED} | ({2: DocumentStatus.SUSPENDED} if bits == 2 else {})
    packed = bytearray(lists.pack(entries, size, bits))
    if bits == 2:
        packed[5] = 0b11  # entry 20: a value without meaning here
    uri = f"{PUBLIC_URL}/v1/status-lists/{number}"
    claims = lists.StatusListClaims(uri, at, at + STATUS_LIFETIME, 60, bits, lists.compress(bytes(packed)))
    return lists.encode_claims(claims)


def status_token(claims: dict[str, Any] | None = None, kind: KeyKind = "p256") -> str:
    return sign_claims(claims if claims is not None else status_claims(), lists.STATUS_LIST_TYP, status_key(kind))


def bundle(trust: str, *status_lists: str) -> bytes:
    content = {"trust_list": trust, "status_lists": status_lists, "made_at": AT.isoformat()}
    return json.dumps(content).encode()


@dataclass(frozen=True)
class World:
    """A download, and the times at which codes are checked with it."""

    download: bytes = field(repr=False)
    times: tuple[datetime, ...]


def worlds() -> tuple[World, ...]:
    edges = (STATUS_LIFETIME, LIFETIME)
    around = tuple(
        AT + edge + step for edge in edges for step in (-timedelta(milliseconds=1), timedelta(), timedelta(seconds=1))
    )
    skewed = tuple(AT - timedelta(minutes=5) + step for step in (timedelta(), -timedelta(milliseconds=1)))
    night = AT.replace(hour=17, minute=0)  # midnight in Vietnam
    everyday = (AT, AT + HOUR, night, night - timedelta(milliseconds=1), AT + DAY, AT - DAY)
    both = (status_token(), status_token(status_claims(2, bits=1)))
    edwards = (status_token(kind="ed25519"), status_token(status_claims(2, bits=1), "rsa"))
    return (
        World(bundle(trust_token(), *both), (*everyday, *around, *skewed)),
        World(bundle(trust_token(kind="ed25519"), *edwards), everyday),
        # The trust list is the older of the two.
        World(
            bundle(trust_token(trust_claims(at=AT - 6 * DAY), "rsa"), *both), (*everyday, AT + DAY - HOUR, AT - HOUR)
        ),
        World(bundle(trust_token()), (AT,)),
    )
