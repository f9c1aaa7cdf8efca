"""The last look before a seal: is this PDF the page that was meant, readable, archival and inert?

Checks, in order:
1. It opens; it has no more pages than the type allows, each of them A4, and no other boxes, turns or units.
2. It says PDF/A-3a and PDF/UA-1, has an output intent, a title and a language, and carries all its fonts.
3. It does nothing and hides nothing: no script, form, action, layer or encryption; one link, the signature box, and
   one attachment, the facts; no other file named; one revision, every object of which is used.
4. The attached facts are those of the content that was to be printed. Its dates can be: issued today or before, not
   before birth, in force on the day of issue at least.
5. Every field that the type lists is readable in the page's text, and no text leaves the page.
6. The QR code, read from the drawn page at 150 dpi, is the link.
"""

import re
from collections.abc import Mapping
from ctypes import byref, c_float
from datetime import datetime
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as raw
import zxingcpp

from issuance.documents.catalogue import DocumentType
from issuance.documents.checks import normalised_copy
from issuance.documents.errors import LintRefused
from issuance.documents.pdf_names import read_names
from issuance.documents.pdfium import ONE_IN_PDFIUM
from issuance.documents.printable import normalised
from signing.seal_pdf import SIGNATURE_BOX_URI
from verification.formats.facts import FACTS_ATTACHMENT, FactsMalformed, decode_facts
from verification.verdict import VIETNAM, DocumentFacts

QR_WIDTH_MM: Final = 38
QR_DPI: Final = 150
EDGE_MM: Final = 10
_A4_POINTS: Final = (595.276, 841.890)
_POINTS_PER_MM: Final = 72 / 25.4

_FORBIDDEN: Final = frozenset(
    {
        *("JS", "JavaScript", "OpenAction", "AA", "Launch", "SubmitForm", "ResetForm", "ImportData", "GoToR", "GoToE"),
        *("Named", "Hide", "Rendition", "RichMedia", "Movie", "Sound", "Screen", "3D"),
        *("XFA", "AcroForm", "Widget", "Sig", "Perms", "Encrypt", "ObjStm", "XRef", "XRefStm"),
        *("Thread", "SetOCGState", "Trans", "GoTo3DView", "PresSteps", "Collection", "Requirements"),
        # Other boxes and turns show in one program what another cuts off; a layer can be switched on and off.
        *("CropBox", "TrimBox", "BleedBox", "ArtBox", "Rotate", "UserUnit", "OC", "OCG", "OCMD", "OCProperties"),
        # Content that lies elsewhere: other files, pages of other documents, other resolutions, what the web had.
        *("FS", "Ref", "RF", "FFilter", "FDecodeParms", "OPI", "Alternates", "SpiderInfo", "IDS", "URLS"),
    }
)
_CLAIMS: Final = (
    (b"<pdfaid:part>3<", "not_pdfa_3a"),
    (b"<pdfaid:conformance>A<", "not_pdfa_3a"),
    (b"<pdfuaid:part>1<", "not_pdfua_1"),
    (b"/S/GTS_PDFA1", "no_output_intent"),
    (b"/Lang(vi", "no_language"),
    (b"/DisplayDocTitle true", "no_title"),
)
_QR_ONLY: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)
# PDFium takes a hyphen at the end of a line for one that only divides a word, and gives one of these signs for it.
_HYPHENS: Final = {0xFFFE: "-", 0x02: "-"}
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def lint(pdf: bytes, document_type: DocumentType, content: Mapping[str, Any], *, qr_link: str, at: datetime) -> None:
    """Return when the rendered, unsigned `pdf` shows `content` and nothing else can happen in it.

    at: when the document is issued, which no date of its own may be later than.
    Raises LintRefused with every reason found; reasons are codes and content pointers, never values.
    """
    content = normalised_copy(content)
    reasons = [reason for mark, reason in _CLAIMS if mark not in pdf]
    reasons += _check_inert(pdf)
    with ONE_IN_PDFIUM:
        reasons += _check_drawn(pdf, document_type, content, qr_link, at)
    if reasons:
        raise LintRefused(reasons)


def _check_drawn(
    pdf: bytes, document_type: DocumentType, content: Mapping[str, Any], qr_link: str, at: datetime
) -> list[str]:
    """What another program than the renderer sees in the file."""
    reasons: list[str] = []
    try:
        document = pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError:
        return ["not_a_pdf"]
    try:
        if not 1 <= len(document) <= document_type.page.max_pages:
            return ["page_count"]
        if not document.get_metadata_value("Title"):
            reasons.append("no_title")
        reasons += _check_facts(document, document_type, content, at)
        try:
            pages = list(document)
        except pypdfium2.PdfiumError:
            return [*reasons, "not_a_pdf"]
        reasons += _check_pages(pages, document_type, content)
        reasons += _check_qr(pages[-1], qr_link)
    finally:
        document.close()
    return reasons


def _check_inert(pdf: bytes) -> list[str]:
    found = read_names(pdf)
    reasons = [f"forbidden:{name}" for name in found.names & _FORBIDDEN]
    if found.link_targets != (SIGNATURE_BOX_URI,):
        reasons.append("signature_box" if SIGNATURE_BOX_URI not in found.link_targets else "foreign_link")
    if not found.fonts_embedded:
        reasons.append("fonts_not_embedded")
    if not set(found.file_names) <= {FACTS_ATTACHMENT}:
        reasons.append("foreign_file")
    if not found.all_used:
        reasons.append("hidden_objects")
    return reasons


