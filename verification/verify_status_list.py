"""Verify a published status list, and answer from it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from verification.formats import status_list as lists
from verification.formats.jws import read_jws
from verification.register import StatusReading
from verification.signatures import is_signed_by
from verification.trust import KeyPurpose, TrustList
from verification.verdict import VerificationError

# Clocks of servers differ; a list from further ahead was made with a wrong or dishonest one.
MAX_CLOCK_SKEW = timedelta(minutes=5)


class StatusListRefused(VerificationError):
    """The list is not one to answer from: another's, altered, outdated; `code` says which."""

    code = "status_list_refused"


@dataclass(frozen=True, slots=True)
class StatusListSnapshot:
    """One verified list, a StatusSource for its own number only. issued_at and fresh_until bound what it says."""

    number: int
    issued_at: datetime
    fresh_until: datetime
    bits: int
    packed: bytes = field(repr=False)

    def status_of(self, status_list: int, status_index: int) -> StatusReading | None:
        if status_list != self.number:
            return None
        status = lists.read_entry(self.bits, self.packed, status_index)
        return None if status is None else StatusReading(status, self.issued_at, self.fresh_until)


def verify_status_list(text: str, trust: TrustList, at: datetime) -> StatusListSnapshot:
    """Verify a status list token received at `at`. Only VerificationError leaves it, whatever the text says.

    1. A compact JWS with typ statuslist+jwt, and alg, kid as its only other header members.
    2. The kid belongs to a STATUS key of the trust list, in its period when the list was issued.
    3. The signature is that key's. Only now are the claims parsed.
    4. Exactly the claims sub, iat, exp, ttl, status_list; iat not in the future, exp after iat, ttl positive.
    5. 1 or 2 bits an entry, decompressed within MAX_LIST_BYTES.

    An expired list is not refused here: its readings are stale, so a verdict can say as of when it last knew.
    It is fresh until exp, or ttl seconds after `at`, whichever comes first.
    """
    token = read_jws(text, lists.STATUS_LIST_TYP)
    key = trust.find(token.unverified_key_id, KeyPurpose.STATUS)
    if key is None:
        raise StatusListRefused("status_list_issuer_unknown")
    if not is_signed_by(key.public_key, token.algorithm, token.signature, token.signing_input):
        raise StatusListRefused("status_list_signature_wrong")
    match token.claims():
        case {"sub": str() as uri, "iat": int() as iat, "exp": int() as exp, "ttl": int() as ttl,
              "status_list": claim, **others} if not others and ttl > 0 and iat < exp:  # fmt: skip
            number = lists.list_number(uri)
        case _:
            raise StatusListRefused("status_list_claims_unexpected")
    try:
        issued_at, expires_at = datetime.fromtimestamp(iat, UTC), datetime.fromtimestamp(exp, UTC)
        fresh_until = min(expires_at, at + timedelta(seconds=ttl))
    except (OverflowError, ValueError, OSError):
        raise StatusListRefused("status_list_claims_unexpected") from None
    if issued_at > at + MAX_CLOCK_SKEW:
        raise StatusListRefused("status_list_from_the_future")
    if not key.may_sign_at(issued_at):
        raise StatusListRefused("status_list_outside_key_period")
    bits, packed = lists.decode_list(claim)
    return StatusListSnapshot(number, issued_at, fresh_until, bits, packed)
