"""Questions about applications over HTTP."""

from __future__ import annotations

from datetime import timedelta

from tests.api.house import House
from tests.api.test_bad_input import check_problem

TEXT = "Khi nào tôi nhận được kết quả?"


async def test_a_question_is_asked_listed_and_answered(house_on_both: House) -> None:
    house = house_on_both
    application = await house.apply()
    asked = await house.post(application["links"]["questions"], house.citizen(), json={"text": TEXT}, key="one")
    assert asked.status_code == 201, asked.text
    again = await house.post(application["links"]["questions"], house.citizen(), json={"text": TEXT}, key="one")
    assert again.json() == asked.json()
    (question,) = asked.json()["questions"]
    assert (question["text"], question["answer"], question["links"]) == (TEXT, None, {})
    assert question["answer_due_at"] == "2024-06-05T10:00:00+00:00"

    page = (await house.get("/v1/desk/questions", house.official())).json()
    assert page["next"] is None
    (line,) = page["items"]
    assert (line["application"], line["question"]["id"]) == (application["code"], question["id"])
    house.office.at += timedelta(days=3)
    case = (await house.get(f"/v1/desk/applications/{application['code']}", house.official())).json()
    assert case["application"]["questions"][0]["is_overdue"]
    assert TEXT not in str(case["history"])
    given = await house.post(line["question"]["links"]["answer"], house.official(), json={"text": "Tuần sau."})
    assert given.status_code == 200, given.text
    assert (await house.get("/v1/desk/questions", house.official())).json()["items"] == []
    (mine,) = (await house.get(application["links"]["self"], house.citizen())).json()["questions"]
    assert (mine["answer"], mine["answered_by"], mine["links"]) == ("Tuần sau.", "Phạm Thu Hà", {})
    check_problem(
        await house.post(line["question"]["links"]["answer"], house.official(), json={"text": "x"}),
        409,
        "question_answered",
    )


async def test_what_can_not_be_asked(house: House) -> None:
    application = await house.apply()
    path = application["links"]["questions"]
    for text in ("", "  ", "x" * 2_001, None):
        check_problem(await house.post(path, house.citizen(), json={"text": text}), 422, "invalid_request")
    asked = await house.post(path, house.citizen(), json={"text": TEXT}, key="kept")
    assert asked.status_code == 201
    weaker = await house.post(path, house.citizen(acr="level-1"), json={"text": TEXT}, key="kept")
    check_problem(weaker, 401, "level_too_low")
    stranger = await house.post(path, house.citizen(sub="somebody-else"), json={"text": TEXT})
    check_problem(stranger, 404, "application_not_found")
    for _ in range(2):
        assert (await house.post(path, house.citizen(), json={"text": "x" * 2_000})).status_code == 201
    check_problem(await house.post(path, house.citizen(), json={"text": TEXT}), 409, "too_many_questions")
    herself = house.official(personal_id="001194000001")
    assert (await house.get("/v1/desk/questions", herself)).json()["items"] == []
    missing = f"/v1/desk/applications/{application['code']}/questions/5b1c7a52-7d0e-4f4b-9a57-0f8e6c1f2a90/answer"
    check_problem(await house.post(missing, house.official(), json={"text": "x"}), 404, "question_not_found")
    check_problem(await house.post(missing, herself, json={"text": "x"}), 403, "self_dealing")
