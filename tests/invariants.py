"""What must hold of every installation at every instant, asked of the database with full rights: ten invariants.

Each question finds what breaks an invariant, and says what that is. Nothing is asked through the product's own queries,
but for fee decisions, which only it can read.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from issuance.fees.errors import AssessmentUnreadable
from storage.engines import blocking_engine
from storage.errors import FileDamaged, FileMissing
from storage.files import FolderDocumentFiles
from storage.metadata import metadata
from storage.one_moment import as_of_one_moment
from storage.runner import Database
from storage.verify_ledger import LedgerCheck
from tests.questions import AUDITED, QUESTIONS

KIND_OF_JOB = {"issue-result": "result", "issue-receipt": "receipt", "issue-apology": "apology"}
_PAGE = 500
_DUES = "SELECT id, amount_due FROM applications WHERE erased_at IS NULL"
_NOT_ERASED = "application_id NOT IN (SELECT id FROM applications WHERE erased_at IS NOT NULL)"
"""Files of who was erased are nobody's: the next sweep takes them."""


@dataclass(frozen=True, slots=True)
class KeyUse:
    """One signature with a document's key: by which kind of job, for which application."""

    job: str
    application_id: str
    key_id: str


def broken_invariants(
    database: Database,
    documents: Path | FolderDocumentFiles,
    signed: Iterable[KeyUse] = (),
    seals: Path | None = None,
) -> list[str]:
    """What breaks an invariant, one line for each thing found; nothing of it may ever be there.

    documents: the sealed files, or the folder where they lie in clear. signed: every use of a document's key, as far as
    somebody wrote them down.
    seals: the file of the ledger's seals outside of the database; with it the whole ledger is checked, too.
    """
    engine = blocking_engine(database.address)
    try:
        with engine.connect() as connection:
            found = [*_found(connection)]
            found += _files(
                connection, documents if isinstance(documents, FolderDocumentFiles) else FolderDocumentFiles(documents)
            )
            found += _audited(connection)
            found += _of_certificates(connection)
            found += _money(connection)
            found += _payment_notices(connection)
            found += _erased(connection)
            found += _key_uses(connection, signed)
            connection.rollback()
    finally:
        engine.dispose()
    if seals is not None:
        with as_of_one_moment(database.address) as connection:
            found += [f"8: {finding}" for finding in LedgerCheck(connection, database.ledger_key, seals).findings()]
    return [*found, *_fee_decisions(database)]


def digest_of_tables(database: Database, but: Collection[str] = ("worker_heartbeats", "schedules")) -> str:
    """Of every row of every table of ours, so that it can be said that nothing has changed."""
    digest, engine = hashlib.sha256(), blocking_engine(database.address)
    try:
        with engine.connect() as connection:
            for table in metadata.sorted_tables:
                if table.name not in but:
                    rows = sorted(map(repr, connection.execute(sa.text(f"SELECT * FROM {table.name}"))))
                    digest.update(repr((table.name, rows)).encode())
            connection.rollback()
    finally:
        engine.dispose()
    return digest.hexdigest()


def orphans(database: Database, documents: Path) -> list[Path]:
    """Files that no document, no paper and no act names, and unfinished ones."""
    engine = blocking_engine(database.address)
    try:
        with engine.connect() as connection:
            known = {digest.hex() for _, digest, _ in _registered(connection)}
            known |= {bytes(row[0]).hex() for row in _rows(connection, "SELECT sha256 FROM fee_acts")}
            connection.rollback()
    finally:
        engine.dispose()
    files = (file for file in documents.rglob("*") if file.is_file())
    return [file for file in files if file.parent.name + file.stem not in known]


def _found(connection: sa.Connection) -> Iterator[str]:
    for number, what, question in QUESTIONS:
        for row in _rows(connection, question):
            yield f"{number}: {what}: {row[0]}"


def _registered(connection: sa.Connection) -> Iterator[tuple[str, bytes, int]]:
    question = (
        f"SELECT id, sha256, size_bytes FROM certificates WHERE sha256 IS NOT NULL AND {_NOT_ERASED}"
        " UNION ALL SELECT certificate_id, sha256, size_bytes FROM certificate_files"
        f" WHERE certificate_id IN (SELECT id FROM certificates WHERE {_NOT_ERASED})"
    )
    for whose, digest, size in _rows(connection, question):
        yield _id(whose), bytes(digest), size


