"""Write tests/vectors/qr/*.json: one genuine payload and one tampered example for each reason code.

Run `python -m tests.vectors.make_qr_vectors` after a deliberate change of the format; a test compares the files
with what the verifier says, and with the genuine payload byte for byte. The private keys are the bytes 1…32, of P-256
and of Ed25519, known to everybody; both sign deterministically (RFC 6979, RFC 8032) so that the files stay the same.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from verification.formats import qr
from verification.formats.trust_list import encode_trust_list
from verification.register import DocumentStatus, StatusReading
from verification.trust import KeyPurpose, PublicKey, TrustedKey, TrustedUnit, TrustList
from verification.verdict import DocumentFacts

FOLDER = Path(__file__).parent / "qr"
TRUST_LIST = "trust-list.json"
AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
KEY = ec.derive_private_key(int.from_bytes(bytes(range(1, 33))), ec.SECP256R1())
KEY_ID = "001122334455"
FACTS = DocumentFacts(
    document_type="criminal_record_form_1",
    number="730914628505",
    full_name="Nguyễn Thị Minh Anh",
    birth_date=date(1990, 5, 17),
    result_line="Không có án tích",
    issued_on=date(2026, 11, 20),
    expires_on=date(2027, 5, 19),
    key_id=KEY_ID,
    status_list=1,
    status_index=4242,
)
EDDSA_KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
EDDSA_KEY_ID, UNIT_KEY_ID, TAKEN_KEY_ID = "0011223344ed", "0011223344aa", "0011223344cc"
TAKEN = AT - timedelta(days=2)


def _listed(key_id: str, public_key: PublicKey, **more: Any) -> TrustedKey:
    return TrustedKey(
        key_id=key_id,
        purpose=KeyPurpose.QR,
        public_key=public_key,
        issuer_name="Cơ quan thử nghiệm",
        not_before=datetime(2026, 1, 1, tzinfo=UTC),
        not_after=datetime(2031, 1, 1, tzinfo=UTC),
        **more,
    )


TRUST = TrustList(
    keys=(
        _listed(KEY_ID, KEY.public_key()),
        _listed(EDDSA_KEY_ID, EDDSA_KEY.public_key()),
        _listed(UNIT_KEY_ID, KEY.public_key(), unit="H27"),
        _listed(TAKEN_KEY_ID, KEY.public_key(), compromised_from=TAKEN),
    ),
    roots=(),
    as_of=AT,
    fresh_until=AT + timedelta(days=7),
    sequence=1,
    units=(TrustedUnit("H27", "Đơn vị thử nghiệm", ("residence_certificate",)),),
    issuer="https://host.example",
)
HEADER: dict[int, object] = {qr.ALGORITHM: qr.COSE_ALGORITHMS["ES256"], qr.KEY_ID: bytes.fromhex(KEY_ID)}


class VectorStatus:
    """Entries of list 1 are valid but 1 (revoked), 2 (suspended), 3 (known as of yesterday) and 4 (as of tomorrow)."""

    def status_of(self, status_list: int, status_index: int) -> StatusReading | None:
        if status_list != 1:
            return None
        named = {1: DocumentStatus.REVOKED, 2: DocumentStatus.SUSPENDED}
        as_of = AT + timedelta(days={3: -1, 4: 1}.get(status_index, 0))
        return StatusReading(named.get(status_index, DocumentStatus.VALID), as_of, as_of + timedelta(hours=1))


def sign(claims: bytes, header: dict[int, object] = HEADER) -> bytes:
    protected = cbor2.dumps(header, canonical=True)
    if header[qr.KEY_ID] == bytes.fromhex(EDDSA_KEY_ID):
        return qr.encode_envelope(protected, claims, EDDSA_KEY.sign(qr.to_be_signed(protected, claims)))
    algorithm = ec.ECDSA(SHA256(), deterministic_signing=True)
    r, s = decode_dss_signature(KEY.sign(qr.to_be_signed(protected, claims), algorithm))
    return qr.encode_envelope(protected, claims, r.to_bytes(32) + s.to_bytes(32))


def facts(key_id: str = KEY_ID, **changes: Any) -> bytes:
    return sign(qr.encode_claims(replace(FACTS, **changes)), HEADER | {qr.KEY_ID: bytes.fromhex(key_id)})


def times() -> dict[str, datetime]:
    """When the examples are checked that are not checked at AT."""
    return {"trust_list_stale": AT + timedelta(days=7), "trust_list_from_the_future": AT - timedelta(days=1)}


GENUINE = sign(qr.encode_claims(FACTS))


def cases() -> Iterator[tuple[str, str, str]]:
    """(file name, what was done to it, the text that is scanned)."""

    def link(payload: bytes) -> str:
        return "https://host.example/v#" + qr.to_digits(payload)

    name = GENUINE.index(b"Minh")
    claims = qr.encode_claims(FACTS)
    yield "valid", "genuine", link(GENUINE)
    eddsa = {qr.ALGORITHM: qr.COSE_ALGORITHMS["EdDSA"], qr.KEY_ID: bytes.fromhex(EDDSA_KEY_ID)}
    yield "valid_eddsa", "genuine, signed with Ed25519", link(sign(claims, eddsa))
    yield "revoked", "its status entry is revoked", link(facts(status_index=1))
    yield "suspended", "its status entry is suspended", link(facts(status_index=2))
    yield "status_stale", "its status is known as of yesterday only", link(facts(status_index=3))
    yield "status_from_the_future", "its status is dated tomorrow", link(facts(status_index=4))
    yield "trust_list_stale", "checked when the trust list is over", link(GENUINE)
    yield "trust_list_from_the_future", "checked by a clock that is a day behind", link(GENUINE)
    yield (
        "key_for_other_unit",
        "sealed with a unit's key, of a type that is not the unit's",
        link(facts(UNIT_KEY_ID, issued_on=date(2026, 11, 19))),
    )
    yield (
        "trust_list_before_issue",
        "the same, of the day of the trust list: the unit may have gained the type since",
        link(facts(UNIT_KEY_ID)),
    )
    yield "key_compromised", "dated after the key was taken", link(facts(TAKEN_KEY_ID))
    before = date(2026, 11, 10)
    yield "key_compromised_since", "dated before it was taken", link(facts(TAKEN_KEY_ID, issued_on=before))
    yield "status_not_listed", "its status list is not at hand", link(facts(status_list=2))
    yield "expired", "its last day in force has passed", link(facts(expires_on=date(2026, 11, 19)))
    yield "issued_in_the_future", "dated tomorrow", link(facts(issued_on=date(2026, 11, 21)))
    yield "issued_outside_key_period", "dated before the key's period", link(facts(issued_on=date(2025, 12, 1)))
    yield "signature_wrong", "one letter of the name changed", link(GENUINE[:name] + b"L" + GENUINE[name + 1 :])
    yield (
        "algorithm_not_allowed",
        "EdDSA named in the header of an ES256 key",
        link(sign(claims, HEADER | {qr.ALGORITHM: -8})),
    )
    yield "issuer_unknown", "another key id", link(sign(claims, HEADER | {qr.KEY_ID: bytes(6)}))
    yield "qr_header_malformed", "a critical header added", link(sign(claims, HEADER | {2: [1]}))
    yield "qr_claims_malformed", "issued at one second past midnight", link(sign(_late(claims)))
    yield "qr_envelope_malformed", "an unprotected header", link(GENUINE.replace(b"\xa0X", b"\xa1\x01\x26X", 1))
    yield "cbor_not_deterministic", "a length written longer", link(GENUINE[:1] + b"\x98\x04" + GENUINE[2:])
    yield "cbor_truncated", "the last byte missing", link(GENUINE[:-1])
    yield "cbor_trailing_bytes", "a byte more at the end", link(GENUINE + b"\x00")
    yield "cbor_type_not_allowed", "tagged twice", link(b"\xd2" + GENUINE)
    yield "cbor_too_deep", "nested arrays", link(b"\xd2" + b"\x81" * 6 + b"\x80")
    yield "cbor_bad_text", "broken UTF-8 in the envelope", link(b"\xd2\x84\x61\xff\xa0\x40\x40")
    yield "cbor_keys_not_sorted", "a header repeated", link(b"\xd2\x84\x40\xa2\x01\x26\x01\x26\x40\x40")
    yield "cbor_key_not_integer", "a header named by text", link(b"\xd2\x84\x40\xa1\x61a\x01\x40\x40")
    yield "qr_digits_malformed", "a group of 17 digits above 2^56", "https://host.example/v#" + "9" * 17
    yield "qr_not_a_document_code", "another link", "https://host.example/"
    yield "qr_too_long", "5,000 digits", "1" * 5000


def _late(claims: bytes) -> bytes:
    changed = cbor2.loads(claims)
    changed[qr.ISSUED_AT] += 1
    return cbor2.dumps(changed, canonical=True)


def write() -> None:
    from verification.verify_qr import verify_qr

    FOLDER.mkdir(exist_ok=True)
    trust = encode_trust_list(
        TRUST, name="Cơ quan thử nghiệm", issuer=TRUST.issuer, issued_at=AT, lifetime=timedelta(days=7)
    )
    (FOLDER / TRUST_LIST).write_text(json.dumps(trust, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    for name, done, text in cases():
        at = times().get(name, AT)
        verdict = verify_qr(text, TRUST, VectorStatus(), at)
        vector = {
            "done": done,
            "text": text,
            "at": at.isoformat(),
            "state": verdict.state.value,
            "reason": verdict.reason,
            "facts": verdict.facts.to_json() if verdict.facts else None,
        }
        content = json.dumps(vector, ensure_ascii=False, indent=1)
        (FOLDER / f"{name}.json").write_text(content + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
