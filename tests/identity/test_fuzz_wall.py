"""Mutated evidence at every door: only this package's errors come out, and what is accepted is what was signed."""

from __future__ import annotations

import base64
import binascii
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from identity.errors import HeaderNotAllowed, IdentityError, MalformedToken, ProviderUnavailable, SignInUnknown
from identity.parse_token import parse_token
from identity.providers.vneid_envelope import open_envelope
from identity.sign_in import AuthorizationAnswer, begin_sign_in, complete_sign_in
from identity.strict_json import NotStrictJson, parse_object
from identity.verify_token import verify_token
from tests.identity.fuzz.doors import DOORS, ISSUER, ISSUERS, RETURN_TO, SEEDS
from tests.identity.fuzz.mutate import mutate
from tests.identity.issuer import NOW, encode, generate_key

REPOSITORY = Path(__file__).parent.parent.parent
HONEST = ISSUER.mint()
STARTS = st.integers(min_value=0)


@pytest.mark.parametrize("name", DOORS)
async def test_a_door_lets_in_what_is_honest(name: str) -> None:
    """Else nothing below would try more than the first check."""
    for seed in SEEDS[name]:
        assert await DOORS[name](seed)


@pytest.mark.parametrize("name", DOORS)
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(start=STARTS, times=st.integers(1, 5))
async def test_mutated_evidence_is_refused_by_our_errors_or_is_what_was_signed(
    name: str, start: int, times: int
) -> None:
    chosen = Random(start)
    await DOORS[name](mutate(chosen.choice(SEEDS[name]), chosen, times))


@pytest.mark.parametrize("name", DOORS)
@settings(deadline=None)
@given(data=st.binary(max_size=300))
async def test_any_bytes_are_refused_by_our_errors(name: str, data: bytes) -> None:
    assert not await DOORS[name](data)


@settings(max_examples=300, deadline=None)
@given(STARTS)
async def test_a_token_changed_anywhere_is_no_token(start: int) -> None:
    """There is one way to write a signed token: no other text is accepted in its place."""
    changed = mutate(HONEST.encode(), Random(start)).decode("utf-8", "replace")
    assume(changed != HONEST)
    with pytest.raises(IdentityError):
        await verify_token(changed, ISSUERS, NOW)


_ALPHABET = "ABab019-_"
_SEGMENTS = (
    st.text(_ALPHABET, max_size=9) | st.binary(max_size=9).map(encode) | st.text(_ALPHABET + "=+/. \n\0éＡ", max_size=5)
)


@settings(max_examples=500)
@given(st.lists(_SEGMENTS | st.just("e30"), min_size=1, max_size=2).map(".".join))
def test_the_wall_takes_apart_what_a_plain_reader_takes_apart(token: str) -> None:
    """Against base64url decoded and encoded again, with the claims fixed so that the form alone decides."""
    header, claims = encode(b'{"alg":"ES256"}'), encode(b"{}")
    wanted = _plainly_decoded(token)
    whole = f"{header}.{claims}.{token}"
    if wanted is None or "." in token:
        with pytest.raises(MalformedToken):
            parse_token(whole)
    else:
        assert parse_token(whole).signature == wanted


def _plainly_decoded(segment: str) -> bytes | None:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", segment, re.ASCII):
        return None
    try:
        raw = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except binascii.Error:
        return None
    return raw if encode(raw) == segment else None


def test_a_header_seen_before_changes_nothing() -> None:
    """Headers are read once: neither an honest nor a refused one decides about others, however many come between."""
    honest, hostile = ISSUER.mint(), ISSUER.mint(header={"crit": ["exp"]})
    for _ in range(2):
        assert parse_token(honest).unverified_key_id == ISSUER.key_id
        with pytest.raises(HeaderNotAllowed):
            parse_token(hostile)
        for number in range(200):
            assert parse_token(ISSUER.mint(header={"kid": f"k-{number}"})).unverified_key_id == f"k-{number}"


@given(st.text(st.characters(exclude_categories=()), max_size=8), st.booleans())
def test_text_that_could_not_be_stored_is_not_json(text: str, pretty: bool) -> None:
    """Lone surrogates are refused however they are escaped; pairs and backslashes that look like them are not."""
    escaped = "".join(f"\\u{unit:04X}" if pretty else f"\\u{unit:04x}" for unit in _utf16(text))
    raw = f'{{"name": "{escaped}", "path": "C:\\\\ud800"}}'.encode()
    joined = b"".join(unit.to_bytes(2, "little") for unit in _utf16(text))
    try:
        expected = joined.decode("utf-16-le")
    except UnicodeDecodeError:
        with pytest.raises(NotStrictJson):
            parse_object(raw)
    else:
        assert parse_object(raw) == {"name": expected, "path": "C:\\ud800"}


