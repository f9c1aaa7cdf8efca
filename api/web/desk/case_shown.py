"""All that the page of one case shows, read in one transaction, with its note that it was shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from identity.citizen import VerifiedOfficial
from identity.officials_register import RegisteredOfficial
from issuance.application import Application
from issuance.delegations.authority import HEAD
from issuance.desk import open_case
from issuance.errors import UnknownUnit
from issuance.fees.facts import vietnam_day
from issuance.procedure.document import Procedure
from issuance.settlement.assign import possible_owners
from issuance.settlement.clean_cases import Looked, look_at
from issuance.settlement.in_force import procedure_of
from issuance.work_list import OPEN_STATES

from ...application_answers import case_of
from ...languages import Language
from ...present.desk import DeskView
from ...present.parcel import STATES
from ...services import Records, Services
from ..shown_input import Shown, stated_input
from ..texts import N_, translate
from .clock import Clock, clocks_of
from .history_words import Told, history_of
from .looked_through import WHY_NOT
from .register_words import Answered, registers_of

STOPS = {"payment_asked": N_("for the payment"), "more_papers_asked": N_("for papers")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """An outcome of the step. missing: what it needs that is not there yet, in words."""

    id: str
    name: str
    ends: str | None
    returns: bool
    needs_reason: bool
    missing: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcelled:
    number: str
    state_name: str
    copies: int
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseShown:
    """view: as the API gives it. stops: when the clock stood still, with why. owners: to whom it can be given.

    is_step_late: whether the step's own time is over. is_heads: whether the reader may do what belongs to a head.
    proposed_date: of an apology that waits. to_weigh: why it is no clean case, in words, as long as it is undecided.
    is_clean: whether the reader may approve it together with others.
    """

    view: DeskView
    clock: Clock
    stops: Sequence[tuple[datetime, datetime | None, str]]
    stated: Sequence[Shown]
    registers: Sequence[Answered]
    outcomes: Sequence[Offered]
    owners: Sequence[tuple[str, str]]
    parcels: Sequence[Parcelled]
    history: Sequence[Told]
    to_weigh: Sequence[str]
    is_clean: bool
    unit_name: str
    names: Mapping[str, str]
    is_heads: bool
    is_step_late: bool
    proposed_date: date | None

    @property
    def code(self) -> str:
        return self.view["application"]["code"]


def read_case(
    records: Records, services: Services, official: VerifiedOfficial, code: str, language: Language
) -> CaseShown:
    """Noted as an access to the case. Raises ApplicationNotFound, RoleMissing, SelfDealing."""
    view, at = case_of(records, services, official, code, language), services.clock()
    application = open_case(records, official, code)
    procedure = procedure_of(records, application)
    entries = records.audit.of_application(application.id)
    accounts = {one.actor for one in entries}
    accounts |= {str(one.details[name]) for one in entries for name in ("to", "acting_for") if one.details.get(name)}
    steps = view["turn"]["steps"]
    accounts |= {account for one in steps for account in (one["by"], one["acting_for"]) if account is not None}
    names = _names(records, accounts)
    if application.owner is not None:
        names.setdefault(application.owner.subject_key, application.owner.full_name)
    owners: Sequence[RegisteredOfficial] = ()
    if "assignment" in view["turn"]["links"]:
        owners = possible_owners(records, services.rules, application, at)
    apology = records.apologies.of_application(application.id)
    looked = look_at(records, services.rules, official, application, at)
    return CaseShown(
        view=view,
        clock=clocks_of(records, services, application.unit, at)(application),
        stops=[
            (one.began_at, one.ended_at, translate(STOPS.get(one.why, one.why), language)) for one in application.pauses
        ],
        stated=stated_input(services.rules.catalogue.get(application.type_id), application.input, language),
        registers=registers_of(application, language),
        outcomes=_outcomes(view, procedure, application, language),
        owners=[(one.subject_key, one.full_name or one.subject_key.rpartition("|")[2]) for one in owners],
        parcels=[
            Parcelled(
                number=one.number,
                state_name=STATES[one.state].in_language(language),
                copies=one.copies,
                changed_at=one.changed_at,
            )
            for one in records.parcels.of_application(application.id)
        ],
        history=history_of(entries, procedure, application.applicant.subject_key, names.get, language),
        to_weigh=_to_weigh(looked, application, language),
        is_clean=looked.is_clean,
        unit_name=_unit_name(records, application.unit, at, language),
        names=names,
        is_heads=HEAD in official.roles or "assignment" in view["turn"]["links"],
        is_step_late=application.step_due_at is not None and application.step_due_at < at,
        proposed_date=None if apology is None or apology.is_signed else apology.new_date,
    )


def _to_weigh(looked: Looked, application: Application, language: Language) -> Sequence[str]:
    if application.decision is not None or application.state not in OPEN_STATES:
        return ()
    return [translate(WHY_NOT[one], language) for one in looked.why_not if one != "not_offered"]


def _names(records: Records, accounts: set[str]) -> dict[str, str]:
    found = {account: records.officials.find(account) for account in sorted(accounts) if "|" in account}
    return {account: one.full_name for account, one in found.items() if one is not None and one.full_name}


def _unit_name(records: Records, unit: str, at: datetime, language: Language) -> str:
    try:
        return records.units.tree().on(unit, vietnam_day(at)).name.in_language(language)
    except UnknownUnit:
        return unit


def _outcomes(view: DeskView, procedure: Procedure, application: Application, language: Language) -> list[Offered]:
    step = procedure.step(application.step)
    papers = any(one["state"] == "submitted" for one in view["application"]["evidence"])
    missing = {
        "register_answers": translate(N_("a register has still to answer"), language)
        if application.missing_sources
        else None,
        "fee_settled": translate(N_("the fee is not settled"), language) if not application.is_fee_settled else None,
        "papers_decided": translate(N_("a paper waits to be looked at"), language) if papers else None,
    }
    found = []
    for one in view["turn"]["outcomes"]:
        outcome = step.outcome(one["id"])
        needs = {*one["needs"], *(("register_answers", "fee_settled") if one["ends"] == "approved" else ())}
        found.append(
            Offered(
                id=one["id"],
                name=one["name"],
                ends=one["ends"],
                returns=outcome is not None and outcome.returns,
                needs_reason="reason" in one["needs"] or one["ends"] == "refused",
                missing=[text for need, text in missing.items() if need in needs and text],
            )
        )
    return found
