"""QR codes: genuine, sealed by the wrong key or over the wrong claims, and damaged afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import cbor2

from tests.api.web.scanner_core.mutations import damaged
from tests.api.web.scanner_core.worlds import OTHER_KEY, QR_KEYS, STRANGER, UNIT_TYPE, World, key, worlds
from tests.sealing import AT
from verification.bundle import begin_unpinned, read_fetched
from verification.formats import qr
from verification.verify_qr import verify_qr

_EPOCH = date(1970, 1, 1)
_INTEGERS = (0, 1, -1, 23, 24, 255, 256, 2**31 - 1, 2**31, 2**32, 2**53, 2**53 + 1, 2**63, 2**64 - 1, -(2**64))
_DAYS = (-719163, -719162, 0, 7441, 2932896, 2932897)
# Midnights in Vietnam at the ends of Python's calendar, and one behind each.
_MIDNIGHTS = (-62135622000, -62135535600, 253402189200, 253402275600, -25200)
_ODD: tuple[Any, ...] = (*_INTEGERS, *_MIDNIGHTS, "", "x", b"x", [], {}, [[[[1]]]])
_HOSTS = ("https://kiemtra.example.vn/v#", "HTTPS://X#", "http://192.0.2.1/#", "https://evil.example/?a=b&c#", "")
_ODD_HOSTS = (
    "javascript:alert(1)#",
    "https://#",
    "ftp://x/#",
    "https://a b/#",
    "https://ſ/#",
    "httpſ://x/#",
    "https://x/##",
)
_AROUND = ("", " ", "\n", "\t\r\n ", "\u00a0", "\ufeff", "\u2028", "\x1c", "\x85", "\u200b", "\x00", "\U0001f600")


def cases(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Each odd claim once, and `count` more questions, with Python's answers: {"world", "text", "at" in milliseconds,
    "verdict"}."""
    rng = Random(seed)
    places = worlds()
    bundles = [begin_unpinned(read_fetched(world.download), AT).bundle for world in places]
    questions = [(0, qr.to_digits(_sealed(claims)), AT) for claims in _odd_claims()]
    for _ in range(count):
        which = rng.choices(range(len(places)), weights=[6, 2, 2, 1])[0]
        at = AT if rng.random() < 0.4 else rng.choice(places[which].times)
        questions.append((which, _text(rng), at))
    for which, text, at in questions:
        verdict = verify_qr(text, bundles[which].trust, bundles[which], at).to_json()
        del verdict["checked_at"]
        yield {"world": which, "text": text, "at": milliseconds(at), "verdict": verdict}


def downloads() -> list[str]:
    return [_text_of(world) for world in worlds()]


def milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _text_of(world: World) -> str:
    return world.download.decode("ascii")


def _text(rng: Random) -> str:
    if rng.random() < 0.3:
        # Nothing is odd but, perhaps, the key, the days or the status.
        key_id = rng.choice(("aa000001", "aa000001", "aa000002ed", "aa000004aa", "aa000005cc"))
        return rng.choice(_HOSTS) + qr.to_digits(_sealed(_everyday_claims(rng)[0], key_id))
    payload = _payload(rng)
    if rng.random() < 0.25:
        payload = damaged(rng, payload)
    digits = qr.to_digits(payload)
    if rng.random() < 0.1:
        at = rng.randrange(len(digits) + 1)
        piece = rng.choice(("", "0", "99", "9" * 17, "x", "٣", "1" * 2000))
        digits = digits[:at] + piece + digits[at + rng.randint(0, 2) :]
    host = rng.choice(_ODD_HOSTS) if rng.random() < 0.05 else rng.choice(_HOSTS)
    before, after = (rng.choice(_AROUND) if rng.random() < 0.1 else "" for _ in range(2))
    return f"{before}{host}{digits}{after}"


