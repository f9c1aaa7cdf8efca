"""The desk's work list of a unit with a million applications, beside one with ten thousand.

Both are filled in the database itself, a quarter of each undecided. Every question is asked of both in turn, through
the code that HTTP uses, rows read and all; what counts is how many times longer the large one takes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from benchmarks.measurement import Measurement, Run
from issuance.application import ApplicationState
from issuance.work_list import WorkFilter
from storage.application_rows import application_to_row
from storage.cursors import encode_cursor
from storage.personal import personal_columns
from storage.records import SqlRecords
from storage.runner import Database
from storage.tables import applications as t
from storage.work_list import wanted_work
from tests.storage.databases import postgres_server
from tests.storage.ledger_keys import a_ledger_key
from tests.storage.people import UNIT, an_application
from tests.storage.vaults import a_vault

PAGE = 20
DEEP_PAGE = 100
OPEN_OF = 4
"""One in so many is undecided."""
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=365)
ASKED_TIMES_AT_MOST = 1.5


def measure(
    say: Callable[[str], None], *, turns: int = 5, calls: int = 20, small: int = 10_000, large: int = 1_000_000
) -> list[Measurement]:
    return [
        measure_on(kind, say, turns=turns, calls=calls, small=small, large=large) for kind in ("sqlite", "postgresql")
    ]


@dataclass(frozen=True, slots=True)
class _Question:
    wanted: WorkFilter
    page: int = 1


def _questions(deep: int) -> dict[str, _Question]:
    middle = BEGIN + SPAN / 2
    return {
        "first page": _Question(WorkFilter()),
        f"page {deep}": _Question(WorkFilter(), deep),
        "type": _Question(WorkFilter(type_id="type-3")),
        "rare type": _Question(WorkFilter(type_id="rare")),
        "step": _Question(WorkFilter(step="step-2")),
        "owner": _Question(WorkFilter(owner="official-7")),
        "nobody's": _Question(WorkFilter(unowned=True)),
        "state": _Question(WorkFilter(state=ApplicationState.PAYMENT_ASKED)),
        "overdue": _Question(WorkFilter(due="overdue", now=middle, soon_before=middle)),
        "due soon": _Question(WorkFilter(due="soon", now=middle, soon_before=middle + timedelta(days=7))),
        "submitted from": _Question(WorkFilter(submitted_from=BEGIN + SPAN * 0.9)),
    }


def measure_on(kind: str, say: Callable[[str], None], *, turns: int, calls: int, small: int, large: int) -> Measurement:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="condau-bench-")))
        databases = {}
        for name, count in (("small", small), ("large", large)):
            database = stack.enter_context(_filled(kind, folder, name, count, stack))
            databases[name] = database
            say(f"work-list-{kind}: {count:,} applications are in")
        questions = _questions(max(2, min(DEEP_PAGE, small // OPEN_OF // PAGE // 2)))
        cursors = {
            (name, said): _cursor(database, question)
            for name, database in databases.items()
            for said, question in questions.items()
        }
        for name, database in databases.items():
            for said, question in questions.items():
                _seal_page(database, question)
                _ask(database, question, cursors[name, said])
        runs = []
        seconds: dict[tuple[str, str], list[float]] = {key: [] for key in cursors}
        for turn in range(turns):
            of_turn: dict[str, list[float]] = {name: [] for name in databases}
            for said, question in questions.items():
                for _ in range(calls):
                    for name, database in databases.items():
                        begun = time.perf_counter()
                        _ask(database, question, cursors[name, said])
                        took = time.perf_counter() - begun
                        seconds[name, said].append(took)
                        of_turn[name].append(took)
            rates = {name: 1 / statistics.median(each) for name, each in of_turn.items()}
            runs.append(Run(ours=rates["large"], baseline=rates["small"]))
            say(f"work-list-{kind} {turn + 1}/{turns}: {rates['large']:.0f} against {rates['small']:.0f} pages/s")
        times = {
            said: statistics.median(seconds["large", said]) / statistics.median(seconds["small", said])
            for said in questions
        }
        for said, factor in times.items():
            say(f"work-list-{kind}, {said}: {factor:.2f} times")
    return Measurement(
        name=f"work-list-{kind}",
        unit="pages/s",
        ours_is=f"a page of {PAGE} of a unit's work list, {large:,} applications, a quarter undecided; {kind}",
        baseline_is=f"the same with {small:,} applications",
        runs=runs,
        details={
            "times_as_long": {said: round(factor, 2) for said, factor in times.items()},
            "worst_times_as_long": round(max(times.values()), 2),
            "asked_times_at_most": ASKED_TIMES_AT_MOST,
            **{
                f"p50_ms_{name}": {said: round(statistics.median(seconds[name, said]) * 1000, 2) for said in questions}
                for name in databases
            },
        },
    )


def _ask(database: Database, question: _Question, cursor: str | None) -> None:
    database.run_blocking(lambda records: records.applications.work_list(UNIT, cursor, PAGE, question.wanted))


def _cursor(database: Database, question: _Question) -> str | None:
    """Of the page asked for, found by counting."""
    if question.page == 1:
        return None
    key = (t.c.promised_at, t.c.submitted_at, t.c.id)
    query = sa.select(*key).where(wanted_work(UNIT, question.wanted)).order_by(*key)
    query = query.offset((question.page - 1) * PAGE - 1).limit(1)
    return database.run_blocking(lambda records: encode_cursor(*records._connection.execute(query).one()))


def _seal_page(database: Database, question: _Question) -> None:
    """What is personal in the rows of this page, which are copies of one row, sealed for the rows where it stands."""

    def seal(records: SqlRecords) -> None:
        query = sa.select(t.c.id).where(wanted_work(UNIT, question.wanted))
        query = query.order_by(t.c.promised_at, t.c.submitted_at, t.c.id).offset((question.page - 1) * PAGE)
        personal = [name for name, _ in personal_columns(t)]
        for row_id in records._connection.execute(query.limit(PAGE + 1)).scalars().all():
            of_row = application_to_row(an_application())
            values = {name: of_row[name] for name in personal}
            sealed = records.applications._cells.seal(t, values, id=row_id)
            records._connection.execute(sa.update(t).where(t.c.id == row_id).values(sealed))

    database.run_blocking(seal)


@contextmanager
def _filled(kind: str, folder: Path, name: str, count: int, stack: ExitStack) -> Iterator[Database]:
    address = f"sqlite:///{folder / name}.sqlite"
    if kind == "postgresql":
        address = stack.enter_context(postgres_server()).create_database()
    database = Database(address, clock=lambda: datetime.now(UTC), vault=a_vault(), ledger_key=a_ledger_key())
    try:
        if kind == "sqlite":
            database.migrate()
        database.run_blocking(lambda records: records.applications.add(an_application()))
        if kind == "sqlite":
            # For the filling only, which writes into every index at random places.
            database.run_blocking(lambda records: records._connection.exec_driver_sql("PRAGMA cache_size = -2000000"))
        for statement in _filling(kind, count):
            database.run_blocking(lambda records, one=statement: records._connection.exec_driver_sql(one))
        if kind == "sqlite":
            database.dispose_blocking()
            database = Database(address, clock=lambda: datetime.now(UTC), vault=a_vault(), ledger_key=a_ledger_key())
        yield database
    finally:
        database.dispose_blocking()


def _filling(kind: str, count: int) -> list[str]:
    """From one real row all others, with as much difference as an index sees. The fee of ended ones, which no list
    reads, is left out: it is most of a row."""
    n, seconds = "numbers.n", int(SPAN.total_seconds())
    submitted = f"({n} * 7919 % {seconds})"
    promised = f"({submitted} + 864000 + {n} % 5 * 86400)"
    is_open = f"{n} % {OPEN_OF} = 0"
    k = f"({n} / {OPEN_OF})"
    waits = f"({is_open} AND {k} / 100 % 10 = 3)"
    if kind == "sqlite":
        numbers = f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})"
        an_id, moment, yes, no = "lower(hex(randomblob(16)))", "datetime({}, 'unixepoch') || '.000000'", "1", "0"
        number = f"printf('%07d', {n})"
    else:
        numbers = f"WITH numbers AS (SELECT generate_series(1, {count})::bigint AS n)"
        an_id, moment, yes, no = "gen_random_uuid()", "to_timestamp({})", "true", "false"
        number = f"lpad({n}::text, 7, '0')"
    begin = int(BEGIN.timestamp())
    values = {
        "id": an_id,
        "code": f"'{UNIT}-' || {number}",
        "type_id": f"CASE WHEN {k} % 100 = 5 THEN 'rare' ELSE 'type-' || ({k} % 20) END",
        "step": f"'step-' || ({k} % 5)",
        "owner_key": f"CASE WHEN {k} % 7 = 0 THEN NULL ELSE 'official-' || ({k} % 50) END",
        "state": f"CASE WHEN NOT {is_open} THEN 'settled' WHEN {waits} THEN 'payment_asked' ELSE 'in_progress' END",
        "paused": f"CASE WHEN {waits} THEN {yes} ELSE {no} END",
        "submitted_at": moment.format(f"{begin} + {submitted}"),
        "promised_at": moment.format(f"{begin} + {promised}"),
        "closed_at": f"CASE WHEN {is_open} THEN NULL ELSE {moment.format(f'{begin} + {promised}')} END",
        "fee": f"CASE WHEN {is_open} THEN seed.fee ELSE '' END",
    }
    names = [*application_to_row(an_application()), "changed_at", "receipt_issued"]
    chosen = ", ".join(values.get(name, f"seed.{name}") for name in names)
    fill = (
        f"{numbers} INSERT INTO applications ({', '.join(names)}) "
        f"SELECT {chosen} FROM numbers, (SELECT * FROM applications LIMIT 1) AS seed"
    )
    # psycopg takes a single one for a parameter. An SQLite in use has no statistics either.
    return [fill] if kind == "sqlite" else [fill.replace("%", "%%"), "ANALYZE"]
