"""Is this message our payment provider's, and of now? Standard Webhooks, HMAC-SHA256 (specification 1.0.0)."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from standardwebhooks import Webhook

from identity.strict_json import NotStrictJson, parse_object

from ..errors import NoticeRefused

MAX_NOTICE_BYTES: Final = 16 * 1024
PAYMENT_RECEIVED: Final = "payment.received"
_TOLERANCE = timedelta(minutes=5)
_MAX_SIGNATURES = 10
_EVENT_ID = re.compile(r"[!-~]{1,128}")
_SECONDS = re.compile(r"[0-9]{1,12}")
_REFERENCE = re.compile(r"[!-~]{1,128}")
_LEAST_SECRET_BYTES = 24


@dataclass(frozen=True, slots=True)
class VerifiedNotice:
    """reference: of the payment that is announced; None for another kind of event, about which nothing is done."""

    event_id: str
    reference: str | None


class NoticeSecrets:
    """The secrets shared with the provider: several while one takes the place of another. They do not print."""

    __slots__ = ("_webhooks",)

    def __init__(self, secrets: Sequence[str]) -> None:
        """secrets: each `whsec_` and base64, of 24 bytes or more. Raises ValueError, with nothing of a secret in it."""
        for secret in secrets:
            try:
                raw = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
            except (binascii.Error, ValueError):
                raise ValueError("a secret for notices is base64, after whsec_") from None
            if len(raw) < _LEAST_SECRET_BYTES:
                raise ValueError(f"a secret for notices has {_LEAST_SECRET_BYTES} bytes or more")
        self._webhooks = tuple(Webhook(secret) for secret in secrets)

    def signed(self, event_id: str, at: datetime, body: str) -> Sequence[bytes]:
        """What each secret makes of it."""
        # The library's own check reads the machine's clock, and lets errors out for odd signatures.
        return [one.sign(event_id, at, body).partition(",")[2].encode() for one in self._webhooks]

    def __repr__(self) -> str:
        return "NoticeSecrets(…)"


def verify_notice(secrets: NoticeSecrets, headers: Mapping[str, str], body: bytes, at: datetime) -> VerifiedNotice:
    """A message of the provider, read after these checks:

    1. it is within its bounds, and has an id, a time and signatures, each written in one way;
    2. its time is not further away than 5 minutes, so that an old one cannot be brought once its id is forgotten;
    3. one of its signatures (version 1) is that of one of the secrets over id, time and body;
    4. it is one JSON object whose event is known, and names a payment.

    Raises NoticeRefused; without any secret for every message.
    """
    event_id, sent, signatures = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    listed = signatures.split(" ")
    if len(body) > MAX_NOTICE_BYTES or len(listed) > _MAX_SIGNATURES:
        raise NoticeRefused("larger than any notice")
    if not _EVENT_ID.fullmatch(event_id) or not _SECONDS.fullmatch(sent):
        raise NoticeRefused("no event id or no time")
    try:
        sent_at, text = datetime.fromtimestamp(int(sent), UTC), body.decode("utf-8")
    except (OverflowError, ValueError, OSError):
        raise NoticeRefused("no time of this calendar, or no text") from None
    if abs(at - sent_at) > _TOLERANCE:
        raise NoticeRefused("not of now")
    given = [value.encode() for version, _, value in (one.partition(",") for one in listed) if version == "v1"]
    expected = secrets.signed(event_id, sent_at, text)
    # All pairs, so that the time tells nothing of which was right.
    if not sum(hmac.compare_digest(one, other) for one in given for other in expected):
        raise NoticeRefused("no signature of a known secret")
    return VerifiedNotice(event_id, _announced(body))


def _announced(body: bytes) -> str | None:
    try:
        event = parse_object(body)
    except NotStrictJson:
        raise NoticeRefused("no JSON object") from None
    if event.get("type") != PAYMENT_RECEIVED:
        return None
    data = event.get("data")
    reference = data.get("reference") if isinstance(data, dict) else None
    if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference):
        raise NoticeRefused("it names no payment")
    return reference
