"""Files of legal acts: what is kept, by whom, and that nothing is approved whose acts are not here."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pytest

from condau.chores import chores
from condau.settings import SessionSettings
from issuance.errors import ActNotFound, ActRefused, DraftHasProblems, RoleMissing
from issuance.fee_policies.acts import MAX_ACT_BYTES, keep_act, media_type_of
from issuance.fee_policies.approve import approve_draft
from issuance.fee_policies.draft import DraftState, StoredAct
from issuance.fee_policies.open_draft import list_acts, open_act
from issuance.fee_policies.report import missing_acts
from issuance.fees.reading.read_policy import read_policy
from tests.issuance.fee_policies.drafts import Agency, Person, document

RESOLUTION = "Nghị quyết (tóm tắt): mức thu là 150.000 đồng.\n".encode()
SHA256 = hashlib.sha256(RESOLUTION).digest()


def keep(agency: Agency, by: Person, content: bytes = RESOLUTION, name: str = "resolution-1.md") -> StoredAct:
    sha256 = hashlib.sha256(content).digest()
    media_type = media_type_of(name, content)
    agency.office.files.store(content, sha256)
    return agency.office.do(
        lambda r: keep_act(r, by.official, name, media_type, sha256, len(content), agency.office.at)
    )


def citing(sha256: bytes) -> bytes:
    policy = json.loads(document())
    policy["basis"][0]["source"] = {"file": "resolution-1.md", "sha256": sha256.hex()}
    return json.dumps(policy, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.md", RESOLUTION, "text/markdown"),
        ("a.txt", RESOLUTION, "text/plain"),
        ("a.pdf", b"%PDF-1.7\n\xff\x00", "application/pdf"),
        ("a.md", b"%PDF-1.7\n", "application/pdf"),
    ],
)
def test_a_file_is_what_its_bytes_are(name: str, content: bytes, media_type: str) -> None:
    assert media_type_of(name, content) == media_type


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"PK\x03\x04", b"text\x00", b"\x89PNG\r\n\x1a\n", b"GIF89a\x01", b" " * (MAX_ACT_BYTES + 1)],
    ids=["empty", "utf16", "zip", "nul", "png", "gif", "large"],
)
def test_a_file_of_another_kind_is_refused(content: bytes) -> None:
    with pytest.raises(ActRefused):
        media_type_of("a.md", content)


@pytest.mark.parametrize("content", [b"%PDF-1.7\n<script>", b"<script>"], ids=["pdf", "text"])
@pytest.mark.parametrize("name", ["a.html", "a.md.hta", "a.SVG"])
def test_a_name_promises_nothing_else(name: str, content: bytes) -> None:
    with pytest.raises(ActRefused):
        media_type_of(name, content)
    with pytest.raises(ActRefused):
        media_type_of("a.PDF", b"<script>")


async def test_an_act_is_kept_once_under_its_first_name(agency: Agency, author: Person, approver: Person) -> None:
    kept = keep(agency, author)
    assert keep(agency, await agency.author("another"), name="again.md") == kept
    assert kept in agency.office.do(lambda r: list_acts(r, approver.official))
    assert agency.office.do(lambda r: open_act(r, approver.official, SHA256)) == kept
    assert [action for _, action in agency.audit()].count("fee_act_kept") == 1
    with pytest.raises(ActNotFound):
        agency.office.do(lambda r: open_act(r, author.official, bytes(32)))
    with pytest.raises(RoleMissing):
        keep(agency, approver)
    for name in ("", "../a.md", "a b.md", "ă.md", "a" * 101):
        with pytest.raises(ActRefused):
            keep(agency, author, name=name)


async def test_a_draft_waits_for_its_act(agency: Agency, author: Person, approver: Person) -> None:
    draft = agency.write(author, citing(SHA256))
    unfounded = agency.check(author, draft)
    assert unfounded.state is DraftState.DRAFT
    assert unfounded.checked is not None
    assert [found["kind"] for found in unfounded.checked["findings"] if found["severity"] == "error"] == ["source"]
    keep(agency, author)
    founded = agency.rehearse(author, agency.check(author, unfounded))
    assert agency.approve(approver, founded).state is DraftState.APPROVED


async def test_the_act_is_looked_for_anew_when_it_is_approved(
    agency: Agency, author: Person, approver: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(agency, author)
    draft = agency.rehearsed(author, citing(SHA256))
    policy = read_policy(draft.source, "test")
    assert missing_acts(policy, frozenset({SHA256})) == []

    def without_acts(records: object) -> None:
        # The rows stay by triggers; a restored backup may lack them.
        monkeypatch.setattr(type(records.fee_policies), "acts", lambda _: [])  # type: ignore[attr-defined]
        approve_draft(records, approver.official, approver.index, draft.id, draft.version, agency.office.at)  # type: ignore[arg-type]

    with pytest.raises(DraftHasProblems) as refused:
        agency.office.do(without_acts)
    (finding,) = refused.value.report["findings"]
    assert finding["place"] == "basis[circular-16-2025].source"
    assert "resolution-1.md" in finding["text"]["vi"]
    assert "resolution-1.md" in finding["text"]["en"]


async def test_a_lost_act_is_found_by_the_check_and_mended_by_bringing_it_again(agency: Agency, author: Person) -> None:
    keep(agency, author)
    file = agency.office.files_folder / SHA256.hex()[:2] / f"{SHA256.hex()[2:]}.pdf"
    file.unlink()
    draft = agency.check(author, agency.write(author, citing(SHA256)))
    assert draft.state is DraftState.DRAFT
    for damaged in (b"something else", None):
        if damaged is None:
            file.unlink()
        else:
            file.write_bytes(damaged)
        draft = agency.check(author, draft)
        assert draft.checked is not None
        (found,) = [one for one in draft.checked["findings"] if one["severity"] == "error"]
        assert found["place"] == "basis[circular-16-2025].source"
        assert "upload it again" in found["text"]["en"]
        assert "tải tệp lên lại" in found["text"]["vi"]
    keep(agency, author)
    assert agency.check(author, draft).state is DraftState.CHECKED


async def test_acts_are_no_orphans(agency: Agency, author: Person) -> None:
    keep(agency, author)
    agency.office.files.store(b"an orphan", hashlib.sha256(b"an orphan").digest())
    later = agency.database.clock() + timedelta(days=2)
    sweep, *_ = chores(agency.database, agency.office.files, lambda: later, timedelta(hours=1), SessionSettings())
    sweep()
    assert not agency.office.files.holds(hashlib.sha256(b"an orphan").digest())
    for act in agency.office.do(lambda r: r.fee_policies.acts()):
        assert hashlib.sha256(agency.office.files.load(act.sha256)).digest() == act.sha256
    assert len(agency.office.do(lambda r: r.fee_policies.acts())) == 8
