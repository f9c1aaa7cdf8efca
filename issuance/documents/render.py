"""Render a document: content and texts into the type's layout, one accessible archival page set out.

The result is PDF/A-3a (ISO 19005-3) and PDF/UA-1 (ISO 14289-1), the same bytes for the same arguments. The layout gets
everything as JSON text, so nothing in it is read as markup. Run processes with `RAYON_NUM_THREADS=1`: a page is too
small to share among threads, and many documents scale over processes.
"""

import json
import re
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

from issuance.documents.catalogue import DocumentType
from issuance.documents.errors import FontsMissing, RenderFailed
from issuance.documents.qr_image import qr_svg
from verification.formats.facts import FACTS_ATTACHMENT
from verification.verdict import VIETNAM

TEXT_FACE = "Tinos"
FALLBACK_FACE = "Libertinus Serif"
"""Embedded in typst: what a bare checkout prints with before the fonts have been fetched."""

# The page tree is the file's first object, so no text attached further down can pass for it.
_PAGE_TREE = re.compile(rb"/Type/Pages/Count (\d+)")


class Renderer:
    """Renders any type of the catalogue; safe to share among threads, each gets its own typst compiler."""

    def __init__(self, fonts: Path | None) -> None:
        """fonts: folder with the text face's files, or None for typst's own. Raises FontsMissing."""
        if fonts is None:
            self._fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
            self.face = FALLBACK_FACE
        else:
            # System fonts stay out: one of the same name but another version would change the page.
            self._fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts])
            self.face = TEXT_FACE
        if self.face not in self._fonts.families():
            raise FontsMissing(f"no {self.face} in {fonts}")
        self._of_thread = threading.local()

    def render(
        self, document_type: DocumentType, content: Mapping[str, Any], *, facts: bytes, qr_link: str, at: datetime
    ) -> bytes:
        """Return the PDF, unsigned, with an empty link box where the signature goes and the facts attached.

        facts: JSON in UTF-8, attached as FACTS_ATTACHMENT with the relationship "data" (ISO 19005-3, annex E).
        at: aware; the time printed in the signature block and written into the file, whole seconds.
        Raises InvalidContent, QrTooLarge, RenderFailed.
        """
        if at.tzinfo is None:
            raise ValueError("`at` must be aware")
        checked = document_type.check_content(content)
        local = at.astimezone(VIETNAM)
        inputs = {
            "content": json.dumps(checked, ensure_ascii=False),
            "texts": json.dumps({language: dict(texts) for language, texts in document_type.texts.items()}),
            "name": json.dumps({"vi": document_type.name.vi, "en": document_type.name.en}),
            "facts": facts.decode(),
            "facts_file": FACTS_ATTACHMENT,
            "qr": qr_svg(qr_link).decode(),
            "signed_at": f"{local:%H:%M:%S %d/%m/%Y} +07:00",
            "face": self.face,
        }
        return self._paged(document_type.layout_path, inputs, at)

    def _paged(self, layout: Path, inputs: dict[str, str], at: datetime) -> bytes:
        """Nearly every document has one page, which bears no number; only a longer one is laid out again with them."""
        pdf = self._compile(layout, inputs | {"pages": "1"}, at)
        pages = _count_pages(pdf)
        if pages == 1:
            return pdf
        numbered = self._compile(layout, inputs | {"pages": str(pages)}, at)
        if _count_pages(numbered) != pages:
            raise RenderFailed("the page numbers change how many pages there are")
        return numbered

    def _compile(self, layout: Path, inputs: dict[str, str], at: datetime) -> bytes:
        try:
            pdf, warnings = self._compiler(layout).compile_with_warnings(
                format="pdf",
                sys_inputs=inputs,
                pdf_standards=["a-3a", "ua-1"],
                timestamp=int(at.timestamp()),
            )
        except typst.TypstError as error:
            # typst may quote the text it couldn't print: personal data, which a chained traceback would log.
            raise RenderFailed("the layout didn't compile to a conforming page", error.diagnostic) from None
        if warnings:
            raise RenderFailed("the layout compiled with warnings", "\n".join(str(one) for one in warnings))
        if not isinstance(pdf, bytes):
            raise RenderFailed("the layout gave no single file")
        return pdf

    def _compiler(self, layout: Path) -> typst.Compiler:
        compilers: dict[Path, typst.Compiler] = self._of_thread.__dict__.setdefault("compilers", {})
        if layout not in compilers:
            # The root bounds what a layout can read or import: the types' folder and nothing above it.
            compilers[layout] = typst.Compiler(
                input=layout, root=layout.parent.parent, font_paths=self._fonts, ignore_system_fonts=True
            )
        return compilers[layout]


def _count_pages(pdf: bytes) -> int:
    found = _PAGE_TREE.search(pdf)
    if found is None:
        raise RenderFailed("the layout gave no page tree")
    return int(found[1])
