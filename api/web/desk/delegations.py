"""Powers lent in the unit: seen by both sides, given and taken back by heads; and relatives, with whom nobody deals."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from identity.citizen import VerifiedOfficial
from identity.personal_id import PersonalId
from issuance.delegations.authority import HEAD
from issuance.delegations.declare import count_relatives, declare_relative, take_back_relative
from issuance.delegations.delegation import Delegation
from issuance.delegations.grant import LENT, grant, list_delegations, revoke_delegation
from issuance.desk import demand_desk
from issuance.errors import DelegationRefused, IssuanceError, RoleMissing
from issuance.fees.facts import vietnam_day
from verification.verdict import VIETNAM

from ...idempotency import Answer, answer_once
from ...languages import Language, language_of
from ...problem_table import problem_of
from ...services import Records, Services
from ...state import Given
from ..page import page
from ..session import OfficialForm, OfficialSession, OfficialSignedIn, SentByOfficial
from ..sign_in import ROLE_NAMES
from ..texts import N_, translate
from .reading import Reading
from .refused import closed, words_of
from .work import types_settled

router = APIRouter(include_in_schema=False)

_ADDRESS = "/desk/delegations"
_MAX_ACT_LETTERS = 150
_MYSELF = "me"
_DONE = {
    "given": N_("The powers are lent. Both sides see it here."),
    "ended": N_("The powers are taken back."),
    "declared": N_("The relative is declared: the case is closed to you, and to whoever acts in your place."),
    "taken-back": N_("The relative is taken back, if that person was declared."),
}
_WHY: Mapping[str, tuple[str, str]] = {
    "period": ("until", N_("From today on at the earliest, and for a year at most.")),
    "same_person": ("to", N_("Nobody acts in his or her own place.")),
    "role_not_held": ("role", N_("This official does not have that role.")),
    "not_of_the_unit": ("to", N_("This official does not stand in the unit’s register.")),
    "person_missing": ("number", N_("Type the personal number of the official whose powers are lent.")),
    "unknown_types": ("type", N_("There is no such type.")),
}
_NUMBER = re.compile(r"[0-9]{12}")


@router.get(_ADDRESS)
async def show_delegations(request: Request, services: Given, session: OfficialSignedIn) -> Response:
    """A head sees all of the unit, anybody else those from and to the own account."""
    return await _shown(request, services, session)


@router.post(_ADDRESS)
async def give(request: Request, services: Given, form: OfficialForm) -> Response:
    """A head lends the own powers, or has an official of the unit act in another's place."""
    language, session = language_of(request.scope), OfficialSession(session=form.session, official=form.official)
    reading, at = Reading(form.fields, language), services.clock()
    to = reading.text("to", 300, missing=translate("Choose who is to act.", language))
    lender = reading.text("lender", 300, missing=translate("Choose in whose place.", language))
    role = reading.one_of("role", sorted(LENT), missing=translate("Choose a role.", language))
    first, last = reading.day("from"), reading.day("until")
    act = reading.text("act", _MAX_ACT_LETTERS, missing=translate("Name the decision that it rests on.", language))
    number = "".join(form.fields.get("number", "").split())
    if lender != _MYSELF and not _NUMBER.fullmatch(number):
        reading.problems["number"] = translate("A personal number has 12 digits.", language)
    if reading.problems:
        return await _shown(request, services, session, given=form.fields, problems=reading.problems)
    # Who lends today lends from now on: the day has begun already.
    today = vietnam_day(at)
    begins = at if first == today else datetime.combine(first, time(), VIETNAM)
    ends = datetime.combine(last + timedelta(days=1), time(), VIETNAM)

    def change(records: Records) -> None:
        grant(
            records,
            services.rules,
            form.official,
            from_key=None if lender == _MYSELF else lender,
            from_person=None if lender == _MYSELF else PersonalId(number),
            to_key=to,
            role="head" if role == HEAD else "caseworker",
            type_ids=[form.fields["type"]] if form.fields.get("type") else None,
            valid_from=begins,
            valid_until=ends,
            act=act,
            at=at,
        )

    return await _changed(request, services, form, change, "given")


@router.get(f"{_ADDRESS}/{{delegation_id}}/end")
async def come_back(session: OfficialSignedIn, delegation_id: UUID) -> Response:
    return RedirectResponse(_ADDRESS, 303)


@router.post(f"{_ADDRESS}/{{delegation_id}}/end")
async def end(request: Request, services: Given, form: OfficialForm, delegation_id: UUID) -> Response:
    """From this moment on nobody acts by it."""
    at = services.clock()
    return await _changed(
        request, services, form, lambda records: revoke_delegation(records, form.official, delegation_id, at), "ended"
    )


@router.get(f"{_ADDRESS}/relatives")
async def come_back_from_relatives(session: OfficialSignedIn) -> Response:
    return RedirectResponse(_ADDRESS, 303)


