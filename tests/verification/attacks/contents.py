"""What can be done to a seal's /Contents, the one part of a file that its signature does not cover."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha1

from asn1crypto import cms as asn1_cms
from asn1crypto import core as asn1_core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.issuance.office import MONDAY
from tests.verification.attacks.anatomy import Case, Maker, with_hole
from tests.verification.attacks.strangers import key_of, look_alike, signed_by
from verification.trust import KeyPurpose

Change = Callable[[asn1_cms.ContentInfo, Case], None]
_TIME = asn1_cms.Time({"utc_time": MONDAY})


def _der(case: Case) -> bytes:
    return case.seal.contents


def _hex(der: bytes) -> bytes:
    return der.hex().encode()


def _padded(put: bytes, where: int) -> Maker:
    """where: from the hole's end where negative, else from the end of the DER."""

    def make(case: Case) -> bytes:
        start, end = case.hole
        at = end + where if where < 0 else start + 2 * len(_der(case)) + where
        return case.data[:at] + put + case.data[at + len(put) :]

    return make


def _rewritten(change: Change) -> Maker:
    """The CMS taken apart and put together again by another program."""

    def make(case: Case) -> bytes:
        info = asn1_cms.ContentInfo.load(_der(case))
        change(info, case)
        return with_hole(case, _hex(info.dump()))

    return make


def _signer(info: asn1_cms.ContentInfo) -> asn1_cms.SignerInfo:
    return info["content"]["signer_infos"][0]


def _indefinite(case: Case) -> bytes:
    """BER: the outermost SEQUENCE without a length, ended by two zeros, which the padding supplies."""
    der = _der(case)
    return with_hole(case, _hex(b"\x30\x80" + der[4:]))


def _longer_length(case: Case) -> bytes:
    der = _der(case)
    return with_hole(case, _hex(b"\x30\x83\x00" + der[2:4] + der[4:]))


def _replaced(old: bytes, new: bytes) -> Maker:
    def make(case: Case) -> bytes:
        der = _der(case)
        assert old in der
        return with_hole(case, _hex(der.replace(old, new)))

    return make


def _upper(case: Case) -> bytes:
    start, end = case.hole
    return with_hole(case, case.data[start:end].upper())


def _spaced(put: bytes) -> Maker:
    """White space among the digits, in exchange for padding: other readers skip it."""

    def make(case: Case) -> bytes:
        start, end = case.hole
        digits = case.data[start:end]
        return with_hole(case, digits[:64] + put + digits[64 : len(digits) - len(put)])

    return make


def _literal(case: Case) -> bytes:
    """The same bytes as a literal string; its parentheses stand where the brackets did."""
    start, end = case.hole
    text = _der(case).replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)").replace(b"\r", b"\\r")
    return case.data[: start - 1] + b"(" + text.ljust(end - start, b"\0") + b")" + case.data[end + 1 :]


def _contents_of_other(case: Case) -> bytes:
    other = Case(case.kind, case.level, case.other, case.data, case.home)
    return with_hole(case, _hex(other.seal.contents))


def _put_beside(info: asn1_cms.ContentInfo, certificate: x509.Certificate) -> None:
    info["content"]["certificates"].append(asn1_cms.CertificateChoices("certificate", _loaded(certificate)))


