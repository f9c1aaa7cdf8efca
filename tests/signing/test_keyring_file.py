"""The key ring's file: what is written is read back, what is misspelt is refused, what is killed stays whole."""

import re
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.errors import KeyChangeRefused, KeyringMalformed, KeyUnavailable
from signing.keyring_file import (
    KEYRING_FILE,
    KeyRecord,
    RingFile,
    locked,
    read_ring_file,
    ring_text,
    write_ring_file,
)
from signing.keys import KeyRing
from signing.rotate_key import rotate_key
from tests.sealing import AT, PASSPHRASE, key_ring
from tests.signing.rings import UNIT, new_ring, wish, with_unit
from verification.trust import KeyPurpose, TrustedUnit

TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
MOMENTS = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2090, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=7))]),
)
UNITS = st.lists(
    st.builds(TrustedUnit, TEXTS, TEXTS, st.lists(TEXTS, max_size=3).map(tuple)), max_size=3, unique_by=lambda u: u.code
).map(tuple)


@st.composite
def rings(draw: st.DrawFn) -> RingFile:
    units = draw(UNITS)
    keys = st.builds(
        KeyRecord,
        key_id=TEXTS,
        purpose=st.sampled_from(KeyPurpose),
        uri=TEXTS,
        public_key=TEXTS,
        certificates=st.lists(TEXTS, max_size=3).map(tuple),
        not_before=MOMENTS,
        not_after=st.just(datetime(2099, 1, 1, tzinfo=UTC)),
        unit=st.sampled_from([None, *(unit.code for unit in units)]),
        compromised_from=st.none() | MOMENTS,
        signs_until=st.none() | MOMENTS,
    )
    return RingFile(
        organisation=draw(TEXTS),
        keys=tuple(draw(st.lists(keys, min_size=1, max_size=4, unique_by=lambda key: key.key_id))),
        roots=tuple(draw(st.lists(TEXTS, max_size=2))),
        units=units,
        timestamp_roots=tuple(draw(st.lists(TEXTS, max_size=2))),
        sequence=draw(st.integers(0, 1 << 40)),
    )


@given(rings())
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, ring: RingFile) -> None:
    folder = tmp_path_factory.mktemp("ring")
    (folder / KEYRING_FILE).write_bytes(ring_text(ring).encode())
    assert read_ring_file(folder) == ring


def test_every_change_raises_the_sequence_and_is_its_owners_alone(tmp_path: Path) -> None:
    folder = new_ring(tmp_path)
    before = read_ring_file(folder)
    assert write_ring_file(folder, before).sequence == before.sequence + 1
    assert read_ring_file(folder).sequence == before.sequence + 1
    assert KeyRing.load(folder, PASSPHRASE).trust_list(AT).sequence == before.sequence + 1
    assert stat.S_IMODE((folder / KEYRING_FILE).stat().st_mode) == 0o600
    assert (folder / KEYRING_FILE).read_text(encoding="utf-8").startswith("# The key ring")
    assert not [path for path in folder.iterdir() if path.name.startswith(".keyring.toml")]


def test_a_ring_of_an_earlier_version_still_loads(tmp_path: Path) -> None:
    folder = new_ring(tmp_path)
    file = folder / KEYRING_FILE
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join(line for line in lines if not line.startswith(("#", "sequence"))), encoding="utf-8")
    ring = KeyRing.load(folder, PASSPHRASE)
    assert (ring.sequence, ring.units, ring.timestamp_roots) == (0, (), ())
    assert {entry.unit for entry in ring.entries} == {None}


