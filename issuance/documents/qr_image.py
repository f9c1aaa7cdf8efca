"""Draw a document's link as a QR code, for the page, and other texts for screens.

The link is `https://host/v#` + decimal digits. Bytes up to and including `#` and digits after it are separate
segments, because a digit costs 3⅓ bits in numeric mode against 8 in byte mode. Level M, one fixed mask.
"""

import functools
import io
import re

import qrcode
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M

from issuance.documents.errors import QrTooLarge
from issuance.documents.qr_codewords import codewords, segments_of, smallest_version

MAX_VERSION = 17
"""85 modules: with the quiet zone 0.41 mm each at 38 mm, the least that office printers and scanners keep apart."""

MASK = 3
"""Any mask is valid (ISO/IEC 18004); trying all eight for the prettiest costs five times the drawing."""

QUIET_MODULES = 4

Matrix = tuple[bytes, ...]
"""Rows of modules from the top, one byte each, 1 is dark; without the quiet zone."""

_RUN = re.compile(rb"(\x00*)(\x01+)")
"""Light modules, and the dark ones right of them."""


def qr_matrix(link: str) -> Matrix:
    """The symbol for `link`. Raises QrTooLarge when it would need more than MAX_VERSION."""
    segments = segments_of(link)
    version = smallest_version(segments, MAX_VERSION)
    if version is None:
        raise QrTooLarge(f"the link needs a larger symbol than version {MAX_VERSION}")
    blank, places = _template(version)
    symbol = bytearray(blank)
    data = codewords(segments, version)
    for place, bit in zip(places, f"{int.from_bytes(data):0{8 * len(data)}b}", strict=True):
        if bit == "1":
            symbol[place] ^= 1
    side = 17 + 4 * version
    return tuple(bytes(symbol[start : start + side]) for start in range(0, side * side, side))


@functools.cache
def _template(version: int) -> tuple[bytes, tuple[int, ...]]:
    """The symbol of nothing but zeros, and where each bit of the codewords goes, which flips the module there.

    The library knows the placement, but takes a Python step per module to follow it. So it is asked once: in the n-th
    drawing every bit is set whose own number has bit n, and a module's flips over all drawings spell its number.
    """
    bits = 8 * sum(block.total_count for block in qrcode.base.rs_blocks(version, ERROR_CORRECT_M))
    blank = _drawn(version, bytes(bits // 8))
    numbers = [0] * len(blank)
    for n in range(bits.bit_length()):
        pattern = "".join("1" if number >> n & 1 else "0" for number in range(1, bits + 1))
        drawing = _drawn(version, int(pattern, 2).to_bytes(bits // 8))
        numbers = [number | (old != new) << n for number, old, new in zip(numbers, blank, drawing, strict=True)]
    place_of = {number: place for place, number in enumerate(numbers)}
    return blank, tuple(place_of[number] for number in range(1, bits + 1))


def _drawn(version: int, data: bytes) -> bytes:
    code = qrcode.QRCode(version=version, error_correction=ERROR_CORRECT_M, mask_pattern=MASK, border=0)
    code.data_cache = list(data)
    code.make(fit=False)
    return bytes(bool(module) for row in code.modules for module in row)


def qr_svg(link: str) -> bytes:
    """The symbol as one SVG path on white, quiet zone included; one unit is one module. Raises QrTooLarge."""
    matrix = qr_matrix(link)
    side = len(matrix) + 2 * QUIET_MODULES
    path = "".join(
        f"M{QUIET_MODULES} {y}" + "".join(map(_drawn_run, _RUN.findall(row)))
        for y, row in enumerate(matrix, QUIET_MODULES)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" viewBox="0 0 {side} {side}">'
        f'<path d="M0 0h{side}v{side}h-{side}z" fill="#fff"/><path d="{path}"/></svg>'
    ).encode()


def qr_png(text: str, module_pixels: int = 8) -> bytes:
    """The symbol in black on white as a picture of one bit a pixel, quiet zone included. Raises QrTooLarge."""
    matrix = qr_matrix(text)
    side = len(matrix) + 2 * QUIET_MODULES
    margin = bytes([255]) * QUIET_MODULES
    empty = bytes([255]) * side * QUIET_MODULES
    rows = b"".join(margin + bytes(0 if module else 255 for module in row) + margin for row in matrix)
    picture = Image.frombytes("L", (side, side), empty + rows + empty)
    out = io.BytesIO()
    picture.resize((side * module_pixels,) * 2, Image.Resampling.NEAREST).convert("1").save(out, "PNG", optimize=True)
    return out.getvalue()


@functools.cache
def _drawn_run(run: tuple[bytes, bytes]) -> str:
    """A step over the light modules, a rectangle of the dark ones, and on to its right edge: all relative, so that the
    few lengths that occur are written once."""
    light, dark = map(len, run)
    return f"m{light} 0h{dark}v1h-{dark}zm{dark} 0"
