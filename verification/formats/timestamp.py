"""The TimeStampToken of RFC 3161: a CMS SignedData (RFC 5652) over a TSTInfo, read so that no bit of it is free.

A token is accepted in DER only and in one shape. What its authority signed may vary; what it did not sign (versions,
the list of algorithms, which certificates come along) has one permitted value, or is bounded by `read_token`'s caller.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, TypeVar

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding

from verification.certificates import CERTIFICATE_ERRORS
from verification.formats.cms_parts import AlgorithmIdentifier, Attribute, IssuerAndSerialNumber
from verification.verdict import VerificationError

MAX_TOKEN_BYTES = 32 * 1024
MAX_TOKEN_CERTIFICATES = 4

_T = TypeVar("_T")
_Oid = x509.ObjectIdentifier
_SIGNED_DATA = _Oid("1.2.840.113549.1.7.2")
_TST_INFO = _Oid("1.2.840.113549.1.9.16.1.4")
_CONTENT_TYPE = _Oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = _Oid("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE = _Oid("1.2.840.113549.1.9.16.2.12")
_SIGNING_CERTIFICATE_V2 = _Oid("1.2.840.113549.1.9.16.2.47")

_DIGESTS: dict[_Oid, hashes.HashAlgorithm] = {
    _Oid("2.16.840.1.101.3.4.2.1"): SHA256(),
    _Oid("2.16.840.1.101.3.4.2.2"): SHA384(),
    _Oid("2.16.840.1.101.3.4.2.3"): SHA512(),
}
_ECDSA = {
    _Oid("1.2.840.10045.4.3.2"): "sha256",
    _Oid("1.2.840.10045.4.3.3"): "sha384",
    _Oid("1.2.840.10045.4.3.4"): "sha512",
}
_RSA = {
    _Oid("1.2.840.113549.1.1.11"): "sha256",
    _Oid("1.2.840.113549.1.1.12"): "sha384",
    _Oid("1.2.840.113549.1.1.13"): "sha512",
}
_RSA_OF_ANY_DIGEST = _Oid("1.2.840.113549.1.1.1")


class TimestampMalformed(VerificationError):
    """No timestamp at all, or none of the one shape that counts here."""

    code = "timestamp_malformed"


class TimestampAltered(VerificationError):
    """A timestamp of that shape which proves that something was altered: the data, or the token itself."""

    code = "timestamp_of_something_else"


@asn1.sequence
class _IssuerSerial:
    issuer: list[asn1.TLV]
    serial_number: int


@asn1.sequence
class _EssCertId:
    """RFC 2634: its hash is SHA-1."""

    cert_hash: bytes
    issuer_serial: _IssuerSerial | None


@asn1.sequence
class _EssCertIdV2:
    """RFC 5035: without a hash algorithm it is SHA-256."""

    hash_algorithm: AlgorithmIdentifier | None
    cert_hash: bytes
    issuer_serial: _IssuerSerial | None


@asn1.sequence
class _SigningCertificate:
    certs: list[_EssCertId]
    policies: list[asn1.TLV] | None


@asn1.sequence
class _SigningCertificateV2:
    certs: list[_EssCertIdV2]
    policies: list[asn1.TLV] | None


@asn1.sequence
class _MessageImprint:
    hash_algorithm: AlgorithmIdentifier
    hashed_message: bytes


@asn1.sequence
class _Accuracy:
    seconds: int | None
    millis: Annotated[int | None, asn1.Implicit(0)]
    micros: Annotated[int | None, asn1.Implicit(1)]


@asn1.sequence
class _TstInfo:
    version: int
    policy: _Oid
    message_imprint: _MessageImprint
    serial_number: int
    gen_time: asn1.GeneralizedTime
    accuracy: _Accuracy | None
    ordering: Annotated[bool, asn1.Default(False)]
    nonce: int | None
    tsa: Annotated[list[asn1.TLV] | None, asn1.Implicit(0)]
    extensions: Annotated[list[asn1.TLV] | None, asn1.Implicit(1)]


@asn1.sequence
class _EncapsulatedContentInfo:
    content_type: _Oid
    content: Annotated[bytes, asn1.Explicit(0)]


@asn1.sequence
class _SignerInfo:
    version: int
    sid: IssuerAndSerialNumber
    digest_algorithm: AlgorithmIdentifier
    signed_attributes: Annotated[asn1.SetOf[Attribute], asn1.Implicit(0)]
    signature_algorithm: AlgorithmIdentifier
    signature: bytes


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


@asn1.sequence
class _LooseSignedData:
    """As authorities really send it: the certificates in any order, with more of them, perhaps with CRLs."""

    version: int
    digest_algorithms: asn1.SetOf[AlgorithmIdentifier]
    encapsulated: _EncapsulatedContentInfo
    certificates: Annotated[list[asn1.TLV], asn1.Implicit(0)]
    crls: Annotated[list[asn1.TLV] | None, asn1.Implicit(1)]
    signer_infos: asn1.SetOf[_SignerInfo]


@asn1.sequence
class _LooseContentInfo:
    content_type: _Oid
    content: Annotated[_LooseSignedData, asn1.Explicit(0)]


@dataclass(frozen=True, slots=True)
class TimestampToken:
    """A token taken apart, its constants and digests checked, its signature and its certificates' chain not yet.

    at: when the authority saw the data, give or take `accuracy`. is_rsa: of which kind the signature must be.
    """

    unverified_at: datetime
    unverified_policy: str
    unverified_nonce: int | None
    unverified_accuracy: timedelta
    unverified_signer: x509.Certificate
    unverified_others: tuple[x509.Certificate, ...]
    digest: hashes.HashAlgorithm
    is_rsa: bool
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)


def read_token(der: bytes, digest: bytes) -> TimestampToken:
    """Take a token over `digest` (SHA-256 of what was stamped) apart.

    1. At most MAX_TOKEN_BYTES; DER throughout: what is read encodes to the same bytes again.
    2. One signer, named by issuer and serial number; one to MAX_TOKEN_CERTIFICATES certificates, his among them; the
       versions, content types and the list of algorithms are what RFC 3161 and RFC 5652 prescribe.
    3. The signed attributes, each once: the content type, the digest of the TSTInfo, and the ESS hash (RFC 2634 or
       RFC 5035) of the signer's certificate. Others, such as the signing time, are signed too and say nothing here.
    4. The TSTInfo's imprint is SHA-256, and is `digest`.

    Raises TimestampMalformed, and TimestampAltered for another imprint.
    """
    content = _decode(_ContentInfo, der, MAX_TOKEN_BYTES)
    data, infos = content.content, content.content.signer_infos.as_list()
    certificates = data.certificates.as_list()
    if len(infos) != 1 or not 1 <= len(certificates) <= MAX_TOKEN_CERTIFICATES:
        raise TimestampMalformed
    info = infos[0]
    if (content.content_type, data.version, info.version) != (_SIGNED_DATA, 3, 1):
        raise TimestampMalformed
    if data.encapsulated.content_type != _TST_INFO or not _is_same(data.digest_algorithms, info.digest_algorithm):
        raise TimestampMalformed
    try:
        signer = _named(certificates, info.sid)
        hash_algorithm, is_rsa = _algorithms(info)
        _check_attributes(info.signed_attributes.as_list(), data.encapsulated.content, hash_algorithm, signer)
    except CERTIFICATE_ERRORS:
        raise TimestampMalformed from None

    said = _decode(_TstInfo, data.encapsulated.content, MAX_TOKEN_BYTES)
    imprint = said.message_imprint
    if said.version != 1 or not isinstance(_DIGESTS.get(imprint.hash_algorithm.algorithm), SHA256):
        raise TimestampMalformed
    if imprint.hashed_message != digest:
        raise TimestampAltered
    return TimestampToken(
        unverified_at=said.gen_time.as_datetime(),
        unverified_policy=said.policy.dotted_string,
        unverified_nonce=said.nonce,
        unverified_accuracy=_accuracy(said.accuracy),
        unverified_signer=signer,
        unverified_others=tuple(c for c in certificates if c != signer),
        digest=hash_algorithm,
        is_rsa=is_rsa,
        signed=asn1.encode_der(info.signed_attributes),
        signature=info.signature,
    )


def certificates_of(der: bytes) -> tuple[x509.Certificate, ...]:
    """All certificates of a token as its authority sent it. Raises TimestampMalformed."""
    try:
        loose = asn1.decode_der(_LooseContentInfo, der[: MAX_TOKEN_BYTES + 1])
        return tuple(dict.fromkeys(tlv.parse(x509.Certificate) for tlv in loose.content.certificates))
    except CERTIFICATE_ERRORS:
        raise TimestampMalformed from None


def with_certificates(der: bytes, certificates: tuple[x509.Certificate, ...]) -> bytes:
    """The token with exactly these certificates, in DER's order, and no CRLs. Raises TimestampMalformed.

    No signature covers either, so authorities send them in any order and with more than a verifier needs.
    """
    try:
        loose = asn1.decode_der(_LooseContentInfo, der)
    except CERTIFICATE_ERRORS:
        raise TimestampMalformed from None
    data = loose.content
    tidied = _SignedData(
        version=data.version,
        digest_algorithms=data.digest_algorithms,
        encapsulated=data.encapsulated,
        certificates=asn1.SetOf(list(certificates)),
        signer_infos=data.signer_infos,
    )
    return asn1.encode_der(_ContentInfo(content_type=loose.content_type, content=tidied))


def _decode(kind: type[_T], der: bytes, max_bytes: int) -> _T:
    if len(der) > max_bytes:
        raise TimestampMalformed
    try:
        value = asn1.decode_der(kind, der)
        same = asn1.encode_der(value) == der
    except CERTIFICATE_ERRORS:
        raise TimestampMalformed from None
    if not same:
        raise TimestampMalformed
    return value


def _is_same(algorithms: asn1.SetOf[AlgorithmIdentifier], algorithm: AlgorithmIdentifier) -> bool:
    listed = algorithms.as_list()
    return len(listed) == 1 and asn1.encode_der(listed[0]) == asn1.encode_der(algorithm)


def _named(certificates: list[x509.Certificate], sid: IssuerAndSerialNumber) -> x509.Certificate:
    issuer = asn1.encode_der(sid.issuer)
    named = [c for c in certificates if c.serial_number == sid.serial_number and c.issuer.public_bytes() == issuer]
    if len(named) != 1 or len(set(certificates)) != len(certificates):
        raise TimestampMalformed
    return named[0]


def _algorithms(info: _SignerInfo) -> tuple[hashes.HashAlgorithm, bool]:
    digest, signing = _DIGESTS.get(info.digest_algorithm.algorithm), info.signature_algorithm
    if digest is None:
        raise TimestampMalformed
    if _ECDSA.get(signing.algorithm) == digest.name and signing.parameters is None:
        return digest, False
    fits = signing.algorithm == _RSA_OF_ANY_DIGEST or _RSA.get(signing.algorithm) == digest.name
    if not fits or signing.parameters is None:
        raise TimestampMalformed
    return digest, True


def _check_attributes(
    attributes: list[Attribute], content: bytes, digest: hashes.HashAlgorithm, signer: x509.Certificate
) -> None:
    found: dict[_Oid, bytes] = {}
    for attribute in attributes:
        values = attribute.values.as_list()
        if attribute.type in found or len(values) != 1:
            raise TimestampMalformed
        found[attribute.type] = asn1.encode_der(values[0])
    if found.get(_CONTENT_TYPE) != asn1.encode_der(_TST_INFO):
        raise TimestampMalformed
    if found.get(_MESSAGE_DIGEST) != asn1.encode_der(_hash(digest, content)):
        raise TimestampMalformed
    if not {_SIGNING_CERTIFICATE, _SIGNING_CERTIFICATE_V2} & found.keys():
        raise TimestampMalformed
    certificate = signer.public_bytes(Encoding.DER)
    if (v1 := found.get(_SIGNING_CERTIFICATE)) is not None:
        certs = _decode(_SigningCertificate, v1, MAX_TOKEN_BYTES).certs
        # RFC 3161 fixed SHA-1 here; the certificate must besides be named, sign this, and lead to a trusted root.
        _demand_hash(certs[0].cert_hash if certs else b"", SHA1(), certificate)  # noqa: S303 - see above
    if (v2 := found.get(_SIGNING_CERTIFICATE_V2)) is not None:
        for_v2 = _decode(_SigningCertificateV2, v2, MAX_TOKEN_BYTES).certs
        named = for_v2[0].hash_algorithm if for_v2 else None
        algorithm = SHA256() if named is None else _DIGESTS.get(named.algorithm)
        if algorithm is None:
            raise TimestampMalformed
        _demand_hash(for_v2[0].cert_hash if for_v2 else b"", algorithm, certificate)


def _demand_hash(expected: bytes, algorithm: hashes.HashAlgorithm, data: bytes) -> None:
    if _hash(algorithm, data) != expected:
        raise TimestampMalformed


def _hash(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    hashing = hashes.Hash(algorithm)
    hashing.update(data)
    return hashing.finalize()


def _accuracy(said: _Accuracy | None) -> timedelta:
    if said is None:
        return timedelta()
    seconds, millis, micros = said.seconds or 0, said.millis or 0, said.micros or 0
    if not (0 <= seconds <= 86_400 and 0 <= millis <= 999 and 0 <= micros <= 999):
        raise TimestampMalformed
    return timedelta(seconds=seconds, milliseconds=millis, microseconds=micros)
