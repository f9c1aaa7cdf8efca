"""A credential is sealed once, by a key that can, over what the permit states; and no other leaves the house."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from signing.backends.software import InsecureSoftwareKey
from signing.errors import (
    ContentNotSealable,
    KeyUnsuitable,
    PermitAlreadyRedeemed,
    PermitForOtherPurpose,
    SelfCheckFailed,
)
from signing.permit import SealingPermit
from signing.seal_credential import seal_credential
from signing.self_check import check_own_credential
from tests.credentials import FACTS, KEY, RING, TRUST, Holder, disclosures_of, payload_of, sealed, showing
from tests.sealing import AT, PUBLIC_URL, key_ring, pdf_permit
from verification.formats.facts import encode_facts
from verification.trust import KeyPurpose, TrustList
from verification.verdict import SELECTIVE_FACTS, DocumentFacts


def permit(facts: DocumentFacts = FACTS, content: bytes | None = None) -> SealingPermit:
    content = encode_facts(facts) if content is None else content
    return SealingPermit.grant(serial="test", purpose=KeyPurpose.CREDENTIAL, content=content)


def test_it_names_issuer_type_and_status_and_binds_to_a_holder() -> None:
    holder = Holder()
    credential = seal_credential(permit(), KEY, PUBLIC_URL + "/", holder.public_key)
    claims = payload_of(credential.text)

    assert credential.sha256 == sha256(credential.text.encode()).digest()
    assert (claims["iss"], claims["vct"]) == (PUBLIC_URL, f"{PUBLIC_URL}/credentials/criminal_record_form_1")
    assert claims["status"] == {
        "status_list": {"idx": FACTS.status_index, "uri": f"{PUBLIC_URL}/v1/status-lists/{FACTS.status_list}"}
    }
    assert claims["cnf"]["jwk"].keys() == {"kty", "crv", "x", "y"}
    assert "cnf" not in payload_of(sealed())
    assert disclosures_of(credential.text).keys() == set(SELECTIVE_FACTS)
    assert len(claims["_sd"]) == len(SELECTIVE_FACTS)


def test_every_sealing_has_salts_of_its_own() -> None:
    """At least 128 bits each, or whoever knows the claims' kinds could guess what is withheld."""
    disclosures = [one for _ in range(50) for one in disclosures_of(sealed()).values()]
    assert len(set(disclosures)) == len(disclosures)


def test_an_ed25519_key_seals_too() -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    key = InsecureSoftwareKey("aabbccddeeff", "EdDSA", private.public_key(), (), private)
    facts = replace(FACTS, key_id=key.key_id)
    known = next(one for one in TRUST.keys if one.key_id == KEY.key_id)
    trust = replace(TRUST, keys=(replace(known, key_id=key.key_id, public_key=private.public_key()),))

    credential = seal_credential(permit(facts), key, PUBLIC_URL)

    assert check_own_credential(credential.text, trust, AT, facts).facts is not None


def test_keys_and_permits_for_something_else_are_refused() -> None:
    with pytest.raises(PermitForOtherPurpose):
        seal_credential(pdf_permit(b""), KEY, PUBLIC_URL)
    with pytest.raises(KeyUnsuitable, match="ES256"):
        seal_credential(permit(), key_ring("rsa2048").active(KeyPurpose.PDF, AT), PUBLIC_URL)
    with pytest.raises(KeyUnsuitable, match="another key"):
        seal_credential(permit(), RING.active(KeyPurpose.QR, AT), PUBLIC_URL)


def test_a_permit_seals_once() -> None:
    granted = permit()
    seal_credential(granted, KEY, PUBLIC_URL)
    with pytest.raises(PermitAlreadyRedeemed):
        seal_credential(granted, KEY, PUBLIC_URL)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", encode_facts(FACTS)[:-3]])
def test_what_is_not_facts_is_not_sealed(content: bytes) -> None:
    with pytest.raises(ContentNotSealable):
        seal_credential(permit(content=content), KEY, PUBLIC_URL)


def test_more_than_anyone_would_read_is_not_sealed() -> None:
    with pytest.raises(ContentNotSealable, match="too_long"):
        seal_credential(permit(replace(FACTS, result_line="d" * 1_001)), KEY, PUBLIC_URL)


def test_the_self_check_compares_facts_and_trust() -> None:
    text = sealed()
    check_own_credential(text, TRUST, AT, FACTS)
    with pytest.raises(SelfCheckFailed, match="facts_differ"):
        check_own_credential(text, TRUST, AT, replace(FACTS, full_name="Nguyễn Văn Khác"))
    with pytest.raises(SelfCheckFailed, match="facts_differ"):
        check_own_credential(text, TRUST, AT, replace(FACTS, key_id="aabbccdd"))
    with pytest.raises(SelfCheckFailed, match="facts_missing"):
        check_own_credential(showing(text, {"number"}), TRUST, AT, FACTS)
    with pytest.raises(SelfCheckFailed, match="issuer_unknown"):
        check_own_credential(text, TrustList((), (), AT), AT, FACTS)
    with pytest.raises(SelfCheckFailed):
        check_own_credential(text[:-2] + "~", TRUST, AT, FACTS)


def test_a_credential_does_not_print_what_it_says() -> None:
    credential = seal_credential(permit(), KEY, PUBLIC_URL)
    assert credential.text not in repr(credential)
    assert credential.text[:20] not in repr(credential)
