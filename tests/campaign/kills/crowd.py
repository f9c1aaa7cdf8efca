"""Citizens, a payer and an official over real HTTP: each repeats a request under its key until it is answered."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

from api.examples_delivery import ADDRESS
from condau.seed import REQUEST
from simulators.sign_in import sign_in

CITIZENS = ("nguyen-thi-minh-anh", "le-hoang-dung", "dang-gia-han", "do-manh-cuong")
OFFICIAL = "ngo-quoc-tuan"
TYPE = "criminal_record_form_1"
INPUT = REQUEST | {"copies": 2}
_TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
_PAUSE_SECONDS = 0.05


class Refused(Exception):
    """An answer that no kill explains."""


@dataclass
class Case:
    """key: under which it was submitted. amount: what was asked for, and so what was paid. parcels: that were sent, the
    last of which has arrived."""

    key: str
    code: str = ""
    amount: int = 0
    memo: str = ""
    parcels: int = 0
    withdrawn: bool = False
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
        applied = one.post("/v1/applications", token, {"type": TYPE, "input": INPUT}, key=case.key)
        case.code = applied["code"]
        own, desk = f"/v1/applications/{case.code}", f"/v1/desk/applications/{case.code}"
        if applied["state"] == "payment_asked":
            payment = applied["payment"]
            case.amount, case.memo = payment["amount_vnd"], payment["memo"]
            one.pay(case.memo, case.amount)
            if chance.random() < 0.5:
                one.post(payment["confirm"], token, {})
            else:  # the provider's notice comes, sooner or later
                one.wait(own, token, lambda shown: shown["state"] != "payment_asked")
        if chance.random() < 0.1:
            one.post(f"{own}/withdrawal", token, {})
            case.withdrawn = case.done = True
            return
        one.wait(desk, self._desk, lambda shown: shown["register_answer"] is not None)
        one.post(f"{desk}/outcomes", self._desk, {"outcome": "propose"})
        one.post(f"{desk}/approval", self._desk, {})
        one.wait(own, token, lambda shown: shown["state"] in ("settled", "result_returned"))
        one.get(f"{own}/document", token)
        case.downloaded = True
        if chance.random() < 0.4:
            self._send_copies(one, case, token, chance)
        if chance.random() < 0.3:
            one.post(f"{desk}/suspension", self._desk, {"reason": "under_review"})
            one.post(f"{desk}/reinstatement", self._desk, {})
        if chance.random() < 0.3:
            one.post(f"{desk}/revocation", self._desk, {"reason": "issued_in_error"})
            case.revoked = True
        case.done = True

    def _send_copies(self, one: _Person, case: Case, token: str, chance: random.Random) -> None:
        """By post: printed one by one, handed over with whatever else lies ready; some come back, and go out again."""
        parcels, desk = f"/v1/applications/{case.code}/parcels", f"/v1/desk/applications/{case.code}"
        one.post(parcels, token, ADDRESS)
        for _ in range(INPUT["copies"]):
            one.post(f"{desk}/prints", self._desk, {"copies": 1})
        comes_back = chance.random() < 0.3
        case.parcels = 1
        self._track(one, parcels, token, "returned" if comes_back else "delivered")
        if comes_back:
            one.post(f"{desk}/parcel-resending", self._desk, {})
            case.parcels = 2
            self._track(one, parcels, token, "delivered")

    def _track(self, one: _Person, parcels: str, token: str, ends: str) -> None:
        while True:
            # Somebody else's batch may have taken this one along: then there is nothing left to hand over.
            one.post("/v1/desk/postal-batches", self._desk, {}, accepted=frozenset({409}))
            parcel = one.get(parcels, token).json()["items"][-1]
            if parcel["state"] == "handed_over":
                break
            one.pause(parcels)
        cells = (parcel["number"], "RR123456", ends, datetime.now(UTC).isoformat(), "refused" * (ends == "returned"))
        report = f"parcel,tracking,state,at,reason\r\n{','.join(cells)}\r\n"
        answered = one.send("/v1/desk/parcel-reports", self._desk, report)
        if answered["problems"]:
            raise Refused(f"{parcels}: {answered['problems']}")


@dataclass
class _Person:
    crowd: Crowd
    http: httpx.Client
    chance: random.Random

    def pay(self, memo: str, amount: int) -> None:
        order = {"memo": memo, "amount": amount, "reference": f"FT{uuid4().hex}"}
        while not self.http.post(f"{self.crowd.outside_url}/gateway/payments", json=order).is_success:
            self.pause("the payment provider")

    def post(
        self,
        path: str,
        token: str,
        body: dict[str, Any],
        key: str | None = None,
        accepted: frozenset[int] = frozenset(),
    ) -> dict[str, Any]:
        headers = {"Idempotency-Key": key or str(uuid4())}
        answered: dict[str, Any] = self._ask("POST", path, token, headers, accepted, json=body).json()
        return answered

    def send(self, path: str, token: str, table: str) -> dict[str, Any]:
        headers = {"Idempotency-Key": str(uuid4()), "Content-Type": "text/csv"}
        answered: dict[str, Any] = self._ask("POST", path, token, headers, content=table.encode()).json()
        return answered

    def get(self, path: str, token: str) -> httpx.Response:
        return self._ask("GET", path, token, {})

    def wait(self, path: str, token: str, is_so: Any) -> None:
        while not is_so(self.get(path, token).json()):
            self.pause(path)

    def _ask(
        self,
        method: str,
        path: str,
        token: str,
        headers: dict[str, str],
        accepted: frozenset[int] = frozenset(),
        **more: Any,
    ) -> httpx.Response:
        headers |= {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
        while True:
            address = self.chance.choice(self.crowd.addresses)
            with self.crowd._counting:
                self.crowd.sent += 1
            try:
                answer = self.http.request(method, address + path, headers=headers, **more)
            except httpx.TransportError:
                self.pause(path)
                continue
            if answer.is_success or answer.status_code in accepted:
                return answer
            if answer.status_code not in _TRY_AGAIN:
                raise Refused(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
            if answer.status_code == 500:
                self.crowd.wrong.append(f"{method} {path}: 500")
            self.pause(path)

    def pause(self, path: str) -> None:
        if self.crowd._giving_up.wait(_PAUSE_SECONDS * self.chance.uniform(0.5, 2)):
            raise Refused(f"{path}: given up")
