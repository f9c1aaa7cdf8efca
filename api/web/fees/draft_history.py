"""Who did what to a draft, from the audit trail: its beginning, its edits, checks, rehearsals and decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from issuance.fee_policies.draft import PolicyDraft
from issuance.fee_policies.rights import ANY_OF_THEM
from issuance.fee_policies.trail import done_to_draft
from issuance.records import AuditEntry, Records

from ...languages import Language
from ..texts import N_, translations
from .people import Names

_EDITED, _CHECKED = "fee_draft_edited", "fee_draft_checked"
_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "fee_draft_written": N_("Begun"),
        _EDITED: N_("Edited"),
        _CHECKED: N_("Checked"),
        "fee_rehearsal_asked": N_("Rehearsal asked for"),
        "fee_draft_approved": N_("Approved"),
        "fee_policy_scheduled": N_("Put into the book"),
        "fee_draft_withdrawn": N_("Withdrawn"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that was done to the draft. link: to what came of it, or none. times: how often in a row."""

    action: str
    text: str
    by: str
    at: datetime
    more: str = ""
    link: str | None = None
    times: int = 1


def history_of(
    records: Records, draft: PolicyDraft, accounts: Iterable[str], people: Names, language: Language
) -> list[Event]:
    """The earliest first. accounts: that have had to do with it, besides those whose roles allow it."""
    officials = [one.subject_key for one in records.officials.list() if ANY_OF_THEM & one.roles]
    found: list[Event] = []
    for entry in done_to_draft(records, draft.id, [*officials, *accounts]):
        _add(found, _event(entry, people, language))
    return found


def _event(entry: AuditEntry, people: Names, language: Language) -> Event:
    texts, details = translations(language), entry.details
    more, link = "", None
    if entry.action == _CHECKED:
        errors, warnings = details["errors"], details["warnings"]
        counted: Sequence[str] = [
            texts.ngettext("%(num)s error", "%(num)s errors", errors) % {"num": errors},
            texts.ngettext("%(num)s warning", "%(num)s warnings", warnings) % {"num": warnings},
        ]
        more = ", ".join(counted)
    elif entry.action == "fee_rehearsal_asked":
        link = f"/fees/rehearsals/{details['rehearsal']}"
    elif entry.action == "fee_draft_withdrawn":
        more = str(details["reason"])
    return Event(
        action=entry.action,
        text=texts.gettext(_TEXTS[entry.action]),
        by=people.of(entry.actor),
        at=entry.at,
        more=more,
        link=link,
    )


def _add(found: list[Event], event: Event) -> None:
    """Forms save and check at every step: of such a row, one edit and the last check are told."""
    if event.action == _CHECKED and found and found[-1].action == _CHECKED:
        found[-1] = event
        return
    if event.action == _EDITED:
        behind = found[-2:]
        edits = [one for one in behind if one.action == _EDITED and one.by == event.by]
        if edits and all(one.action in (_EDITED, _CHECKED) for one in behind[behind.index(edits[0]) :]):
            place = found.index(edits[0])
            found[place:] = [replace(event, times=edits[0].times + 1)]
            return
        # The check of what it replaces says nothing any more.
        if found and found[-1].action == _CHECKED:
            found.pop()
    found.append(event)
