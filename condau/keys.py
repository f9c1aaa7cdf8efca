"""Manage the keys of an installation, as an operator; what is done is told in lines, and never a secret among them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from cryptography import x509

from condau.assembly import INSECURE_KEYS, may_use_files
from condau.clock import now
from condau.ledger_key import ledger_key_of
from condau.setting_files import passphrase_of
from condau.settings import Settings, SettingsRefused
from issuance.records import AuditEntry
from signing.compromise_key import Compromised, compromise_key, refuse_compromise
from signing.describe_keys import warnings_about
from signing.errors import KeyChangeRefused
from signing.import_certificate import import_certificate
from signing.key_types import KeyType, type_of
from signing.keyring_file import KeyRecord, RingFile, read_ring_file
from signing.keys import read_public_half
from signing.request_certificate import request_certificate
from signing.rotate_key import Wish, rotate_key
from signing.schedule_keys import DEFAULT_LEAD, signer_of, signing_keys
from storage.engines import Address
from storage.records import SqlRecords
from storage.runner import Database
from verification.register import RegisterUnavailable
from verification.trust import PDF_PURPOSES, KeyPurpose
from verification.verdict import VIETNAM
from verification.verify_trust_list import anchor_of

T = TypeVar("T")
MAX_CODES_SHOWN = 50
_SEAL_LISTS = (KeyPurpose.TRUST_LIST, KeyPurpose.STATUS)
MAX_PEM_BYTES = 1 << 20


def lead_of(settings: Settings, purpose: KeyPurpose, wished: timedelta | None, *, unpublished: bool) -> timedelta:
    """How long a new key waits before it takes over; wished: None for what is usual.

    One for trust lists waits until every list that is held names it: from a key that the list held does not name,
    nobody takes the next. unpublished: nobody holds a list of this installation yet. Raises KeyChangeRefused.
    """
    if unpublished and purpose is not KeyPurpose.TRUST_LIST:
        raise KeyChangeRefused("--unpublished is for trust-list keys; others begin when they are told to")
    if unpublished or purpose is not KeyPurpose.TRUST_LIST:
        return DEFAULT_LEAD if wished is None else wished
    hours = settings.trust_list_lifetime_hours
    if wished is not None and wished < timedelta(hours=hours):
        raise KeyChangeRefused(
            f"trust lists that people hold last {hours} hours, and have to name the key before it signs: let it start "
            "in that time or later (--unpublished where nobody has downloaded a list yet)"
        )
    return timedelta(hours=hours) if wished is None else wished


def rotate(settings: Settings, wish: Wish, key_type: KeyType | None) -> Sequence[str]:
    """Add a key that takes over; key_type: None for one like that which signs now.

    Raises SettingsRefused, SigningError.
    """
    if wish.uri is None and not may_use_files(settings):
        raise SettingsRefused(f"{INSECURE_KEYS}; --uri names a key that lives elsewhere")
    if wish.uri is not None and key_type is not None:
        raise KeyChangeRefused("--type is for a key that is made here; the one at --uri is what it is")
    at = now()
    chosen = key_type or _type_of_signer(settings, wish, at)
    record = rotate_key(settings.keys_folder, passphrase_of(settings, make=False), replace(wish, key_type=chosen), at)
    said = _taking_over(record)
    if record.purpose is KeyPurpose.TRUST_LIST:
        said.append(f"its anchor, to be handed out when it signs: {_anchor(settings, record)}")
        if record.not_before < wish.starts_at.replace(microsecond=0) and wish.starts_at > at:
            said.append(
                "warning: it has to begin before every trust list that is held names it, for no other key goes on; "
                "whoever has fetched none until then has to begin anew with this anchor"
            )
    return [
        *said,
        *_audited(settings, "key_rotated", at, {"key": record.key_id, "purpose": record.purpose.value}),
        *_warnings(settings, at),
    ]


def request(settings: Settings, key_id: str) -> bytes:
    """A certificate request in PEM. Raises SettingsRefused, SigningError."""
    return request_certificate(settings.keys_folder, passphrase_of(settings, make=False), key_id, now())


def bring_certificate(
    settings: Settings, key_id: str, files: Sequence[Path], root: Path | None, lead: timedelta | None
) -> Sequence[str]:
    """Put a waiting key into service with its certificate. Raises SettingsRefused, SigningError."""
    at = now()
    certificates = [certificate for file in files for certificate in _read_pem(file)]
    roots = _read_pem(root) if root is not None else []
    if len(roots) > 1:
        raise KeyChangeRefused("--root takes one certificate, the root alone")
    done = import_certificate(settings.keys_folder, key_id, certificates, next(iter(roots), None), at, lead)
    if not done.changed:
        return [f"the key {key_id} has this certificate already; nothing has changed"]
    return [
        f"the chain is {' ← '.join(one.subject.rfc4514_string() for one in done.chain)}",
        *_taking_over(done.record),
        *_audited(settings, "key_certified", at, {"key": key_id, "serial": f"{done.chain[0].serial_number:x}"}),
        *_warnings(settings, at),
    ]


def before_compromise(settings: Settings, key_id: str, since: datetime) -> KeyRecord:
    """The key that would be marked. Raises SigningError where it may not be."""
    return refuse_compromise(read_ring_file(settings.keys_folder), key_id, since, now())


@dataclass(frozen=True, slots=True)
class Told:
    """What a compromise has done, in lines. codes: the application of each document that has to be replaced, oldest
    first; None where the register could not be asked."""

    said: Sequence[str]
    codes: Sequence[str] | None


def compromise(settings: Settings, key_id: str, since: datetime, *, replace_it: bool, uri: str | None) -> Told:
    """Mark a key, let another take over, and say what follows. Raises SettingsRefused, SigningError."""
    at = now()
    done = compromise_key(
        settings.keys_folder, passphrase_of(settings, make=False), key_id, since, at, replace_it=replace_it, uri=uri
    )
    record, purpose = done.record, done.record.purpose
    codes = () if purpose in _SEAL_LISTS else _affected(settings, record, since)
    if not done.changed:
        unchanged = f"the key {key_id} is marked from {_said(since)} on already; nothing has changed"
        return Told([unchanged, *_consequences(settings, done, since, codes)], codes)
    said = [f"the {purpose.value} key {key_id} is compromised from {_said(since)} on; running services learn it now"]
    if done.replacement is not None:
        said += _taking_over(done.replacement)
        if purpose is KeyPurpose.TRUST_LIST:
            said += _followed(settings, done, at)
        if done.replacement.certificates and not done.revoked:
            said.append("its certificate is the local root's, which no reader of PDFs knows; --outside-ca gets another")
    else:
        said.append(_signing_next(settings, record, at))
    if done.revoked:
        said.append("the local root has revoked its certificate")
    elif record.certificates:
        said.append("its certificate is of an authority outside of this house: have it revoked THERE, now")
    said += _consequences(settings, done, since, codes)
    details: dict[str, object] = {"key": key_id, "purpose": purpose.value, "since": since.isoformat()}
    return Told([*said, *_audited(settings, "key_compromised", at, details), *_warnings(settings, at)], codes)


def _signing_next(settings: Settings, record: KeyRecord, at: datetime) -> str:
    """Who signs instead of a key without a replacement."""
    ring, purpose = read_ring_file(settings.keys_folder), record.purpose
    signer = signer_of(ring, purpose, record.unit, at)
    if signer is None and record.unit is not None:
        signer = signer_of(ring, purpose, None, at)
    if signer is not None:
        return f"the {purpose.value} key {signer.key_id} goes on signing, to {_said(signer.ends)}"
    following = next((one for one in signing_keys(ring, purpose, record.unit) if one.not_before > at), None)
    until = "a key takes over, and none is there"
    if following is not None:
        until = f"{_said(following.not_before)}, when the key {following.key_id} begins"
    return f"nothing is sealed for {purpose.value} until {until}: work waits, and none is lost"


def _consequences(settings: Settings, done: Compromised, since: datetime, codes: Sequence[str] | None) -> list[str]:
    """What is not believed any more, and what has to be done about it, for whatever the key has sealed."""
    match done.record.purpose:
        case KeyPurpose.TRUST_LIST:
            return [
                "a list signed with it can be anybody's, and says what he likes of all other keys; whoever holds one "
                f"that was fetched since {_said(since)} deletes it and begins anew with the anchor of the key that "
                "signs now: `condau keys list` shows it",
                "no document has to be issued anew: none is sealed with it",
            ]
        case KeyPurpose.STATUS:
            return [
                "the lists of states are signed anew at once, by the key that signs now; those that are signed with "
                "the stolen one are not believed by whoever has the new trust list",
                "tell whoever checks documents offline to fetch the trust list and the lists of states anew; no "
                "document has to be issued anew: none is sealed with it",
            ]
        case _:
            return [
                f"what it sealed since {_said(since)} is not valid any more; what the register or a timestamp shows "
                "to be older stays good",
                *_affected_in_words(codes),
                "tell whoever checks documents offline to fetch the trust list anew, and the people whose documents "
                "are affected: they get new ones",
            ]


def ring_of(settings: Settings) -> RingFile:
    """The ring as its file has it, without opening a key. Raises SigningError."""
    return read_ring_file(settings.keys_folder)


def _type_of_signer(settings: Settings, wish: Wish, at: datetime) -> KeyType:
    ring = read_ring_file(settings.keys_folder)
    signer = signer_of(ring, wish.purpose, wish.unit, at) or signer_of(ring, wish.purpose, None, at)
    usual: KeyType = settings.pdf_key_type if wish.purpose in PDF_PURPOSES else "p256"
    return usual if signer is None else type_of(read_public_half(settings.keys_folder, signer)) or usual


def _taking_over(record: KeyRecord) -> list[str]:
    what = f"the {record.purpose.value} key {record.key_id}" + (f" of {record.unit}" if record.unit else "")
    if record.is_pending:
        return [
            f"{what} waits for its certificate: `condau keys csr {record.key_id}` writes the request for the "
            f"authority, `condau keys import-certificate {record.key_id} FILE` brings what it answers"
        ]
    return [f"{what} signs from {_said(record.not_before)} to {_said(record.not_after)}"]


def _followed(settings: Settings, done: Compromised, at: datetime) -> list[str]:
    """Who goes on after the loss of a trust-list key, and what others need."""
    assert done.replacement is not None  # noqa: S101 - asked only where there is one; this tells mypy
    if done.was_waiting:
        who = "whoever holds a trust list that names it goes on; others have to begin anew"
    else:
        who = "no list that is held names it: whoever checks offline has to begin anew when it signs"
    when = "now" if done.replacement.not_before <= at else "when it signs"
    return [who, f"its anchor, to be handed out {when}: {_anchor(settings, done.replacement)}"]


def _anchor(settings: Settings, record: KeyRecord) -> str:
    return anchor_of(read_public_half(settings.keys_folder, record)).hex()


def _said(moment: datetime) -> str:
    return moment.astimezone(VIETNAM).isoformat(timespec="seconds")


def _warnings(settings: Settings, at: datetime) -> list[str]:
    return [f"warning: {line}" for line in warnings_about(read_ring_file(settings.keys_folder), at)]


def _read_pem(file: Path) -> list[x509.Certificate]:
    try:
        with file.open("rb") as stream:
            text = stream.read(MAX_PEM_BYTES + 1)
    except OSError as error:
        raise KeyChangeRefused(f"{file}: cannot be read ({error.strerror})") from None
    try:
        if len(text) > MAX_PEM_BYTES:
            raise ValueError
        return x509.load_pem_x509_certificates(text)
    except ValueError:
        raise KeyChangeRefused(f"{file} holds no certificates in PEM") from None


def _audited(settings: Settings, action: str, at: datetime, details: dict[str, object]) -> list[str]:
    """Write it into the audit trail where there is one; what the ring's file says holds without it.

    Not the other way round: a database that is away must not keep a stolen key in force.
    """
    actor = f"operator:uid-{os.getuid()}"  # all that a command line knows about whoever sits before it
    entry = AuditEntry(at=at, actor=actor, action=action, application_id=None, details=details)

    def append(records: SqlRecords) -> bool:
        records.audit.append(entry)
        return True

    try:
        is_written = _asked(settings, append) is not None
    except SettingsRefused:
        is_written = False  # without the passphrase nothing enters the ledger
    if not is_written:
        return ["warning: the audit trail could not be written; note this change elsewhere"]
    return []


def _affected(settings: Settings, record: KeyRecord, since: datetime) -> Sequence[str] | None:
    """The applications whose documents are not valid any more; None where the register cannot be asked."""
    return _asked(settings, lambda records: records.certificates.issued_with(record.key_id, since))


def _affected_in_words(codes: Sequence[str] | None) -> list[str]:
    if codes is None:
        return ["the register could not be asked which documents these are; run this again when it answers"]
    said = [f"the register has {len(codes)} documents issued with it since then"]
    if codes:
        rest = len(codes) - MAX_CODES_SHOWN
        said[0] += (
            ", of these applications: an official revokes each, with the reason `replaced`, and it is applied for anew"
        )
        said.append(
            "  " + " ".join(codes[:MAX_CODES_SHOWN]) + (f" and {rest} more (--json has all)" if rest > 0 else "")
        )
    return said


def _asked(settings: Settings, use_case: Callable[[SqlRecords], T]) -> T | None:
    """What the database says, None where there is none, or none that answers."""
    address = Address.parse(settings.database)
    if not address.is_postgresql and not Path(str(address.url.database)).is_file():
        return None  # opening it would make it

    async def once() -> T | None:
        database = Database(settings.database, clock=now, ledger_key=ledger_key_of(settings))
        try:
            return await database.run(use_case) if await database.is_ready() else None
        except RegisterUnavailable:
            return None
        finally:
            await database.dispose()

    return asyncio.run(once())
