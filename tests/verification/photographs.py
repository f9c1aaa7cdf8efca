"""An issued page, and what telephones make of it on paper: seeded, so that each number gives the same picture again."""

from __future__ import annotations

import io
import math
import random
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pypdfium2
from PIL import Image, ImageChops, ImageEnhance, ImageFilter

from issuance.documents.catalogue import load_catalogue, shipped_types_folder
from issuance.documents.render import Renderer
from signing.seal_pdf import seal_pdf
from tests.sealing import AT, ORGANISATION, facts_of, key_ring, pdf_permit, sealed_qr
from verification.formats.facts import encode_facts
from verification.trust import KeyPurpose
from verification.verdict import DocumentFacts

FONTS = Path(__file__).parents[2] / "build" / "fonts"
FACTS = replace(facts_of(key_ring()), full_name="Công Tằng Tôn Nữ Thị Quỳnh Hương Nguyệt")
OTHER_FACTS = replace(FACTS, full_name="Trần Văn Thử", number="730914628506", status_index=4243)

Point = tuple[float, float]


@cache
def link_of(facts: DocumentFacts) -> str:
    """What the code on the page of these facts says; each sealing makes another."""
    return sealed_qr(facts, key_ring()).link


@cache
def page_of(facts: DocumentFacts = FACTS) -> bytes:
    """The sealed PDF of these facts, with the code that is sealed too."""
    ring = key_ring()
    kind = load_catalogue(shipped_types_folder()).get("criminal_record_form_1")
    content = {**kind.example_content, "full_name": facts.full_name, "document_number": facts.number}
    renderer = Renderer(FONTS if FONTS.is_dir() else None)
    page = renderer.render(kind, content, facts=encode_facts(facts), qr_link=link_of(facts), at=AT)
    return seal_pdf(pdf_permit(page), ring.active(KeyPurpose.PDF, AT), ORGANISATION, AT, location="Hà Nội").data


@cache
def drawn(pdf: bytes, dots_per_inch: int = 200) -> Image.Image:
    """The first page as a printer puts it on paper."""
    with pypdfium2.PdfDocument(pdf) as document:
        return document[0].render(scale=dots_per_inch / 72).to_pil().convert("L")


@dataclass(frozen=True)
class Scene:
    """How the sheet lies and how it is taken. Shares of the picture, degrees, pixels; blur of a picture 4,000 high.

    filled: how much of the picture's height the page takes; over 1 only a part of it is on the picture. light: the
    brightest and darkest corner. fold: how far waves bend the page.
    """

    size: tuple[int, int] = (3000, 4000)
    turned: float = 0
    leaning: float = 0
    filled: float = 0.92
    blur: float = 0
    noise: float = 0
    light: tuple[float, float] = (1, 1)
    contrast: float = 1
    fold: float = 0
    quality: int = 60
    seed: int = 0


def scene_of(number: int) -> Scene:
    """One of endlessly many telephone pictures as people take them."""
    chance = random.Random(number)
    turned = chance.choice((0, 0, 0, 90, 180, 270)) + chance.uniform(-14, 14)
    brightest = chance.uniform(0.6, 1)
    return Scene(
        size=chance.choice(((1500, 2000), (2250, 3000), (3000, 4000), (3000, 4000))),
        turned=turned,
        leaning=chance.uniform(0, 0.16),
        filled=chance.uniform(0.7, 0.95),
        blur=chance.uniform(0, 3.2),
        noise=chance.uniform(0, 14),
        light=(brightest, brightest * chance.uniform(0.35, 1)),
        contrast=chance.uniform(0.45, 1),
        fold=chance.uniform(0, 0.006),
        quality=chance.choice((40, 60, 60, 85)),
        seed=number,
    )


def photograph(page: Image.Image, scene: Scene) -> bytes:
    """A JPEG of the sheet on a table."""
    return encoded(taken(page, scene), scene.quality)


def encoded(picture: Image.Image, quality: int = 60, **more: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, **more)
    return out.getvalue()


def as_png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()


