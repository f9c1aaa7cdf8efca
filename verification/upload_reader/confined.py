"""What runs inside the limits: the file's pictures, and the codes in them."""

import io
import re
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

DESCRIPTORS_WHILE_LOADING = 32
MAX_CODES = 8
MAX_CODE_CHARS = 2048
ANSWER_BYTES = 2 * MAX_CODES * MAX_CODE_CHARS + 1024
"""Of the longest answer: quoting at most doubles a character."""

# Where a file can be reduced while it is decoded, its shorter side keeps at least so many pixels: on a picture of one
# whole A4 page a module of its code then measures seven.
SHORTER_SIDE_PIXELS = 3000
LONGEST_SIDE_PIXELS = 5000
PAGE_SIDE_PIXELS = (2000, 3600)
"""The longer side of a page of a PDF, in the first look and in the others: 170 and 310 dots per inch of A4."""

# Printable ASCII is all that a code of ours holds, and one ends in digits. What the text says is for the parent.
_PLAIN = re.compile(rf"[ -~]{{1,{MAX_CODE_CHARS}}}")
_OURS = re.compile(r"\d{100}\s*\Z")

Limits = dict[str, int]


class Refused(Exception):
    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def readers_of(kind: str) -> Callable[[bytes, Limits], dict[str, Any]]:
    """Load all decoders that a kind of file needs; whoever calls what this returns can open no file any more."""
    import zxingcpp  # noqa: F401 - here, because afterwards it could not be
    from PIL import Image, ImageFilter, JpegImagePlugin, MpoImagePlugin, PngImagePlugin  # noqa: F401 - the same

    Image.preinit()  # loads what its first picture would
    if kind == "pdf":
        import pypdfium2  # noqa: F401 - the same

        return look_at_pages
    return look_at_picture


def look_at_picture(data: bytes, limits: Limits) -> dict[str, Any]:
    """A PNG or JPEG. Raises Refused, and whatever the decoder raises."""
    from PIL import Image, ImageFile

    Image.MAX_IMAGE_PIXELS = None  # asked below, of the size declared, before anything is decoded
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "MPO")) as picture:
        if picture.width * picture.height > limits["pixels"]:
            raise Refused("upload_too_many_pixels")
        if picture.format != "PNG":
            picture.draft("L", (SHORTER_SIDE_PIXELS, SHORTER_SIDE_PIXELS))
        grey = _in_grey(picture)
    found = Codes()
    for look in looks_at(grey):
        found.note(look)
        if found.ours or _half_spent(limits):
            break
    return found.answer()


def look_at_pages(data: bytes, limits: Limits) -> dict[str, Any]:
    """A PDF: every page once, and harder while none shows a code of ours and time is left."""
    import pypdfium2

    found = Codes()
    with pypdfium2.PdfDocument(data) as document:
        if len(document) > limits["pages"]:
            raise Refused("upload_too_many_pages")
        for page in document:
            found.note(_drawn(page, PAGE_SIDE_PIXELS[0]))
        for page in document:
            if found.ours:
                break
            for look in looks_at(_drawn(page, PAGE_SIDE_PIXELS[1])):
                found.note(look)
                if found.ours or _half_spent(limits):
                    return found.answer()
    return found.answer()


def looks_at(picture: "Image") -> Iterator["Image"]:
    """The picture, and what makes codes out of focus, of few pixels, and grainy ones readable; the likeliest first."""
    from PIL import Image, ImageFilter

    yield picture
    times = 2 if max(picture.size) <= LONGEST_SIDE_PIXELS // 2 else 1.5
    yield picture.resize((int(picture.width * times), int(picture.height * times)), Image.Resampling.BICUBIC)
    yield picture.filter(ImageFilter.UnsharpMask(3, 200, 0))
    yield picture.reduce(2)


class Codes:
    """What the looks have shown so far. others: how many codes were seen that are not like ours."""

    def __init__(self) -> None:
        self.ours: list[str] = []
        self.others: set[str] = set()

    def note(self, picture: "Image") -> None:
        import zxingcpp

        formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)
        for code in zxingcpp.read_barcodes(picture, formats=formats):
            text = code.text
            if _PLAIN.fullmatch(text) is None or _OURS.search(text) is None:
                self.others.add(text)
            elif text not in self.ours and len(self.ours) < MAX_CODES:
                self.ours.append(text)

    def answer(self) -> dict[str, Any]:
        return {"texts": self.ours, "others": len(self.others)}


def _in_grey(picture: "Image") -> "Image":
    """The picture in one channel of 8 bits, on white where it is transparent, no side over LONGEST_SIDE_PIXELS."""
    from PIL import Image

    picture.load()
    shrink = -(-max(picture.size) // LONGEST_SIDE_PIXELS)
    if picture.mode.startswith("I"):
        return picture.point(lambda level: level / 256).convert("L").reduce(shrink)
    if "transparency" not in picture.info and picture.mode not in ("LA", "PA", "RGBA"):
        return picture.convert("L").reduce(shrink)
    small = picture.convert("RGBA").reduce(shrink)
    white = Image.new("RGBA", small.size, "white")
    white.alpha_composite(small)
    return white.convert("L")


def _drawn(page: Any, side_pixels: int) -> "Image":
    from PIL import Image

    width, height = page.get_size()
    scale = side_pixels / max(width, height, 1)
    bitmap = page.render(scale=scale, grayscale=True)
    # With the few bytes that fill its rows up: no code is in them.
    drawn = Image.frombytes("L", (bitmap.stride, bitmap.height), bytes(bitmap.buffer))
    bitmap.close()
    return drawn


def _half_spent(limits: Limits) -> bool:
    """Half of the processor's time: what is begun now still ends before the limit does it."""
    return time.process_time() > limits["cpu_seconds"] / 2
