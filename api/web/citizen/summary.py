"""What would be sent, shown once more: for whom, what it costs, and when the result is promised."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from identity.citizen import VerifiedCitizen
from identity.guardian import VerifiedGuardian
from issuance.application import Application
from issuance.apply import preview
from issuance.delivery.address import check_address

from ...present.application import RELATION_NAMES
from ...present.fee import fee_view
from ...present.quote import QuoteView
from ...services import Records, Services
from ..input_form import FilledIn, fields_of
from ..page import page
from ..shown_input import Shown, shown_input
from .applying import Applying, asked_by, facts_asked
from .catalogue import named_categories
from .costs import ForWhom, cost, oneself, wish_of


async def show_summary(applying: Applying, filled: FilledIn) -> Response:
    """The page before sending. Raises what `asker` and `preview` do; nothing is written and nothing reserved."""
    services, document_type, language = applying.services, applying.document_type, applying.language
    who = await asked_by(applying)
    whom = _for_whom(services, applying.citizen, who)

    def read(records: Records) -> tuple[Application, QuoteView | None]:
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
        "once": applying.once,
        "typist": applying.typist,
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
            for paper in document_type.papers_for(facts_asked(applying, filled))
            if paper.required
        ],
        "promised_on": would_be.promised_on,
    }
    return page(applying.request, "citizen/summary.html", forms=True, account=applying.session, **values)


def _rows(applying: Applying) -> list[Shown]:
    return list(shown_input(fields_of(applying.document_type, applying.given, applying.language), applying.given))


def _for_whom(services: Services, citizen: VerifiedCitizen, who: VerifiedCitizen | VerifiedGuardian) -> ForWhom:
    if isinstance(who, VerifiedCitizen):
        return oneself(services, citizen)
    person = services.rules.person_index(who.child.personal_id.digits)
    return ForWhom(citizen=citizen, born_on=who.child.birth_date, person=person)
