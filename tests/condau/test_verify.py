"""`condau verify` on a machine that has nothing of an installation: no settings, no state, and no network."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from PIL import Image
from rich.console import Console

from api.languages import Language
from condau.verify import Request, run
from signing.keys import KeyRing
from signing.local_authority import create_local_authority
from signing.permit import SealingPermit
from signing.rotate_key import Wish, rotate_key
from signing.seal_qr import seal_qr
from signing.trust_list import seal_trust_list
from tests.credentials import sealed, showing
from tests.sealing import AT, ORGANISATION, PASSPHRASE, PUBLIC_URL, facts_of, key_ring, sealed_qr, status_list
from tests.verification.organisation import compromised, with_key
from tests.verification.photographs import FACTS, drawn, link_of, page_of
from verification.bundle import load
from verification.formats.qr import encode_claims
from verification.trust import KeyPurpose, TrustList
from verification.verdict import VIETNAM
from verification.verify_trust_list import anchor_of

NOW = AT + timedelta(minutes=30)
RING = key_ring()
ANCHOR = anchor_of(RING.active(KeyPurpose.TRUST_LIST, AT).public_key).hex()


def download(ring: KeyRing = RING, at: datetime = AT, *revoked: int, trust: TrustList | None = None) -> bytes:
    """What a service of these keys offers at `at`."""
    signer = ring.active(KeyPurpose.TRUST_LIST, at)
    token = seal_trust_list(trust or ring.trust_list(at), signer, PUBLIC_URL, at, timedelta(days=7))
    lists = [status_list(ring, revoked, at)]
    return json.dumps({"trust_list": token, "status_lists": lists, "made_at": at.isoformat()}).encode()


@dataclass
class Machine:
    """An official's machine: a folder and what its terminal shows."""

    folder: Path
    language: Language = "en"

    def verify(self, target: str | Path | None = None, *, at: datetime = NOW, **given: Any) -> int:
        asked = {"update": None, "anchor": None, "as_json": False, "language": self.language} | given
        self.shown, self.warned = io.StringIO(), io.StringIO()
        return run(
            Request(target=None if target is None else str(target), bundle=self.folder / "bundle.json", **asked),
            at,
            Console(file=self.shown, width=200),
            Console(file=self.warned, width=200),
        )

    def file(self, name: str, content: bytes) -> Path:
        (self.folder / name).write_bytes(content)
        return self.folder / name

    @property
    def says(self) -> str:
        return self.shown.getvalue()

    @property
    def warns(self) -> str:
        return self.warned.getvalue()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """With a bundle pinned and downloaded before."""
    ready = Machine(tmp_path)
    fetched = ready.file("download.json", download())
    assert ready.verify(update=str(fetched), anchor=ANCHOR) == 0
    return ready


def picture(name: str) -> bytes:
    content = io.BytesIO()
    drawn(page_of()).save(content, "PNG" if name.endswith("png") else "JPEG")
    return content.getvalue()


def unsealed() -> bytes:
    """The page as somebody scanned it: a PDF with a picture in it, and no seal."""
    content = io.BytesIO()
    drawn(page_of()).save(content, "PDF")
    return content.getvalue()


def test_a_sealed_pdf_a_photograph_a_scan_and_a_text_are_valid(machine: Machine) -> None:
    for name, content, from_code in (
        ("sealed.pdf", page_of(), False),
        ("page.png", picture("png"), True),
        ("page.jpeg", picture("jpeg"), True),
        ("scan.pdf", unsealed(), True),
        ("code.txt", f"  {link_of(FACTS)}\n".encode(), False),
    ):
        assert machine.verify(machine.file(name, content)) == 0, machine.says
        assert machine.says.strip().startswith("VALID · ")
        assert FACTS.full_name in machine.says
        assert ("not the sealed original" in machine.says) == from_code
    assert machine.verify(link_of(FACTS)) == 0
    assert machine.verify(link_of(FACTS).partition("#")[2]) == 0