def _utf16(text: str) -> list[int]:
    raw = text.encode("utf-16-le", "surrogatepass")
    return [int.from_bytes(raw[place : place + 2], "little") for place in range(0, len(raw), 2)]


@pytest.mark.parametrize("number", ["1e400", "-1E+309", "2e308", "9" * 400 + ".0"])
def test_a_number_that_would_become_infinite_is_not_json(number: str) -> None:
    """Found by fuzzing: it passes the grammar, and could not be written as JSON again."""
    for text in (f'{{"x": {number}}}', f'{{"x": [{{"y": {number}}}]}}'):
        with pytest.raises(NotStrictJson):
            parse_object(text.encode())
    assert parse_object(b'{"x": [1.5, -2e-3, 1e308, 1e-400]}') == {"x": [1.5, -0.002, 1e308, 0.0]}


@pytest.mark.parametrize("raw", [b'{"access_token": "secret",}', b'{"access_token": "secret\xff"}', b'["secret"]'])
def test_a_refusal_holds_nothing_of_the_text(raw: bytes) -> None:
    with pytest.raises(NotStrictJson) as refusal:
        parse_object(raw)
    # the parser's own error has the whole text on it
    assert (refusal.value.__cause__, refusal.value.__context__, refusal.value.args) == (None, None, ())


_ANSWERS = st.none() | st.sampled_from(["state", "secret", ISSUER.issuer, f"{ISSUER.issuer}/"]) | st.text(max_size=30)


@settings(deadline=None)
@given(_ANSWERS, _ANSWERS, _ANSWERS, _ANSWERS, _ANSWERS)
async def test_only_the_browser_that_began_a_sign_in_gets_as_far_as_the_issuer(
    state: str | None, code: str | None, error: str | None, issuer: str | None, secret: str | None
) -> None:
    """Session fixation, forged callbacks: without state and the browser's secret nothing else is looked at."""
    begun = await begin_sign_in(ISSUERS, ISSUER.trusted.name, RETURN_TO, "/", NOW)
    answer = AuthorizationAnswer(state=state or "", code=code, error=error, issuer=issuer)
    with pytest.raises(SignInUnknown):
        await complete_sign_in(ISSUERS, begun.pending, answer, secret, ISSUER.trusted.name, RETURN_TO, NOW)


_ENVELOPE_KEY = generate_key("RS256")


@settings(deadline=None)
@given(STARTS)
def test_an_envelope_that_cannot_be_opened_says_nothing_of_why(start: int) -> None:
    seed = b'{"data": "' + base64.b64encode(bytes(60)) + b'", "key": "' + base64.b64encode(bytes(256)) + b'"}'
    with pytest.raises(ProviderUnavailable) as refusal:
        open_envelope(mutate(seed, Random(start), 2), _ENVELOPE_KEY)
    assert str(refusal.value) == "The identity provider's answer cannot be opened."


COVERAGE_GUIDED = pytest.mark.skipif(
    find_spec("atheris") is None, reason="atheris is not installed: it is for CPython 3.11 on Linux, x86-64"
)


@COVERAGE_GUIDED
@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize("runs", [1_500, pytest.param(300_000, marks=pytest.mark.campaign)])
def test_coverage_guided_mutations_find_no_way_round(name: str, runs: int, tmp_path: Path) -> None:
    """atheris in a process of its own, from a fixed seed; all that it writes lies in the test's folder."""
    options = [f"-runs={runs}", "-seed=20240603", "-max_len=6000", "-mutate_depth=1", "-timeout=60"]
    options.append("-print_final_stats=1")
    command = [sys.executable, "-W", "error", "-m", "tests.identity.fuzz", name, str(tmp_path / "out"), *options]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, errors="replace", check=False)
    said = ended.stdout + ended.stderr
    assert ended.returncode == 0, said[-4_000:]
    made = re.search(r"stat::number_of_executed_units: (\d+)", said)
    assert made is not None
    assert int(made[1]) >= runs
    print(f"{name}: {made[1]} executions")
