"""Settings are read strictly: what is misspelt, contradictory or unsafe stops the start, and no value is repeated."""

from pathlib import Path

import pytest

from condau.assembly import initialise, trusted_issuers
from condau.settings import SettingsRefused, read_settings
from identity.errors import MisconfiguredIssuer

PRODUCTION = """
public_url = "https://giayto.example"
judicial_register_url = "https://register.example"
payment_gateway_url = "https://payments.example"
"""


ISSUER = """
[[issuers]]
name = "city"
issuer = "https://id.example"
audiences = ["https://giayto.example/api"]
people = "citizens"
levels = { high = 2 }
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "condau.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_under_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, PRODUCTION + "port = 8080\n[limits]\nverifications_per_minute = 7\n")
    monkeypatch.setenv("CONDAU_PORT", "9090")
    settings = read_settings(file)
    assert (settings.port, settings.limits.verifications_per_minute) == (9090, 7)
    assert settings.database == "sqlite:///var/state/condau.db"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (PRODUCTION + "prot = 8080", "prot"),
        (PRODUCTION + "[worker]\nexecutor = 'x'", "worker.executor"),
        (PRODUCTION + "port = 0", "port"),
        (PRODUCTION.replace("https://giayto", "http://giayto"), "public_url must be https"),
        (PRODUCTION.replace("giayto.example", "giayto.example/app"), "public_url must be a plain"),
        ("public_url = 'https://giayto.example'", "judicial_register_url"),
        (PRODUCTION + "population_register_url = 'http://dancu.example'", "population_register_url must be https"),
        (PRODUCTION + "of_age_years = 0", "of_age_years"),
        (PRODUCTION + "key_passphrase = 'a'\nkey_passphrase_file = 'b'", "not both"),
        (PRODUCTION + "= 3", "condau.toml"),
        (PRODUCTION + "[calendar]\ndays_off = ['Tết']", "calendar.days_off"),
        (PRODUCTION + "key_passphrase = ''", "key_passphrase"),
        (PRODUCTION + ISSUER + "claims = { nmae = 'x' }", "issuers.0.claims.nmae"),
        (PRODUCTION + ISSUER + "claims = { name = '' }", "issuers.0.claims.name"),
        (PRODUCTION + ISSUER + "claims = { name = 1 }", "issuers.0.claims.name"),
        (PRODUCTION + ISSUER + "own_client = { client_id = 'us', client_secret = '' }", "client_secret"),
        *(
            (PRODUCTION + ISSUER + f"{period} = {seconds}", f"issuers.0.{period}")
            for period in (
                "max_age_seconds",
                "jwks_lifetime_seconds",
                "jwks_outage_seconds",
                "jwks_retry_seconds",
                "jwks_refetch_seconds",
            )
            for seconds in ("inf", "nan", "1e15", "99999999999999999999")
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(SettingsRefused, match=place):
        read_settings(write(tmp_path, text))


def test_a_misspelt_variable_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CONDAU_PUBLIC_ULR", "https://giayto.example")
    with pytest.raises(SettingsRefused, match="CONDAU_PUBLIC_ULR"):
        read_settings(write(tmp_path, PRODUCTION))


def test_secrets_do_not_print(tmp_path: Path) -> None:
    settings = read_settings(write(tmp_path, PRODUCTION + "key_passphrase = 'correct horse'"))
    assert "correct horse" not in repr(settings)
    with pytest.raises(SettingsRefused) as refused:
        read_settings(write(tmp_path, PRODUCTION + "key_passphrase = 'correct horse'\nkey_passphrase_file = 'b'"))
    assert "correct horse" not in str(refused.value)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="cannot be read"):
        read_settings(tmp_path / "nowhere.toml")


def test_a_file_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "condau.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsRefused, match="UTF-8"):
        read_settings(file)


def test_claims_are_renamed_one_by_one(tmp_path: Path) -> None:
    settings = read_settings(write(tmp_path, PRODUCTION + ISSUER + 'claims = { name = "full_name" }'))
    (trusted,) = trusted_issuers(settings)
    assert trusted.claims is not None
    assert (trusted.claims.name, trusted.claims.birthdate) == ("full_name", "birthdate")


EMPTY = pytest.mark.parametrize("written", [b"", b" \n", b"\r\n\t"], ids=["empty", "a line", "blanks"])


@pytest.mark.parametrize("written", [b"", b" \n", b"\xff\xfe", None], ids=["empty", "blank", "no text", "missing"])
def test_a_secret_that_cannot_be_one_is_refused(tmp_path: Path, written: bytes | None) -> None:
    secret = tmp_path / "secret"
    if written is not None:
        secret.write_bytes(written)
    own_client = f"own_client = {{ client_id = 'us', client_secret_file = '{secret}' }}"
    with pytest.raises(SettingsRefused, match=str(secret)) as refused:
        trusted_issuers(read_settings(write(tmp_path, PRODUCTION + ISSUER + own_client)))
    assert "\n" not in str(refused.value)


@EMPTY
@pytest.mark.parametrize("setting", ["pinned_keys_file", "envelope_key_file"])
def test_a_key_file_with_nothing_in_it_is_refused(tmp_path: Path, setting: str, written: bytes) -> None:
    file = tmp_path / "keys"
    file.write_bytes(written)
    with pytest.raises(SettingsRefused, match=str(file)):
        trusted_issuers(read_settings(write(tmp_path, PRODUCTION + ISSUER + f"{setting} = '{file}'")))


@pytest.mark.parametrize("written", [b"\xff\xfe", b"{", b"[]", b"{}", b'{"keys": 1}', b'{"keys": [1]}'])
def test_pinned_keys_that_cannot_be_read_are_refused(tmp_path: Path, written: bytes) -> None:
    file = tmp_path / "keys"
    file.write_bytes(written)
    with pytest.raises(MisconfiguredIssuer, match="pinned_keys"):
        trusted_issuers(read_settings(write(tmp_path, PRODUCTION + ISSUER + f"pinned_keys_file = '{file}'")))


@EMPTY
def test_keys_are_not_locked_with_nothing(tmp_path: Path, written: bytes) -> None:
    file = tmp_path / "passphrase"
    file.write_bytes(written)
    text = f"state_folder = '{tmp_path / 'state'}'\nkey_passphrase_file = '{file}'\n"
    with pytest.raises(SettingsRefused, match=str(file)):
        initialise(read_settings(write(tmp_path, text + PRODUCTION)))
    assert not (tmp_path / "state" / "keys").exists()


def test_the_public_address_is_kept_without_its_closing_slash(tmp_path: Path) -> None:
    for written in ("https://giayto.example", "https://giayto.example/"):
        file = write(tmp_path, PRODUCTION.replace("https://giayto.example", written))
        assert read_settings(file).public_url == "https://giayto.example"
