"""A ring whose keys live elsewhere seals what everybody verifies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from signing.local_authority import PdfKeyType, create_local_authority
from signing.permit import SealingPermit
from signing.seal_credential import seal_credential
from signing.seal_pdf import seal_pdf
from signing.self_check import check_own_credential, check_own_pdf, check_own_qr
from tests.sealing import AT, ORGANISATION, PUBLIC_URL, facts_of, pdf_permit, rendered, sealed_qr, snapshot
from tests.signing.backends.conftest import place_in
from tests.signing.backends.places import PASSPHRASE, move_ring
from verification.formats.facts import encode_facts
from verification.trust import RECEIPT_DOCUMENT_TYPE, KeyPurpose


@pytest.mark.parametrize("pdf_key_type", ["p256", "rsa2048", "rsa3072"])
@pytest.mark.parametrize("kind", ["pkcs11", "remote"])
def test_a_ring_that_lives_elsewhere_seals_every_body(
    kind: str, pdf_key_type: PdfKeyType, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder = tmp_path / "ring"
    create_local_authority(folder, ORGANISATION, PASSPHRASE, AT, pdf_key_type)
    ring = move_ring(folder, PASSPHRASE, place_in(folder, kind, request))
    # The local root's key stays: it certifies and never seals.
    assert [file.name for file in folder.glob("*.key.pem")] == ["root.key.pem"]
    facts, trust = facts_of(ring), ring.trust_list(AT)
    receipt = replace(facts, document_type=RECEIPT_DOCUMENT_TYPE)

    for purpose, shown in ((KeyPurpose.PDF, facts), (KeyPurpose.RECEIPT, receipt)):
        permit = pdf_permit(rendered(shown), purpose)
        sealed = seal_pdf(permit, ring.active(purpose, AT), ORGANISATION, AT)
        assert check_own_pdf(sealed.data, trust, AT).facts is not None
    assert check_own_qr(sealed_qr(facts, ring).link, trust, AT, facts).facts == facts
    assert snapshot(ring, (4242,)) != snapshot(ring)
    credential_key = ring.active(KeyPurpose.CREDENTIAL, AT)
    shown = replace(facts, key_id=credential_key.key_id)
    permit = SealingPermit.grant(serial="test", purpose=KeyPurpose.CREDENTIAL, content=encode_facts(shown))
    check_own_credential(seal_credential(permit, credential_key, PUBLIC_URL).text, trust, AT, shown)
