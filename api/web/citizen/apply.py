"""Ask for a document: the form made from the type's schema, what it comes to, and only then is it sent.

Nothing is kept before that: what was typed goes with every form, and is gone with the session.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from identity.citizen import AssuranceLevel, VerifiedCitizen
from identity.errors import IdentityError
from identity.guardian import VerifiedGuardian
from identity.session import Session
from identity.verify_token import require_citizen, require_fresh, require_level
from issuance.apply import preview, require_guardian_accepted
from issuance.delivery.address import LONGEST, check_address
from issuance.delivery.post import POST
from issuance.documents.catalogue import DocumentType
from issuance.documents.errors import DocumentError, InvalidInput, ServiceNotInForce
from issuance.errors import AddressRefused, IssuanceError, NotPrintable
from issuance.procedure.facts import facts_of_request

from ...citizen import NewApplication, submit_application
from ...errors import ApiError, TooManyRequests
from ...languages import Language, language_of
from ...on_behalf import Child, asker, confirmed, who_may_ask
from ...parcels import AddressGiven
from ...prefill import read_prefill
from ...present.application import RELATION_NAMES
from ...present.fee import fee_view
from ...present.quote import QuoteView
from ...problem_table import problem_of
from ...services import Records, Services
from ...state import Given, shared_of
from ..page import page
from ..return_to import sign_in_address
from ..session import (
    CitizenSignedIn,
    SentByCitizen,
    Visitor,
    check_form_token,
    once_of,
    read_fields,
    refuse_other_sites,
)
from ..texts import N_, translate
from .broken_rules import in_words
from .catalogue import is_offered, named_categories
from .costs import ForWhom, a_child, channel_of_pages, cost, is_category, oneself, useful_categories, wish_of
from .input_form import FilledIn, fields_of, fill_in, is_field, one_more_row, prefilled_name
from .own_case import see
from .shown_input import Shown, shown_input

router = APIRouter(include_in_schema=False)

ADDRESS = tuple(LONGEST)
_ADDRESS_FIELD = "post."
_ALSO_KEPT = ("for", "child", "known")
_CHILD_NUMBER = re.compile(r"[0-9]{12}")
_SHOWN_IN_THE_FORM = frozenset((403, 404, 409, 422, 429, 503))
"""Statuses of refusals that are said above the form, which still has what was typed."""
_MORE = "more:"
SIGNED_OUT = N_("You had been signed out, so nothing was kept of what you had typed. Please fill in the form again.")
NO_REGISTER = N_("The population register does not answer at the moment, so please fill in everything yourself.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Applying:
    """One citizen at the form of one type. given: what was typed, by the names of the form's fields."""

    request: Request
    services: Services
    session: Session
    citizen: VerifiedCitizen
    document_type: DocumentType
    given: Mapping[str, str] = field(repr=False)

    @property
    def language(self) -> Language:
        return language_of(self.request.scope)

    @property
    def is_for_child(self) -> bool:
        return self.given.get("for") == "child"

    @property
    def child(self) -> Child | None:
        """Raises where the number has another form; `_problems` has looked at that."""
        return Child(personal_id=self.given["child"]) if self.is_for_child else None

    @property
    def address(self) -> dict[str, str] | None:
        """As it was typed; None where nothing is to be sent."""
        if POST not in self.document_type.delivery or self.given.get("input.delivery") != POST:
            return None
        return {name: self.given.get(_ADDRESS_FIELD + name, "") for name in ADDRESS}


@router.get("/services/{type_id}/apply")
async def begin(request: Request, services: Given, session: CitizenSignedIn, type_id: str) -> Response:
    """The form, with what the population register knows of whoever is signed in. Raises LevelTooLow, and others."""
    document_type = _open(services, session.citizen, type_id)
    notices = [SIGNED_OUT] if request.query_params.get("again") == "1" else []
    given = {"for": "child"} if request.query_params.get("for") == "child" else {}
    if given:
        require_guardian_accepted(document_type)
    else:
        try:
            known = await read_prefill(request, services, session.citizen, type_id, language_of(request.scope))
            given = {prefilled_name(one["name"]): one["value"] for one in known["values"]}
            given["known"] = " ".join(one["name"] for one in known["values"])
        except (IssuanceError, TooManyRequests):
            notices.append(NO_REGISTER)
    applying = _applying(request, services, session.session, session.citizen, document_type, given)
    return await _show_form(applying, notices=notices)


async def _sent_form(request: Request, services: Given, visitor: Visitor) -> SentByCitizen | None:
    """None where nobody is signed in any more: what was typed is not looked at then."""
    refuse_other_sites(request, services)
    if visitor is None:
        return None
    fields = await read_fields(request)
    check_form_token(visitor, fields)
    citizen = require_citizen(visitor.person)
    shared_of(request).people.take(citizen.subject_key)
    return SentByCitizen(session=visitor, fields=fields, once=once_of(request, fields), citizen=citizen)


