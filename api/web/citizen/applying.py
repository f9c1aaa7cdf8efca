"""A citizen at the form of one type: what was typed, and what is wrong with it before anybody else is asked."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from identity.citizen import AssuranceLevel, VerifiedCitizen
from identity.guardian import VerifiedGuardian
from identity.session import Session
from identity.verify_token import require_fresh, require_level
from issuance.delivery.address import LONGEST, check_address
from issuance.delivery.post import POST
from issuance.documents.catalogue import DocumentType
from issuance.documents.errors import InvalidInput, ServiceNotInForce
from issuance.errors import AddressRefused, NotPrintable
from issuance.procedure.facts import facts_of_request

from ...idempotency import RequestOnce
from ...languages import Language, language_of
from ...on_behalf import Child, asker, confirmed
from ...services import Services
from ...state import shared_of
from ..input_form import FilledIn, choices_of, fields_of, is_field
from ..page import new_key
from .catalogue import is_offered
from .costs import channel_of_pages, is_category

ADDRESS = tuple(LONGEST)
_ADDRESS_FIELD = "post."
_ALSO_KEPT = ("for", "child", "known")
_CHILD_NUMBER = re.compile(r"[0-9]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Applying:
    """One citizen at the form of one type.

    given: what was typed, by the names of the form's fields. once: the form's key; the same however often it is looked
    at or changed, so that what was sent while the answer was lost is not sent twice.
    """

    request: Request
    services: Services
    session: Session
    citizen: VerifiedCitizen
    document_type: DocumentType
    given: Mapping[str, str] = field(repr=False)
    once: str = field(default_factory=new_key, repr=False)

    @property
    def language(self) -> Language:
        return language_of(self.request.scope)

    @property
    def typist(self) -> str:
        """Goes with the form, so that what one person typed is shown to no other who signs in afterwards."""
        return hashlib.sha256(f"{self.once}\0{self.citizen.subject_key}".encode()).hexdigest()

    @property
    def is_for_child(self) -> bool:
        return self.given.get("for") == "child"

    @property
    def child(self) -> Child | None:
        """Raises where the number has another form; `problems_of` has looked at that."""
        return Child(personal_id=self.given["child"]) if self.is_for_child else None

    @property
    def address(self) -> dict[str, str] | None:
        """As it was typed; None where nothing is to be sent."""
        if POST not in self.document_type.delivery or self.given.get("input.delivery") != POST:
            return None
        return {name: self.given.get(_ADDRESS_FIELD + name, "") for name in ADDRESS}


def open_type(services: Services, citizen: VerifiedCitizen, type_id: str) -> DocumentType:
    """Raises UnknownDocumentType, ServiceNotInForce, LevelTooLow, AuthenticationTooOld."""
    found = services.rules.catalogue.get(type_id)
    if not is_offered(services, found, citizen):
        raise ServiceNotInForce(found.in_force)
    require_level(citizen, AssuranceLevel(found.required_level))
    if found.max_authentication_age_minutes is not None:
        require_fresh(citizen, found.max_authentication_age_minutes * 60, services.clock())
    return found


def is_kept(name: str) -> bool:
    """Whether a field of the form belongs to what was typed."""
    return is_field(name) or is_category(name) or name in _ALSO_KEPT or name.removeprefix(_ADDRESS_FIELD) in ADDRESS


def problems_of(applying: Applying, filled: FilledIn) -> list[tuple[str, str]]:
    """What is wrong with which field, all at once; the register is asked about nothing yet."""
    found: list[tuple[str, str]] = []
    if applying.is_for_child and not _CHILD_NUMBER.fullmatch(applying.given.get("child", "")):
        found.append(("child", "wrong_format" if applying.given.get("child") else "missing"))
    try:
        applying.document_type.check_input(filled.data)
    except InvalidInput as error:
        found += named(error, filled)
    if applying.address is not None:
        try:
            check_address(applying.address, "/post")
        except AddressRefused as error:
            found += named(error, filled)
    choices = set(choices_of(fields_of(applying.document_type, applying.given, applying.language)))
    return [(name, "not_allowed" if name in choices else rule) for name, rule in found]


def named(error: InvalidInput | AddressRefused | NotPrintable, filled: FilledIn) -> list[tuple[str, str]]:
    """By the names of the form's fields; what no field can mend is left out."""
    if isinstance(error, AddressRefused):
        return [(pointer[1:].replace("/", "."), rule) for pointer, rule in error.problems]
    places = ((filled.name_at(pointer), rule) for pointer, rule in error.problems)
    return [(name, rule) for name, rule in places if name is not None]


async def asked_by(applying: Applying) -> VerifiedCitizen | VerifiedGuardian:
    """The citizen, or the confirmed guardian. Raises what `asker` does."""
    questions = shared_of(applying.request).guardian_questions
    # a look is a request of its own, each time: only what is sent has one effect
    look = RequestOnce(f"look-{secrets.token_urlsafe(18)}", b"")
    type_id = applying.document_type.id
    return confirmed(await asker(applying.services, questions, applying.citizen, applying.child, type_id, look))


def facts_asked(applying: Applying, filled: FilledIn) -> Mapping[str, Any]:
    """What the conditions of papers are told about a request that is not sent yet."""
    return facts_of_request(
        applying.document_type.input_schema or {},
        filled.data,
        channel=channel_of_pages(applying.services, applying.citizen) or "",
        on_behalf_of=applying.is_for_child,
        requested_by="citizen",
        copies=int(filled.data["copies"]),
    )
