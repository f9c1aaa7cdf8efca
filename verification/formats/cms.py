"""The CMS SignedData (RFC 5652) in a PAdES B-B or B-T signature (ETSI EN 319 142-1): one form, written and re-written.

`signed_data` is the only writer: the sealer calls it to build, the verifier to build again from the parts it read
and to compare, so that no byte of the structure is free for anybody to choose.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Annotated

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from verification.formats.cms_parts import AlgorithmIdentifier, Attribute, IssuerAndSerialNumber
from verification.signatures import Algorithm
from verification.verdict import VerificationError

_Oid = x509.ObjectIdentifier
_DATA = _Oid("1.2.840.113549.1.7.1")
_SIGNED_DATA = _Oid("1.2.840.113549.1.7.2")
_CONTENT_TYPE = _Oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = _Oid("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE_V2 = _Oid("1.2.840.113549.1.9.16.2.47")
_SIGNATURE_TIMESTAMP = _Oid("1.2.840.113549.1.9.16.2.14")


_SHA256 = AlgorithmIdentifier(algorithm=_Oid("2.16.840.1.101.3.4.2.1"), parameters=None)
_SIGNATURE_ALGORITHMS = {
    "ES256": AlgorithmIdentifier(algorithm=_Oid("1.2.840.10045.4.3.2"), parameters=None),
    "RS256": AlgorithmIdentifier(algorithm=_Oid("1.2.840.113549.1.1.11"), parameters=asn1.Null()),
}


@asn1.sequence
class _EssCertId:
    """ESSCertIDv2 (RFC 5035); its hash algorithm is absent, which means SHA-256."""

    cert_hash: bytes


@asn1.sequence
class _SigningCertificate:
    certs: list[_EssCertId]


@asn1.sequence
class _EncapsulatedContentInfo:
    content_type: _Oid


@asn1.sequence
class _SignerInfo:
    version: int
    sid: IssuerAndSerialNumber
    digest_algorithm: AlgorithmIdentifier
    signed_attributes: Annotated[asn1.SetOf[Attribute], asn1.Implicit(0)]
    signature_algorithm: AlgorithmIdentifier
    signature: bytes
    unsigned_attributes: Annotated[asn1.SetOf[Attribute] | None, asn1.Implicit(1)]


@asn1.sequence
class _SignedData:
    version: int
    digest_algorithms: asn1.SetOf[AlgorithmIdentifier]
    encapsulated: _EncapsulatedContentInfo
    certificates: Annotated[asn1.SetOf[x509.Certificate], asn1.Implicit(0)]
    signer_infos: asn1.SetOf[_SignerInfo]


@asn1.sequence
class _ContentInfo:
    content_type: _Oid
    content: Annotated[_SignedData, asn1.Explicit(0)]


class CmsMalformed(VerificationError):
    code = "cms_malformed"


@dataclass(frozen=True, slots=True)
class PdfSignature:
    """A SignedData taken apart. The signer is the certificate that the signer info names; nothing is proven yet.

    timestamp: the TimeStampToken over the signature, in DER; None for one of level B-B.
    """

    unverified_signer: x509.Certificate
    unverified_others: tuple[x509.Certificate, ...]
    algorithm: Algorithm
    signature: bytes
    unverified_timestamp: bytes | None = None


def _attributes(digest: bytes, signer: x509.Certificate) -> asn1.SetOf[Attribute]:
    imprint = _attribute(_MESSAGE_DIGEST, asn1.encode_der(digest))
    return asn1.SetOf([_DATA_ATTRIBUTE, imprint, _signing_certificate(signer)])


@lru_cache(maxsize=16)
def _signing_certificate(signer: x509.Certificate) -> Attribute:
    """Kept for the few certificates that seal: each is asked for thousands of times."""
    fingerprint = sha256(signer.public_bytes(Encoding.DER)).digest()
    named = _SigningCertificate(certs=[_EssCertId(cert_hash=fingerprint)])
    return _attribute(_SIGNING_CERTIFICATE_V2, asn1.encode_der(named))


def to_be_signed(digest: bytes, signer: x509.Certificate) -> bytes:
    """The signed attributes as the SET that is signed (RFC 5652 section 5.4). PAdES forbids signing-time here.

    digest: SHA-256 of the bytes that ByteRange covers.
    """
    return asn1.encode_der(_attributes(digest, signer))


def timestamped_digest(algorithm: Algorithm, signature: bytes) -> bytes:
    """What a signature's timestamp is over: SHA-256 of its value in the signer info (ETSI EN 319 122-1 section 5.3)."""
    return sha256(_signature_value(algorithm, signature)).digest()


