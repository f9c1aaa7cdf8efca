"""What a request would cost, for pages: asked by whoever looks at them, answered as /v1/fees/quote does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from starlette.requests import Request

from identity.citizen import VerifiedCitizen
from identity.session import Session
from identity.sign_in import sign_in_issuers
from issuance.application import Application
from issuance.assess_fee import assess_fee, fee_facts
from issuance.documents.catalogue import DocumentType
from issuance.fees.assessment import FeeAssessment, NotFiredReason
from issuance.fees.facts import CATEGORIES, DELIVERIES, FeeFacts, vietnam_day

from ...languages import Language
from ...present.quote import QuoteView, quote_view
from ...services import Records, Services
from ...state import shared_of

_CATEGORY = "category."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the price depends on, as far as somebody has said. categories: counted as if papers had proved them."""

    copies: int
    delivery: str = "download"
    categories: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForWhom:
    """Whose document it would be. citizen: who is signed in, None for nobody. born_on: of the person concerned, None
    where nobody knows. person: whose quotas count, by the rules' person index."""

    citizen: VerifiedCitizen | None
    born_on: date | None = None
    person: str | None = None


def citizen_of(visitor: Session | None) -> VerifiedCitizen | None:
    """Also None where an official is signed in."""
    person = None if visitor is None else visitor.person
    return person if isinstance(person, VerifiedCitizen) else None


def count_visit(request: Request, citizen: VerifiedCitizen | None) -> None:
    """Raises TooManyRequests."""
    if citizen is None:
        shared_of(request).quotes.take(request)
    else:
        shared_of(request).people.take(citizen.subject_key)


def oneself(services: Services, citizen: VerifiedCitizen | None) -> ForWhom:
    if citizen is None:
        return ForWhom(citizen=None)
    person = services.rules.person_index(citizen.personal_id.digits)
    return ForWhom(citizen=citizen, born_on=citizen.birth_date, person=person)


def a_child(citizen: VerifiedCitizen) -> ForWhom:
    """Of whom nothing is known before the register has confirmed it."""
    return ForWhom(citizen=citizen)


def wish_of(document_type: DocumentType, given: Mapping[str, str]) -> Wish:
    """By the fields of a form; what is missing or no possible number counts as the least."""
    copies, least, most = given.get("input.copies", ""), document_type.copies.min, document_type.copies.max
    number = int(copies) if copies.isascii() and copies.isdigit() and len(copies) <= 4 else least
    delivery = given.get("input.delivery", "")
    return Wish(
        copies=min(max(number, least), most),
        delivery=delivery if delivery in DELIVERIES else "download",
        categories=frozenset(one for one in CATEGORIES if given.get(_CATEGORY + one) == "1"),
    )


def is_category(name: str) -> bool:
    return name.removeprefix(_CATEGORY) in CATEGORIES and name.startswith(_CATEGORY)


def channel_of_pages(services: Services, citizen: VerifiedCitizen | None) -> str | None:
    """By which channel an application comes that is made on these pages; None where they are registered for none."""
    if citizen is not None:
        return services.rules.channels.get((citizen.issuer, citizen.client_id))
    for issuer in sign_in_issuers(services.issuers):
        if issuer.people == "citizens" and issuer.own_client is not None:
            return services.rules.channels.get((issuer.issuer, issuer.own_client.client_id))
    return None


def cost(
    records: Records,
    services: Services,
    document_type: DocumentType,
    wish: Wish,
    whom: ForWhom,
    at: datetime,
    language: Language,
) -> QuoteView | None:
    """None where these pages cannot ask for the document at all."""
    channel = channel_of_pages(services, whom.citizen)
    if channel is None or channel not in document_type.channels:
        return None
    facts = _facts(document_type, wish, whom, channel, at)
    fee, facts = _assessed(records, facts, whom)
    return quote_view(fee, facts, at, is_signed_in=whom.citizen is not None, language=language)


def useful_categories(
    records: Records, services: Services, document_type: DocumentType, whom: ForWhom, at: datetime
) -> Sequence[str]:
    """Those whose papers could lower what is due, be it for as many copies as one may ask for."""
    channel = channel_of_pages(services, whom.citizen)
    if channel is None or channel not in document_type.channels:
        return ()
    return _lowering(records, _facts(document_type, Wish(copies=document_type.copies.max), whom, channel, at), whom)


def categories_of(records: Records, services: Services, application: Application) -> Sequence[str]:
    """The same for an application that was sent, by the rules of its day."""
    facts = fee_facts(
        services.rules.catalogue.get(application.type_id),
        application.input,
        channel=application.channel,
        birth_date=application.concerned.birth_date,
        level=application.applicant.level,
        submitted_on=vietnam_day(application.submitted_at),
    )
    return _lowering(records, facts, ForWhom(citizen=None))


def _lowering(records: Records, facts: FeeFacts, whom: ForWhom) -> Sequence[str]:
    due = _due(_assessed(records, facts, whom)[0])
    if due is None:
        # no rule decides, so an official does, to whom papers may tell something
        return tuple(CATEGORIES)
    lower = (_due(_assessed(records, replace(facts, categories=frozenset((one,))), whom)[0]) for one in CATEGORIES)
    return [one for one, less in zip(CATEGORIES, lower, strict=True) if less is not None and less < due]


def _facts(document_type: DocumentType, wish: Wish, whom: ForWhom, channel: str, at: datetime) -> FeeFacts:
    level = document_type.required_level if whom.citizen is None else int(whom.citizen.level)
    known = fee_facts(
        document_type,
        {"copies": wish.copies, "delivery": wish.delivery},
        channel=channel,
        birth_date=whom.born_on,
        # nobody applies below the level that the document needs
        level=max(level, document_type.required_level),
        submitted_on=vietnam_day(at),
    )
    return replace(known, categories=wish.categories)


def _assessed(records: Records, facts: FeeFacts, whom: ForWhom) -> tuple[FeeAssessment, FeeFacts]:
    """With the papers that the told categories are proved by, where a rule demands some."""
    book = records.fee_policies.book()
    fee = assess_fee(records, book, facts, person=whom.person).assessment
    if facts.categories:
        wanted = [one.evidence[0] for one in fee.not_fired if one.reason is NotFiredReason.EVIDENCE_MISSING]
        if wanted:
            facts = replace(facts, evidence=frozenset(wanted))
            fee = assess_fee(records, book, facts, person=whom.person).assessment
    return fee, facts


def _due(fee: FeeAssessment) -> int | None:
    return None if fee.totals is None else int(fee.totals.due)
