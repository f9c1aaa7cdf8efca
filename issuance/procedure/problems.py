"""A problem with a procedure: where, and what in both languages. The words stand in `problem_table`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from issuance.fees.problem_words import Near
from issuance.fees.wording import Label, Language
from issuance.procedure.problem_table import PROBLEM_WORDS

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing about a procedure: its stable code, where (file and place within) and what, in plain words.

    is_note: worth a look, and nothing that stops the procedure.
    """

    code: str
    place: str
    text: Label
    is_note: bool = False

    def in_language(self, language: Language) -> str:
        """The place and what is wrong there, as one line."""
        text = self.text.in_language(language)
        return f"{self.place}: {text}" if self.place else text

    def __str__(self) -> str:
        return self.in_language("en")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong, by code and values, not yet in words: a hostile document has thousands, of which few are told."""

    code: str
    values: dict[str, object] = field(repr=False)

    @property
    def has_near(self) -> bool:
        return any(isinstance(value, Near) for value in self.values.values())

    def in_words(self, search: bool = True) -> Label:
        """The sentence in both languages. search: whether to look for near words, which takes time."""
        words = PROBLEM_WORDS[self.code]
        shown = {
            key: value.in_words(search) if isinstance(value, Near) else value for key, value in self.values.items()
        }
        vi = {key: value.vi if isinstance(value, Label) else value for key, value in shown.items()}
        en = {key: value.en if isinstance(value, Label) else value for key, value in shown.items()}
        return Label(words.vi.format(**vi), words.en.format(**en))


Found = tuple[Place, Complaint]


def complain(code: str, **values: object) -> Complaint:
    """A problem of this code; a value can be a Label or a Near, each in its language."""
    return Complaint(code, values)


def place_of(name: str, tree: object, where: Place) -> str:
    """`file.json: steps[review].outcomes[approve].to`: list entries go by their id where they have one."""
    shown, node = "", tree
    for step in where:
        node = _entry(node, step)
        if isinstance(step, int):
            own_id = node.get("id") if isinstance(node, dict) else None
            shown += f"[{own_id[:64] if isinstance(own_id, str) and own_id else step}]"
        else:
            shown += f".{step[:64]}" if shown else step[:64]
    return (f"{name}: {shown}" if name else shown) if shown else name


def _entry(node: Any, step: str | int) -> object:
    if isinstance(node, dict):
        return node.get(step)
    return node[step] if isinstance(node, list) and isinstance(step, int) and step < len(node) else None
