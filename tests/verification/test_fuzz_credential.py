"""Texts without end: nothing raises, and nothing is shown as a fact that was not sealed."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.credentials import FACTS, KEY, TRUST, Holder, claims_over, disclosures_of, resealed, sealed, showing
from tests.sealing import AT, key_ring, snapshot
from verification.formats.jws import compact_json, to_base64url
from verification.formats.sd_jwt import write_disclosure
from verification.key_binding import ExpectedBinding
from verification.verdict import SELECTIVE_FACTS, DisclosedFacts, Verdict, VerdictState
from verification.verify_credential import verify_credential

STATUS = snapshot(key_ring())
HOLDER, THIEF = Holder(), Holder()
PLAIN, BOUND = sealed(), sealed(holder_key=HOLDER.public_key)
OTHER_FACTS = replace(FACTS, full_name="Trần Văn Bình", number="000000000001")
OTHER = sealed(OTHER_FACTS)
EXPECTED = ExpectedBinding("https://bank.example", "a nonce for one presentation", 300)
ALPHABET = string.ascii_letters + string.digits + "-_.~=+/ \n\0é🙂"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def check(text: str, binding: ExpectedBinding | None = None) -> Verdict:
    """The verdict, which is never about facts other than those of the credentials sealed here."""
    verdict = verify_credential(text, TRUST, STATUS, AT, binding=binding)
    facts = verdict.facts
    if facts is not None:
        assert isinstance(facts, DisclosedFacts)
        assert any(facts.agrees_with(sealed_facts) for sealed_facts in (FACTS, OTHER_FACTS))
    return verdict


def flipped(text: str, chance: Random) -> str:
    """One bit of one character."""
    at = chance.randrange(len(text))
    return text[:at] + chr(ord(text[at]) ^ (1 << chance.randrange(7))) + text[at + 1 :]


def replaced(text: str, chance: Random) -> str:
    at = chance.randrange(len(text))
    return text[:at] + chance.choice(ALPHABET) + text[at + 1 :]


def cut(text: str, chance: Random) -> str:
    start = chance.randrange(len(text))
    return text[:start] + text[start + chance.randrange(1, 80) :]


def doubled(text: str, chance: Random) -> str:
    start = chance.randrange(len(text))
    return text + text[start : start + chance.randrange(1, 80)] + chance.choice(("", "~"))


def shuffled(text: str, chance: Random) -> str:
    parts = text.split("~")
    chance.shuffle(parts)
    return "~".join(parts)


def dropped(text: str, chance: Random) -> str:
    parts = text.split("~")
    del parts[chance.randrange(len(parts))]
    return "~".join(parts)


def repeated(text: str, chance: Random) -> str:
    parts = text.split("~")
    parts.insert(chance.randrange(len(parts)), chance.choice(parts))
    return "~".join(parts)


def with_foreign(text: str, chance: Random) -> str:
    parts = text.split("~")
    made_up = write_disclosure("A" * 22, chance.choice([*SELECTIVE_FACTS, "_sd", "...", "iss"]), "made up")
    foreign = [*disclosures_of(OTHER).values(), *disclosures_of(BOUND).values(), made_up]
    parts[chance.randrange(len(parts))] = chance.choice(foreign)
    return "~".join(parts)


def with_other_head(text: str, chance: Random) -> str:
    """The payload, header or signature of another credential, or of none."""
    head, tilde, rest = text.partition("~")
    parts, donor = head.split("."), chance.choice((PLAIN, BOUND, OTHER)).partition("~")[0].split(".")
    header = {"alg": chance.choice(("none", "ES256", "HS256", "EdDSA")), "kid": KEY.key_id, "typ": "dc+sd-jwt"}
    donor.append(to_base64url(compact_json(header)))
    if len(parts) == 3:
        parts[chance.randrange(3)] = chance.choice(donor)
    return ".".join(parts) + tilde + rest


def with_proof(text: str, chance: Random) -> str:
    return chance.choice((HOLDER, THIEF)).present(text) if text.isascii() else text


MUTATIONS: tuple[Callable[[str, Random], str], ...] = (
    flipped,
    replaced,
    cut,
    doubled,
    shuffled,
    dropped,
    repeated,
    with_foreign,
    with_other_head,
    with_proof,
)


@pytest.mark.parametrize("runs", [5_000, pytest.param(100_000, marks=pytest.mark.campaign)])
def test_mutated_credentials_are_never_more_than_what_was_sealed(runs: int) -> None:
    chance = Random(20261120)
    seeds = [PLAIN, BOUND, OTHER, showing(PLAIN, {"number"}), HOLDER.present(BOUND)]
    valid = 0
    for _ in range(runs):
        text = chance.choice(seeds)
        for _ in range(chance.randrange(1, 4)):
            text = chance.choice(MUTATIONS)(text or "~", chance)
        verdict = check(text, chance.choice((None, EXPECTED)))
        valid += verdict.state is VerdictState.VALID
    # Dropping and reordering disclosures is the holder's right, so some stay valid; else nothing was tried here.
    assert 0 < valid < runs / 2


@pytest.mark.parametrize("runs", [3_000, pytest.param(100_000, marks=pytest.mark.campaign)])
def test_one_flipped_bit_in_the_issuers_part_is_never_valid(runs: int) -> None:
    chance, head = Random(7), PLAIN.index("~")
    for _ in range(runs):
        assert check(flipped(PLAIN[:head], chance) + PLAIN[head:]).state is not VerdictState.VALID


def test_each_flipped_bit_of_a_disclosure_hides_or_refuses_it() -> None:
    start = PLAIN.index("~") + 1
    for at in range(start, len(PLAIN) - 1):
        for bit in range(7):
            assert check(PLAIN[:at] + chr(ord(PLAIN[at]) ^ (1 << bit)) + PLAIN[at + 1 :]).facts is None


@settings(deadline=None, max_examples=500)
@given(st.text(max_size=300) | st.text(alphabet=ALPHABET, max_size=300))
def test_any_text(text: str) -> None:
    assert check(text).state is VerdictState.UNREADABLE
    assert check(PLAIN + text).facts is None or not text.strip()
    assert check(text + PLAIN).facts is None or not text.strip()


@settings(deadline=None, max_examples=500)
@given(JSON)
def test_any_json_that_the_real_key_signs(value: object) -> None:
    assert check(resealed(None, payload=json.dumps(value).encode("utf-8", "replace"))).facts is None


@settings(deadline=None, max_examples=500)
@given(st.sampled_from(sorted(claims_over([]))), JSON)
def test_any_json_in_place_of_one_claim(name: str, value: object) -> None:
    """Without exception; that wrong ones are refused is shown claim by claim elsewhere."""
    claims = claims_over([]) | {name: value}
    verify_credential(resealed(None, payload=json.dumps(claims).encode()), TRUST, STATUS, AT)


@settings(deadline=None, max_examples=500)
@given(JSON)
def test_any_json_as_a_disclosure(value: object) -> None:
    shown = [to_base64url(json.dumps(value).encode())]
    verify_credential(resealed(claims_over(shown), shown), TRUST, STATUS, AT)


@settings(deadline=None, max_examples=300)
@given(JSON, st.dictionaries(st.text(max_size=6), JSON, max_size=3))
def test_any_json_as_a_proof_of_the_holders_key(value: object, header: dict[str, object]) -> None:
    payload = json.dumps(value).encode()
    try:
        text = HOLDER.present(BOUND, payload=payload, header=header)
    except UnicodeEncodeError:  # a lone surrogate is no text that could be sent
        return
    assert check(text, EXPECTED).facts is None
