"""Who an address is for: machines, or people with a browser."""

from __future__ import annotations

_MACHINE_PATHS = ("/v1/", "/credentials/", "/.well-known/", "/livez/", "/readyz/", "/openapi.json/")


def is_for_machines(path: str) -> bool:
    """Whether programs ask there, to whom no page is given and whose language no cookie says."""
    return f"{path}/".startswith(_MACHINE_PATHS)
