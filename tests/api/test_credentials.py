"""Credentials over HTTP: their owner gets them, anyone checks them, wallets find out what they are."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import httpx
import pytest

from api.credentials import MEDIA_TYPE
from issuance.certificate import CertificateKind
from issuance.issue import intend
from signing.permit import SealingPermit
from signing.seal_credential import seal_credential
from tests.api.house import PUBLIC_URL, House
from tests.credentials import Holder, disclosures_of, payload_of, showing
from verification.formats.facts import encode_facts
from verification.trust import KeyPurpose
from verification.verdict import SELECTIVE_FACTS

STRANGER = {"sub": "subject-2"}
BINDING = {"audience": "https://bank.example", "nonce": "a nonce for one presentation", "max_age_seconds": 300}


async def downloaded(house: House, code: str) -> httpx.Response:
    return await house.get(f"/v1/applications/{code}/credential", house.citizen())


async def checked(house: House, text: str, **asked: Any) -> dict[str, Any]:
    answer = await house.client.post("/v1/verifications/credential", json={"credential": text} | asked)
    assert answer.status_code == 200, answer.text
    verdict: dict[str, Any] = answer.json()
    return verdict


async def test_its_owner_downloads_it_and_has_the_result(house_on_both: House) -> None:
    house = house_on_both
    code, certificate = await house.issued()
    links = (await house.get(f"/v1/applications/{code}", house.citizen())).json()["links"]

    first = await house.get(links["credential"], house.citizen())
    [file] = house.office.do(lambda r: r.certificates.files_of(certificate))
    again = await house.get(links["credential"], house.citizen() | {"If-None-Match": first.headers["etag"]})
    looked = await house.client.head(links["credential"], headers=house.citizen())

    assert first.headers["content-type"] == MEDIA_TYPE == "application/dc+sd-jwt"
    assert first.headers["cache-control"] == "private, no-store"
    assert first.headers["content-disposition"].endswith('.sd-jwt"')
    assert hashlib.sha256(first.content).digest() == file.sha256
    assert (again.status_code, again.content) == (304, b"")
    assert int(looked.headers["content-length"]) == len(first.content)
    assert house.stored(code).state.name == "RESULT_RETURNED"


async def test_nobody_else_and_nothing_before_it_is_issued(house: House) -> None:
    waiting = (await house.apply())["code"]
    early = await downloaded(house, waiting)
    assert (early.status_code, early.json()["code"]) == (409, "document_not_ready")

    code, _ = await house.issued()
    path = f"/v1/applications/{code}/credential"
    unknown = await house.get("/v1/applications/000.00.15.H26-240603-9999/credential", house.citizen())
    stranger = await house.get(path, house.citizen(**STRANGER))
    assert (stranger.status_code, unknown.status_code) == (404, 404)
    assert stranger.json()["code"] == unknown.json()["code"]
    assert (await house.get(path)).status_code == 401
    assert (await house.get(path, house.official())).status_code == 403
    assert (await house.get(path, house.citizen(acr="level-1"))).status_code == 401


async def test_a_document_without_one_says_so_and_its_paper_stays(house: House) -> None:
    code = (await house.apply())["code"]
    application = house.register_answers(code)
    await house.post(f"/v1/desk/applications/{code}/approval", house.official())
    office = house.office
    intended = office.do(lambda r: intend(r, office.workshop(), CertificateKind.RESULT, application.id))
    office.do(lambda r: r.certificates.renew(replace(intended, credential_key_id=None)))
    office.issue(application.id)

    links = (await house.get(f"/v1/applications/{code}", house.citizen())).json()["links"]
    answer = await downloaded(house, code)

    assert "credential" not in links
    assert (answer.status_code, answer.json()["code"]) == (404, "no_credential")
    assert (await house.get(links["document"], house.citizen())).status_code == 200


async def test_valid_until_revoked_like_the_other_bodies(house_on_both: House) -> None:
    house = house_on_both
    code, certificate = await house.issued()
    text = (await downloaded(house, code)).text
    before = await checked(house, text)
    revoked = await house.post(
        f"/v1/desk/applications/{code}/revocation", house.official(), json={"reason": "issued_in_error"}
    )
    after = await checked(house, text)

    assert revoked.status_code == 200
    assert (before["state"], after["state"]) == ("valid", "revoked")
    assert before["facts"]["full_name"] == certificate.full_name
    assert (before["facts"]["withheld"], before["facts"]["withheld_text"]) == ([], None)
    assert before["instruction"].startswith("Compare the name and birth date")


async def test_what_is_withheld_is_said_and_not_shown(house: House) -> None:
    code, certificate = await house.issued()
    text = showing((await downloaded(house, code)).text, {"result_line"})

    verdict = await checked(house, text)
    facts = verdict["facts"]

    assert verdict["state"] == "valid"
    assert facts["result_line"] == certificate.result_line
    assert facts["withheld"] == ["number", "full_name", "birth_date"]
    assert {facts[name] for name in (*facts["withheld"], "number_text", "birth_date_text")} == {None}
    assert facts["withheld_text"] == "Not shown by the holder: number, full name, birth date"
    assert "does not say whose" in verdict["instruction"]


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_presentations_that_do_not_hold_say_what_helps(house: House, language: str) -> None:
    code, _ = await house.issued()
    text = (await downloaded(house, code)).text
    other = disclosures_of((await downloaded(house, (await house.issued())[0])).text)["number"]
    house.client.headers["Accept-Language"] = language

    unbound = await checked(house, text, binding=BINDING)
    foreign = await checked(house, f"{text}{other}~")
    nonsense = await checked(house, "nothing")

    assert (unbound["state"], unbound["reason"]) == ("unreadable", "binding_not_possible")
    assert (foreign["state"], foreign["reason"]) == ("not_genuine", "disclosure_not_sealed")
    assert (nonsense["state"], nonsense["reason"]) == ("unreadable", "credential_malformed")
    assert all(one["facts"] is None for one in (unbound, foreign, nonsense))
    assert len({one["title"] for one in (unbound, foreign, nonsense)}) == 3
    wallet = "ví điện tử" if language == "vi" else "wallet"
    assert wallet in unbound["instruction"]
    assert wallet in nonsense["instruction"]


async def test_the_holders_key_is_proven_when_it_was_asked_for(house: House) -> None:
    """As a wallet will get it: the same facts, bound to the wallet's key."""
    _, certificate = await house.issued()
    holder, keys = Holder(), house.office.keys
    permit = SealingPermit.grant(
        serial="test", purpose=KeyPurpose.CREDENTIAL, content=encode_facts(certificate.credential_facts)
    )
    key = keys.active(KeyPurpose.CREDENTIAL, house.office.at)
    text = showing(seal_credential(permit, key, PUBLIC_URL, holder.public_key).text, {"result_line"})
    presented = holder.present(text, house.office.at)

    asked, unasked, stolen = (
        await checked(house, presented, binding=BINDING),
        await checked(house, presented),
        await checked(house, Holder().present(text, house.office.at), binding=BINDING),
    )

    assert (asked["state"], asked["seal"]["code"]) == ("valid", "seal_intact_holder_proven")
    assert "has proven to hold its key" in asked["instruction"]
    assert (unasked["state"], unasked["reason"]) == ("unreadable", "binding_not_asked")
    assert (stolen["state"], stolen["reason"]) == ("not_genuine", "binding_signature_wrong")


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"credential": 7},
        {"credential": "a~", "binding": {}},
        {"credential": "a~", "binding": BINDING | {"nonce": ""}},
        {"credential": "a~", "binding": BINDING | {"max_age_seconds": 0}},
        {"credential": "a~", "binding": BINDING | {"max_age_seconds": 10**9}},
        {"credential": "a~", "binding": BINDING | {"other": "1"}},
        {"credential": "a" * 100_001},
    ],
    ids=range(8),
)
async def test_wrong_requests_are_refused(house: House, asked: dict[str, Any]) -> None:
    answer = await house.client.post("/v1/verifications/credential", json=asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_too_long_a_text_is_a_verdict(house: House) -> None:
    verdict = await checked(house, "a" * 50_000)
    assert (verdict["state"], verdict["reason"]) == ("unreadable", "credential_too_long")


async def test_wallets_find_the_type_and_the_keys(house: House) -> None:
    code, _ = await house.issued()
    text = (await downloaded(house, code)).text
    claims = payload_of(text)

    type_ = await house.get(claims["vct"].removeprefix(PUBLIC_URL), {"Origin": "https://wallet.example"})
    issuer = await house.get("/.well-known/jwt-vc-issuer", {"Origin": "https://wallet.example"})

    for answer in (type_, issuer):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert answer.headers["cache-control"] == "public, max-age=300"
        assert answer.headers["content-type"] == "application/json"
        kept = await house.get(answer.request.url.path, {"If-None-Match": answer.headers["etag"]})
        assert (kept.status_code, kept.content) == (304, b"")
    metadata = type_.json()
    assert metadata["vct"] == claims["vct"]
    assert {one["locale"] for one in metadata["display"]} == {"vi-VN", "en"}
    always = {one["path"][0] for one in metadata["claims"] if one["sd"] == "always"}
    assert always == set(SELECTIVE_FACTS) == disclosures_of(text).keys()
    assert issuer.json()["issuer"] == claims["iss"] == PUBLIC_URL
    [key] = issuer.json()["jwks"]["keys"]
    assert key["kid"] == house.office.keys.active(KeyPurpose.CREDENTIAL, house.office.at).key_id
    assert not key.keys() & {"d", "p", "q"}


@pytest.mark.parametrize("type_id", ["receipt", "nothing", "..%2fv1"])
async def test_types_without_credential_have_no_metadata(house: House, type_id: str) -> None:
    answer = await house.get(f"/credentials/{type_id}", {"Accept": "text/html"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