def test_units_and_roots_of_timestamps_are_in_the_trust_list(tmp_path: Path) -> None:
    folder = with_unit(new_ring(tmp_path))
    file = folder / KEYRING_FILE
    file.write_text('timestamp_roots = ["root.crt.pem"]\n' + file.read_text(encoding="utf-8"), encoding="utf-8")
    trust = KeyRing.load(folder, PASSPHRASE).trust_list(AT)
    assert [unit.code for unit in trust.units] == [UNIT]
    assert trust.timestamp_roots == trust.roots != ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sequence =", "sequnce =", "the ring: no entry is called 'sequnce', did you mean 'sequence'?"),
        ("sequence = 1", "sequence = -1", "sequence must be a whole number"),
        ("sequence = 1", "sequence = true", "sequence must be a whole number"),
        ("not_after", "not_afer", "key 1: no entry is called 'not_afer', did you mean 'not_after'?"),
        ('purpose = "qr"', 'purpose = "qrr"', "key 2: no purpose is called 'qrr', did you mean 'qr'?"),
        ('purpose = "qr"', 'purpose = "qr"\nunit = "H26"', "of the unit 'H26', which no [[unit]] has"),
        ('purpose = "qr"', 'purpose = "qr"\ncompromised = 1', "no entry is called 'compromised'"),
        ('purpose = "qr"', 'purpose = "qr"\ncompromised_from = 2026-11-20', "an instant with an offset"),
        ("document_types", "documents", "unit 1: no entry is called 'documents'"),
        ('["criminal_record_form_1"]', '"criminal_record_form_1"', "document_types must be a list of texts"),
        ("certificates = []", "certificates = [1]", "certificates must be a list of texts"),
        ('purpose = "qr"', 'purpose = "pdf"', "or RSA: readers"),
    ],
)
def test_what_is_not_as_documented_is_refused_in_words(tmp_path: Path, old: str, new: str, said: str) -> None:
    folder = with_unit(new_ring(tmp_path))
    rotate_key(folder, PASSPHRASE, wish(key_type="ed25519"), AT)
    file = folder / KEYRING_FILE
    text = file.read_text(encoding="utf-8").replace("sequence = 2", "sequence = 1")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(KeyringMalformed, match=re.escape(said)):
        KeyRing.load(folder, PASSPHRASE)


def test_a_key_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    folder = new_ring(tmp_path)
    file = folder / KEYRING_FILE
    file.write_text(re.sub("not_after = 20..", "not_after = 1999", file.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(KeyringMalformed, match="ends before it begins"):
        KeyRing.load(folder, PASSPHRASE)


HOLDING = """
import sys, time
from pathlib import Path
from signing.keyring_file import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_of_two_commands_at_once_the_second_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    folder = new_ring(tmp_path)
    text = (folder / KEYRING_FILE).read_bytes()
    with subprocess.Popen([sys.executable, "-c", HOLDING, str(folder)], stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"held\n"
        with pytest.raises(KeyChangeRefused, match="another command"):
            rotate_key(folder, PASSPHRASE, wish(), AT)
        assert (folder / KEYRING_FILE).read_bytes() == text
        first.kill()
    rotate_key(folder, PASSPHRASE, wish(), AT)  # a killed command holds nothing
    with pytest.raises(KeyUnavailable), locked(tmp_path / "nowhere"):
        pass


KILLED = """
import os, signal, sys
from datetime import datetime, timedelta, UTC
from pathlib import Path
from signing.rotate_key import Wish, rotate_key
from verification.trust import KeyPurpose
count, real = 0, os.fsync
def fsync(descriptor):
    global count
    count += 1
    if count == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    real(descriptor)
os.fsync = fsync
at = datetime(2026, 11, 20, 3, tzinfo=UTC)
wish = Wish(purpose=KeyPurpose.RECEIPT, starts_at=at + timedelta(days=1), lasts=timedelta(days=3650))
rotate_key(Path(sys.argv[1]), b"a passphrase for tests", wish, at)
"""


@pytest.mark.parametrize("at_sync", [1, 3, 4, 5, 6])
def test_killed_while_it_rotates_it_leaves_the_old_ring_or_the_new_one(tmp_path: Path, at_sync: int) -> None:
    folder = new_ring(tmp_path)
    before = read_ring_file(folder)
    run = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(at_sync)], check=False)
    assert run.returncode == -signal.SIGKILL
    ring = KeyRing.load(folder, PASSPHRASE)
    if at_sync == 6:  # the last one, of the folder, comes after the rename
        assert ring.sequence == before.sequence + 1
    else:
        assert read_ring_file(folder) == before
        rotate_key(folder, PASSPHRASE, wish(KeyPurpose.RECEIPT), AT)
    assert len(KeyRing.load(folder, PASSPHRASE).entries) == len(before.keys) + 1


def test_nothing_secret_is_in_the_representation_of_a_ring() -> None:
    assert "PrivateKey" not in repr(key_ring())
