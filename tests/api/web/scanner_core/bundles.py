"""Downloads: lists that say something odd and are signed all the same, signed by the wrong key, or damaged."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from signing.backends.software import InsecureSoftwareKey
from tests.api.web.scanner_core import worlds as w
from tests.api.web.scanner_core.codes import milliseconds
from tests.api.web.scanner_core.mutations import damaged
from tests.sealing import AT
from verification.bundle import Bundle, Updated, begin, begin_unpinned, read_fetched, save, update
from verification.formats.jws import compact_json, to_base64url
from verification.formats.status_list import STATUS_LIST_TYP, compress
from verification.formats.trust_list import TRUST_LIST_TYP
from verification.trust import KeyPurpose, TrustList
from verification.verdict import VerificationError
from verification.verify_trust_list import anchor_of

# Of which Python's file is compared, too.
_STORED = ("genuine", "pinned")
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def cases(folder: Path, damages: int, seed: int) -> Iterator[dict[str, Any]]:
    """Series of downloads with Python's answer to each; the first begins a bundle, the others bring it up to date."""
    rng = Random(seed)
    genuine = w.bundle(w.trust_token(), w.status_token(), w.status_token(w.status_claims(2, bits=1)))
    alone: list[tuple[str, bytes]] = [("genuine", genuine)]
    alone += [(f"outline {i}", content) for i, content in enumerate(_outlines(genuine))]
    alone += [(f"trust list: {name}", w.bundle(token, w.status_token())) for name, token in _trust_tokens()]
    alone += [(f"status list: {name}", w.bundle(w.trust_token(), token)) for name, token in _status_tokens()]
    for _ in range(damages):
        # Sealed after the damage, so that what reads the claims is reached.
        kind, typ, signer, claims = rng.choice(
            (
                ("trust", TRUST_LIST_TYP, w.trust_key(), w.trust_claims()),
                ("status", STATUS_LIST_TYP, w.status_key(), w.status_claims()),
            )
        )
        token = _signed(signer, typ, damaged(rng, compact_json(claims)))
        if rng.random() < 0.3:
            token = damaged(rng, token.encode()).decode("latin-1")
        content = w.bundle(token, w.status_token()) if kind == "trust" else w.bundle(w.trust_token(), token)
        if rng.random() < 0.2:
            content = damaged(rng, content)
        alone.append(("damaged", content))
    for name, content in alone:
        yield _series(folder, name, None, [(content, AT)])
    for name, pinned, downloads in _histories():
        yield _series(folder, name, pinned, downloads)


def _series(folder: Path, name: str, pinned: bytes | None, downloads: list[tuple[bytes, datetime]]) -> dict[str, Any]:
    held: Bundle | None = None
    steps = []
    for content, at in downloads:
        try:
            done = _take(held, content, at, pinned)
        except VerificationError as refused:
            answer: dict[str, Any] = {"code": refused.code}
        else:
            held = done.bundle
            answer = _summary(done)
            if name in _STORED or len(downloads) > 1:
                answer["stored"] = _stored(folder, held)
        steps.append({"bytes": b64encode(content).decode(), "at": milliseconds(at), "answer": answer})
    return {"name": name, "pinned": None if pinned is None else pinned.hex(), "steps": steps}


def _take(held: Bundle | None, content: bytes, at: datetime, pinned: bytes | None) -> Updated:
    fetched = read_fetched(content)
    if held is not None:
        return update(held, fetched, at)
    return begin_unpinned(fetched, at) if pinned is None else begin(fetched, at, pinned)


def _summary(done: Updated) -> dict[str, Any]:
    trust, lists = done.bundle.trust, done.bundle.status_lists
    assert trust.fresh_until is not None
    return {
        "refused": list(done.refused),
        "trust": [milliseconds(trust.as_of), milliseconds(trust.fresh_until), trust.sequence, trust.issuer],
        "keys": [[one.key_id, one.purpose.value, one.issuer_name, one.unit] for one in trust.keys],
        "lists": [
            [
                number,
                milliseconds(one.snapshot.issued_at),
                milliseconds(one.snapshot.fresh_until),
                milliseconds(one.snapshot.refresh_after),
                one.snapshot.bits,
                b64encode(one.snapshot.packed).decode(),
            ]
            for number, one in lists.items()
        ],
    }


def _stored(folder: Path, held: Bundle) -> str:
    file = folder / "bundle.json"
    save(file, held)
    return file.read_text(encoding="utf-8")


