"""Where a PDF's seal is: exactly one certifying signature over the whole file but its own /Contents hole."""

import re
from dataclasses import dataclass, replace
from hashlib import sha256

from verification.formats.facts import FACTS_ATTACHMENT
from verification.formats.pdf import PdfFile, read_pdf, reference_number
from verification.formats.pdf_updates import MAX_UPDATES, DocumentTimestamp, read_updates, revision_ends
from verification.formats.pdf_values import Dict, Value
from verification.verdict import VerificationError

# The layout's one revision and the seal's. What comes after them is an update, and read as one.
REVISIONS = 2
CONTENTS_BYTES = 8192
# With room for a timestamp and its authority's certificates; a seal has this space exactly when it is timestamped.
TIMESTAMPED_CONTENTS_BYTES = 16384

_HOLE = re.compile(rb"<((?:[0-9a-f]{%d}){1,2})>" % (2 * CONTENTS_BYTES))
_OFFSET = re.compile(rb"\d{1,10}")


class SealMissing(VerificationError):
    code = "seal_missing"


class SealMisplaced(VerificationError):
    """The signature does not stand where, or cover what, a seal of ours does."""

    code = "seal_misplaced"


@dataclass(frozen=True, slots=True)
class PdfSeal:
    """digest: SHA-256 of the covered bytes. contents: the CMS in DER, without its zero padding.

    contents_bytes: how long /Contents is with it, one of the two fixed lengths. file: the sealed revisions alone.
    timestamps: of the updates after them, the oldest first; the last one covers every byte of the whole file. None of
    them is verified yet.
    """

    digest: bytes
    contents: bytes
    file: PdfFile
    timestamps: tuple[DocumentTimestamp, ...] = ()
    contents_bytes: int = CONTENTS_BYTES


def locate_seal(data: bytes) -> PdfSeal:
    """Find the seal. Raises PdfMalformed, SealMissing, SealMisplaced, UpdateNotAllowed.

    After the first two revisions there may be updates that hold nothing but validation data and document timestamps,
    the last of which covers the whole file (`read_updates`). Of those two revisions alone:

    1. One signature field, reached from the catalog's AcroForm; one /ByteRange in the whole file.
    2. The catalog's Perms name the same signature as DocMDP, and its only transform is DocMDP with P 1.
    3. ByteRange starts at 0, ends at the file's end, and its hole is the /Contents token of that very object.
    4. /Contents is lower-case hexadecimal of one of two fixed lengths; after the DER only zeros.
    5. The seal is the second revision; after its %%EOF comes nothing.
    """
    if b"/ByteRange" not in data and data.startswith(b"%PDF-"):
        raise SealMissing
    whole = read_pdf(data, REVISIONS + MAX_UPDATES)
    if whole.revisions <= REVISIONS:
        return _locate(whole)
    ends = revision_ends(whole)
    seal = _locate(read_pdf(data[: ends[REVISIONS - 1]], REVISIONS))
    return replace(seal, timestamps=read_updates(seal.file, data, ends[REVISIONS:]))


def may_have_updates(data: bytes) -> bool:
    """Whether it is worth looking for `sealed_part`; without a look into the file's structure."""
    return data.count(b"startxref") > REVISIONS


def sealed_part(data: bytes) -> bytes | None:
    """The sealed revisions of a file with updates after them, none of it verified; None for a file without updates, or
    with what cannot be read."""
    if not may_have_updates(data):
        return None
    try:
        whole = read_pdf(data, REVISIONS + MAX_UPDATES)
        return data[: revision_ends(whole)[REVISIONS - 1]] if whole.revisions > REVISIONS else None
    except VerificationError:
        return None


def _locate(pdf: PdfFile) -> PdfSeal:
    data, catalog = pdf.data, pdf.catalog()
    form, permissions = pdf.dict_of(catalog.get(b"/AcroForm")), pdf.dict_of(catalog.get(b"/Perms"))
    fields = pdf.list_of(form.get(b"/Fields"))
    if pdf.revisions != REVISIONS or len(fields) != 1 or data.count(b"/ByteRange") != 1:
        raise SealMisplaced
    field = pdf.dict_of(fields[0])
    number = reference_number(field.get(b"/V"))
    if number is None or field.get(b"/FT") != b"/Sig" or permissions != {b"/DocMDP": field[b"/V"]}:
        raise SealMisplaced
    signature, start, end = pdf.object_at(number)
    if not isinstance(signature, dict) or not _certifies(pdf, signature):
        raise SealMisplaced

    contents = signature.get(b"/Contents")
    hole = _HOLE.fullmatch(contents) if isinstance(contents, bytes) else None
    byte_range = pdf.list_of(signature.get(b"/ByteRange"))
    if hole is None or len(byte_range) != 4:
        raise SealMisplaced
    zero, before, after, rest = map(_offset, byte_range)
    if zero != 0 or not start < before < after < end or after + rest != len(data) or data[before:after] != contents:
        raise SealMisplaced
    return PdfSeal(
        digest=sha256(data[:before] + data[after:]).digest(),
        contents=_without_padding(bytes.fromhex(hole[1].decode())),
        file=pdf,
        contents_bytes=len(hole[1]) // 2,
    )


def facts_attachment(pdf: PdfFile) -> bytes | None:
    """The attached machine-readable facts of a file whose seal has been verified, or None."""
    names = pdf.catalog().get(b"/Names")
    if names is None:
        return None
    entries = pdf.list_of(pdf.dict_of(pdf.dict_of(names).get(b"/EmbeddedFiles")).get(b"/Names"))
    wanted = f"({FACTS_ATTACHMENT})".encode()
    for name, specification in zip(entries[::2], entries[1::2], strict=True):
        if name == wanted:
            return pdf.stream_of(pdf.dict_of(pdf.dict_of(specification).get(b"/EF")).get(b"/F"))
    return None


def _certifies(pdf: PdfFile, signature: Dict) -> bool:
    if signature.get(b"/SubFilter") != b"/ETSI.CAdES.detached" or signature.get(b"/Type") != b"/Sig":
        return False
    references = pdf.list_of(signature.get(b"/Reference"))
    if len(references) != 1:
        return False
    reference = pdf.dict_of(references[0])
    if reference.get(b"/TransformMethod") != b"/DocMDP":
        return False
    return pdf.dict_of(reference.get(b"/TransformParams")).get(b"/P") == b"1"


def _offset(value: Value) -> int:
    if not isinstance(value, bytes) or _OFFSET.fullmatch(value) is None:
        raise SealMisplaced
    return int(value)


def _without_padding(contents: bytes) -> bytes:
    """Cut the DER out by its own length (one SEQUENCE, X.690 section 8.1.3)."""
    if contents[0] != 0x30 or contents[1] != 0x82:  # every seal is 256…65535 bytes long, so its head has one form
        raise SealMisplaced
    end = 4 + int.from_bytes(contents[2:4])
    if any(contents[end:]):
        raise SealMisplaced("seal_padding_not_zero")
    return contents[:end]
