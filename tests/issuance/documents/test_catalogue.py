import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.documents.catalogue import Catalogue, DocumentType, load_catalogue, shipped_types_folder
from issuance.documents.definition import Copies
from issuance.documents.errors import (
    BrokenDocumentType,
    InvalidContent,
    InvalidInput,
    NoIssuingBody,
    UnknownDocumentType,
)
from tests.issuance.documents.conftest import CONVICTION

SHIPPED = load_catalogue(shipped_types_folder())
FORM_1 = SHIPPED.get("criminal_record_form_1")


def test_shipped_types(catalogue: Catalogue) -> None:
    assert [one.id for one in catalogue if one.kind == "result"] == [
        "criminal_record_form_1",
        "criminal_record_form_2",
        "marital_status_confirmation",
        "residence_confirmation",
        "school_transcript",
    ]
    assert catalogue.get("criminal_record_form_1").name.in_language("vi") == "Phiếu lý lịch tư pháp số 1"
    assert catalogue.get("receipt").name.in_language("en") == "Electronic receipt for fees and charges"
    assert catalogue.get("receipt").kind == "receipt"


def test_an_unknown_type_is_refused_without_repeating_its_name(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownDocumentType) as refused:
        catalogue.get("../secret")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("day", "body"),
    [
        (date(2025, 2, 28), "Sở Tư pháp thành phố Hà Nội"),
        (date(2025, 3, 1), "Công an thành phố Hà Nội"),
        (date(2026, 11, 1), "Công an thành phố Hà Nội"),
    ],
)
def test_the_police_took_over_on_1_march_2025(form_1: DocumentType, day: date, body: str) -> None:
    assert form_1.issuing_body_on(day).name.vi == body


def test_nobody_issued_before_the_law(form_1: DocumentType) -> None:
    with pytest.raises(NoIssuingBody):
        form_1.issuing_body_on(date(2010, 6, 30))


def test_how_many_copies_may_be_asked_for_stands_in_the_schema(catalogue: Catalogue) -> None:
    assert FORM_1.copies == Copies(1, 10)
    assert FORM_1.check_input(_with(copies=10))["copies"] == 10
    with pytest.raises(InvalidInput):
        FORM_1.check_input(_with(copies=11))
    assert catalogue.get("receipt").copies == Copies(1, 1)


def _with(**changes: Any) -> dict[str, Any]:
    return {**dict(FORM_1.example_input or {}), **changes}


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in _with().items() if key != name}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (_with(copies=0), ("/copies", "too_small")),
        (_with(copies=10_000), ("/copies", "too_big")),
        (_with(copies="3"), ("/copies", "wrong_type")),
        (_with(copies=True), ("/copies", "wrong_type")),
        (_with(copies=2.5), ("/copies", "wrong_type")),
        (_with(copies=float("inf")), ("/copies", "wrong_type")),
        (_with(sex="F"), ("/sex", "not_allowed")),
        (_with(birth_place=""), ("/birth_place", "too_short")),
        (_with(birth_place="   "), ("/birth_place", "wrong_format")),
        (_with(birth_place="Hà Nội\n"), ("/birth_place", "wrong_format")),
        (_with(birth_place="\ud800"), ("/birth_place", "wrong_format")),
        (_with(birth_place="a " * 200), ("/birth_place", "too_long")),
        (_with(secret_field=1), ("", "unknown_field")),
        (_without("nationality"), ("/nationality", "missing")),
        ([], ("", "wrong_type")),
        (None, ("", "wrong_type")),
        (_with(purpose=[[[[[[[[[[[]]]]]]]]]]]), ("", "too_deep")),
    ],
)
def test_bad_input_is_named_by_place_and_rule(data: object, problem: tuple[str, str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        FORM_1.check_input(data)
    assert problem in refused.value.problems
    assert "secret_field" not in str(refused.value)


def test_input_is_normalised() -> None:
    decomposed = "Ha\u0300 No\u0323\u0302i"
    checked = FORM_1.check_input(_with(birth_place=decomposed, copies=3.0))
    assert checked["birth_place"] == "Hà Nội"
    assert checked["copies"] == 3
    assert type(checked["copies"]) is int


def test_a_receipt_cannot_be_applied_for(catalogue: Catalogue) -> None:
    with pytest.raises(InvalidInput) as refused:
        catalogue.get("receipt").check_input({})
    assert refused.value.problems == (("", "not_requestable"),)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(_with())) | st.text(), _json, max_size=10))