def _signed(key: InsecureSoftwareKey, typ: str, payload: bytes, changes: dict[str, Any] | None = None) -> str:
    said = {"alg": key.algorithm, "kid": key.key_id, "typ": typ} | (changes or {})
    return _signed_bytes(key, compact_json(said), payload)


def _signed_bytes(key: InsecureSoftwareKey, header: bytes, payload: bytes) -> str:
    signed = f"{to_base64url(header)}.{to_base64url(payload)}"
    return f"{signed}.{to_base64url(key.sign(signed.encode()))}"


def _outlines(genuine: bytes) -> Iterator[bytes]:
    text = genuine.decode()
    made = json.loads(text)
    yield from (b"", b"{}", b"[]", b"null", b"\xef\xbb\xbf" + genuine, b" \n" + genuine + b"\t\r\n", genuine + b"x")
    yield text.replace('"made_at"', '"made_at": 1, "made_at"').encode()
    yield text.replace('"made_at"', '"made_on"').encode()
    yield (text[:-1] + ', "more": 1}').encode()
    yield text.encode("utf-16")
    yield genuine[:-2] + b"\xff" + genuine[-2:]
    for odd in (
        "1.0",
        "NaN",
        "-Infinity",
        "01",
        "1e5",
        "[1,]",
        '"\\x"',
        '"\\ud800"',
        '"a\nb"',
        "{}",
        "tru",
        "-0",
        "[" * 9 + "]" * 9,
    ):
        yield json.dumps(made | {"made_at": "ODD"}).replace('"ODD"', odd).encode()
    for member, odd in (("trust_list", None), ("trust_list", 1), ("status_lists", {}), ("status_lists", [1])):
        yield json.dumps(made | {member: odd}).encode()
    yield json.dumps(made | {"status_lists": ["x"] * 1001}).encode()
    yield json.dumps(made | {"status_lists": ["x", "", "a.b.c", "\ud800.a.b", "é.."]}).encode()


_NUMBERS: tuple[Any, ...] = (None, True, "1", 1.0, -1, -0.0, 0, 2**53 - 1, 2**53, 2**60, 10**400, [], {})
_TEXTS: tuple[Any, ...] = (
    None,
    1,
    "",
    "x" * 500,
    "x" * 501,
    "é😀" * 250,
    "😀" * 501,
    "a\nb",
    "a b",
    "a\u00a0b",
    "\u200b",
    "\ue000",
    "\ud800",
)


