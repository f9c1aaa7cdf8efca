"""Draw a document's link as a QR code: vector for the page, PNG for the web.

The link is `https://host/v#` + decimal digits. Bytes up to and including `#` and digits after it are separate
segments, because a digit costs 3⅓ bits in numeric mode against 8 in byte mode. Level M, one fixed mask.
"""

import io
from collections.abc import Sequence

import qrcode
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import BIT_LIMIT_TABLE, MODE_8BIT_BYTE, MODE_NUMBER, QRData, length_in_bits

from issuance.documents.errors import QrTooLarge

MAX_VERSION = 17
"""85 modules: with the quiet zone 0.41 mm each at 38 mm, the least that office printers and scanners keep apart."""

MASK = 3
"""Any mask is valid (ISO/IEC 18004); trying all eight for the prettiest costs five times the drawing."""

QUIET_MODULES = 4

Matrix = tuple[tuple[bool, ...], ...]
"""Rows of modules from the top, True is dark; without the quiet zone."""


def qr_matrix(link: str) -> Matrix:
    """The symbol for `link`. Raises QrTooLarge when it would need more than MAX_VERSION."""
    segments = _segments(link)
    version = _smallest_version(segments)
    code = qrcode.QRCode(version=version, error_correction=ERROR_CORRECT_M, mask_pattern=MASK, border=0)
    for segment in segments:
        code.add_data(segment, optimize=0)
    # The library's own fitting encodes the data three times over: half of the whole drawing.
    code.make(fit=False)
    return tuple(tuple(bool(module) for module in row) for row in code.modules)


def _segments(link: str) -> list[QRData]:
    head, mark, tail = link.partition("#")
    if not (tail.isascii() and tail.isdigit()):
        return [QRData(link.encode(), mode=MODE_8BIT_BYTE, check_data=False)]
    return [
        QRData((head + mark).encode(), mode=MODE_8BIT_BYTE, check_data=False),
        QRData(tail.encode(), mode=MODE_NUMBER, check_data=False),
    ]


def _smallest_version(segments: list[QRData]) -> int:
    for version in range(1, MAX_VERSION + 1):
        needed = sum(4 + length_in_bits(one.mode, version) + _data_bits(one) for one in segments)
        if needed <= BIT_LIMIT_TABLE[ERROR_CORRECT_M][version]:
            return version
    raise QrTooLarge(f"the link needs a larger symbol than version {MAX_VERSION}")


def _data_bits(segment: QRData) -> int:
    """Bits without mode and length (ISO/IEC 18004, 7.4.3 and 7.4.5): three digits take 10, the rest 4 or 7."""
    if segment.mode == MODE_NUMBER:
        triples, rest = divmod(len(segment), 3)
        return 10 * triples + (0, 4, 7)[rest]
    return 8 * len(segment)


def qr_svg(link: str) -> bytes:
    """The symbol as one SVG path on white, quiet zone included; one unit is one module. Raises QrTooLarge."""
    matrix = qr_matrix(link)
    side = len(matrix) + 2 * QUIET_MODULES
    path = "".join(
        f"M{x + QUIET_MODULES} {y + QUIET_MODULES}h{length}v1h-{length}z"
        for y, row in enumerate(matrix)
        for x, length in _dark_runs(row)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" viewBox="0 0 {side} {side}">'
        f'<path d="M0 0h{side}v{side}h-{side}z" fill="#fff"/><path d="{path}"/></svg>'
    ).encode()


def qr_png(link: str, *, pixels_per_module: int = 6) -> bytes:
    """The symbol as a PNG with its quiet zone, for web pages. Raises QrTooLarge."""
    matrix = qr_matrix(link)
    side = len(matrix) + 2 * QUIET_MODULES
    image = Image.new("L", (side, side), 255)
    image.putdata(list(_framed(matrix, side)))
    out = io.BytesIO()
    image.resize((side * pixels_per_module,) * 2, Image.Resampling.NEAREST).save(out, "PNG", optimize=True)
    return out.getvalue()


def _dark_runs(row: Sequence[bool]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    start = None
    for x, dark in enumerate((*row, False)):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            runs.append((start, x - start))
            start = None
    return runs


def _framed(matrix: Matrix, side: int) -> list[int]:
    white = [255] * (side * QUIET_MODULES)
    margin = [255] * QUIET_MODULES
    rows = [value for row in matrix for value in (*margin, *(0 if dark else 255 for dark in row), *margin)]
    return [*white, *rows, *white]
