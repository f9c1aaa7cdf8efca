"""A simulated timestamping authority (RFC 3161) over HTTP, with a root of its own and bad behaviour on demand.

Built on another ASN.1 library than the one that reads its answers, so that neither's mistake hides the other's.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Self

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

POLICY = "1.3.6.1.4.1.99999.1"
OTHER_POLICY = "1.3.6.1.4.1.99999.2"
SLOW_SECONDS = 4.0
_LIFETIME = timedelta(days=10 * 365)


class Misbehaviour(StrEnum):
    """What it can do wrong, one thing at a time."""

    WRONG_NONCE = "wrong_nonce"
    WITHOUT_NONCE = "without_nonce"
    OTHER_IMPRINT = "other_imprint"
    OTHER_POLICY = "other_policy"
    STRANGE_CHAIN = "strange_chain"
    WRONG_PURPOSE = "wrong_purpose"
    WRONG_SIGNATURE = "wrong_signature"
    LYING_CLOCK = "lying_clock"
    SLOW = "slow"
    BROKEN = "broken"
    REDIRECTS = "redirects"
    REJECTS = "rejects"
    REJECTS_FOR_NOW = "rejects_for_now"
    GARBAGE = "garbage"
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True)
class _Signer:
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    certificate: x509.Certificate


@dataclass(slots=True)
class TimestampAuthority:
    """The authority's keys and mood. asked: how many requests came in. misbehaves: None while it is well."""

    root: x509.Certificate
    intermediate: x509.Certificate
    signer: _Signer
    clerk: _Signer = field(repr=False)
    misbehaves: Misbehaviour | None = None
    asked: int = 0

    @classmethod
    def make(cls, at: datetime) -> Self:
        """A new authority whose certificates begin a day before `at`."""
        start = at.replace(microsecond=0) - timedelta(days=1)
        root_key, middle_key, key, clerk_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(4))
        root = _certificate("Simulated timestamp root", root_key, "Simulated timestamp root", root_key, start, ca=True)
        middle = _certificate(
            "Simulated timestamp issuer", middle_key, "Simulated timestamp root", root_key, start, ca=True
        )
        signer = _certificate("Simulated timestamp unit", key, "Simulated timestamp issuer", middle_key, start)
        clerk = _certificate(
            "Simulated clerk", clerk_key, "Simulated timestamp issuer", middle_key, start, stamps=False
        )
        return cls(root, middle, _Signer(key, signer), _Signer(clerk_key, clerk))

    @classmethod
    def kept_in(cls, file: Path, at: datetime) -> Self:
        """The authority whose keys are in this file, made there at first: what it once stamped stays good."""
        if not file.exists():
            made = cls.make(at)
            blocks = [c.public_bytes(Encoding.PEM) for c in (made.root, made.intermediate)]
            for one in (made.signer, made.clerk):
                pem = one.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
                blocks += [one.certificate.public_bytes(Encoding.PEM), pem]
            file.touch(mode=0o600)
            file.write_bytes(b"".join(blocks))
        pem = file.read_bytes()
        root, intermediate, signer, clerk = x509.load_pem_x509_certificates(pem)
        marker = b"-----BEGIN PRIVATE KEY-----"
        keys = [load_pem_private_key(marker + part.split(b"-----BEGIN C")[0], None) for part in pem.split(marker)[1:]]
        first, second = (key for key in keys if isinstance(key, ec.EllipticCurvePrivateKey))
        return cls(root, intermediate, _Signer(first, signer), _Signer(second, clerk))

    def root_pem(self) -> bytes:
        """What whoever believes in its timestamps is given."""
        return self.root.public_bytes(Encoding.PEM)

    def answer(self, request: bytes, at: datetime) -> bytes:
        """A TimeStampResp in DER to a TimeStampReq; what can't be read is rejected (RFC 3161 section 2.4.2)."""
        self.asked += 1
        if self.misbehaves is Misbehaviour.GARBAGE:
            return b"\x30\x03\x02\x01\x05 this is no answer"
        if self.misbehaves is Misbehaviour.TOO_LARGE:
            return b"\x30" * (1 << 20)
        if self.misbehaves is Misbehaviour.REJECTS:
            return _rejection("bad_alg")
        if self.misbehaves is Misbehaviour.REJECTS_FOR_NOW:
            return _rejection("time_not_available")
        try:
            asked = tsp.TimeStampReq.load(request, strict=True)
            wanted = asked["message_imprint"]
            if wanted["hash_algorithm"]["algorithm"].native != "sha256" or len(wanted["hashed_message"].native) != 32:
                return _rejection("bad_alg")
        except (ValueError, TypeError, KeyError):
            return _rejection("bad_data_format")
        token = self._token(asked, at)
        return bytes(tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump())

    def _token(self, asked: tsp.TimeStampReq, at: datetime) -> cms.ContentInfo:
        mood = self.misbehaves
        if mood is Misbehaviour.LYING_CLOCK:
            at -= timedelta(days=1)
        digest = asked["message_imprint"]["hashed_message"].native
        if mood is Misbehaviour.OTHER_IMPRINT:
            digest = sha256(digest).digest()
        info = {
            "version": "v1",
            "policy": OTHER_POLICY if mood is Misbehaviour.OTHER_POLICY else POLICY,
            "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest},
            "serial_number": secrets.randbits(64),
            "gen_time": at.replace(microsecond=0),
            "accuracy": {"seconds": 1},
        }
        nonce = asked["nonce"].native
        if nonce is not None and mood is not Misbehaviour.WITHOUT_NONCE:
            info["nonce"] = nonce + 1 if mood is Misbehaviour.WRONG_NONCE else nonce
        by, others = self.signer, (self.intermediate, self.root)
        if mood is Misbehaviour.WRONG_PURPOSE:
            by = self.clerk
        elif mood is Misbehaviour.STRANGE_CHAIN:
            stranger = type(self).make(at)
            by, others = stranger.signer, (stranger.intermediate, stranger.root)
        included = (by.certificate, *others) if asked["cert_req"].native else ()
        return _sign(tsp.TSTInfo(info).dump(), by, included, spoil=mood is Misbehaviour.WRONG_SIGNATURE)