def _trust_tokens() -> Iterator[tuple[str, str]]:
    """(what is odd, the token)"""
    claims, signer = w.trust_claims(), w.trust_key()
    payload = compact_json(claims)

    def odd(name: str, path: tuple[str | int, ...], value: Any) -> tuple[str, str]:
        changed = deepcopy(claims)
        place: Any = changed
        for step in path[:-1]:
            place = place[step]
        if value is _GONE:
            del place[path[-1]]
        else:
            place[path[-1]] = value
        written = json.dumps(changed, ensure_ascii=True).encode()
        return f"{name} {value!r:.40}", _signed(signer, TRUST_LIST_TYP, written)

    for member in ("iat", "exp", "sequence"):
        yield from (odd(member, (member,), value) for value in (*_NUMBERS, _GONE))
    for member in ("not_before", "not_after", "compromised_from"):
        yield from (odd(member, ("keys", 0, member), value) for value in (*_NUMBERS, _GONE))
    texts: tuple[tuple[str | int, ...], ...] = (
        *(("iss",), ("name",), ("keys", 0, "id"), ("keys", 3, "unit"), ("keys", 0, "unit"), ("keys", 0, "purpose")),
        *(("units", 0, "code"), ("units", 0, "name"), ("units", 0, "document_types", 0)),
    )
    for path in texts:
        yield from (odd(str(path), path, value) for value in (*_TEXTS, _GONE))
    for path in (
        ("keys",),
        ("units",),
        ("roots",),
        ("timestamp_roots",),
        ("keys", 0),
        ("units", 0),
        ("keys", 0, "jwk"),
    ):
        yield from (odd(str(path), path, value) for value in (None, 1, {}, [], [None], "x", _GONE))
    yield odd("more", ("more",), 1)
    yield odd("more", ("keys", 0, "more"), 1)
    yield odd("more", ("units", 0, "more"), 1)
    yield odd("no types", ("units", 0, "document_types"), [])
    yield odd("twice", ("keys", 1, "id"), claims["keys"][0]["id"])
    yield odd("unit twice", ("units",), claims["units"] * 2)
    yield odd("lifetime", ("exp",), claims["iat"] + 31 * 86_400)
    yield odd("lifetime", ("exp",), claims["iat"] + 31 * 86_400 + 1)
    yield odd("lifetime", ("exp",), claims["iat"])
    for member in ("roots", "timestamp_roots"):
        yield from (odd(member, (member,), [value]) for value in ("", "AA", "AAAA=", "!", "A" * 16_001, 1))
    for index in (0, 1, 2):
        jwk = claims["keys"][index]["jwk"]
        for member, value in jwk.items():
            yield odd(f"jwk {index} {member}", ("keys", index, "jwk", member), _GONE)
            for other in (
                None,
                1,
                "",
                value + "=",
                value[:-1],
                value + "A",
                "AAAA" + value,
                value[:-1] + "_",
                "A" * len(value),
            ):
                yield odd(f"jwk {index} {member}", ("keys", index, "jwk", member), other)
        yield odd(f"jwk {index}", ("keys", index, "jwk", "kid"), "x")
    for exponent in ("Ag", "AQ", "Aw", "AQAA"):
        yield odd("jwk exponent", ("keys", 2, "jwk", "e"), exponent)

    yield "spaced", _signed(signer, TRUST_LIST_TYP, json.dumps(claims, indent=2).encode())
    yield "member twice", _signed(signer, TRUST_LIST_TYP, payload.replace(b'"iat"', b'"iat":1,"iat"'))
    yield (
        "key member twice",
        _signed(signer, TRUST_LIST_TYP, payload.replace(b'"unit":null', b'"unit":null,"unit":null', 1)),
    )
    yield "as a fraction", _signed(signer, TRUST_LIST_TYP, payload.replace(b'"sequence":5', b'"sequence":5.0'))
    yield "with an exponent", _signed(signer, TRUST_LIST_TYP, payload.replace(b'"sequence":5', b'"sequence":5e0'))
    yield "minus nothing", _signed(signer, TRUST_LIST_TYP, payload.replace(b'"sequence":5', b'"sequence":-0'))
    yield "no object", _signed(signer, TRUST_LIST_TYP, b"[]")
    yield from _headers(signer, TRUST_LIST_TYP, payload)

    stranger = w.key("ee0000000001")
    yield "stranger", _signed(stranger, TRUST_LIST_TYP, payload)
    yield "stranger under the name", _signed(stranger, TRUST_LIST_TYP, payload, {"kid": signer.key_id})
    yield "key for codes", _signed(w.key("aa000001"), TRUST_LIST_TYP, payload)
    yield "too long", w.trust_token() + "A" * 4_000_000
    for name, changes in (
        ("of a unit", {"unit": w.UNIT}),
        ("compromised", {"compromised_from": AT + 100 * w.DAY}),
        ("not yet", {"not_before": AT + SECOND}),
        ("from now", {"not_before": AT}),
        ("no more", {"not_after": AT}),
        ("until then", {"not_after": AT + SECOND}),
    ):
        yield name, _signed(signer, TRUST_LIST_TYP, compact_json(w.trust_claims(_with(signer, **changes))))
    for late in (5 * MINUTE, 5 * MINUTE + SECOND):
        yield f"from the future {late}", w.trust_token(w.trust_claims(at=AT + late))
    for early in (w.LIFETIME - SECOND, w.LIFETIME):
        yield f"old {early}", w.trust_token(w.trust_claims(at=AT - early))


