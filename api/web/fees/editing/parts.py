"""What every form of a part of a policy is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from issuance.fee_policies.draft import StoredAct
from issuance.fees.errors import Problem
from issuance.fees.wording import Label

from ....languages import Language
from ...texts import N_, translate
from .sent import Fields, both_of, text_of
from .tree import Document

BOTH_NEEDED = N_("Write it in both languages.")
NUMBER_NEEDED = N_("Enter a whole number.")
DAY_NEEDED = N_("Enter a day, like 31/12/2026.")
ACT_NEEDED = N_("Tick the act on which this rests.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a form is about. key: of the part, None for a new one. types: names of documents, by id. acts: the kept
    files. budgets: those that rules of any policy name."""

    document: Document
    key: str | None
    language: Language
    types: Mapping[str, str]
    acts: Sequence[StoredAct]
    budgets: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """The document with what was typed. place: of the part. problems: by field, in English for translation; with any,
    the document is not to be kept."""

    document: Document
    key: str
    place: str
    problems: Mapping[str, str] = field(default_factory=dict)


class PartForm(Protocol):
    """A form for one kind of parts. template: in templates/fees. where: the field at which a problem belongs, by how
    its place goes on behind the part's own."""

    template: str
    title: str
    title_new: str
    where: Sequence[tuple[str, str]]

    def fields(self, subject: Subject, asked: Mapping[str, str]) -> Fields:
        """What the form shows first. asked: the address's query. Raises PartNotFound."""

    def press(self, subject: Subject, fields: Fields, what: str) -> Fields:
        """What the form shows after one of its own buttons."""

    def build(self, subject: Subject, fields: Fields) -> Built:
        """Raises PartNotFound."""

    def choices(self, subject: Subject, fields: Fields) -> dict[str, Any]:
        """Further values for the template."""


def field_of(form: PartForm, place: str, problem: Problem) -> str | None:
    """At which field of the form a problem belongs; None for one of another part."""
    if not problem.place.startswith(place):
        return None
    rest = problem.place.removeprefix(place).removeprefix(".")
    fits = [name for begin, name in form.where if rest.startswith(begin)]
    return fits[0] if fits else None


def demand_both(fields: Mapping[str, str], *names: str) -> dict[str, str]:
    """A problem for each name that lacks a language, at the field that is empty."""
    problems = {}
    for name in names:
        said = both_of(fields, name)
        if missing := [language for language, text in said.items() if not text]:
            problems[f"{name}_{missing[0]}"] = BOTH_NEEDED
    return problems


def label_fields(name: str, label: Mapping[str, str] | None) -> Fields:
    return {f"{name}_vi": "", f"{name}_en": ""} if label is None else {f"{name}_{one}": label[one] for one in label}


def optional_label(fields: Mapping[str, str], name: str) -> dict[str, str] | None:
    """Both languages, or the one that was written for both; None where neither was."""
    said = both_of(fields, name)
    if not any(said.values()):
        return None
    return {"vi": said["vi"] or said["en"], "en": said["en"] or said["vi"]}


def set_or_drop(part: dict[str, Any], key: str, value: object) -> None:
    """Leave out what is not said: the document stays as short as its author meant it."""
    if value is None or value == []:
        part.pop(key, None)
    else:
        part[key] = value


def basis_choices(subject: Subject, fields: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    """The document's acts, by their names, and whether they are ticked."""
    return [
        (
            act["id"],
            f"{act['kind'][subject.language]} {act['number']}"
            + ("" if act.get("article") is None else f", {act['article'][subject.language]}"),
            fields.get(f"basis-{act['id']}") == "1",
        )
        for act in subject.document["basis"]
    ]


def basis_of(subject: Subject, fields: Mapping[str, str]) -> list[str]:
    return [act["id"] for act in subject.document["basis"] if fields.get(f"basis-{act['id']}") == "1"]


def worded(options: Sequence[tuple[str, ...]], language: Language) -> list[tuple[str, ...]]:
    """Choices whose words `N_` marked, in the reader's language."""
    return [(value, *(translate(text, language) if text else "" for text in texts)) for value, *texts in options]


def boxes_of(
    words: Mapping[str, Label], fields: Mapping[str, str], prefix: str, language: Language
) -> list[tuple[str, str, bool]]:
    """A box for each entry of a catalogue, and whether it is ticked."""
    return [(one, label.in_language(language), fields.get(f"{prefix}{one}") == "1") for one, label in words.items()]


def typed(fields: Mapping[str, str], *names: str) -> bool:
    """Whether anything was typed in one of them."""
    return any(text_of(fields, name) for name in names)
