"""Nonces prove themselves: only those of the secret, unchanged, within their lifetime."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.proof_nonces import ProofNonces
from tests.identity.issuer import NOW

SECRET = b"only for tests, 32 bytes or more"
NONCES = ProofNonces(SECRET)


@given(st.integers(1_000, 10**11), st.integers(-400, 400))
def test_a_nonce_is_fresh_for_its_lifetime_also_where_clocks_differ(second: int, seconds: int) -> None:
    at = datetime.fromtimestamp(second, UTC)
    fresh = NONCES.is_fresh(ProofNonces(SECRET).issue(at), at + timedelta(seconds=seconds))
    assert fresh == (abs(seconds) <= 300)


@given(st.text() | st.from_regex(r"[0-9]{1,12}\.[A-Za-z0-9_-]{43}", fullmatch=True) | st.none() | st.integers())
def test_nothing_else_is_a_nonce(invented: object) -> None:
    assert not NONCES.is_fresh(invented, NOW)


@given(st.integers(min_value=0), st.characters())
def test_no_changed_character_is_accepted(position: int, sign: str) -> None:
    nonce = NONCES.issue(NOW)
    position %= len(nonce)
    changed = nonce[:position] + sign + nonce[position + 1 :]
    assert NONCES.is_fresh(changed, NOW) == (changed == nonce)


def test_a_second_has_one_nonce_only() -> None:
    nonce = NONCES.issue(NOW)
    assert not NONCES.is_fresh(f"0{nonce}", NOW)
    assert not NONCES.is_fresh(f"{nonce}=", NOW)
    assert not NONCES.is_fresh(f"{nonce}\n", NOW)


def test_it_can_stand_in_a_header() -> None:
    """NQCHAR (RFC 6749 appendix A), as RFC 9449 section 8.1 demands."""
    assert all(sign in "!" or "#" <= sign <= "[" or "]" <= sign <= "~" for sign in NONCES.issue(NOW))


def test_the_secret_must_be_long_and_does_not_print() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        ProofNonces(b"x" * 31)
    with pytest.raises(ValueError, match="positive"):
        ProofNonces(SECRET, lifetime_seconds=0)
    assert "only for tests" not in f"{NONCES!r} {NONCES}"


def test_a_time_without_a_zone_is_the_callers_mistake() -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"):
        NONCES.issue(naive)
    with pytest.raises(ValueError, match="time zone"):
        NONCES.is_fresh(NONCES.issue(NOW), naive)
