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

from storage.engines import blocking_engine
from storage.errors import FileDamaged, FileMissing
from storage.files import FolderDocumentFiles
from storage.metadata import metadata
from storage.one_moment import as_of_one_moment
from storage.runner import Database
from storage.verify_ledger import LedgerCheck

KIND_OF_JOB = {"issue-result": "result", "issue-receipt": "receipt", "issue-apology": "apology"}
_PAGE = 500
_NOT_ERASED = "application_id NOT IN (SELECT id FROM applications WHERE erased_at IS NOT NULL)"
"""Files of who was erased are nobody's: the next sweep takes them."""


@dataclass(frozen=True, slots=True)
class KeyUse:
    """One signature with a document's key: by which kind of job, for which application."""

    job: str
    application_id: str
    key_id: str


# Invariant, what a row of the answer is, and the question.
_QUESTIONS: tuple[tuple[int, str, str], ...] = (
    (
        1,
        "an order and its application do not say the same of being paid",
        "SELECT o.id FROM payment_orders o JOIN applications a ON a.id = o.application_id"
        " WHERE (o.paid_at IS NOT NULL AND NOT a.paid) OR (o.paid_at IS NULL AND a.paid)",
    ),
    (
        1,
        "paid, and still waiting for money",
        "SELECT o.id FROM payment_orders o JOIN applications a ON a.id = o.application_id"
        " WHERE o.paid_at IS NOT NULL AND a.state = 'payment_asked'",
    ),
    (
        1,
        "an order that is cancelled and paid",
        "SELECT id FROM payment_orders WHERE paid_at IS NOT NULL AND cancelled_at IS NOT NULL",
    ),
    (
        1,
        "withdrawn, and what was paid is not ordered back whole",
        "SELECT o.id FROM payment_orders o JOIN applications a ON a.id = o.application_id"
        " WHERE o.paid_at IS NOT NULL AND a.state = 'withdrawn' AND o.amount <>"
        " (SELECT coalesce(sum(r.amount), 0) FROM refund_orders r WHERE r.application_id = a.id)",
    ),
    (
        1,
        "paid by other money than it asked for",
        "SELECT o.id FROM payment_orders o WHERE o.paid_at IS NOT NULL AND o.amount <>"
        " (SELECT coalesce(sum(p.amount), 0) FROM received_payments p WHERE p.application_id = o.application_id)",
    ),
    (
        1,
        "charged for an application whose order is not paid",
        "SELECT p.id FROM received_payments p WHERE p.state = 'charged' AND NOT EXISTS"
        " (SELECT 1 FROM payment_orders o WHERE o.application_id = p.application_id AND o.paid_at IS NOT NULL)",
    ),
    (
        1,
        "money that waits, and no unit looks after it",
        "SELECT id FROM received_payments WHERE state = 'waiting' AND unit = ''",
    ),
    (
        1,
        "an order that waits for money, and what has come is exactly that",
        "SELECT o.id FROM payment_orders o WHERE o.paid_at IS NULL AND o.cancelled_at IS NULL AND o.amount ="
        " (SELECT coalesce(sum(p.amount), 0) FROM received_payments p"
        " WHERE p.meant_for = o.application_id AND p.state = 'waiting' AND p.currency = 'VND')",
    ),
    (
        2,
        "more documents than one of a kind",
        "SELECT application_id FROM certificates GROUP BY application_id, kind HAVING count(*) > 1",
    ),
    (
        3,
        "two documents with one number, or with one entry of a status list",
        "SELECT c.id FROM certificates c JOIN certificates d ON c.id <> d.id AND (c.number = d.number"
        " OR c.check_code = d.check_code OR c.sha256 = d.sha256"
        " OR (c.status_list = d.status_list AND c.status_index = d.status_index))",
    ),
    (
        3,
        "a status list that counts other than its documents",
        "SELECT l.number FROM status_lists l WHERE l.used <>"
        " (SELECT count(*) FROM certificates c WHERE c.status_list = l.number)",
    ),
    (
        3,
        "a document in a status list that was never opened",
        "SELECT id FROM certificates WHERE status_list NOT IN (SELECT number FROM status_lists)",
    ),
    (
        3,
        "receipts whose numbers have gaps, or are there twice",
        "SELECT n.unit FROM counters n WHERE n.name = 'receipt' GROUP BY n.unit HAVING sum(n.value) <>"
        " (SELECT count(*) FROM certificates c WHERE c.kind = 'receipt' AND c.unit = n.unit)",
    ),
    (
        3,
        "numbers of receipts with a gap",
        "SELECT unit FROM receipt_numbers GROUP BY unit, year HAVING count(*) <> max(number) OR min(number) <> 1",
    ),
    (
        3,
        "a receipt without a number, or a number without a receipt",
        "SELECT application_id FROM certificates WHERE kind = 'receipt'"
        " AND application_id NOT IN (SELECT application_id FROM receipt_numbers) UNION ALL"
        " SELECT application_id FROM receipt_numbers"
        " WHERE application_id NOT IN (SELECT application_id FROM certificates WHERE kind = 'receipt')",
    ),
    (
        2,
        "a document of a batch that none of its lines has led to",
        "SELECT a.id FROM applications a JOIN batches b ON a.code LIKE b.code || '-%' WHERE a.id NOT IN"
        " (SELECT application_id FROM batch_lines WHERE application_id IS NOT NULL)",
    ),
    (
        3,
        "a list for the post that counts other than its parcels",
        "SELECT b.id FROM postal_batches b WHERE b.parcels <> (SELECT count(*) FROM parcels p WHERE p.batch_id = b.id)",
    ),
    (
        3,
        "lines of a list for the post with a gap",
        "SELECT batch_id FROM parcels WHERE batch_id IS NOT NULL GROUP BY batch_id"
        " HAVING count(*) <> max(line) OR min(line) <> 1",
    ),
    (
        3,
        "lists for the post with a gap",
        "SELECT unit FROM postal_batches GROUP BY unit, on_day HAVING count(*) <> max(number) OR min(number) <> 1",
    ),
    (
        3,
        "parcels of an application with a gap",
        "SELECT application_id FROM parcels GROUP BY application_id HAVING count(*) <> max(seq) OR min(seq) <> 1",
    ),
    (
        4,
        "a line of a batch that is issued, without its document",
        "SELECT l.application_id FROM batch_lines l WHERE l.state = 'issued' AND NOT EXISTS (SELECT 1 FROM"
        " certificates c WHERE c.application_id = l.application_id AND c.kind = 'result' AND c.state <> 'intended')",
    ),
    (
        4,
        "a batch that is finished, and not all of its lines are",
        "SELECT b.id FROM batches b WHERE b.finished_at IS NOT NULL AND b.lines <>"
        " (SELECT count(*) FROM batch_lines l WHERE l.batch_id = b.id AND l.state <> 'intended')",
    ),
    (
        8,
        "cash that nobody has taken, or other money that somebody has",
        "SELECT id FROM received_payments WHERE (source = 'counter') <> (taken_by IS NOT NULL)",
    ),
    (
        10,
        "erased, and something still tells who it was",
        "SELECT id FROM applications WHERE erased_at IS NOT NULL AND (person_index IS NOT NULL"
        " OR concerned_index IS NOT NULL OR subject_key <> 'erased' OR closed_at IS NULL)",
    ),
    (
        10,
        "erased, and a key is still there",
        "SELECT k.application_id FROM person_keys k JOIN applications a ON a.id = k.application_id"
        " WHERE a.erased_at IS NOT NULL AND k.wrapped_key IS NOT NULL",
    ),
    (
        10,
        "somebody was erased, and an earlier application is not",
        "SELECT a.id FROM applications a JOIN erasures e ON e.person_index IN (a.person_index, a.concerned_index)"
        " WHERE a.submitted_at < e.at",
    ),
    (
        8,
        "copies that count other than their prints",
        "SELECT c.application_id FROM paper_copies c WHERE c.printed <>"
        " (SELECT coalesce(sum(p.copies), 0) FROM paper_prints p WHERE p.application_id = c.application_id)",
    ),
    (
        4,
        "settled without an issued result",
        "SELECT a.id FROM applications a WHERE a.state IN ('settled', 'result_returned') AND NOT EXISTS"
        " (SELECT 1 FROM certificates c WHERE c.application_id = a.id AND c.kind = 'result' AND c.state <> 'intended')",
    ),
    (
        4,
        "an issued result whose application is not settled",
        "SELECT a.id FROM applications a JOIN certificates c ON c.application_id = a.id AND c.kind = 'result'"
        " WHERE c.state <> 'intended' AND a.state NOT IN ('settled', 'result_returned')",
    ),
    (
        4,
        "an application and its receipt do not say the same of being issued",
        "SELECT a.id FROM applications a WHERE a.receipt_issued <> EXISTS"
        " (SELECT 1 FROM certificates c WHERE c.application_id = a.id AND c.kind = 'receipt'"
        " AND c.state <> 'intended')",
    ),
    (
        6,
        "a payment and its refunds do not say the same of what goes back",
        "SELECT p.id FROM received_payments p WHERE p.refunded <>"
        " (SELECT coalesce(sum(r.amount), 0) FROM refund_orders r WHERE r.payment_id = p.id)",
    ),
    (
        6,
        "what stays of the money is other than what is due",
        "SELECT o.id FROM payment_orders o JOIN applications a ON a.id = o.application_id WHERE o.paid_at IS NOT NULL"
        " AND a.state IN ('settled', 'result_returned') AND a.amount_due <> o.amount -"
        " (SELECT coalesce(sum(r.amount), 0) FROM refund_orders r WHERE r.application_id = a.id)",
    ),
    (
        6,
        "ordered back for an application that it did not pay for",
        "SELECT r.id FROM refund_orders r JOIN received_payments p ON p.id = r.payment_id"
        " WHERE r.application_id IS NOT NULL AND (p.application_id IS NULL OR p.application_id <> r.application_id)",
    ),
    (
        6,
        "an order that asks for another amount than is due",
        "SELECT o.id FROM payment_orders o JOIN applications a ON a.id = o.application_id"
        " WHERE o.paid_at IS NULL AND o.cancelled_at IS NULL AND o.amount <> a.amount_due",
    ),
    (
        6,
        "waits for money, without an order that asks for it",
        "SELECT a.id FROM applications a WHERE a.state = 'payment_asked' AND NOT EXISTS"
        " (SELECT 1 FROM payment_orders o WHERE o.application_id = a.id AND o.cancelled_at IS NULL)",
    ),
    (
        6,
        "a quota that counts other than its claims",
        "SELECT q.name FROM quota_counters q WHERE q.used <> (SELECT coalesce(sum(c.taken), 0) FROM quota_claims c"
        " WHERE c.policy_id = q.policy_id AND c.name = q.name AND c.scope = q.scope AND c.person = q.person"
        " AND c.period = q.period AND c.state <> 'released')",
    ),
    (
        7,
        "suspended, and not in force anyway",
        "SELECT s.certificate_id FROM suspensions s JOIN certificates c ON c.id = s.certificate_id"
        " WHERE c.state <> 'issued'",
    ),
    (
        8,
        "an audit trail with a gap",
        "SELECT application_id FROM audit WHERE application_id IS NOT NULL GROUP BY application_id"
        " HAVING count(*) <> max(seq) OR min(seq) <> 1",
    ),
    (
        8,
        "an audit trail of no application",
        "SELECT DISTINCT application_id FROM audit WHERE application_id IS NOT NULL"
        " AND application_id NOT IN (SELECT id FROM applications)",
    ),
    (
        8,
        "an application without its fee decision",
        "SELECT id FROM applications WHERE id NOT IN (SELECT application_id FROM fee_assessments WHERE seq = 1)",
    ),
)

