"""Asking an issuer about an opaque token (RFC 7662), with as many questions at once as it can bear."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from identity.access_marks import refuse_other_kinds
from identity.errors import MissingClaim, ProviderUnavailable, TokenKindNotAccepted, TokenNotActive, WrongTokenType
from identity.fetch import Ask, Fetch, basic_authorization
from identity.issuer_metadata import IssuerMetadata
from identity.strict_json import NotStrictJson, parse_object
from identity.trusted_issuer import TrustedIssuer

MAX_ANSWER_BYTES: Final = 64 * 1024
MAX_ASKED_AT_ONCE: Final = 16
MAX_WAITING: Final = 256


class Introspection:
    """One issuer's introspection endpoint. No answer is kept: a token that was revoked a second ago is refused now.

    At most 16 questions are open at once and 256 wait; whoever comes then is told to come back. So a flood of invented
    tokens opens no more connections than that, here or at the issuer. Meant for one event loop at a time.
    """

    def __init__(self, trusted: TrustedIssuer, metadata: IssuerMetadata, fetch: Fetch) -> None:
        self._trusted = trusted
        self._metadata = metadata
        self._fetch = fetch
        self._in_line = 0
        self._turns: asyncio.Semaphore | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def ask(self, token: str) -> Mapping[str, object]:
        """What the issuer says about the token, under its own names.

        Raises TokenKindNotAccepted, TokenNotActive, WrongTokenType, MissingClaim, ProviderUnavailable.
        """
        client = self._trusted.own_client
        if "opaque_access_token" not in self._trusted.token_kinds or client is None or client.client_secret is None:
            raise TokenKindNotAccepted
        question = {"token": token, "token_type_hint": "access_token"}
        authorization = basic_authorization(client.client_id, client.client_secret)
        turns = self._turns_here()
        if self._in_line >= MAX_ASKED_AT_ONCE + MAX_WAITING:
            raise ProviderUnavailable("Too many tokens are being asked about.", retry_after_seconds=1)
        self._in_line += 1
        try:
            async with turns:
                address = await self._metadata.endpoint("introspection")
                if address is None:
                    raise ProviderUnavailable("The identity provider names no address to ask about tokens.")
                answer = await self._fetch(Ask(address, question, authorization))
        finally:
            self._in_line -= 1
        if answer.status != 200 or len(answer.body) > MAX_ANSWER_BYTES:
            # it refuses to talk to us: that says nothing about the token
            raise ProviderUnavailable("The identity provider does not answer about tokens.")
        try:
            return _active(parse_object(answer.body))
        except NotStrictJson:
            raise ProviderUnavailable("The identity provider's answer about a token cannot be read.") from None

    def _turns_here(self) -> asyncio.Semaphore:
        loop = asyncio.get_running_loop()
        if self._turns is None or self._loop is not loop:
            self._turns, self._loop, self._in_line = asyncio.Semaphore(MAX_ASKED_AT_ONCE), loop, 0
        return self._turns


def _active(answer: dict[str, object]) -> dict[str, object]:
    """The answer, if it says of a usable token that it is an access token.

    Issuers answer about refresh tokens and ID tokens as well, some with no more difference than a `token_type` (RFC
    7662 section 2.2) that is not there. So it must be, or another mark that says the same; and none may contradict.
    """
    if answer.get("active") is not True:
        raise TokenNotActive
    is_marked = refuse_other_kinds(answer)
    if "token_type" not in answer:
        if not is_marked:
            raise MissingClaim("token_type")
        return answer
    token_type = answer["token_type"]
    if not isinstance(token_type, str) or token_type.lower() not in ("bearer", "dpop"):
        raise WrongTokenType
    if token_type.lower() == "dpop" and "cnf" not in answer:
        raise MissingClaim("cnf")
    return answer
