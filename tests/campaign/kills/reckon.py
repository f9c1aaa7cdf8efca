"""After the kills: is everything that was promised there, once, and nothing else?"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from condau.document_files import document_files_of
from condau.settings import Settings
from storage.engines import blocking_engine
from storage.files import FolderDocumentFiles
from storage.runner import Database
from tests.campaign.kills.crowd import Case, Crowd
from tests.campaign.kills.figures import Figures
from tests.campaign.kills.opened import opened
from tests.campaign.kills.serve_and_die import SIGNED
from tests.campaign.kills.town import Plan
from tests.invariants import KeyUse, broken_invariants, digest_of_tables, orphans

_PATIENCE_SECONDS = 120
_OF_BATCHES = "SELECT application_id FROM batch_lines WHERE application_id IS NOT NULL"
"""Any further one would be doubled: nobody asked for it."""


def wait_for_rest(settings: Settings) -> list[str]:
    """Until background work has come to rest; what never did."""
    with opened(settings) as database:
        return _wait_for_rest(database)


def reckon(settings: Settings, crowd: Crowd, plan: Plan) -> Figures:
    """Of an installation in which nothing lives any more."""
    with opened(settings) as database:
        figures = counted(database, crowd.cases, plan)
        signed = list(_signed(settings))
        figures.signatures, figures.in_a_token = len(signed), plan.has_token * len(signed)
        figures.wrong += broken_invariants(database, document_files_of(settings), signed)
        _sweep(database, settings.documents_folder, figures)
        return figures


def _wait_for_rest(database: Database) -> list[str]:
    end = time.monotonic() + _PATIENCE_SECONDS
    far_ahead = datetime.now(UTC) + timedelta(days=1)
    while waiting := database.run_blocking(lambda records: records.overdue_jobs(changed_before=far_ahead)):
        if time.monotonic() > end:
            return [f"never done: {kind} of {concerned}" for kind, concerned in waiting]
        time.sleep(0.1)
    return []


def counted(database: Database, cases: Sequence[Case], plan: Plan) -> Figures:
    """What is there, and what of it should not be, or is missing. cases: as their citizens know them."""
    figures = Figures()
    engine = blocking_engine(database.address)
    with engine.connect() as connection:

        def column(question: str) -> list[str]:
            return [row[0] for row in connection.execute(sa.text(question))]

        codes = column(f"SELECT code FROM applications WHERE id NOT IN ({_OF_BATCHES})")
        arrived = Counter(
            column(
                "SELECT a.code FROM parcels p JOIN applications a ON a.id = p.application_id"
                " WHERE p.state IN ('delivered', 'returned')"
            )
        )
        sent = Counter(column("SELECT a.code FROM parcels p JOIN applications a ON a.id = p.application_id"))
        lines = column(
            "SELECT b.code FROM batch_lines l JOIN batches b ON b.id = l.batch_id"
            " JOIN certificates c ON c.application_id = l.application_id AND c.kind = 'result' AND c.state = 'issued'"
            " WHERE l.state = 'issued' AND b.finished_at IS NOT NULL"
        )
        issued = column("SELECT id FROM certificates WHERE state <> 'intended'")
        stuck = column(
            "SELECT a.code FROM applications a JOIN payment_orders o ON o.application_id = a.id"
            " WHERE o.paid_at IS NOT NULL AND a.state NOT IN ('settled', 'result_returned', 'withdrawn')"
        )
        ended = dict(connection.execute(sa.text("SELECT code, state FROM applications")).all())
        revoked = column(
            "SELECT a.code FROM applications a JOIN certificates c ON c.application_id = a.id WHERE c.state = 'revoked'"
        )
        suspended = column(
            "SELECT a.code FROM applications a JOIN certificates c ON c.application_id = a.id"
            " JOIN suspensions s ON s.certificate_id = c.id"
        )
        paid = dict(
            connection.execute(
                sa.text("SELECT memo, amount FROM payment_orders WHERE provider_reference IS NOT NULL")
            ).all()
        )
        connection.rollback()
    engine.dispose()
    told = Counter(case.code for case in cases if case.code)
    missing = sorted(told.keys() - set(codes))
    missing += [case.code for case in cases if case.withdrawn and ended.get(case.code) != "withdrawn"]
    missing += [case.code for case in cases if case.done and case.code in suspended]
    missing += [case.code for case in cases if case.revoked and case.code not in revoked]
    missing += [case.code for case in cases if case.downloaded and ended.get(case.code) != "result_returned"]
    missing += [case.code for case in cases if case.done and case.amount and paid.get(case.memo) != case.amount]
    missing += [case.code for case in cases if case.done and arrived[case.code] != case.parcels]
    if len(lines) != plan.batches * plan.lines:
        figures.wrong.append(f"of {plan.batches * plan.lines} lines in batches {len(lines)} are issued")
    doubled = [code for code, times in told.items() if times > 1] + [code for code in codes if code not in told]
    parcels = {case.code: case.parcels for case in cases if case.done}
    doubled += [code for code, times in sent.items() if times > parcels.get(code, times)]
    figures.parcels, figures.batch_lines = sent.total(), len(lines)
    figures.applications, figures.issued = len(codes), len(issued)
    figures.lost, figures.doubled, figures.stuck = len(missing), len(doubled), len(stuck)
    figures.wrong += [f"lost: {code}" for code in missing] + [f"doubled: {code}" for code in doubled]
    figures.wrong += [f"paid and stuck: {code}" for code in stuck]
    return figures


def _sweep(database: Database, documents: Path, figures: Figures) -> None:
    """Recovery run twice: the second time it changes nothing."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)

    def sweep() -> int:
        files = FolderDocumentFiles(documents)
        return files.sweep_orphans(
            lambda found: database.run_blocking(lambda records: records.known_digests(found)), tomorrow
        )

    figures.orphans_swept = sweep()
    before = digest_of_tables(database)
    if sweep() or digest_of_tables(database) != before:
        figures.wrong.append("a second sweep changed something")
    left = orphans(database, documents)
    figures.orphans = len(left)
    figures.wrong += [f"an orphan after the sweep: {file.name}" for file in left]


def _signed(settings: Settings) -> Iterator[KeyUse]:
    file = settings.state_folder / SIGNED
    for line in file.read_text().splitlines() if file.exists() else ():
        yield KeyUse(*line.split())