def test_the_three_checks_the_ages_and_what_to_do_stand_there_in_both_languages(machine: Machine) -> None:
    machine.verify(link_of(FACTS))
    for said in (
        "Seal:",
        "Status:",
        "Issuer:",
        "Compare the name and birth date",
        "17 May 1990",
        "Trust list:",
        "good until",
    ):
        assert said in machine.says
    machine.language = "vi"
    machine.verify(link_of(FACTS))
    for said in ("Con dấu:", "Hiệu lực:", "Nơi cấp:", "So họ tên và ngày sinh", "17/05/1990", "Danh sách tin cậy:"):
        assert said in machine.says


def test_a_credential_is_checked_too_and_what_was_withheld_is_named(machine: Machine) -> None:
    credential = sealed()
    for target in (credential, machine.file("credential.txt", credential.encode())):
        assert machine.verify(target) == 0, machine.says
        assert facts_of(RING).full_name in machine.says
    machine.verify(showing(credential, ["full_name"]))
    assert "Not shown by the holder" in machine.says


def test_a_sealed_name_gives_the_terminal_no_commands(machine: Machine) -> None:
    facts = replace(facts_of(RING), full_name="A\x1b[2J\x07[bold]B\u202e")
    machine.verify(sealed_qr(facts, RING).link)
    assert "A\ufffd[2J\ufffd[bold]B\ufffd" in machine.says
    assert "\x1b" not in machine.says


def test_for_programs_it_is_json(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert machine.verify(link_of(FACTS), as_json=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["state"], found["facts"]["full_name"]) == ("valid", FACTS.full_name)
    assert found["trust_list"]["pinned"]
    assert found["trust_list"]["signed_by"] == ANCHOR
    assert found["status_lists"]["1"]["as_of"] == AT.isoformat()
    assert machine.says == ""


def test_every_other_verdict_is_exit_code_1(machine: Machine) -> None:
    link = link_of(FACTS)
    forged = link[:-3] + f"{(int(link[-3:]) + 1) % 256:03d}"
    changed = bytearray(page_of())
    changed[len(changed) // 3] ^= 1
    for target, word in (
        (forged, "NOT_GENUINE"),
        (machine.file("changed.pdf", bytes(changed)), "NOT_GENUINE"),
        (machine.file("empty.pdf", b"%PDF-1.7\n"), "UNREADABLE"),
        (machine.file("noise.bin", b"\xff\xfe\x00" * 99), "UNREADABLE"),
        (machine.file("shop.txt", b"https://shop.example/"), "UNREADABLE"),
        (machine.file("token.txt", b"eyJ.eyJ.x~y~"), "UNREADABLE"),
        (sealed_qr(replace(facts_of(RING), status_list=9), RING).link, "STATUS_UNKNOWN"),
    ):
        assert machine.verify(target) == 1
        assert machine.says.strip().split(" ")[0] == word, machine.says
    assert machine.verify(link, at=NOW + timedelta(days=8)) == 1
    assert "OUT OF DATE" in machine.says
    assert "too old" in machine.says


def test_a_text_that_begins_with_a_byte_order_mark_is_read(machine: Machine) -> None:
    assert machine.verify(machine.file("code.txt", b"\xef\xbb\xbf" + link_of(FACTS).encode() + b"\r\n")) == 0
    assert machine.verify(machine.file("credential.txt", b"\xef\xbb\xbf" + sealed().encode())) == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xef\xbb\xbf",
        b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(30),
        b"\x00\x00\x00\x18ftypheic" + bytes(30),
        b"<!doctype html>\n<a href='https://shop.example/~me'>x</a>",
        b"garbage",
        b"\xff\xfe\x00" * 99,
    ],
)
def test_a_file_of_another_kind_is_told_which_kinds_there_are(machine: Machine, content: bytes) -> None:
    file = machine.file("unknown", content)
    for machine.language, said, other in WORDS_OF_UNRECOGNISED:
        assert machine.verify(file) == 1
        assert machine.says.strip().startswith("UNREADABLE")
        assert said in machine.says
        assert other not in machine.says
        assert "file_not_recognised" in machine.says


