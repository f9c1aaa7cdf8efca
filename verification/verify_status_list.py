"""Verify a published status list, and answer from it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from verification.formats import cose
from verification.formats import status_list as lists
from verification.formats import status_list_cwt as cwt
from verification.formats.jws import read_jws
from verification.register import StatusReading
from verification.signatures import Algorithm, is_signed_by
from verification.trust import KeyPurpose, TrustedKey, TrustList
from verification.verdict import MAX_CLOCK_SKEW, VerificationError


class StatusListRefused(VerificationError):
    """The list is not one to answer from: another's, altered, outdated; `code` says which."""

    code = "status_list_refused"


@dataclass(frozen=True, slots=True)
class StatusListSnapshot:
    """One verified list, a StatusSource for its own number only.

    issued_at: what it says is as of then. fresh_until: its exp; from then on it says nothing any more. refresh_after:
    when a newer one should be fetched, where there is a network; it answers all the same.
    """

    number: int
    issued_at: datetime
    fresh_until: datetime
    refresh_after: datetime
    bits: int
    packed: bytes = field(repr=False)

    def status_of(self, status_list: int, status_index: int) -> StatusReading | None:
        if status_list != self.number:
            return None
        status = lists.read_entry(self.bits, self.packed, status_index)
        return None if status is None else StatusReading(status, self.issued_at, self.fresh_until)


def verify_status_list(text: str, trust: TrustList, at: datetime) -> StatusListSnapshot:
    """Verify a status list token, a JWT received at `at`. Only VerificationError leaves it, whatever the text says.

    1. A compact JWS with typ statuslist+jwt, and alg, kid as its only other header members.
    2. The kid belongs to a STATUS key of the whole organisation on the trust list.
    3. The signature is that key's. Only now are the claims parsed.
    4. The key is not compromised: whoever took it could write any time into a list.
    5. Exactly the claims sub, iat, exp, ttl, status_list; exp after iat by seven days at
       most, ttl positive, 1 or 2 bits an entry.
    6. iat is not in the future, and in the key's period.
    7. The entries, decompressed within MAX_LIST_BYTES.

    An expired list is not refused here: its readings are stale, so a verdict can say as of when it last knew. Nor is
    one older than another that the caller holds: see `newer`.
    """
    token = read_jws(text, lists.STATUS_LIST_TYP)
    key = _key_of(token.unverified_key_id, trust)
    _demand_signature(key, token.algorithm, token.signature, token.signing_input)
    return _snapshot(lists.decode_claims(token.claims()), key, at)


def verify_status_list_cwt(data: bytes, trust: TrustList, at: datetime) -> StatusListSnapshot:
    """The same for a CWT: a COSE_Sign1 with alg, kid and the type application/statuslist+cwt in its protected header,
    nothing in the unprotected one, all of it in deterministic CBOR. Then as `verify_status_list` from check 2 on."""
    envelope = cwt.decode_envelope(data)
    key = _key_of(envelope.unverified_key_id, trust)
    signed = cose.to_be_signed(envelope.protected, envelope.payload)
    _demand_signature(key, envelope.algorithm, envelope.signature, signed)
    return _snapshot(cwt.decode_claims(envelope.payload), key, at)


def newer(held: StatusListSnapshot | None, candidate: StatusListSnapshot) -> StatusListSnapshot:
    """The candidate, for whoever holds a list of the same number already, or none.

    Raises StatusListRefused for one issued before the list held: the past must not come back as the present. One of the
    same second is taken: two processes may each have signed theirs.
    """
    if held is not None and held.number != candidate.number:
        raise StatusListRefused("status_list_of_other_number")
    if held is not None and candidate.issued_at < held.issued_at:
        raise StatusListRefused("status_list_rolled_back")
    return candidate


def _key_of(unverified_key_id: str, trust: TrustList) -> TrustedKey:
    key = trust.find(unverified_key_id, KeyPurpose.STATUS)
    # A list covers the documents of all units, so no unit can revoke another's.
    if key is None or key.unit is not None:
        raise StatusListRefused("status_list_issuer_unknown")
    return key


def _demand_signature(key: TrustedKey, algorithm: Algorithm, signature: bytes, signed: bytes) -> None:
    if not is_signed_by(key.public_key, algorithm, signature, signed):
        raise StatusListRefused("status_list_signature_wrong")
    if key.compromised_from is not None:
        raise StatusListRefused("status_list_key_compromised")


def _snapshot(claims: lists.StatusListClaims, key: TrustedKey, at: datetime) -> StatusListSnapshot:
    number = claims.number
    if claims.issued_at > at + MAX_CLOCK_SKEW:
        raise StatusListRefused("status_list_from_the_future")
    if not key.may_sign_at(claims.issued_at):
        raise StatusListRefused("status_list_outside_key_period")
    try:
        refresh_after = at + timedelta(seconds=claims.ttl_seconds)
    except OverflowError:
        raise StatusListRefused("status_list_claims_unexpected") from None
    return StatusListSnapshot(number, claims.issued_at, claims.expires_at, refresh_after, claims.bits, claims.packed())
