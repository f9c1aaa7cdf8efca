"""A payment provider that is asked over HTTP what has arrived, and that sends refunds."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import httpx

from identity.strict_json import NotStrictJson, parse_object

from ..errors import GatewayUnavailable
from ..fees.document import VND
from .order import MAX_AMOUNT, MAX_MEMO_CHARACTERS, ReceivedPayment, RefundAnswer

MAX_ANSWER_BYTES: Final = 256 * 1024
_REFERENCE = re.compile(r"[!-~]{1,128}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2999, 12, 31, tzinfo=UTC)


class HttpPaymentGateway:
    """The provider while a citizen waits, in an event loop.

    `GET {base}/payments?memo=M`: 200 with `payments`, a list of what arrived under it, each with memo, amount (in the
    currency's smallest unit), currency (VND where left out), reference and time.
    """

    def __init__(self, base_url: str, timeout_seconds: float = 5.0) -> None:
        self._seconds = timeout_seconds
        self._client = httpx.AsyncClient(
            base_url=base_url, timeout=timeout_seconds, follow_redirects=False, trust_env=False, headers=_HEADERS
        )

    async def find(self, memo: str) -> Sequence[ReceivedPayment]:
        """Raises GatewayUnavailable."""
        body = bytearray()
        try:
            # Over all: httpx limits each read only, and headers can drip as well.
            async with (
                asyncio.timeout(self._seconds),
                self._client.stream("GET", "/payments", params={"memo": memo}) as response,
            ):
                _require_ok(response)
                async for chunk in response.aiter_raw():
                    _grow(body, chunk)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError) as error:
            raise _away(error) from None
        return _payments(body)

    async def close(self) -> None:
        await self._client.aclose()


class HttpPaymentProvider:
    """The same provider in the background.

    Beside the question by memo: `GET {base}/payments/{reference}`: 200 with that payment, 404 where there is none.
    `POST {base}/refunds` with an Idempotency-Key and `reference` and `amount`: 200 or 201 once it is sent (and again,
    unchanged, for the same key), 422 where it is refused for good.
    """

    def __init__(self, base_url: str, timeout_seconds: float = 5.0) -> None:
        self._seconds = timeout_seconds
        self._client = httpx.Client(
            base_url=base_url, timeout=timeout_seconds, follow_redirects=False, trust_env=False, headers=_HEADERS
        )

    def received_under(self, memo: str) -> Sequence[ReceivedPayment]:
        """Raises GatewayUnavailable."""
        status, body = self._ask("GET", "/payments", params={"memo": memo})
        if status != httpx.codes.OK:
            raise GatewayUnavailable(f"the payment provider answered with status {status}")
        return _payments(body)

    def received_as(self, reference: str) -> ReceivedPayment | None:
        """Raises GatewayUnavailable."""
        status, body = self._ask("GET", f"/payments/{quote(reference, safe='')}")
        if status == httpx.codes.NOT_FOUND:
            return None
        if status != httpx.codes.OK:
            raise GatewayUnavailable(f"the payment provider answered with status {status}")
        found = _payment(_object(body))
        if found.provider_reference != reference:
            raise GatewayUnavailable("the provider answered about another payment")
        return found

    def refund(self, key: str, reference: str, amount: int) -> RefundAnswer:
        """Raises GatewayUnavailable: it may have been sent or not."""
        status, _ = self._ask(
            "POST",
            "/refunds",
            json={"reference": reference, "amount": amount},
            headers={"Idempotency-Key": key},
        )
        if status in (httpx.codes.OK, httpx.codes.CREATED):
            return "done"
        if status == httpx.codes.UNPROCESSABLE_ENTITY:
            return "refused"
        # A wrong address or a proxy gives other errors than a provider that has looked at it, and 409 commonly says
        # that the first request of this key is still under way: money that may be going is not handed out as well.
        raise GatewayUnavailable(f"the payment provider answered with status {status}")

    def close(self) -> None:
        self._client.close()

    def _ask(self, method: str, path: str, **request: Any) -> tuple[int, bytearray]:
        # httpx limits each read only, so that a slow drip could last for ever without a deadline over all.
        deadline, body = time.monotonic() + self._seconds, bytearray()
        try:
            with self._client.stream(method, path, **request) as response:
                for chunk in response.iter_raw():
                    _grow(body, chunk)
                    if time.monotonic() > deadline:
                        raise GatewayUnavailable("the provider answers too slowly")
                return response.status_code, body
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise _away(error) from None


def _away(error: Exception) -> GatewayUnavailable:
    return GatewayUnavailable(f"the payment provider did not answer: {type(error).__name__}")


def _require_ok(response: httpx.Response) -> None:
    if response.status_code != httpx.codes.OK:
        raise GatewayUnavailable(f"the payment provider answered with status {response.status_code}")


def _grow(body: bytearray, chunk: bytes) -> None:
    body += chunk
    if len(body) > MAX_ANSWER_BYTES:
        raise GatewayUnavailable("the provider's answer is too large")


def _object(body: bytes | bytearray) -> Mapping[str, Any]:
    try:
        return parse_object(bytes(body))
    except NotStrictJson:
        raise GatewayUnavailable("the provider's answer has another shape") from None


def _payments(body: bytes | bytearray) -> Sequence[ReceivedPayment]:
    listed = _object(body).get("payments")
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise GatewayUnavailable("the provider's answer has another shape")
    return [_payment(one) for one in listed]


def _payment(answer: Mapping[str, Any]) -> ReceivedPayment:
    """Raises GatewayUnavailable; nothing of the answer stands in it."""
    try:
        memo, amount, reference = answer["memo"], answer["amount"], answer["reference"]
        currency, received_at = answer.get("currency", "VND"), datetime.fromisoformat(answer["received_at"])
        if (
            type(amount) is not int
            or not 0 < amount <= MAX_AMOUNT
            or received_at.tzinfo is None
            or not _EARLIEST <= received_at <= _LATEST
            or not _REFERENCE.fullmatch(reference)
            or not _CURRENCY.fullmatch(currency)
            or not isinstance(memo, str)
            or "\0" in memo
        ):
            raise ValueError("a member of another form")
    except (KeyError, TypeError, ValueError) as error:
        raise GatewayUnavailable(f"the provider's answer has another shape: {type(error).__name__}") from None
    return ReceivedPayment(
        memo=memo[:MAX_MEMO_CHARACTERS],
        amount=VND(amount),
        provider_reference=reference,
        received_at=received_at,
        currency=currency,
    )
