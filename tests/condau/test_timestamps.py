"""The settings of a timestamping authority, and what the doctor and the trust list make of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from condau.assembly import assemble
from condau.clock import now
from condau.demo import demo_settings
from condau.doctor import examine
from condau.initialise import initialise
from condau.settings import Settings, SettingsRefused, TimestampSettings, read_settings
from condau.stamping import timestamper_of
from simulators.outside_world import create_outside_world
from simulators.timestamp_authority import POLICY, Misbehaviour, TimestampAuthority
from tests.condau.test_settings import PRODUCTION, write
from tests.simulators.serving import serve


@dataclass
class Stamping:
    settings: Settings
    authority: TimestampAuthority


@pytest.fixture
def stamping(tmp_path: Path) -> Iterator[Stamping]:
    authority = TimestampAuthority.make(now())
    roots_file = tmp_path / "root.pem"
    roots_file.write_bytes(authority.root_pem())

    def outside(base_url: str) -> object:
        return create_outside_world(base_url, lambda: datetime.now(UTC), demo=True, timestamps=authority)

    with serve(outside) as url:
        timestamps = TimestampSettings(url=f"{url}/timestamps/", roots_file=roots_file, policy=POLICY)
        settings = demo_settings(tmp_path, 8000, url, timestamps=timestamps)
        initialise(settings)
        yield Stamping(settings, authority)


def examined(settings: Settings) -> tuple[int, str]:
    said = StringIO()
    return examine(settings, Console(file=said, width=300)), said.getvalue()


def test_the_doctor_asks_once(stamping: Stamping) -> None:
    code, said = examined(stamping.settings)
    assert code == 0, said
    assert "✓ timestamps: the authority answers, and is believed" in said
    assert stamping.authority.asked == 1


@pytest.mark.parametrize(
    ("mood", "words"),
    [
        (Misbehaviour.BROKEN, "✗ timestamps: the timestamping authority answered with status 500"),
        (Misbehaviour.OTHER_POLICY, "✗ timestamps: the timestamp was made by another policy"),
        (Misbehaviour.STRANGE_CHAIN, "✗ timestamps: timestamp_authority_unknown"),
        (Misbehaviour.LYING_CLOCK, "✗ timestamps: the authority's time and ours differ"),
    ],
)
def test_the_doctor_says_what_is_wrong_with_it(stamping: Stamping, mood: Misbehaviour, words: str) -> None:
    stamping.authority.misbehaves = mood
    code, said = examined(stamping.settings)
    assert code == 1
    assert words in said
    assert "✓ trial seal" in said


async def test_its_roots_are_in_the_published_trust_list(stamping: Stamping) -> None:
    assembly = assemble(stamping.settings)
    try:
        assert assembly.services.trust(now()).timestamp_roots == (stamping.authority.root,)
        assert assembly.workshop.keys.trust_list(now()).timestamp_roots == (stamping.authority.root,)
    finally:
        await assembly.close()


def test_without_the_block_seals_say_it_themselves(tmp_path: Path) -> None:
    settings = read_settings(write(tmp_path, PRODUCTION))
    assert settings.timestamps is None
    assert timestamper_of(settings) is None


BLOCK = '[timestamps]\nurl = "https://tsa.example/"\nroots_file = "{folder}/roots.pem"\n'


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('username = "we"', "username and password_file"),
        ('password_file = "x"', "username and password_file"),
        ('username = "a:b"\npassword_file = "x"', "colon"),
        ('policy = "open"', "timestamps.policy"),
        ("timeout_seconds = 0", "timestamps.timeout_seconds"),
        ('polcy = "1.2.3"', "did you mean 'policy'"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, more: str, words: str) -> None:
    with pytest.raises(SettingsRefused, match=words):
        read_settings(write(tmp_path, PRODUCTION + BLOCK.format(folder=tmp_path) + more))


@pytest.mark.parametrize("url", ["http://tsa.example/", "https://u:p@tsa.example/", "tsa.example"])
def test_an_unsafe_address_is_refused(tmp_path: Path, url: str) -> None:
    text = BLOCK.format(folder=tmp_path).replace("https://tsa.example/", url)
    with pytest.raises(SettingsRefused, match="https"):
        read_settings(write(tmp_path, PRODUCTION + text))


@pytest.mark.parametrize(
    ("content", "words"), [(None, "cannot be read"), (b"", "empty"), (b"no certificate", "no certificates in PEM")]
)
def test_roots_that_are_none_are_refused(tmp_path: Path, content: bytes | None, words: str) -> None:
    if content is not None:
        (tmp_path / "roots.pem").write_bytes(content)
    settings = read_settings(write(tmp_path, PRODUCTION + BLOCK.format(folder=tmp_path)))
    with pytest.raises(SettingsRefused, match=words):
        timestamper_of(settings)


def test_a_password_comes_from_a_file_and_prints_nowhere(tmp_path: Path) -> None:
    (tmp_path / "roots.pem").write_bytes(TimestampAuthority.make(now()).root_pem())
    (tmp_path / "password").write_text("only for tests\n", encoding="utf-8")
    more = f'username = "condau"\npassword_file = "{tmp_path}/password"\n'
    settings = read_settings(write(tmp_path, PRODUCTION + BLOCK.format(folder=tmp_path) + more))
    timestamper = timestamper_of(settings)
    assert timestamper is not None
    assert timestamper.authorization == "Basic Y29uZGF1Om9ubHkgZm9yIHRlc3Rz"
    assert "Basic" not in repr(timestamper)


def test_the_documented_example_is_taken(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "pdf-seals.md").read_text(encoding="utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    settings = read_settings(write(tmp_path, PRODUCTION + example))
    assert settings.timestamps is not None
    assert settings.timestamps.url == "https://tsa.example/"


def test_the_demonstrations_authority_stays_the_same(tmp_path: Path) -> None:
    """What an earlier run stamped can still be verified."""
    file = tmp_path / "authority.pem"
    first, second = (TimestampAuthority.kept_in(file, now()) for _ in range(2))
    assert first.root == second.root
    assert first.signer.certificate == second.signer.certificate
    assert second.signer.key.public_key() == second.signer.certificate.public_key()
    assert second.clerk.key.public_key() == second.clerk.certificate.public_key()
    assert file.stat().st_mode & 0o777 == 0o600
