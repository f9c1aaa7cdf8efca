"""Verdicts on PDFs whose seal bears a timestamp (PAdES B-T)."""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from signing.errors import TimestampRefused, TimestampUnavailable
from signing.keys import KeyRing
from signing.seal_pdf import seal_pdf
from signing.self_check import check_own_pdf
from simulators.timestamp_authority import TimestampAuthority
from tests.sealing import (
    AT,
    ORGANISATION,
    OneDocumentRegister,
    facts_of,
    pdf_permit,
    rendered,
    sealed_pdf,
    snapshot,
)
from tests.stamping import Stamper, authority, stamp_sealed, stamped_pdf, stamped_ring, tidy_token_over
from verification.formats import cms
from verification.formats.pdf_seal import CONTENTS_BYTES, TIMESTAMPED_CONTENTS_BYTES, locate_seal
from verification.trust import KeyPurpose, TrustList
from verification.verdict import VIETNAM, Verdict, VerdictState
from verification.verify_pdf import MAX_STAMPING_DELAY, verify_pdf

RING = stamped_ring()
TRUST = RING.trust_list(AT)
STRANGERS = replace(TRUST, timestamp_roots=())
FACTS = facts_of(RING)
PDF = stamped_pdf().data
KEY = RING.active(KeyPurpose.PDF, AT)
STATUS = snapshot(RING)
FLIPS = 3_000
VALID, NOT_GENUINE = VerdictState.VALID, VerdictState.NOT_GENUINE
UNKNOWN_ISSUER, STATUS_UNKNOWN = VerdictState.UNKNOWN_ISSUER, VerdictState.STATUS_UNKNOWN


def offline(data: bytes = PDF, trust: TrustList = TRUST, at: datetime = AT) -> Verdict:
    return verify_pdf(data, trust, None, STATUS, at)


def online(data: bytes = PDF, trust: TrustList = TRUST, at: datetime = AT) -> Verdict:
    return verify_pdf(data, trust, OneDocumentRegister.of(PDF, FACTS), None, at)


def answer(verdict: Verdict) -> tuple[VerdictState, str]:
    return verdict.state, verdict.reason


def with_token(token: bytes | None, data: bytes = PDF) -> bytes:
    """The file with another timestamp in its seal: no signature covers it, so anybody can put one there."""
    seal = locate_seal(data)
    read = cms.read_signed_data(seal.contents)
    parts = (seal.digest, read.unverified_signer, read.unverified_others, read.algorithm, read.signature)
    der = cms.signed_data(*parts, token)
    start = data.index(b"/Contents <") + len(b"/Contents <")
    assert len(der) <= seal.contents_bytes
    end = start + 2 * seal.contents_bytes
    return data[:start] + der.hex().encode().ljust(end - start, b"0") + data[end:]


def own_token() -> bytes:
    token = cms.read_signed_data(locate_seal(PDF).contents).unverified_timestamp
    assert token is not None
    return token


@pytest.mark.parametrize("key_type", ["p256", "rsa2048", "rsa3072"])
def test_a_stamped_pdf_is_valid_with_and_without_the_register(key_type: str) -> None:
    ring = stamped_ring(key_type)  # type: ignore[arg-type]  # pytest hands the literal over as a str
    data, facts, trust = stamped_pdf(key_type).data, facts_of(ring), ring.trust_list(AT)  # type: ignore[arg-type]  # the same
    alone = verify_pdf(data, trust, None, snapshot(ring), AT)
    known = verify_pdf(data, trust, OneDocumentRegister.of(data, facts), None, AT)
    assert alone.state is known.state is VALID
    assert alone.facts == known.facts == facts


def test_it_stays_valid_when_key_and_certificates_have_ended() -> None:
    """What a timestamp is for: later somebody could have stolen the key, but not before."""
    later = AT + timedelta(days=6 * 365)
    in_time = replace(TRUST, as_of=later)
    bare = verify_pdf(sealed_pdf().data, in_time, None, STATUS, later)
    assert answer(bare) == (UNKNOWN_ISSUER, "certificate_out_of_date")
    assert offline(trust=in_time, at=later).issuer.code == "issuer_known"
    assert online(trust=in_time, at=later).state is VALID


