"""Sign a receipt in XML: an enveloped XML signature by `signxml`, in the one form that our verifier reads."""

import logging
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ed25519
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.signer import XMLSigner

from signing.as_private_key import as_private_key
from signing.errors import ContentNotSealable, KeyUnsuitable
from signing.keys import SigningKey
from signing.permit import SealingPermit
from verification.formats.receipt_xml import START
from verification.trust import KeyPurpose

_METHODS = {"ES256": SignatureMethod.ECDSA_SHA256, "RS256": SignatureMethod.RSA_SHA256}
# At DEBUG it writes down whole what it signs: the payer's name would stand in a log that somebody reads closely.
logging.getLogger("signxml").setLevel(logging.INFO)

# What we sign we have written ourselves; still nothing in it is ever resolved or fetched.
_PARSER = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}


@dataclass(frozen=True, slots=True)
class SealedReceipt:
    """The signed file in canonical form, and its SHA-256, by which a register knows it."""

    data: bytes = field(repr=False)
    sha256: bytes


def seal_receipt(permit: SealingPermit, key: SigningKey) -> SealedReceipt:
    """Sign the permit's XML: SHA-256 with ECDSA or RSA, Exclusive C14N, the key's certificates beside it.

    permit: for KeyPurpose.RECEIPT, redeemed here, at most once; it is spent even if sealing fails afterwards.
    Raises PermitAlreadyRedeemed, PermitForOtherPurpose, KeyUnavailable, KeyUnsuitable, ContentNotSealable.
    """
    method, private = _METHODS.get(key.algorithm), as_private_key(key)
    if method is None or isinstance(private, ed25519.Ed25519PrivateKey) or not key.certificate_chain:
        raise KeyUnsuitable("a receipt is signed with ES256 or RS256 by a key with a certificate")
    content = permit.redeem(KeyPurpose.RECEIPT)
    if not content.startswith(START):
        raise ContentNotSealable("receipt_malformed")
    signer = XMLSigner(
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm=method,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    try:
        root = etree.fromstring(content, etree.XMLParser(**_PARSER))
        # Whatever holds the key, it signs the very bytes that signxml would have given to a key in memory.
        signed = signer.sign(root, key=private, cert=list(key.certificate_chain))
    except (etree.XMLSyntaxError, SignXMLException) as refused:
        raise ContentNotSealable("receipt_malformed") from refused
    data = etree.tostring(signed, method="c14n", exclusive=True)
    return SealedReceipt(data, sha256(data).digest())
