"""The scanner as it is served: what it may do, what it weighs, and that all of it is kept for where no network is."""

from __future__ import annotations

import io
import json
import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from posixpath import dirname, normpath

import pytest
from PIL import Image

from api.present import verdict_words
from api.web.verify import release as release_module
from api.web.verify.release import release_of
from issuance.fees.wording import Label
from tests.api.house import House
from verification.verdict import VerdictState

MAX_BYTES = 100_000
IMPORTED = re.compile(r'from "(\./[\w.]+)"')
LOADED = re.compile(r'(?:href|src)="(/(?:static|v/)[^"]+)"')
NOT_ITS_OWN = {"/v/manifest.webmanifest?lang=vi", "/v/icon-180.png", "/static/icon.svg#mark"}


async def loaded_by_page(house: House) -> dict[str, int]:
    """Everything that the page asks for as it opens, by address, with its size on the way."""
    page = await house.get("/v?lang=vi")
    sizes = {"/v?lang=vi": int(page.headers["content-length"])}
    waiting = sorted(set(LOADED.findall(page.text)) - NOT_ITS_OWN)
    while waiting:
        address = waiting.pop()
        if address in sizes:
            continue
        answer = await house.get(address)
        assert answer.status_code == 200, address
        sizes[address] = int(answer.headers["content-length"])
        if address.endswith(".js"):
            waiting += [normpath(f"{dirname(address)}/{name}") for name in IMPORTED.findall(answer.text)]
    return sizes


async def test_the_page_weighs_less_than_100_kb_without_its_decoder(house: House) -> None:
    sizes = await loaded_by_page(house)

    print(f"the page, its styles and its modules: {sum(sizes.values())} bytes on the way")
    assert "/static/verify/verify_qr.js" in sizes
    assert not any("vendor" in address for address in sizes)
    assert sum(sizes.values()) < MAX_BYTES


async def test_all_that_the_page_loads_is_kept_with_it(house: House) -> None:
    release = release_of(house.services.rules.catalogue)

    assert set(await loaded_by_page(house)) <= {*release.files, *release.made}
    for address, digest in release.files.items():
        content = (await house.get(address)).content
        assert digest == f"sha256-{b64encode(sha256(content).digest()).decode()}", address
    for address in release.made:
        assert (await house.get(address)).headers["condau-release"] == release.version, address


async def test_nothing_but_this_host_and_no_webassembly_on_the_page_itself(house: House) -> None:
    answers = {path: await house.get(path) for path in ("/v", "/v/worker.js", "/v/decoder.js", "/")}
    policies = {path: answer.headers["content-security-policy"] for path, answer in answers.items()}

    assert "'wasm-unsafe-eval'" in policies["/v/decoder.js"]
    assert "wasm" not in policies["/v"] + policies["/v/worker.js"]
    for policy in policies.values():
        assert policy.startswith("default-src 'none'; script-src 'self'")
        assert "unsafe-inline" not in policy
        assert not re.search(r"https?:|\*|data:|blob:", policy)
    assert "camera=(self)" in answers["/v"].headers["permissions-policy"]
    assert "camera=()" in answers["/"].headers["permissions-policy"]
    assert answers["/v/worker.js"].headers["service-worker-allowed"] == "/v"


async def test_a_refused_form_has_the_camera_and_its_words_too(house: House) -> None:
    answer = await house.client.post(
        "/v", content=b"number=1", headers={"Content-Type": "text/plain", "Accept": "text/html"}
    )

    assert answer.status_code == 400
    assert "camera=(self)" in answer.headers["permissions-policy"]
    assert 'id="words"' in answer.text


async def test_words_in_the_page_cannot_end_their_element(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = "</script><script>alert(1)</script><!--"
    monkeypatch.setitem(verdict_words.TITLES, VerdictState.VALID, Label(hostile, hostile))  # type: ignore[arg-type]
    page = (await house.get("/v?lang=vi")).text
    words = re.search(r'<script type="application/json" id="words">(.*?)</script>', page, re.DOTALL)

    assert words
    assert json.loads(words[1])["titles"]["valid"] == hostile
    assert hostile not in page


async def test_another_release_is_another_worker(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await house.get("/v/worker.js")
    monkeypatch.setitem(verdict_words.TITLES, VerdictState.VALID, Label("Khác", "Other"))  # type: ignore[arg-type]
    after = await house.get("/v/worker.js")

    assert before.headers["cache-control"] == after.headers["cache-control"] == "no-cache"
    assert before.text != after.text


def test_every_file_counts_for_the_release(house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    catalogue = house.services.rules.catalogue
    version = release_of(catalogue).version
    names = [path.relative_to(release_module._WEB).as_posix() for path in release_module._sources()]
    assert {"templates/base.html", "templates/verify/verdict.html", "verify/offline.py"} <= set(names)
    added = tmp_path / "added.html"
    added.write_text("another")
    monkeypatch.setattr(release_module, "_WEB", tmp_path)
    monkeypatch.setattr(release_module, "_STATIC", tmp_path)
    monkeypatch.setattr(release_module, "_SHARED", ())
    monkeypatch.setattr(release_module, "_sources", lambda: [added])
    release_module._release.cache_clear()
    other = release_of(catalogue).version
    added.write_text("and another")
    release_module._release.cache_clear()

    assert len({version, other, release_of(catalogue).version}) == 3
    release_module._release.cache_clear()


@pytest.mark.parametrize(("language", "name"), [("vi", "Kiểm tra giấy tờ"), ("en", "Check documents")])
async def test_it_can_be_installed(house: House, language: str, name: str) -> None:
    answer = await house.get(f"/v/manifest.webmanifest?lang={language}")
    manifest = answer.json()

    assert answer.headers["content-type"] == "application/manifest+json"
    assert (manifest["short_name"], manifest["start_url"], manifest["scope"]) == (name, f"/v?lang={language}", "/v")
    for icon in manifest["icons"]:
        drawn = Image.open(io.BytesIO((await house.get(icon["src"])).content))
        assert f"{drawn.width}x{drawn.height}" == icon["sizes"]
    assert (await house.get("/v/icon-64.png")).status_code == 422
