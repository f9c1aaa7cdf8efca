"""Timestamp tokens: what one proves, and that no bit of it is free."""

from collections import Counter
from datetime import timedelta
from hashlib import sha256

import pytest
from asn1crypto import cms
from hypothesis import given
from hypothesis import strategies as st

from simulators.timestamp_authority import Misbehaviour, TimestampAuthority
from tests.sealing import AT, key_ring
from tests.stamping import authority, tidy_token_over, token_over
from verification.formats.timestamp import MAX_TOKEN_BYTES, TimestampMalformed, certificates_of, with_certificates
from verification.verdict import VerificationError
from verification.verify_timestamp import TimestampAuthorityUnknown, verify_timestamp

DIGEST = sha256(b"a signature").digest()
ROOTS = [authority().root]
TOKEN = tidy_token_over(DIGEST)


def refusal(token: bytes, digest: bytes = DIGEST) -> str:
    with pytest.raises(VerificationError) as refused:
        verify_timestamp(token, digest, ROOTS)
    return refused.value.code


def test_it_says_when_and_by_whom() -> None:
    stamp = verify_timestamp(TOKEN, DIGEST, ROOTS)
    assert stamp.at == AT
    assert stamp.not_later_than == AT + timedelta(seconds=1)
    assert stamp.certificates == (authority().signer.certificate, authority().intermediate)


def test_no_flipped_bit_is_accepted() -> None:
    """Every bit of it, those of its certificates too."""
    codes: Counter[str] = Counter()
    for place in range(8 * len(TOKEN)):
        damaged = bytearray(TOKEN)
        damaged[place // 8] ^= 1 << place % 8
        codes[refusal(bytes(damaged))] += 1
    assert codes.keys() <= {"timestamp_malformed", "timestamp_signature_wrong", "timestamp_authority_unknown"}
    assert codes["timestamp_malformed"] > 5_000


@given(st.binary(max_size=200), st.integers(0, len(TOKEN)), st.integers(0, len(TOKEN)))
def test_whatever_the_bytes_only_its_own_errors_come_out(some: bytes, start: int, end: int) -> None:
    for token in (some, TOKEN[:start] + some + TOKEN[end:]):
        if token != TOKEN:
            refusal(token)


def test_another_thing_than_was_stamped() -> None:
    assert refusal(TOKEN, sha256(b"another").digest()) == "timestamp_of_something_else"
    assert refusal(tidy_token_over(DIGEST[:31] + b"\0")) == "timestamp_of_something_else"


def test_an_authority_that_nobody_here_knows() -> None:
    for roots in ([], list(key_ring().roots), [TimestampAuthority.make(AT).root]):
        with pytest.raises(TimestampAuthorityUnknown):
            verify_timestamp(TOKEN, DIGEST, roots)


def test_before_and_after_the_time_of_its_certificates() -> None:
    for moment in (AT - timedelta(days=2), AT + timedelta(days=11 * 365)):
        assert refusal(tidy_token_over(DIGEST, moment)) == "timestamp_authority_unknown"


def test_a_certificate_for_something_else_stamps_nothing() -> None:
    own = authority()
    try:
        own.misbehaves = Misbehaviour.WRONG_PURPOSE
        token = token_over(DIGEST)
    finally:
        own.misbehaves = None
    assert refusal(with_certificates(token, (own.clerk.certificate, own.intermediate))) == "timestamp_authority_unknown"


def test_certificates_that_no_path_needs_are_refused() -> None:
    own = authority()
    needed = (own.signer.certificate, own.intermediate)
    for more in (own.root, own.clerk.certificate, TimestampAuthority.make(AT).root):
        assert refusal(with_certificates(TOKEN, (*needed, more))) == "timestamp_authority_unknown"
    assert refusal(with_certificates(TOKEN, (own.signer.certificate,))) == "timestamp_authority_unknown"
    assert refusal(with_certificates(TOKEN, (own.intermediate,))) == "timestamp_malformed"
    assert refusal(with_certificates(TOKEN, (*needed, own.signer.certificate))) == "timestamp_malformed"


def test_the_signer_may_stand_under_a_root_itself() -> None:
    """Where the intermediate one is what is trusted."""
    own = authority()
    token = with_certificates(TOKEN, (own.signer.certificate,))
    assert verify_timestamp(token, DIGEST, [own.intermediate]).certificates == (own.signer.certificate,)


def altered(**changed: object) -> bytes:
    """The token with other values in its one signer info, which no signature covers."""
    content = cms.ContentInfo.load(TOKEN)
    info = content["content"]["signer_infos"][0]
    for name, value in changed.items():
        info[name] = value
    return bytes(content.dump(force=True))


def test_what_no_signature_covers_has_one_form() -> None:
    assert altered() == TOKEN
    unsigned = cms.CMSAttributes([cms.CMSAttribute({"type": "signing_time", "values": [cms.Time("utc_time", AT)]})])
    assert refusal(altered(unsigned_attrs=unsigned)) == "timestamp_malformed"
    assert refusal(altered(version="v3")) == "timestamp_malformed"
    assert refusal(altered(digest_algorithm={"algorithm": "sha512"})) == "timestamp_malformed"
    assert refusal(altered(signature_algorithm={"algorithm": "sha512_ecdsa"})) == "timestamp_malformed"
    assert refusal(altered(signature_algorithm={"algorithm": "rsassa_pkcs1v15"})) == "timestamp_malformed"


def test_too_large_is_refused_before_it_is_read() -> None:
    assert refusal(TOKEN + bytes(MAX_TOKEN_BYTES)) == "timestamp_malformed"


@pytest.mark.parametrize("token", [b"", b"\x30\x00", b"no DER", TOKEN[:-1], TOKEN + b"\0"])
def test_what_is_no_token(token: bytes) -> None:
    assert refusal(token) == "timestamp_malformed"
    if token != TOKEN[:-1] + TOKEN[-1:]:
        with pytest.raises(TimestampMalformed):
            certificates_of(token)
        with pytest.raises(TimestampMalformed):
            with_certificates(token, ())
