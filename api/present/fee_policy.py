"""The policy book: which version decides on which days, and since when that is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

from typing_extensions import TypedDict

from issuance.fee_policies.draft import BookRow, Standing, standing_of
from issuance.fees.book import EVER
from issuance.fees.compare import Change
from issuance.fees.document import Days, FeePolicy, PolicyDocument
from issuance.fees.quotas import QuotaKey, quota_keys
from issuance.fees.wording import Label

from ..languages import Language
from .policy_words import days_in_words, in_plain_words

STANDINGS: Mapping[Standing, Label] = MappingProxyType(
    {
        Standing.SCHEDULED: Label("Sẽ có hiệu lực", "Comes into force"),
        Standing.ACTIVE: Label("Đang có hiệu lực", "In force"),
        Standing.SUPERSEDED: Label("Hết hiệu lực", "Decides no more"),
    }
)


_BY_THE_BOOK: Mapping[str, Label] = MappingProxyType(
    {
        "shortened": Label(
            "Theo sổ chính sách, phiên bản này chỉ quyết định {days}, vì đã được phiên bản khác thay thế hoặc đã bị "
            "thu hồi.",
            "By the policy book this version decides only {days}, since another one has replaced it or it was "
            "withdrawn.",
        ),
        "left": Label(
            "Phiên bản này không còn trong sổ chính sách và không còn quyết định ngày nào: đã được thay thế hoặc bị "
            "thu hồi.",
            "This version is no longer in the policy book and decides on no day any more: it was replaced or "
            "withdrawn.",
        ),
    }
)


class DaysView(TypedDict):
    """Days in Asia/Ho_Chi_Minh, both included; no last day: until further notice."""

    first_day: str
    last_day: str | None


class VersionLine(TypedDict):
    """A version as it stands today. `standing` is scheduled, active or superseded (also: withdrawn)."""

    policy: str
    version: int
    label: str
    digest: str
    standing: str
    standing_name: str
    days: DaysView
    links: dict[str, str]


class PolicyLine(TypedDict):
    """A policy with all its versions, the newest first; `active` is the number of the one in force today."""

    id: str
    label: str
    document_types: list[str]
    active: int | None
    versions: list[VersionLine]
    links: dict[str, str]


class BookEntryView(TypedDict):
    """What was written in the book: this version decides on these days, known from one moment to another.

    `known_from` is null for what has always been known, `known_to` as long as it is so. An entry is never changed:
    where its days end sooner, it is closed and another one opened.
    """

    policy: str
    version: int
    digest: str
    label: str
    days: DaysView
    standing: str
    known_from: str | None
    known_to: str | None
    opened_by: str
    closed_by: str | None
    closing_reason: str | None
    links: dict[str, str]


class PolicyHistoryView(TypedDict):
    """The entries of a policy in the order of their first days.

    With `known_at` as they were known then, standing as of that day: what was written since is left out.
    """

    id: str
    known_at: str | None
    entries: list[BookEntryView]
    links: dict[str, str]


class ActRefView(TypedDict):
    """A legal act that the policy cites, with its stored file."""

    id: str
    number: str
    title: str
    file: str
    sha256: str
    links: dict[str, str]


class PolicyVersionView(TypedDict):
    """A version whole: `document` as it was written, `plain_words` what it says, `entries` what the book says of it."""

    id: str
    version: int
    label: str
    digest: str
    standing: str
    standing_name: str
    days: DaysView
    plain_words: list[str]
    acts: list[ActRefView]
    entries: list[BookEntryView]
    document: dict[str, Any]
    links: dict[str, str]


class ChangeView(TypedDict):
    """One difference: `kind` is added, removed or changed; `before` and `after` as the documents write it."""

    place: str
    kind: str
    text: str
    before: Any
    after: Any


class ComparedView(TypedDict):
    """What `before` or `after` is: a version or a draft."""

    policy: str
    version: int
    label: str
    digest: str


class ComparisonView(TypedDict):
    """Every difference between two documents, in sentences; none for two that say the same."""

    before: ComparedView
    after: ComparedView
    changes: list[ChangeView]


class BudgetView(TypedDict):
    """A quota that all requests share, in `unit` (copies, requests or VND): `used` by what is reserved or issued.

    `size` is null where no version of today or later has it any more.
    """

    quota: str
    period: str
    label: str | None
    funded_by: str | None
    unit: str | None
    size: int | None
    used: int
    remaining: int | None


class BudgetsView(TypedDict):
    """The budgets of a policy, as they are at `at`."""

    policy: str
    at: str
    budgets: list[BudgetView]


def days_view(days: Days) -> DaysView:
    last = days.last_day
    return {"first_day": days.first_day.isoformat(), "last_day": None if last is None else last.isoformat()}


def policy_lines(rows: Sequence[BookRow], today: date, language: Language) -> list[PolicyLine]:
    """rows: of the whole book."""
    found: dict[str, list[BookRow]] = {}
    for row in rows:
        found.setdefault(row.policy.id, []).append(row)
    return [_policy_line(policy_id, of_policy, today, language) for policy_id, of_policy in sorted(found.items())]


def _policy_line(policy_id: str, rows: Sequence[BookRow], today: date, language: Language) -> PolicyLine:
    versions = [version_line(row, today, language) for row in reversed(newest_rows(rows))]
    active = next((line["version"] for line in versions if line["standing"] == Standing.ACTIVE), None)
    named = next((line for line in versions if line["version"] == active), versions[0])
    types = dict.fromkeys(kind for row in rows for kind in row.policy.document.document_types)
    path = f"/v1/fee-policies/{policy_id}"
    return {
        "id": policy_id,
        "label": named["label"],
        "document_types": [*types],
        "active": active,
        "versions": versions,
        "links": {"self": path, "budgets": f"{path}/budgets"},
    }


def newest_rows(rows: Sequence[BookRow]) -> list[BookRow]:
    """Of each version what is known of it now, or else what was known last; by version."""
    newest: dict[int, BookRow] = {}
    for row in sorted(rows, key=lambda row: (row.known_to is None, row.known_from)):
        newest[row.policy.version] = row
    return [newest[version] for version in sorted(newest)]


def standing_now(row: BookRow, today: date) -> Standing:
    """What is known no more decides no more."""
    return Standing.SUPERSEDED if row.known_to is not None else standing_of(row.valid, today)


def version_line(row: BookRow, today: date, language: Language) -> VersionLine:
    standing = standing_now(row, today)
    return {
        "policy": row.policy.id,
        "version": row.policy.version,
        "label": row.policy.document.label.in_language(language),
        "digest": row.policy.digest,
        "standing": standing.value,
        "standing_name": STANDINGS[standing].in_language(language),
        "days": days_view(row.valid),
        "links": {"self": version_path(row.policy)},
    }


def version_path(policy: FeePolicy) -> str:
    return f"/v1/fee-policies/{policy.id}/versions/{policy.version}"


def entry_view(row: BookRow, today: date, language: Language) -> BookEntryView:
    return {
        "policy": row.policy.id,
        "version": row.policy.version,
        "digest": row.policy.digest,
        "label": row.policy.document.label.in_language(language),
        "days": days_view(row.valid),
        "standing": standing_now(row, today).value,
        "known_from": None if row.known_from == EVER else row.known_from.isoformat(),
        "known_to": None if row.known_to is None else row.known_to.isoformat(),
        "opened_by": row.opened_by,
        "closed_by": row.closed_by,
        "closing_reason": row.closing_reason,
        "links": {"version": version_path(row.policy)},
    }


def as_known(row: BookRow) -> BookRow:
    """The entry before it was closed: the answer about a moment never changes with what is written later."""
    return replace(row, known_to=None, closed_by=None, closing_reason=None)


def version_view(
    rows: Sequence[BookRow], document: dict[str, Any], today: date, language: Language
) -> PolicyVersionView:
    """rows: all of this version. document: as it was written."""
    (row,) = newest_rows(rows)
    standing, path = standing_now(row, today), version_path(row.policy)
    links = {"self": path, "policy": f"/v1/fee-policies/{row.policy.id}"}
    if standing is not Standing.SUPERSEDED:
        links["withdrawal"] = f"{path}/withdrawal"
    return {
        "id": row.policy.id,
        "version": row.policy.version,
        "label": row.policy.document.label.in_language(language),
        "digest": row.policy.digest,
        "standing": standing.value,
        "standing_name": STANDINGS[standing].in_language(language),
        "days": days_view(row.valid),
        "plain_words": [*_by_the_book(row, language), *in_plain_words(row.policy.document, language)],
        "acts": act_refs(row.policy.document, language),
        "entries": [entry_view(one, today, language) for one in rows],
        "document": document,
        "links": links,
    }


def _by_the_book(row: BookRow, language: Language) -> Iterator[str]:
    """What the document's own days don't say: that something has ended the version since."""
    if row.known_to is not None:
        yield _BY_THE_BOOK["left"].in_language(language)
    elif row.valid != row.policy.document.effective:
        yield _BY_THE_BOOK["shortened"].in_language(language).format(days=days_in_words(row.valid, language))


def act_refs(document: PolicyDocument, language: Language) -> list[ActRefView]:
    return [
        {
            "id": act.id,
            "number": act.number,
            "title": act.title.in_language(language),
            "file": act.source.file,
            "sha256": act.source.sha256,
            "links": {"file": f"/v1/fee-policies/acts/{act.source.sha256}"},
        }
        for act in document.basis
    ]


def compared_view(policy: FeePolicy, language: Language) -> ComparedView:
    return {
        "policy": policy.id,
        "version": policy.version,
        "label": policy.document.label.in_language(language),
        "digest": policy.digest,
    }


def change_view(change: Change, language: Language) -> ChangeView:
    return {
        "place": change.place,
        "kind": change.kind,
        "text": change.text.in_language(language),
        "before": change.before,
        "after": change.after,
    }


def budget_keys(rows: Sequence[BookRow], today: date) -> dict[QuotaKey, tuple[BookRow, str]]:
    """The budgets of the versions that decide today or later, with the version and the name of the quota."""
    keys: dict[QuotaKey, tuple[BookRow, str]] = {}
    for row in rows:
        if row.known_to is None and standing_now(row, today) is not Standing.SUPERSEDED:
            for name, key in quota_keys(row.policy, max(today, row.valid.first_day), "").items():
                if key.scope == "budget_total":
                    keys.setdefault(key, (row, name))
    return keys


def budget_view(key: QuotaKey, used: int, found: tuple[BookRow, str] | None, language: Language) -> BudgetView:
    rules = (
        []
        if found is None
        else [
            rule
            for stage in found[0].policy.document.stages
            for rule in stage.rules
            if rule.quota is not None and rule.quota.scope == "budget_total" and rule.quota_name == found[1]
        ]
    )
    rule = rules[0] if rules else None
    quota = None if rule is None else rule.quota
    return {
        "quota": key.name,
        "period": key.period,
        "label": None if rule is None else rule.label.in_language(language),
        "funded_by": None if rule is None or rule.funding is None else rule.funding.label.in_language(language),
        "unit": None if quota is None else quota.unit,
        "size": None if quota is None else quota.max,
        "used": used,
        "remaining": None if quota is None else max(0, quota.max - used),
    }
