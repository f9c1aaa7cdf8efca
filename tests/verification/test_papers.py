"""Papers that open and only show, and those that would do more."""

from __future__ import annotations

import io
import zlib

import pytest
from PIL import Image

from tests.verification.test_uploads_hostile import jpeg_of, pdf_of
from verification.read_paper import read_paper
from verification.read_upload import UploadLimits, UploadRefused

CATALOG = b"<</Type/Catalog/Pages 2 0 R%s>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>"


def pdf(pages: int = 1, catalog: bytes = b"", *more: bytes) -> bytes:
    """A PDF of so many empty pages. catalog: what its catalog says beside them; more: objects after the pages."""
    kids = b" ".join(b"%d 0 R" % (number + 3) for number in range(pages))
    tree = b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, pages)
    return pdf_of(CATALOG % catalog, tree, *[PAGE] * pages, *more)


def picture(kind: str, size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, kind)
    return out.getvalue()


def packed(inside: bytes, coding: bytes = b"/FlateDecode", more: bytes = b"") -> bytes:
    """An object stream. more: entries of its dictionary beside those that it needs."""
    data = zlib.compress(b"9 0 " + inside)
    entries = b"/Type/ObjStm/N 1/First 4/Filter%s/Length %d%s" % (coding, len(data), more)
    return b"<<%s>>stream\n%s\nendstream" % (entries, data)


def refusal(data: bytes, limits: UploadLimits | None = None) -> str:
    with pytest.raises(UploadRefused) as refused:
        read_paper(data, limits or UploadLimits())
    return refused.value.code


def test_what_opens_says_how_many_pages_it_has() -> None:
    assert (read_paper(pdf(3)).pages, read_paper(pdf(3)).media_type) == (3, "application/pdf")
    assert (read_paper(picture("PNG")).pages, read_paper(picture("PNG")).media_type) == (1, "image/png")
    assert read_paper(picture("JPEG")).media_type == "image/jpeg"
    # An action that stays in the document or opens an address, and objects that only show, are nothing to be afraid of.
    assert read_paper(pdf(2, b"/OpenAction[3 0 R/Fit]", packed(b"<</A/Launches/B/Java#20Script>>"))).pages == 2


def test_bounds() -> None:
    assert read_paper(pdf(20)).pages == 20
    assert refusal(pdf(21)) == "upload_too_many_pages"
    assert refusal(jpeg_of(8000, 8000)) == "upload_too_many_pixels"
    assert refusal(pdf(), UploadLimits(file_bytes=100)) == "upload_too_large"


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7 a paper",
        pdf(0),
        picture("PNG")[:60],
        picture("JPEG")[:-200],
        b"\x89PNG\r\n\x1a\n" + bytes(64),
    ],
)
def test_what_does_not_open_is_no_paper(data: bytes) -> None:
    assert refusal(data) == "upload_unreadable"


def test_other_kinds_are_no_papers() -> None:
    assert refusal(b"GIF89a") == refusal(b"") == "upload_not_recognised"


@pytest.mark.parametrize(
    "data",
    [
        pdf(1, b"/OpenAction 4 0 R", b"<</S/JavaScript/JS(app.alert(1))>>"),
        pdf(1, b"/OpenAction 4 0 R", b"<</S/#4aavaScri#70t/JS(app.alert(1))>>"),
        pdf(1, b"/OpenAction<</S/Launch/F(calc.exe)>>"),
        pdf(1, b"/OpenAction<</S /SubmitForm/F(https://x.example)>>"),
        pdf(
            1,
            b"/Names<</EmbeddedFiles<</Names[(a)4 0 R]>>>>",
            b"<</Type/Filespec/F(a)/EF<</F 5 0 R>>>>",
            b"<</Type/EmbeddedFile/Length 1>>stream\nx\nendstream",
        ),
        pdf(1, b"", packed(b"<</S/Launch/F(x)>>")),
        pdf(1, b"", packed(b"<</S/Launch/F(x)>>", b"[/ASCIIHexDecode /FlateDecode]")),
        pdf(1, b"", packed(b"<</S/Launch/F(x)>>", more=b"/X(7 0 obj)")),
        pdf(1, b"", packed(b"<</S/Launch/F(x)>>", more=b"/X(" + b"x" * 9000 + b")")),
        pdf(1, b"", packed(b"<</S/Launch/F(x)>>", more=b"/X(stream\n" + zlib.compress(b"9 0 null") + b")")),
        pdf(1, b"", packed(b"<</S/Launch/F(x)>>", more=b"/X(>>stream\n" + zlib.compress(b"9 0 null") + b"endstream)")),
        pdf(1, b"", packed(b"<</S/Launch/F(x)>>", more=b"/X(\\(()>>stream\nendstream)/Y<</Z[<3e3e>]>>%>>stream\n")),
        pdf(1, b"/AcroForm<</XFA(x)/Fields[]>>/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS(x)>>]>>>>"),
    ],
)
def test_what_does_more_than_show_is_no_paper(data: bytes) -> None:
    assert refusal(data) == "paper_active"


def test_what_is_encrypted_is_no_paper() -> None:
    nothing = b"<" + b"28bf4e5e" * 8 + b">"
    body = pdf(1, b"", b"<</Filter/Standard/V 1/R 2/O%s/U%s/P -4>>" % (nothing, nothing))
    encrypted = body.replace(b"/Root 1 0 R", b"/Root 1 0 R/Encrypt 4 0 R/ID[<00><00>]")
    assert refusal(encrypted) == "paper_encrypted"


def test_a_bomb_of_objects_goes_off_where_it_harms_nobody() -> None:
    assert refusal(pdf(1, b"", packed(bytes(60_000_000)))) == "upload_too_hungry"
