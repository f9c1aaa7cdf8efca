"""Whether whoever brings a token holds the key that it is bound to (DPoP, RFC 9449)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """How a token was brought.

    scheme: of the Authorization header. proof: the DPoP header's value, None without. method and address: of the
    request as the client sees it, the address with its host and without query.
    """

    scheme: Literal["bearer", "dpop"]
    proof: str | None = field(default=None, repr=False)
    method: str = ""
    address: str = ""


BEARER: Final = Presentation(scheme="bearer")
