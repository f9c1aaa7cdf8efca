"""Our status lists read by programs that others wrote, and theirs by ours: jwt-status-list and cose of npm, cbor2."""

from __future__ import annotations

import base64
import json
import random
import subprocess
import zlib
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from jwt.algorithms import ECAlgorithm

from signing.status_list import seal_status_list, seal_status_list_cwt
from tests.node_packages import NODE, install
from tests.sealing import AT, LIST_URI, key_ring
from verification.formats import status_list as lists
from verification.formats.jws import from_base64url
from verification.register import DocumentStatus
from verification.trust import KeyPurpose

SOURCE = Path(__file__).with_name("second_opinions")
KEY = key_ring().active(KeyPurpose.STATUS, AT)
SIZE = 1 << 12
VALUES = {DocumentStatus.VALID: 0, DocumentStatus.REVOKED: 1, DocumentStatus.SUSPENDED: 2}
TIMEOUT_SECONDS = 60


@pytest.fixture(scope="module")
def packages() -> Path:
    return install(SOURCE, "second-opinions")


def asked_of_node(packages: Path, question: dict[str, Any]) -> dict[str, Any]:
    script = packages / "status_list.mjs"
    # Beside its packages: node looks for them from there.
    script.write_bytes((SOURCE / "status_list.mjs").read_bytes())
    done = subprocess.run(
        [NODE, script], input=json.dumps(question), capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("bits", [1, 2])
def test_other_programs_read_our_lists_and_we_read_theirs(packages: Path, bits: lists.Bits) -> None:
    chance = random.Random(bits)
    states = [DocumentStatus.REVOKED, DocumentStatus.SUSPENDED][:bits]
    entries = {index: chance.choice(states) for index in chance.sample(range(SIZE), 200)}
    indexes = [*entries, *(index for index in range(0, SIZE, 97) if index not in entries)]
    public = KEY.public_key
    assert isinstance(public, EllipticCurvePublicKey)
    written = [chance.randrange(3) for _ in range(SIZE)]
    sealed = seal_status_list_cwt(entries, SIZE, KEY, LIST_URI, AT, 3600, 60, bits=bits)
    found = asked_of_node(
        packages,
        {
            "jwt": seal_status_list(entries, SIZE, KEY, LIST_URI, AT, 3600, 60, bits=bits),
            "cwt": base64.b64encode(sealed).decode(),
            "jwk": ECAlgorithm.to_jwk(public, as_dict=True),
            "indexes": indexes,
            "written": written,
        },
    )
    assert found["bits"] == bits
    assert found["statuses"] == [VALUES[entries.get(index, DocumentStatus.VALID)] for index in indexes]
    assert found["type"] == "application/statuslist+cwt"
    assert found["refusesAltered"] is True
    claims = cbor2.loads(base64.b64decode(found["payload"]))
    assert zlib.decompress(claims[65533]["lst"]) == lists.pack(entries, SIZE, bits)
    # What they have written, we read.
    theirs = lists.decompress(from_base64url(found["written"]))
    states_of = [DocumentStatus.VALID, DocumentStatus.REVOKED, DocumentStatus.SUSPENDED]
    assert [lists.read_entry(2, theirs, index) for index in range(SIZE)] == [states_of[value] for value in written]


def test_a_cwt_by_cbor2_and_cryptography_alone() -> None:
    """Without a line of ours: tag, headers, claims and signature as the standards write them."""
    entries = {3: DocumentStatus.REVOKED, 4: DocumentStatus.SUSPENDED}
    message = cbor2.loads(seal_status_list_cwt(entries, 8, KEY, LIST_URI, AT, 3600, 60))
    assert message.tag == 18
    protected, unprotected, payload, signature = message.value
    assert unprotected == {}
    assert cbor2.loads(protected) == {1: -7, 4: KEY.key_id.encode(), 16: "application/statuslist+cwt"}
    iat = int(AT.timestamp())
    assert cbor2.loads(payload) == {
        2: LIST_URI,
        4: iat + 3600,
        6: iat,
        65533: {"bits": 2, "lst": zlib.compress(bytes([0b01_00_00_00, 0b10]), 9)},
        65534: 60,
    }
    signed = cbor2.dumps(["Signature1", protected, b"", payload])
    public = KEY.public_key
    assert isinstance(public, EllipticCurvePublicKey)
    der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    public.verify(der, signed, ECDSA(SHA256()))


def test_the_draft_s_own_cwt_holds_the_entries_that_we_would_write() -> None:
    """The payload of its example (section 5.2); its header is not ours, and its key is not published."""
    example = bytes.fromhex(
        "a502782168747470733a2f2f6578616d706c652e636f6d2f7374617475736c697374732f31061a648c5bea041a8898dfea"
        "19fffe19a8c019fffda2646269747301636c73744a78dadbb918000217015d"
    )
    claims = cbor2.loads(example)
    assert (claims[65534], claims[65533]["bits"]) == (43200, 1)
    bits = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
    packed = lists.pack({index: DocumentStatus.REVOKED for index, bit in enumerate(bits) if bit}, 16, 1)
    assert lists.decompress(claims[65533]["lst"]) == packed
    assert lists.compress(packed) == claims[65533]["lst"]
