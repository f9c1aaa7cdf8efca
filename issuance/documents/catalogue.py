"""The catalogue: every document type the service can issue, each a folder of data, all checked when loaded."""

import hashlib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from issuance.documents.checks import Check
from issuance.documents.definition import (
    Copies,
    CredentialWords,
    IssuingBody,
    Page,
    read_copies,
    read_definition,
)
from issuance.documents.errors import (
    BrokenDocumentType,
    InvalidContent,
    InvalidInput,
    NoIssuingBody,
    ServiceNotInForce,
    UnknownDocumentType,
)
from issuance.documents.terms import (
    InForce,
    OtherLimit,
    Paper,
    ResultLine,
    check_conditions,
    check_delivery,
    limit_for,
    limits_in_order,
    papers_for,
)
from issuance.fees.wording import Label
from issuance.procedure.conditions import Condition, FactValue
from issuance.procedure.facts import ProcedureFact, facts_of_type
from issuance.procedure.limit import Limit

SHARED_LAYOUT = "paper.typ"

ONE_COPY = Copies(1, 1)
"""What comes with another document comes once."""


@dataclass(frozen=True, slots=True)
class DocumentType:
    """One kind of document: who may ask for it, what is asked, how it is settled, who issues it, how it looks.

    Empty `who_may_ask` means that nobody can apply for it: receipts come with another document.
    `template_id` names the exact layout and texts, so that a record says what a document was rendered with.
    """

    id: str
    kind: Literal["result", "receipt", "letter"]
    name: Label
    unit_code: str
    required_level: int
    max_authentication_age_minutes: int | None
    who_may_ask: tuple[str, ...]
    channels: tuple[str, ...]
    copies: Copies
    in_force: InForce | None
    time_limit: Limit
    other_limits: tuple[OtherLimit, ...]
    sources: tuple[str, ...]
    answers_valid_days: int | None
    papers: tuple[Paper, ...]
    delivery: tuple[str, ...]
    procedure_id: str
    result_lines: tuple[ResultLine, ...]
    issuing_bodies: tuple[IssuingBody, ...]
    page: Page
    credential: CredentialWords | None
    texts: Mapping[str, Mapping[str, str]] = field(repr=False)
    layout_path: Path
    template_id: str
    input_schema: Mapping[str, Any] | None = field(repr=False)
    content_schema: Mapping[str, Any] = field(repr=False)
    example_input: Mapping[str, Any] | None = field(repr=False)
    example_content: Mapping[str, Any] = field(repr=False)
    _input_check: Check | None = field(repr=False, compare=False)
    _content_check: Check = field(repr=False, compare=False)

    def issuing_body_on(self, day: date) -> IssuingBody:
        """The body that issues this type on `day`. Raises NoIssuingBody."""
        for body in self.issuing_bodies:
            if body.issues_on(day):
                return body
        raise NoIssuingBody(f"nobody issues {self.id} on {day}")

    def require_in_force(self, day: date) -> None:
        """Raises ServiceNotInForce where no applications are taken on `day`."""
        if self.in_force is None or not self.in_force.covers(day):
            raise ServiceNotInForce(self.in_force)

    @property
    def is_issued_in_batches(self) -> bool:
        """Whether its unit issues it in batches, and nobody can apply for it."""
        return "issuing_unit" in self.who_may_ask

    @property
    def limits(self) -> tuple[tuple[Condition | None, Limit], ...]:
        """The legal time limits: the first whose condition holds counts, the last has none."""
        return limits_in_order(self.time_limit, self.other_limits)

    def limit_for(self, facts: Mapping[str, FactValue]) -> Limit:
        """The legal time limit of a request with these facts (`procedure.facts.facts_of_request`).

        Raises UnknownProcedureFact."""
        return limit_for(self.time_limit, self.other_limits, facts)

    def papers_for(self, facts: Mapping[str, FactValue]) -> tuple[Paper, ...]:
        """The papers that a request with these facts comes with. Raises UnknownProcedureFact."""
        return papers_for(self.papers, facts)

    def check_input(self, data: object) -> dict[str, Any]:
        """Return what the citizen submitted, normalised to NFC. Raises InvalidInput, which holds no values."""
        if self._input_check is None:
            raise InvalidInput([("", "not_requestable")])
        checked, problems = self._input_check.run(data)
        if problems:
            raise InvalidInput(problems)
        return dict(checked)

    def check_content(self, data: object) -> dict[str, Any]:
        """Return what is to be printed, normalised to NFC. Raises InvalidContent, which holds no values."""
        checked, problems = self._content_check.run(data)
        if problems:
            raise InvalidContent(problems)
        return dict(checked)


class Catalogue:
    """All types, in the order of their ids."""

    def __init__(self, types: Iterable[DocumentType]) -> None:
        self._types = {one.id: one for one in sorted(types, key=lambda one: one.id)}

    def get(self, type_id: str) -> DocumentType:
        """Raises UnknownDocumentType."""
        try:
            return self._types[type_id]
        except KeyError:
            raise UnknownDocumentType from None

    def type_ids(self) -> Sequence[str]:
        """Of the types that can be asked for, and so are settled by a procedure."""
        return [one.id for one in self._types.values() if one.who_may_ask]

    def limits_for(self, type_id: str) -> Sequence[tuple[Condition | None, Limit]]:
        """Raises UnknownDocumentType."""
        return self.get(type_id).limits

    def facts_for(self, type_id: str) -> Mapping[str, ProcedureFact]:
        """What the conditions of a procedure can speak about. Raises UnknownDocumentType."""
        return facts_of_type(self.get(type_id).input_schema or {})

    def __iter__(self) -> Iterator[DocumentType]:
        return iter(self._types.values())

    def __len__(self) -> int:
        return len(self._types)


