"""Statistics over HTTP: whose they are, what adds up, and the same for a spreadsheet."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from api.present.statistics import BYTE_ORDER_MARK, statistics_csv
from issuance.feedback.survey import week_of
from issuance.feedback.survey_book import SurveyAnswer
from tests.api.house import TYPE, UNPAID, House

PERIOD = "from=2024-06-01&until=2024-06-30"
UNIT = "000.00.15.H26"


async def statistics(house: House, query: str = "", **claims: Any) -> dict[str, Any]:
    answer = await house.get(f"/v1/statistics?{PERIOD}&{query}", house.official(**claims))
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_what_happened_is_counted_however_it_is_divided(house_on_both: House) -> None:
    house = house_on_both
    await house.issued()
    await house.apply()
    await house.apply(house.citizen(client_id=UNPAID))
    refused = (await house.apply())["code"]
    await house.post(f"/v1/desk/applications/{refused}/refusal", house.official(), json={"reason": "…"})
    house.office.at += timedelta(days=7)
    await house.apply()

    total = (await statistics(house))["total"]
    assert total == {
        "received": 5,
        "settled": 1,
        "on_time": 1,
        "late": 0,
        "on_time_per_cent": "100.0",
        "refused": 1,
        "stopped": 0,
        "withdrawn": 0,
        "open": 3,
        "overdue": 0,
        "apologies": 0,
    }
    for by in ("unit", "type", "week"):
        divided = await statistics(house, f"by={by}")
        assert divided["total"] == total
        for name in total.keys() - {"on_time_per_cent"}:
            assert sum(group["figures"][name] for group in divided["groups"]) == total[name]
    weeks = {group["key"]: group["figures"]["received"] for group in (await statistics(house, "by=week"))["groups"]}
    assert weeks == {"2024-W23": 4, "2024-W24": 1}
    assert (await statistics(house, "by=type"))["groups"][0]["name"] == "Criminal record extract, form 1"
    steps = await statistics(house, "by=step")
    assert sum(one["figures"]["visits"] for one in steps["steps"]) == steps["steps_total"]["visits"]


async def test_a_mean_of_what_people_said_is_told_of_five_answers_on(house_on_both: House) -> None:
    house = house_on_both
    week = week_of(date(2024, 6, 3))

    def say(score: int, unit: str = UNIT, comment: str | None = None) -> None:
        said = SurveyAnswer(
            id=uuid4(), unit=unit, type_id=TYPE, week=week, score=score, aspects={"time": score > 3}, comment=comment
        )
        house.office.do(lambda r: r.surveys.add(said))

    for score in (1, 4, 5, 5):
        say(score, comment="Nhanh")
    say(1, unit="000.00.16.H26")
    untold = {"answers": 4, "mean": None, "scores": {}, "aspects": {}, "comments": []}
    assert (await statistics(house))["survey"] == untold
    say(4)
    told = (await statistics(house))["survey"]
    assert (told["answers"], told["mean"]) == (5, "3.80")
    assert told["scores"] == {"1": 1, "2": 0, "3": 0, "4": 2, "5": 2}
    assert told["aspects"]["time"] == {"yes": 4, "no": 1}
    assert told["comments"] == ["Nhanh"] * 4
    assert (await statistics(house, "type=criminal_record_form_2"))["survey"]["answers"] == 0
    assert (await statistics(house, unit="000.00.16.H26"))["survey"] == {**untold, "answers": 1}
    assert (await statistics(house, roles=["operator"]))["survey"]["answers"] == 6
    later = await house.get("/v1/statistics?from=2024-06-10&until=2024-06-30", house.official())
    assert later.json()["survey"]["answers"] == 0


async def test_everybody_reads_how_units_keep_their_promises(house: House) -> None:
    for _ in range(5):
        await house.issued()
    answer = await house.get("/v1/punctuality?quarter=2024-Q2", {"Accept-Language": "en"})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=60")
    body = answer.json()
    all_of_them = {"settled": 5, "on_time": 5, "on_time_per_cent": "100.0"}
    assert (body["quarter"], body["is_over"], body["total"], body["together"]) == ("2024-Q2", False, all_of_them, None)
    assert [one["code"] for one in body["units"]] == [UNIT]
    again = await house.get("/v1/punctuality", {"Accept-Language": "en", "If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for wrong in ("2024-Q3", "2022-Q2", "2024-06", "ever"):
        refused = await house.get(f"/v1/punctuality?quarter={wrong}", {})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request"), wrong


async def test_a_unit_sees_its_own_and_an_operator_all(house: House) -> None:
    await house.apply()
    stranger = {"unit": "000.00.16.H26"}

    assert (await statistics(house, roles=["head"]))["total"]["received"] == 1
    assert (await statistics(house, **stranger))["total"]["received"] == 0
    assert (await statistics(house, roles=["operator"], **stranger))["total"]["received"] == 1
    for unit in (UNIT, "no-such-unit"):
        foreign = await house.get(f"/v1/statistics?{PERIOD}&unit={unit}", house.official(**stranger))
        assert (foreign.status_code, foreign.json()["code"]) == (404, "unknown_unit")
    refused = await house.get(f"/v1/statistics?{PERIOD}", house.official(roles=["fee_author"]))
    assert (refused.status_code, refused.json()["code"]) == (403, "role_missing")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "from=2024-06-01",
        "from=2024-06-02&until=2024-06-01",
        "from=2024-01-01&until=2030-01-01",
        f"{PERIOD}&by=day",
        f"{PERIOD}&untill=2024-06-01",
        f"{PERIOD}&unit=%00",
    ],
)
async def test_a_period_has_a_beginning_and_an_end(house: House, query: str) -> None:
    answer = await house.get(f"/v1/statistics?{query}", house.official())
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(("language", "share"), [("vi", "100,0"), ("en", "100.0")])
async def test_a_spreadsheet_gets_the_same(house: House, language: str, share: str) -> None:
    await house.issued()
    headers = house.official() | {"Accept": "text/csv", "Accept-Language": language}
    answer = await house.get(f"/v1/statistics?{PERIOD}&by=unit", headers)

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-language"] == language
    assert answer.text.startswith(BYTE_ORDER_MARK)
    heading, *lines = csv.reader(io.StringIO(answer.text.removeprefix(BYTE_ORDER_MARK)))
    assert heading[2] == {"vi": "Tiếp nhận", "en": "Received"}[language]
    assert lines[0][0] == UNIT
    assert lines[0][2:] == lines[-1][2:]
    assert lines[-1][6] == share
    steps = await house.get(f"/v1/statistics?{PERIOD}&by=step", headers)
    assert steps.headers["content-type"].startswith("text/csv")


@pytest.mark.parametrize(
    "said",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        '=HYPERLINK("http://x";"y")',
        "\uff1d1+1",
        "\uff20SUM(A1)",
    ],
)
async def test_no_cell_starts_a_formula(house: House, said: str) -> None:
    await house.apply()
    view: Any = await statistics(house, "by=unit")
    view["groups"][0]["name"] = said
    _, line, total = csv.reader(io.StringIO(statistics_csv(view, "vi").removeprefix(BYTE_ORDER_MARK), newline=""))
    assert line[:3] == [UNIT, f"'{said}", "1"]
    assert total[:3] == ["", "Tổng cộng", "1"]


async def test_an_application_that_has_not_changed_is_not_sent_again(house: House) -> None:
    code = (await house.apply())["code"]
    path, headers = f"/v1/applications/{code}", house.citizen()
    first = await house.get(path, headers)
    tag = {"If-None-Match": first.headers["etag"]}

    again = await house.get(path, headers | tag)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (await house.get(path, headers | tag | {"Accept-Language": "vi"})).status_code == 200
    assert (await house.get(path, house.citizen(sub="another", personal_id="001195000099") | tag)).status_code == 404
    await house.post(f"/v1/applications/{code}/withdrawal", headers)
    changed = await house.get(path, headers | tag)
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]