@router.post("/services/{type_id}/apply")
async def go_on(
    request: Request, services: Given, form: Annotated[SentByCitizen | None, Depends(_sent_form)], type_id: str
) -> Response:
    """By the button: change what was typed, see what it comes to, or send it."""
    if form is None:
        back = f"/services/{services.rules.catalogue.get(type_id).id}/apply?again=1"
        address = sign_in_address(language_of(request.scope), return_to=back)
        return page(request, "citizen/signed_out.html", status=401, account=None, address=address)
    document_type = _open(services, form.citizen, type_id)
    asked_to = form.fields.get("do", "")
    # no database of ours holds NUL, and nobody can type it
    given = {name: text.replace("\0", "") for name, text in form.fields.items() if _is_kept(name)}
    if asked_to.startswith(_MORE):
        given = one_more_row(given, asked_to.removeprefix(_MORE))
    applying = _applying(request, services, form.session, form.citizen, document_type, given)
    if asked_to == "change" or asked_to.startswith(_MORE):
        return await _show_form(applying)
    filled = fill_in(document_type, given)
    problems = _problems(applying, filled)
    if problems:
        return await _show_form(applying, problems=in_words(problems, applying.language))
    try:
        if asked_to == "send":
            return await _send(applying, filled, form)
        return await _show_summary(applying, filled, form)
    except (InvalidInput, AddressRefused, NotPrintable) as error:
        found = _named(error, filled)
        return await _show_form(applying, problems=in_words(found, applying.language), refused=None if found else error)
    except (IssuanceError, DocumentError, IdentityError, ApiError) as error:
        if problem_of(error).status not in _SHOWN_IN_THE_FORM:
            raise
        return await _show_form(applying, refused=error)


def _open(services: Services, citizen: VerifiedCitizen, type_id: str) -> DocumentType:
    """Raises UnknownDocumentType, ServiceNotInForce, LevelTooLow, AuthenticationTooOld."""
    found = services.rules.catalogue.get(type_id)
    if not is_offered(services, found, citizen):
        raise ServiceNotInForce(found.in_force)
    require_level(citizen, AssuranceLevel(found.required_level))
    if found.max_authentication_age_minutes is not None:
        require_fresh(citizen, found.max_authentication_age_minutes * 60, services.clock())
    return found


def _applying(
    request: Request,
    services: Services,
    session: Session,
    citizen: VerifiedCitizen,
    document_type: DocumentType,
    given: Mapping[str, str],
) -> Applying:
    return Applying(
        request=request, services=services, session=session, citizen=citizen, document_type=document_type, given=given
    )


def _is_kept(name: str) -> bool:
    return is_field(name) or is_category(name) or name in _ALSO_KEPT or name.removeprefix(_ADDRESS_FIELD) in ADDRESS


def _problems(applying: Applying, filled: FilledIn) -> list[tuple[str, str]]:
    """What is wrong with which field, all at once; the register is asked about nothing yet."""
    found: list[tuple[str, str]] = []
    if applying.is_for_child and not _CHILD_NUMBER.fullmatch(applying.given.get("child", "")):
        found.append(("child", "wrong_format" if applying.given.get("child") else "missing"))
    try:
        applying.document_type.check_input(filled.data)
    except InvalidInput as error:
        found += _named(error, filled)
    if applying.address is not None:
        try:
            check_address(applying.address, "/post")
        except AddressRefused as error:
            found += _named(error, filled)
    return found


def _named(error: InvalidInput | AddressRefused | NotPrintable, filled: FilledIn) -> list[tuple[str, str]]:
    """By the names of the form's fields; what no field can mend is left out."""
    if isinstance(error, AddressRefused):
        return [(pointer[1:].replace("/", "."), rule) for pointer, rule in error.problems]
    places = ((filled.name_at(pointer), rule) for pointer, rule in error.problems)
    return [(name, rule) for name, rule in places if name is not None]


