"""The policies that come with the software enter the book by themselves, once, and their acts with them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from issuance.fees.book import EVER, BookEntry, PolicyBook, name_of
from issuance.fees.document import FeePolicy
from issuance.fees.errors import FeeError, PolicyRefused
from issuance.fees.policy import load_policies
from issuance.fees.reading.read_policy import read_policy
from issuance.records import AuditEntry, DocumentFiles, FeePolicies, Records

from .acts import is_intact
from .draft import BookRow, StoredAct
from .moment import moment_of_change

BY_THE_SOFTWARE = "condau"
LATEST = datetime.max.replace(tzinfo=UTC)
LEFT_OUT = "left out, since versions of the agency's own have their numbers or decide on their days"
_TYPES = {".md": "text/markdown", ".txt": "text/plain", ".pdf": "application/pdf"}


class ShippedPolicyChanged(FeeError):
    """A file has the id and version of a policy in the book, and says something else. A version never changes."""

    code = "shipped_policy_changed"


@dataclass(frozen=True, slots=True)
class ShippedAct:
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ShippedPolicy:
    """A checked policy, the bytes it was read from, and the files of the acts that it cites."""

    policy: FeePolicy
    source: bytes
    acts: tuple[ShippedAct, ...] = ()


def read_shipped(*folders: Path) -> Sequence[ShippedPolicy]:
    """Every policy of the folders, checked with its acts and examples. Raises PolicyRefused."""
    load_policies(*folders)
    found = []
    for file in (file for folder in folders for file in sorted(folder.glob("*.json"))):
        source, acts = file.read_bytes(), file.parent.parent / "acts"
        policy = read_policy(source, file.name)
        names = sorted({basis.source.file for basis in policy.document.basis})
        found.append(
            ShippedPolicy(policy, source, tuple(ShippedAct(name, (acts / name).read_bytes()) for name in names))
        )
    return found


def store_acts(files: DocumentFiles, policies: Iterable[ShippedPolicy]) -> None:
    """Put the acts' files where documents lie, also in the place of damaged ones; before `install`, outside of any
    transaction."""
    for act in {act for shipped in policies for act in shipped.acts}:
        sha256 = hashlib.sha256(act.content).digest()
        if not is_intact(files, sha256):
            files.store(act.content, sha256)


def install(records: Records, policies: Iterable[ShippedPolicy], at: datetime) -> Sequence[FeePolicy]:
    """Let each policy that was never in the book decide on its days.

    A first run's policies have always been known; what a later release brings is known from then on, since what was
    known in between is history. Returns those that are left out because what an agency has scheduled has their number,
    or decides on some of their days. Raises ShippedPolicyChanged.
    """
    book, rows, left_out = records.fee_policies.book(), records.fee_policies.rows(), []
    known_from = moment_of_change(_times(book), at) if book.entries else EVER
    for shipped in policies:
        for act in shipped.acts:
            records.fee_policies.add_act(_stored(act, at))
        if _is_known(rows, shipped.policy):
            continue
        entered = None if _has_taken_number(rows, shipped.policy) else _with(book, shipped.policy, known_from)
        if entered is None:
            left_out.append(shipped.policy)
            continue
        book = entered
        _enter(records.fee_policies, shipped, known_from)
        records.audit.append(
            AuditEntry(
                at=at,
                actor=BY_THE_SOFTWARE,
                action="fee_policy_installed",
                application_id=None,
                details={
                    "policy": shipped.policy.id,
                    "version": shipped.policy.version,
                    "digest": shipped.policy.digest,
                },
            )
        )
    return left_out


def not_in_the_book(
    book: PolicyBook, rows: Sequence[BookRow], policies: Iterable[ShippedPolicy]
) -> tuple[Sequence[FeePolicy], Sequence[FeePolicy]]:
    """Those that `install` would let in, and those that it leaves out. Raises ShippedPolicyChanged."""
    missing = [shipped.policy for shipped in policies if not _is_known(rows, shipped.policy)]
    left_out = [policy for policy in missing if _has_taken_number(rows, policy) or _with(book, policy, LATEST) is None]
    return [policy for policy in missing if policy not in left_out], left_out


def _is_known(rows: Sequence[BookRow], policy: FeePolicy) -> bool:
    """Raises ShippedPolicyChanged where a file has brought another document under this number."""
    if any(row.policy.digest == policy.digest for row in rows):
        return True
    if any(row.opened_by == BY_THE_SOFTWARE for row in _of_number(rows, policy)):
        raise ShippedPolicyChanged(
            f"{name_of(policy)}: the file is not the document that is in the book under this number; "
            "give what has changed a version of its own"
        )
    return False


def _has_taken_number(rows: Sequence[BookRow], policy: FeePolicy) -> bool:
    # An agency goes on counting where the software stopped; a release that counts on as well must not stop its service.
    return bool(_of_number(rows, policy))


def _of_number(rows: Sequence[BookRow], policy: FeePolicy) -> Sequence[BookRow]:
    return [row for row in rows if (row.policy.id, row.policy.version) == (policy.id, policy.version)]


def _with(book: PolicyBook, policy: FeePolicy, known_from: datetime) -> PolicyBook | None:
    """None where it would decide together with another one."""
    try:
        return PolicyBook((*book.entries, BookEntry(policy, policy.document.effective, known_from)))
    except PolicyRefused:
        return None


def _times(book: PolicyBook) -> Iterable[datetime]:
    return (moment for entry in book.entries for moment in (entry.known_from, entry.known_to) if moment is not None)


def _enter(fee_policies: FeePolicies, shipped: ShippedPolicy, known_from: datetime) -> None:
    row = BookRow(
        id=uuid4(),
        policy=shipped.policy,
        valid=shipped.policy.document.effective,
        known_from=known_from,
        opened_by=BY_THE_SOFTWARE,
    )
    fee_policies.open_entry(row, shipped.source)


def _stored(act: ShippedAct, at: datetime) -> StoredAct:
    return StoredAct(
        sha256=hashlib.sha256(act.content).digest(),
        name=act.name,
        media_type=_TYPES.get(Path(act.name).suffix, "application/octet-stream"),
        size_bytes=len(act.content),
        added_by=BY_THE_SOFTWARE,
        added_at=at,
    )
