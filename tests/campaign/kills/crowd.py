"""Citizens, a payer and an official over real HTTP: each repeats a request under its key until it is answered."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from condau.seed import REQUEST
from simulators.sign_in import sign_in

CITIZENS = ("nguyen-thi-minh-anh", "le-hoang-dung", "dang-gia-han", "do-manh-cuong")
OFFICIAL = "ngo-quoc-tuan"
TYPE = "criminal_record_form_1"
_TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
_PAUSE_SECONDS = 0.05


class Refused(Exception):
    """An answer that no kill explains."""


@dataclass
class Case:
    """key: under which it was submitted. amount: what was asked for, and so what was paid."""

    key: str
    code: str = ""
    amount: int = 0
    memo: str = ""
    revoked: bool = False
    downloaded: bool = False
    done: bool = False


@dataclass
class Crowd:
    """Everybody who asks something of one installation. addresses: of its API processes."""

    outside_url: str
    addresses: Sequence[str]
    seed: int
    cases: list[Case] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    sent: int = 0

    def __post_init__(self) -> None:
        self._closing, self._giving_up = threading.Event(), threading.Event()
        self._counting = threading.Lock()
        issuer = f"{self.outside_url}/citizens"
        self._tokens = {
            (person, client): sign_in(issuer, client_id=client, person=person).access_token
            for person in CITIZENS
            for client in ("vneid-app", "one-stop-kiosk")
        }
        self._desk = sign_in(f"{self.outside_url}/officials", client_id="desk", person=OFFICIAL).access_token
        self._threads: list[threading.Thread] = []

    def begin(self, people: int) -> None:
        for number in range(people):
            thread = threading.Thread(target=self._live, args=(number,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def finish(self, seconds: float) -> None:
        """Begin nothing new; whatever is begun is brought to its end, if it comes to one in time."""
        self._closing.set()
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        self._giving_up.set()
        for thread in self._threads:
            thread.join()
        self.wrong += [f"came to no end: {case}" for case in self.cases if not case.done]

    def _live(self, number: int) -> None:
        chance = random.Random(f"{self.seed}-{number}")
        with httpx.Client(trust_env=False, timeout=10) as http:
            while not self._closing.is_set():
                case = Case(key=str(uuid4()))
                with self._counting:
                    self.cases.append(case)
                try:
                    self._go(_Person(self, http, chance), case, chance)
                except Refused as refused:
                    self.wrong.append(str(refused))

    def _go(self, one: _Person, case: Case, chance: random.Random) -> None:
        client = chance.choice(("vneid-app", "one-stop-kiosk"))
        token = self._tokens[chance.choice(CITIZENS), client]
        applied = one.post("/v1/applications", token, {"type": TYPE, "input": REQUEST}, key=case.key)
        case.code = applied["code"]
        own, desk = f"/v1/applications/{case.code}", f"/v1/desk/applications/{case.code}"
        if applied["state"] == "payment_asked":
            payment = applied["payment"]
            case.amount, case.memo = payment["amount_vnd"], payment["memo"]
            one.pay(case.memo, case.amount)
            one.post(payment["confirm"], token, {})
        if chance.random() < 0.1:
            one.post(f"{own}/withdrawal", token, {})
            case.done = True
            return
        one.wait(desk, self._desk, lambda shown: shown["register_answer"] is not None)
        one.post(f"{desk}/outcomes", self._desk, {"outcome": "propose"})
        one.post(f"{desk}/approval", self._desk, {})
        one.wait(own, token, lambda shown: shown["state"] in ("settled", "result_returned"))
        one.get(f"{own}/document", token)
        case.downloaded = True
        if chance.random() < 0.3:
            one.post(f"{desk}/suspension", self._desk, {"reason": "under_review"})
            one.post(f"{desk}/reinstatement", self._desk, {})
        if chance.random() < 0.3:
            one.post(f"{desk}/revocation", self._desk, {"reason": "issued_in_error"})
            case.revoked = True
        case.done = True


@dataclass
class _Person:
    crowd: Crowd
    http: httpx.Client
    chance: random.Random

    def pay(self, memo: str, amount: int) -> None:
        order = {"memo": memo, "amount": amount, "reference": f"FT{uuid4().hex}"}
        while not self.http.post(f"{self.crowd.outside_url}/gateway/payments", json=order).is_success:
            self._pause("the payment provider")

    def post(self, path: str, token: str, body: dict[str, Any], key: str | None = None) -> dict[str, Any]:
        headers = {"Idempotency-Key": key or str(uuid4())}
        answered: dict[str, Any] = self._ask("POST", path, token, headers, json=body).json()
        return answered

    def get(self, path: str, token: str) -> httpx.Response:
        return self._ask("GET", path, token, {})

    def wait(self, path: str, token: str, is_so: Any) -> None:
        while not is_so(self.get(path, token).json()):
            self._pause(path)

    def _ask(self, method: str, path: str, token: str, headers: dict[str, str], **more: Any) -> httpx.Response:
        headers |= {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
        while True:
            address = self.chance.choice(self.crowd.addresses)
            with self.crowd._counting:
                self.crowd.sent += 1
            try:
                answer = self.http.request(method, address + path, headers=headers, **more)
            except httpx.TransportError:
                self._pause(path)
                continue
            if answer.is_success:
                return answer
            if answer.status_code not in _TRY_AGAIN:
                raise Refused(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
            if answer.status_code == 500:
                self.crowd.wrong.append(f"{method} {path}: 500")
            self._pause(path)

    def _pause(self, path: str) -> None:
        if self.crowd._giving_up.wait(_PAUSE_SECONDS * self.chance.uniform(0.5, 2)):
            raise Refused(f"{path}: given up")
