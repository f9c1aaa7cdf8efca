"""What a freshly rendered PDF can do, read from its syntax (ISO 32000-1, 7.2–7.3) and not through a viewer."""

import re
from dataclasses import dataclass

_STREAM_START = re.compile(rb">>\s*stream\r?\n")
_TEXT = re.compile(rb"\((?:\\.|[^\\()])*\)|<(?!<)[0-9A-Fa-f\s]*>", re.DOTALL)
_NAME = re.compile(rb"/([^\s()<>\[\]{}/%]*)")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_URI = re.compile(rb"/URI\s*\(((?:\\.|[^\\()])*)\)")
_EMBEDDED_FONT = re.compile(rb"/FontFile[23]?\b")
_BASE_FONT = re.compile(rb"/Subtype\s*/(Type1|MMType1|TrueType)\b")


@dataclass(frozen=True, slots=True)
class PdfNames:
    """The names used outside streams, the targets of link actions, and whether every font is carried along."""

    names: frozenset[str]
    link_targets: tuple[str, ...]
    fonts_embedded: bool


def read_names(pdf: bytes) -> PdfNames:
    """Scan a PDF whose objects stand in the open (no object streams: their name shows up in `names`)."""
    dictionaries = _without_streams(pdf)
    written = set(_NAME.findall(_TEXT.sub(b" ", dictionaries)))
    names = {_ESCAPE.sub(lambda hit: bytes([int(hit[1], 16)]), name) for name in written}
    fonts = [body for body in dictionaries.split(b"endobj") if b"/FontDescriptor" in body and b"/Flags" in body]
    return PdfNames(
        names=frozenset(name.decode("latin-1") for name in names),
        link_targets=tuple(target.decode("latin-1") for target in _URI.findall(dictionaries)),
        fonts_embedded=bool(fonts)
        and all(_EMBEDDED_FONT.search(body) for body in fonts)
        and not _BASE_FONT.search(dictionaries),
    )


def _without_streams(pdf: bytes) -> bytes:
    # Cutting is a third of the price of one substitution over 75 kB of compressed bytes.
    return b">> ".join(_STREAM_START.split(part, maxsplit=1)[0] for part in pdf.split(b"endstream"))