def ring_ending(end: datetime) -> KeyRing:
    entries = tuple(replace(entry, not_after=end) for entry in RING.entries)
    return replace(RING, entries=entries)


def test_a_seal_made_after_the_keys_end_is_not_believed() -> None:
    end = AT + timedelta(days=100)
    trust = replace(ring_ending(end).trust_list(AT), as_of=AT)
    facts = replace(FACTS, issued_on=(end - timedelta(hours=1)).astimezone(VIETNAM).date())

    def stamped_at(moment: datetime) -> str:
        return offline(stamp_sealed(RING, moment, facts=facts), trust, moment).issuer.code

    assert stamped_at(end - timedelta(minutes=1)) == "issuer_known"
    assert stamped_at(end + MAX_STAMPING_DELAY - timedelta(minutes=1)) == "issuer_known"
    assert stamped_at(end + MAX_STAMPING_DELAY + timedelta(minutes=1)) == "certificate_out_of_date"


def compromised(since: datetime) -> TrustList:
    return replace(TRUST, keys=tuple(replace(key, compromised_from=since) for key in TRUST.keys))


def test_a_compromised_key_counts_for_what_was_stamped_before() -> None:
    before, after = compromised(AT + timedelta(hours=1)), compromised(AT - timedelta(hours=1))
    bare = sealed_pdf().data
    assert offline(trust=before).state is VALID
    assert online(trust=before).state is VALID
    assert answer(offline(bare, before)) == (STATUS_UNKNOWN, "key_compromised_since")
    for data in (PDF, bare):
        facts = replace(FACTS, issued_on=AT.astimezone(VIETNAM).date())
        assert facts == FACTS
        since_yesterday = compromised(AT - timedelta(days=1, hours=12))
        assert answer(offline(data, since_yesterday)) == (NOT_GENUINE, "key_compromised")
    assert answer(offline(trust=after)) == (NOT_GENUINE, "key_compromised")


def test_who_took_the_key_cannot_date_back_with_a_timestamp_of_today() -> None:
    """A forged document dated before the theft, stamped after it."""
    stolen = AT + timedelta(days=2)
    forged = stamp_sealed(RING, stolen + timedelta(days=1))
    at = stolen + timedelta(days=2)
    verdict = verify_pdf(forged, replace(compromised(stolen), as_of=at), None, snapshot(RING, at=at), at)
    assert answer(verdict) == (NOT_GENUINE, "key_compromised")


def test_the_registers_word_is_as_good_as_a_timestamps() -> None:
    bare = sealed_pdf().data
    trust = compromised(AT + timedelta(minutes=1))
    register = OneDocumentRegister.of(bare, FACTS)
    assert verify_pdf(bare, trust, register, None, AT).state is VALID
    late = replace(register, document=replace(register.document, issued_at=AT + timedelta(hours=1)))
    assert answer(verify_pdf(bare, trust, late, None, AT)) == (NOT_GENUINE, "key_compromised")
    stamped = OneDocumentRegister(replace(late.document, digest_sha256=stamped_pdf().sha256))
    assert verify_pdf(PDF, trust, stamped, None, AT).state is VALID


def test_an_authority_not_known_here_accuses_nobody_and_proves_nothing() -> None:
    verdict = offline(trust=STRANGERS)
    assert answer(verdict) == (STATUS_UNKNOWN, "timestamp_authority_unknown")
    assert verdict.facts is None
    assert online(trust=STRANGERS).state is VALID
    foreign = with_token(tidy_token_over(cms_digest(), by=TimestampAuthority.make(AT)))
    assert answer(offline(foreign)) == (STATUS_UNKNOWN, "timestamp_authority_unknown")
    assert answer(online(foreign)) == (NOT_GENUINE, "not_in_register")


def cms_digest() -> bytes:
    read = cms.read_signed_data(locate_seal(PDF).contents)
    return cms.timestamped_digest(read.algorithm, read.signature)


def test_a_timestamp_on_another_signature_is_an_accusation() -> None:
    other = cms.read_signed_data(locate_seal(stamp_sealed(RING)).contents).unverified_timestamp
    assert answer(offline(with_token(other))) == (NOT_GENUINE, "timestamp_wrong")
    assert answer(offline(with_token(other), STRANGERS)) == (NOT_GENUINE, "timestamp_wrong")
    assert with_token(own_token()) == PDF


