"""Policies from folders in the book of an installation: what enters at start, and what doctor says of the rest."""

from __future__ import annotations

import hashlib
import json
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from condau.clock import now
from condau.demo import demo_settings
from condau.doctor import examine
from condau.document_files import document_files_of
from condau.initialise import initialise
from condau.settings import Settings
from issuance.fee_policies.install import LEFT_OUT, ShippedPolicyChanged
from issuance.fees.book import EVER, BookEntry, PolicyBook
from issuance.fees.errors import PolicyRefused
from issuance.fees.policy import SHIPPED_POLICIES
from storage.runner import Database
from tests.issuance.fee_policies.drafts import document

NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An agency's own policies, beside the acts."""
    shutil.copytree(SHIPPED_POLICIES.parent / "acts", tmp_path / "acts")
    (tmp_path / "policies").mkdir()
    return tmp_path / "policies"


def settings_of(tmp_path: Path, *folders: Path) -> Settings:
    return demo_settings(tmp_path / "demo", 8000, NOBODY).model_copy(update={"policy_folders": folders})


def book_of(settings: Settings) -> PolicyBook:
    database = Database(settings.database, clock=now)
    try:
        return database.run_blocking(lambda records: records.fee_policies.book())
    finally:
        database.dispose_blocking()


def of_form_1(book: PolicyBook) -> list[BookEntry]:
    return [entry for entry in book.entries if "criminal_record_form_1" in entry.policy.document.document_types]


def doctor_on_policies(settings: Settings, what: str = "fee policies:") -> str:
    said = StringIO()
    examine(settings, Console(file=said, width=400))
    lines = said.getvalue().splitlines()
    (first,) = (index for index, line in enumerate(lines) if line[2:].startswith(what))
    return " ".join(lines[first : first + 2])


def write(folder: Path, name: str, source: bytes) -> None:
    (folder / f"{name}.json").write_bytes(source)


def test_a_first_run_brings_the_policies_and_their_acts(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    assert "fee policies: in the book" in initialise(settings)
    assert [(entry.policy.version, entry.known_from) for entry in of_form_1(book_of(settings))] == [
        (1, EVER),
        (2, EVER),
    ]
    shipped = len(book_of(settings).entries)
    assert "fee policies: in the book" in initialise(settings)
    assert len(book_of(settings).entries) == shipped
    files = document_files_of(settings)
    for policy in book_of(settings).policies:
        for basis in policy.document.basis:
            content = files.load(bytes.fromhex(basis.source.sha256))
            assert hashlib.sha256(content).hexdigest() == basis.source.sha256
    said = doctor_on_policies(settings)
    assert f"✓ fee policies: {shipped} versions in the book" in said
    assert "none decides criminal_record_form_1 today, so each request is referred" in said


def test_an_act_that_is_damaged_is_said_and_mended_by_the_next_start(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    initialise(settings)
    assert "✓ acts of fee policies: 7 files" in doctor_on_policies(settings, "acts of fee policies:")
    damaged, *_ = (basis.source for policy in book_of(settings).policies for basis in policy.document.basis)
    file = settings.documents_folder / damaged.sha256[:2] / f"{damaged.sha256[2:]}.pdf"
    file.write_bytes(b"something else")
    said = doctor_on_policies(settings, "acts of fee policies:")
    assert f"✗ acts of fee policies: missing or damaged: {damaged.file}" in said
    assert "condau init" in said
    initialise(settings)
    assert "✓ acts of fee policies" in doctor_on_policies(settings, "acts of fee policies:")


def test_a_folder_that_was_added_enters_at_the_next_start(tmp_path: Path, folder: Path) -> None:
    initialise(settings_of(tmp_path))
    write(folder, "next", document())
    settings = settings_of(tmp_path, folder)
    assert "✗ fee policies: not in the book yet: criminal_record_form_1.hanoi version 3" in doctor_on_policies(settings)
    assert "condau init" in doctor_on_policies(settings)
    before = now()
    initialise(settings)
    assert [entry.policy.version for entry in of_form_1(book_of(settings).known_at(before))] == [1, 2]
    assert [entry.policy.version for entry in of_form_1(book_of(settings))] == [1, 2, 3]
    said = doctor_on_policies(settings)
    assert f"✓ fee policies: {len(book_of(settings).entries)} versions in the book" in said
    assert "decides criminal_record_form_1 today" not in said


def test_what_others_decide_already_is_left_out_and_said(tmp_path: Path, folder: Path) -> None:
    write(folder, "ours", document())
    initialise(settings_of(tmp_path, folder))
    (folder / "ours.json").unlink()
    write(folder, "late", document(4, "2027-01-01"))
    settings = settings_of(tmp_path, folder)
    said = f"{LEFT_OUT}: criminal_record_form_1.hanoi version 4"
    assert f"fee policies: {said}" in initialise(settings)
    assert f"✓ fee policies: {len(book_of(settings).entries)} versions in the book; {said}" in doctor_on_policies(
        settings
    )


def test_a_version_that_says_something_else_stops_the_start(tmp_path: Path, folder: Path) -> None:
    write(folder, "ours", document())
    settings = settings_of(tmp_path, folder)
    initialise(settings)
    write(folder, "ours", document(amount=1))
    with pytest.raises(ShippedPolicyChanged, match=r"criminal_record_form_1\.hanoi version 3"):
        initialise(settings)
    said = doctor_on_policies(settings)
    assert "✗ fee policies" in said
    assert "policy_folders" in said
    # Layout is no content.
    write(folder, "ours", json.dumps(json.loads(document()), indent=4).encode())
    initialise(settings)


@pytest.mark.parametrize(
    "wrong",
    [
        {"examples": []},
        {"basis": [json.loads(document())["basis"][0] | {"source": {"file": "none.md", "sha256": "0" * 64}}]},
    ],
    ids=["no example", "no act"],
)
def test_a_folder_with_mistakes_stops_the_start(tmp_path: Path, folder: Path, wrong: dict[str, Any]) -> None:
    write(folder, "ours", json.dumps(json.loads(document()) | wrong).encode())
    with pytest.raises(PolicyRefused):
        initialise(settings_of(tmp_path, folder))
