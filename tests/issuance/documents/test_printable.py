from pathlib import Path

import pypdfium2
import pytest

from issuance.documents.catalogue import DocumentType
from issuance.documents.printable import PRINTABLE, is_printable, normalised
from issuance.documents.render import Renderer
from tests.issuance.documents.conftest import AT, FONTS, LINK, facts_of


@pytest.mark.parametrize("fonts", [None, FONTS], ids=["embedded", "fetched"])
def test_every_printable_character_has_a_glyph_and_is_extracted_as_itself(
    form_1: DocumentType, fonts: Path | None
) -> None:
    if fonts is not None and not fonts.is_dir():
        pytest.skip("the fonts have not been fetched")
    renderer = Renderer(fonts)
    letters = sorted(PRINTABLE - {" ", "-"})
    for start in range(0, len(letters), 60):
        shown = "".join(letters[start : start + 60])
        content = {
            **form_1.example_content,
            "other_names": " ".join(shown[i : i + 20] for i in range(0, len(shown), 20)),
        }
        pdf = renderer.render(form_1, content, facts=facts_of(form_1, content), qr_link=LINK, at=AT)
        with pypdfium2.PdfDocument(pdf) as document:
            text = document[0].get_textpage().get_text_range()
        assert shown in "".join(text.split())


def test_capitals_compare_with_small_letters() -> None:
    assert [one for one in PRINTABLE if one.upper().casefold() != one.casefold()] == []


def test_every_printable_character_is_its_own_normal_form() -> None:
    assert all(normalised(one) == one for one in PRINTABLE)


@pytest.mark.parametrize(
    "text",
    [
        "Nguyễn Thị Minh Anh",
        "D'Artagnan",
        "Đỗ Ươm",
        "12/34-A",
        "000.00.15.H26-240603-0001",
        "x" * 25,
        "W" * 20,
        "1" * 33,
    ],
)
def test_names_and_addresses_can_be_printed(text: str) -> None:
    assert is_printable(text)


@pytest.mark.parametrize(
    "text", ["a\nb", "a\x00", "\ud800", "\u202eabc", "\u200b", "e\u0302\u0301", "中", "x" * 26, "W" * 21, "1" * 34]
)
def test_signs_that_could_break_or_fake_a_page_cannot(text: str) -> None:
    assert not is_printable(text)