def test_a_timestamp_taken_out_or_put_in_is_an_accusation() -> None:
    """The size of its place says whether a seal has one."""
    assert answer(offline(with_token(None))) == (NOT_GENUINE, "timestamp_wrong")
    bare = sealed_pdf().data
    read = cms.read_signed_data(locate_seal(bare).contents)
    token = tidy_token_over(cms.timestamped_digest(read.algorithm, read.signature))
    assert answer(offline(with_token(token, bare))) == (NOT_GENUINE, "timestamp_wrong")


def test_something_else_beside_the_signature_is_refused() -> None:
    seal = locate_seal(PDF)
    other_type = bytes.fromhex("060b2a864886f70d010910020f")  # id-aa-ets-sigPolicyId
    damaged = seal.contents.replace(bytes.fromhex("060b2a864886f70d010910020e"), other_type)
    assert damaged != seal.contents
    forged = PDF.replace(seal.contents.hex().encode(), damaged.hex().encode())
    assert answer(offline(forged)) == (NOT_GENUINE, "cms_attributes_unexpected")


def test_no_flipped_bit_of_the_signature_and_its_timestamp_is_valid() -> None:
    """A sample of the DER, the certificates within the timestamp too."""
    demand_no_flip_valid(random.Random(20261120).sample(range(8 * len(locate_seal(PDF).contents)), FLIPS))


@pytest.mark.campaign
def test_none_of_all_flipped_bits_of_the_signature_and_its_timestamp_is_valid() -> None:
    demand_no_flip_valid(range(8 * len(locate_seal(PDF).contents)))


def demand_no_flip_valid(places: Iterable[int]) -> None:
    der = locate_seal(PDF).contents
    start = PDF.index(b"/Contents <") + len(b"/Contents <")
    states = set()
    for place in places:
        damaged = bytearray(der)
        damaged[place // 8] ^= 1 << place % 8
        verdict = offline(PDF[:start] + damaged.hex().encode() + PDF[start + 2 * len(der) :])
        states.add(verdict.state)
        assert verdict.facts is None, place
    assert states <= {NOT_GENUINE, UNKNOWN_ISSUER, STATUS_UNKNOWN, VerdictState.UNREADABLE}


def test_the_place_has_one_of_two_sizes() -> None:
    assert locate_seal(PDF).contents_bytes == TIMESTAMPED_CONTENTS_BYTES
    assert locate_seal(sealed_pdf().data).contents_bytes == CONTENTS_BYTES


def test_a_trust_list_that_is_out_of_time_says_nothing_about_a_pdf() -> None:
    stale = replace(TRUST, fresh_until=AT)
    for verdict in (offline(trust=stale), online(trust=stale), offline(sealed_pdf().data, stale)):
        assert answer(verdict) == (STATUS_UNKNOWN, "trust_list_stale")
    early = AT - timedelta(hours=1)
    assert offline(at=early).reason == "trust_list_from_the_future"


def test_the_self_check_knows_its_own_timestamps() -> None:
    """Intended before an outage of the authority, sealed and stamped after it."""
    intended, stamped = AT, AT + timedelta(days=1)
    data = stamp_sealed(RING, stamped)
    assert check_own_pdf(data, RING.trust_list(intended), intended).reason == "status_not_asked"


def test_without_the_authority_nothing_is_sealed() -> None:
    with pytest.raises(TimestampUnavailable):
        seal_pdf(pdf_permit(rendered(FACTS)), KEY, ORGANISATION, AT, timestamper=Stamper(away=True))


class Chatty:
    """Answers with more than there is room for."""

    def timestamp(self, digest: bytes) -> bytes:
        return b"\x30\x82\x40\x00" + bytes(0x4000)


def test_a_timestamp_that_does_not_fit_is_refused() -> None:
    with pytest.raises(TimestampRefused, match="does not fit"):
        seal_pdf(pdf_permit(rendered(FACTS)), KEY, ORGANISATION, AT, timestamper=Chatty())


def test_the_authority_vouches_for_a_moment_not_for_a_day() -> None:
    stamped = datetime(2026, 11, 20, 3, 0, 0, 250_000, tzinfo=UTC)
    assert offline(stamp_sealed(RING, stamped)).state is VALID
    assert authority().misbehaves is None