async def _show_form(
    applying: Applying,
    *,
    problems: Mapping[str, str] | None = None,
    refused: Exception | None = None,
    notices: list[str] | None = None,
) -> Response:
    services, document_type, language = applying.services, applying.document_type, applying.language
    whom = a_child(applying.citizen) if applying.is_for_child else oneself(services, applying.citizen)

    def read(records: Records) -> dict[str, Any]:
        at, wish = services.clock(), wish_of(document_type, applying.given)
        useful = useful_categories(records, services, document_type, whom, at)
        return {
            "quote": cost(records, services, document_type, wish, whom, at, language),
            "categories": named_categories(useful, language),
        }

    kind = None if refused is None else problem_of(refused)
    fields = fields_of(document_type, applying.given, language)
    labels = {name: text for one in fields for name, text in _labels(one)}
    shown: dict[str, Any] = {
        "one": document_type,
        "name": document_type.name.in_language(language),
        "fields": fields,
        "given": {"input.copies": str(document_type.copies.min), "input.delivery": "download", **applying.given},
        "problems": problems or {},
        "labels": labels,
        "refused": None if kind is None else (kind.title.in_language(language), kind.advice),
        "notices": [translate(text, language) for text in notices or []],
        "has_guardians": "guardian" in who_may_ask(services, document_type),
        "has_post": POST in document_type.delivery,
        "longest": LONGEST,
        "is_for_child": applying.is_for_child,
        "known": applying.given.get("known", "").split(),
    }
    status = 422 if problems else 200 if kind is None else kind.status
    read_now = await services.runner.run(read)
    return page(
        applying.request,
        "citizen/apply.html",
        status=status,
        forms=True,
        account=applying.session,
        **shown,
        **read_now,
    )


def _labels(one: Any) -> list[tuple[str, str]]:
    return [(one.name, one.label), *(pair for inner in one.fields for pair in _labels(inner))]


async def _show_summary(applying: Applying, filled: FilledIn, form: SentByCitizen) -> Response:
    """What would be sent, for whom, what it costs and when the result is promised."""
    services, document_type, language = applying.services, applying.document_type, applying.language
    who = await _asker(applying, form)
    whom = _for_whom(services, applying.citizen, who)

    def read(records: Records) -> tuple[Any, QuoteView | None]:
        at, wish = services.clock(), wish_of(document_type, applying.given)
        would_be = preview(records, services.rules, who, document_type.id, filled.data, at)
        later = cost(records, services, document_type, wish, whom, at, language) if wish.categories else None
        return would_be, later

    would_be, later = await services.runner.run(read)
    ward = would_be.on_behalf_of
    values: dict[str, Any] = {
        "type_id": document_type.id,
        "name": document_type.name.in_language(language),
        "kept": dict(applying.given),
        "rows": _rows(applying),
        "child": None
        if ward is None
        else {
            "full_name": ward.full_name,
            "birth_date": ward.birth_date,
            "relation": RELATION_NAMES[ward.relation].in_language(language),
        },
        "address": None if applying.address is None else check_address(applying.address),
        "fee": fee_view(would_be.fee, language),
        "later": later,
        "categories": named_categories(sorted(wish_of(document_type, applying.given).categories), language),
        "papers": [
            paper.name.in_language(language)
            for paper in document_type.papers_for(_facts(applying, filled))
            if paper.required
        ],
        "promised_on": would_be.promised_on,
    }
    return page(applying.request, "citizen/summary.html", forms=True, account=applying.session, **values)


def _rows(applying: Applying) -> list[Shown]:
    return list(shown_input(fields_of(applying.document_type, applying.given, applying.language), applying.given))


async def _asker(applying: Applying, form: SentByCitizen) -> VerifiedCitizen | VerifiedGuardian:
    """Raises what `asker` does."""
    questions = shared_of(applying.request).guardian_questions
    type_id = applying.document_type.id
    return confirmed(await asker(applying.services, questions, applying.citizen, applying.child, type_id, form.once))


def _for_whom(services: Services, citizen: VerifiedCitizen, who: VerifiedCitizen | VerifiedGuardian) -> ForWhom:
    if isinstance(who, VerifiedCitizen):
        return oneself(services, citizen)
    person = services.rules.person_index(who.child.personal_id.digits)
    return ForWhom(citizen=citizen, born_on=who.child.birth_date, person=person)


def _facts(applying: Applying, filled: FilledIn) -> Mapping[str, Any]:
    return facts_of_request(
        applying.document_type.input_schema or {},
        filled.data,
        channel=channel_of_pages(applying.services, applying.citizen) or "",
        on_behalf_of=applying.is_for_child,
        requested_by="citizen",
        copies=int(filled.data["copies"]),
    )


async def _send(applying: Applying, filled: FilledIn, form: SentByCitizen) -> Response:
    """As the API does; then to where papers are brought, if some are needed."""
    address = applying.address
    asked = NewApplication(
        type=applying.document_type.id,
        input=filled.data,
        on_behalf_of=applying.child,
        post=None if address is None else AddressGiven(**address),
    )
    answer = await submit_application(applying.request, applying.services, applying.citizen, form.once, asked)
    path = f"/applications/{json.loads(bytes(answer.body))['code']}"
    has_papers = bool(
        wish_of(applying.document_type, applying.given).categories
        or applying.document_type.papers_for(_facts(applying, filled))
    )
    return see(f"{path}/evidence" if has_papers else path, "sent")
