"""What this house publishes beside its documents: status lists and trust lists, signed and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.services import StatusListForm
from issuance.certificate import STATUS_LIST_SIZE
from signing.keys import Keys
from signing.self_check import check_own_status_list, check_own_status_list_cwt
from signing.status_list import seal_status_list, seal_status_list_cwt
from signing.trust_list import check_own_trust_list, seal_trust_list
from verification.register import DocumentStatus
from verification.trust import KeyPurpose


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusLists:
    """Signs status lists with the status key in force."""

    keys: Keys
    public_url: str
    lifetime_seconds: int
    ttl_seconds: int

    def publish(
        self, number: int, entries: Mapping[int, DocumentStatus], at: datetime, form: StatusListForm = "jwt"
    ) -> bytes:
        """Raises KeyUnavailable, KeyUnsuitable, ContentNotSealable, SelfCheckFailed."""
        key, trust = self.keys.active(KeyPurpose.STATUS, at), self.keys.trust_list(at)
        uri, lifetime = f"{self.public_url}/v1/status-lists/{number}", self.lifetime_seconds
        if form == "cwt":
            data = seal_status_list_cwt(entries, STATUS_LIST_SIZE, key, uri, at, lifetime, self.ttl_seconds)
            check_own_status_list_cwt(data, trust, at)
            return data
        token = seal_status_list(entries, STATUS_LIST_SIZE, key, uri, at, lifetime, self.ttl_seconds)
        check_own_status_list(token, trust, at)
        return token.encode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustLists:
    """Signs trust lists with the trust-list key in force."""

    keys: Keys
    public_url: str
    lifetime_hours: int

    def publish(self, at: datetime) -> str:
        """Raises KeyUnavailable, KeyUnsuitable, ContentNotSealable, SelfCheckFailed."""
        trust = self.keys.trust_list(at)
        key = self.keys.active(KeyPurpose.TRUST_LIST, at)
        token = seal_trust_list(trust, key, self.public_url, at, timedelta(hours=self.lifetime_hours))
        check_own_trust_list(token, trust, at)
        return token
