"""The doors through which strangers' documents and lists come in, and what must hold behind each, whatever the bytes.

A door returns whether it let the bytes in. Verdicts are never exceptions, nothing but a VerificationError leaves the
others, and whatever is let in says what honest input says. `SEEDS` are honest.

Signed doors sign what they get with the real key, so that mutations get past the signature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

from signing.status_list import seal_status_list_cwt
from tests.archiving import AUTHORITY, Stamper, archived, stamped_ring
from tests.archiving import sealed as sealed_pdf
from tests.credentials import FACTS as CREDENTIAL_FACTS
from tests.credentials import sealed as sealed_credential
from tests.sealing import AT, LIST_URI, facts_of, key_ring, sealed_qr, snapshot, status_list
from tests.verification.organisation import Organisation
from verification.formats import cose, qr
from verification.register import DocumentStatus
from verification.trust import KeyPurpose
from verification.verdict import DocumentFacts, Verdict, VerdictState, VerificationError
from verification.verify_credential import verify_credential
from verification.verify_pdf import verify_pdf
from verification.verify_qr import verify_qr
from verification.verify_status_list import StatusListSnapshot, verify_status_list, verify_status_list_cwt
from verification.verify_timestamp import verify_timestamp
from verification.verify_trust_list import anchor_of, verify_trust_list

Door = Callable[[bytes], bool]

RING = key_ring()
TRUST = stamped_ring().trust_list(AT)
STATUS = snapshot(RING)
FACTS = facts_of(RING)
QR_KEY = RING.active(KeyPurpose.QR, AT)
STATUS_KEY = RING.active(KeyPurpose.STATUS, AT)
ORGANISATION = Organisation()
ANCHOR = anchor_of(ORGANISATION.trust.public_key)
DIGEST = sha256(b"what was stamped").digest()
SIZE = 1 << 10
REVOKED = {4242 % SIZE: DocumentStatus.REVOKED}
LINK = sealed_qr(FACTS, RING).link


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _judged(verdict: Verdict, facts: DocumentFacts) -> bool:
    if verdict.state is not VerdictState.VALID:
        return False
    assert verdict.facts == facts
    return True


def qr_codes(data: bytes) -> bool:
    return _judged(verify_qr(_text(data), TRUST, STATUS, AT), FACTS)


def qr_claims(data: bytes) -> bool:
    """Any bytes as claims, signed by the real key: what is believed is written in the one way that there is."""
    protected = qr.protected_header(QR_KEY.key_id, QR_KEY.algorithm)
    signature = QR_KEY.sign(cose.to_be_signed(protected, data))
    digits = qr.to_digits(qr.encode_envelope(protected, data, signature))
    verdict = verify_qr(digits, TRUST, STATUS, AT)
    if verdict.state is VerdictState.VALID:
        assert isinstance(verdict.facts, DocumentFacts)
        assert qr.encode_claims(verdict.facts) == data
    return verdict.state is VerdictState.VALID


def pdfs(data: bytes) -> bool:
    return _judged(verify_pdf(data, TRUST, None, STATUS, AT), FACTS)


def credentials(data: bytes) -> bool:
    verdict = verify_credential(_text(data), TRUST, STATUS, AT)
    if verdict.state is not VerdictState.VALID:
        return False
    assert verdict.facts is not None
    shown = verdict.facts
    assert not isinstance(shown, DocumentFacts)
    assert shown.agrees_with(CREDENTIAL_FACTS)
    return True


def status_lists(data: bytes) -> bool:
    try:
        found = verify_status_list(_text(data), TRUST, AT)
    except VerificationError:
        return False
    assert found == STATUS
    return True


def status_lists_in_cbor(data: bytes) -> bool:
    try:
        found = verify_status_list_cwt(data, TRUST, AT)
    except VerificationError:
        return False
    assert found == _honest_cwt()
    return True


def trust_lists(data: bytes) -> bool:
    try:
        found = verify_trust_list(_text(data), AT, anchor=ANCHOR)
    except VerificationError:
        return False
    assert found == verify_trust_list(SEEDS["trust_lists"][0].decode(), AT, anchor=ANCHOR)
    return True


def timestamps(data: bytes) -> bool:
    try:
        found = verify_timestamp(data, DIGEST, (AUTHORITY.root,))
    except VerificationError:
        return False
    assert replace(found, nonce=None) == replace(verify_timestamp(TOKEN, DIGEST, (AUTHORITY.root,)), nonce=None)
    return True


def _honest_cwt() -> StatusListSnapshot:
    return verify_status_list_cwt(CWT, TRUST, AT)


CWT = seal_status_list_cwt(REVOKED, SIZE, STATUS_KEY, LIST_URI, AT, 3600, 600)
TOKEN = Stamper().timestamp(DIGEST)
DOORS: dict[str, Door] = {
    door.__name__: door
    for door in (
        qr_codes,
        qr_claims,
        pdfs,
        credentials,
        status_lists,
        status_lists_in_cbor,
        trust_lists,
        timestamps,
    )
}
SEEDS: dict[str, list[bytes]] = {
    "qr_codes": [LINK.encode()],
    "qr_claims": [qr.encode_claims(FACTS)],
    "pdfs": [sealed_pdf(stamped=False), archived()],
    "credentials": [sealed_credential().encode()],
    "status_lists": [status_list(RING).encode()],
    "status_lists_in_cbor": [CWT],
    "trust_lists": [ORGANISATION.signed().encode()],
    "timestamps": [TOKEN],
}
