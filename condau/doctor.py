"""Look at an installation before citizens do: what is wrong, and how to mend it."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from rich.console import Console
from rich.markup import escape

from api.web.verify.decoder_files import missing_files
from condau.assembly import Assembly, assemble
from condau.clock import now
from condau.refusals import CANNOT_START, reason, way_to_mend
from condau.settings import Settings
from issuance.agencies.carry_over import nobody_in_charge
from issuance.certificate import Certificate
from issuance.documents.catalogue import DocumentType
from issuance.errors import IssuanceError
from issuance.fee_policies.acts import is_intact
from issuance.fee_policies.draft import BookRow
from issuance.fee_policies.install import LEFT_OUT, not_in_the_book
from issuance.fees.book import PolicyBook, name_of
from issuance.fees.errors import FeeError
from issuance.fees.facts import vietnam_day
from issuance.issue import draft
from issuance.procedure.book import name_of as name_of_procedure
from issuance.procedure.install import LEFT_OUT as PROCEDURES_LEFT_OUT
from issuance.procedure.install import not_published
from issuance.procedure.published import Published
from issuance.procedure.shipped import shipped_sources
from issuance.procedure.vacant_steps import Vacancy, find_vacancies
from issuance.produce import produce
from issuance.records import DocumentFiles, IssuingFailure
from signing.describe_keys import warnings_about
from signing.errors import SigningError
from signing.keyring_file import read_ring_file
from signing.keys import KeyRing
from signing.local_authority import create_local_authority
from signing.timestamp import Timestamper
from storage.files import FolderDocumentFiles
from verification.formats.trust_list import MAX_TRUST_LIST_CHARS
from verification.signatures import is_signed_by
from verification.trust import KeyPurpose

MIN_FREE_BYTES = 1 << 30
MAX_CLOCK_SECONDS = 30
MAX_STUCK_SHOWN = 20
ROOM_IN_TRUST_LIST = 0.8
CHALLENGE = b"condau doctor: this is no document"
EXPECTED = (*CANNOT_START, IssuanceError)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `mend` says what to do where it is not well."""

    what: str
    well: bool
    said: str
    mend: str = ""


def examine(settings: Settings, console: Console, *, outside: bool = True) -> int:
    """Print every finding. Returns 0 when all is well, else 1. outside: whether others are asked too."""
    findings = list(_findings(settings, outside=outside))
    for finding in findings:
        mark = "[green]✓[/green]" if finding.well else "[red]✗[/red]"
        console.print(f"{mark} {escape(f'{finding.what}: {finding.said}')}", highlight=False, soft_wrap=True)
        if not finding.well:
            console.print(f"    → {escape(finding.mend)}", highlight=False, soft_wrap=True)
    return 0 if all(finding.well for finding in findings) else 1


def _findings(settings: Settings, *, outside: bool) -> Iterator[Finding]:
    yield _disk(settings.state_folder)
    yield _address(settings.public_url)
    try:
        assembly = assemble(settings)
    except EXPECTED as error:
        yield Finding("settings and parts", False, reason(error), way_to_mend(error, settings))
        return
    yield Finding("settings and parts", True, "everything could be put together")
    try:
        yield _fonts(assembly)
        yield _scanner()
        yield from asyncio.run(_database(assembly))
        yield _keys(assembly)
        yield _key_periods(settings.keys_folder)
        yield _trust_list(assembly)
        yield _trial_seal(assembly)
        if outside:
            yield _timestamps(assembly.workshop.timestamper)
            yield from _providers(settings)
    finally:
        assembly.registers.close()


def _disk(folder: Path) -> Finding:
    place = folder if folder.exists() else Path.cwd()
    free = shutil.disk_usage(place).free
    if not os.access(place, os.W_OK | os.X_OK):
        way = "let the service's account write there; look whether the disk was mounted for reading only"
        return Finding("disk", False, f"{place} cannot be written to", way)
    said = f"{free / (1 << 30):.1f} GiB free at {place}"
    return Finding("disk", free >= MIN_FREE_BYTES, said, "free some space, or set state_folder to a larger disk")