# How often an effect is there, and how often the audit trail says so: a query for ids each, and the actions.
_AUDITED: tuple[tuple[str, str, Collection[str]], ...] = (
    ("submitted", "SELECT id FROM applications", {"application_submitted", "body_request_submitted"}),
    (
        "paid",
        "SELECT application_id FROM payment_orders WHERE paid_at IS NOT NULL",
        {"payment_confirmed", "payment_to_refund"},
    ),
    ("withdrawn", "SELECT id FROM applications WHERE state = 'withdrawn'", {"application_withdrawn"}),
    (
        "revoked",
        "SELECT application_id FROM certificates WHERE state = 'revoked'",
        {"certificate_revoked"},
    ),
    ("sent by post", "SELECT application_id FROM parcels", {"parcel_asked"}),
    ("handed over", "SELECT application_id FROM parcels WHERE batch_id IS NOT NULL", {"parcel_handed_over"}),
    (
        "at the end of the way",
        "SELECT application_id FROM parcels WHERE state IN ('delivered', 'returned')",
        {"parcel_delivered", "parcel_returned"},
    ),
    ("printed", "SELECT application_id FROM paper_prints", {"printed"}),
)


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
    return [*found, *_waived(database)]


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
    for number, what, question in _QUESTIONS:
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
    for what, question, actions in _AUDITED:
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


def _waived(database: Database) -> Iterator[str]:
    after: tuple[UUID | None, int] = (None, 0)
    while True:
        page = database.run_blocking(lambda records, after=after: records.assessments.after(*after, _PAGE))  # type: ignore[misc] # of a default
        for one in page:
            lines, totals = one.assessment.lines, one.assessment.totals
            if totals is None:
                continue
            funded = sum(reduction.amount for line in lines for reduction in line.reductions)
            if (totals.waived, totals.gross) != (funded, sum(line.gross for line in lines)):
                yield f"6: waived is not the sum of what its lines say: {one.application_id}"
        if len(page) < _PAGE:
            return
        after = (page[-1].application_id, page[-1].seq)


def _rows(connection: sa.Connection, question: str) -> Sequence[Any]:
    return connection.execute(sa.text(question)).all()


def _id(value: object) -> str:
    """SQLite keeps ids without hyphens, PostgreSQL knows what they are."""
    return str(value).replace("-", "")
