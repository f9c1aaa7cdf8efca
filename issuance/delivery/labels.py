"""Labels for a batch's parcels: sheets of eight on A4, each with its address and its number as a QR code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import typst

from ..documents.errors import FontsMissing, RenderFailed
from ..documents.qr_image import qr_svg
from ..documents.render import FALLBACK_FACE, TEXT_FACE
from .batch import BatchList

_LAYOUT = Path(__file__).parent / "labels.typ"
_WORDS = {
    "title": "Nhãn bưu gửi",
    "from": "Người gửi:",
    "to": "Người nhận",
    "phone": "Điện thoại:",
    "copies": "Số bản:",
}


class LabelSheets:
    """Draws them; one compiler for each call, since a batch is printed a few times a day."""

    def __init__(self, fonts: Path | None) -> None:
        """fonts: the folder of the text face's files, or None for typst's own. Raises FontsMissing."""
        if fonts is None:
            self._fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
            self._face = FALLBACK_FACE
        else:
            self._fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts])
            self._face = TEXT_FACE
        if self._face not in self._fonts.families():
            raise FontsMissing(f"no {self._face} in {fonts}")

    def draw(self, listed: BatchList, sender: str) -> bytes:
        """The sheets as a PDF, in the order of the list. Addresses are data to the layout, and never markup.

        sender: to whom the post brings back what nobody takes. Raises RenderFailed.
        """
        batch = listed.batch
        labels: Sequence[dict[str, str | int]] = [
            {
                "recipient": one.parcel.address.recipient,
                "phone": one.parcel.address.phone,
                "street": one.parcel.address.street,
                "commune": one.parcel.address.commune,
                "province": one.parcel.address.province,
                "copies": one.parcel.copies,
                "number": one.parcel.number,
                "batch": f"{batch.on:%d/%m/%Y}-{batch.number}/{one.parcel.line}",
                "qr": qr_svg(one.parcel.number).decode(),
            }
            for one in listed.lines
        ]
        inputs = {"labels": json.dumps(labels, ensure_ascii=False), "words": json.dumps(_WORDS), "face": self._face}
        inputs["sender"] = sender
        # The root is the layout's own folder: nothing else can be read.
        compiler = typst.Compiler(input=_LAYOUT, root=_LAYOUT.parent, font_paths=self._fonts, ignore_system_fonts=True)
        try:
            pdf = compiler.compile(format="pdf", sys_inputs=inputs, timestamp=int(batch.closed_at.timestamp()))
        except typst.TypstError:
            # Its message may quote what could not be printed: somebody's address.
            raise RenderFailed("the labels did not compile") from None
        if not isinstance(pdf, bytes):
            raise RenderFailed("the labels gave no single file")
        return pdf
