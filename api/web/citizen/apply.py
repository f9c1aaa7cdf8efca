"""Ask for a document: the form made from the type's schema, what it comes to, and only then is it sent.

Nothing is kept here before that: what was typed goes with every form, and stays in the browser's page.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from identity.errors import FormOutdated, IdentityError
from issuance.apply import require_guardian_accepted
from issuance.delivery.address import LONGEST
from issuance.delivery.post import POST
from issuance.documents.errors import DocumentError, InvalidInput
from issuance.errors import AddressRefused, IssuanceError, NotPrintable

from ...citizen import NewApplication, submit_application
from ...errors import ApiError, IdempotencyKeyReused, TooManyRequests
from ...languages import language_of
from ...note_refusal import note_refusal
from ...on_behalf import who_may_ask
from ...parcels import AddressGiven
from ...prefill import read_prefill
from ...problem_table import problem_of
from ...services import Records
from ...state import Given
from ..input_form import FilledIn, fields_of, fill_in, one_more_row, prefilled_name
from ..page import new_key, page
from ..session import CitizenSignedIn, SentByCitizen, check_form_token
from ..texts import N_, translate
from .applying import Applying, facts_asked, named, open_type, problems_of
from .broken_rules import in_words
from .catalogue import named_categories
from .costs import a_child, cost, oneself, useful_categories, wish_of
from .held_back import HeldBack, TypedForm, give_back, kept
from .own_case import see
from .summary import show_summary

router = APIRouter(include_in_schema=False)

_SHOWN_IN_THE_FORM = frozenset((403, 404, 409, 422, 429, 503))
"""Statuses of refusals that are said above the form, which still has what was typed."""
_MORE = "more:"
_ABOVE = ("child",)
"""Fields that stand before those of the type."""
SIGNED_OUT = N_(
    "You had been signed out. What you had typed is still in the other window: continue there, or fill it in here."
)
SIGNED_IN_ANEW = N_(
    "You have signed in again since this page was opened. Nothing was sent: look through the form and continue."
)
SENT_BEFORE = N_("An application was sent from this form already. If you want another one, continue and send it too.")
NO_REGISTER = N_("The population register does not answer at the moment, so please fill in everything yourself.")


@router.get("/services/{type_id}/apply")
async def begin(request: Request, services: Given, session: CitizenSignedIn, type_id: str) -> Response:
    """The form, with what the population register knows of whoever is signed in. Raises LevelTooLow, and others."""
    document_type = open_type(services, session.citizen, type_id)
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
    applying = Applying(
        request=request,
        services=services,
        session=session.session,
        citizen=session.citizen,
        document_type=document_type,
        given=given,
    )
    return await _show_form(applying, notices=notices)


@router.post("/services/{type_id}/apply")
async def go_on(request: Request, services: Given, form: TypedForm, type_id: str) -> Response:
    """By the button: change what was typed, see what it comes to, or send it."""
    if isinstance(form, HeldBack):
        return await give_back(request, services.rules.catalogue.get(type_id), form)
    document_type = open_type(services, form.citizen, type_id)
    asked_to = form.fields.get("do", "")
    given = kept(form.fields)
    if asked_to.startswith(_MORE):
        given = one_more_row(given, asked_to.removeprefix(_MORE))
    applying = Applying(
        request=request,
        services=services,
        session=form.session,
        citizen=form.citizen,
        document_type=document_type,
        given=given,
        once=form.fields.get("once") or new_key(),
    )
    try:
        check_form_token(form.session, form.fields)
    except FormOutdated as error:
        if not hmac.compare_digest(form.fields.get("typist", "").encode(), applying.typist.encode()):
            raise
        await note_refusal(request, error)
        return await _show_form(applying, notices=[SIGNED_IN_ANEW], status=problem_of(error).status)
    if asked_to == "change" or asked_to.startswith(_MORE):
        return await _show_form(applying)
    filled = fill_in(document_type, given)
    problems = problems_of(applying, filled)
    if problems:
        return await _show_form(applying, problems=in_words(problems, applying.language))
    try:
        if asked_to == "send":
            return await _send(applying, filled, form)
        return await show_summary(applying, filled)
    except (InvalidInput, AddressRefused, NotPrintable) as error:
        found = named(error, filled)
        return await _show_form(applying, problems=in_words(found, applying.language), refused=None if found else error)
    except IdempotencyKeyReused:
        return await _show_form(replace(applying, once=new_key()), notices=[SENT_BEFORE])
    except (IssuanceError, DocumentError, IdentityError, ApiError) as error:
        if problem_of(error).status not in _SHOWN_IN_THE_FORM:
            raise
        await note_refusal(request, error)
        return await _show_form(applying, refused=error)


async def _show_form(
    applying: Applying,
    *,
    problems: Mapping[str, str] | None = None,
    refused: Exception | None = None,
    notices: list[str] | None = None,
    status: int = 200,
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
    advice = None if kind is None or kind.advice is None else kind.advice.in_language(language)
    fields = fields_of(document_type, applying.given, language)
    labels = {name: text for one in fields for name, text in _labels(one)}
    found = problems or {}
    shown: dict[str, Any] = {
        "one": document_type,
        "name": document_type.name.in_language(language),
        "fields": fields,
        "once": applying.once,
        "typist": applying.typist,
        "given": {"input.copies": str(document_type.copies.min), "input.delivery": "download", **applying.given},
        "problems": {name: found[name] for name in [*_ABOVE, *labels, *found] if name in found},
        "labels": labels,
        "refused": None if kind is None else (kind.title.in_language(language), advice),
        "notices": [translate(text, language) for text in notices or []],
        "has_guardians": "guardian" in who_may_ask(services, document_type),
        "has_post": POST in document_type.delivery,
        "longest": LONGEST,
        "is_for_child": applying.is_for_child,
        "known": applying.given.get("known", "").split(),
    }
    status = 422 if problems else status if kind is None else kind.status
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
        or applying.document_type.papers_for(facts_asked(applying, filled))
    )
    return see(f"{path}/evidence" if has_papers else path, "sent")
