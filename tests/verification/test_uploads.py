"""Strangers' files: what is read from pictures of paper, and what a child process is for."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import qrcode
import zxingcpp
from PIL import Image

from tests.sealing import AT, OneDocumentRegister, key_ring, sealed_pdf, snapshot
from tests.verification.photographs import (
    FACTS,
    OTHER_FACTS,
    Scene,
    as_png,
    drawn,
    encoded,
    link_of,
    page_of,
    photograph,
    scene_of,
    taken,
)
from verification.read_upload import Upload, UploadLimits, UploadRefused, read_upload
from verification.register import DocumentStatus
from verification.trust import TrustList
from verification.verdict import VerdictState
from verification.verify_file import Examined, FileVerdict, verify_file

RING = key_ring()
TRUST = RING.trust_list(AT)
STATUS = snapshot(RING)
LINK = link_of(FACTS)
PAGE = drawn(page_of())
PLAIN_SCENE = Scene(size=(1500, 2000))
LEAST_READ = 6
"""Of eight."""


def verified(data: bytes, trust: TrustList = TRUST, register: OneDocumentRegister | None = None) -> FileVerdict:
    return verify_file(data, trust, register, None if register else STATUS, AT)


def on_pages(*pictures: Image.Image) -> bytes:
    """What a scanner makes of paper: a PDF of nothing but pictures."""
    out = io.BytesIO()
    pictures[0].save(out, "PDF", save_all=True, append_images=pictures[1:], resolution=200)
    return out.getvalue()


def shop_code(text: str = "https://shop.example/menu") -> Image.Image:
    picture = qrcode.make(text, box_size=6)
    return picture.get_image().convert("L")  # type: ignore[no-any-return]  # qrcode has no types


@pytest.mark.parametrize("first", range(100, 124, 8))
def test_telephone_pictures_of_the_paper_are_read(first: int) -> None:
    """Tilted, turned, out of focus, dark, grainy, bent, at JPEG quality 40 to 85; a few are beyond any reader."""
    read = [read_upload(photograph(PAGE, scene_of(number))).only_code() for number in range(first, first + 8)]

    assert {one for one in read if one} == {LINK}
    assert sum(one == LINK for one in read) >= LEAST_READ


@pytest.mark.parametrize(
    "scene",
    [
        *(Scene(size=(1500, 2000), turned=turned) for turned in (0, 8, 90, 180, 270)),
        Scene(turned=45, filled=0.6),
        Scene(leaning=0.25),
        Scene(size=(1500, 2000), contrast=0.25),
        Scene(size=(1500, 2000), light=(0.25, 0.1)),
        Scene(blur=2.2),
        Scene(size=(6000, 8000), quality=40),
        Scene(noise=20),
        Scene(fold=0.008),
    ],
    ids=lambda scene: ",".join(f"{name}={value}" for name, value in vars_of(scene).items()) or "plain",
)
def test_each_hardship_alone_is_read(scene: Scene) -> None:
    assert read_upload(photograph(PAGE, scene)).only_code() == LINK


def test_a_part_of_the_page_is_enough() -> None:
    picture = taken(PAGE, Scene(turned=5))
    part = picture.crop((0, picture.height // 2, picture.width * 2 // 3, picture.height))

    assert read_upload(encoded(part)).only_code() == LINK


def vars_of(scene: Scene) -> dict[str, Any]:
    plain = Scene()
    return {
        name: getattr(scene, name)
        for name in Scene.__dataclass_fields__
        if getattr(scene, name) != getattr(plain, name)
    }


def test_a_corner_that_reads_as_a_code_of_its_own_is_none() -> None:
    """Some codes, drawn so that a module is no whole number of dots, hold a corner that reads as a Micro QR code."""
    micro = zxingcpp.create_barcode("8", zxingcpp.BarcodeFormat.MicroQRCode)
    page = drawn(page_of()).copy()
    page.paste(Image.fromarray(zxingcpp.write_barcode_to_image(micro, scale=4, add_quiet_zones=True)), (60, 60))

    upload = read_upload(as_png(page))
    assert upload.only_code() == LINK
    assert upload.other_codes == 0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_however_the_telephone_was_held(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    picture = taken(PAGE, PLAIN_SCENE)
    if orientation in turned:
        picture = picture.transpose(turned[orientation])

    assert read_upload(encoded(picture, exif=exif)).only_code() == LINK


def on_clear_ground(picture: Image.Image) -> Image.Image:
    clear = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    clear.putalpha(picture.point(lambda level: 255 - level))
    return clear


def in_16_bits(picture: Image.Image) -> Image.Image:
    return Image.frombytes("I;16", picture.size, b"".join(bytes((0, level)) for level in picture.tobytes()))


KINDS: dict[str, Callable[[Image.Image], bytes]] = {
    **{
        f"png-{mode}": lambda picture, mode=mode: as_png(picture.convert(mode))
        for mode in ("1", "L", "LA", "P", "RGB", "RGBA")
    },
    "png-clear": lambda picture: as_png(on_clear_ground(picture)),
    "png-16-bits": lambda picture: as_png(in_16_bits(picture)),
    "jpeg-cmyk": lambda picture: encoded(picture.convert("CMYK")),
    "jpeg-progressive": lambda picture: encoded(picture.convert("RGB"), progressive=True),
    "jpeg-of-several": lambda picture: several_in_one(picture),
    "light-on-dark": lambda picture: as_png(picture.point(lambda level: 255 - level)),
    "pdf-scan": lambda picture: on_pages(picture),
    "pdf-of-20": lambda picture: on_pages(*[Image.new("L", (400, 500), 255)] * 19, picture),
}


def several_in_one(picture: Image.Image) -> bytes:
    """As telephones write them: the picture and a smaller one behind it."""
    out = io.BytesIO()
    picture.save(out, "MPO", save_all=True, append_images=[picture.reduce(4)])
    return out.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_every_way_to_store_a_picture(kind: str) -> None:
    upload = read_upload(KINDS[kind](taken(PAGE, PLAIN_SCENE)))

    assert (upload.kind, upload.only_code()) == (kind.partition("-")[0].replace("light", "png"), LINK)


def test_codes_of_others_are_counted_and_never_handed_on() -> None:
    page = PAGE.copy()
    page.paste(shop_code(), (0, 0))
    page.paste(shop_code("00020101021238570010A00000072701270006970403011300110123456780208QRIBFTTA"), (600, 0))
    upload = read_upload(as_png(page))

    assert upload == Upload("png", (LINK,), other_codes=2)


def test_several_documents_are_no_verdict_but_the_same_one_twice_is() -> None:
    both = Image.new("L", (PAGE.width * 2, PAGE.height), 255)
    both.paste(PAGE, (0, 0))
    twice = both.copy()
    both.paste(drawn(page_of(OTHER_FACTS)), (PAGE.width, 0))
    twice.paste(PAGE, (PAGE.width, 0))

    assert len(read_upload(as_png(both)).qr_texts) == 2
    for several in (as_png(both), on_pages(PAGE, drawn(page_of(OTHER_FACTS)))):
        verdict = verified(several).verdict
        assert (verdict.state, verdict.reason) == (VerdictState.UNREADABLE, "several_codes")
    for same in (as_png(twice), on_pages(PAGE, PAGE)):
        assert verified(same).verdict.state is VerdictState.VALID


@pytest.mark.parametrize(
    "data", [as_png(PAGE), photograph(PAGE, PLAIN_SCENE), on_pages(PAGE)], ids=["png", "jpeg", "pdf"]
)
def test_a_picture_of_the_paper_gets_the_verdict_of_its_code_and_says_so(data: bytes) -> None:
    register = OneDocumentRegister.of(page_of(), FACTS)
    offline, live = verified(data), verified(data, register=register)
    revoked = verified(data, register=register.marked(DocumentStatus.REVOKED))

    assert [one.examined for one in (offline, live, revoked)] == [Examined.CODE_IN_FILE] * 3
    assert [one.verdict.state for one in (offline, live, revoked)] == ["valid", "valid", "revoked"]
    assert offline.verdict.facts == FACTS


def test_the_sealed_file_itself_is_examined_as_a_file() -> None:
    found = verified(page_of())

    assert (found.verdict.state, found.examined) == (VerdictState.VALID, Examined.FILE)


def test_a_genuine_code_saves_no_broken_seal() -> None:
    changed = bytearray(page_of())
    changed[len(changed) // 3] ^= 1
    assert read_upload(bytes(changed)).only_code() == LINK  # so it is not for want of a code

    found = verified(bytes(changed))
    assert (found.verdict.state, found.examined) == (VerdictState.NOT_GENUINE, Examined.FILE)


def test_a_page_printed_into_a_file_again_is_judged_by_its_code(tmp_path: Path) -> None:
    sealed, printed = tmp_path / "sealed.pdf", tmp_path / "printed.pdf"
    sealed.write_bytes(page_of())
    subprocess.run(["pdftocairo", "-pdf", sealed, printed], check=True)

    found = verified(printed.read_bytes())
    assert (found.verdict.state, found.examined) == (VerdictState.VALID, Examined.CODE_IN_FILE)


def test_without_a_code_nobody_is_accused() -> None:
    white = Image.new("L", (800, 1000), 255)
    nothing = [as_png(white), encoded(white), on_pages(white)]
    page = white.copy()
    page.paste(shop_code(), (100, 100))

    assert [verified(one).verdict.reason for one in nothing] == ["no_code_found"] * 3
    assert verified(as_png(page)).verdict.reason == "qr_not_a_document_code"
    for one in (*nothing, as_png(page)):
        assert verified(one).verdict.state is VerdictState.UNREADABLE


def test_a_pdf_with_a_seal_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a child process was started")

    monkeypatch.setattr("verification.verify_file.read_upload", never)
    assert verified(sealed_pdf().data).verdict.state is VerdictState.VALID


@pytest.mark.parametrize(
    ("data", "limits", "code"),
    [
        (b"%PDF-" + bytes(100), UploadLimits(file_bytes=104), "upload_too_large"),
        (b"", UploadLimits(), "upload_not_recognised"),
        (b"hello", UploadLimits(), "upload_not_recognised"),
        (as_png(Image.new("L", (100, 101))), UploadLimits(pixels=10_000), "upload_too_many_pixels"),
        (encoded(Image.new("L", (100, 101))), UploadLimits(pixels=10_000), "upload_too_many_pixels"),
        (on_pages(*[Image.new("L", (50, 50))] * 3), UploadLimits(pages=2), "upload_too_many_pages"),
        (as_png(Image.new("RGB", (6000, 6000))), UploadLimits(memory_bytes=200_000_000), "upload_too_hungry"),
    ],
    ids=["bytes", "empty", "text", "png-pixels", "jpeg-pixels", "pages", "memory"],
)
def test_each_limit_has_its_own_refusal(data: bytes, limits: UploadLimits, code: str) -> None:
    with pytest.raises(UploadRefused) as refused:
        read_upload(data, limits)
    assert refused.value.code == code


def test_no_limit_can_be_left_out() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        UploadLimits(cpu_seconds=0)


def test_what_a_file_says_is_in_no_repr() -> None:
    assert LINK[-40:] not in repr(read_upload(as_png(PAGE)))


def test_the_scenes_are_the_same_each_time() -> None:
    """Else a picture that could not be read could not be looked at again."""
    assert photograph(PAGE, scene_of(107)) == photograph(PAGE, scene_of(107))
