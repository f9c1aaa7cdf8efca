"""What another reader makes of a file: PDFium, which repairs what it can and looks at no signature."""

from __future__ import annotations

from hashlib import sha256

import pypdfium2
import pypdfium2.raw as raw

Seen = tuple[object, ...]


def seen_by_another(data: bytes) -> Seen | None:
    """Pages as drawn and as text, annotations, attachments, title and scripts; None when it does not open."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:
        return None
    try:
        document.init_forms()
        if len(document) == 0:
            return None
        pages = [_page(page) for page in document]
        attachments = [
            sha256(bytes(document.get_attachment(index).get_data())).hexdigest()
            for index in range(document.count_attachments())
        ]
        scripts, seals = raw.FPDFDoc_GetJavaScriptActionCount(document), raw.FPDF_GetSignatureCount(document)
        return (*pages, *attachments, document.get_metadata_value("Title"), scripts, seals, _seals(document, seals))
    finally:
        document.close()


def _page(page: pypdfium2.PdfPage) -> Seen:
    picture = page.render(scale=0.5, grayscale=True).to_pil().tobytes()
    text = page.get_textpage().get_text_range()
    return page.get_size(), sha256(picture).hexdigest(), text, raw.FPDFPage_GetAnnotCount(page)


def _seals(document: pypdfium2.PdfDocument, count: int) -> tuple[tuple[int, int], ...]:
    found = []
    for index in range(max(count, 0)):
        seal = raw.FPDF_GetSignatureObject(document, index)
        contents = raw.FPDFSignatureObj_GetContents(seal, None, 0)
        found.append((contents, raw.FPDFSignatureObj_GetByteRange(seal, None, 0)))
    return tuple(found)
