"""What one seal and one check cost, beside what nothing around them can outrun, and beside the tools of others.

seal-pdf: beside stock pyHanko. qr-sign, qr-verify, credential-sign, credential-verify: beside bare `cryptography`
over the same bytes. status-list: building and signing a list of a million entries beside its bare compression.
"""

from __future__ import annotations

import gc
import random
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter

from benchmarks.measurement import Measurement, Run
from benchmarks.offices import Desk, open_desk
from issuance.certificate import Certificate
from issuance.prepare import prepare_pdf, prepare_qr
from signing.permit import SealingPermit
from signing.seal_credential import SealedCredential, seal_credential
from signing.seal_pdf import seal_pdf
from signing.seal_qr import seal_qr
from signing.status_list import seal_status_list
from tests import sealing
from verification.formats import qr
from verification.formats.facts import encode_facts
from verification.formats.sd_jwt import read_presentation
from verification.register import DocumentStatus
from verification.signatures import is_signed_by
from verification.trust import KeyPurpose
from verification.verdict import VerdictState
from verification.verify_credential import verify_credential
from verification.verify_qr import verify_qr

Act = Callable[[], object]
ENTRIES = 1_000_000
_P256 = ec.ECDSA(SHA256())


def measure(
    say: Callable[[str], None], *, turns: int = 15, acts: int = 200, entries: int = ENTRIES
) -> list[Measurement]:
    """acts: signatures or checks by each side in a turn; a hundredth of that for whole PDFs and lists."""
    measured = [
        *_measure_pdf(turns, max(1, acts // 20)),
        *_measure_qr(turns, acts),
        *_measure_credential(turns, acts),
        _measure_status_list(turns, max(1, acts // 100), entries),
    ]
    for one in measured:
        say(f"{one.name}: {one.ours:,.0f} against {one.baseline:,.0f} {one.unit}, ratio {one.ratio:.3g}")
    return measured


def _measure_pdf(turns: int, acts: int) -> list[Measurement]:
    with TemporaryDirectory(prefix="condau-bench-") as folder, open_desk(Path(folder), "p256") as desk:
        certificate = desk.intended()
        page = _rendered(desk, certificate)
        key, at = desk.workshop.keys.by_id(certificate.pdf_key_id), desk.workshop.clock()

        def ours() -> None:
            permit = SealingPermit.grant(serial="bench", purpose=KeyPurpose.PDF, content=page)
            seal_pdf(permit, key, certificate.content["issuing_body"], at)

        stock = partial(_stock_seal, page, _stock_signer(desk, certificate.pdf_key_id))
        return [
            _beside(
                "seal-pdf",
                "seals/s",
                "seal_pdf: permit, PAdES B-B with P-256 over a rendered page",
                "pyHanko's sign_pdf with its SimpleSigner, loaded once, PAdES, certified",
                ours,
                stock,
                turns,
                acts,
                {"page_bytes": len(page)},
            )
        ]


def _rendered(desk: Desk, certificate: Certificate) -> bytes:
    workshop = desk.workshop
    code = seal_qr(prepare_qr(certificate), workshop.keys.by_id(certificate.qr_key_id), workshop.public_url)
    document_type = workshop.catalogue.get(certificate.type_id)
    return prepare_pdf(certificate, document_type, workshop.renderer, code.link).redeem(KeyPurpose.PDF)


def _stock_signer(desk: Desk, key_id: str) -> signers.SimpleSigner:
    (key,) = desk.keys_folder.glob(f"*-{key_id}.key.pem")
    signer = signers.SimpleSigner.load(
        str(key),
        str(key.with_name(key.name.replace(".key.", ".crt."))),
        ca_chain_files=(str(desk.keys_folder / "root.crt.pem"),),
        key_passphrase=desk.passphrase,
    )
    if not isinstance(signer, signers.SimpleSigner):
        raise TypeError("pyHanko could not read the key")
    return signer


def _stock_seal(page: bytes, signer: signers.SimpleSigner) -> None:
    metadata = signers.PdfSignatureMetadata(
        field_name="Signature1",
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    signers.sign_pdf(IncrementalPdfFileWriter(BytesIO(page)), metadata, signer=signer)


def _measure_qr(turns: int, acts: int) -> list[Measurement]:
    ring = sealing.key_ring()
    facts = sealing.facts_of(ring)
    key, trust = ring.active(KeyPurpose.QR, sealing.AT), ring.trust_list(sealing.AT)
    sealed, status = sealing.sealed_qr(facts, ring), sealing.snapshot(ring)
    envelope = qr.decode_envelope(sealed.payload)
    signed = qr.to_be_signed(envelope.protected, envelope.payload)
    in_der = encode_dss_signature(int.from_bytes(envelope.signature[:32]), int.from_bytes(envelope.signature[32:]))
    private = _any_p256_key()
    public = key.public_key
    assert isinstance(public, ec.EllipticCurvePublicKey)

    def sign() -> None:
        protected = qr.protected_header(key.key_id)
        qr.encode_envelope(protected, envelope.payload, key.sign(qr.to_be_signed(protected, envelope.payload)))

    def verify() -> None:
        found = qr.decode_envelope(sealed.payload)
        if not is_signed_by(public, "ES256", found.signature, qr.to_be_signed(found.protected, found.payload)):
            raise AssertionError("the seal is genuine")

    claims = {"payload_bytes": len(sealed.payload)}
    whole_seal = 1 / _seconds(partial(sealing.sealed_qr, facts, ring), acts)
    whole_check = 1 / _seconds(partial(verify_qr, sealed.link, trust, status, sealing.AT), acts)
    return [
        _beside(
            "qr-sign",
            "signatures/s",
            "COSE_Sign1 over given claims: header, Sig_structure, ES256, envelope",
            "bare cryptography: ECDSA over the same Sig_structure",
            sign,
            partial(private.sign, signed, _P256),
            turns,
            acts,
            {**claims, "facts_to_link_per_second": round(whole_seal)},
        ),
        _beside(
            "qr-verify",
            "checks/s",
            "COSE_Sign1 taken apart strictly, its signature verified",
            "bare cryptography: ECDSA over the same Sig_structure, the signature in DER",
            verify,
            partial(public.verify, in_der, signed, _P256),
            turns,
            acts,
            {**claims, "link_to_verdict_per_second": round(whole_check)},
        ),
    ]


def _measure_credential(turns: int, acts: int) -> list[Measurement]:
    ring = sealing.key_ring()
    key, trust = ring.active(KeyPurpose.CREDENTIAL, sealing.AT), ring.trust_list(sealing.AT)
    facts = replace(sealing.facts_of(ring), key_id=key.key_id)
    content, status = encode_facts(facts), sealing.snapshot(ring)
    private, public = _any_p256_key(), key.public_key
    assert isinstance(public, ec.EllipticCurvePublicKey)

    def sign() -> SealedCredential:
        permit = SealingPermit.grant(serial="bench", purpose=KeyPurpose.CREDENTIAL, content=content)
        return seal_credential(permit, key, sealing.PUBLIC_URL)

    text = sign().text
    token = read_presentation(text).issuer_jwt
    in_der = encode_dss_signature(int.from_bytes(token.signature[:32]), int.from_bytes(token.signature[32:]))

    def verify() -> None:
        if verify_credential(text, trust, status, sealing.AT).state is not VerdictState.VALID:
            raise AssertionError("the credential is genuine")

    size = {"characters": len(text)}
    return [
        _beside(
            "credential-sign",
            "credentials/s",
            "seal_credential: facts to SD-JWT VC, each fact its own disclosure",
            "bare cryptography: ECDSA over the same signing input",
            sign,
            partial(private.sign, token.signing_input, _P256),
            turns,
            acts,
            dict(size),
        ),
        _beside(
            "credential-verify",
            "checks/s",
            "verify_credential: text to verdict, all disclosures, status from a list at hand",
            "bare cryptography: ECDSA over the same signing input, the signature in DER",
            verify,
            partial(public.verify, in_der, token.signing_input, _P256),
            turns,
            acts,
            dict(size),
        ),
    ]


def _any_p256_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _measure_status_list(turns: int, acts: int, entries: int) -> Measurement:
    ring = sealing.key_ring()
    key = ring.active(KeyPurpose.STATUS, sealing.AT)
    size = entries - entries % 8
    chance = random.Random(1)
    revoked = dict.fromkeys(chance.sample(range(size), size // 100), DocumentStatus.REVOKED)
    packed = bytearray(size // 4)
    for index in revoked:
        packed[index >> 2] |= 1 << (index % 4 * 2)
    raw = bytes(packed)
    built: list[str] = []

    def ours() -> None:
        built[:] = [seal_status_list(revoked, size, key, sealing.LIST_URI, sealing.AT, 3600, 60)]

    return _beside(
        "status-list",
        "lists/s",
        f"{size:,} entries of two bits, one in a hundred revoked: packed, compressed, signed",
        "zlib alone over the packed entries",
        ours,
        partial(zlib.compress, raw, 9),
        turns,
        acts,
        {"entries": size, "revoked": len(revoked), "token_bytes": lambda: len(built[0])},
    )


def _beside(
    name: str,
    unit: str,
    ours_is: str,
    baseline_is: str,
    ours: Act,
    baseline: Act,
    turns: int,
    acts: int,
    details: dict[str, object],
) -> Measurement:
    ours(), baseline()
    runs = [Run(ours=1 / _seconds(ours, acts), baseline=1 / _seconds(baseline, acts)) for _ in range(turns)]
    told = {key: value() if callable(value) else value for key, value in details.items()}
    return Measurement(name=name, unit=unit, ours_is=ours_is, baseline_is=baseline_is, runs=runs, details=told)


def _seconds(act: Act, acts: int) -> float:
    """As `timeit` does, without the garbage collector: it would walk over all that the other side has imported."""
    gc.collect()
    gc.disable()
    try:
        started = time.perf_counter()
        for _ in range(acts):
            act()
        return (time.perf_counter() - started) / acts
    finally:
        gc.enable()
