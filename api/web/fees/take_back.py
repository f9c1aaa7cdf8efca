"""A version of the book is taken back, by an approver, for a reason that stays."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from identity.citizen import VerifiedOfficial
from identity.session import Session
from issuance.errors import NothingToWithdraw
from issuance.fee_policies.change_of_book import leaving
from issuance.fee_policies.draft import Standing
from issuance.fee_policies.rights import demand_approver
from issuance.fees.facts import vietnam_day

from ... import fee_policies
from ...languages import language_of
from ...parameters import PolicyId, PolicyVersion
from ...present.fee_policy import newest_rows, standing_now
from ...services import Records, Services
from ...state import Given
from ..page import page
from ..session import OfficialForm, OfficialSignedIn
from ..texts import translate
from .change_told import ChangeTold, change_told
from .drafts import reason_problem
from .policies import rows_of_version
from .refusals import REFUSALS, Refused, refused

router = APIRouter(include_in_schema=False)


@router.get("/fees/policies/{policy_id}/{version:int}/withdrawal")
async def show_withdrawal(
    request: Request, services: Given, session: OfficialSignedIn, policy_id: PolicyId, version: PolicyVersion
) -> Response:
    """What taking it back would close and open in the book."""
    return await _page(request, services, session.session, session.official, policy_id, version)


@router.post("/fees/policies/{policy_id}/{version:int}/withdrawal")
async def withdraw(
    request: Request, services: Given, form: OfficialForm, policy_id: PolicyId, version: PolicyVersion
) -> Response:
    reason, language = form.fields.get("reason", "").strip(), language_of(request.scope)
    if problem := reason_problem(reason):
        problems = {"reason": translate(problem, language)}
        return await _page(
            request,
            services,
            form.session,
            form.official,
            policy_id,
            version,
            given=form.fields,
            problems=problems,
        )
    said = fee_policies.VersionWithdrawn(reason=reason)
    try:
        await fee_policies.withdraw_policy_version(
            request, services, form.official, form.once, policy_id, version, said
        )
    except REFUSALS as error:
        why = refused(error, language)
        return await _page(
            request, services, form.session, form.official, policy_id, version, given=form.fields, why=why
        )
    return RedirectResponse(f"/fees/policies/{policy_id}?done=withdrawn", 303)


async def _page(
    request: Request,
    services: Services,
    account: Session,
    official: VerifiedOfficial,
    policy_id: str,
    version: int,
    *,
    given: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    why: Refused | None = None,
) -> Response:
    demand_approver(official)
    language, at = language_of(request.scope), services.clock()

    def read(records: Records) -> tuple[str, bool, ChangeTold | None]:
        rows = records.fee_policies.rows()
        own = rows_of_version([row for row in rows if row.policy.id == policy_id], version)
        row = newest_rows(own)[0]
        label = row.policy.document.label.in_language(language)
        is_in_force = standing_now(row, vietnam_day(at)) is Standing.ACTIVE
        try:
            change = leaving(rows, policy_id, version, official.subject_key, "", at)
        except NothingToWithdraw:
            return label, is_in_force, None
        return label, is_in_force, change_told(rows, change, at)

    label, is_in_force, change = await services.runner.run(read)
    return page(
        request,
        "fees/take_back.html",
        status=422 if problems else 200 if why is None else why.status,
        account=account,
        forms=True,
        policy_id=policy_id,
        version=version,
        label=label,
        is_in_force=is_in_force,
        change=change,
        given=given or {},
        problems=problems or {},
        why=why,
    )