def _payload(rng: Random) -> bytes:
    key_id = rng.choice((*QR_KEYS, "aa000001", "aa000002ed", OTHER_KEY, STRANGER))
    signer = key(key_id)
    algorithm = qr.COSE_ALGORITHMS.get(signer.algorithm, -257)
    header: dict[Any, Any] = {1: algorithm, 4: bytes.fromhex(key_id)}
    if rng.random() < 0.1:
        other = rng.choice(
            ({1: -8}, {1: -7}, {1: 5}, {1: 2**63}, {2: [1]}, {4: b"\x01"}, {4: bytes(17)}, {4: "aa000001"})
        )
        header |= other
    protected = cbor2.dumps(header, canonical=True)
    claims = cbor2.dumps(_claims(rng), canonical=True)
    if rng.random() < 0.2:
        claims = damaged(rng, claims)  # and sealed: a reader must still not stumble
    signature = signer.sign(qr.to_be_signed(protected, claims))
    unprotected: dict[int, int] = {} if rng.random() < 0.98 else {1: -7}
    parts = [protected, unprotected, claims, signature]
    if rng.random() < 0.02:
        parts = rng.sample(parts, rng.randint(2, 4))
    envelope: bytes = b"\xd2" + cbor2.dumps(parts, canonical=True)
    return envelope


def _sealed(claims: dict[Any, Any], key_id: str = "aa000001") -> bytes:
    signer = key(key_id)
    protected = qr.protected_header(key_id, signer.algorithm)
    payload = cbor2.dumps(claims, canonical=True)
    return qr.encode_envelope(protected, payload, signer.sign(qr.to_be_signed(protected, payload)))


def _odd_claims() -> Iterator[dict[Any, Any]]:
    rng = Random(0)
    for odd in _ODD:
        for place in range(7):
            claims, facts = _everyday_claims(rng)
            facts[place] = odd
            yield claims
        for label in (4, 6, -65537, 7):
            yield _everyday_claims(rng)[0] | {label: odd}
    for days in _DAYS:
        claims, facts = _everyday_claims(rng)
        facts[3] = days
        yield claims


def _claims(rng: Random) -> dict[Any, Any]:
    claims, facts = _everyday_claims(rng)
    if rng.random() < 0.4:
        _spoil(rng, claims, facts)
    return claims


def _everyday_claims(rng: Random) -> tuple[dict[Any, Any], list[Any]]:
    issued = rng.choice((AT.date(), AT.date() + timedelta(days=1), AT.date() - timedelta(days=rng.randint(1, 900))))
    facts: list[Any] = [
        rng.choice(("criminal_record_form_1", UNIT_TYPE, "x")),
        str(rng.randrange(10**12)),
        rng.choice(("Nguyễn Thị Minh Anh", "Đỗ Văn A", "e\u0301 \U0001f600", "\ufeffA\u0000", "a" * 30)),
        (date(1990, 5, 17) - _EPOCH).days,
        rng.choice(("Không có án tích", "")),
        rng.choice((1, 1, 1, 2, 9)),
        rng.choice((0, 1, 2, 3, 20, 1023, 1024, 4242, 2**31 - 1)),
    ]
    claims: dict[Any, Any] = {6: _midnight(issued), -65537: facts}
    if rng.random() < 0.6:
        claims[4] = _midnight(AT.date() + timedelta(days=rng.choice((-400, -1, 0, 1, 2, 180))))
    return claims, facts


def _spoil(rng: Random, claims: dict[Any, Any], facts: list[Any]) -> None:
    """One thing that claims must not say, or may only just say."""
    odd = rng.choice(_ODD)
    match rng.randrange(6):
        case 0:
            claims[rng.choice((4, 6))] = rng.choice((odd, rng.choice(_MIDNIGHTS), _midnight(AT.date()) + 1))
        case 1:
            facts[rng.randrange(7)] = odd
        case 2:
            facts[3] = rng.choice(_DAYS)
        case 3:
            facts.append(odd)
        case 4:
            claims[rng.choice((1, 7, -65536, "a"))] = odd
        case _:
            del facts[rng.randrange(7)]


def _midnight(day: date) -> int:
    return (day - _EPOCH).days * 86_400 - 7 * 3600
