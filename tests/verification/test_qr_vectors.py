"""The published vectors: what another implementation of the QR format must conclude, too."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import verification
from tests.vectors import make_qr_vectors as vectors
from verification.formats import qr
from verification.formats.trust_list import decode_trust_list
from verification.verify_qr import verify_qr

SOURCES = ("formats/qr.py", "formats/cbor.py", "verify_qr.py", "ask_register.py", "check_issuer.py")
FILES = sorted(path for path in vectors.FOLDER.glob("*.json") if path.name != vectors.TRUST_LIST)


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_verdict_is_the_published_one(path: Path) -> None:
    vector = read(path)
    verdict = verify_qr(vector["text"], vectors.TRUST, vectors.VectorStatus(), datetime.fromisoformat(vector["at"]))
    assert verdict.state.value == vector["state"]
    assert verdict.reason == vector["reason"] == path.stem.removesuffix("_eddsa")
    assert (verdict.facts.to_json() if verdict.facts else None) == vector["facts"]


def test_the_published_trust_list_is_the_one_that_they_are_checked_with() -> None:
    assert decode_trust_list(read(vectors.FOLDER / vectors.TRUST_LIST)) == vectors.TRUST


def test_the_genuine_payload_is_still_written_byte_for_byte() -> None:
    published = read(vectors.FOLDER / "valid.json")["text"]
    assert qr.from_digits(published.partition("#")[2]) == vectors.GENUINE


def test_every_reason_that_the_reader_can_give_has_its_example() -> None:
    folder = Path(verification.__file__).parent
    sources = "".join((folder / name).read_text() for name in SOURCES)
    codes = set(re.findall(r'(?:Malformed|Outcome\.\w+, )\(?"([a-z_0-9]+)"', sources))
    assert len(codes) > 15
    never_a_reason = {"seal_intact", "issuer_known", "seal_not_examined"}
    never_a_reason |= {"qr_key_id_not_hexadecimal", "qr_algorithm_too_long"}  # for who writes
    never_a_reason |= {"not_in_register", "contradicts_register"}  # takes a register
    never_a_reason |= {"key_for_other_purpose", "cbor_key_not_allowed"}  # of receipts, and of status lists
    assert codes - never_a_reason <= {path.stem for path in FILES}