def _address(public_url: str) -> Finding:
    parts = urlsplit(public_url)
    if parts.scheme == "https":
        return Finding("public address", True, public_url)
    return Finding("public address", True, f"{public_url} works on this machine only; others need https")


def _fonts(assembly: Assembly) -> Finding:
    face = assembly.workshop.renderer.face
    return Finding("fonts", True, f"documents are printed in {face}")


def _scanner() -> Finding:
    """What `make build` fetched for the page that checks documents."""
    missing = missing_files()
    said = f"not installed: {', '.join(missing)}" if missing else "reads QR codes in browsers that can't by themselves"
    way = (
        "run `make build` in the checkout (then build the wheel anew); until then the page sends photos to the service"
    )
    return Finding("scanner", not missing, said, way)


async def _database(assembly: Assembly) -> list[Finding]:
    stuck: Sequence[IssuingFailure] = ()
    book: tuple[PolicyBook, Sequence[BookRow]] | None = None
    procedures: tuple[Published, Sequence[Vacancy]] | None = None
    left_behind: Mapping[str, int] | None = None
    vault: tuple[bool | None, bool] | None = None
    try:
        ready = await assembly.database.is_ready()
        if ready:
            stuck = await assembly.database.run(lambda records: records.failures.list(MAX_STUCK_SHOWN))
            book = await assembly.database.run(
                lambda records: (records.fee_policies.book(), records.fee_policies.rows())
            )
            procedures = await assembly.database.run(
                lambda records: (
                    records.procedures.published(),
                    find_vacancies(records, assembly.workshop.catalogue, now()),
                )
            )
            left_behind = await assembly.database.run(lambda records: nobody_in_charge(records, now()))
            vault = await assembly.database.run(
                lambda records: (records.sealing.is_same_vault(), records.sealing.is_everything_sealed())
            )
    finally:
        await assembly.gateway.close()
        await assembly.database.dispose()
    said = "answers, and its schema is the expected one" if ready else "does not answer, or has another schema"
    return [
        Finding("database", ready, said, "run `condau init`; check database_url"),
        Finding(
            "background work",
            not stuck,
            _stuck_in_words(stuck),
            "mend the cause; the jobs are tried again by themselves",
        ),
        *([] if book is None else [_policies(assembly, *book), _acts(assembly.workshop.files, book[0])]),
        *([] if procedures is None else [_procedures(assembly, *procedures)]),
        *([] if left_behind is None else [_units(left_behind)]),
        *([] if vault is None else [_vault(*vault)]),
    ]


def _vault(is_same: bool | None, is_everything_sealed: bool) -> Finding:
    what = "personal data"
    if is_same is False:
        said = "was encrypted under another passphrase of the keys: none of it opens, and everybody is somebody else"
        return Finding(what, False, said, "set the passphrase that this database was used with")
    if not is_everything_sealed:
        return Finding(what, False, "rows of an earlier version may stand in clear", "run `condau init`")
    return Finding(what, True, "encrypted, and the passphrase opens it")


def _policies(assembly: Assembly, book: PolicyBook, rows: Sequence[BookRow]) -> Finding:
    """Every shipped policy is in the book, or has given way to one that an agency scheduled."""
    what = "fee policies"
    try:
        missing, left_out = not_in_the_book(book, rows, assembly.policies)
    except FeeError as error:
        return Finding(what, False, reason(error), way_to_mend(error, assembly.settings))
    if missing:
        return Finding(what, False, f"not in the book yet: {', '.join(map(name_of, missing))}", "run `condau init`")
    today = vietnam_day(now())
    said = [f"{len(book.policies)} versions in the book"]
    said += [f"{LEFT_OUT}: {', '.join(map(name_of, left_out))}"] if left_out else []
    undecided = [
        document_type.id
        for document_type in assembly.workshop.catalogue
        if book.knows(document_type.id) and not book.applicable(document_type.id, today, today)
    ]
    said += [f"none decides {one} today, so each request is referred to an official" for one in undecided]
    return Finding(what, True, "; ".join(said))


