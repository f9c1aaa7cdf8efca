"""Two texts beside each other, sentence by sentence, with the words marked that differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORDS = re.compile(r"\s+|[^\s]+")
_ALIKE = 0.45
_MOST_COMPARED = 60


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words, and whether the other side says them otherwise."""

    text: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence of each side; one without its like on the other side stands alone."""

    before: Sequence[Piece] | None
    after: Sequence[Piece] | None

    @property
    def is_same(self) -> bool:
        return self.before == self.after


def side_by_side(before: Sequence[str], after: Sequence[str]) -> list[Pair]:
    """Every sentence of both sides once, in their orders."""
    pairs: list[Pair] = []
    for kind, from_, to, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            pairs += [Pair(_whole(one, False), _whole(one, False)) for one in before[from_:to]]
        else:
            pairs += _replaced(before[from_:to], after[start:end])
    return pairs


def _replaced(before: Sequence[str], after: Sequence[str]) -> Iterator[Pair]:
    """Sentences that resemble each other are paired, in order; the others stand alone."""
    if len(before) * len(after) > _MOST_COMPARED**2:
        # Nobody reads so many at once; comparing each with each would take seconds.
        yield from (Pair(_whole(one, True), None) for one in before)
        yield from (Pair(None, _whole(one, True)) for one in after)
        return
    taken = 0
    for one in before:
        likeness = [(_alike(one, other), -index) for index, other in enumerate(after) if index >= taken]
        best, place = max(likeness, default=(0.0, 0))
        if best < _ALIKE:
            yield Pair(_whole(one, True), None)
            continue
        yield from (Pair(None, _whole(other, True)) for other in after[taken:-place])
        yield _marked(one, after[-place])
        taken = 1 - place
    yield from (Pair(None, _whole(other, True)) for other in after[taken:])


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, _WORDS.findall(one), _WORDS.findall(other), autojunk=False).ratio()


def _marked(before: str, after: str) -> Pair:
    one, other = _WORDS.findall(before), _WORDS.findall(after)
    pieces: tuple[list[Piece], list[Piece]] = ([], [])
    for kind, from_, to, start, end in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        for side, words in zip(pieces, (one[from_:to], other[start:end]), strict=True):
            if words:
                side.append(Piece("".join(words), kind != "equal"))
    return Pair(*pieces)


def _whole(text: str, differs: bool) -> list[Piece]:
    return [Piece(text, differs)]
