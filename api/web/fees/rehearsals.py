"""Rehearsals of a draft: asked for by a form, followed while they run, read as plots and cases."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from identity.citizen import VerifiedOfficial
from identity.session import Session
from issuance.fee_policies.draft import DraftState, PolicyDraft, RehearsalState, StoredRehearsal
from issuance.fee_policies.open_draft import open_draft, open_rehearsal
from issuance.fees.facts import vietnam_day
from issuance.fees.rehearsal.population import MAX_POPULATION
from issuance.fees.rehearsal.result import RehearsalResult
from issuance.fees.rehearsal.words import summary

from ... import fee_drafts
from ...errors import RouteNotFound
from ...fee_drafts import PastDays, RehearsalPlan
from ...languages import Language, language_of
from ...present.fee_draft import REHEARSAL_STATES
from ...services import Records, Services
from ...state import Given
from ..page import page
from ..plots import csv_file
from ..session import OfficialForm, OfficialSignedIn
from ..texts import N_, translate
from .book import type_names
from .draft_page import DraftPage, read_page
from .drafts import meant
from .refusals import REFUSALS, Refused, refused
from .rehearsal_plots import plot_named, plots_of
from .rehearsal_shares import is_of_people, share_groups, shares_of, usual_shares
from .worked_cases import followed, rule_lines

router = APIRouter(include_in_schema=False)

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_YEAR = timedelta(days=365)
_USUAL_SIZE, _USUAL_SEED = 5_000, 1
_READY = (DraftState.CHECKED.value, DraftState.REHEARSED.value)
_FAILURES: Mapping[str, str] = {
    "draft_changed": N_("The draft was edited before the rehearsal began. Rehearse it as it is now."),
    "fee_policy_overlaps": N_("The book does not take this version as it is: see what the check says."),
}


@router.get("/fees/drafts/{draft_id:uuid}/rehearsal")
async def ask(request: Request, services: Given, session: OfficialSignedIn, draft_id: UUID) -> Response:
    """The form: on past requests, or on a made-up population."""
    return await _form_page(request, services, session.session, session.official, draft_id)


@router.post("/fees/drafts/{draft_id:uuid}/rehearsal")
async def rehearse(request: Request, services: Given, form: OfficialForm, draft_id: UUID) -> Response:
    language = language_of(request.scope)
    plan, problems = plan_of(form.fields)
    if plan is None:
        told = {name: translate(text, language) for name, text in problems.items()}
        return await _form_page(
            request, services, form.session, form.official, draft_id, given=form.fields, problems=told
        )
    try:
        answer = await fee_drafts.rehearse(request, services, form.official, form.once, meant(form), draft_id, plan)
    except REFUSALS as error:
        return await _form_page(
            request,
            services,
            form.session,
            form.official,
            draft_id,
            given=form.fields,
            why=refused(error, language),
        )
    return RedirectResponse(f"/fees/rehearsals/{json.loads(bytes(answer.body))['id']}", 303)


@router.get("/fees/rehearsals/{rehearsal_id:uuid}")
async def show_rehearsal(request: Request, services: Given, session: OfficialSignedIn, rehearsal_id: UUID) -> Response:
    """How far it has come; then what it found."""
    language = language_of(request.scope)

    def read(records: Records) -> tuple[StoredRehearsal, PolicyDraft]:
        found = open_rehearsal(records, session.official, rehearsal_id)
        return found, open_draft(records, session.official, found.draft_id)

    found, draft = await services.runner.run(read)
    result = _result_of(found)
    values: dict[str, Any] = {"result": result, "says": [], "plots": [], "gains": [], "losses": [], "rules": []}
    if result is not None:
        values |= {
            "says": summary(result, language),
            "plots": plots_of(result, f"/fees/rehearsals/{rehearsal_id}", language),
            "gains": followed(result.largest_gains, language),
            "losses": followed(result.largest_losses, language),
            "rules": rule_lines(result, language),
        }
    is_over = found.state in (RehearsalState.DONE, RehearsalState.FAILED)
    return page(
        request,
        "fees/rehearsal.html",
        account=session.session,
        found=found,
        state=found.state.value,
        state_name=REHEARSAL_STATES[found.state].in_language(language),
        is_over=is_over,
        is_of_now=draft.digest == found.digest,
        version=draft.policy_version,
        failure=_failure(found, language),
        **values,
    )


@router.get("/fees/rehearsals/{rehearsal_id:uuid}/{name}.csv")
async def download_figures(
    request: Request, services: Given, session: OfficialSignedIn, rehearsal_id: UUID, name: str
) -> Response:
    """The figures of one plot."""
    found = await services.runner.run(lambda records: open_rehearsal(records, session.official, rehearsal_id))
    result = _result_of(found)
    plots = [] if result is None else plots_of(result, "", language_of(request.scope))
    plot = plot_named(plots, name)
    if plot is None:
        raise RouteNotFound
    return csv_file(plot)


def plan_of(fields: Mapping[str, str]) -> tuple[RehearsalPlan | None, dict[str, str]]:
    """What the form asks for, or what is wrong with which field, in English, for the template to translate."""
    given = {name: value.strip() for name, value in fields.items()}
    problems = {}
    kind = given.get("kind")
    if kind not in ("past", "population"):
        return None, {"kind": N_("Choose one of the two.")}
    prefix = f"{kind}_"
    for name in ("first_day", "last_day"):
        if not _is_day(given.get(prefix + name, "")):
            problems[prefix + name] = N_("Give a day.")
    if kind == "past":
        if problems:
            return None, problems
        past = PastDays(first_day=given["past_first_day"], last_day=given["past_last_day"])
        return RehearsalPlan(past=past, population=None), {}
    size, seed = _number(given.get("size", "")), _number(given.get("seed", ""))
    if size is None or not 1 <= size <= MAX_POPULATION:
        problems["size"] = N_("Give a whole number from 1 to 1,000,000.")
    if seed is None:
        problems["seed"] = N_("Give a whole number.")
    people = _number(given["people"]) if given.get("people") else None
    if given.get("people") and (people is None or not 1 <= people <= MAX_POPULATION):
        problems["people"] = N_("Give a whole number from 1 to 1,000,000.")
    shares, wrong = shares_of(given)
    problems |= wrong
    if problems:
        return None, problems
    population: dict[str, Any] = {
        "size": size,
        "seed": seed,
        "document_type": given.get("document_type", ""),
        "first_day": given["population_first_day"],
        "last_day": given["population_last_day"],
    }
    if people is not None:
        population["people"] = people
    if shares:
        population["shares"] = shares
    return RehearsalPlan(past=None, population=population), {}


async def _form_page(
    request: Request,
    services: Services,
    account: Session,
    official: VerifiedOfficial,
    draft_id: UUID,
    *,
    given: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    why: Refused | None = None,
) -> Response:
    language, today = language_of(request.scope), vietnam_day(services.clock())
    names = type_names(services, language)

    def read(records: Records) -> tuple[DraftPage, Mapping[str, str], list[tuple[str, str]]]:
        draft, policy, _ = read_page(records, services, official, draft_id, names, language)
        if policy is None:
            return draft, {}, []
        days, types = policy.document.effective, policy.document.document_types
        first = days.first_day
        usual = _usual(first, days.last_day, today)
        return draft, usual | {"document_type": types[0]}, [(one, names.get(one, one)) for one in types]

    draft, usual, types = await services.runner.run(read)
    if draft.state not in _READY and why is None:
        return RedirectResponse(f"/fees/drafts/{draft_id}", 303)
    status = 422 if problems else 200 if why is None else why.status
    return page(
        request,
        "fees/rehearse.html",
        status=status,
        account=account,
        forms=True,
        draft=draft,
        types=types,
        given={**usual_shares(), **usual, **(given or {})},
        groups=share_groups(language),
        has_own_people=bool((given or {}).get("people")) or any(is_of_people(name) for name in problems or {}),
        problems=problems or {},
        why=why,
        today=today,
    )


def _usual(first_day: date, last_day: date | None, today: date) -> dict[str, str]:
    """What the form proposes: past requests of a year, made-up ones of the draft's first year."""
    end = first_day + _YEAR if last_day is None else min(last_day, first_day + _YEAR)
    return {
        "kind": "past" if first_day <= today else "population",
        "past_first_day": (today - _YEAR).isoformat(),
        "past_last_day": today.isoformat(),
        "population_first_day": first_day.isoformat(),
        "population_last_day": end.isoformat(),
        "size": str(_USUAL_SIZE),
        "seed": str(_USUAL_SEED),
    }


def _result_of(found: StoredRehearsal) -> RehearsalResult | None:
    return None if found.result is None else RehearsalResult.from_json(found.result)


def _failure(found: StoredRehearsal, language: Language) -> str | None:
    if found.state is not RehearsalState.FAILED:
        return None
    text = _FAILURES.get(found.error or "", N_("It could not be carried out. Have the draft checked again."))
    return translate(text, language)


def _is_day(text: str) -> bool:
    if _DAY.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _number(text: str) -> int | None:
    """A whole number as people write it: `5000`, `5.000`, `5,000`."""
    bare = text.replace(".", "").replace(",", "").replace(" ", "")
    return int(bare) if bare.isascii() and bare.isdigit() and len(bare) < 16 else None