def taken(page: Image.Image, scene: Scene) -> Image.Image:
    chance = random.Random(scene.seed)
    width, height = scene.size
    sheet = _bent(page, scene.fold, chance) if scene.fold else page
    picture = Image.new("L", scene.size, 70)
    to_page = _seen_from(_corners(scene, chance), sheet.size)
    mask = Image.new("L", sheet.size, 255).transform(scene.size, Image.Transform.PERSPECTIVE, to_page)
    picture.paste(
        sheet.transform(scene.size, Image.Transform.PERSPECTIVE, to_page, Image.Resampling.BICUBIC), mask=mask
    )
    picture = ImageEnhance.Contrast(picture).enhance(scene.contrast)
    if scene.light != (1, 1):
        bright, dark = (round(255 * one) for one in scene.light)
        shade = Image.linear_gradient("L").rotate(chance.choice((0, 90, 180, 270)) + 1).resize(scene.size)
        picture = ImageChops.multiply(picture, shade.point([dark + (bright - dark) * i // 255 for i in range(256)]))
    if scene.blur:
        picture = picture.filter(ImageFilter.GaussianBlur(scene.blur * height / 4000))
    if scene.noise:
        # Of fixed bytes: Pillow's own noise cannot be seeded. A tile is enough, moved for each place.
        grain = Image.frombytes("L", (500, 500), chance.randbytes(250_000)).point(
            [round(128 + (i - 128) * scene.noise / 74) for i in range(256)]
        )
        noise = Image.new("L", scene.size, 128)
        for left in range(0, width, 500):
            for top in range(0, height, 500):
                noise.paste(grain.rotate(chance.choice((0, 90, 180, 270))), (left, top))
        picture = ImageChops.add(picture, noise, 1, -128)
    return picture


def _corners(scene: Scene, chance: random.Random) -> list[Point]:
    """Where the sheet's corners come to lie, from the upper left one to the right."""
    width, height = scene.size
    tall = scene.filled * height
    wide = tall / math.sqrt(2)
    angle = math.radians(scene.turned)
    if abs(math.sin(angle)) > math.sqrt(0.5):
        shrunk = min(1, 0.95 * width / tall) if scene.filled <= 1 else 1
        tall, wide = tall * shrunk, wide * shrunk
    corners = []
    for x, y in ((-wide, -tall), (wide, -tall), (wide, tall), (-wide, tall)):
        # A camera that isn't held level: one edge of the sheet is farther away than the other.
        lean = 1 - scene.leaning * (y < 0) - chance.uniform(0, scene.leaning / 4)
        x, y = x / 2 * lean, y / 2 * lean
        x, y = x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)
        corners.append((width / 2 + x, height / 2 + y))
    return corners


def _seen_from(corners: list[Point], size: tuple[int, int]) -> tuple[float, ...]:
    """The eight numbers of the perspective that leads each place of the picture to one of the sheet."""
    wide, tall = size
    rows, right = [], []
    for (x, y), (u, v) in zip(corners, ((0, 0), (wide, 0), (wide, tall), (0, tall)), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    return tuple(_solved([[*row, one] for row, one in zip(rows, right, strict=True)]))


def _solved(rows: list[list[float]]) -> list[float]:
    for at in range(len(rows)):
        best = max(range(at, len(rows)), key=lambda row: abs(rows[row][at]))
        rows[at], rows[best] = rows[best], rows[at]
        rows[at] = [one / rows[at][at] for one in rows[at]]
        for row in range(len(rows)):
            if row != at:
                factor = rows[row][at]
                rows[row] = [one - factor * other for one, other in zip(rows[row], rows[at], strict=True)]
    return [row[-1] for row in rows]


def _bent(page: Image.Image, fold: float, chance: random.Random) -> Image.Image:
    """Paper that was in a pocket: waves of a few lengths move every cell of a grid."""
    wide, tall = page.size
    waves = [
        (chance.uniform(2, 9), chance.uniform(2, 9), chance.uniform(0, 6.3), chance.uniform(0, 6.3)) for _ in range(3)
    ]

    def moved(x: float, y: float) -> Point:
        along = [a * x / wide + b * y / tall + c for a, b, c, _ in waves]
        across = [b * x / wide - a * y / tall + d for a, b, _, d in waves]
        return x + fold * wide * sum(map(math.sin, along)) / 3, y + fold * wide * sum(map(math.sin, across)) / 3

    mesh = []
    step = 60
    for left in range(0, wide, step):
        for top in range(0, tall, step):
            right, bottom = min(left + step, wide), min(top + step, tall)
            places = ((left, top), (left, bottom), (right, bottom), (right, top))
            mesh.append(((left, top, right, bottom), tuple(n for place in places for n in moved(*place))))
    return page.transform(page.size, Image.Transform.MESH, mesh, Image.Resampling.BICUBIC, fillcolor=255)
