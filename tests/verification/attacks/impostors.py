"""Seals of others in the place of the genuine one, further seals, and the genuine one around other bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from io import BytesIO

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signing.keys import KeyRing
from signing.permit import SealingPermit
from signing.seal_pdf import seal_pdf
from tests.issuance.office import MONDAY
from tests.verification.attacks.anatomy import Case, Maker, number_of, reference, stream, updated, with_hole
from tests.verification.attacks.genuine import ORGANISATION
from tests.verification.attacks.strangers import key_of, look_alike, signed_by
from tests.verification.attacks.updates import FORGED
from verification.formats import cms
from verification.formats.pdf_values import write_value
from verification.trust import KeyPurpose


def _digits(der: bytes) -> bytes:
    return der.hex().encode()


def _page(case: Case) -> bytes:
    """What was rendered, and never sealed."""
    return case.data[: case.data.index(b"%%EOF") + 5] + b"\n"


def _forged_page(case: Case) -> bytes:
    """The page with another text in its title, of the same length: whoever seals first can write what he likes."""
    return _page(case).replace(b"/Title<FEFF0050", b"/Title<FEFF0051")


def _sealed_by(ring: KeyRing, purpose: KeyPurpose, page: bytes) -> bytes:
    permit = SealingPermit.grant(serial="attack", purpose=purpose, content=page)
    return seal_pdf(permit, key_of(ring, purpose), ORGANISATION, MONDAY + timedelta(minutes=1)).data


def _by_stranger(case: Case) -> bytes:
    return _sealed_by(look_alike(case.kind), KeyPurpose.PDF, _forged_page(case))


def _by_sibling(case: Case) -> bytes:
    return _sealed_by(case.home.ring, KeyPurpose.RECEIPT, _forged_page(case))


def _strangers_contents(case: Case) -> bytes:
    """A stranger's signature over the very bytes of the genuine file."""
    return with_hole(case, _digits(signed_by(look_alike(case.kind), case.seal.digest)))


def _siblings_contents(case: Case) -> bytes:
    """The receipts' key signs the very bytes of a genuine extract."""
    return with_hole(case, _digits(signed_by(case.home.ring, case.seal.digest, KeyPurpose.RECEIPT)))


def _strangers_claiming_ours(case: Case) -> bytes:
    """Signed by a stranger, with the genuine signer's certificate put in."""
    key = key_of(look_alike(case.kind), KeyPurpose.PDF)
    signer = key_of(case.home.ring, KeyPurpose.PDF).certificate_chain[0]
    signature = key.sign(cms.to_be_signed(case.seal.digest, signer))
    return with_hole(case, _digits(cms.signed_data(case.seal.digest, signer, (), key.algorithm, signature)))


def _other_revision(case: Case) -> bytes:
    """The seal of one genuine document, appended to the page of another."""
    other = case.other[case.other.index(b"%%EOF") + 6 :]
    return _page(case) + other


def _pyhanko_signer(ring: KeyRing) -> signers.SimpleSigner:
    key = key_of(ring, KeyPurpose.PDF)
    private = key._private_key  # type: ignore[attr-defined]  # whoever has the ring's files has it
    raw = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    certificate = asn1_x509.Certificate.load(key.certificate_chain[0].public_bytes(Encoding.DER))
    return signers.SimpleSigner(
        signing_cert=certificate,
        signing_key=asn1_keys.PrivateKeyInfo.load(raw),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]  # pyHanko has no types here
    )


def _by_pyhanko(whose: Callable[[Case], KeyRing]) -> Maker:
    """Certified by another program, with all that PAdES asks for, and no change allowed."""

    def make(case: Case) -> bytes:
        metadata = signers.PdfSignatureMetadata(
            field_name="Signature1",
            certify=True,
            docmdp_permissions=fields.MDPPerm.NO_CHANGES,
            subfilter=fields.SigSeedSubFilter.PADES,
            md_algorithm="sha256",
        )
        writer = IncrementalPdfFileWriter(BytesIO(_page(case)), strict=False)
        signed = signers.sign_pdf(writer, metadata, _pyhanko_signer(whose(case)), bytes_reserved=16384)
        return bytes(signed.getvalue())

    return make