def _status_tokens() -> Iterator[tuple[str, str]]:
    claims, signer = w.status_claims(), w.status_key()
    payload = compact_json(claims)

    def odd(name: str, member: str, value: Any) -> tuple[str, str]:
        changed = deepcopy(claims)
        place = changed["status_list"] if member in ("bits", "lst") else changed
        if value is _GONE:
            del place[member]
        else:
            place[member] = value
        return f"{name} {value!r:.40}", _signed(signer, STATUS_LIST_TYP, json.dumps(changed).encode())

    for member in ("iat", "exp", "ttl", "bits"):
        yield from (odd(member, member, value) for value in (*_NUMBERS, 2, 3, 4, _GONE))
    yield from (odd("ttl", "ttl", value) for value in (10**9, 251_606_000_000, 300_000_000_000, 10**16))
    yield from (odd("exp", "exp", claims["iat"] + 7 * 86_400 + more) for more in (-1, 0, 1))
    yield from (odd("iat", "iat", value) for value in (claims["exp"], claims["exp"] + 1, -(10**12), -62135596800))
    numbers = ("/7", "/0", "/007", "/999999999", "/1000000000", "/", "/7/", "/7?x", "/7#x", "/x", "/-1", "/٣", "/ 7")
    yield from (odd("uri", "sub", f"https://x{end}") for end in numbers)
    uris = (
        "http://x/1",
        "HTTPS://x/1",
        "ftp://x/1",
        "https:///1",
        "x" * 501,
        f"https://{'x' * 490}/1",
        f"https://{'😀' * 490}/1",
    )
    yield from (
        odd("uri", "sub", value) for value in (*uris, f"https://{'x' * 491}/1", "https://a b/1", "https://a\u00a0b/1")
    )
    yield from (odd("sub", "sub", value) for value in (None, 1, "", _GONE))
    yield from (odd("list", "status_list", value) for value in (None, 1, [], {}, {"bits": 1}, _GONE))
    yield odd("more", "more", 1)
    packed = {
        "nothing": compress(b""),
        "one byte": compress(b"\x01"),
        "as long as may be": compress(bytes(1 << 21)),
        "longer": compress(bytes((1 << 21) + 1)),
        "bomb": compress(bytes(1 << 25)),
        "cut short": compress(bytes(100))[:-1],
        "something behind": compress(bytes(100)) + b"\0",
        "wrong sum": compress(bytes(100))[:-1] + b"\x07",
        "no zlib": b"\x01\x02\x03",
        "empty": b"",
    }
    yield from ((name, odd(name, "lst", to_base64url(content))[1]) for name, content in packed.items())
    yield from (odd("base64", "lst", value) for value in (None, 1, "=", "A", "é", claims["status_list"]["lst"] + "="))
    yield "list member twice", _signed(signer, STATUS_LIST_TYP, payload.replace(b'"bits":2', b'"bits":2,"bits":2'))
    yield "more in the list", _signed(signer, STATUS_LIST_TYP, payload.replace(b'"bits":2', b'"bits":2,"x":2'))
    yield from _headers(signer, STATUS_LIST_TYP, payload)
    yield "stranger", _signed(w.key("ee0000000001"), STATUS_LIST_TYP, payload)
    yield "key of trust lists", _signed(w.trust_key(), STATUS_LIST_TYP, payload)
    yield from (
        (f"at {moment}", w.status_token(w.status_claims(at=moment)))
        for moment in (
            AT + 5 * MINUTE,
            AT + 5 * MINUTE + SECOND,
            AT - 800 * w.DAY,
            AT - 800 * w.DAY - SECOND,
            AT - w.DAY,
        )
    )


def _headers(key: InsecureSoftwareKey, typ: str, payload: bytes) -> Iterator[tuple[str, str]]:
    for alg in ("none", "HS256", "RS256", "EdDSA", "es256", "ES384", None, 1, ["ES256"]):
        yield f"alg {alg}", _signed(key, typ, payload, {"alg": alg})
    for kid in ("", "x", None, 1, "\ud800"):
        yield f"kid {kid!r}", _signed_bytes(key, json.dumps({"alg": "ES256", "kid": kid, "typ": typ}).encode(), payload)
    for other in ("JWT", typ.upper(), None, 1):
        yield f"typ {other}", _signed(key, typ, payload, {"typ": other})
    for name, value in (("jwk", {}), ("jku", "https://evil.example"), ("crit", ["x"]), ("x5u", "x")):
        yield name, _signed(key, typ, payload, {name: value})
    genuine = _signed(key, typ, payload)
    head, body, signature = genuine.split(".")
    for changed in (
        f"{head}.{body}",
        f"{genuine}.",
        f"{genuine}.x",
        f"{head}=.{body}.{signature}",
        f"{head}.{body}=.{signature}",
        f"{head}.{body}.{signature}=",
        f"{head}.{body}.{signature[:-1]}",
        f"{head}.{body}.",
        f"{head}..{signature}",
        f".{body}.{signature}",
        f"{genuine}\n",
        f" {genuine}",
        f"{head}.{body}.{signature[:-1]}{'B' if signature[-1] != 'B' else 'C'}",
        f"{head}.{body}.{signature[:20]}+{signature[21:]}",
        f"{head}.{body}.{signature[:20]}é{signature[21:]}",
        f"{head}.{body}.{'A' * len(signature)}",
        f"{head}.{body}.{signature}AAAA",
    ):
        yield f"{changed[:10]} {len(changed)}", changed
    yield (
        "header twice",
        _signed_bytes(key, compact_json({"alg": "ES256", "typ": typ})[:-1] + b',"kid":"a","kid":"b"}', payload),
    )


