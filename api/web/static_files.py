"""The pages' own files: styles, scripts, pictures, and the packages that the build fetched."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from ..negotiation import accepts_gzip

# What becomes less than half; pictures are compressed already.
FOLDED = frozenset({".css", ".js", ".svg", ".wasm"})
_LEVEL = 9


class PageFiles(StaticFiles):
    """Files of a folder, in gzip for whoever takes that: a scanner is first opened where reception is bad.

    Each is compressed once, when it is first asked for, and kept: the folder is part of the program.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder)
        self._zipped: dict[str, tuple[int, bytes]] = {}

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        if Path(path).suffix not in FOLDED or answer.status_code not in (200, 304):
            return answer
        answer.headers["Vary"] = "Accept-Encoding"
        # Weak, for it stands for both forms.
        answer.headers["ETag"] = f"W/{answer.headers['ETag']}"
        asked = Headers(scope=scope)
        if not isinstance(answer, FileResponse) or "range" in asked or not accepts_gzip(asked.get("accept-encoding")):
            return answer
        zipped = await asyncio.to_thread(self._compressed, Path(answer.path))
        kept = {name: answer.headers[name] for name in ("Content-Type", "Last-Modified", "ETag", "Vary")}
        return Response(zipped, headers=kept | {"Content-Encoding": "gzip"})

    def _compressed(self, file: Path) -> bytes:
        changed = file.stat().st_mtime_ns
        held = self._zipped.get(str(file))
        if held is None or held[0] != changed:
            held = self._zipped[str(file)] = changed, gzip.compress(file.read_bytes(), _LEVEL, mtime=0)
        return held[1]
