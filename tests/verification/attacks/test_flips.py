"""One bit flipped anywhere in a really issued file: never valid, with the register and without it.

`make test` takes a sample of every part of every form; the campaign flips 100,000 bits in shards and prints its counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from tests.verification.attacks.anatomy import Case
from tests.verification.attacks.genuine import KINDS, LEVELS, KeyKind, Level
from verification.verdict import VerdictState

FORMS = [(kind, level) for kind in KINDS for level in LEVELS]
SAMPLE = 3_000
CAMPAIGN = 100_000
SHARDS = 16
ACCUSED = {VerdictState.NOT_GENUINE, VerdictState.UNREADABLE}
# In a timestamp an authority's name may become one that nobody knows, or an update's timestamp one of no kind that is
# read here: no accusation, and no belief.
REFUSED = ACCUSED | {VerdictState.STATUS_UNKNOWN}
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")


def parts(case: Case) -> dict[str, list[range]]:
    """Where in the file what stands; a part may have several pieces, and pieces may lie in others."""
    data, (start, end) = case.data, case.hole
    streams = [range(*m.span()) for m in re.finditer(rb"stream\r?\n.*?endstream", data, re.DOTALL)]
    found = {
        "header": [range(16)],
        "objects": [range(*m.span()) for m in re.finditer(rb"\d+ 0 obj\n<<.*?(?=stream|endobj)", data, re.DOTALL)],
        "streams": streams,
        "tables": [range(*m.span()) for m in re.finditer(rb"xref\n\d.*?trailer", data, re.DOTALL)],
        "trailers": [range(*m.span()) for m in re.finditer(rb"trailer\n.*?%%EOF\n?", data, re.DOTALL)],
        "byte range": [range(case.data.index(b"/ByteRange "), start)],
        "signature": [range(start, start + 2 * len(case.seal.contents))],
        "padding": [range(start + 2 * len(case.seal.contents), end)],
        "everything": [range(len(data))],
    }
    if len(data) > case.sealed_bytes:
        found["updates"] = [range(case.sealed_bytes, len(data))]
    return found


def places(case: Case, chosen: Random, count: int) -> Iterator[tuple[str, int, int]]:
    """Part, byte and bit, of each part as many."""
    pieces = parts(case)
    assert all(pieces.values())
    for number in range(count):
        name = list(pieces)[number % len(pieces)]
        piece = chosen.choice(pieces[name])
        yield name, chosen.randrange(piece.start, piece.stop), chosen.randrange(8)


def flip(case: Case, chosen: Random, count: int) -> Counter[str]:
    counts: Counter[str] = Counter()
    for name, place, bit in places(case, chosen, count):
        damaged = bytearray(case.data)
        damaged[place] ^= 1 << bit
        offline, online = case.home.offline(bytes(damaged)), case.home.online(bytes(damaged))
        assert offline.state in REFUSED, (name, place, bit)
        # The register knows what was sealed, and what follows that is judged as it is offline.
        assert online.state in (ACCUSED if place < case.sealed_bytes else REFUSED), (name, place, bit)
        assert (offline.facts, online.facts) == (None, None), (name, place, bit)
        counts[f"{name}: {offline.state.value}"] += 1
    return counts


@pytest.mark.parametrize(("kind", "level"), FORMS)
def test_no_flipped_bit_of_a_sample_is_valid(kind: KeyKind, level: Level) -> None:
    case = Case.of(kind, level)
    assert case.home.offline(case.data).state is VerdictState.VALID
    counts = flip(case, Random(f"{kind} {level}"), SAMPLE // len(FORMS))
    assert sum(counts.values()) == SAMPLE // len(FORMS)
    assert {name.split(":")[0] for name in counts} == set(parts(case))


@pytest.mark.campaign
@pytest.mark.parametrize("shard", range(SHARDS))
def test_none_of_100_000_flipped_bits_is_valid(shard: int) -> None:
    counts: Counter[str] = Counter()
    for number, (kind, level) in enumerate(FORMS):
        share = CAMPAIGN // SHARDS // len(FORMS) + (number < CAMPAIGN // SHARDS % len(FORMS))
        counts += flip(Case.of(kind, level), Random(f"campaign {shard} {kind} {level}"), share)
    assert sum(counts.values()) == CAMPAIGN // SHARDS
    states: Counter[str] = Counter()
    for name, count in counts.items():
        states[name.split(": ")[1]] += count
    print(f"shard {shard}: {sum(counts.values())} flipped bits, 0 valid, {dict(states)}")
