"""Authorization codes: each stands for one sign-in, for a minute and for one use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from simulators.identity_provider.tokens import SignIn

CODE_LIFETIME: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Code:
    """What a code stands for until it is redeemed. at: when it was made."""

    sign_in: SignIn
    redirect_uri: str
    code_challenge: str
    at: datetime


class Codes:
    """Lives as long as the process."""

    def __init__(self) -> None:
        self._kept: dict[str, Code] = {}

    def keep(self, code: str, kept: Code) -> None:
        self._kept = {other: one for other, one in self._kept.items() if kept.at - one.at <= CODE_LIFETIME}
        self._kept[code] = kept

    def take(self, code: str, at: datetime) -> Code | None:
        """What the code stands for, once; None for a code that is unknown or too old."""
        kept = self._kept.pop(code, None)
        return None if kept is None or at - kept.at > CODE_LIFETIME else kept
