"""Change the register of officials, as an operator; every change stands in the audit trail, or it does not happen."""

from __future__ import annotations

import asyncio
import difflib
import os
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from condau.clock import now
from condau.ledger_key import ledger_key_of
from condau.past_requests import rules_for_past
from condau.personal_vault import vault_of
from condau.settings import Settings
from identity.citizen import ROLES, Role
from identity.errors import IdentityError
from identity.officials_register import RegisteredOfficial
from identity.personal_id import PersonalId
from identity.read_claims import read_identifier, read_unit
from issuance.agencies.read_units import MAX_NAME_CHARACTERS
from issuance.agencies.tree import UnitTree
from issuance.errors import UnknownUnit
from issuance.fees.facts import did_you_mean, vietnam_day
from issuance.records import AuditEntry
from issuance.settlement.reassign import reassign_cases_of
from storage.engines import Address
from storage.records import SqlRecords
from storage.runner import Database
from verification.register import RegisterUnavailable

T = TypeVar("T")


class OfficialRefused(Exception):
    """The register was not read or changed; the message says why, and what to do."""


def list_officials(settings: Settings) -> Sequence[RegisteredOfficial]:
    """All of them, those dismissed too, by subject key. Raises OfficialRefused."""
    return _transact(settings, lambda records: records.officials.list())


def put_official(
    settings: Settings,
    subject_key: str,
    unit: str,
    roles: Sequence[str],
    full_name: str | None = None,
    personal_id: str | None = None,
) -> None:
    """Let an account act for a unit in these roles and no others, from its next request on.

    full_name: None leaves the one that the register has. personal_id: the official's own number, so that no case of his
    or her own comes to this account, by whichever account it was begun; kept as a blind index alone, and for good.
    Raises OfficialRefused, also for a unit that does not exist today, where the installation keeps a book of them;
    SettingsRefused where the number cannot be indexed.
    """
    official = RegisteredOfficial(
        subject_key=_subject_key(settings, subject_key),
        unit=_unit(unit),
        roles=frozenset(map(_role, roles)),
        full_name=None if full_name is None else _full_name(full_name),
    )
    if not official.roles:
        raise OfficialRefused("give at least one --role")
    number = None if personal_id is None else _personal_id(personal_id)
    rules = None if number is None else rules_for_past(settings)
    at = now()

    def put(records: SqlRecords) -> None:
        _demand_unit(records.units.tree(), official.unit, vietnam_day(at))
        known = records.officials.find(official.subject_key) if full_name is None else None
        named = official if known is None else replace(official, full_name=known.full_name)
        _change(records, named, "official_put", at)
        if rules is not None and number is not None:
            own = rules.person_index(number.digits)
            records.relatives.declare(named.subject_key, own, at)
            reassign_cases_of(records, rules, named.subject_key, own, at)
            _audit(records, "official_person_declared", {"official": named.subject_key}, at)

    _transact(settings, put)


def dismiss_official(settings: Settings, subject_key: str) -> bool:
    """Let an account act for no unit any more, from its next request on; whether the register knew it.

    One that it did not know is written down too: its provider's word may have been enough so far. Raises
    OfficialRefused.
    """
    key, at = _subject_key(settings, subject_key), now()

    def dismiss(records: SqlRecords) -> bool:
        known = records.officials.find(key)
        nobody = RegisteredOfficial(subject_key=key, unit="", roles=frozenset(), is_active=False)
        _change(records, nobody if known is None else replace(known, is_active=False), "official_dismissed", at)
        return known is not None

    return _transact(settings, dismiss)


def _change(records: SqlRecords, official: RegisteredOfficial, action: str, at: datetime) -> None:
    before = records.officials.find(official.subject_key)
    records.officials.put(official, at)
    details = {
        "official": official.subject_key,
        "before": None if before is None else _in_audit(before),
        "after": _in_audit(official),
    }
    _audit(records, action, details, at)


def _audit(records: SqlRecords, action: str, details: Mapping[str, object], at: datetime) -> None:
    # The user's number is all that a command line knows about whoever sits before it.
    actor = f"operator:uid-{os.getuid()}"
    records.audit.append(AuditEntry(at=at, actor=actor, action=action, application_id=None, details=details))


def _in_audit(official: RegisteredOfficial) -> dict[str, object]:
    return {"unit": official.unit, "roles": sorted(official.roles), "is_active": official.is_active}


def _transact(settings: Settings, use_case: Callable[[SqlRecords], T]) -> T:
    address = Address.parse(settings.database)
    file = Path(str(address.url.database))
    if not address.is_postgresql and not file.is_file():
        # Opening it would make it, and an empty register in the wrong folder looks like one where nobody acts.
        raise OfficialRefused(f"there is no database at {file}: check the settings, or run `condau init`")

    async def once() -> T:
        database = Database(settings.database, clock=now, vault=vault_of(settings), ledger_key=ledger_key_of(settings))
        try:
            if not await database.is_ready():
                raise OfficialRefused("the database does not answer, or has another schema: run `condau init`")
            return await database.run(use_case)
        except RegisterUnavailable:
            raise OfficialRefused("the database went away: list the officials to see what it kept") from None
        finally:
            await database.dispose()

    return asyncio.run(once())


def _subject_key(settings: Settings, given: str) -> str:
    """One that a token of a configured issuer can have; any other would stand there without effect."""
    issuers = [block.issuer for block in settings.issuers if block.people == "officials"]
    issuer, bar, subject = given.partition("|")
    if not bar:
        raise OfficialRefused("a subject key is ISSUER|SUBJECT; quote it, for a shell reads the bar itself")
    if issuer not in issuers:
        known = ", ".join(issuers) or "none is set"
        raise OfficialRefused(f"no issuer of officials has the address {issuer!r}; in the settings: {known}")
    try:
        return f"{issuer}|{read_identifier({'sub': subject}, 'sub')}"
    except IdentityError:
        raise OfficialRefused("a subject is 1 to 255 printable ASCII characters without outer blanks") from None


def _unit(given: str) -> str:
    try:
        return read_unit({"unit": given})
    except IdentityError:
        raise OfficialRefused("a unit is a code like 000.00.15.H26: up to 64 letters, digits, dots, hyphens") from None


def _demand_unit(tree: UnitTree, code: str, today: date) -> None:
    """Any code will do where no book is kept. Raises OfficialRefused."""
    if not tree.rows:
        return
    try:
        tree.on(code, today)
    except UnknownUnit:
        known = [unit.code for unit in tree.units_on(today)]
        near = difflib.get_close_matches(code, known, n=1)
        heir = tree.periods(code)[-1].successor if tree.is_known(code) else None
        hint = f"; its successor is {heir}" if heir else f", did you mean {near[0]!r}?" if near else ""
        raise OfficialRefused(f"no unit {code!r} exists today{hint} (`condau units list` shows them)") from None


def _full_name(given: str) -> str:
    name = unicodedata.normalize("NFC", " ".join(given.split()))
    if not 0 < len(name) <= MAX_NAME_CHARACTERS or not name.isprintable():
        raise OfficialRefused(f"a name has 1 to {MAX_NAME_CHARACTERS} printable characters")
    return name


def _personal_id(given: str) -> PersonalId:
    try:
        return PersonalId(given)
    except IdentityError:
        raise OfficialRefused("a personal number has twelve digits") from None


def _role(given: str) -> Role:
    for role in ROLES:
        if given == role:
            return role
    raise OfficialRefused(f"role{did_you_mean(given, ROLES)}")
