"""What is tidied up on schedule; harmless when begun again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from condau.settings import SessionSettings
from storage.files import FolderDocumentFiles
from storage.records import SqlRecords
from storage.runner import Database
from verification.formats.pdf_updates import MAX_UPDATES

KEPT_ANSWERS = timedelta(days=7)
"""A client repeats a request within minutes, or on Monday what failed on Friday; the answers are personal data."""

SECURITY_EVENTS = timedelta(days=90)
"""Long enough to look back from an intrusion that was noticed late; they count attempts and name nobody."""

SECURITY_EVENTS_KEPT = 50_000
"""However many refusals somebody provokes within those days, about 13 MB of them are kept: so many of evidence that
nobody verified, and as many of people and applications that are known."""

PENDING_SIGN_INS = timedelta(minutes=15)
"""Who has not come back by then begins anew."""

CLOCKS_APART = timedelta(minutes=5)
"""Of two machines. What one of them holds for past, the other may still accept, and must then know that it was used."""

TOLD_NOTICES = timedelta(days=30)
"""Long enough to find out why somebody was told, or was not; they name nobody."""

NOTICES_AT_ONCE = 500

RENEWALS_AT_ONCE = 500


def chores(
    database: Database,
    files: FolderDocumentFiles,
    clock: Callable[[], datetime],
    orphans_after: timedelta,
    sessions: SessionSettings,
    renew_after: timedelta | None = None,
    *,
    kept_answers: timedelta = KEPT_ANSWERS,
    security_events: timedelta = SECURITY_EVENTS,
) -> Sequence[Callable[[], object]]:
    """orphans_after: how old a file must be that nothing in the database names before it is removed.

    renew_after: how old an archived file may become before it is archived once more; None where nothing is archived.
    """
    idle, absolute = timedelta(minutes=sessions.idle_minutes), timedelta(minutes=sessions.absolute_minutes)

    def sweep_orphans() -> None:
        at = clock()
        # A job keeps the digest of what it sealed and may register it after any pause; all that lies here since the
        # oldest INTENT may be such a file.
        intended_at = database.run_blocking(lambda records: records.certificates.oldest_intent()) or at
        files.sweep_orphans(
            lambda digests: database.run_blocking(lambda records: records.known_digests(digests)),
            min(at, intended_at) - orphans_after,
        )
        files.encrypt_earlier()

    def forget() -> None:
        at = clock()
        database.run_blocking(lambda records: records.idempotency.forget(at - kept_answers))
        database.run_blocking(lambda records: records.security.forget(at - security_events))
        database.run_blocking(lambda records: records.security.trim(SECURITY_EVENTS_KEPT))
        while database.run_blocking(lambda records: records.notices.forget(at - TOLD_NOTICES, NOTICES_AT_ONCE)):
            pass

    def forget_sign_ins() -> None:
        at = clock()
        database.run_blocking(lambda records: records.redeemed.forget(at - CLOCKS_APART))
        database.run_blocking(lambda records: records.pending_sign_ins.forget(at - PENDING_SIGN_INS))
        database.run_blocking(
            lambda records: records.sessions.forget(seen_before=at - idle, opened_before=at - absolute)
        )

    def renew_archives() -> None:
        before = clock() - renew_after if renew_after is not None else None
        while before is not None:
            found = database.run_blocking(lambda records: _want_renewals(records, before))
            if found < RENEWALS_AT_ONCE:
                return

    return [sweep_orphans, forget, forget_sign_ins, renew_archives]


def _want_renewals(records: SqlRecords, before: datetime) -> int:
    old = records.certificates.archived_before(before, MAX_UPDATES - 1, RENEWALS_AT_ONCE)
    if old:
        records.certificates.want_archives(old)
    return len(old)