def _loaded(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def _sibling(case: Case) -> x509.Certificate:
    return key_of(case.home.ring, KeyPurpose.RECEIPT).certificate_chain[0]


def _sibling_instead(info: asn1_cms.ContentInfo, case: Case) -> None:
    named = _loaded(_sibling(case))
    info["content"]["certificates"] = [asn1_cms.CertificateChoices("certificate", named)]
    _signer(info)["sid"] = asn1_cms.SignerIdentifier(
        "issuer_and_serial_number",
        {"issuer": named.issuer, "serial_number": named.serial_number},
    )


def _no_certificates(info: asn1_cms.ContentInfo, case: Case) -> None:
    info["content"]["certificates"] = []


def _two_signers(info: asn1_cms.ContentInfo, case: Case) -> None:
    infos = info["content"]["signer_infos"]
    infos.append(_signer(info).copy())


def _strangers_signer_too(info: asn1_cms.ContentInfo, case: Case) -> None:
    ring = look_alike(case.kind)
    other = asn1_cms.ContentInfo.load(signed_by(ring, case.seal.digest))
    info["content"]["signer_infos"].append(_signer(other))
    for certificate in other["content"]["certificates"]:
        info["content"]["certificates"].append(certificate)


def _beside_signature(info: asn1_cms.ContentInfo, attribute: asn1_cms.CMSAttribute) -> None:
    attributes = _signer(info)["unsigned_attrs"]
    known = [] if isinstance(attributes, asn1_core.Void) else list(attributes)
    _signer(info)["unsigned_attrs"] = [*known, attribute]


def _unsigned_attribute(info: asn1_cms.ContentInfo, case: Case) -> None:
    _beside_signature(info, asn1_cms.CMSAttribute({"type": "signing_time", "values": [_TIME]}))


def _counter_signature(info: asn1_cms.ContentInfo, case: Case) -> None:
    again = asn1_cms.SignerInfo.load(_signer(asn1_cms.ContentInfo.load(_der(case))).dump())
    _beside_signature(info, asn1_cms.CMSAttribute({"type": "counter_signature", "values": [again]}))


def _signing_time(info: asn1_cms.ContentInfo, case: Case) -> None:
    attribute = asn1_cms.CMSAttribute({"type": "signing_time", "values": [_TIME]})
    _signer(info)["signed_attrs"].append(attribute)


def _no_signed_attributes(info: asn1_cms.ContentInfo, case: Case) -> None:
    _signer(info)["signed_attrs"] = None


def _content_within(info: asn1_cms.ContentInfo, case: Case) -> None:
    info["content"]["encap_content_info"]["content"] = b"what was meant"


def _version(info: asn1_cms.ContentInfo, case: Case) -> None:
    info["content"]["version"] = "v3"


def _signer_version(info: asn1_cms.ContentInfo, case: Case) -> None:
    _signer(info)["version"] = "v3"


def _sha1(info: asn1_cms.ContentInfo, case: Case) -> None:
    """All that names a hash names SHA-1, and the message digest is one."""
    info["content"]["digest_algorithms"][0]["algorithm"] = "sha1"
    _signer(info)["digest_algorithm"]["algorithm"] = "sha1"
    covered = case.data[: case.hole[0] - 1] + case.data[case.hole[1] + 1 : case.sealed_bytes]
    for attribute in _signer(info)["signed_attrs"]:
        if attribute["type"].native == "message_digest":
            attribute["values"][0] = sha1(covered, usedforsecurity=False).digest()


def _null_parameters(info: asn1_cms.ContentInfo, case: Case) -> None:
    """The same algorithm with NULL written where it may be left out."""
    _signer(info)["digest_algorithm"] = {"algorithm": "sha256", "parameters": asn1_core.Null()}


def _attributes_turned(case: Case) -> bytes:
    """The signed attributes in another order within the DER as it stands; the signature is over the sorted ones."""
    der = _der(case)
    info = asn1_cms.ContentInfo.load(der)
    written = [attribute.dump() for attribute in _signer(info)["signed_attrs"]]
    return with_hole(case, _hex(der.replace(b"".join(written), b"".join(reversed(written)))))


def _no_signing_certificate(info: asn1_cms.ContentInfo, case: Case) -> None:
    kept = [a for a in _signer(info)["signed_attrs"] if a["type"].native != "signing_certificate_v2"]
    _signer(info)["signed_attrs"] = kept


def _pss(info: asn1_cms.ContentInfo, case: Case) -> None:
    _signer(info)["signature_algorithm"] = {"algorithm": "rsassa_pss"}


def _signature_of_nothing(info: asn1_cms.ContentInfo, case: Case) -> None:
    """r and s of zero, or a row of zeros."""
    old = _signer(info)["signature"].native
    _signer(info)["signature"] = bytes.fromhex("3006020100020100") if case.kind == "p256" else bytes(len(old))


CONTENTS: dict[str, Maker] = {
    "padding: first byte": _padded(b"01", 0),
    "padding: last digit": _padded(b"1", -1),
    "padding: in the middle": _padded(b"ff", -400),
    "padding: an object": _padded(b"31", -600),
    "BER: no length": _indefinite,
    "BER: longer length": _longer_length,
    "upper-case digits": _upper,
    "digits with spaces": _spaced(b"  "),
    "digits with a newline": _spaced(b"\n\n"),
    "an odd number of digits": lambda case: with_hole(case, case.data[case.hole[0] : case.hole[1] - 1], b" "),
    "a literal text": _literal,
    "nothing but zeros": lambda case: with_hole(case, b""),
    "contents of another genuine document": _contents_of_other,
    "another certificate beside": _rewritten(lambda info, case: _put_beside(info, look_alike(case.kind).roots[0])),
    "the root beside": _rewritten(lambda info, case: _put_beside(info, case.home.trust.roots[0])),
    "a sibling's certificate beside": _rewritten(lambda info, case: _put_beside(info, _sibling(case))),
    "a sibling's certificate instead": _rewritten(_sibling_instead),
    "no certificates": _rewritten(_no_certificates),
    "two signers": _rewritten(_two_signers),
    "a stranger's signature beside": _rewritten(_strangers_signer_too),
    "an unsigned attribute more": _rewritten(_unsigned_attribute),
    "a countersignature": _rewritten(_counter_signature),
    "a signed attribute more": _rewritten(_signing_time),
    "no signed attributes": _rewritten(_no_signed_attributes),
    "no signing certificate named": _rewritten(_no_signing_certificate),
    "signed attributes in another order": _attributes_turned,
    "content within": _rewritten(_content_within),
    "another version of SignedData": _rewritten(_version),
    "another version of SignerInfo": _rewritten(_signer_version),
    "SHA-1": _rewritten(_sha1),
    "NULL parameters": _rewritten(_null_parameters),
    "RSA-PSS": _rewritten(_pss),
    "a signature of nothing": _rewritten(_signature_of_nothing),
    "another content type": _replaced(bytes.fromhex("06092a864886f70d010701"), bytes.fromhex("06092a864886f70d010702")),
    "another type of content info": _replaced(
        bytes.fromhex("06092a864886f70d010702a0"), bytes.fromhex("06092a864886f70d010703a0")
    ),
}