@router.post(f"{_ADDRESS}/relatives")
async def declare(request: Request, services: Given, form: OfficialForm) -> Response:
    """The number is kept as a blind index alone, and shown to nobody again."""
    language, session = language_of(request.scope), OfficialSession(session=form.session, official=form.official)
    number, at = "".join(form.fields.get("relative", "").split()), services.clock()
    if not _NUMBER.fullmatch(number):
        problems = {"relative": translate("A personal number has 12 digits.", language)}
        return await _shown(request, services, session, problems=problems)
    takes_back = form.fields.get("take_back") == "1"
    verb = take_back_relative if takes_back else declare_relative

    def change(records: Records) -> None:
        demand_desk(form.official)
        verb(records, services.rules, form.official, PersonalId(number), at)

    return await _changed(request, services, form, change, "taken-back" if takes_back else "declared")


async def _changed(request: Request, services: Services, form: SentByOfficial, change: Any, notice: str) -> Response:
    """Do it once and lead to the list, or show the form again."""
    session, at = OfficialSession(session=form.session, official=form.official), services.clock()
    language = language_of(request.scope)

    def act(records: Records) -> Answer:
        change(records)
        return Answer(status=200, body={}, headers={})

    try:
        await answer_once(services.runner, form.official, form.once, at, act)
    except RoleMissing as refused:
        return await closed(request, session, refused)
    except DelegationRefused as refused:
        name, why = _WHY.get(refused.why, ("to", words_of(refused, language)[0]))
        problems = {name: translate(why, language)}
        return await _shown(request, services, session, given=form.fields, problems=problems)
    except IssuanceError as refused:
        if problem_of(refused).status in (403, 404) or problem_of(refused).status >= 500:
            raise
        return await _shown(request, services, session, given=form.fields, refused=refused)
    return RedirectResponse(f"{_ADDRESS}?done={notice}", 303)


async def _shown(
    request: Request,
    services: Services,
    session: OfficialSession,
    *,
    given: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    refused: Exception | None = None,
) -> Response:
    at, language, official = services.clock(), language_of(request.scope), session.official
    is_head = HEAD in official.roles

    def read(records: Records) -> tuple[Sequence[Delegation], int, list[tuple[str, str]]]:
        demand_desk(official)
        colleagues = _colleagues(records, official) if is_head else []
        return list_delegations(records, official, at), count_relatives(records, official), colleagues

    try:
        found, relatives, colleagues = await services.runner.run(read)
    except RoleMissing as error:
        return await closed(request, session, error)
    status = 422 if problems else 200 if refused is None else problem_of(refused).status
    done = _DONE.get(request.query_params.get("done", "")) if request.method == "GET" else None
    types = dict(types_settled(services, language))
    return page(
        request,
        "desk/delegations.html",
        status=status,
        account=session.session,
        forms=True,
        notice=done and translate(done, language),
        delegations=[_line(one, official, types, at, language) for one in found],
        relatives=relatives,
        is_head=is_head,
        colleagues=colleagues,
        lenders=[(_MYSELF, translate("In my own", language)), *colleagues],
        roles=[(role, translate(ROLE_NAMES[role], language)) for role in sorted(LENT)],
        types=[("", translate("All types", language)), *types.items()],
        given={"lender": _MYSELF, "from": vietnam_day(at).isoformat(), **(given or {})},
        problems=problems or {},
        said=None if refused is None else words_of(refused, language),
    )


def _colleagues(records: Records, official: VerifiedOfficial) -> list[tuple[str, str]]:
    known = {
        one.subject_key: one.full_name or one.subject_key.rpartition("|")[2]
        for role in sorted(LENT)
        for one in records.officials.of_unit(official.unit, role)
    }
    return sorted(((key, name) for key, name in known.items()), key=lambda pair: pair[1])


def _line(
    one: Delegation, official: VerifiedOfficial, types: Mapping[str, str], at: datetime, language: Language
) -> dict[str, Any]:
    standing = "ended" if one.revoked_at else "in_force" if one.is_in_force(at) else "ahead"
    return {
        "id": str(one.id),
        "delegator": one.delegator.full_name,
        "delegate": one.delegate.full_name,
        "is_to_me": one.delegate.subject_key == official.subject_key,
        "is_from_me": one.delegator.subject_key == official.subject_key,
        "role": translate(ROLE_NAMES[one.role], language),
        "types": [types.get(type_id, type_id) for type_id in one.type_ids or ()],
        "valid_from": one.valid_from,
        # The moment itself is not included: the day that people read is the one before.
        "valid_until": one.valid_until - timedelta(seconds=1),
        "act": one.act,
        "standing": standing,
        "may_end": HEAD in official.roles and standing != "ended",
    }
