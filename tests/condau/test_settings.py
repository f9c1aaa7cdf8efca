"""Settings are read strictly: what is misspelt, contradictory or unsafe stops the start, and no value is repeated."""

from pathlib import Path

import pytest

from condau.settings import SettingsRefused, read_settings

PRODUCTION = """
public_url = "https://giayto.example"
judicial_register_url = "https://register.example"
payment_gateway_url = "https://payments.example"
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


def test_the_public_address_is_kept_without_its_closing_slash(tmp_path: Path) -> None:
    for written in ("https://giayto.example", "https://giayto.example/"):
        file = write(tmp_path, PRODUCTION.replace("https://giayto.example", written))
        assert read_settings(file).public_url == "https://giayto.example"
