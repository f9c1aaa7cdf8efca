"""What runs inside the limits for a paper: whether it opens at all, how many pages it has, and that it only shows.

Nothing is looked for in what it shows: an official reads it.
"""

import io
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from verification.upload_reader.confined import Limits, Refused

MAX_INFLATED_BYTES = 50_000_000
"""Of all object streams of one file together."""

# What makes a PDF do something, or carry something along, as opposed to showing pages (ISO 32000-2 sections 12.6.4,
# 7.11.4, 12.7.8, 13.6, 13.7). /JS is not among them: three letters turn up in compressed pictures by chance, and an
# action that has it is of the type /JavaScript.
_ACTIVE = frozenset(
    {
        b"/JavaScript",
        b"/Launch",
        b"/EmbeddedFile",
        b"/EmbeddedFiles",
        b"/GoToE",
        b"/ImportData",
        b"/SubmitForm",
        b"/RichMedia",
        b"/RichMediaExecute",
        b"/Rendition",
    }
)
_NAME = re.compile(rb"/[^\x00\t\n\f\r ()<>\[\]{}/%]{1,127}")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_OBJECT = re.compile(rb"(?<!end)obj")
_TOKEN = re.compile(
    rb"(?P<space>[\x00\t\n\f\r ]+|%[^\r\n]*)|(?P<open><<)|(?P<close>>>)|<[^>]*>|(?P<text>\()"
    rb"|(?P<name>/[^\x00\t\n\f\r ()<>\[\]{}/%]*)|(?P<stream>stream[^\r\n]*(?:\r\n|\n|\r))"
    rb"|[^\x00\t\n\f\r ()<>\[\]{}/%]+|[\[\]{}()<>]"
)
_IN_TEXT = re.compile(rb"\\.|[()]", re.DOTALL)


def readers_of_papers(kind: str) -> Callable[[bytes, Limits], dict[str, Any]]:
    """Load the decoders; whoever calls what this returns can open no file any more."""
    if kind == "pdf":
        import pypdfium2  # noqa: F401 - here, because afterwards it could not be

        return open_pdf
    from PIL import Image, JpegImagePlugin, MpoImagePlugin, PngImagePlugin  # noqa: F401 - the same

    Image.preinit()  # loads what its first picture would
    return open_picture


def open_picture(data: bytes, limits: Limits) -> dict[str, Any]:
    """A PNG or JPEG, decoded to its end. Raises Refused, and whatever the decoder raises."""
    from PIL import Image, ImageFile

    Image.MAX_IMAGE_PIXELS = None  # asked below, of the size declared, before anything is decoded
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "MPO")) as picture:
        if picture.width * picture.height > limits["pixels"]:
            raise Refused("upload_too_many_pixels")
        picture.load()
    return {"pages": 1}


def open_pdf(data: bytes, limits: Limits) -> dict[str, Any]:
    """A PDF that opens without a password, every page of it. Raises Refused, and whatever the decoder raises."""
    import pypdfium2
    from pypdfium2 import raw

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise Refused("paper_encrypted" if error.err_code == raw.FPDF_ERR_PASSWORD else "upload_unreadable") from None
    with document:
        # Also what opens without a password may forbid to be printed, or hide from us what it holds.
        if raw.FPDF_GetSecurityHandlerRevision(document) != -1 or b"/Encrypt" in set(_names_in(data)):
            raise Refused("paper_encrypted")
        if len(document) > limits["pages"]:
            raise Refused("upload_too_many_pages")
        if not len(document):
            raise Refused("upload_unreadable")
        if raw.FPDFDoc_GetJavaScriptActionCount(document) > 0 or raw.FPDFDoc_GetAttachmentCount(document) > 0:
            raise Refused("paper_active")
        if raw.FPDF_GetFormType(document) in (raw.FORMTYPE_XFA_FULL, raw.FORMTYPE_XFA_FOREGROUND):
            raise Refused("paper_active")
        for number in range(len(document)):
            document[number].close()
        pages = len(document)
    if any(_is_active(part) for part in _parts_with_names(data)):
        raise Refused("paper_active")
    return {"pages": pages}


def _parts_with_names(data: bytes) -> Iterator[bytes]:
    """The file itself, and what its object streams hold (ISO 32000-2 section 7.5.7). Raises Refused."""
    yield data
    room = MAX_INFLATED_BYTES
    for names, begin in _streams_of(data):
        # Not every reader asks for the type.
        if b"/ObjStm" not in names and not names >= {b"/N", b"/First"}:
            continue
        inflater = zlib.decompressobj()
        try:
            inflated = inflater.decompress(data[begin:], room + 1) if b"/FlateDecode" in names else b""
        except zlib.error:
            raise Refused("upload_unreadable") from None
        # In any other coding nobody packs objects, unless to hide them.
        if not inflated or names & _OTHER_CODINGS:
            raise Refused("paper_active")
        room -= len(inflated)
        if room < 0:
            raise Refused("upload_too_hungry")
        yield inflated


_OTHER_CODINGS = frozenset(
    {b"/ASCIIHexDecode", b"/ASCII85Decode", b"/LZWDecode", b"/RunLengthDecode", b"/Crypt", b"/Predictor"}
)


def _streams_of(data: bytes) -> Iterator[tuple[set[bytes], int]]:
    """The names in each stream's dictionary, and where the stream begins.

    An object is looked for wherever one could begin, also in the midst of texts and pictures: a table that may lie
    anywhere says which ones a reader finds. From there on the dictionary is read as readers do, so that no text in it
    passes for its end.
    """
    for object_ in _OBJECT.finditer(data):
        names: set[bytes] = set()
        at, depth, is_read = object_.end(), 0, False
        while not is_read and (token := _TOKEN.match(data, at)) is not None:
            at, kind = token.end(), token.lastgroup
            if kind == "open":
                depth += 1
            elif kind == "close":
                depth -= 1
            elif kind == "text":
                at = _after_text(data, at)
            elif kind == "name":
                names.add(_resolved(token[0]))
            elif depth <= 0 and kind != "space":
                # What is no dictionary is no stream.
                is_read = True
                if kind == "stream":
                    yield names, at


def _after_text(data: bytes, at: int) -> int:
    """Where a text ends whose first parenthesis is behind; the end of the file where it does not."""
    depth = 1
    for found in _IN_TEXT.finditer(data, at):
        depth += {b"(": 1, b")": -1}.get(found[0], 0)
        if not depth:
            return found.end()
    return len(data)


def _is_active(part: bytes) -> bool:
    return any(name in _ACTIVE for name in _names_in(part))


def _names_in(part: bytes) -> Iterator[bytes]:
    """The names, their escapes resolved: /#4Caunch is /Launch (ISO 32000-2 section 7.3.5)."""
    for found in _NAME.finditer(part):
        yield _resolved(found[0])


def _resolved(name: bytes) -> bytes:
    return _ESCAPE.sub(lambda escape: bytes.fromhex(escape[1].decode()), name) if b"#" in name else name
