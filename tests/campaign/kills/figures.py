"""What a round of kills came to, and how that is said."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Figures:
    """kills: by what was killed, and where; "at random" wherever it was. gave_up: processes that ended by themselves
    because the database was away when they started. outages: of register, payment provider, timestamps and keys.
    batch_lines: documents out of batches, which were started again so many times. events: that citizens' applications
    were told of; told_again: those of them that were delivered more than once; dead: as long as somebody was gone.
    signatures: with keys of documents; in_a_token: those of them that a token made."""

    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    sent: int = 0
    applications: int = 0
    issued: int = 0
    lost: int = 0
    doubled: int = 0
    stuck: int = 0
    orphans: int = 0
    orphans_swept: int = 0
    gave_up: int = 0
    outages: int = 0
    parcels: int = 0
    payment_notices: int = 0
    events: int = 0
    told_again: int = 0
    dead: int = 0
    signatures: int = 0
    in_a_token: int = 0
    batch_lines: int = 0
    batches_again: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def __iadd__(self, other: Figures) -> Figures:
        self.kills += other.kills
        self.wrong += other.wrong
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


_SUMS = (
    *("sent", "applications", "issued", "lost", "doubled", "stuck"),
    *("orphans", "orphans_swept", "gave_up", "outages", "seconds"),
    *("parcels", "payment_notices", "events", "told_again", "dead", "batch_lines", "batches_again"),
    *("signatures", "in_a_token"),
)


def said(figures: Figures) -> str:
    by_target: Counter[str] = Counter()
    for (target, _), times in figures.kills.items():
        by_target[target] += times
    lines = [
        f"{figures.kills.total()} kills ({', '.join(f'{n} {what}' for what, n in sorted(by_target.items()))}),"
        f" {figures.sent} requests, {figures.applications} applications, {figures.issued} documents,"
        f" {figures.seconds:.0f} s",
        f"lost {figures.lost}, doubled {figures.doubled}, paid but stuck {figures.stuck}, orphan files after the sweep"
        f" {figures.orphans} (swept {figures.orphans_swept}), ended at start without a database {figures.gave_up},"
        f" outages of the outside world {figures.outages}",
        f"parcels {figures.parcels}, payment notices {figures.payment_notices}, lines of batches {figures.batch_lines}"
        f" (started again without a kill {figures.batches_again}), events {figures.events} (told again"
        f" {figures.told_again}, dead until replayed {figures.dead}), signatures {figures.signatures}"
        f" ({figures.in_a_token} in a token)",
        *(f"  {target:10} {point:18} {n:5}" for (target, point), n in sorted(figures.kills.items())),
    ]
    return "\n".join([*lines, *figures.wrong])
