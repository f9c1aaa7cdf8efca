"""When was this seen? A timestamp token (RFC 3161), verified against the authorities that a verifier was given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from verification.certificates import CERTIFICATE_ERRORS, path_of_timestamper
from verification.formats.timestamp import TimestampAltered, TimestampMalformed, TimestampToken, read_token
from verification.signatures import MIN_RSA_BITS
from verification.verdict import VerificationError

# A key's size is the token's choice until its chain is known, and the work grows with it.
MAX_RSA_BITS = 8192
_CURVES = (ec.SECP256R1, ec.SECP384R1)


class TimestampAuthorityUnknown(VerificationError):
    """A whole timestamp, of an authority that leads to no root given here; nothing is proven, and nobody accused."""

    code = "timestamp_authority_unknown"


@dataclass(frozen=True, slots=True)
class VerifiedTimestamp:
    """The authority vouches that the data existed at `at`, give or take `accuracy`.

    policy: the dotted identifier of the rules it works by. certificates: the signer's, then those between it and the
    root. nonce: as the request had it.
    """

    at: datetime
    policy: str
    certificates: tuple[x509.Certificate, ...]
    nonce: int | None = None
    accuracy: timedelta = timedelta()

    @property
    def not_later_than(self) -> datetime:
        """The latest instant at which the data came into being."""
        return self.at + self.accuracy


def verify_timestamp(token: bytes, digest: bytes, roots: Sequence[x509.Certificate]) -> VerifiedTimestamp:
    """Verify a TimeStampToken in DER over `digest`, the SHA-256 of what was stamped.

    1. It is a token over this digest in the one shape that counts (`read_token`).
    2. Its signature is that of the certificate it names: ECDSA on P-256 or P-384, or RSA (PKCS#1 v1.5).
    3. That certificate is for stamping time and nothing else, and at the time stamped a path from it leads to one of
       `roots` that uses every certificate of the token.

    Raises TimestampMalformed for 1 and 2 (TimestampAltered for another digest, and a signature that is not the key's),
    TimestampAuthorityUnknown for 3.
    """
    read = read_token(token, digest)
    _demand_signature(read)
    path = path_of_timestamper(read.unverified_signer, read.unverified_others, roots, read.unverified_at)
    if path is None or set(path[1:]) != set(read.unverified_others):
        raise TimestampAuthorityUnknown
    return VerifiedTimestamp(
        read.unverified_at, read.unverified_policy, path, read.unverified_nonce, read.unverified_accuracy
    )


def _demand_signature(token: TimestampToken) -> None:
    try:
        key = token.unverified_signer.public_key()
    except CERTIFICATE_ERRORS:
        raise TimestampMalformed from None
    try:
        if isinstance(key, rsa.RSAPublicKey) and token.is_rsa and MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
            key.verify(token.signature, token.signed, padding.PKCS1v15(), token.digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and not token.is_rsa and isinstance(key.curve, _CURVES):
            key.verify(token.signature, token.signed, ec.ECDSA(token.digest))
        else:
            raise TimestampMalformed
    except InvalidSignature:
        raise TimestampAltered("timestamp_signature_wrong") from None
