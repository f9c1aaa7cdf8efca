"""A problem put into words, in Vietnamese and English. The words themselves stand in `problem_table`."""

from __future__ import annotations

import difflib
import heapq
import itertools
from collections.abc import Collection
from dataclasses import dataclass, field

from issuance.fees.problem_table import PROBLEM_WORDS
from issuance.fees.wording import Label

_SHOWN_CHARACTERS = 40
_SHOWN_WORDS = 12
_SEARCHED_WORDS = 32


@dataclass(frozen=True, slots=True)
class Near:
    """A word that nobody knows, to be shown beside the known one that it resembles."""

    word: str
    # pydantic writes down what an error carries; the whole catalogue would be written for each.
    known: Collection[str] = field(repr=False)

    def in_words(self, search: bool = True) -> Label:
        """` 'copys', did you mean 'copies'?` - or some of the known words, when none is near."""
        shown = self.word if len(self.word) <= _SHOWN_CHARACTERS else self.word[:_SHOWN_CHARACTERS] + "…"
        found = difflib.get_close_matches(shown, self._candidates(shown), n=1) if search else []
        if found:
            return _filled("near", {"word": shown, "near": found[0]})
        words = sorted(heapq.nsmallest(_SHOWN_WORDS, self.known))
        listed = ", ".join(words) + (", …" if len(self.known) > _SHOWN_WORDS else "")
        return _filled("known", {"word": shown, "known": listed})

    def _candidates(self, shown: str) -> list[str]:
        # A comparison can take 0.1 ms: of very many words only those are compared that begin or end like this one.
        if len(self.known) <= _SEARCHED_WORDS:
            return list(self.known)

        return heapq.nlargest(
            _SEARCHED_WORDS, self.known, key=lambda word: _shared(word, shown) + _shared(word[::-1], shown[::-1])
        )


def _shared(one: str, other: str) -> int:
    """How many signs at the beginning are the same."""
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong, by code and values, not yet in words: a hostile document has thousands, of which few are told."""

    code: str
    values: dict[str, object] = field(repr=False)

    @property
    def has_near(self) -> bool:
        """Whether a near word belongs to it."""
        return any(
            isinstance(value, Near) or (isinstance(value, Complaint) and value.has_near)
            for value in self.values.values()
        )

    def in_words(self, search: bool = True) -> Label:
        """The sentence in both languages. search: whether to look for near words, which takes time."""
        shown = {
            key: value.in_words(search) if isinstance(value, Near | Complaint) else value
            for key, value in self.values.items()
        }
        return _filled(self.code, shown)


def complain(code: str, **values: object) -> Complaint:
    """A problem of this code; a value can be a Label, a Near or a Complaint, each in its language."""
    return Complaint(code, values)


def _filled(code: str, values: dict[str, object]) -> Label:
    words = PROBLEM_WORDS[code]
    vi = {key: value.vi if isinstance(value, Label) else value for key, value in values.items()}
    en = {key: value.en if isinstance(value, Label) else value for key, value in values.items()}
    return Label(words.vi.format(**vi), words.en.format(**en))