WORDS_OF_UNRECOGNISED: tuple[tuple[Language, str, str], ...] = (
    ("en", "This kind of file is not recognised", "good light"),
    ("vi", "Không nhận ra loại tệp này", "đủ sáng"),
)


def test_without_a_code_no_code_was_checked(machine: Machine) -> None:
    content = io.BytesIO()
    Image.new("L", (200, 200), 255).save(content, "PNG")
    assert machine.verify(machine.file("blank.png", content.getvalue())) == 1
    assert "No QR code of a document was found" in machine.says
    assert "Only the QR code" not in machine.says
    assert "no_code_found" in machine.says


def test_a_download_cut_short_says_so(machine: Machine) -> None:
    assert machine.verify(machine.file("short.pdf", page_of()[:-20])) == 1
    assert machine.says.strip().startswith("UNREADABLE")
    assert "Download the original again" in machine.says
    assert "The file is incomplete, or was changed on its way (pdf_end_malformed)" in machine.says


def test_an_unknown_issuer_may_have_changed_its_key_since_the_download(machine: Machine, rotated: KeyRing) -> None:
    stranger = sealed_qr(facts_of(rotated), rotated).link
    words: tuple[tuple[Language, str], ...] = (("en", "bring the list up to date"), ("vi", "cập nhật danh sách"))
    for machine.language, said in words:
        assert machine.verify(stranger) == 1
        assert machine.says.strip().startswith("UNKNOWN_ISSUER")
        assert said in machine.says
        assert f"condau verify --update {PUBLIC_URL}" in machine.says


def test_a_wrong_file_for_an_update_costs_nobody_the_bundle(machine: Machine) -> None:
    held = machine.folder / "bundle.json"
    before = held.read_bytes()
    for wrong in (machine.file("letter.pdf", page_of()), held, machine.file("empty", b"")):
        assert machine.verify(link_of(FACTS), update=str(wrong)) == 2
        assert "/.well-known/condau-bundle" in machine.warns
        assert "emove" not in machine.warns
        assert held.read_bytes() == before
    machine.file("bundle.json", b"{}")
    assert machine.verify(link_of(FACTS), update=str(machine.folder / "download.json")) == 2
    assert "The bundle on this machine is damaged" in machine.warns


def test_a_revocation_arrives_with_the_next_download(machine: Machine) -> None:
    later = AT + timedelta(hours=1)
    machine.verify(update=str(machine.file("d", download(RING, later, FACTS.status_index))), at=later)
    assert machine.verify(link_of(FACTS), at=later) == 1
    assert machine.says.strip().startswith("REVOKED")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"target": "no-such-file.pdf"}, "No such file"),
        ({"target": "."}, "Is a directory"),
        ({"anchor": "zz"}, "64 hexadecimal"),
        ({"anchor": "00"}, "64 hexadecimal"),
        ({"anchor": "00" * 32}, "pinned with another digest"),
        ({"update": "http://kiemtra.example.vn"}, "must begin with https"),
        ({"update": "no-such-download.json"}, "No such file"),
    ],
)
def test_what_cannot_be_done_is_exit_code_2_and_one_sentence(
    machine: Machine, given: dict[str, str], said: str
) -> None:
    before = (machine.folder / "bundle.json").read_bytes()
    assert machine.verify(**{"target": link_of(FACTS)} | given) == 2
    assert said in machine.warns
    assert machine.says == ""
    assert len(machine.warns.splitlines()) == 1
    assert (machine.folder / "bundle.json").read_bytes() == before


