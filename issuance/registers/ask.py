"""One question to a register over HTTP, within bounds of time and size."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

import httpx

from identity.fetch import is_safe_address
from identity.strict_json import NotStrictJson, parse_object

from ..errors import RegisterUnavailable

MAX_ANSWER_BYTES: Final = 256 * 1024


class RegisterConnection:
    """`POST`s questions as JSON, so that no personal number stands in a URL.

    A deadline over everything, a cap on the size, no redirects, no compression, nothing from the environment.
    base_url: https, plain http on loopback only. Raises ValueError for an unsafe address.
    """

    def __init__(self, base_url: str, timeout_seconds: float = 5.0) -> None:
        if not is_safe_address(base_url):
            raise ValueError("personal numbers travel over https only, or stay on this machine")
        self._seconds = timeout_seconds
        self._client = httpx.Client(
            base_url=base_url,
            timeout=timeout_seconds,
            follow_redirects=False,
            trust_env=False,
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        )

    def ask(self, path: str, question: Mapping[str, Any]) -> dict[str, Any]:
        """The answer, about the person that `question["personal_id"]` names.

        Raises RegisterUnavailable, with nothing of the question or the answer in it nor in an error behind it.
        """
        fault = "the register did not answer"
        answer: dict[str, Any] | None = None
        try:
            answer = parse_object(self._receive(path, question))
        except NotStrictJson:
            fault = "the register's answer has another shape"
        # UnicodeError: a redirect to an address that is none is read even where no redirect is followed.
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            fault = f"the register did not answer: {type(error).__name__}"
        # Not inside the block: the error would carry the other one along, and with it the question.
        if answer is None:
            raise RegisterUnavailable(fault)
        if answer.get("personal_id") != question["personal_id"]:
            # An answer about somebody else would be sealed into this person's document.
            raise RegisterUnavailable("the register answered about another person")
        return answer

    def _receive(self, path: str, question: Mapping[str, Any]) -> bytes:
        # httpx limits each read only, so that a slow drip could last for ever without a deadline over all.
        deadline = time.monotonic() + self._seconds
        body = bytearray()
        with self._client.stream("POST", path, json=question) as response:
            # Not knowing somebody is an answer of its own: a 404 would also come from a wrong address.
            if response.status_code != httpx.codes.OK or "content-encoding" in response.headers:
                raise RegisterUnavailable(f"the register answered with status {response.status_code}")
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > MAX_ANSWER_BYTES:
                    raise RegisterUnavailable("the register's answer is too large")
                if time.monotonic() > deadline:
                    raise RegisterUnavailable("the register answers too slowly")
        return bytes(body)

    def close(self) -> None:
        self._client.close()
