"""What the demonstration finds already there: the officials' register, and an application that is overdue."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import cast

from condau.assembly import Assembly
from condau.clock import now
from condau.issuers_and_clients import trusted_issuers
from condau.story import LATE_APPLICANT
from identity.citizen import Role, VerifiedCitizen
from identity.officials_register import RegisteredOfficial
from identity.verify_token import require_citizen, verify_token
from issuance.apply import apply
from issuance.records import Records
from simulators.people import load_people
from simulators.sign_in import sign_in
from storage.records import SqlRecords

SUBMITTED_BEFORE = timedelta(days=30)
REQUEST = {
    "copies": 1,
    "sex": "female",
    "birth_place": "Thị xã Sơn Tây, thành phố Hà Nội",
    "nationality": "Việt Nam",
    "permanent_residence": "Số 7 phố Phùng Khắc Khoan, phường Sơn Tây, thành phố Hà Nội",
    "business_management_ban_requested": False,
}


def seed_officials(assembly: Assembly, outside_url: str) -> None:
    """Put the demonstration's officials into the register, so that cases have owners with names.

    Accounts of a run whose outside world had another address act no more: nobody could sign in to them.
    """

    def put(records: SqlRecords) -> None:
        for known in records.officials.list():
            if known.is_active and not known.subject_key.startswith(f"{outside_url}/officials|"):
                records.officials.put(replace(known, is_active=False), now())
        for person in load_people().officials:
            official = RegisteredOfficial(
                subject_key=f"{outside_url}/officials|{person.subject}",
                unit=person.unit,
                roles=frozenset(cast("tuple[Role, ...]", person.roles)),
                full_name=person.full_name,
            )
            if records.officials.find(official.subject_key) is None:
                records.officials.put(official, now())
                # So that nobody is given an own application that was made through another account.
                own = assembly.services.rules.person_index(person.personal_id)
                records.relatives.declare(official.subject_key, own, now())

    assembly.database.run_blocking(put)


def seed_overdue(assembly: Assembly, outside_url: str) -> None:
    """Let one citizen have applied a month ago; her application is overdue and first on the work list. Once, and again
    when a head has apologised for the last one."""
    token = sign_in(f"{outside_url}/citizens", client_id="vneid-app", person=LATE_APPLICANT).access_token
    # With key caches of its own: the service's belong to the loop of the service.
    person = asyncio.run(verify_token(token, trusted_issuers(assembly.settings), now()))
    citizen = require_citizen(person)
    assembly.database.run_blocking(lambda records: _apply_late(records, assembly, citizen))


def _apply_late(records: Records, assembly: Assembly, citizen: VerifiedCitizen) -> None:
    for application in records.applications.list_of_citizen(citizen.subject_key, None, 1).applications:
        apology = records.apologies.of_application(application.id)
        if apology is None or not apology.is_signed:
            return
    apply(records, assembly.services.rules, citizen, "criminal_record_form_1", REQUEST, now() - SUBMITTED_BEFORE)