def _procedures(assembly: Assembly, published: Published, vacancies: Sequence[Vacancy]) -> Finding:
    """Every shipped procedure is published, and each step of those in force is somebody's."""
    what = "procedures"
    try:
        missing, left_out = not_published(published, shipped_sources(), now())
    except IssuanceError as error:
        return Finding(what, False, reason(error), "a released document never changes: put the file back as it was")
    if missing:
        return Finding(
            what, False, f"not published yet: {', '.join(map(name_of_procedure, missing))}", "run `condau init`"
        )
    if vacancies:
        named = "; ".join(f"{one.unit} has no {one.role} for {', '.join(one.procedures)}" for one in vacancies)
        return Finding(what, False, named, "`condau officials put` registers somebody, or publish another procedure")
    said = f"{len(published.rows)} versions published"
    names = ", ".join(map(name_of_procedure, left_out))
    return Finding(what, True, f"{said}; {PROCEDURES_LEFT_OUT}: {names}" if names else said)


def _units(left_behind: Mapping[str, int]) -> Finding:
    """Every open application lies at a unit that exists, or that another one answers for."""
    if not left_behind:
        return Finding("units", True, "each open application has a unit that answers for it")
    named = ", ".join(f"{count} at {unit}" for unit, count in left_behind.items())
    mend = "`condau units import` a list in which these units name the successor that takes them over"
    return Finding("units", False, f"open applications at units that ended without a successor: {named}", mend)


def _acts(files: DocumentFiles, book: PolicyBook) -> Finding:
    """The act that a policy rests on can still be read, word for word: years later it is what explains a fee."""
    sources = {basis.source for policy in book.policies for basis in policy.document.basis}
    lost = sorted({source.file for source in sources if not is_intact(files, bytes.fromhex(source.sha256))})
    if lost:
        mend = "`condau init` brings shipped ones; others: from a backup, or a fee author uploads them again"
        return Finding("acts of fee policies", False, f"missing or damaged: {', '.join(lost)}", mend)
    return Finding("acts of fee policies", True, f"{len(sources)} files, each with its digest")


def _stuck_in_words(stuck: Sequence[IssuingFailure]) -> str:
    if not stuck:
        return "no job is stuck"
    named = (
        f"{one.kind} {one.application_id} ({one.error}, {one.attempts} times, since {one.since:%Y-%m-%d})"
        for one in stuck
    )
    return "stuck: " + "; ".join(named)


def _keys(assembly: Assembly) -> Finding:
    """Every purpose has a key in force that signs. The challenge says that it is no document, so nothing is sealed."""
    at, ring, names = now(), assembly.workshop.keys, []
    try:
        file = read_ring_file(assembly.settings.keys_folder)
        for purpose in KeyPurpose:
            key = ring.active(purpose, at)
            if not is_signed_by(key.public_key, key.algorithm, key.sign(CHALLENGE), CHALLENGE):
                return Finding("keys", False, f"{purpose} {key.key_id} signs wrongly", "see to the key's backend")
            backend = file.find(key.key_id).uri.partition(":")[0]
            names.append(f"{purpose} {key.key_id} ({backend})")
    except SigningError as error:
        mend = "see to the place where the key is, run `condau init`, or `condau keys rotate` for that purpose"
        return Finding("keys", False, str(error), mend)
    return Finding("keys", True, ", ".join(names))


def _key_periods(folder: Path) -> Finding:
    """Nobody notices the last key's end before work stops, unless it is said early."""
    said = warnings_about(read_ring_file(folder), now())
    if said:
        return Finding("key periods", False, "; ".join(said), "see docs/keys.md")
    return Finding("key periods", True, "every purpose has a key for the time to come")


