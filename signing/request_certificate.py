"""Ask a certificate authority outside of this house for a certificate: PKCS#10 (RFC 2986), signed by the key itself."""

from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from signing.as_private_key import as_private_key
from signing.errors import KeyChangeRefused, KeyUnavailable
from signing.keyring_file import read_ring_file
from signing.keys import open_entry
from signing.local_root import SEALING_USAGE, cut, seal_name
from verification.trust import PDF_PURPOSES


def request_certificate(folder: Path, passphrase: bytes, key_id: str, at: datetime) -> bytes:
    """The request for a key that waits for its certificate, in PEM; nothing changes.

    Raises KeyChangeRefused, KeyringMalformed, KeyUnavailable.
    """
    ring = read_ring_file(folder)
    record = ring.find(key_id)
    if record.purpose not in PDF_PURPOSES:
        raise KeyChangeRefused(f"a {record.purpose.value} key takes no certificate")
    if record.compromised_from is not None:
        raise KeyChangeRefused("the key is compromised: no certificate makes it good again")
    if not record.is_pending:
        raise KeyChangeRefused(
            "the key has its certificate, which what it sealed carries: "
            f"`condau keys rotate {record.purpose.value} --outside-ca` makes one that waits for another"
        )
    key = open_entry(record, folder, passphrase, at).key
    unit = next((one for one in ring.units if one.code == record.unit), None)
    subject = seal_name(record.purpose, ring.organisation if unit is None else unit.name)
    if unit is not None:
        organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, cut(ring.organisation, 64))
        within = x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, cut(unit.name, 64))
        country, _, common = subject
        subject = x509.Name([country, organisation, within, common])
    builder = x509.CertificateSigningRequestBuilder(subject).add_extension(SEALING_USAGE, critical=True)
    private_key = as_private_key(key)
    algorithm = None if isinstance(private_key, ed25519.Ed25519PrivateKey) else SHA256()
    request = builder.sign(private_key, algorithm)
    if not request.is_signature_valid:
        raise KeyUnavailable(f"the key {key_id} signs wrongly: see to its backend")
    return request.public_bytes(Encoding.PEM)
