import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from tests.sealing import AT, key_ring
from verification.signatures import Algorithm, algorithm_of, is_signed_by
from verification.trust import KeyPurpose


def test_only_p256_ed25519_and_long_rsa_keys_count() -> None:
    assert algorithm_of(ec.generate_private_key(ec.SECP256R1()).public_key()) == "ES256"
    assert algorithm_of(rsa.generate_private_key(65537, 2048).public_key()) == "RS256"
    assert algorithm_of(rsa.generate_private_key(65537, 1024).public_key()) is None
    assert algorithm_of(ec.generate_private_key(ec.SECP384R1()).public_key()) is None
    assert algorithm_of(ec.generate_private_key(ec.SECP256K1()).public_key()) is None
    assert algorithm_of(ed25519.Ed25519PrivateKey.generate().public_key()) == "EdDSA"
    assert algorithm_of(ed448.Ed448PrivateKey.generate().public_key()) is None


@pytest.mark.parametrize(("key_type", "named", "other"), [("p256", "ES256", "RS256"), ("rsa2048", "RS256", "ES256")])
def test_a_signature_counts_under_its_keys_own_algorithm_only(
    key_type: str, named: Algorithm, other: Algorithm
) -> None:
    key = key_ring(key_type).active(KeyPurpose.PDF, AT)  # type: ignore[arg-type]  # pytest hands the literal over as a str
    signature = key.sign(b"data")
    assert is_signed_by(key.public_key, named, signature, b"data")
    assert not is_signed_by(key.public_key, other, signature, b"data")
    assert not is_signed_by(key.public_key, named, signature + b"\0", b"data")
    assert not is_signed_by(key.public_key, named, b"", b"data")
    assert not is_signed_by(key.public_key, named, bytes(len(signature)), b"data")
