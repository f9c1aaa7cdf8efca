"""Our QR codes read by npm's cose, which nobody here wrote, and one that it made read by ours."""

import base64
import json
import subprocess
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from signing.backends.software import InsecureSoftwareKey
from tests.node_packages import NODE, install
from tests.sealing import AT, facts_of, key_ring
from tests.verification.organisation import KeyKind, Organisation, make_key
from verification.formats import qr
from verification.formats.jwk import encode_jwk
from verification.formats.jws import to_base64url
from verification.verdict import VIETNAM, VerdictState
from verification.verify_qr import verify_qr

SOURCE = Path(__file__).with_name("second_opinions")
TIMEOUT_SECONDS = 120
EPOCH = date(1970, 1, 1)


@pytest.fixture(scope="module")
def packages() -> Path:
    return install(SOURCE, "second-opinions")


def ask(packages: Path, question: dict[str, Any]) -> dict[str, Any]:
    program = (SOURCE / "qr_code.mjs").read_text()
    done = subprocess.run(
        [NODE, "--input-type=module", "--eval", program],
        cwd=packages,
        input=json.dumps(question),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def private_jwk(key: InsecureSoftwareKey) -> dict[str, str]:
    private = key._private_key
    assert isinstance(private, (ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey))
    if isinstance(private, ec.EllipticCurvePrivateKey):
        secret = private.private_numbers().private_value.to_bytes(32)
    else:
        secret = private.private_bytes_raw()
    return encode_jwk(key.public_key) | {"d": to_base64url(secret)}


@pytest.mark.parametrize(("kind", "algorithm"), [("p256", -7), ("ed25519", -8)])
def test_others_read_our_codes_and_refuse_every_changed_bit_and_we_read_theirs(
    packages: Path, kind: KeyKind, algorithm: int
) -> None:
    house = Organisation(qr=make_key("aa00000000a1", kind))
    facts = replace(facts_of(key_ring()), key_id=house.qr.key_id, expires_on=date(2027, 5, 19))
    ours = qr.from_digits(house.code(facts).partition("#")[2])
    theirs = replace(facts, full_name="Trần Văn Bình", number="12", status_index=70000)
    claims: list[list[object]] = [
        [4, _midnight(date(2027, 5, 20))],
        [6, _midnight(theirs.issued_on)],
        [
            -65537,
            [
                theirs.document_type,
                theirs.number,
                theirs.full_name,
                (theirs.birth_date - EPOCH).days,
                theirs.result_line,
                theirs.status_list,
                theirs.status_index,
            ],
        ],
    ]
    answer = ask(
        packages,
        {
            "payload": base64.b64encode(ours).decode(),
            "jwk": encode_jwk(house.qr.public_key),
            "private": private_jwk(house.qr),
            "kid": house.qr.key_id,
            "claims": claims,
        },
    )

    assert (answer["algorithm"], answer["kid"]) == (algorithm, house.qr.key_id)
    read = dict(answer["claims"])
    assert read[6] == _midnight(facts.issued_on)
    assert read[-65537][:3] == [facts.document_type, facts.number, facts.full_name]
    # No signature covers the frame around the signed parts, of which other programs take more than one writing.
    envelope = qr.decode_envelope(ours)
    covered = {
        place
        for part in (envelope.protected, envelope.payload, envelope.signature)
        for place in range(ours.index(part), ours.index(part) + len(part))
    }
    assert {bit >> 3 for bit in answer["accepted"]}.isdisjoint(covered)
    for bit in answer["accepted"]:
        altered = bytearray(ours)
        altered[bit >> 3] ^= 1 << (bit & 7)
        assert verify_qr(qr.to_digits(bytes(altered)), house.listed(), None, AT).state is VerdictState.UNREADABLE

    verdict = verify_qr(qr.to_digits(base64.b64decode(answer["made"])), house.listed(), None, AT)
    assert verdict.facts == theirs
    assert verdict.reason == "status_not_asked"


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=VIETNAM).timestamp())
