"""A payment provider that is asked over HTTP whether money has arrived under a memo."""

from __future__ import annotations

from datetime import datetime

import httpx

from ..errors import GatewayUnavailable
from ..fees.document import VND
from .order import ReceivedPayment


class HttpPaymentGateway:
    """`GET {base}/payments/{memo}`: 200 with memo, amount in VND, reference and time, or 404 when nothing arrived."""

    def __init__(self, base_url: str, timeout_seconds: float = 5.0) -> None:
        self._client = httpx.AsyncClient(
            base_url=base_url, timeout=timeout_seconds, follow_redirects=False, trust_env=False
        )

    async def find(self, memo: str) -> ReceivedPayment | None:
        """Raises GatewayUnavailable."""
        try:
            response = await self._client.get(f"/payments/{memo}")
            if response.status_code == httpx.codes.NOT_FOUND:
                return None
            response.raise_for_status()
            answer = response.json()
            received_at = datetime.fromisoformat(answer["received_at"])
            if type(answer["amount"]) is not int or received_at.tzinfo is None:
                raise ValueError("amount or time of another form")
            return ReceivedPayment(
                memo=str(answer["memo"]),
                amount=VND(answer["amount"]),
                provider_reference=str(answer["reference"]),
                received_at=received_at,
            )
        except httpx.HTTPError as error:
            raise GatewayUnavailable(f"the payment provider did not answer: {type(error).__name__}") from None
        except (KeyError, TypeError, ValueError) as error:
            raise GatewayUnavailable(f"the provider's answer has another shape: {type(error).__name__}") from None

    async def close(self) -> None:
        await self._client.aclose()
