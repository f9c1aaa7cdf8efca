"""What can be asked for: every document with what it is for, needs, costs and takes; open to everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from identity.citizen import VerifiedCitizen
from identity.session import Session
from issuance.documents.catalogue import DocumentType
from issuance.documents.errors import ServiceNotInForce
from issuance.fees.facts import CATEGORIES, vietnam_day
from issuance.procedure.time_sums import limit_in_words

from ...languages import Language, language_of
from ...on_behalf import who_may_ask
from ...present.service import service_view
from ...services import Records, Services
from ...state import Given
from ..input_form import fields_of
from ..page import page
from ..return_to import sign_in_address
from ..session import Visitor, read_fields, refuse_other_sites
from .costs import (
    Wish,
    a_child,
    channel_of_pages,
    citizen_of,
    cost,
    count_visit,
    is_category,
    oneself,
    useful_categories,
    wish_of,
)
from .terms import handling_of, purpose_of, terms_of

router = APIRouter(include_in_schema=False)

_PRICE_FIELDS = ("input.copies", "input.delivery")
_ASKED_FOR_A_PRICE = (*_PRICE_FIELDS, "for")


@router.get("/services")
async def list_offered(request: Request, services: Given, visitor: Visitor) -> Response:
    """Each with its price for one copy, for whoever is signed in."""
    citizen, language, at = citizen_of(visitor), language_of(request.scope), services.clock()
    count_visit(request, citizen)
    offered = [one for one in services.rules.catalogue if is_offered(services, one, citizen)]

    def read(records: Records) -> list[dict[str, Any]]:
        whom = oneself(services, citizen)
        return [
            {
                **service_view(one, who_may_ask(services, one), language),
                "about": purpose_of(one, language),
                "limit": limit_in_words(one.time_limit).in_language(language),
                "cost": cost(records, services, one, Wish(copies=one.copies.min), whom, at, language),
            }
            for one in offered
        ]

    return page(request, "citizen/services.html", account=visitor, offered=await services.runner.run(read))


@router.get("/services/{type_id}")
async def show_offered(request: Request, services: Given, visitor: Visitor, type_id: str) -> Response:
    return await _show(request, services, visitor, type_id, {})


@router.post("/services/{type_id}/quote")
async def work_out(request: Request, services: Given, visitor: Visitor, type_id: str) -> Response:
    """The same page with what the request would cost. Nothing is kept of what was asked."""
    refuse_other_sites(request, services)
    fields = await read_fields(request)
    given = {name: text for name, text in fields.items() if name in _ASKED_FOR_A_PRICE or is_category(name)}
    return await _show(request, services, visitor, type_id, given)


@router.get("/services/{type_id}/quote")
async def ask_again(services: Given, type_id: str) -> Response:
    """Reloaded: what was asked is gone."""
    return RedirectResponse(f"/services/{services.rules.catalogue.get(type_id).id}", 303)


def is_offered(services: Services, document_type: DocumentType, citizen: VerifiedCitizen | None) -> bool:
    """Whether one can ask for it today on these pages."""
    if not document_type.who_may_ask or document_type.is_issued_in_batches:
        return False
    in_force, channel = document_type.in_force, channel_of_pages(services, citizen)
    is_open = in_force is not None and in_force.covers(vietnam_day(services.clock()))
    return is_open and (channel is None or channel in document_type.channels)


async def _show(
    request: Request, services: Services, visitor: Session | None, type_id: str, given: Mapping[str, str]
) -> Response:
    """Raises UnknownDocumentType, ServiceNotInForce, TooManyRequests."""
    citizen, language, at = citizen_of(visitor), language_of(request.scope), services.clock()
    count_visit(request, citizen)
    found = services.rules.catalogue.get(type_id)
    if not is_offered(services, found, citizen):
        raise ServiceNotInForce(found.in_force)
    wish = wish_of(found, given)

    def read(records: Records) -> dict[str, Any]:
        is_child = given.get("for") == "child"
        whom = a_child(citizen) if citizen is not None and is_child else oneself(services, citizen)
        return {
            "quote": cost(records, services, found, wish, whom, at, language),
            "categories": named_categories(useful_categories(records, services, found, whom, at), language),
            "handling": handling_of(records, services, found, language),
        }

    shown = await services.runner.run(read)
    view = service_view(found, who_may_ask(services, found), language)
    prices = [one for one in fields_of(found, {}, language) if one.name in _PRICE_FIELDS]
    values: dict[str, Any] = {
        "given": {"input.copies": str(wish.copies), "input.delivery": wish.delivery}
        | {f"category.{one}": "1" for one in wish.categories},
        "level": None if citizen is None else int(citizen.level),
        "is_official": visitor is not None and citizen is None,
        "step_up": sign_in_address(language, return_to=f"/services/{found.id}/apply", level=str(found.required_level)),
    }
    return page(
        request,
        "citizen/service.html",
        forms=True,
        account=visitor,
        one=view,
        prices=prices,
        **terms_of(found, language),
        **shown,
        **values,
    )


def named_categories(categories: Sequence[str], language: Language) -> list[tuple[str, str]]:
    """Each with its name, in the order of the catalogue."""
    return [(one, CATEGORIES[one].in_language(language)) for one in CATEGORIES if one in categories]
