"""An authority of one's own, made at first run: a root, a sealing certificate, and keys for the other purposes."""

import os
import tempfile
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from signing.errors import AuthorityExists, KeyUnsuitable
from signing.keys import KEYRING_FILE
from verification.trust import PDF_PURPOSES, KeyPurpose

PdfKeyType = Literal["p256", "rsa2048", "rsa3072"]
ROOT_LIFETIME = timedelta(days=20 * 365)
KEY_LIFETIME = timedelta(days=5 * 365)
MIN_PASSPHRASE_BYTES = 8

_ROLES = {KeyPurpose.PDF: "document seal", KeyPurpose.RECEIPT: "receipt seal"}
_PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def create_local_authority(
    folder: Path, organisation: str, passphrase: bytes, at: datetime, pdf_key_type: PdfKeyType = "p256"
) -> None:
    """Make `folder`, with a key ring that KeyRing.load opens. Killed at any instant it leaves no folder or a whole one.

    The keys sign from one day before `at` (documents carry dates, and clocks differ) for KEY_LIFETIME. The
    certificates say openly that the root is local: no public authority stands behind it.
    Raises AuthorityExists when the folder holds anything, KeyUnsuitable for a short passphrase.
    """
    if len(passphrase) < MIN_PASSPHRASE_BYTES:
        raise KeyUnsuitable(f"the passphrase must have at least {MIN_PASSPHRASE_BYTES} bytes")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise AuthorityExists(str(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    start = at.replace(microsecond=0) - timedelta(days=1)
    files = _make_files(organisation, passphrase, start, pdf_key_type)

    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))  # mode 700
    try:
        for name, content in files.items():
            _write_private(draft / name, content)
        _sync_folder(draft)
        try:
            draft.rename(folder)  # fails on a folder with content, so a second run that came first is kept
        except OSError:
            raise AuthorityExists(str(folder)) from None
        _sync_folder(folder.parent)
    finally:
        if draft.exists():
            for path in draft.iterdir():
                path.unlink()
            draft.rmdir()


def _make_files(organisation: str, passphrase: bytes, start: datetime, pdf_key_type: PdfKeyType) -> dict[str, bytes]:
    root_key = ec.generate_private_key(ec.SECP256R1())
    root = _root_certificate(root_key, organisation, start)
    files = {"root.key.pem": _private_pem(root_key, passphrase), "root.crt.pem": root.public_bytes(Encoding.PEM)}
    lines = [f"organisation = {_toml_text(organisation)}", 'roots = ["root.crt.pem"]']
    for purpose in KeyPurpose:
        key = _new_key(pdf_key_type if purpose in PDF_PURPOSES else "p256")
        key_id = _key_id(key)
        name = f"{purpose.value}-{key_id}"
        files[f"{name}.key.pem"] = _private_pem(key, passphrase)
        files[f"{name}.pub.pem"] = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        certificates = []
        if purpose in PDF_PURPOSES:
            certificate = _sealing_certificate(key, _ROLES[purpose], organisation, root_key, root, start)
            files[f"{name}.crt.pem"] = certificate.public_bytes(Encoding.PEM)
            certificates = [f"{name}.crt.pem"]
        lines += [
            "",
            "[[key]]",
            f'id = "{key_id}"',
            f'purpose = "{purpose.value}"',
            f'uri = "software:{name}.key.pem"',
            f'public_key = "{name}.pub.pem"',
            f"certificates = {certificates!r}",
            f"not_before = {start.isoformat()}",
            f"not_after = {(start + KEY_LIFETIME).isoformat()}",
        ]
    return files | {KEYRING_FILE: ("\n".join(lines) + "\n").encode()}


def _new_key(kind: PdfKeyType) -> _PrivateKey:
    if kind == "p256":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, {"rsa2048": 2048, "rsa3072": 3072}[kind])


def _key_id(key: _PrivateKey) -> str:
    """Six bytes of the public key's digest: a name, short for the QR code's sake; trust never rests on it."""
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return sha256(spki).hexdigest()[:12]


def _root_certificate(key: ec.EllipticCurvePrivateKey, organisation: str, start: datetime) -> x509.Certificate:
    name = _name(organisation, "local root")
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(start).not_valid_after(start + ROOT_LIFETIME)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
    builder = builder.add_extension(_usage(authority=True), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return builder.sign(key, SHA256())


def _sealing_certificate(
    key: _PrivateKey,
    role: str,
    organisation: str,
    root_key: ec.EllipticCurvePrivateKey,
    root: x509.Certificate,
    start: datetime,
) -> x509.Certificate:
    builder = x509.CertificateBuilder(
        root.subject, _name(organisation, role), key.public_key(), x509.random_serial_number()
    )
    builder = builder.not_valid_before(start).not_valid_after(start + KEY_LIFETIME)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(authority=False), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    authority_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    return builder.add_extension(authority_id, critical=False).sign(root_key, SHA256())


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


def _name(organisation: str, role: str) -> x509.Name:
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, _cut(organisation, 64)),
        x509.NameAttribute(NameOID.COMMON_NAME, f"{_cut(organisation, 61 - len(role))} ({role})"),
    ]
    return x509.Name(attributes)


def _cut(text: str, max_bytes: int) -> str:
    """X.520 bounds a name at 64; `cryptography` counts UTF-8 bytes. Never cut within a letter."""
    return text.encode()[:max_bytes].decode(errors="ignore").strip()


def _private_pem(key: _PrivateKey, passphrase: bytes) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))


def _toml_text(text: str) -> str:
    escaped = "".join(f"\\u{ord(c):04x}" if ord(c) < 32 or c in '"\\\x7f' else c for c in text)
    return f'"{escaped}"'


def _write_private(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