def signed_data(
    digest: bytes,
    signer: x509.Certificate,
    others: Sequence[x509.Certificate],
    algorithm: Algorithm,
    signature: bytes,
    timestamp: bytes | None = None,
) -> bytes:
    """The whole ContentInfo in DER. others: certificates between the signer and its root; signature as in `sign`.

    timestamp: a TimeStampToken in DER, put in as it is; that no bit of it is free is for `verify_timestamp` to find.
    """
    unsigned = None
    if timestamp is not None:
        unsigned = asn1.SetOf([Attribute(type=_SIGNATURE_TIMESTAMP, values=asn1.SetOf([_tlv(timestamp)]))])
    issuer = IssuerAndSerialNumber(issuer=_tlv(signer.issuer.public_bytes()), serial_number=signer.serial_number)
    info = _SignerInfo(
        version=1,
        sid=issuer,
        digest_algorithm=_SHA256,
        signed_attributes=_attributes(digest, signer),
        signature_algorithm=_SIGNATURE_ALGORITHMS[algorithm],
        signature=_signature_value(algorithm, signature),
        unsigned_attributes=unsigned,
    )
    content = _SignedData(
        version=1,
        digest_algorithms=asn1.SetOf([_SHA256]),
        encapsulated=_EncapsulatedContentInfo(content_type=_DATA),
        certificates=asn1.SetOf([signer, *others]),
        signer_infos=asn1.SetOf([info]),
    )
    return asn1.encode_der(_ContentInfo(content_type=_SIGNED_DATA, content=content))


def read_signed_data(der: bytes) -> PdfSignature:
    """Take a SignedData apart; compare with `signed_data` before believing its constants.

    Raises CmsMalformed, or CERTIFICATE_ERRORS for a certificate that can't be read.
    """
    try:
        content = asn1.decode_der(_ContentInfo, der).content
    except ValueError:
        raise CmsMalformed from None
    infos, certificates = content.signer_infos.as_list(), content.certificates.as_list()
    if len(infos) != 1 or not 1 <= len(certificates) <= 4:
        raise CmsMalformed("cms_signers_unexpected")
    info = infos[0]
    algorithm: Algorithm = "RS256" if info.signature_algorithm.parameters is not None else "ES256"
    try:
        named = [c for c in certificates if c.serial_number == info.sid.serial_number]
        signature = _from_der(info.signature) if algorithm == "ES256" else info.signature
    except ValueError:
        raise CmsMalformed from None
    if len(named) != 1:
        raise CmsMalformed("cms_signer_certificate_missing")
    others = tuple(c for c in certificates if c is not named[0])
    return PdfSignature(named[0], others, algorithm, signature, _timestamp_of(info))


def _timestamp_of(info: _SignerInfo) -> bytes | None:
    if info.unsigned_attributes is None:
        return None
    attributes = info.unsigned_attributes.as_list()
    values = attributes[0].values.as_list() if len(attributes) == 1 else []
    if len(values) != 1 or attributes[0].type != _SIGNATURE_TIMESTAMP:
        raise CmsMalformed("cms_attributes_unexpected")
    return asn1.encode_der(values[0])


def _signature_value(algorithm: Algorithm, signature: bytes) -> bytes:
    return _to_der(signature) if algorithm == "ES256" else signature


def _attribute(oid: _Oid, der: bytes) -> Attribute:
    return Attribute(type=oid, values=asn1.SetOf([_tlv(der)]))


def _tlv(der: bytes) -> asn1.TLV:
    return asn1.decode_der(asn1.TLV, der)


def _to_der(signature: bytes) -> bytes:
    return encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))


def _from_der(signature: bytes) -> bytes:
    r, s = decode_dss_signature(signature)
    if not (0 < r < 1 << 256 and 0 < s < 1 << 256):
        raise CmsMalformed
    return r.to_bytes(32) + s.to_bytes(32)


_DATA_ATTRIBUTE = _attribute(_CONTENT_TYPE, asn1.encode_der(_DATA))
