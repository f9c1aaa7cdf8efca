"""What operators read of the state of the service, in words for a template to translate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from issuance.documents.errors import FontsMissing, LintRefused, RenderFailed
from issuance.errors import ConcurrentChange, GatewayUnavailable, RegisterUnavailable
from issuance.jobs import JobKind
from issuance.operation import JobState
from signing.errors import ArchiveFailed, KeyUnavailable, SelfCheckFailed, TimestampRefused, TimestampUnavailable
from verification.trust import KeyPurpose

from ..texts import N_


@dataclass(frozen=True, slots=True)
class Words:
    """What a sign is called, what it means where it is not well, what to type then, and what its moment is."""

    name: str
    meaning: str
    command: str = ""
    moment: str = N_("Since %(at)s")


WORDS: Mapping[str, Words] = {
    "database": Words(
        N_("Database"),
        N_("The database does not answer, or its schema is not the one of this version. Nothing works without."),
        "condau doctor",
    ),
    "keys": Words(
        N_("Sealing keys"), N_("A key that seals now cannot be used, so nothing is issued."), "condau doctor"
    ),
    "keys_ending": Words(
        N_("Purposes whose last key ends soon"),
        N_("Within thirty days nothing could be sealed for them any more. See which, and rotate in time."),
        "condau keys list",
    ),
    "disk": Words(
        N_("Disk"),
        N_("There is hardly any room left for documents, or their folder cannot be written to: nothing can be issued."),
        "condau doctor",
    ),
    "serving": Words(N_("This process"), N_("It is about to stop and takes no new requests."), ""),
    "workers": Words(
        N_("Workers alive"),
        N_("Nobody does the background work: nothing is issued, asked of registers or sent. Start a worker."),
        "condau worker",
        N_("Last heard of at %(at)s"),
    ),
    "jobs_waiting": Words(
        N_("Jobs waiting"),
        N_("Work waits longer than it should. See what it is; more workers help, or a register that answers again."),
        "condau jobs --state waiting",
        N_("The oldest was asked for at %(at)s"),
    ),
    "jobs_failed": Words(
        N_("Jobs that failed and are tried again"),
        N_("They are tried again after pauses of up to an hour. See why, mend it, have them tried at once."),
        "condau jobs --state waiting_again",
    ),
    "schedules": Words(
        N_("Scheduled work that fails"),
        N_("Work that comes round did not end well. The log says why."),
        "condau doctor",
    ),
    "seals": Words(
        N_("Entries of the ledger without a seal"),
        N_("What was done and read is written down, but not sealed against later changes."),
        "condau ledger seal",
        N_("Last sealed at %(at)s"),
    ),
    "backup": Words(
        N_("Backups"),
        N_("There is none, or the newest is older than a day and a half."),
        "condau backup",
        N_("The newest was begun at %(at)s"),
    ),
    "payments_waiting": Words(
        N_("Payments to look at"),
        N_("Money came that fits no order by itself. An official at the desk decides what becomes of it."),
        "condau payments balance",
    ),
    "refunds_waiting": Words(
        N_("Refunds to do something about"),
        N_("Money should go back and could not be sent."),
        "condau payments balance",
    ),
    "notices_dead": Words(
        N_("Notices that no application took"),
        N_("A citizen's application did not answer for days. Tell whoever runs it, then send them again."),
        "condau webhooks list",
    ),
}
JOB_STATES: Mapping[str, str] = {
    JobState.WAITING.value: N_("waiting"),
    JobState.WAITING_AGAIN.value: N_("waiting again"),
    JobState.RUNNING.value: N_("running"),
    JobState.FAILED.value: N_("failed"),
    JobState.DONE.value: N_("done"),
}
PURPOSES: Mapping[KeyPurpose, str] = {
    KeyPurpose.PDF: N_("documents"),
    KeyPurpose.QR: N_("QR codes"),
    KeyPurpose.CREDENTIAL: N_("credentials"),
    KeyPurpose.STATUS: N_("status lists"),
    KeyPurpose.RECEIPT: N_("receipts"),
    KeyPurpose.TRUST_LIST: N_("the trust list"),
}
KINDS: Mapping[str, str] = {
    JobKind.CONSULT_REGISTER.value: N_("Ask a register"),
    JobKind.ISSUE_RESULT.value: N_("Issue a document"),
    JobKind.ISSUE_RECEIPT.value: N_("Issue a receipt"),
    JobKind.ISSUE_APOLOGY.value: N_("Issue a letter of apology"),
    JobKind.ARCHIVE_RESULT.value: N_("Archive a document"),
    JobKind.ARCHIVE_RECEIPT.value: N_("Archive a receipt"),
    JobKind.ARCHIVE_APOLOGY.value: N_("Archive a letter of apology"),
    JobKind.REHEARSE_POLICY.value: N_("Rehearse fee rules"),
    JobKind.CARRY_OVER.value: N_("Hand a merged unit’s cases over"),
    JobKind.SEND_NOTICES.value: N_("Tell citizens’ applications"),
    JobKind.CONFIRM_PAYMENT.value: N_("Confirm a payment"),
    JobKind.SEND_REFUND.value: N_("Send a refund"),
    "scheduled": N_("Work that comes round"),
}
"""Of jobs, by kind; one that is not here is shown by its id."""
SCHEDULES: Mapping[str, str] = {
    "payments": N_("Look after payments"),
    "deadlines": N_("Find what is due or late"),
    "status_lists": N_("Check the published status lists"),
    "retention": N_("Delete what has been kept long enough"),
    "carry_overs": N_("Look for merged units"),
    "ledger": N_("Seal the ledger"),
    "archives": N_("Renew archives of documents"),
}
FAULTS: Mapping[str, str] = {
    RegisterUnavailable.code: N_("The register gives no usable answer: it is away, or not set up."),
    GatewayUnavailable.code: N_("The payment provider gives no usable answer: it is away, or not set up."),
    KeyUnavailable.code: N_("A key cannot be used: its file, its token or its passphrase is missing."),
    TimestampUnavailable.code: N_("The timestamping authority does not answer."),
    TimestampRefused.code: N_("The timestamping authority’s answer does not prove what was asked."),
    ArchiveFailed.code: N_(
        "What an archive needs about certificates could not be had. The document stays valid as it is."
    ),
    SelfCheckFailed.code: N_(
        "What was sealed did not pass our own check, so it was not handed out. Tell the developers."
    ),
    RenderFailed.code: N_("The page could not be set without a fault, so nothing was sealed. Tell the developers."),
    LintRefused.code: N_("The page that was set is not fit for a seal, so nothing was sealed. Tell the developers."),
    FontsMissing.code: N_("The fonts are missing. The doctor says how to fetch them."),
    "file_missing": N_("A stored document has no file any more. Bring it back from a backup."),
    "file_damaged": N_("A stored document’s file is damaged. Bring it back from a backup."),
    "papers_locked": N_("The folder of papers was encrypted under another passphrase."),
    ConcurrentChange.code: N_("Somebody else changed the same thing at the same moment. The next attempt mends it."),
}
"""Why jobs fail, by code; one that is not here is shown by its code alone."""
