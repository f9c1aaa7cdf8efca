"""A head signs off an apology: from then on it is the agency's, and its letter is sealed in the background."""

from __future__ import annotations

from datetime import date, datetime

from identity.citizen import VerifiedOfficial
from issuance.apology_content import APOLOGY_TYPE, rehearse_apology
from issuance.delegations.authority import HEAD, authority_in_role
from issuance.errors import ApologyNotOwed, ApologySigned, NewDateRefused, RoleMissing
from issuance.fees.facts import vietnam_day
from issuance.jobs import JobKind
from issuance.records import AuditEntry, Records
from issuance.rules import Rules

from .apology import Apology, ApologyPage, is_owed

MAX_NEW_DATE_DAYS = 366


def waiting_apologies(records: Records, official: VerifiedOfficial, cursor: str | None, limit: int) -> ApologyPage:
    """What waits for a head's signature in the official's unit. Raises RoleMissing, InvalidCursor."""
    if HEAD not in official.roles:
        raise RoleMissing("apologies are signed off by a head")
    return records.apologies.unsigned(official.unit, cursor, limit)


def sign_off(
    records: Records,
    rules: Rules,
    code: str,
    official: VerifiedOfficial,
    reason: str,
    new_date: date,
    at: datetime,
) -> Apology:
    """Sign off the drafted apology of an application, also of one that has been settled since: as a head, or in the
    place of one. It holds nothing up: the result is issued without it.

    reason: which the citizen reads, at most 1,000 letters. new_date: today or later, within a year.
    Raises ApplicationNotFound, RoleMissing, SelfDealing, ApologyNotOwed, ApologySigned, NewDateRefused, NotPrintable.
    """
    application = records.applications.in_unit(code, official.unit)
    right = authority_in_role(records, rules, official, application, HEAD, at)
    drafted = records.apologies.of_application(application.id)
    if drafted is None or not (drafted.is_signed or is_owed(application, drafted.missed_at)):
        raise ApologyNotOwed("the promised time of this application has not passed")
    if drafted.is_signed:
        raise ApologySigned("the apology for this application is signed off already")
    if not 0 <= (new_date - vietnam_day(at)).days <= MAX_NEW_DATE_DAYS:
        raise NewDateRefused("the new date is today or later, within a year")
    signed = drafted.signed(right.actor, right.acting_for, reason, new_date, at)
    document_type, letter_type = rules.catalogue.get(application.type_id), rules.catalogue.get(APOLOGY_TYPE)
    rehearse_apology(application, signed, document_type, letter_type, vietnam_day(at))
    records.apologies.sign(signed)
    records.jobs.enqueue(JobKind.ISSUE_APOLOGY, application.id)
    acting_for = right.acting_for and right.acting_for.subject_key
    records.audit.append(
        AuditEntry(
            at=at,
            actor=official.subject_key,
            action="apology_signed_off",
            application_id=application.id,
            details={"unit": official.unit, "new_date": new_date.isoformat(), "acting_for": acting_for},
        )
    )
    return signed
