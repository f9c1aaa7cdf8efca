"""What makes the scanner a program of its own on a telephone: its manifest and icons, and the worker that serves it
where no network is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ...languages import language_of
from ...services import Services
from ...state import Given
from ..texts import N_, translate
from .icon import draw_icon
from .release import RELEASE_HEADER, release_of

router = APIRouter(include_in_schema=False)

ICON_SIDES = (180, 192, 512)
_SCRIPTS = Path(__file__).parents[1] / "static" / "verify"
_JAVASCRIPT = "text/javascript; charset=utf-8"
# A worker lives under the policy that its own file came with, not under the page's.
_SERVING = "default-src 'none'; script-src 'self'; connect-src 'self'"
_DECODING = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
_ASKED_ANEW = {"Cache-Control": "no-cache"}


@router.get("/v/worker.js")
async def service_worker(services: Given) -> Response:
    """The worker with the names of what it keeps: another release is another file, which browsers notice."""
    release = release_of(services.rules.catalogue)
    known = json.dumps({"version": release.version, "files": dict(release.files), "made": release.made})
    script = (_SCRIPTS / "service_worker.js").read_text(encoding="utf-8")
    headers = _ASKED_ANEW | {"Service-Worker-Allowed": "/v", "Content-Security-Policy": _SERVING}
    return Response(f"self.RELEASE = {known};\n{script}", media_type=_JAVASCRIPT, headers=headers)


@router.get("/v/decoder.js")
async def decoder(services: Given) -> Response:
    """The worker that reads codes, here for its policy: WebAssembly runs in it, and nowhere else."""
    script = (_SCRIPTS / "decoder_worker.js").read_bytes()
    headers = _of_release(services) | {"Content-Security-Policy": _DECODING}
    return Response(script, media_type=_JAVASCRIPT, headers=headers)


@router.get("/v/manifest.webmanifest")
async def manifest(request: Request, services: Given) -> Response:
    """How the scanner is called and looks once it is installed (W3C Web Application Manifest)."""
    language = language_of(request.scope)
    found = {
        "id": "/v",
        "name": translate(N_("Check official documents"), language),
        "short_name": translate(N_("Check documents"), language),
        "lang": language,
        "start_url": f"/v?lang={language}",
        "scope": "/v",
        "display": "standalone",
        "background_color": "#10253a",
        "theme_color": "#10253a",
        "icons": [
            {"src": f"/v/icon-{side}.png", "sizes": f"{side}x{side}", "type": "image/png", "purpose": purpose}
            for side in ICON_SIDES[1:]
            for purpose in ("any", "maskable")
        ],
    }
    return JSONResponse(found, media_type="application/manifest+json", headers=_of_release(services))


@router.get("/v/icon-{side}.png")
async def icon(services: Given, side: Literal["180", "192", "512"]) -> Response:
    return Response(draw_icon(int(side)), media_type="image/png", headers=_of_release(services))


def _of_release(services: Services) -> dict[str, str]:
    return _ASKED_ANEW | {RELEASE_HEADER: release_of(services.rules.catalogue).version}
