"""The pages' files come compressed to browsers, whole and unchanged to everybody."""

import gzip
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

import api.web
from api.web.static_files import PageFiles

_NAMED = re.compile(r"[\"'`(]/static/([\w./-]+\.\w+)(?=[\"'`#?)])")
_IMPORTED = re.compile(
    r"""^(?:import|export)\b[^;]*?["'](\.{1,2}/[^"']+)["']|\bimport\(["'](\.{1,2}/[^"']+)""", re.MULTILINE
)
SCRIPT = b"export const answer = 42;\n" * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "one.js").write_bytes(SCRIPT)
    (tmp_path / "one.png").write_bytes(SCRIPT)
    return tmp_path


@pytest.fixture
async def browser(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette()
    app.mount("/static", PageFiles(folder))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://house.example/static/") as client:
        yield client


async def test_who_takes_gzip_gets_it_and_reads_the_same(browser: httpx.AsyncClient) -> None:
    zipped = await browser.get("one.js", headers={"Accept-Encoding": "br, gzip"})
    assert zipped.content == SCRIPT
    assert zipped.headers["content-encoding"] == "gzip"
    assert int(zipped.headers["content-length"]) < len(SCRIPT) / 10
    plain = await browser.get("one.js", headers={"Accept-Encoding": "identity"})
    assert plain.content == SCRIPT
    assert "content-encoding" not in plain.headers
    for name in ("content-type", "etag", "last-modified", "vary"):
        assert zipped.headers[name] == plain.headers[name]
    assert zipped.headers["vary"] == "Accept-Encoding"


async def test_what_is_held_is_not_sent_again(browser: httpx.AsyncClient, folder: Path) -> None:
    first = await browser.get("one.js", headers={"Accept-Encoding": "gzip"})
    held = {"Accept-Encoding": "gzip", "If-None-Match": first.headers["etag"]}
    again = await browser.get("one.js", headers=held)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    (folder / "one.js").write_bytes(b"let other;")
    os.utime(folder / "one.js", (1, 1))
    changed = await browser.get("one.js", headers=held)
    assert (changed.status_code, changed.content) == (200, b"let other;")


async def test_parts_pictures_and_what_is_not_there_are_left_alone(browser: httpx.AsyncClient) -> None:
    part = await browser.get("one.js", headers={"Accept-Encoding": "gzip", "Range": "bytes=0-5"})
    assert (part.status_code, part.content) == (206, b"export")
    picture = await browser.get("one.png", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in picture.headers
    assert picture.content == SCRIPT
    for address in ("none.js", "..%2f..%2fpyproject.toml"):
        assert (await browser.get(address)).status_code == 404


def test_every_file_that_pages_and_modules_name_is_there() -> None:
    web = Path(api.web.__file__).parent
    static, templates = web / "static", sorted((web / "templates").rglob("*.html"))
    named = [(file, address) for file in templates for address in _NAMED.findall(file.read_text(encoding="utf-8"))]
    # What others wrote is fetched when the program is built.
    modules = [file for file in sorted(static.rglob("*.js")) if static / "vendor" not in file.parents]
    for file in modules:
        text = file.read_text(encoding="utf-8")
        there = [
            str((file.parent / (name or later)).resolve().relative_to(static))
            for name, later in _IMPORTED.findall(text)
        ]
        named += [(file, address) for address in (*there, *_NAMED.findall(text))]
    names = {name for _, name in named}
    assert {"page.css", "citizen/photo.js", "smaller.js", "vendor/zxing/reader/index.js"} <= names
    missing = [(file.name, name) for file, name in named if not (static / name).is_file()]
    assert [one for one in missing if not one[1].startswith("vendor/")] == []


def test_the_compressed_bytes_are_the_same_in_every_process(folder: Path) -> None:
    first, second = (PageFiles(folder)._compressed(folder / "one.js") for _ in range(2))
    assert first == second
    assert gzip.decompress(first) == SCRIPT
