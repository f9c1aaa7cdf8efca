"""How `condau keys list` shows a ring: as a table for people, as records for programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table

from signing.describe_keys import KeyDescription, KeyState
from verification.verdict import VIETNAM

_STYLES = {
    KeyState.SIGNING: "green",
    KeyState.NEXT: "cyan",
    KeyState.PENDING: "yellow",
    KeyState.COMPROMISED: "red",
}


def table_of(described: Sequence[KeyDescription]) -> Table:
    """Times are Vietnam's. It fits into 80 columns, for the instant of a theft must not be cut off."""
    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    for head in ("key", "purpose\nunit", "type\nlives in", "from\nuntil\ncertified until", "state"):
        table.add_column(head, no_wrap=True)
    for one in described:
        record, style = one.record, _STYLES.get(one.state, "dim")
        state = one.state.value
        if record.compromised_from is not None:
            state += f" since\n{_minute(record.compromised_from)}"
        period = f"{_minute(record.not_before)}\n{_minute(record.not_after)}"
        if one.certificate_ends is not None:
            period += f"\n{one.certificate_ends.astimezone(VIETNAM):%Y-%m-%d}"
        table.add_row(
            escape(record.key_id),
            escape(f"{record.purpose.value}\n{record.unit or ''}"),
            escape(f"{one.key_type or 'other'}\n{one.backend}"),
            period,
            f"[{style}]{escape(state)}[/{style}]",
        )
    return table


def anchors_of(described: Sequence[KeyDescription]) -> list[str]:
    """What is handed out to whoever checks offline, of the key that signs trust lists and of those to come."""
    when = {KeyState.SIGNING: "which signs trust lists now", KeyState.NEXT: "which is to sign them"}
    return [
        f"the anchor of {one.record.key_id}, {when[one.state]}: {one.anchor.hex()}"
        for one in described
        if one.anchor is not None and one.state in when
    ]


def as_record(one: KeyDescription) -> dict[str, Any]:
    """Times as ISO 8601 with their offset; null where there is nothing to say."""
    record = one.record
    return {
        "id": record.key_id,
        "purpose": record.purpose.value,
        "unit": record.unit,
        "type": one.key_type,
        "backend": one.backend,
        "not_before": record.not_before.isoformat(),
        "not_after": record.not_after.isoformat(),
        "signs_until": record.ends.isoformat(),
        "state": one.state.value,
        "compromised_from": None if record.compromised_from is None else record.compromised_from.isoformat(),
        "anchor": None if one.anchor is None else one.anchor.hex(),
        "certificate_until": None if one.certificate_ends is None else one.certificate_ends.isoformat(),
    }


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(VIETNAM):%Y-%m-%d %H:%M}"
