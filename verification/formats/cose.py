"""What our COSE_Sign1 messages (RFC 9052 section 4.2) have in common: labels, algorithms, and what is signed."""

from collections.abc import Mapping

import cbor2

from verification.signatures import Algorithm

ALGORITHM, KEY_ID = 1, 4
TAG_COSE_SIGN1 = b"\xd2"
# RFC 9053 sections 2.1 and 2.2. A signature of either is 64 bytes long; RSA's would not fit a QR code.
COSE_ALGORITHMS: Mapping[Algorithm, int] = {"ES256": -7, "EdDSA": -8}


def to_be_signed(protected: bytes, payload: bytes) -> bytes:
    """The Sig_structure of a COSE_Sign1 without external data (RFC 9052 section 4.4)."""
    return cbor2.dumps(["Signature1", protected, b"", payload], canonical=True)
