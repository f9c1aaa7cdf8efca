"""A certificate authority outside of the house, for tests: a root, an intermediate, and what one issues in error."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID, ObjectIdentifier

from tests.sealing import AT

DOCUMENTS = ObjectIdentifier("1.3.6.1.5.5.7.3.36")
SEALING = {"digital_signature", "content_commitment"}
ISSUING = {"key_cert_sign", "crl_sign"}
_USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def certificate(
    subject: str,
    public_key: ec.EllipticCurvePublicKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    ca: bool = False,
    path_length: int | None = None,
    uses: set[str] | None = None,
    critical: bool = True,
    extended: ObjectIdentifier | None = None,
    begins: timedelta = timedelta(days=-1),
    lasts: timedelta = timedelta(days=730),
    comment: int = 0,
) -> x509.Certificate:
    """Times count from AT. comment: bytes of an extension that says nothing."""
    builder = x509.CertificateBuilder(
        _name(issuer), _name(subject), public_key, x509.random_serial_number(), AT + begins, AT + begins + lasts
    )
    builder = builder.add_extension(x509.BasicConstraints(ca, path_length), critical=True)
    wanted = uses if uses is not None else ISSUING if ca else SEALING
    if wanted:
        builder = builder.add_extension(x509.KeyUsage(**{use: use in wanted for use in _USES}), critical=critical)
    if extended is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([extended]), critical=False)
    if comment:
        said = x509.UnrecognizedExtension(ObjectIdentifier("2.16.840.1.113730.1.13"), bytes(comment))
        builder = builder.add_extension(said, critical=False)
    return builder.sign(issuer_key, SHA256())


@dataclass(frozen=True)
class OutsideAuthority:
    """A root with one intermediate."""

    root_key: ec.EllipticCurvePrivateKey
    root: x509.Certificate
    middle_key: ec.EllipticCurvePrivateKey
    middle: x509.Certificate

    @classmethod
    def make(cls, *, path_length: int | None = None, middle_ca: bool = True) -> OutsideAuthority:
        root_key, middle_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root = certificate("Root", root_key.public_key(), "Root", root_key, ca=True, path_length=path_length)
        middle = certificate("Middle", middle_key.public_key(), "Root", root_key, ca=middle_ca)
        return cls(root_key, root, middle_key, middle)

    def answer(self, request: bytes, **blunders: object) -> x509.Certificate:
        """The certificate for a request in PEM."""
        asked = x509.load_pem_x509_csr(request)
        public_key = asked.public_key()
        assert isinstance(public_key, ec.EllipticCurvePublicKey)
        assert asked.is_signature_valid
        return certificate("Seal", public_key, "Middle", self.middle_key, **blunders)  # type: ignore[arg-type]  # spelt out by the tests


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
