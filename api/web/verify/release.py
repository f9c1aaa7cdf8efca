"""What the scanner needs to open without a network, and one name for all of it in this release of the program."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from issuance.documents.catalogue import Catalogue

from ...languages import LANGUAGES
from ...present.offline_words import offline_words

_WEB = Path(__file__).parents[1]
_STATIC = _WEB / "static"
_SHARED = ("site.css", "page.css", "parts.css", "verify.css", "icon.svg", "smaller.js")
_NOT_KEPT = frozenset({"verify/service_worker.js"})
"""The browser itself keeps the program that serves the rest."""
_MADE = (
    *(f"/v{name}?lang={language}" for name in ("", "/manifest.webmanifest") for language in LANGUAGES),
    *("/v/decoder.js", "/v/icon-192.png", "/v/icon-512.png"),
)
RELEASE_HEADER = "Condau-Release"
"""Says of what is made for a request which release made it."""


@dataclass(frozen=True, slots=True)
class Release:
    """version: another one as soon as anything that is kept differs. files: by their addresses, the digest that each
    must have (W3C Subresource Integrity). made: addresses of what is made for each request, the page itself among
    them, and says its release in a header.

    A device may reach a process of another release for one of them than for the next; it keeps all of one or none.
    """

    version: str
    files: Mapping[str, str]
    made: tuple[str, ...] = _MADE


def release_of(catalogue: Catalogue) -> Release:
    """The scanner as this process serves it; what is not installed here, such as the decoder, is not in it."""
    words = json.dumps([offline_words(catalogue, language) for language in LANGUAGES], sort_keys=True)
    return _release(words)


@cache
def _release(words: str) -> Release:
    folders = (_STATIC / "verify", _STATIC / "vendor" / "zxing")
    kept = [_STATIC / name for name in _SHARED]
    kept += [file for folder in folders for file in sorted(folder.rglob("*")) if file.suffix in (".js", ".wasm")]
    names = [name for file in kept if (name := file.relative_to(_STATIC).as_posix()) not in _NOT_KEPT]
    digest = hashlib.sha256(words.encode())
    files: dict[str, str] = {}
    for name in names:
        of_file = hashlib.sha256((_STATIC / name).read_bytes()).digest()
        digest.update(f"{name}\n".encode() + of_file)
        files[f"/static/{name}"] = f"sha256-{base64.b64encode(of_file).decode()}"
    for file in _sources():
        digest.update(f"{file.relative_to(_WEB).as_posix()}\n".encode() + hashlib.sha256(file.read_bytes()).digest())
    return Release(digest.hexdigest()[:16], files)


def _sources() -> list[Path]:
    """Of what is made for each request: the page in both languages, the manifest, the icons."""
    texts = [_WEB / "locales" / "vi" / f"{group}.po" for group in ("site", "verify")]
    templates = [_WEB / "templates" / "base.html", *sorted((_WEB / "templates" / "verify").glob("*.html"))]
    programs = sorted((_WEB / "verify").glob("*.py"))
    return [*texts, *templates, *programs, _STATIC / "verify" / "service_worker.js"]