def _files(connection: sa.Connection, documents: FolderDocumentFiles) -> Iterator[str]:
    for whose, digest, size in _registered(connection):
        try:
            data = documents.load(digest)
        except FileMissing:
            yield f"4: issued without its file: {whose}"
        except FileDamaged:
            yield f"4: issued, and its file is another one: {whose}"
        else:
            if len(data) != size:
                yield f"4: issued, and its file is another one: {whose}"


def _audited(connection: sa.Connection) -> Iterator[str]:
    told: Counter[tuple[str, str]] = Counter(
        (_id(whose), action)
        for whose, action in _rows(
            connection, "SELECT application_id, action FROM audit WHERE application_id IS NOT NULL"
        )
    )
    for what, question, actions in AUDITED:
        is_so = Counter(_id(row[0]) for row in _rows(connection, question))
        said: Counter[str] = Counter()
        for (whose, action), times in told.items():
            if action in actions:
                said[whose] += times
        for whose in is_so.keys() | said.keys():
            if said[whose] != is_so[whose]:
                yield f"8: {what} {is_so[whose]} times and audited {said[whose]} times: {whose}"


def _money(connection: sa.Connection) -> Iterator[str]:
    sums = "SELECT coalesce(sum(CASE WHEN {} THEN amount ELSE 0 END), 0) FROM {} WHERE currency = 'VND'"
    came, waiting = (
        _rows(connection, sums.format(which, "received_payments"))[0][0] for which in ("1 = 1", "state = 'waiting'")
    )
    charged, refunded = (
        _rows(connection, question)[0][0]
        for question in (
            "SELECT coalesce(sum(amount), 0) FROM payment_orders WHERE paid_at IS NOT NULL",
            "SELECT coalesce(sum(r.amount), 0) FROM refund_orders r JOIN received_payments p ON p.id = r.payment_id"
            " WHERE p.currency = 'VND' AND r.application_id IS NULL",
        )
    )
    if came != charged + refunded + waiting:
        yield f"6: {came} came, and {charged} is charged, {refunded} goes back uncharged, {waiting} waits"
    told: set[str] = set()
    for (details,) in _rows(connection, "SELECT details FROM audit WHERE action LIKE 'payment_%'"):
        entry = json.loads(details) if isinstance(details, str) else details
        told.update(_id(one) for one in {entry.get("payment"), *entry.get("payments", ())} - {None})
    kept = {_id(payment) for (payment,) in _rows(connection, "SELECT id FROM received_payments")}
    yield from (f"8: money came, and the trail does not tell of it: {one}" for one in kept - told)
    yield from (f"1: the trail tells of money that is nowhere: {one}" for one in told - kept)


def _payment_notices(connection: sa.Connection) -> Iterator[str]:
    told = _details(connection, "payment_notice_confirmed", "notice")
    done = Counter(_id(row[0]) for row in _rows(connection, "SELECT id FROM payment_notices WHERE done_at IS NOT NULL"))
    for notice in done.keys() | told.keys():
        if done[notice] != told[notice]:
            yield f"8: a payment's notice is done {done[notice]} times and audited {told[notice]} times: {notice}"


def _erased(connection: sa.Connection) -> Iterator[str]:
    """Not in it: whoever had asked for somebody else, whose application stays."""
    told: Counter[str] = Counter()
    for whose, details in _rows(
        connection,
        "SELECT application_id, details FROM audit WHERE application_id IS NOT NULL"
        " AND action IN ('person_erased', 'application_erased')",
    ):
        told[_id(whose)] += bool((json.loads(details) if isinstance(details, str) else details)["is_concerned"])
    erased = {_id(row[0]) for row in _rows(connection, "SELECT id FROM applications WHERE erased_at IS NOT NULL")}
    for whose in erased | told.keys():
        if told[whose] != (whose in erased):
            yield f"8: erased other than the trail says: {whose}"
    persons = _details(connection, "person_erased", "erasure")
    known = {_id(row[0]) for row in _rows(connection, "SELECT id FROM erasures")}
    yield from (f"8: somebody was erased other than the trail says: {one}" for one in known ^ persons.keys())


def _details(connection: sa.Connection, action: str, member: str) -> Counter[str]:
    """How often each value of this member stands in the trail."""
    found: Counter[str] = Counter()
    for (details,) in _rows(connection, f"SELECT details FROM audit WHERE action = '{action}'"):
        told = json.loads(details) if isinstance(details, str) else details
        if member in told:
            found[_id(told[member])] += 1
    return found


