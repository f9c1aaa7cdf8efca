"""The outside world is away for a while, now this part of it and now that."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from starlette.responses import JSONResponse

KEYS = "keys"
"""The keys of documents, which are no part of the outside world: while a file is there, no process can use them."""

PARTS = ("/register", "/gateway", "/timestamps", KEYS)
_AWAY_SECONDS, _THERE_SECONDS = 2.0, 6.0


class Weather:
    """An ASGI application around the outside world; what is away answers nothing but that."""

    def __init__(self, world: Any, seed: int, keys_away: Path) -> None:
        self._world, self._chance, self._keys_away = world, random.Random(seed), keys_away
        self._away: dict[str, bool] = dict.fromkeys(PARTS, False)
        self._changes_at = dict.fromkeys(PARTS, 0.0)
        self.outages: Counter[str] = Counter()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        path = str(scope.get("path", ""))
        if any(is_away and path.startswith(part) for part, is_away in self._away.items()):
            await JSONResponse({"code": "away"}, 503)(scope, receive, send)
        else:
            await self._world(scope, receive, send)

    def change(self) -> None:
        """Looked at often; each part goes and comes in its own time."""
        for part, at in self._changes_at.items():
            if time.monotonic() > at:
                self._away[part] = bool(at) and not self._away[part]
                self.outages[part.strip("/")] += self._away[part]
                lasts = _AWAY_SECONDS if self._away[part] else _THERE_SECONDS
                self._changes_at[part] = time.monotonic() + self._chance.uniform(0.2, 1) * lasts
                if part == KEYS:
                    self._keys()

    def clear(self) -> None:
        self._away = dict.fromkeys(PARTS, False)
        self._keys()

    def _keys(self) -> None:
        if self._away[KEYS]:
            self._keys_away.touch()
        else:
            self._keys_away.unlink(missing_ok=True)