def _trust_list(assembly: Assembly) -> Finding:
    """It is signed as it would be published now, and read again. It only ever grows, so its bound comes nearer."""
    at = now()
    try:
        token = assembly.services.trust_lists.publish(at)
    except SigningError as error:
        mend = "see to names and certificates in the key ring: docs/verification.md has the bounds of the list"
        return Finding("trust list", False, f"cannot be published: {reason(error)}", mend)
    full = len(token) / MAX_TRUST_LIST_CHARS
    said = (
        f"published and believed, with {len(assembly.services.trust(at).keys)} keys; "
        f"{full * 100:.0f} % of what verifiers read"
    )
    mend = "let keys sign for longer, and units share the organisation's: no key can be taken off the list"
    return Finding("trust list", full < ROOM_IN_TRUST_LIST, said, mend)


def _trial_seal(assembly: Assembly) -> Finding:
    """Render, lint, seal and check an example of every type with keys that are thrown away.

    Not with the real ones: each use of those belongs to a document that somebody intended.
    """
    at = now()
    with tempfile.TemporaryDirectory() as name:
        folder, secret = Path(name), secrets.token_bytes(32)
        try:
            create_local_authority(folder / "keys", "trial", secret, at, assembly.settings.pdf_key_type)
            ring = KeyRing.load(folder / "keys", secret)
            workshop = replace(
                assembly.workshop,
                keys=ring,
                files=FolderDocumentFiles(folder / "documents"),
                clock=lambda: at,
                timestamper=None,  # asked on its own: this ring does not know it, and it may be counting
            )
            for document_type in assembly.workshop.catalogue:
                produce(workshop, _example(document_type, ring, at))
        except EXPECTED as error:
            return Finding("trial seal", False, reason(error), "see the reason; fonts come first")
    return Finding("trial seal", True, "every document type renders, seals and passes its own check")


def _timestamps(timestamper: Timestamper | None) -> Finding:
    """The authority stamps once, and what it answers is believed."""
    if timestamper is None:
        return Finding("timestamps", True, "none are set; seals say themselves when they were made")
    try:
        token = timestamper.timestamp(sha256(CHALLENGE).digest())
    except SigningError as error:
        mend = "check [timestamps]: address, roots, policy, password; and this machine's clock"
        return Finding("timestamps", False, reason(error), mend)
    return Finding("timestamps", True, f"the authority answers, and is believed ({len(token)} bytes)")


def _example(document_type: DocumentType, keys: KeyRing, at: datetime) -> Certificate:
    # Dated today: keys made for the trial could not have sealed anything earlier.
    content = {**document_type.example_content, "issued_on": vietnam_day(at).isoformat()}
    return draft(
        document_type, content, keys, application_id=uuid4(), unit=document_type.unit_code, status_list=0, at=at
    )


def _providers(settings: Settings) -> Iterator[Finding]:
    """Each provider answers, and its clock and ours agree: tokens are judged by the minute."""
    if not settings.issuers:
        yield Finding("identity provider", False, "none is set, so nobody can sign in", "add an [[issuers]] block")
    for block in settings.issuers:
        what = f"identity provider {block.name}"
        try:
            answer = httpx.get(f"{block.issuer}/.well-known/openid-configuration", timeout=5.0, trust_env=False)
            theirs = parsedate_to_datetime(answer.headers["Date"])
        except (httpx.HTTPError, KeyError, ValueError) as error:
            said = "no answer in time" if isinstance(error, httpx.TimeoutException) else "no answer that could be read"
            said = "no answer: it cannot be reached" if isinstance(error, httpx.ConnectError) else said
            yield Finding(what, False, said, "check its address and the network")
            continue
        apart = abs((now() - theirs).total_seconds())
        mend = "set this machine's clock by NTP; a wrong clock refuses honest tokens"
        yield Finding(what, apart <= MAX_CLOCK_SECONDS, f"answers; the clocks are {apart:.0f} s apart", mend)
