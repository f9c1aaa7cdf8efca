"""May this key have sealed that? Period, unit, compromise and the age of the trust list, weighed in one place."""

from datetime import date, datetime

from verification.trust import RECEIPT_DOCUMENT_TYPE, KeyPurpose, TrustedKey, TrustList, first_instant
from verification.verdict import MAX_CLOCK_SKEW, VIETNAM, Check, Outcome


def check_issuer(
    key: TrustedKey,
    trust: TrustList,
    *,
    document_type: str,
    issued_on: date,
    at: datetime,
    sealed_before: datetime | None = None,
    in_register: bool = False,
) -> Check:
    """The finding on a known key whose signature on a document has been verified.

    sealed_before: an instant at which the document is proven to have been sealed already, by the register or by a
    trusted timestamp; None where only the document itself says when it was issued. in_register: whether the register
    of the key's organisation has the document as it is sealed.

    1. A key for receipts has sealed a receipt, whatever the age of the list: a key's purpose never changes.
    2. The trust list is in its time, else unknown: it could be silent about a compromise, or about what was added.
    3. The key's period covers some instant of the day of issue, else it could not have sealed this.
    4. A unit's key has sealed a type of that unit, or what the register has: a type that the unit has lost since. On a
       list that is not from after the day of issue it is unknown, for the unit may have gained the type since.
    5. A compromised key: good for what is proven to be from before, bad for what claims to be from afterwards, and for
       what only claims to be from before it is unknown, because whoever took the key can write any date.
    """
    if key.purpose is KeyPurpose.RECEIPT and document_type != RECEIPT_DOCUMENT_TYPE:
        return Check(Outcome.FAILED, "key_for_other_purpose", trust.as_of)
    outdated = check_time_of(trust, at)
    if outdated is not None:
        return outdated
    if not key.may_sign_on(issued_on):
        return Check(Outcome.FAILED, "issued_outside_key_period", trust.as_of)
    if not in_register and not _is_of_unit(document_type, key, trust):
        if trust.as_of.astimezone(VIETNAM).date() <= issued_on:
            return Check(Outcome.UNKNOWN, "trust_list_before_issue", trust.as_of)
        return Check(Outcome.FAILED, "key_for_other_unit", trust.as_of)
    return check_compromise(key, trust, first_instant(issued_on), sealed_before)


def _is_of_unit(document_type: str, key: TrustedKey, trust: TrustList) -> bool:
    """Whether the type is the key's to attest; an organisation's own key attests all."""
    unit = trust.unit_of(key)
    return key.unit is None or (unit is not None and document_type in unit.document_types)


def check_time_of(trust: TrustList, at: datetime) -> Check | None:
    """None for a list in its time; else the finding, which accuses nobody."""
    if trust.as_of > at + MAX_CLOCK_SKEW:
        return Check(Outcome.UNKNOWN, "trust_list_from_the_future", trust.as_of)
    if trust.fresh_until is not None and at >= trust.fresh_until:
        return Check(Outcome.UNKNOWN, "trust_list_stale", trust.as_of)
    return None


def check_compromise(key: TrustedKey, trust: TrustList, claimed: datetime, sealed_before: datetime | None) -> Check:
    """claimed: the earliest instant at which the document may have been sealed by its own account."""
    since = key.compromised_from
    if since is None or (sealed_before is not None and sealed_before <= since):
        return Check(Outcome.PASSED, "issuer_known", trust.as_of)
    if claimed >= since or sealed_before is not None:
        return Check(Outcome.FAILED, "key_compromised", trust.as_of)
    return Check(Outcome.UNKNOWN, "key_compromised_since", trust.as_of)