def _of_certificates(connection: sa.Connection) -> Iterator[str]:
    """What the trail says of each document, beside what its row says."""
    entries: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = {}
    for whose, action, details in _rows(
        connection,
        "SELECT application_id, action, details FROM audit WHERE action LIKE 'certificate_%'"
        " ORDER BY application_id, seq",
    ):
        told = json.loads(details) if isinstance(details, str) else details
        kind = told.get("kind", "result")
        entries.setdefault((_id(whose), kind), []).append((action, told))
    suspended = {_id(row[0]) for row in _rows(connection, "SELECT certificate_id FROM suspensions")}
    rows = _rows(
        connection,
        "SELECT id, application_id, kind, state, number, status_list, status_index, sha256 FROM certificates",
    )
    for row_id, application_id, kind, state, number, *entry, sha256 in rows:
        told_of = entries.pop((_id(application_id), kind), [])
        actions = Counter(action for action, _ in told_of)
        if actions["certificate_intended"] != 1:
            yield f"5: intended {actions['certificate_intended']} times: {_id(row_id)}"
        if actions["certificate_issued"] != (state != "intended"):
            yield f"2: {state}, and issued {actions['certificate_issued']} times by the trail: {_id(row_id)}"
        is_suspended = actions["certificate_suspended"] - actions["certificate_reinstated"]
        if state == "issued" and is_suspended != (_id(row_id) in suspended):
            yield f"7: suspended other than the trail says: {_id(row_id)}"
        if (state == "revoked") != (actions["certificate_revoked"] == 1):
            yield f"7: {state}, and revoked {actions['certificate_revoked']} times by the trail: {_id(row_id)}"
        for action, told in told_of:
            intended = action in ("certificate_intended", "certificate_intended_anew", "certificate_issued")
            if intended and [told["number"], told["status_list"], told["status_index"]] != [number, *entry]:
                yield f"3: sealed with another number or entry than was intended: {_id(row_id)}"
            if action == "certificate_issued" and sha256 is not None and told["sha256"] != bytes(sha256).hex():
                yield f"4: registered with another digest than the trail says: {_id(row_id)}"
    for whose, kind in entries:
        yield f"8: the trail tells of a {kind} that is not there: {whose}"


def _key_uses(connection: sa.Connection, signed: Iterable[KeyUse]) -> Iterator[str]:
    intended: dict[tuple[str, str], set[str]] = {}
    for whose, details in _rows(
        connection, "SELECT application_id, details FROM audit WHERE action LIKE 'certificate_intended%'"
    ):
        told = json.loads(details) if isinstance(details, str) else details
        intended.setdefault((_id(whose), told["kind"]), set()).update(told["keys"])
    for use in set(signed):
        if use.key_id not in intended.get((_id(use.application_id), KIND_OF_JOB.get(use.job, "")), ()):
            yield f"5: a key signed without an INTENT: {use.key_id} in {use.job} for {use.application_id}"


def _fee_decisions(database: Database) -> Iterator[str]:
    """Reading one compares its sums with what its lines say; the newest one is what is asked for."""
    newest: dict[str, int | None] = {}
    after: tuple[UUID | None, int] = (None, 0)
    while True:
        try:
            page = database.run_blocking(lambda records, after=after: records.assessments.after(*after, _PAGE))  # type: ignore[misc] # of a default
        except AssessmentUnreadable as wrong:
            yield f"6: a fee decision that does not add up: {wrong}"
            return
        for one in page:
            totals = one.assessment.totals
            newest[one.application_id.hex] = None if totals is None else totals.due
        if len(page) < _PAGE:
            break
        after = (page[-1].application_id, page[-1].seq)
    dues = database.run_blocking(lambda records: _rows(records._connection, _DUES))
    for whose, due in ((_id(row[0]), row[1]) for row in dues):
        # Where no rule decides an official does.
        if newest.get(whose) not in (None, due):
            yield f"6: due is {due}, and {newest[whose]} by the newest fee decision: {whose}"


def _rows(connection: sa.Connection, question: str) -> Sequence[Any]:
    return connection.execute(sa.text(question)).all()


def _id(value: object) -> str:
    """SQLite keeps ids without hyphens, PostgreSQL knows what they are."""
    return str(value).replace("-", "")
