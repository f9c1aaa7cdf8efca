"""Apologies and follow-ups in the answers: what the citizen reads, and what an official has to look after."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from typing_extensions import TypedDict

from issuance.deadlines.apology import Apology, ApologyLine, ApologyPage
from issuance.deadlines.follow_up import FollowUpKind, FollowUpLine, FollowUpPage
from issuance.documents.catalogue import Catalogue
from issuance.fees.wording import Label

from ..languages import Language

KIND_NAMES: Mapping[FollowUpKind, Label] = MappingProxyType(
    {
        FollowUpKind.DUE_SOON: Label("Hồ sơ sắp đến hạn trả kết quả", "The application is due soon"),
        FollowUpKind.STEP_OVERDUE: Label("Bước xử lý đã quá hạn", "The step is overdue"),
        FollowUpKind.OVERDUE: Label("Hồ sơ đã quá hạn trả kết quả", "The application is overdue"),
        FollowUpKind.QUESTION_OVERDUE: Label(
            "Câu hỏi của công dân chưa được trả lời", "A question waits for its answer"
        ),
        FollowUpKind.PAPERS_OVERDUE: Label(
            "Công dân chưa bổ sung giấy tờ đúng hẹn", "The papers have not come by the day named"
        ),
    }
)


class ApologyView(TypedDict):
    """Owed since the promised time has passed. `state` is `drafted`, `signed` once a head has signed it off, `issued`
    once the letter can be downloaded. `new_date` and `reason` are null until it is signed off."""

    state: str
    missed_at: str
    new_date: str | None
    reason: str | None


class DraftedApologyView(TypedDict):
    """An apology that waits for a head. `proposed_date`: by the legal limit; whoever signs off may set another."""

    code: str
    type: str
    type_name: str
    missed_at: str
    drafted_at: str
    proposed_date: str
    links: dict[str, str]


class DraftedApologyPage(TypedDict):
    """`next` is the address of the next page, null on the last."""

    items: list[DraftedApologyView]
    next: str | None


class FollowUpView(TypedDict):
    """`kind` for programs, `text` for people. `level`: `owner`, or `head` for what an owner has not mended in time.
    `due_at`: the moment that comes, or has passed."""

    id: str
    kind: str
    text: str
    level: str
    code: str
    type: str
    type_name: str
    due_at: str
    found_at: str
    links: dict[str, str]


class FollowUpsPage(TypedDict):
    """`next` is the address of the next page, null on the last."""

    items: list[FollowUpView]
    next: str | None


def apology_view(apology: Apology | None) -> ApologyView | None:
    if apology is None:
        return None
    signed = apology.is_signed
    return {
        "state": "issued" if apology.letter_issued else "signed" if signed else "drafted",
        "missed_at": apology.missed_at.isoformat(),
        "new_date": apology.new_date.isoformat() if signed else None,
        "reason": apology.reason,
    }


def drafted_apology_page(page: ApologyPage, catalogue: Catalogue, limit: int, language: Language) -> DraftedApologyPage:
    return {
        "items": [_drafted(line, catalogue, language) for line in page.lines],
        "next": page.next_cursor and f"/v1/desk/apologies?limit={limit}&cursor={page.next_cursor}",
    }


def follow_up_page(page: FollowUpPage, catalogue: Catalogue, limit: int, language: Language) -> FollowUpsPage:
    return {
        "items": [_follow_up(line, catalogue, language) for line in page.lines],
        "next": page.next_cursor and f"/v1/desk/follow-ups?limit={limit}&cursor={page.next_cursor}",
    }


def _drafted(line: ApologyLine, catalogue: Catalogue, language: Language) -> DraftedApologyView:
    apology, path = line.apology, f"/v1/desk/applications/{line.code}"
    return {
        "code": line.code,
        "type": line.type_id,
        "type_name": catalogue.get(line.type_id).name.in_language(language),
        "missed_at": apology.missed_at.isoformat(),
        "drafted_at": apology.drafted_at.isoformat(),
        "proposed_date": apology.new_date.isoformat(),
        "links": {"application": path, "sign_off": f"{path}/apology"},
    }


def _follow_up(line: FollowUpLine, catalogue: Catalogue, language: Language) -> FollowUpView:
    one = line.follow_up
    return {
        "id": str(one.id),
        "kind": one.kind.value,
        "text": KIND_NAMES[one.kind].in_language(language),
        "level": one.level.value,
        "code": line.code,
        "type": line.type_id,
        "type_name": catalogue.get(line.type_id).name.in_language(language),
        "due_at": one.due_at.isoformat(),
        "found_at": one.found_at.isoformat(),
        "links": {
            "application": f"/v1/desk/applications/{line.code}",
            "seen": f"/v1/desk/follow-ups/{one.id}/seen",
        },
    }
