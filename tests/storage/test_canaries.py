"""A story with names, numbers and words that stand nowhere else: no table of the database holds them in clear."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from storage.engines import Address, blocking_engine
from storage.runner import Database
from tests.api.house import open_house

NAME, NUMBER = "Canary Hoàng Thị Én", "001194777123"
PLACE, QUESTION, ANSWER = "Canary Ngõ Sơn Ca", "Canary khi nào có kết quả?", "Canary sắp có ạ"
OFFICIAL, REASON = "Canary Bùi Văn Sáo", "Canary thiếu giấy tờ"
CANARIES = (NAME, NUMBER, PLACE, QUESTION, ANSWER, OFFICIAL, REASON)


def every_cell(url: str) -> str:
    """Every column of every table, those of the background work too, as text."""
    engine = blocking_engine(Address.parse(url))
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                names = (
                    connection.execute(sa.text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
                )
                quoted = [f'"{name}"' for name in names]
            else:
                of_all = (
                    "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables"
                    " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
                )
                quoted = list(connection.execute(sa.text(of_all)).scalars())
            cells = (
                cell
                for name in quoted
                for row in connection.execute(sa.text(f"SELECT * FROM {name}"))
                for cell in row
                if cell is not None
            )
            return "\n".join(
                bytes(cell).decode("utf-8", "ignore") if isinstance(cell, bytes | memoryview) else str(cell)
                for cell in cells
            )
    finally:
        engine.dispose()


async def test_no_canary_stands_in_any_table_in_clear(database: Database, database_url: str, tmp_path: Path) -> None:
    async with open_house(database, tmp_path) as house:
        citizen = house.citizen(sub="canary", personal_id=NUMBER, name=NAME)
        official = house.official(roles=["caseworker", "head"], name=OFFICIAL)
        code = (await house.apply(citizen, birth_place=PLACE))["code"]
        asked = await house.post(f"/v1/applications/{code}/questions", citizen, json={"text": QUESTION})
        assert asked.status_code == 201, asked.text
        application_id = house.stored(code).id
        (question,) = await database.run(lambda records: records.questions.of_application(application_id))
        desk = f"/v1/desk/applications/{code}"
        for path, body in (
            (f"/questions/{question.id}/answer", {"text": ANSWER}),
            ("/papers-request", {"text": REASON, "until": "2024-06-20"}),
            ("/stop", {"reason": REASON}),
        ):
            done = await house.post(desk + path, official, json=body)
            assert done.is_success, done.text
        assert (await house.get(f"/v1/applications/{code}", citizen)).json()["code"] == code
        everything = every_cell(database_url)
        assert code in everything
        assert [canary for canary in CANARIES if canary in everything] == []
