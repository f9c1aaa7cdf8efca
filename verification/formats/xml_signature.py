"""An enveloped XML signature in one form: SHA-256, Exclusive C14N, one reference to the whole document, certificates.

The form is what `signxml` writes when its document is put in canonical form. A reader does not interpret it: from
method, digest, value and certificates it is written anew, and has to be the very same bytes.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from verification.certificates import CERTIFICATE_ERRORS
from verification.formats.plain_xml import XmlMalformed
from verification.signatures import Algorithm

MAX_CERTIFICATES = 4
METHODS: Mapping[Algorithm, str] = {
    "ES256": "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "RS256": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
}

_START = b'<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#">'
_SIGNED_INFO = (
    "<ds:SignedInfo{namespace}>"
    '<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:CanonicalizationMethod>'
    '<ds:SignatureMethod Algorithm="{method}"></ds:SignatureMethod>'
    '<ds:Reference URI=""><ds:Transforms>'
    '<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform>'
    '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:Transform>'
    '</ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod>'
    "<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
)
_PARTS = re.compile(
    r"<ds:SignatureValue>([A-Za-z0-9+/=]{4,2000})</ds:SignatureValue><ds:KeyInfo><ds:X509Data>"
    r"((?:<ds:X509Certificate>[A-Za-z0-9+/=\n]{4,8000}</ds:X509Certificate>)"
    rf"{{1,{MAX_CERTIFICATES}}})</ds:X509Data></ds:KeyInfo></ds:Signature>"
)
_CERTIFICATE = re.compile(r"<ds:X509Certificate>([^<]+)</ds:X509Certificate>")


@dataclass(frozen=True, slots=True)
class EnvelopedSignature:
    """Taken apart; nothing in it is verified.

    signed: the bytes under the signature. signature: ES256: r and s, 32 bytes each; RS256: PKCS#1 v1.5.
    """

    algorithm: Algorithm
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    unverified_signer: x509.Certificate
    unverified_others: tuple[x509.Certificate, ...]


def split_signature(data: bytes, end: bytes) -> tuple[bytes, EnvelopedSignature]:
    """The document without its signature, which is the last element before the root's end, and the signature.

    Raises XmlMalformed for any other form, and where the digest is not that of the document.
    """
    body, mark, rest = data.partition(_START)
    if not mark or not rest.endswith(end):
        raise XmlMalformed
    document = body + end
    try:
        text = rest[: -len(end)].decode("ascii")
    except UnicodeDecodeError:
        raise XmlMalformed from None
    digest = b64encode(sha256(document).digest()).decode()
    for algorithm, method in METHODS.items():
        inner = _SIGNED_INFO.format(namespace="", method=method, digest=digest)
        if text.startswith(inner) and (parts := _PARTS.fullmatch(text, len(inner))) is not None:
            signer, *others = (_certificate(one) for one in _CERTIFICATE.findall(parts[2]))
            signed = _signed_info(method, digest)
            return document, EnvelopedSignature(algorithm, signed, _bytes_of(parts[1]), signer, tuple(others))
    raise XmlMalformed


def _signed_info(method: str, digest: str) -> bytes:
    """As it is canonical by itself, apart from the element around it."""
    namespace = ' xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
    return _SIGNED_INFO.format(namespace=namespace, method=method, digest=digest).encode("ascii")


def _certificate(text: str) -> x509.Certificate:
    armoured = f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n"
    try:
        certificate = x509.load_pem_x509_certificate(armoured.encode("ascii"))
        certificate.public_key()  # of a kind that can be read, which loading alone does not tell
        again = certificate.public_bytes(Encoding.PEM).decode("ascii")
    except CERTIFICATE_ERRORS:
        raise XmlMalformed from None
    if again != armoured:
        raise XmlMalformed
    return certificate


def _bytes_of(text: str) -> bytes:
    try:
        decoded = b64decode(text, validate=True)
    except NotBase64:
        raise XmlMalformed from None
    if b64encode(decoded).decode() != text:
        raise XmlMalformed
    return decoded
