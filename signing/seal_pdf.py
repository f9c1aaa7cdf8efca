"""Seal a rendered PDF: one incremental update with a certifying PAdES signature, B-B or B-T (ETSI EN 319 142-1).

The layout leaves an empty box that links to SIGNATURE_BOX_URI where the signature stands; the sealer makes that
link the signature's widget, so the page, its tags (PDF/UA) and its archive profile (PDF/A-3) stay what they were.
"""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from signing.errors import KeyUnsuitable, TimestampRefused, UnexpectedPdfStructure
from signing.keys import SigningKey
from signing.permit import SealingPermit
from signing.timestamp import Timestamper
from verification.formats import cms
from verification.formats.pdf import PdfFile, read_pdf, reference_number
from verification.formats.pdf_seal import CONTENTS_BYTES, TIMESTAMPED_CONTENTS_BYTES
from verification.formats.pdf_values import Dict, PdfMalformed, Value, write_value
from verification.trust import PDF_PURPOSES
from verification.verdict import VIETNAM

SIGNATURE_BOX_URI = "https://seal.invalid/signature"

_BYTE_RANGE_SPACE = 40
# Print (4) and Locked (128): PDF/A demands the first, and nobody shall move a seal.
_WIDGET_FLAGS = b"132"


@dataclass(frozen=True, slots=True)
class SealedPdf:
    """The sealed file and its SHA-256, by which a register knows it."""

    data: bytes = field(repr=False)
    sha256: bytes


@dataclass(frozen=True, slots=True)
class _SignatureBox:
    """Object numbers of the link annotation, of its page, and of its element in the structure tree."""

    annotation: int
    page: int
    element: int


def seal_pdf(
    permit: SealingPermit,
    key: SigningKey,
    signer_name: str,
    at: datetime,
    *,
    reason: str | None = None,
    location: str | None = None,
    timestamper: Timestamper | None = None,
) -> SealedPdf:
    """Seal the permit's PDF, allowing no later change (DocMDP P 1). `at` is the claimed time of signing.

    permit: for one of PDF_PURPOSES, redeemed here, at most once; it is spent even if sealing fails afterwards.
    timestamper: asked for a timestamp on the signature, which makes it one of level B-T; without one it is B-B.
    Raises PermitAlreadyRedeemed, PermitForOtherPurpose, KeyUnavailable, KeyUnsuitable (no certificate, or too long a
    chain), UnexpectedPdfStructure, TimestampUnavailable, TimestampRefused; nothing is written on failure.
    """
    if not key.certificate_chain:
        raise KeyUnsuitable("sealing a PDF takes a key with a certificate")
    content = permit.redeem(*PDF_PURPOSES)
    try:
        pdf = read_pdf(content, max_revisions=1)
        seal_number = _size(pdf)
        objects = _changed_objects(pdf, seal_number, signer_name)
    except PdfMalformed as malformed:
        raise UnexpectedPdfStructure(malformed.code) from malformed
    contents_bytes = CONTENTS_BYTES if timestamper is None else TIMESTAMPED_CONTENTS_BYTES
    objects[seal_number] = _signature_dictionary(signer_name, at, reason, location, contents_bytes)
    unsigned, hole_start = _append(pdf, objects, seal_number, permit.sha256)
    return _fill(unsigned, hole_start, contents_bytes, key, timestamper)


