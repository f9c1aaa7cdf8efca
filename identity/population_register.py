"""The population register over HTTP: who is this child's parent or guardian?"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, cast

import httpx

from identity.citizen import Sex
from identity.errors import IdentityError, PopulationRegisterUnavailable
from identity.fetch import is_safe_address
from identity.guardian import RegisteredChild, Relation
from identity.personal_id import PersonalId
from identity.read_claims import MAX_NAME_CHARACTERS, read_identifier, read_text
from identity.strict_json import NotStrictJson, parse_object

MAX_GUARDIANS: Final = 16

_MEMBERS: Final = frozenset(("guardian_id", "child_id", "reference", "answered_at", "relation", "child"))
_CHILD_MEMBERS: Final = frozenset(("full_name", "birth_date", "sex", "guardians"))


def _tls_without_environment() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


@dataclass(frozen=True, slots=True)
class HttpPopulationRegister:
    """`POST {base_url}/guardianships` with both numbers in the body, so that none stands in a URL.

    The answer names both again, its reference and time, the relation and the child; relation and child are null where
    there is none. A deadline over everything, a size cap, no redirects; nothing is taken from the environment.
    base_url: https, plain http on loopback only. tls: whose certificates are believed, and our own where one is asked.
    Raises ValueError for an unsafe address.
    """

    base_url: str
    total_timeout_seconds: float = 5.0
    max_bytes: int = 16 * 1024
    tls: ssl.SSLContext = field(default_factory=_tls_without_environment, repr=False)

    def __post_init__(self) -> None:
        if not is_safe_address(self.base_url):
            raise ValueError("personal numbers travel over https only, or stay on this machine")

    async def child_of(self, guardian: PersonalId, child: PersonalId) -> RegisteredChild | None:
        """Raises PopulationRegisterUnavailable, also for an answer of another shape or about somebody else."""
        question = {"guardian_id": guardian.digits, "child_id": child.digits}
        body: bytes | None
        try:
            # httpx limits each read only, so that a slow drip could last for ever without a deadline over all
            async with asyncio.timeout(self.total_timeout_seconds):
                body = await self._ask(json.dumps(question).encode("ascii"))
        # UnicodeError: a redirect to an address that is none is read even where no redirect is followed
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, UnicodeError):
            body = None
        # not inside the block: the error would carry the other one along, and with it the request and both numbers
        if body is None:
            raise PopulationRegisterUnavailable
        return read_answer(body, guardian, child)

    async def _ask(self, question: bytes) -> bytes:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
        }
        async with (
            httpx.AsyncClient(verify=self.tls, trust_env=False, follow_redirects=False) as client,
            client.stream(
                "POST",
                f"{self.base_url.rstrip('/')}/guardianships",
                content=question,
                headers=headers,
                timeout=self.total_timeout_seconds,
            ) as response,
        ):
            # "no relation" is an answer of its own: a 404 would also come from a wrong address
            if response.status_code != httpx.codes.OK or "content-encoding" in response.headers:
                raise PopulationRegisterUnavailable
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > self.max_bytes:
                    raise PopulationRegisterUnavailable("The population register's answer is too large.")
            return bytes(body)


def read_answer(body: bytes, guardian: PersonalId, child: PersonalId) -> RegisteredChild | None:
    """What the register says about these two.

    Raises PopulationRegisterUnavailable, with nothing of the answer in it nor in an error behind it.
    """
    with contextlib.suppress(IdentityError, NotStrictJson, TypeError, ValueError):
        return _read(body, guardian, child)
    raise PopulationRegisterUnavailable("The population register's answer cannot be used.")


def _read(body: bytes, guardian: PersonalId, child: PersonalId) -> RegisteredChild | None:
    answer = parse_object(body)
    _demand(answer.keys() == _MEMBERS)
    # an answer about somebody else would be printed in this child's document
    _demand((answer["guardian_id"], answer["child_id"]) == (guardian.digits, child.digits))
    reference, answered_at = read_identifier(answer, "reference"), _moment(answer["answered_at"])
    relation, about = answer["relation"], answer["child"]
    if relation is None and about is None:
        return None
    _demand(relation in ("mother", "father", "guardian") and isinstance(about, dict))
    about = cast("Mapping[str, object]", about)
    _demand(about.keys() == _CHILD_MEMBERS and about["sex"] in ("male", "female", None))
    return RegisteredChild(
        guardian_id=guardian,
        relation=cast("Relation", relation),
        personal_id=child,
        full_name=read_text(about, "full_name", MAX_NAME_CHARACTERS),
        birth_date=_day(about["birth_date"]),
        sex=cast("Sex | None", about["sex"]),
        guardians=_numbers(about["guardians"]),
        reference=reference,
        answered_at=answered_at,
    )


def _demand(fits: bool) -> None:
    if not fits:
        raise ValueError("another shape")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text expected")
    return value


def _day(value: object) -> date:
    day = date.fromisoformat(_text(value))
    _demand(day.isoformat() == value)  # other notations of ISO 8601 are not what was agreed
    return day


def _moment(value: object) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    _demand(moment.tzinfo is not None)
    return moment


def _numbers(value: object) -> frozenset[PersonalId]:
    _demand(isinstance(value, list) and len(value) <= MAX_GUARDIANS)
    return frozenset(PersonalId(_text(number)) for number in cast("list[object]", value))
