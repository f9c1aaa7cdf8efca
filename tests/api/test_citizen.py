"""The citizen's way: catalogue, quotes, application, payment, papers; and what a stranger gets of it: nothing."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from issuance.application import Application, ApplicationState
from issuance.certificate import CertificateKind, DocumentFile, FileForm
from issuance.fees.facts import vietnam_day
from issuance.issue import intend
from tests.api.house import UNPAID, House
from tests.issuance.office import INPUT, TYPE

STRANGER = {"sub": "subject-2", "personal_id": "001090000003", "name": "Lê Hoàng Dũng"}


async def test_catalogue_says_what_can_be_asked_for_and_by_whom(house: House) -> None:
    listed = (await house.get("/v1/services", house.citizen())).json()["services"]

    assert [one["type"] for one in listed] == [  # receipts come by themselves
        TYPE,
        "criminal_record_form_2",
        "marital_status_confirmation",
        "residence_confirmation",
    ]
    assert listed[0]["level_required"] == 2
    assert listed[0]["copies"] == {"min": 1, "max": 10}
    assert "copies" in listed[0]["input_schema"]["properties"]
    assert (await house.get(f"/v1/services/{TYPE}", house.citizen())).json() == listed[0]


@pytest.mark.parametrize(("day", "due"), [("2024-05-31", 205_000), ("2024-06-03", 0), ("2025-06-01", 175_000)])
async def test_quotes_follow_the_law_of_the_day(house: House, day: str, due: int) -> None:
    fee = (await house.get(f"/v1/fees/quote?type={TYPE}&copies=3&on={day}", house.citizen())).json()

    assert fee["totals"]["due_vnd"] == due
    assert fee["totals"]["gross_vnd"] == fee["totals"]["waived_vnd"] + due
    cited = {act["id"] for act in fee["basis"]}
    assert cited.issuperset(ref for line in fee["lines"] for ref in line["basis"])
    for line in fee["lines"]:
        assert line["gross_vnd"] == line["due_vnd"] + sum(one["amount_vnd"] for one in line["reductions"])
    assert all(rule["why"] for rule in fee["not_fired"])


async def test_quote_on_a_day_without_policy_is_referred_and_names_no_amount(house: House) -> None:
    fee = (await house.get(f"/v1/fees/quote?type={TYPE}&copies=1&on=2026-02-01", house.citizen())).json()

    assert (fee["outcome"], fee["totals"], fee["lines"]) == ("referred", None, [])
    assert fee["explanation"]


async def test_quote_without_a_day_is_for_today(house: House) -> None:
    fee = (await house.get(f"/v1/fees/quote?type={TYPE}&copies=1", house.citizen())).json()

    assert fee["decided_for"] == "2024-06-03"


async def test_explanation_is_in_the_callers_language(house: House) -> None:
    path = f"/v1/fees/quote?type={TYPE}&copies=3&on=2024-06-03"
    english = await house.get(path, house.citizen())
    vietnamese = await house.get(path, house.citizen() | {"Accept-Language": "vi"})

    assert "Nothing is due." in english.json()["explanation"]
    assert "Không phải nộp tiền." in vietnamese.json()["explanation"]
    assert (english.headers["content-language"], vietnamese.headers["content-language"]) == ("en", "vi")


async def test_application_is_created_at_its_own_address(house: House) -> None:
    answer = await house.post("/v1/applications", house.citizen(), json={"type": TYPE, "input": INPUT})
    created = answer.json()

    assert answer.status_code == 201
    assert created["code"] == "000.00.15.H26-240603-0001"
    assert answer.headers["location"] == f"/v1/applications/{created['code']}"
    assert (created["state"], created["state_number"]) == ("received", 2)
    assert (created["amount_due_vnd"], created["payment"]) == (0, None)
    assert created["waiting_for"]["reason"] == "register"
    assert created["handled_by"]["unit"] == "000.00.15.H26"
    assert created["handled_by"]["step_name"]
    assert "document" not in created["links"]
    assert (await house.get(answer.headers["location"], house.citizen())).json() == created


async def test_money_due_says_how_to_pay_and_confirmation_asks_the_provider(house_on_both: House) -> None:
    house = house_on_both
    citizen = house.citizen(client_id=UNPAID)
    application = await house.apply(citizen)
    payment, path = application["payment"], f"/v1/applications/{application['code']}/payment-confirmations"

    assert (application["state"], application["state_number"]) == ("payment_asked", 6)
    assert application["waiting_for"]["reason"] == "payment"
    assert application["amount_due_vnd"] == payment["amount_vnd"] == 205_000
    assert payment["memo"] in payment["instructions"]
    assert payment["confirm"] == path
    assert payment["pay_by"] == (vietnam_day(house.office.at) + timedelta(days=30)).isoformat()

    early = await house.post(path, citizen)
    assert (early.status_code, early.json()["code"]) == (409, "payment_outstanding")
    assert early.headers["retry-after"]

    house.money.received[payment["memo"]] = 204_999
    assert (await house.post(path, citizen)).json()["code"] == "payment_mismatch"
    assert "payment_unmatched" in house.office.audit(house.stored(application["code"]).id)

    house.money.received[payment["memo"]] = 205_000
    paid = (await house.post(path, citizen)).json()
    assert (paid["state"], paid["waiting_for"]["reason"]) == ("received", "register")
    assert paid["payment"]["paid_at"]
    assert (paid["payment"]["instructions"], paid["payment"]["confirm"]) == (None, None)
    (listed,) = (await house.get("/v1/applications", citizen)).json()["items"]
    assert (paid["amount_due_vnd"], listed["amount_due_vnd"]) == (0, 0)
    assert paid["payment"]["amount_vnd"] == paid["fee"]["totals"]["due_vnd"] == 205_000
    again = (await house.post(path, citizen)).json()
    assert again == paid
    assert set(house.money.asked) == {payment["memo"]}


async def test_whoever_is_refused_is_not_told_to_pay(house: House) -> None:
    citizen = house.citizen(client_id=UNPAID)
    path = f"/v1/applications/{(await house.apply(citizen))['code']}"
    refused = await house.post(f"{path.replace('/v1/', '/v1/desk/')}/refusal", house.official(), json={"reason": "x"})
    assert refused.status_code == 200, refused.text
    shown = (await house.get(path, citizen)).json()

    assert (shown["state"], shown["amount_due_vnd"], shown["waiting_for"]) == ("stopped", 0, None)
    assert shown["payment"]["instructions"] is None
    # Money that she sent before she knew of it can still be matched, and be paid back.
    assert shown["payment"]["confirm"] == f"{path}/payment-confirmations"


async def test_confirmation_without_anything_to_pay(house: House) -> None:
    application = await house.apply()
    answer = await house.post(f"/v1/applications/{application['code']}/payment-confirmations", house.citizen())

    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_pay")
    assert house.money.asked == []


async def test_nothing_is_downloaded_before_it_is_issued(house: House) -> None:
    code = (await house.apply())["code"]
    for paper in ("document", "receipt"):
        early = await house.get(f"/v1/applications/{code}/{paper}", house.citizen())
        assert (early.status_code, early.json()["code"]) == (409, "document_not_ready")
        assert int(early.headers["retry-after"]) > 0


async def test_papers_are_the_registered_bytes_and_the_first_download_returns_the_result(house_on_both: House) -> None:
    house = house_on_both
    code, certificate = await house.issued()
    before = (await house.get(f"/v1/applications/{code}", house.citizen())).json()
    first = await house.get(before["links"]["document"], house.citizen())
    after = (await house.get(f"/v1/applications/{code}", house.citizen())).json()

    assert (before["state_number"], before["waiting_for"]["reason"]) == (9, "download")
    assert (after["state_number"], after["waiting_for"]) == (10, None)
    assert certificate.sha256 == hashlib.sha256(first.content).digest()
    assert first.headers["etag"] == f'"{certificate.sha256.hex()}"'
    assert first.headers["cache-control"] == "private, no-store"
    assert first.headers["content-disposition"].startswith("attachment; filename=")
    assert first.headers["content-type"] == "application/pdf"

    again = await house.get(before["links"]["document"], house.citizen() | {"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    receipt = await house.get(before["links"]["receipt"], house.citizen())
    assert receipt.content.startswith(b"%PDF-")
    assert receipt.headers["etag"] != first.headers["etag"]


async def test_the_newest_archived_file_is_handed_out(house_on_both: House) -> None:
    house = house_on_both
    code, certificate = await house.issued()
    archived = house.pdf(certificate) + b"% with validation data"
    file = DocumentFile(
        form=FileForm.ARCHIVED_PDF,
        sha256=hashlib.sha256(archived).digest(),
        size_bytes=len(archived),
        added_at=house.office.at,
    )
    house.office.files.store(archived, file.sha256)
    house.office.do(lambda records: records.certificates.add_file(certificate, file))

    paper = await house.get(f"/v1/applications/{code}/document", house.citizen())
    assert (paper.content, paper.headers["etag"]) == (archived, f'"{file.sha256.hex()}"')


async def test_receipt_does_not_return_the_result(house: House) -> None:
    code, _ = await house.issued()
    await house.get(f"/v1/applications/{code}/receipt", house.citizen())

    assert house.stored(code).state is ApplicationState.SETTLED


async def test_a_strangers_application_is_as_unknown_as_none(house: House) -> None:
    code, _ = await house.issued()
    stranger = house.citizen(**STRANGER)
    routes = [
        ("GET", "/v1/applications/{}"),
        ("GET", "/v1/applications/{}/document"),
        ("GET", "/v1/applications/{}/receipt"),
        ("POST", "/v1/applications/{}/payment-confirmations"),
    ]
    for method, route in routes:
        answers = [
            await house.client.request(
                method, route.format(one), headers=stranger | {"Idempotency-Key": f"{route}{index}"}
            )
            for index, one in enumerate((code, "000.00.15.H26-240603-9999"))
        ]
        assert [one.status_code for one in answers] == [404, 404], route
        assert answers[0].content == answers[1].content, route
        # But for its number, which each request has of its own.
        of_each = [[pair for pair in one.headers.items() if pair[0] != "x-request-id"] for one in answers]
        assert of_each[0] == of_each[1], route
        assert answers[0].json()["code"] == "application_not_found"
    assert house.stored(code).state is ApplicationState.SETTLED
    assert (await house.get("/v1/applications", stranger)).json()["items"] == []


async def test_pages_of_applications_cover_all_once_newest_first(house: House) -> None:
    codes = []
    for minute in range(5):
        house.office.at += timedelta(minutes=minute)
        codes.append((await house.apply())["code"])
    await house.apply(house.citizen(**STRANGER))

    seen, following = [], "/v1/applications?limit=2"
    while following:
        page = (await house.get(following, house.citizen())).json()
        seen += [one["code"] for one in page["items"]]
        following = page["next"]
    assert seen == codes[::-1]


async def test_an_app_without_channel_may_not_apply(house: House) -> None:
    answer = await house.post(
        "/v1/applications", house.citizen(client_id="no-channel"), json={"type": TYPE, "input": INPUT}
    )

    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_channel")
    assert (await house.get("/v1/applications", house.citizen())).json()["items"] == []


async def test_a_referred_fee_waits_for_an_official(house: House) -> None:
    house.office.at = house.office.at.replace(year=2026)
    application = await house.apply()

    assert (application["state"], application["state_number"]) == ("newly_registered", 1)
    assert (application["amount_due_vnd"], application["fee"]["outcome"]) == (None, "referred")
    assert application["waiting_for"]["reason"] == "fee_decision"


async def test_an_intended_document_has_no_number_yet(house: House) -> None:
    """Killed between INTENT and ISSUED, nobody may learn what the document will be called."""
    code, application = await _approved(house)
    workshop = house.office.workshop()
    house.office.do(lambda records: intend(records, workshop, CertificateKind.RESULT, application.id))
    shown = (await house.get(f"/v1/applications/{code}", house.citizen())).json()

    assert shown["document"] is None
    assert shown["waiting_for"]["reason"] == "issuing"
    assert (await house.get(f"/v1/applications/{code}/document", house.citizen())).status_code == 409


async def _approved(house: House) -> tuple[str, Application]:
    code = (await house.apply())["code"]
    application = house.register_answers(code)
    await house.post(f"/v1/desk/applications/{code}/approval", house.official())
    return code, application


async def test_a_confirmation_kept_before_asks_the_provider_no_more(house: House) -> None:
    citizen = house.citizen(client_id=UNPAID)
    application = await house.apply(citizen)
    path = application["payment"]["confirm"]
    house.money.received[application["payment"]["memo"]] = 205_000
    first = await house.post(path, citizen, key="one")
    house.money.received.clear()
    asked = len(house.money.asked)
    again = await house.post(path, citizen, key="one")
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert len(house.money.asked) == asked


async def test_a_result_whose_file_cannot_be_read_is_not_returned(house: House) -> None:
    code, certificate = await house.issued()
    assert certificate.sha256 is not None
    for file in house.office.files_folder.rglob("*.pdf"):
        file.rename(file.with_suffix(".away"))
    failed = await house.get(f"/v1/applications/{code}/document", house.citizen())
    assert (failed.status_code, failed.json()["code"]) == (500, "internal_error")
    assert house.stored(code).state is ApplicationState.SETTLED


async def test_a_name_that_no_document_can_state_is_refused_at_once(house: House) -> None:
    answer = await house.post(
        "/v1/applications", house.citizen(name="Иван Иванов"), json={"type": TYPE, "input": INPUT}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "not_printable")
    assert answer.json()["problems"] == [{"pointer": "/full_name", "rule": "wrong_format"}]
    assert "Иван" not in answer.text