def test_without_a_bundle_it_says_how_to_get_one(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    assert machine.verify(link_of(FACTS)) == 2
    assert "condau verify --update https://" in machine.warns
    assert not list(tmp_path.iterdir())


def test_a_damaged_bundle_is_an_error_and_stays_where_it_is(machine: Machine) -> None:
    file = machine.file("bundle.json", (machine.folder / "bundle.json").read_bytes()[:-40])
    damaged = file.read_bytes()
    for update in (None, str(machine.folder / "download.json")):
        assert machine.verify(link_of(FACTS), update=update) == 2
        assert "damaged" in machine.warns
        assert file.read_bytes() == damaged


def test_a_large_file_is_not_read(machine: Machine) -> None:
    assert machine.verify(machine.file("large.pdf", b"%PDF-" + bytes(5_000_000))) == 2
    assert "5 MB" in machine.warns


# --- whose word counts ---


def test_the_first_download_without_an_anchor_says_so_and_shows_what_to_pin(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    fetched = str(machine.file("download.json", download()))
    assert machine.verify(update=fetched) == 0
    assert "FIRST DOWNLOAD" in machine.warns
    assert ANCHOR in machine.warns
    assert machine.verify(link_of(FACTS), update=fetched) == 0
    assert machine.warns == ""
    assert machine.verify(link_of(FACTS), update=fetched, anchor=ANCHOR) == 0
    assert load(tmp_path / "bundle.json").pinned == bytes.fromhex(ANCHOR)
    assert machine.verify(link_of(FACTS), anchor="11" * 32) == 2


def test_while_nothing_is_pinned_every_verdict_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    machine = Machine(tmp_path)
    machine.verify(update=str(machine.file("download.json", download())))
    words: tuple[tuple[Language, str], ...] = (("en", "NOT PINNED"), ("vi", "CHƯA GHIM"))
    for machine.language, said in words:
        assert machine.verify(link_of(FACTS)) == 0
        assert said in machine.says
        assert ANCHOR in machine.says
    capsys.readouterr()
    machine.verify(link_of(FACTS), as_json=True)
    told = json.loads(capsys.readouterr().out)["trust_list"]
    assert (told["pinned"], "CHƯA GHIM" in told["note"]) == (False, True)
    machine.verify(update=str(tmp_path / "download.json"), anchor=ANCHOR)
    machine.verify(link_of(FACTS))
    assert "CHƯA GHIM" not in machine.says
    capsys.readouterr()
    machine.verify(link_of(FACTS), as_json=True)
    assert json.loads(capsys.readouterr().out)["trust_list"]["note"] is None


def test_an_anchor_exposes_a_list_of_somebody_else_that_was_taken_as_it_came(tmp_path: Path) -> None:
    create_local_authority(tmp_path / "other", "Nơi khác", PASSPHRASE, AT)
    machine = Machine(tmp_path)
    machine.verify(update=str(machine.file("his.json", download(KeyRing.load(tmp_path / "other", PASSPHRASE)))))
    ours = str(machine.file("ours.json", download()))
    words: tuple[tuple[Language, str], ...] = (("en", "do not use it"), ("vi", "đừng dùng"))
    for machine.language, said in words:
        for update in (None, ours):
            assert machine.verify(link_of(FACTS), anchor=ANCHOR, update=update) == 2
            assert said in machine.warns
            assert "pinned" not in machine.warns
    (tmp_path / "bundle.json").unlink()
    assert machine.verify(link_of(FACTS), anchor=ANCHOR, update=ours) == 0


def test_another_organisations_list_is_not_taken(tmp_path: Path, machine: Machine) -> None:
    create_local_authority(tmp_path / "other", "Nơi khác", PASSPHRASE, AT)
    stranger = KeyRing.load(tmp_path / "other", PASSPHRASE)
    fetched = str(machine.file("other.json", download(stranger)))
    assert machine.verify(link_of(FACTS), update=fetched) == 2
    assert "does not know" in machine.warns
    assert machine.verify(link_of(FACTS)) == 0
    (tmp_path / "new").mkdir()
    assert Machine(tmp_path / "new").verify(update=fetched, anchor=ANCHOR) == 2


# --- after another key has begun to sign trust lists ---

WAITED = timedelta(days=7)


@pytest.fixture(scope="module")
def rotated(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    """Its first trust-list key hands over to a second one a week after AT."""
    folder = tmp_path_factory.mktemp("rotated") / "keys"
    create_local_authority(folder, ORGANISATION, PASSPHRASE, AT)
    wish = Wish(purpose=KeyPurpose.TRUST_LIST, starts_at=AT + WAITED, lasts=timedelta(days=3650))
    rotate_key(folder, PASSPHRASE, wish, AT)
    return KeyRing.load(folder, PASSPHRASE)


def anchors(ring: KeyRing) -> tuple[str, str]:
    """Of the key that signed at AT, and of the one after it."""
    before, after = (ring.active(KeyPurpose.TRUST_LIST, at) for at in (AT, AT + WAITED))
    return anchor_of(before.public_key).hex(), anchor_of(after.public_key).hex()


def test_who_followed_a_rotation_may_name_the_first_key_or_the_one_that_signs_now(
    tmp_path: Path, rotated: KeyRing
) -> None:
    machine, (old, new), later = Machine(tmp_path), anchors(rotated), AT + WAITED + timedelta(hours=1)
    assert machine.verify(update=str(machine.file("old.json", download(rotated))), anchor=old) == 0
    now = str(machine.file("new.json", download(rotated, later)))
    assert machine.verify(update=now, at=later, anchor=old) == 0  # by way of the list held
    for named in (old, new):
        assert machine.verify(link_of(FACTS), at=later, anchor=named) == 1, machine.warns  # another ring's code
    assert machine.verify(update=now, at=later, anchor=new) == 0
    assert load(tmp_path / "bundle.json").pinned == bytes.fromhex(new)
    assert machine.verify(link_of(FACTS), at=later, anchor=old) == 2


def test_the_new_anchor_is_taken_together_with_the_first_list_that_its_key_signed(
    tmp_path: Path, rotated: KeyRing
) -> None:
    machine, (old, new), later = Machine(tmp_path), anchors(rotated), AT + WAITED + timedelta(hours=1)
    assert machine.verify(update=str(machine.file("old.json", download(rotated))), anchor=old) == 0
    assert machine.verify(link_of(FACTS), anchor=new) == 2  # nothing held is by that key
    assert machine.verify(update=str(machine.file("new.json", download(rotated, later))), at=later, anchor=new) == 0
    assert load(tmp_path / "bundle.json").pinned == bytes.fromhex(new)


def test_an_anchor_of_yesterday_says_how_to_begin_anew(tmp_path: Path, rotated: KeyRing) -> None:
    machine, (old, new), later = Machine(tmp_path), anchors(rotated), AT + WAITED + timedelta(hours=1)
    now = str(machine.file("new.json", download(rotated, later)))
    assert machine.verify(update=now, at=later, anchor=old) == 2
    assert "ask the organisation for the digest of today" in machine.warns
    assert machine.verify(update=now, at=later, anchor=new) == 0
    assert machine.verify(link_of(FACTS), at=later, anchor=old) == 2
    assert "remove the file" in machine.warns
    machine.language = "vi"
    assert machine.verify(link_of(FACTS), at=later, anchor=old) == 2
    assert "hãy xóa tệp" in machine.warns


def test_a_bundle_of_another_organisation_is_never_re_pinned_to_ours(tmp_path: Path, rotated: KeyRing) -> None:
    """His list may name our key; what counts is whose key has signed the list that is held."""
    create_local_authority(tmp_path / "other", "Nơi khác", PASSPHRASE, AT)
    stranger = KeyRing.load(tmp_path / "other", PASSPHRASE)
    ours = rotated.active(KeyPurpose.TRUST_LIST, AT)
    listed = rotated.trust_list(AT).find(ours.key_id, KeyPurpose.TRUST_LIST)
    assert listed is not None
    trust = with_key(stranger.trust_list(AT), listed)
    machine = Machine(tmp_path)
    assert machine.verify(update=str(machine.file("his.json", download(stranger, trust=trust)))) == 0
    his = (tmp_path / "bundle.json").read_bytes()
    for update in (None, str(tmp_path / "his.json")):
        assert machine.verify(link_of(FACTS), update=update, anchor=anchors(rotated)[0]) == 2
        assert (tmp_path / "bundle.json").read_bytes() == his


def test_an_older_list_is_not_taken(machine: Machine) -> None:
    later = AT + timedelta(hours=2)
    lost = compromised(RING.trust_list(later), RING.active(KeyPurpose.QR, AT).key_id, AT - timedelta(hours=20))
    assert machine.verify(update=str(machine.file("new.json", download(RING, later, trust=lost))), at=later) == 0
    assert machine.verify(link_of(FACTS), at=later) == 1
    assert machine.verify(link_of(FACTS), at=later, update=str(machine.folder / "download.json")) == 2
    assert "older than the one held" in machine.warns
    assert machine.verify(link_of(FACTS), at=later) == 1


# --- the download ---


@contextmanager
def serving(answer: bytes, status: int = 200) -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class calls it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_it_is_fetched_from_the_well_known_address(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    with serving(download()) as (url, asked):
        assert machine.verify(link_of(FACTS), update=url + "/", anchor=ANCHOR) == 0
    assert asked == ["/.well-known/condau-bundle"]
    assert machine.verify(link_of(FACTS), update=url, anchor=ANCHOR) == 2
    assert "ConnectError" in machine.warns


@pytest.mark.parametrize(("answer", "status"), [(b"", 302), (b"{}", 200), (b"<html>", 200), (b"", 503)])
def test_an_answer_that_is_no_bundle_changes_nothing(machine: Machine, answer: bytes, status: int) -> None:
    before = (machine.folder / "bundle.json").read_bytes()
    with serving(answer, status) as (url, asked):
        assert machine.verify(link_of(FACTS), update=url) == 2
    assert len(asked) == 1
    assert (machine.folder / "bundle.json").read_bytes() == before


# --- the program itself ---

NO_NETWORK = """
import sys
def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.bind"):
        raise SystemExit(f"touched the network: {event} {arguments}")
sys.addaudithook(refuse)
from condau.cli import app
app()
"""


def command(*arguments: str, folder: Path, typed: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {
        "PATH": os.environ["PATH"],
        "XDG_DATA_HOME": str(folder / "data"),
        "CONDAU_MODE": "of another program",
    }
    return subprocess.run(
        [sys.executable, "-c", NO_NETWORK, "verify", *arguments],
        cwd=folder,
        env=environment,
        input=typed,
        capture_output=True,
        check=False,
        timeout=120,
    )


def test_the_program_needs_no_settings_no_state_and_no_network(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    create_local_authority(tmp_path / "keys", ORGANISATION, PASSPHRASE, now)
    ring = KeyRing.load(tmp_path / "keys", PASSPHRASE)
    facts = replace(
        facts_of(key_ring()),
        issued_on=now.astimezone(VIETNAM).date(),
        key_id=ring.active(KeyPurpose.QR, now).key_id,
    )
    permit = SealingPermit.grant(serial="test", purpose=KeyPurpose.QR, content=encode_claims(facts))
    code = seal_qr(permit, ring.active(KeyPurpose.QR, now), PUBLIC_URL).link.encode()
    machine = tmp_path / "machine"
    machine.mkdir()
    (machine / "download.json").write_bytes(download(ring, now))

    assert command("-", folder=machine, typed=code).returncode == 2
    first = command("--update", "download.json", "--language", "en", folder=machine)
    assert (first.returncode, b"FIRST DOWNLOAD" in first.stderr) == (0, True), first.stderr
    answer = command("-", folder=machine, typed=code)
    assert answer.returncode == 0, answer.stderr
    assert "VALID · Giấy tờ thật, còn hiệu lực" in answer.stdout.decode()
    assert sorted(path.name for path in machine.iterdir()) == ["data", "download.json"]
    for misuse in ([], ["--language", "fr", "-"], ["--nothing", "-"]):
        assert command(*misuse, folder=machine).returncode == 2
