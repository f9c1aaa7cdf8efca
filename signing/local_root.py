"""A certificate authority of one's own: its root, what it certifies, and the list of what it no longer vouches for."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from signing.errors import KeyringMalformed, KeyUnavailable
from signing.key_types import private_pem
from verification.trust import KeyPurpose, PublicKey

ROOT_LIFETIME = timedelta(days=20 * 365)

_PRIVATE_KEY, _REVOCATIONS = ".key.pem", ".crl.pem"
_ROLES = {KeyPurpose.PDF: "document seal", KeyPurpose.RECEIPT: "receipt seal"}


@dataclass(frozen=True, slots=True)
class LocalRoot:
    """A root whose private key is at hand: it certifies keys for PDFs and revokes their certificates."""

    certificate: x509.Certificate
    _private_key: ec.EllipticCurvePrivateKey = field(repr=False)

    def certify(
        self, public_key: PublicKey, name: x509.Name, not_before: datetime, not_after: datetime
    ) -> x509.Certificate:
        """A certificate for sealing PDFs, and nothing else."""
        builder = x509.CertificateBuilder(
            self.certificate.subject, name, public_key, x509.random_serial_number(), not_before, not_after
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(SEALING_USAGE, critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        return builder.add_extension(self._identifier(), critical=False).sign(self._private_key, SHA256())

    def revocations(
        self,
        at: datetime,
        known: x509.CertificateRevocationList | None = None,
        compromised: tuple[x509.Certificate, datetime] | None = None,
    ) -> x509.CertificateRevocationList:
        """The list of revoked certificates (RFC 5280 section 5): what `known` holds, and a compromised one more.

        Its next update is the root's end, for it changes with an event and not with the calendar.
        """
        entries = {entry.serial_number: entry for entry in known or ()}
        if compromised is not None:
            certificate, since = compromised
            # Both dates are the compromise's: what was provably sealed before it stays good for other validators too.
            revoked = x509.RevokedCertificateBuilder(certificate.serial_number, since)
            revoked = revoked.add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
            invalid = x509.InvalidityDate(since.astimezone(UTC).replace(tzinfo=None))
            entries[certificate.serial_number] = revoked.add_extension(invalid, critical=False).build()
        builder = x509.CertificateRevocationListBuilder(
            self.certificate.subject, at, self.certificate.not_valid_after_utc
        )
        for entry in entries.values():
            builder = builder.add_revoked_certificate(entry)
        builder = builder.add_extension(x509.CRLNumber(_number(known) + 1), critical=False)
        return builder.add_extension(self._identifier(), critical=False).sign(self._private_key, SHA256())

    def key_pem(self, passphrase: bytes) -> bytes:
        """The private key as it stands beside the certificate: encrypted."""
        return private_pem(self._private_key, passphrase)

    def _identifier(self) -> x509.AuthorityKeyIdentifier:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(self._private_key.public_key())


def make_root(organisation: str, start: datetime) -> LocalRoot:
    """A new root that says openly that it is local: no public authority stands behind it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = subject_name(organisation, "local root")
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), start, start + ROOT_LIFETIME
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
    builder = builder.add_extension(_usage(authority=True), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return LocalRoot(builder.sign(key, SHA256()), key)


def find_local_root(folder: Path, roots: Collection[str], passphrase: bytes) -> tuple[str, LocalRoot] | None:
    """The first of these root files whose private key lies beside it, with its name; None where no key does.

    Raises KeyUnavailable when the key does not open, KeyringMalformed when it is another root's.
    """
    for name in roots:
        file = folder / _beside(name, _PRIVATE_KEY)
        if not file.exists():
            continue
        try:
            certificate = x509.load_pem_x509_certificate((folder / name).read_bytes())
            key = load_pem_private_key(file.read_bytes(), passphrase)
        except (OSError, TypeError, ValueError, UnsupportedAlgorithm):
            raise KeyUnavailable(f"the root's key {file.name} does not open with this passphrase") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise KeyringMalformed(f"{file.name} is not the private half of {name}")
        return name, LocalRoot(certificate, key)
    return None


def crl_file(root: str) -> str:
    """Where the revocations of a root stand: beside its certificate, `root.crt.pem` → `root.crl.pem`."""
    return _beside(root, _REVOCATIONS)


def read_crl(folder: Path, root: str) -> x509.CertificateRevocationList | None:
    """The root's list, None where there is none. Raises KeyringMalformed for one that is not the root's."""
    file = folder / crl_file(root)
    try:
        crl = x509.load_pem_x509_crl(file.read_bytes())
        certificate = x509.load_pem_x509_certificate((folder / root).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as broken:
        raise KeyringMalformed(f"{file.name}: {broken}") from None
    public_key = certificate.public_key()
    kinds = (ec.EllipticCurvePublicKey, rsa.RSAPublicKey)
    if not isinstance(public_key, kinds) or not crl.is_signature_valid(public_key):
        raise KeyringMalformed(f"{file.name} is not signed by {root}")
    return crl


def seal_name(purpose: KeyPurpose, organisation: str) -> x509.Name:
    """Who a certificate for this purpose names. organisation: or its unit."""
    return subject_name(organisation, _ROLES[purpose])


def subject_name(organisation: str, role: str) -> x509.Name:
    """Country, organisation, and both with the role, cut to what X.520 allows."""
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, cut(organisation, 64)),
        x509.NameAttribute(NameOID.COMMON_NAME, f"{cut(organisation, 61 - len(role))} ({role})"),
    ]
    return x509.Name(attributes)


def cut(text: str, max_bytes: int) -> str:
    """X.520 bounds a name at 64; `cryptography` counts UTF-8 bytes. Never cut within a letter."""
    return text.encode()[:max_bytes].decode(errors="ignore").strip()


def pem(item: x509.Certificate | x509.CertificateRevocationList) -> bytes:
    """As it stands in the ring's folder."""
    return item.public_bytes(Encoding.PEM)


def _beside(certificate: str, ending: str) -> str:
    return certificate.removesuffix(".pem").removesuffix(".crt") + ending


def _number(crl: x509.CertificateRevocationList | None) -> int:
    if crl is None:
        return 0
    try:
        return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except x509.ExtensionNotFound:
        return 0


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


SEALING_USAGE = _usage(authority=False)