def test_whatever_comes_is_accepted_or_refused_with_known_codes(data: dict[str, Any]) -> None:
    problems: tuple[tuple[str, str], ...] = ()
    try:
        FORM_1.check_input({**_with(), **data})
    except InvalidInput as refused:
        problems = refused.problems
    assert {pointer for pointer, _ in problems} <= {"", *(f"/{name}" for name in _with())}
    assert "invalid" not in {rule for _, rule in problems}
    assert bool(problems) or set(data) <= set(_with())


@pytest.mark.parametrize(
    "changes",
    [
        {"convictions": [CONVICTION]},
        {"result_line": "Có án tích"},
        {"business_ban": {"requested": False, "entries": [{}]}},
        {"personal_id": "001194000017\n"},
        {"birth_date": "1994-02-30"},
        {"extra": "x"},
    ],
)
def test_content_that_contradicts_itself_is_refused(form_1: DocumentType, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidContent):
        form_1.check_content({**form_1.example_content, **changes})


def _replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def _remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def _drop_required_example(folder: Path) -> None:
    path = folder / "example.json"
    example = json.loads(path.read_text(encoding="utf-8"))
    del example["input"]["copies"]
    path.write_text(json.dumps(example), encoding="utf-8")


@pytest.mark.parametrize(
    "break_it",
    [
        _replace("document.toml", 'kind = "result"', 'kind = "result"\nsurprise = 1'),
        _replace("document.toml", "required_level = 2", 'required_level = "2"'),
        _replace("document.toml", "required_level = 2", "required_level = 3"),
        _replace("document.toml", '["self", "guardian",', '["self", "neighbour",'),
        _replace("document.toml", '["self", "guardian",', '["guardian",'),
        _replace("document.toml", "[in_force]\nfirst_day = 2010-07-01\n", ""),
        _replace("document.toml", "amount = 10\n", "amount = -1\n"),
        _replace("document.toml", 'unit = "working_days"', 'unit = "working"'),
        _replace("document.toml", "input.lived_abroad", "input.lived_abrod"),
        _replace("document.toml", "equals = true", 'equals = "yes"'),
        _replace("document.toml", "equals = true", "equal = true"),
        _replace("document.toml", '["judicial_register"]', '["some_register"]'),
        _replace("document.toml", "answers_valid_days = 30", ""),
        _replace("document.toml", "sources =", 'delivery = ["download", "post"]\nsources ='),
        _replace("document.toml", 'id = "criminal_record_form_1"', 'id = "other"'),
        _replace("document.toml", "valid_from = 2025-03-01", "valid_from = 2025-02-28"),
        _replace("document.toml", 'en = "Criminal record extract, form 1"', ""),
        _replace("document.toml", 'en = "Criminal record extract, form 1"', 'en = " "'),
        _replace("document.toml", 'en = "Hanoi City Police"', 'en = "Hanoi City Police", fr = "Police de Hanoï"'),
        _replace("texts.toml", 'title = "Criminal record extract, form 1"\n', ""),
        _replace("texts.toml", 'title = "Criminal record extract, form 1"', 'title = " "'),
        _replace("schema.json", '"type": "object"', '"type": "objekt"'),
        _replace("schema.json", '"additionalProperties": false,', ""),
        _replace("schema.json", '"required": ["copies", ', '"required": ['),
        _replace("schema.json", '"type": "integer", "minimum": 1', '"type": "integer"'),
        _replace("schema.json", '"minimum": 1, "maximum": 10', '"minimum": 11, "maximum": 10'),
        _replace("schema.json", '"maximum": 10}', '"maximum": 10000}'),
        _replace("schema.json", '"type": "integer"', '"type": "number"'),
        _replace("example.json", '"Không có án tích"', '"Có án tích"'),
        _drop_required_example,
        *map(_remove, ("layout.typ", "texts.toml", "schema.json", "content.schema.json")),
    ],
)
def test_a_broken_folder_is_refused_at_load(tmp_path: Path, break_it: Callable[[Path], None]) -> None:
    types = tmp_path / "types"
    shutil.copytree(shipped_types_folder(), types, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    assert len(load_catalogue(types)) == len(SHIPPED)
    break_it(types / "criminal_record_form_1")
    with pytest.raises(BrokenDocumentType):
        load_catalogue(types)


def test_an_empty_catalogue_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenDocumentType):
        load_catalogue(tmp_path)


def test_the_template_id_changes_with_the_layout(tmp_path: Path, form_1: DocumentType) -> None:
    types = tmp_path / "types"
    shutil.copytree(shipped_types_folder(), types, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    assert load_catalogue(types).get(form_1.id).template_id == form_1.template_id
    _replace("paper.typ", "size: 13pt", "size: 12pt")(types)
    assert load_catalogue(types).get(form_1.id).template_id != form_1.template_id
