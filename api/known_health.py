"""How the installation is, as it was found a moment ago: for what everybody may ask as often as they like."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping

from issuance.operation import Watch, signs

from .services import Services

_logger = logging.getLogger(__name__)

FRESH_SECONDS = 5.0
"""Everybody may ask `/readyz`, so it asks the database for this no more often."""
WATCHED = ("workers", "jobs_waiting", "seals")


class KnownHealth:
    """What was found last, and found anew when it is older than a few seconds."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._found: Mapping[str, bool] = {}
        self._until = 0.0

    async def watched(self) -> Mapping[str, bool]:
        """Whether workers work, work does not stand still and the ledger is sealed; empty where nobody can tell."""
        if time.monotonic() >= self._until:
            self._until = time.monotonic() + FRESH_SECONDS
            try:
                at = self._services.clock()
                health = await self._services.runner.run(lambda records: records.operation.health(at))
            except Exception as error:  # noqa: BLE001 - whether the service is ready does not depend on it
                _logger.warning("health could not be read: %s", type(error).__name__)
                self._found = {}
            else:
                self._found = {one.name: one.well for one in signs(health, Watch()) if one.name in WATCHED}
        return self._found