def _approval(case: Case, ring: KeyRing) -> bytes:
    """Another seal over the whole sealed file, as somebody who approves of it would add."""
    new = case.free_number
    placeholder = b"[" + b" " * 40 + b"]"
    seal = b"<</Type /Sig/Filter /Adobe.PPKLite/SubFilter /ETSI.CAdES.detached/ByteRange %s/Contents <%s>>>" % (
        placeholder, b"0" * 16384,
    )  # fmt: skip
    form = dict(case.pdf.dict_of(case.catalog[b"/AcroForm"]))
    form[b"/Fields"] = [*case.pdf.list_of(form[b"/Fields"]), reference(new)]
    page = case.page | {b"/Annots": [*case.pdf.list_of(case.page[b"/Annots"]), reference(new)]}
    field = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Approval)/F 132/Rect[0 0 0 0]/P %s/V %s>>" % (
        reference(case.page_number), reference(new + 1),
    )  # fmt: skip
    out = bytearray(
        updated(
            case,
            {
                case.catalog_number: case.catalog | {b"/AcroForm": form},
                case.page_number: page,
                new: field,
                new + 1: seal,
            },
        )
    )
    first = out.index(b"/Contents <" + b"0" * 16384, len(case.data)) + len(b"/Contents ")
    second = first + 16384 + 2
    place = out.index(placeholder, len(case.data))
    out[place : place + 42] = (b"[0 %d %d %d]" % (first, second, len(out) - second)).ljust(42)
    der = _digits(signed_by(ring, sha256(out[:first] + out[second:]).digest()))
    out[first + 1 : first + 1 + len(der)] = der
    return bytes(out)


def _wrapped(case: Case) -> bytes:
    """Signature wrapping: all that is signed is still there, moved apart, with another table in between.

    The sealed table's place, to which the end of the file still points, holds the forger's.
    """
    sealed, start, end = case.seal.file, case.hole[0] - 1, case.hole[1] + 1
    rest = sealed.data[end:]
    content = number_of(case.page[b"/Contents"])
    page = b"%d 0 obj\n%s\nendobj\n" % (content, stream(FORGED))
    root, info = (write_value(case.pdf.trailer[name]) for name in (b"/Root", b"/Info"))
    trailer = b"trailer\n<</Size %d/Root %s/Info %s/Prev %d>>\n" % (
        case.free_number, root, info, sealed.revision_starts[-1],
    )  # fmt: skip
    line = b"%d 1\n%010d 00000 n \n"
    catalog = b"%d 0 obj\n%s\nendobj\n" % (case.catalog_number, case.raw(case.catalog_number))
    lines_bytes = sum(len(line % (number, 0)) for number in (content, case.catalog_number, case.seal_number))
    at = sealed.startxref + len(b"xref\n") + lines_bytes + len(trailer)
    lines = line % (content, at) + line % (case.catalog_number, at + len(page))
    lines += line % (case.seal_number, at + len(page) + len(catalog))
    body = case.raw(case.seal_number)
    # As wide as the space that the genuine one has, so that the number of its own end changes nothing.
    width = len(re.search(rb"/ByteRange \[[\d ]+\] *", body)[0])  # type: ignore[index]  # every seal has one
    before = b"xref\n" + lines + trailer + page + catalog
    moved = sealed.startxref + len(before) + len(b"%d 0 obj\n%s\nendobj\n" % (case.seal_number, body))
    ranges = (b"/ByteRange [0 %d %d %d]" % (start, moved, len(rest))).ljust(width)
    body = re.sub(rb"/ByteRange \[[\d ]+\] *", ranges, body)
    forged = before + b"%d 0 obj\n%s\nendobj\n" % (case.seal_number, body)
    assert sealed.startxref + len(forged) == moved
    return sealed.data[: sealed.startxref] + forged + rest


INSTEAD: dict[str, Maker] = {
    "sealed by a stranger of the same name": _by_stranger,
    "sealed by the receipts' key": _by_sibling,
    "a stranger's signature over the genuine bytes": _strangers_contents,
    "the receipts' key over the genuine bytes": _siblings_contents,
    "a stranger's signature with the genuine certificate": _strangers_claiming_ours,
    "the seal of another genuine document": _other_revision,
    "certified by a stranger with another program": _by_pyhanko(lambda case: look_alike(case.kind)),
    "certified by our own key with another program": _by_pyhanko(lambda case: case.home.ring),
    "a stranger's approval added": lambda case: _approval(case, look_alike(case.kind)),
    "our own key's approval added": lambda case: _approval(case, case.home.ring),
    "signature wrapped": _wrapped,
}