def _with(signer: InsecureSoftwareKey, trust: TrustList | None = None, **changes: Any) -> TrustList:
    trust = trust if trust is not None else w.trust_list()
    keys = (replace(key, **changes) if key.key_id == signer.key_id else key for key in trust.keys)
    return replace(trust, keys=tuple(keys))


def _histories() -> Iterator[tuple[str, bytes | None, list[tuple[bytes, datetime]]]]:
    """(name, anchor, downloads with their times)"""
    later = AT + w.HOUR
    first = w.bundle(w.trust_token(), w.status_token())
    anchor = anchor_of(w.trust_key().public_key)

    def list_of(trust: TrustList | None = None, at: datetime = later, key: InsecureSoftwareKey | None = None) -> str:
        return _signed(key or w.trust_key(), TRUST_LIST_TYP, compact_json(w.trust_claims(trust, at)))

    yield "pinned", anchor, [(first, AT)]
    yield "pinned, rsa", anchor_of(w.trust_key("rsa").public_key), [(w.bundle(w.trust_token(kind="rsa")), AT)]
    yield (
        "pinned, ed25519",
        anchor_of(w.trust_key("ed25519").public_key),
        [(w.bundle(w.trust_token(kind="ed25519")), AT)],
    )
    yield "pinned another", bytes(32), [(first, AT)]
    yield (
        "status rolled back",
        None,
        [(first, AT), (w.bundle(list_of(), w.status_token(w.status_claims(at=AT - SECOND))), later)],
    )
    yield "status withheld", None, [(first, AT), (w.bundle(list_of()), later)]
    newer = w.status_token(w.status_claims(at=later, entries={}))
    yield "status newer", None, [(first, AT), (w.bundle(list_of(), newer), later)]
    yield "newer and older", None, [(w.bundle(w.trust_token(), newer, w.status_token()), later)]
    yield "older and newer", None, [(w.bundle(w.trust_token(), w.status_token(), newer), later)]
    for sequence, at in (
        (4, later),
        (5, AT - SECOND),
        (5, AT),
        (6, AT - 5 * MINUTE),
        (6, AT - 5 * MINUTE - SECOND),
        (6, later),
    ):
        yield (
            f"sequence {sequence} at {at}",
            None,
            [(first, AT), (w.bundle(list_of(w.trust_list(sequence), at)), later)],
        )
    yield "other key named before", None, [(first, AT), (w.bundle(list_of(key=w.trust_key("ed25519"))), later)]
    successor = w.key("ee0000000002")
    named = replace(
        w.trust_list(6), keys=(*w.trust_list().keys, w.listed(successor, KeyPurpose.TRUST_LIST, not_before=later))
    )
    yield "key not named before", None, [(first, AT), (w.bundle(list_of(named, key=successor)), later)]
    yield (
        "key named, then signs",
        None,
        [(first, AT), (w.bundle(list_of(named)), later), (w.bundle(list_of(named, key=successor)), later)],
    )
    ended = _with(w.trust_key(), not_after=later)
    prolonged = [(w.bundle(list_of(ended, AT)), AT), (w.bundle(list_of(w.trust_list(6))), later)]
    yield "past the end that the list held gives", None, prolonged
    swapped = replace(w.trust_list(6), keys=_with(w.trust_key(), public_key=successor.public_key).keys)
    yield "another key under the name", None, [(first, AT), (w.bundle(list_of(swapped)), later)]
    taken = replace(_with(w.trust_key(), compromised_from=AT), sequence=6)
    by_other = w.bundle(list_of(taken, key=w.trust_key("ed25519")))
    yield "signer taken", None, [(first, AT), (by_other, later), (w.bundle(list_of(w.trust_list(7))), later)]
    lost = replace(_with(w.status_key(), compromised_from=AT + w.DAY), sequence=6)
    yield "status key taken", None, [(first, AT), (w.bundle(list_of(lost), w.status_token(kind="rsa")), later)]
    over = replace(_with(w.status_key(), not_after=AT), sequence=6)
    yield "status key over", None, [(first, AT), (w.bundle(list_of(over)), later)]
    unit = replace(_with(w.status_key(), unit=w.UNIT), sequence=6)
    yield "status key of a unit", None, [(first, AT), (w.bundle(list_of(unit)), later)]
    yield (
        "away for long",
        None,
        [(first, AT), (w.bundle(list_of(at=AT + 30 * w.DAY)), AT + 30 * w.DAY), (first, AT + 30 * w.DAY)],
    )
    yield "clock set back", None, [(first, AT), (w.bundle(list_of()), AT - w.DAY)]


class _Gone:
    def __repr__(self) -> str:
        return "gone"


_GONE = _Gone()