def create_timestamp_authority(authority: TimestampAuthority, clock: Callable[[], datetime]) -> Starlette:
    """An ASGI app: `POST /` with an application/timestamp-query (RFC 3161 section 3.4)."""

    async def stamp(request: Request) -> Response:
        asked = await request.body()
        if authority.misbehaves is Misbehaviour.SLOW:
            await asyncio.sleep(SLOW_SECONDS)
        if authority.misbehaves is Misbehaviour.BROKEN:
            authority.asked += 1
            return Response("out of order", status_code=500)
        if authority.misbehaves is Misbehaviour.REDIRECTS:
            return Response(status_code=307, headers={"Location": "http://127.0.0.1:9/"})
        if request.headers.get("content-type") != "application/timestamp-query":
            return Response(status_code=415)
        return Response(authority.answer(asked, clock()), media_type="application/timestamp-reply")

    return Starlette(routes=[Route("/", stamp, methods=["POST"])])


def _rejection(failure: str) -> bytes:
    status = {"status": "rejection", "status_string": ["rejected"], "fail_info": {failure}}
    said = bytes(tsp.PKIStatusInfo(status).dump())
    # By hand, because the library demands a token in every answer; all of these are shorter than 128 bytes.
    return b"\x30" + bytes([len(said)]) + said


def _sign(content: bytes, by: _Signer, included: tuple[x509.Certificate, ...], *, spoil: bool) -> cms.ContentInfo:
    der = by.certificate.public_bytes(Encoding.DER)
    certificate = asn1_x509.Certificate.load(der)
    ess = tsp.SigningCertificateV2({"certs": [tsp.ESSCertIDv2({"cert_hash": sha256(der).digest()})]})
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["tst_info"]}),
            cms.CMSAttribute({"type": "message_digest", "values": [sha256(content).digest()]}),
            cms.CMSAttribute({"type": "signing_certificate_v2", "values": [ess]}),
        ]
    )
    signature = by.key.sign(attributes.dump(), ec.ECDSA(SHA256()))
    if spoil:
        signature = by.key.sign(b"something else", ec.ECDSA(SHA256()))
    digest_algorithm = algos.DigestAlgorithm({"algorithm": "sha256"})
    signer_info = {
        "version": "v1",
        "sid": {
            "issuer_and_serial_number": {"issuer": certificate.issuer, "serial_number": certificate.serial_number},
        },
        "digest_algorithm": digest_algorithm,
        "signed_attrs": attributes,
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signature": signature,
    }
    signed = {
        "version": "v3",
        "digest_algorithms": [digest_algorithm],
        "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(content)},
        "signer_infos": [signer_info],
    }
    if included:
        signed["certificates"] = [asn1_x509.Certificate.load(c.public_bytes(Encoding.DER)) for c in included]
    return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)})


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    start: datetime,
    *,
    ca: bool = False,
    stamps: bool = True,
) -> x509.Certificate:
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (issuer, name)]
    builder = x509.CertificateBuilder(names[0], names[1], key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(start).not_valid_after(start + _LIFETIME)
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    usage = {"key_cert_sign": ca, "crl_sign": ca, "digital_signature": not ca, "content_commitment": not ca}
    others = ("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only")
    builder = builder.add_extension(x509.KeyUsage(**usage, **dict.fromkeys(others, False)), critical=True)
    if not ca:
        purpose = ExtendedKeyUsageOID.TIME_STAMPING if stamps else ExtendedKeyUsageOID.CODE_SIGNING
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    authority_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return builder.add_extension(authority_id, critical=False).sign(issuer_key, SHA256())