def shipped_types_folder() -> Path:
    """The folder of the types that come with the program."""
    return Path(__file__).parent


def load_catalogue(folder: Path) -> Catalogue:
    """Load every sub-folder that holds a `document.toml`. Raises BrokenDocumentType at the first fault."""
    types = [_load_type(path.parent) for path in sorted(folder.glob("*/document.toml"))]
    if not types:
        raise BrokenDocumentType(f"no document types in {folder}")
    return Catalogue(types)


def _load_type(folder: Path) -> DocumentType:
    definition = read_definition(folder / "document.toml")
    if definition.id != folder.name:
        raise BrokenDocumentType(f"{folder.name}: the id must be the folder's name")
    if definition.who_may_ask and not {"self", "issuing_unit"} & set(definition.who_may_ask):
        raise BrokenDocumentType(f"{definition.id}: a type that can be asked for lets people ask for themselves")
    if "issuing_unit" in definition.who_may_ask and len(definition.who_may_ask) > 1:
        raise BrokenDocumentType(f"{definition.id}: what its unit issues in batches nobody else asks for")
    if definition.who_may_ask and definition.in_force is None:
        raise BrokenDocumentType(f"{definition.id}: a type that can be asked for says since when (in_force)")
    if definition.sources and definition.answers_valid_days is None:
        raise BrokenDocumentType(f"{definition.id}: answers_valid_days says how old an answer of its sources may be")
    _check_bodies(definition.id, definition.issuing_bodies)
    layout = folder / "layout.typ"
    example = _read_json(folder / "example.json")
    input_schema = _read_json(folder / "schema.json") if definition.who_may_ask else None
    conditions = [
        *(other.when for other in definition.other_limits),
        *(paper.when for paper in definition.papers if paper.when is not None),
    ]
    check_conditions(definition.id, conditions, input_schema or {})
    if input_schema is not None:
        check_delivery(definition.id, definition.delivery, input_schema)
    input_check = None if input_schema is None else Check(input_schema)
    content_schema = _read_json(folder / "content.schema.json")
    texts = _read_texts(folder / "texts.toml")
    loaded = DocumentType(
        id=definition.id,
        kind=definition.kind,
        name=definition.name,
        unit_code=definition.unit_code,
        required_level=definition.required_level,
        max_authentication_age_minutes=definition.max_authentication_age_minutes,
        who_may_ask=definition.who_may_ask,
        channels=definition.channels,
        copies=ONE_COPY if input_schema is None else read_copies(definition.id, input_schema),
        in_force=definition.in_force,
        time_limit=definition.time_limit,
        other_limits=definition.other_limits,
        sources=definition.sources,
        answers_valid_days=definition.answers_valid_days,
        papers=definition.papers,
        delivery=definition.delivery,
        procedure_id=definition.procedure or definition.id,
        result_lines=definition.result_lines,
        issuing_bodies=definition.issuing_bodies,
        page=definition.page,
        credential=definition.credential,
        texts=texts,
        layout_path=layout,
        template_id=f"{definition.id}@{_digest(layout, folder.parent / SHARED_LAYOUT, folder / 'texts.toml')}",
        input_schema=input_schema,
        content_schema=content_schema,
        example_input=example.get("input"),
        example_content=example.get("content", {}),
        _input_check=input_check,
        _content_check=Check(content_schema),
    )
    _check_examples(loaded)
    return loaded


def _check_bodies(type_id: str, bodies: tuple[IssuingBody, ...]) -> None:
    for earlier, later in pairwise(bodies):
        if earlier.valid_until is None or later.valid_from <= earlier.valid_until:
            raise BrokenDocumentType(f"{type_id}: issuing bodies overlap or aren't in order")


def _check_examples(loaded: DocumentType) -> None:
    try:
        loaded.check_content(loaded.example_content)
        if loaded.input_schema is not None:
            if loaded.input_schema.get("additionalProperties") is not False:
                raise BrokenDocumentType(f"{loaded.id}: the input schema must refuse unknown fields")
            loaded.check_input(loaded.example_input)
    except (InvalidContent, InvalidInput) as error:
        raise BrokenDocumentType(f"{loaded.id}/example.json, {error.code}: {error}") from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BrokenDocumentType(f"{path.parent.name}/{path.name}: {error}") from error
    if not isinstance(data, dict):
        raise BrokenDocumentType(f"{path.parent.name}/{path.name}: not an object")
    return data


def _read_texts(path: Path) -> Mapping[str, Mapping[str, str]]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BrokenDocumentType(f"{path.parent.name}/{path.name}: {error}") from error
    if set(data) != {"vi", "en"} or set(data["vi"]) != set(data["en"]):
        raise BrokenDocumentType(f"{path.parent.name}/{path.name}: both languages need the same texts")
    for language, texts in data.items():
        for name, text in texts.items():
            if not isinstance(text, str) or not text.strip():
                raise BrokenDocumentType(f"{path.parent.name}/{path.name}: {language}.{name} is empty")
    return MappingProxyType({language: MappingProxyType(texts) for language, texts in data.items()})


def _digest(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        try:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        except OSError as error:
            raise BrokenDocumentType(f"{path.parent.name}/{path.name}: {error}") from error
    return digest.hexdigest()[:16]