def _changed_objects(pdf: PdfFile, seal_number: int, signer_name: str) -> dict[int, bytes]:
    """The rewritten catalog, annotation and structure element, and the new, empty appearance."""
    catalog_number = reference_number(pdf.trailer.get(b"/Root"))
    catalog = pdf.catalog()
    if catalog_number is None or b"/AcroForm" in catalog or b"/Perms" in catalog:
        raise UnexpectedPdfStructure("the file already has a form or permissions")
    box = _find_box(pdf, catalog)
    appearance_number = seal_number + 1
    seal, widget = f"{seal_number} 0 R".encode(), f"{box.annotation} 0 R".encode()

    link = pdf.dict_of(widget)
    rectangle = pdf.list_of(link.get(b"/Rect"))
    corners = [float(n) for n in rectangle if isinstance(n, bytes)]
    if len(corners) != 4 or corners[2] - corners[0] <= 1 or corners[3] - corners[1] <= 1:
        raise UnexpectedPdfStructure("the signature box has no area")
    size = [b"0", b"0", f"{corners[2] - corners[0]:.3f}".encode(), f"{corners[3] - corners[1]:.3f}".encode()]
    field_dictionary: Dict = {
        b"/Type": b"/Annot",
        b"/Subtype": b"/Widget",
        b"/FT": b"/Sig",
        b"/T": _text("Signature1"),
        b"/TU": _text(f"Chữ ký số của {signer_name}"),
        b"/V": seal,
        b"/P": f"{box.page} 0 R".encode(),
        b"/Rect": rectangle,
        b"/F": _WIDGET_FLAGS,
        b"/StructParent": link[b"/StructParent"],
        b"/AP": {b"/N": f"{appearance_number} 0 R".encode()},
    }
    appearance: Dict = {
        b"/Type": b"/XObject",
        b"/Subtype": b"/Form",
        b"/BBox": list[Value](size),
        b"/Resources": {},
        b"/Length": b"0",
    }
    # PDF/UA-1 section 7.18.4: a widget belongs to a Form element, which holds nothing but it.
    element = pdf.dict_of(f"{box.element} 0 R".encode()) | {b"/S": b"/Form"}
    form: Dict = {b"/Fields": [widget], b"/SigFlags": b"3"}
    return {
        catalog_number: write_value(catalog | {b"/AcroForm": form, b"/Perms": {b"/DocMDP": seal}}),
        box.annotation: write_value(field_dictionary),
        box.element: write_value(element),
        appearance_number: write_value(appearance) + b"\nstream\n\nendstream",
    }


def _find_box(pdf: PdfFile, catalog: Dict) -> _SignatureBox:
    """The one link to SIGNATURE_BOX_URI, on any page, whose structure element contains nothing else."""
    found: list[tuple[int, int | None]] = []
    for page in _pages(pdf, catalog.get(b"/Pages"), 0):
        annotations = pdf.dict_of(f"{page} 0 R".encode()).get(b"/Annots", [])
        found += [(page, reference_number(a)) for a in pdf.list_of(annotations) if _is_box(pdf, pdf.dict_of(a))]
    if len(found) != 1:
        raise UnexpectedPdfStructure(f"{len(found)} signature boxes ({SIGNATURE_BOX_URI}), one is needed")
    page, annotation = found[0]
    if annotation is None:
        raise UnexpectedPdfStructure("the signature box is not an object of its own")
    parent = pdf.dict_of(f"{annotation} 0 R".encode()).get(b"/StructParent")
    tree = pdf.dict_of(pdf.dict_of(catalog.get(b"/StructTreeRoot")).get(b"/ParentTree"))
    number = reference_number(_number_tree_entry(pdf, tree, parent, 0))
    if number is None:
        raise UnexpectedPdfStructure("the signature box is not tagged")
    element = pdf.dict_of(f"{number} 0 R".encode())
    kids = element.get(b"/K")
    only = kids[0] if isinstance(kids, list) and len(kids) == 1 else kids
    if element.get(b"/S") != b"/Link" or not isinstance(only, dict):
        raise UnexpectedPdfStructure("the signature box is not empty: draw its text beside it, not within the link")
    if only.get(b"/Type") != b"/OBJR" or reference_number(only.get(b"/Obj")) != annotation:
        raise UnexpectedPdfStructure("the signature box is tagged as something else")
    return _SignatureBox(annotation, page, number)


def _is_box(pdf: PdfFile, annotation: Dict) -> bool:
    if annotation.get(b"/Subtype") != b"/Link" or b"/A" not in annotation:
        return False
    return pdf.dict_of(annotation[b"/A"]).get(b"/URI") == f"({SIGNATURE_BOX_URI})".encode()


def _pages(pdf: PdfFile, node: Value | None, depth: int) -> list[int]:
    number, entry = reference_number(node), pdf.dict_of(node)
    if number is None or depth > 16:
        raise UnexpectedPdfStructure("the page tree is malformed")
    if entry.get(b"/Type") == b"/Page":
        return [number]
    return [page for kid in pdf.list_of(entry.get(b"/Kids")) for page in _pages(pdf, kid, depth + 1)]


def _number_tree_entry(pdf: PdfFile, node: Dict, key: Value | None, depth: int) -> Value | None:
    numbers = pdf.list_of(node.get(b"/Nums", []))
    for name, value in zip(numbers[::2], numbers[1::2], strict=False):
        if name == key:
            return value
    for kid in pdf.list_of(node.get(b"/Kids", [])) if depth < 8 else []:
        found = _number_tree_entry(pdf, pdf.dict_of(kid), key, depth + 1)
        if found is not None:
            return found
    return None


