"""What a check found, for people: names for identifiers, and beside each finding the part that it is about."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from issuance.fees.document import PolicyDocument

from ...languages import Language
from ...present.fee_draft import CheckView, FindingView
from ..texts import N_, translate

_RULE = re.compile(r"stages\[([^\]]+)\]\.rules\[([^\]]+)\]")
_PART = re.compile(r"(basis|charges|stages|examples)\[([^\]]+)\]")
_EDITED_AS: Mapping[str, str] = MappingProxyType(
    {"basis": "acts", "charges": "charges", "stages": "stages", "examples": "examples"}
)
_IN_GENERAL = ("effective", "document_types", "territory", "version", "label", "deciding_date", "rounding")


@dataclass(frozen=True, slots=True)
class Part:
    """name: for people; edited_at: where its form is, below the draft's `/edit`."""

    name: str
    edited_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """part: None for the whole document, or what the document no longer has."""

    severity: str
    text: str
    part: Part | None


def findings_told(
    check: CheckView | None, document: PolicyDocument | None, types: Mapping[str, str], language: Language
) -> Sequence[Finding]:
    """types: names of documents, by id."""
    return [_told(one, document, types, language) for one in ([] if check is None else check["findings"])]


def _told(one: FindingView, document: PolicyDocument | None, types: Mapping[str, str], language: Language) -> Finding:
    text = one["text"] if document is None else about_versions(spelled_out(one["text"], types), document.id)
    part = None if document is None else part_at(one["place"], document, language)
    return Finding(severity=one["severity"], text=as_sentence(text), part=part)


def spelled_out(text: str, names: Mapping[str, str]) -> str:
    """With names for the identifiers that a text has."""
    known = "|".join(re.escape(one) for one in sorted(names, key=len, reverse=True))
    return re.sub(rf"(?<![\w./-])(?:{known})(?![\w/-]|\.\w)", lambda found: names[found[0]], text) if known else text


def about_versions(text: str, policy_id: str) -> str:
    """Without the identifier of the policy whose versions all this is about."""
    return re.sub(rf"(?<![\w.]){re.escape(policy_id)} (phiên bản|version)\b", r"\1", text)


def as_sentence(text: str) -> str:
    # Where it begins with an identifier, that stays as it is written.
    said = text if "_" in text.split(" ", 1)[0] else text[:1].upper() + text[1:]
    return said if said.endswith((".", "?", "!")) else f"{said}."


def part_at(place: str, document: PolicyDocument, language: Language) -> Part | None:
    """The part of which problems and findings say where it is, as `stages[city].rules[students].when`."""
    if found := _RULE.match(place):
        for stage in document.stages:
            for rule in stage.rules:
                if (stage.id, rule.id) == found.groups():
                    return Part(rule.label.in_language(language), f"rules/{rule.id}")
        return None
    if found := _PART.match(place):
        kind, key = found.groups()
        name = _names(kind, document, language).get(key)
        return None if name is None else Part(name, f"{_EDITED_AS[kind]}/{key}")
    if place.startswith(_IN_GENERAL):
        return Part(translate(N_("For what and when"), language), "about/policy")
    return None


def _names(kind: str, document: PolicyDocument, language: Language) -> Mapping[str, str]:
    match kind:
        case "basis":
            return {one.id: f"{one.kind.in_language(language)} {one.number}" for one in document.basis}
        case "charges":
            return {one.id: one.label.in_language(language) for one in document.charges}
        case "stages":
            return {one.id: one.label.in_language(language) for one in document.stages}
        case _:
            return {str(index): one.name for index, one in enumerate(document.examples)}
