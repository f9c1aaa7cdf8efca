import re

import pytest
import qrcode
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import MODE_8BIT_BYTE, MODE_NUMBER, QRData

from issuance.documents.errors import QrTooLarge
from issuance.documents.qr_image import MASK, MAX_VERSION, QUIET_MODULES, qr_matrix, qr_svg

HOST = "https://verify.condau.example/v#"


def read(link: str) -> str:
    """What a reader finds in the symbol of `link`, three pixels a module."""
    matrix = qr_matrix(link)
    drawn = Image.frombytes("L", (len(matrix), len(matrix)), bytes(255 * (not dark) for row in matrix for dark in row))
    framed = ImageOps.expand(drawn, QUIET_MODULES, 255)
    found = zxingcpp.read_barcodes(ImageOps.scale(framed, 3, Image.Resampling.NEAREST))
    assert len(found) == 1
    return found[0].text


@given(st.text("0123456789", max_size=900))
def test_any_link_reads_back(digits: str) -> None:
    assert read(HOST + digits) == HOST + digits


@given(st.text("0123456789", min_size=1, max_size=900))
def test_a_symbol_is_the_librarys_own(digits: str) -> None:
    matrix = qr_matrix(HOST + digits)
    code = qrcode.QRCode((len(matrix) - 17) // 4, ERROR_CORRECT_M, mask_pattern=MASK, border=0)
    code.add_data(QRData(HOST.encode(), mode=MODE_8BIT_BYTE), optimize=0)
    code.add_data(QRData(digits.encode(), mode=MODE_NUMBER, check_data=False), optimize=0)
    code.make(fit=False)
    assert matrix == tuple(bytes(map(bool, row)) for row in code.modules)


def test_svg_paints_every_dark_module_once() -> None:
    link = HOST + "7" * 608
    matrix = qr_matrix(link)
    _, path = qr_svg(link).decode().split('fill="#fff"/>')
    painted: list[tuple[int, int]] = []
    x = y = 0
    path = path.removeprefix('<path d="').removesuffix('"/></svg>')
    for step in re.split(r"(?=[Mm]|(?<!z)h\d)", path):
        if (move := re.fullmatch(r"M(\d+) (\d+)", step)) is not None:
            x, y = int(move[1]), int(move[2])
        elif (move := re.fullmatch(r"m(\d+) 0", step)) is not None:
            x += int(move[1])
        elif (rectangle := re.fullmatch(r"h(\d+)v1h-\1z", step)) is not None:
            # Closed, so the pen is back where it began; moving on is the next step's.
            painted += [(x + column - QUIET_MODULES, y - QUIET_MODULES) for column in range(int(rectangle[1]))]
        else:
            assert step == ""
    dark = [(x, y) for y, row in enumerate(matrix) for x, module in enumerate(row) if module]
    assert sorted(painted) == sorted(dark)


@pytest.mark.parametrize("link", ["https://verify.condau.example/v", HOST + "not-digits", "https://h/v#12#34"])
def test_links_of_another_form_read_back(link: str) -> None:
    assert read(link) == link


def test_250_bytes_of_payload_need_65_modules() -> None:
    # 7 bytes are 17 digits; one byte segment for all would need version 19.
    assert len(qr_matrix(HOST + "7" * 608)) == 65


def test_a_symbol_too_fine_to_print_is_refused() -> None:
    largest = 17 + 4 * MAX_VERSION
    digits = 608
    while True:
        try:
            modules = len(qr_matrix(HOST + "7" * digits))
        except QrTooLarge:
            break
        assert modules <= largest
        digits += 10
    assert digits < 1_300


def test_svg_is_drawn_on_white_with_the_quiet_zone() -> None:
    side = 65 + 2 * QUIET_MODULES
    svg = qr_svg(HOST + "7" * 608).decode()
    assert f'viewBox="0 0 {side} {side}"' in svg
    assert f'<path d="M0 0h{side}v{side}h-{side}z" fill="#fff"/>' in svg
    assert svg.count("<path") == 2