def _check_facts(
    document: pypdfium2.PdfDocument, document_type: DocumentType, content: Mapping[str, Any], at: datetime
) -> list[str]:
    if document.count_attachments() != 1:
        return ["attachments"]
    attachment = document.get_attachment(0)
    if attachment.get_name() != FACTS_ATTACHMENT:
        return ["attachments"]
    try:
        facts = decode_facts(bytes(attachment.get_data()))
    except FactsMalformed:
        return ["facts_malformed"]
    stated = {
        "document_number": facts.number,
        "full_name": facts.full_name,
        "birth_date": facts.birth_date.isoformat(),
        "result_line": facts.result_line,
        "issued_on": facts.issued_on.isoformat(),
    }
    reasons = [f"facts_differ:/{name}" for name, value in stated.items() if content.get(name) != value]
    reasons += _check_dates(facts, at)
    return reasons if facts.document_type == document_type.id else [*reasons, "facts_differ"]


def _check_dates(facts: DocumentFacts, at: datetime) -> list[str]:
    reasons = []
    if facts.issued_on > at.astimezone(VIETNAM).date():
        reasons.append("date_in_the_future:/issued_on")
    if facts.birth_date > facts.issued_on:
        reasons.append("date_after_issue:/birth_date")
    if facts.expires_on is not None and facts.expires_on < facts.issued_on:
        reasons.append("date_before_issue:/expires_on")
    return reasons


def _check_pages(pages: list[pypdfium2.PdfPage], document_type: DocumentType, content: Mapping[str, Any]) -> list[str]:
    reasons: list[str] = []
    texts: list[str] = []
    for page in pages:
        if any(abs(has - wants) > 0.1 for has, wants in zip(page.get_size(), _A4_POINTS, strict=True)):
            reasons.append("not_a4")
        text = page.get_textpage()
        texts.append(text.get_text_range().translate(_HYPHENS))
        if not _inside(text):
            reasons.append("text_outside_page")
    shown = _comparable("".join(texts))
    return reasons + [
        f"not_shown:{pointer}"
        for pointer in document_type.page.must_show
        if not all(_is_shown(value, shown) for value in _leaves(_at(content, pointer)))
    ]


def _is_shown(value: str | int, shown: str) -> bool:
    return any(_comparable(form) in shown for form in _printed_forms(value))


def _inside(text: pypdfium2.PdfTextPage) -> bool:
    edge = EDGE_MM * _POINTS_PER_MM
    width, height = _A4_POINTS
    for index in range(text.count_rects()):
        left, bottom, right, top = text.get_rect(index)
        if left < edge or bottom < edge or right > width - edge or top > height - edge:
            return False
    return True


def _check_qr(page: pypdfium2.PdfPage, qr_link: str) -> list[str]:
    place = _qr_place(page)
    if place is None:
        return ["qr_missing"]
    left, bottom, right, top = place
    width, height = page.get_size()
    # Only the symbol's square is drawn: the whole page would cost ten times as much.
    picture = page.render(
        scale=QR_DPI / 72,
        crop=(left, bottom, width - right, height - top),
        grayscale=True,
        may_draw_forms=False,
    ).to_pil()
    # As drawn, or not at all: nothing is tried to make it readable.
    read = zxingcpp.read_barcode(picture, formats=_QR_ONLY, try_rotate=False, try_downscale=False, try_invert=False)
    if read is None or not read.valid:
        return ["qr_unreadable"]
    return [] if read.text == qr_link else ["qr_differs"]


def _qr_place(page: pypdfium2.PdfPage) -> tuple[float, float, float, float] | None:
    """The white square that the symbol is drawn on, in points from the page's lower left."""
    side = QR_WIDTH_MM * _POINTS_PER_MM
    left, bottom, right, top = bounds = tuple(c_float() for _ in range(4))
    # Straight from PDFium: the library's own iteration makes an object of every line of text, four times the price.
    for index in range(raw.FPDFPage_CountObjects(page)):
        drawn = raw.FPDFPage_GetObject(page, index)
        if raw.FPDFPageObj_GetType(drawn) != raw.FPDF_PAGEOBJ_PATH:
            continue
        if not raw.FPDFPageObj_GetBounds(drawn, *map(byref, bounds)):
            continue
        if abs(right.value - left.value - side) < 1 and abs(top.value - bottom.value - side) < 1:
            return left.value, bottom.value, right.value, top.value
    return None


def _comparable(text: str) -> str:
    """Layouts wrap lines and print names in capitals, so neither white space nor case counts."""
    return "".join(normalised(text).casefold().split())


def _printed_forms(value: str | int) -> tuple[str, ...]:
    """How a layout may print a value: dates in figures or in words, money with points, codes in two groups."""
    if isinstance(value, int):
        return (f"{value:,}".replace(",", "."),)
    date = _DATE.fullmatch(value)
    if date is not None:
        year, month, day = date.groups()
        spoken = month if int(month) < 3 else str(int(month))
        return f"{day}/{month}/{year}", f"ngày {day} tháng {spoken} năm {year}"
    return value, f"{value[:5]}-{value[5:]}"


def _at(content: Mapping[str, Any], pointer: str) -> Any:
    node: Any = content
    for part in pointer.removeprefix("/").split("/"):
        node = node.get(part) if isinstance(node, Mapping) else None
    return node


def _leaves(node: Any) -> list[str | int]:
    if isinstance(node, Mapping):
        return [leaf for value in node.values() for leaf in _leaves(value)]
    if isinstance(node, list):
        return [leaf for value in node for leaf in _leaves(value)]
    if isinstance(node, bool) or node is None or node == "":
        return []
    return [node]
