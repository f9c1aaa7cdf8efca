"""Which certificates may seal: paths of several kinds, each signed for real over a real page."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from signing.seal_pdf import seal_pdf
from tests.sealing import AT, facts_of, key_ring, pdf_permit, rendered, snapshot
from verification.certificates import leads_to_root
from verification.signatures import Algorithm
from verification.trust import KeyPurpose, PublicKey, TrustedKey, TrustList
from verification.verdict import Verdict, VerdictState
from verification.verify_pdf import verify_pdf

RING = key_ring()
PAGE = rendered(facts_of(RING))


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass(frozen=True)
class Party:
    """A key with its certificate; it signs pages, or certificates of others."""

    private: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    issuers: tuple[x509.Certificate, ...] = ()
    key_id: str = "test"
    algorithm: Algorithm = "ES256"

    @property
    def public_key(self) -> PublicKey:
        return self.private.public_key()

    @property
    def certificate_chain(self) -> tuple[x509.Certificate, ...]:
        return (self.certificate, *self.issuers)

    def sign(self, data: bytes) -> bytes:
        r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)


def party(
    text: str,
    issuer: Party | None,
    *,
    ca: bool = False,
    path_length: int | None = None,
    non_repudiation: bool = True,
    also_signs: bool = False,
    critical_unknown: bool = False,
    issuers: tuple[x509.Certificate, ...] = (),
) -> Party:
    private = ec.generate_private_key(ec.SECP256R1())
    signer = issuer.private if issuer else private
    subject = name(text)
    builder = x509.CertificateBuilder(
        issuer.certificate.subject if issuer else subject,
        subject,
        private.public_key(),
        x509.random_serial_number(),
        AT - timedelta(days=1),
        AT + timedelta(days=100),
    )
    signs = not ca or also_signs
    usage = x509.KeyUsage(signs, non_repudiation and signs, False, False, False, ca, ca, False, False)
    builder = builder.add_extension(x509.BasicConstraints(ca, path_length), critical=True)
    builder = builder.add_extension(usage, critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    builder = builder.add_extension(authority, critical=False)
    if critical_unknown:
        unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")
        builder = builder.add_extension(unknown, critical=True)
    return Party(private, builder.sign(signer, SHA256()), issuers)


ROOT = party("Root", None, ca=True)
MIDDLE = party("Middle", ROOT, ca=True)
STRANGER = party("Stranger", None, ca=True)
SHORT_ROOT = party("Short root", None, ca=True, path_length=0)
SHORT_MIDDLE = party("Short middle", SHORT_ROOT, ca=True)


def verdict_on(sealer: Party, root: Party = ROOT) -> Verdict:
    """The verifier lists the sealer's key: what is left to decide is its certificate's path."""
    data = seal_pdf(pdf_permit(PAGE), sealer, "Người ký", AT).data
    period = (AT - timedelta(days=1), AT + timedelta(days=100))
    key = TrustedKey(sealer.key_id, KeyPurpose.PDF, sealer.public_key, "Người ký", *period, sealer.certificate)
    return verify_pdf(data, TrustList((key,), (root.certificate,), AT), None, snapshot(RING), AT)


def test_a_path_over_an_intermediate_certificate_counts() -> None:
    assert verdict_on(party("Leaf", MIDDLE, issuers=(MIDDLE.certificate,))).state is VerdictState.VALID
    assert verdict_on(party("Leaf", ROOT)).state is VerdictState.VALID


@pytest.mark.parametrize(
    ("sealer", "root"),
    [
        pytest.param(party("Leaf", MIDDLE), ROOT, id="intermediate missing"),
        pytest.param(party("Leaf", ROOT, issuers=(STRANGER.certificate,)), ROOT, id="unused certificate added"),
        pytest.param(party("Leaf", STRANGER, issuers=(STRANGER.certificate,)), ROOT, id="brings its own root"),
        pytest.param(party("Leaf", ROOT, non_repudiation=False), ROOT, id="not for signing documents"),
        pytest.param(party("Authority", ROOT, ca=True), ROOT, id="an authority"),
        pytest.param(party("Authority", ROOT, ca=True, also_signs=True), ROOT, id="an authority that also signs"),
        pytest.param(party("Leaf", party("End", ROOT)), ROOT, id="issued by no authority"),
        pytest.param(
            party("Leaf", SHORT_MIDDLE, issuers=(SHORT_MIDDLE.certificate,)), SHORT_ROOT, id="path longer than allowed"
        ),
    ],
)
def test_other_certificates_seal_soundly_and_still_are_unknown(sealer: Party, root: Party) -> None:
    verdict = verdict_on(sealer, root)
    assert (verdict.state, verdict.reason, verdict.facts) == (VerdictState.UNKNOWN_ISSUER, "issuer_unknown", None)
    assert verdict.seal.code == "seal_intact"


def test_a_critical_extension_that_nobody_understands_is_not_passed_over() -> None:
    strange = party("Leaf", ROOT, critical_unknown=True)
    assert not leads_to_root(strange.certificate, (), (ROOT.certificate,), AT)


def test_a_key_of_a_kind_that_does_not_count_is_no_signature() -> None:
    builder = x509.CertificateBuilder(
        ROOT.certificate.subject,
        name("Leaf"),
        ed25519.Ed25519PrivateKey.generate().public_key(),
        x509.random_serial_number(),
        AT - timedelta(days=1),
        AT + timedelta(days=1),
    )
    odd = Party(ROOT.private, builder.sign(ROOT.private, SHA256()))
    assert verdict_on(odd).reason == "signature_wrong"
