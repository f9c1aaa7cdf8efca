"""Nobody can sign in to a new installation that believes its register of officials alone: one link changes that."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

from identity.officials_register import RegisteredOfficial
from identity.replay import Redeemed, redeemed_digest

from .errors import FirstRunClosed
from .records import AuditEntry, Records

LIFETIME = timedelta(hours=24)
_TOKEN = re.compile(r"([0-9]{10,11})\.([A-Za-z0-9_-]{43})")


@dataclass(frozen=True)
class FirstRunLinks:
    """Makes and checks the links' secrets; nothing of them is kept. secret: of this installation, 32 bytes, asked for
    when it is first needed."""

    secret: Callable[[], bytes] = field(repr=False)

    @cached_property
    def _key(self) -> bytes:
        return self.secret()

    def make(self, at: datetime) -> str:
        """A token that is good for 24 hours, as long as nobody stands in the register."""
        ends = str(int((at + LIFETIME).timestamp()))
        return f"{ends}.{self._mac(ends)}"

    def check(self, token: str, at: datetime) -> datetime:
        """When the token ends. Raises FirstRunClosed."""
        found = _TOKEN.fullmatch(token)
        if found is None or not hmac.compare_digest(found[2], self._mac(found[1])):
            raise FirstRunClosed("no such link was made here")
        ends = datetime.fromtimestamp(int(found[1]), UTC)
        if at >= ends:
            raise FirstRunClosed("the link is too old")
        return ends

    def _mac(self, ends: str) -> str:
        mac = hmac.new(self._key, f"first operator until {ends}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def demand_open(records: Records, links: FirstRunLinks, token: str, at: datetime) -> datetime:
    """Until when somebody may become the first operator by this token. Raises FirstRunClosed."""
    ends = links.check(token, at)
    if records.officials.is_used():
        raise FirstRunClosed("somebody stands in the register of officials")
    return ends


def register_first_operator(
    records: Records,
    redeemed: Redeemed,
    links: FirstRunLinks,
    token: str,
    *,
    subject_key: str,
    full_name: str,
    unit: str,
    at: datetime,
) -> None:
    """Make a verified account the installation's first operator, and nothing else: one account, also where several
    bring links at the same moment. Raises FirstRunClosed."""
    ends = demand_open(records, links, token, at)
    # Whichever link it was: two of them, brought at the same moment, make one operator.
    if not redeemed.redeem(redeemed_digest("first_operator", "", ""), ends):
        raise FirstRunClosed("the link was used")
    official = RegisteredOfficial(
        subject_key=subject_key, unit=unit, roles=frozenset({"operator"}), full_name=full_name or None
    )
    records.officials.put(official, at)
    details = {"official": subject_key, "unit": unit, "roles": ["operator"]}
    records.audit.append(
        AuditEntry(at=at, actor=subject_key, action="first_operator_registered", application_id=None, details=details)
    )
