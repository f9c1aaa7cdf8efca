import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
import qrcode

from signing.errors import ContentNotSealable, KeyUnsuitable, PermitForOtherPurpose, SelfCheckFailed
from signing.permit import SealingPermit
from signing.seal_qr import seal_qr
from signing.self_check import check_own_qr, check_own_status_list
from tests.sealing import AT, PUBLIC_URL, facts_of, key_ring, pdf_permit, sealed_qr, status_list
from verification.formats.qr import encode_claims
from verification.trust import KeyPurpose, TrustList

RING = key_ring()
TRUST = RING.trust_list(AT)
FACTS = facts_of(RING)


def permit(content: bytes) -> SealingPermit:
    return SealingPermit.grant(serial="test", purpose=KeyPurpose.QR, content=content)


def test_the_link_carries_the_payload_in_its_fragment() -> None:
    sealed = sealed_qr(FACTS, RING)
    address, _, digits = sealed.link.partition("#")
    assert address == f"{PUBLIC_URL}/v"
    assert digits.isdigit()
    assert check_own_qr(sealed.link, TRUST, AT, FACTS).facts == FACTS


def test_a_printed_code_is_read_by_an_independent_scanner(tmp_path: Path) -> None:
    link = sealed_qr(FACTS, RING).link
    image = BytesIO()
    qrcode.make(link, error_correction=qrcode.constants.ERROR_CORRECT_M).save(image)
    (tmp_path / "code.png").write_bytes(image.getvalue())
    command = ["zbarimg", "--quiet", "--raw", str(tmp_path / "code.png")]
    scanned = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert check_own_qr(scanned, TRUST, AT, FACTS)


def test_keys_and_permits_for_something_else_are_refused() -> None:
    with pytest.raises(PermitForOtherPurpose):
        seal_qr(pdf_permit(b""), RING.active(KeyPurpose.QR, AT), PUBLIC_URL)
    claims = encode_claims(FACTS)
    with pytest.raises(KeyUnsuitable):
        seal_qr(permit(claims), key_ring("rsa2048").active(KeyPurpose.PDF, AT), PUBLIC_URL)


def test_facts_too_long_for_a_code_are_not_sealed() -> None:
    with pytest.raises(ContentNotSealable):
        sealed_qr(replace(FACTS, result_line="dài " * 200), RING)


def test_the_self_check_compares_facts_and_trust() -> None:
    sealed = sealed_qr(FACTS, RING)
    with pytest.raises(SelfCheckFailed, match="facts_differ"):
        check_own_qr(sealed.link, TRUST, AT, replace(FACTS, full_name="Nguyễn Văn Khác"))
    with pytest.raises(SelfCheckFailed, match="issuer_unknown"):
        check_own_qr(sealed.link, TrustList((), (), AT), AT)
    with pytest.raises(SelfCheckFailed, match="status_list_issuer_unknown"):
        check_own_status_list(status_list(RING), TrustList((), (), AT), AT)
    assert check_own_status_list(status_list(RING), TRUST, AT).number == 1