def _signature_dictionary(
    signer_name: str, at: datetime, reason: str | None, location: str | None, contents_bytes: int
) -> bytes:
    moment = at.astimezone(VIETNAM)
    certify: Dict = {b"/Type": b"/TransformParams", b"/P": b"1", b"/V": b"/1.2"}
    entries: Dict = {
        b"/Type": b"/Sig",
        b"/Filter": b"/Adobe.PPKLite",
        b"/SubFilter": b"/ETSI.CAdES.detached",
        b"/Name": _text(signer_name),
        b"/M": f"(D:{moment:%Y%m%d%H%M%S}+07'00')".encode(),
        b"/Reference": [
            {b"/Type": b"/SigRef", b"/TransformMethod": b"/DocMDP", b"/TransformParams": certify},
        ],
    }
    optional = {b"/Reason": reason, b"/Location": location}
    entries |= {name: _text(text) for name, text in optional.items() if text}
    entries[b"/ByteRange"] = b"[" + b" " * _BYTE_RANGE_SPACE + b"]"
    entries[b"/Contents"] = b"<" + b"0" * (2 * contents_bytes) + b">"
    return write_value(entries)


def _append(pdf: PdfFile, objects: dict[int, bytes], seal_number: int, identifier: bytes) -> tuple[bytearray, int]:
    """The file with its second revision, not signed yet, and where the /Contents hole starts."""
    # Without the newline the first object would stand on the line of the first revision's %%EOF.
    out = bytearray(pdf.data if pdf.data.endswith(b"\n") else pdf.data + b"\n")
    offsets: dict[int, int] = {}
    for number in sorted(objects):
        offsets[number] = len(out)
        out += b"%d 0 obj\n" % number + objects[number] + b"\nendobj\n"
    hole_start = out.index(b"/Contents <", offsets[seal_number]) + len(b"/Contents ")
    start = len(out)
    out += b"xref\n"
    for number, offset in offsets.items():
        out += b"%d 1\n%010d 00000 n \n" % (number, offset)
    identifiers = pdf.list_of(pdf.trailer.get(b"/ID"))
    trailer = pdf.trailer | {
        b"/Size": b"%d" % (max(objects) + 1),
        b"/Prev": b"%d" % pdf.startxref,
        b"/ID": [identifiers[0], b"<" + identifier[:16].hex().encode() + b">"],
    }
    out += b"trailer\n" + write_value(trailer) + b"\nstartxref\n%d\n%%%%EOF\n" % start
    return out, hole_start


def _fill(
    out: bytearray, hole_start: int, contents_bytes: int, key: SigningKey, timestamper: Timestamper | None
) -> SealedPdf:
    hole_end = hole_start + 2 * contents_bytes + 2
    byte_range = b"[0 %d %d %d]" % (hole_start, hole_end, len(out) - hole_end)
    place = out.rindex(b"/ByteRange [", 0, hole_start) + len(b"/ByteRange ")
    out[place : place + _BYTE_RANGE_SPACE + 2] = byte_range.ljust(_BYTE_RANGE_SPACE + 2)

    before_hole = sha256(memoryview(out)[:hole_start])  # nearly all of the file, and read only once
    covered = before_hole.copy()
    covered.update(memoryview(out)[hole_end:])
    signer, others = key.certificate_chain[0], key.certificate_chain[1:]
    signature = key.sign(cms.to_be_signed(covered.digest(), signer))
    der = cms.signed_data(covered.digest(), signer, others, key.algorithm, signature)
    if not 256 <= len(der) <= CONTENTS_BYTES:
        raise KeyUnsuitable(f"a signature of {len(der)} bytes does not fit the space kept for it")
    if timestamper is not None:
        token = timestamper.timestamp(cms.timestamped_digest(key.algorithm, signature))
        der = cms.signed_data(covered.digest(), signer, others, key.algorithm, signature, token)
        if len(der) > contents_bytes:
            raise TimestampRefused(f"a timestamp of {len(token)} bytes does not fit the space kept for it")
    out[hole_start + 1 : hole_start + 1 + 2 * len(der)] = der.hex().encode()
    before_hole.update(memoryview(out)[hole_start:])
    return SealedPdf(bytes(out), before_hole.digest())


def _size(pdf: PdfFile) -> int:
    size = pdf.trailer.get(b"/Size")
    if not isinstance(size, bytes) or not size.isdigit() or int(size) <= max(pdf.offsets, default=0):
        raise UnexpectedPdfStructure("the trailer's /Size is wrong")
    return int(size)


def _text(text: str) -> bytes:
    """A text string in UTF-16 (ISO 32000-1 section 7.9.2.2), in hexadecimal, so that nothing needs escaping."""
    return b"<feff" + text.encode("utf-16-be").hex().encode() + b">"
