"""Archiving that asks for the revocation lists which certificates name."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.dss import DocumentSecurityStore

from signing.archive_pdf import archive_pdf
from signing.errors import ArchiveFailed
from signing.keys import KeyRing
from signing.local_authority import create_local_authority
from signing.seal_pdf import seal_pdf
from simulators.timestamp_authority import TimestampAuthority
from tests.archiving import Stamper
from tests.sealing import ORGANISATION, PASSPHRASE, facts_of, key_ring, pdf_permit, rendered
from verification.formats.timestamp import with_certificates
from verification.trust import KeyPurpose

# Who fetches asks for what is true now, so here time is the real one.
NOW = datetime.now(UTC).replace(microsecond=0)


@contextmanager
def publishing(content: list[bytes]) -> Iterator[str]:
    """An address that serves the last of `content`, and 404 while there is none."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if content else 404)
            self.end_headers()
            self.wfile.write(content[-1] if content else b"")

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/revoked.crl"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Issuer:
    """Certifies the simulated authority's key anew, with the address of a revocation list."""

    def __init__(self, address: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name.from_rfc4514_string("CN=Issuer that revokes")
        builder = self._builder(self.name, self.key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        self.certificate = builder.add_extension(usage, critical=True).sign(self.key, SHA256())
        made = TimestampAuthority.make(NOW)
        old = made.signer.certificate
        builder = self._builder(old.subject, old.public_key())  # type: ignore[arg-type] # a key of P-256
        for extension in old.extensions:
            if not isinstance(extension.value, x509.AuthorityKeyIdentifier):
                builder = builder.add_extension(extension.value, critical=extension.critical)
        names = [x509.UniformResourceIdentifier(address)]
        points = x509.CRLDistributionPoints([x509.DistributionPoint(names, None, None, None)])
        self.named = builder.add_extension(points, critical=False).sign(self.key, SHA256())
        signer = replace(made.signer, certificate=self.named)
        self.authority = replace(made, root=self.certificate, intermediate=self.certificate, signer=signer)

    def revocations(self, *serials: int) -> bytes:
        builder = x509.CertificateRevocationListBuilder(self.name, NOW - timedelta(hours=1), NOW + timedelta(days=1))
        for serial in serials:
            entry = x509.RevokedCertificateBuilder(serial, NOW - timedelta(hours=2)).build()
            builder = builder.add_revoked_certificate(entry)
        builder = builder.add_extension(x509.CRLNumber(1), critical=False)
        return builder.sign(self.key, SHA256()).public_bytes(Encoding.DER)

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        start = NOW - timedelta(days=1)
        return x509.CertificateBuilder(
            self.name, subject, key, x509.random_serial_number(), start, start + timedelta(days=99)
        )


class OneCertificate(Stamper):
    """The authority's token with the signer's certificate alone, for its issuer is a root."""

    def timestamp(self, digest: bytes) -> bytes:
        alone = replace(self.authority, intermediate=self.authority.signer.certificate)
        return with_certificates(Stamper(alone, self.clock).timestamp(digest), (alone.signer.certificate,))


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    folder: Path = tmp_path_factory.mktemp("authority") / "keys"
    create_local_authority(folder, ORGANISATION, PASSPHRASE, NOW)
    return KeyRing.load(folder, PASSPHRASE)


def test_fetched_lists_are_kept_and_what_cannot_be_had_is_waited_for(ring: KeyRing) -> None:
    published: list[bytes] = []
    with publishing(published) as address:
        issuer = Issuer(address)
        stamper = OneCertificate(issuer.authority, lambda: NOW)
        trust = replace(ring, timestamp_roots=(issuer.certificate,)).trust_list(NOW)
        permit = pdf_permit(rendered(facts_of(key_ring())))
        data = seal_pdf(permit, ring.active(KeyPurpose.PDF, NOW), ORGANISATION, NOW, timestamper=stamper).data

        def archive() -> bytes:
            return archive_pdf(data, stamper, trust, NOW, crls=ring.crls, fetches=True).data

        with pytest.raises(ArchiveFailed):
            archive()
        published.append(issuer.revocations())
        store = DocumentSecurityStore.read_dss(PdfFileReader(BytesIO(archive()), strict=True))
        kept = [reference.get_object().data for reference in store.crls]
        assert published[0] in kept
        published.append(issuer.revocations(issuer.named.serial_number))
        with pytest.raises(ArchiveFailed, match="Revoked"):
            archive()
    assert published[0] not in archive_pdf(data, stamper, trust, NOW, crls=ring.crls).data
