"""The trust list and the bundle as they are published, read by the verifier that everybody has."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from signing.errors import KeyUnavailable
from signing.permit import SealingPermit
from signing.seal_qr import seal_qr
from signing.trust_list import seal_trust_list
from storage.runner import Database
from tests.api.house import PUBLIC_URL, House, SignedTrustLists, open_house
from verification.bundle import begin, read_fetched, update
from verification.formats.qr import encode_claims
from verification.trust import KeyPurpose
from verification.verdict import VerdictState, VerificationError
from verification.verify_pdf import verify_pdf
from verification.verify_trust_list import anchor_of, verify_trust_list

LIST, BUNDLE = "/.well-known/condau-trust-list", "/.well-known/condau-bundle"
HOUR = timedelta(hours=1)


def anchor(house: House) -> bytes:
    return anchor_of(house.office.keys.active(KeyPurpose.TRUST_LIST, house.office.at).public_key)


def signed(house: House) -> int:
    lists = house.services.trust_lists
    assert isinstance(lists, SignedTrustLists)
    return lists.signed


async def test_the_list_is_what_a_verifier_begins_with(house: House) -> None:
    answer = await house.get(LIST)
    trust = verify_trust_list(answer.text, house.office.at, anchor=anchor(house))

    assert answer.headers["content-type"] == "application/condau-trust-list+jwt"
    assert (trust.issuer, trust.sequence) == (PUBLIC_URL, house.office.keys.sequence)
    assert trust.keys == tuple(
        replace(key, issuer_name=trust.keys[0].issuer_name)
        for key in house.office.keys.trust_list(house.office.at).keys
    )
    assert trust.roots == house.office.keys.roots


async def test_it_may_be_kept_by_anybody_and_asked_for_again_cheaply(house: House) -> None:
    for path in (LIST, BUNDLE):
        answer = await house.get(path)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "public" in answer.headers["cache-control"]
    answer = await house.get(LIST)
    again = await house.get(LIST, {"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", answer.headers["etag"])
    assert int(answer.headers["cache-control"].partition("max-age=")[2]) <= 300
    assert (await house.get(LIST, {"If-None-Match": '"another"'})).status_code == 200


async def test_it_is_signed_once_an_hour_and_with_every_change_of_the_ring(house: House) -> None:
    first = (await house.get(LIST)).text
    house.office.at += timedelta(minutes=10)
    assert (await house.get(LIST)).text == first
    assert signed(house) == 1

    house.office.at = house.office.at.replace(minute=0) + HOUR
    later = (await house.get(LIST)).text
    assert signed(house) == 2
    known = verify_trust_list(later, house.office.at, anchor=anchor(house))
    with pytest.raises(VerificationError, match="trust_list_rolled_back"):
        verify_trust_list(first, house.office.at, known=known)


@pytest.fixture
async def changing(sqlite_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """A house that looks at its key ring anew for every list."""
    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    opened: list[House] = []
    async with open_house(database, tmp_path, trust=lambda at: opened[0].office.keys.trust_list(at)) as house:
        opened.append(house)
        yield house
    await database.dispose()


async def test_a_compromise_is_told_at_once(changing: House) -> None:
    house = changing
    before = await house.get(LIST)
    ring = house.office.keys
    entries = tuple(
        replace(entry, compromised_from=house.office.at) if entry.purpose is KeyPurpose.QR else entry
        for entry in ring.entries
    )
    house.office.keys = replace(ring, entries=entries, sequence=ring.sequence + 1)
    after = await house.get(LIST, {"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    known = verify_trust_list(before.text, house.office.at, anchor=anchor(house))
    told = verify_trust_list(after.text, house.office.at, known=known)
    assert [key.compromised_from for key in told.keys if key.purpose is KeyPurpose.QR] == [house.office.at]


async def test_two_processes_of_one_hour_do_not_look_like_a_roll_back(house: House) -> None:
    key = house.office.keys.active(KeyPurpose.TRUST_LIST, house.office.at)
    trust = house.office.keys.trust_list(house.office.at)
    late, early = (
        seal_trust_list(trust, key, PUBLIC_URL, house.office.at + later, timedelta(days=7))
        for later in (timedelta(minutes=50), timedelta(minutes=2))
    )
    known = verify_trust_list(late, house.office.at + HOUR, anchor=anchor(house))
    assert verify_trust_list(early, house.office.at + HOUR, known=known).as_of == known.as_of


async def test_no_key_no_list_but_a_problem(sqlite_url: str, tmp_path: Path) -> None:
    class NoKey:
        def publish(self, at: datetime) -> str:
            raise KeyUnavailable("gone")

    database = Database(sqlite_url, clock=lambda: datetime.now(UTC))
    async with open_house(database, tmp_path, trust_lists=NoKey()) as house:
        for path in (LIST, BUNDLE):
            answer = await house.get(path)
            assert (answer.status_code, answer.json()["code"]) == (503, "key_unavailable")
    await database.dispose()


async def test_before_anything_is_issued_the_bundle_has_no_status_lists(house: House) -> None:
    assert (await house.get(BUNDLE)).json()["status_lists"] == []


async def test_the_bundle_is_all_that_a_check_without_a_network_takes(house: House) -> None:
    code, certificate = await house.issued()
    held = begin(read_fetched((await house.get(BUNDLE)).content), house.office.at, anchor(house)).bundle
    pdf = house.pdf(certificate)
    verdict = verify_pdf(pdf, held.trust, None, held, house.office.at)
    assert (verdict.state, verdict.facts is not None) == (VerdictState.VALID, True)

    revoked = await house.post(
        f"/v1/desk/applications/{code}/revocation", house.official(), json={"reason": "issued_in_error"}
    )
    assert revoked.status_code == 200
    house.office.at += timedelta(minutes=2)
    fetched = read_fetched((await house.get(BUNDLE)).content)
    later = update(held, fetched, house.office.at).bundle
    assert verify_pdf(pdf, later.trust, None, later, house.office.at).state is VerdictState.REVOKED


async def test_a_bundle_of_the_same_lists_is_not_sent_again(house: House) -> None:
    code, _ = await house.issued()
    first = await house.get(BUNDLE)
    again = await house.get(BUNDLE, {"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert int(first.headers["cache-control"].partition("max-age=")[2]) <= 60

    await house.post(f"/v1/desk/applications/{code}/revocation", house.official(), json={"reason": "issued_in_error"})
    later = await house.get(BUNDLE, {"If-None-Match": first.headers["etag"]})
    assert later.status_code == 200
    assert later.headers["etag"] != first.headers["etag"]


async def test_a_code_that_was_signed_and_never_registered_is_forged_where_the_register_is(house: House) -> None:
    """Whoever takes the key can sign any code; the register has never heard of it."""
    _, certificate = await house.issued()
    key = house.office.keys.active(KeyPurpose.QR, house.office.at)
    for changed in ({"status_index": certificate.status_index ^ 1}, {"full_name": "Kẻ Gian"}):
        facts = replace(certificate.facts, **changed)
        permit = SealingPermit.grant(serial="test", purpose=KeyPurpose.QR, content=encode_claims(facts))
        answer = await house.post("/v1/verifications/qr", json={"text": seal_qr(permit, key, PUBLIC_URL).link})
        found = answer.json()
        expected = "not_in_register" if "status_index" in changed else "contradicts_register"
        assert (found["state"], found["reason"], found["facts"]) == ("not_genuine", expected, None)


async def test_whoever_has_any_of_them_is_not_sent_another(house: House) -> None:
    await house.issued()
    for path in (LIST, BUNDLE):
        answer = await house.get(path, {"If-None-Match": "*"})
        assert (answer.status_code, answer.content) == (304, b"")
    known = (await house.get(LIST)).headers["etag"]
    assert (await house.get(LIST, {"If-None-Match": f'"other", {known}'})).status_code == 304


async def test_a_bundle_comes_in_gzip_where_that_is_wanted(house: House) -> None:
    await house.issued()
    bodies = {}
    for wanted in ("gzip", "identity"):
        async with house.client.stream("GET", BUNDLE, headers={"Accept-Encoding": wanted}) as answer:
            bodies[wanted] = b"".join([chunk async for chunk in answer.aiter_raw()])
            assert answer.headers.get("content-encoding") == ("gzip" if wanted == "gzip" else None)
            assert "Accept-Encoding" in answer.headers["vary"]
    assert gzip.decompress(bodies["gzip"]) == bodies["identity"]
    assert len(bodies["gzip"]) < len(bodies["identity"])
    assert read_fetched(bodies["identity"])
