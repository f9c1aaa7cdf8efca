"""The kept files of acts: what there is and who brought it, and each file for whoever reads a policy that cites it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from issuance.fee_policies.draft import BookRow, StoredAct
from issuance.fee_policies.open_draft import list_acts

from ...fee_acts import Sha256, download_act
from ...languages import Language, language_of
from ...services import Records
from ...state import Given
from ..page import page
from ..session import OfficialSignedIn
from .people import Names

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAct:
    """A file, what policies call the act that it holds, and the versions of the book that cite it."""

    sha256: str
    file: str
    size_bytes: int
    added_by: str
    added_at: datetime
    names: Sequence[str]
    versions: Sequence[tuple[str, int, str]]


@router.get("/fees/acts")
async def show_acts(request: Request, services: Given, session: OfficialSignedIn) -> Response:
    """Every kept file by its name, for fee authors and fee approvers. Raises RoleMissing."""
    official, language = session.official, language_of(request.scope)

    def read(records: Records) -> list[KeptAct]:
        acts, rows = list_acts(records, official), records.fee_policies.rows()
        people = Names(records.officials, official.subject_key, official.full_name)
        return [_kept(act, rows, people, language) for act in acts]

    acts = await services.runner.run(read)
    return page(request, "fees/acts.html", account=session.session, acts=acts)


@router.get("/fees/acts/{act_sha256}")
async def download(request: Request, services: Given, session: OfficialSignedIn, act_sha256: Sha256) -> Response:
    """As the API gives it. Raises RoleMissing, ActNotFound."""
    return await download_act(request, services, session.official, act_sha256)


def _kept(act: StoredAct, rows: Sequence[BookRow], people: Names, language: Language) -> KeptAct:
    sha256 = act.sha256.hex()
    names: dict[str, None] = {}
    versions = {}
    for row in rows:
        document = row.policy.document
        for one in document.basis:
            if one.source.sha256 == sha256:
                names[f"{one.kind.in_language(language)} {one.number}"] = None
                label = document.label.in_language(language)
                versions[row.policy.id, row.policy.version] = (row.policy.id, row.policy.version, label)
    return KeptAct(
        sha256=sha256,
        file=act.name,
        size_bytes=act.size_bytes,
        added_by=people.of(act.added_by),
        added_at=act.added_at,
        names=[*names],
        versions=[versions[key] for key in sorted(versions)],
    )
