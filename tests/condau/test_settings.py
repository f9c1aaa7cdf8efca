"""Settings are read strictly: what is misspelt, contradictory or unsafe stops the start, and no value is repeated."""

import re
from pathlib import Path

import pytest

from condau.initialise import initialise
from condau.issuers_and_clients import registered_clients, trusted_issuers
from condau.settings import SettingsRefused, read_settings
from identity.clients import SCOPES
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
        (PRODUCTION + "prot = 8080", "^no setting is called 'prot', did you mean 'port'"),
        (
            PRODUCTION + "[worker]\nexecutor = 'x'",
            "^worker: no setting is called 'executor', did you mean 'executor_id'",
        ),
        (PRODUCTION + "port = 0", "^port must be at least 1$"),
        (PRODUCTION + "port = 'http'", "^port must be a whole number$"),
        (PRODUCTION + "issuers = 1", "^issuers must be a list$"),
        (PRODUCTION + "issuers = [1]", r"^\[\[issuers\]\] number 1: it must be a table$"),
        (PRODUCTION.replace("https://giayto", "http://giayto"), "public_url must be https"),
        (PRODUCTION.replace("giayto.example", "giayto.example/app"), "public_url must be a plain"),
        ("public_url = 'https://giayto.example'", "judicial_register_url"),
        (PRODUCTION + "population_register_url = 'http://dancu.example'", "population_register_url must be https"),
        (PRODUCTION + "of_age_years = 0", "of_age_years"),
        (PRODUCTION + "key_passphrase = 'a'\nkey_passphrase_file = 'b'", "not both"),
        (PRODUCTION + "= 3", "condau.toml"),
        (PRODUCTION + "[calendar]\ndays_off = ['Tết']", "^calendar.days_off, entry 1 must be a day, such as"),
        (PRODUCTION + "key_passphrase = ''", "key_passphrase"),
        (PRODUCTION + ISSUER + "claims = { nmae = 'x' }", "claims: no setting is called 'nmae', did you mean 'name'"),
        (PRODUCTION + ISSUER + "claims = { name = '' }", r'^\[\[issuers\]\] "city": claims.name must not be empty'),
        (PRODUCTION + ISSUER + "claims = { name = 1 }", r'^\[\[issuers\]\] "city": claims.name must be text'),
        (PRODUCTION + ISSUER.replace('people = "citizens"', ""), r'^\[\[issuers\]\] "city": people is missing$'),
        (PRODUCTION + ISSUER.replace('"citizens"', '"cats"'), '"city": people must be .citizens., .officials. or'),
        (PRODUCTION + '[[issuers]]\nissuer = "x"', r"^\[\[issuers\]\] number 1: name is missing;"),
        (PRODUCTION + '[[clients]]\nclient_id = "till"\nscope = []', r'^\[\[clients\]\] "till": issuer is missing;'),
        (PRODUCTION + '[[clients]]\nclient_id = "till"\nscope = []', "'scope', did you mean 'scopes'"),
        (PRODUCTION + "[sessions]\nidle_minutes = 60\nabsolute_minutes = 30", "^sessions: idle_minutes must not"),
        (PRODUCTION + ISSUER + "own_client = { client_id = 'us', client_secret = '' }", "client_secret"),
        *(
            (PRODUCTION + ISSUER + f"{period} = {seconds}", f'"city": {period} must')
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
    with pytest.raises(SettingsRefused, match=place) as refused:
        read_settings(write(tmp_path, text))
    assert not re.search(r"[Ii]nput|[Ff]ield required|Value error|Error|\.\d", str(refused.value))


def test_a_misspelt_variable_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CONDAU_PUBLIC_ULR", "https://giayto.example")
    with pytest.raises(SettingsRefused, match=r"CONDAU_PUBLIC_ULR: .* did you mean 'public_url'"):
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


def test_what_is_wrong_is_said_of_a_few_keys_at_once(tmp_path: Path) -> None:
    text = PRODUCTION + "".join(f"key_{number} = 1\n" for number in range(20))
    with pytest.raises(SettingsRefused, match=r"; and 12 more$"):
        read_settings(write(tmp_path, text))


def test_a_value_is_not_repeated_where_it_cannot_be_read(tmp_path: Path) -> None:
    for text in ("port = 'correct horse'", "mode = 'correct horse'", "[calendar]\ndays_off = ['correct horse']"):
        with pytest.raises(SettingsRefused) as refused:
            read_settings(write(tmp_path, PRODUCTION + text))
        assert "correct horse" not in str(refused.value)


OTHERS = """
[[issuers]]
name = "officials"
issuer = "https://officials.example"
audiences = ["https://giayto.example/api"]
people = "officials"
[[issuers]]
name = "machines"
issuer = "https://machines.example"
audiences = ["https://giayto.example/api"]
people = "machines"
"""
CLIENT = '\n[[clients]]\nissuer = "{issuer}"\nclient_id = "app"\nname = "An app"\nscopes = ["{scope}"]\nunit = "u"\n'


@pytest.mark.parametrize(
    ("issuer", "works"),
    [
        ("city", {"applications:read", "applications:write", "documents:read"}),
        ("officials", {"desk"}),
        ("machines", {"agency:read"}),
    ],
)
def test_a_scope_that_nobody_of_the_issuer_can_use_is_refused(tmp_path: Path, issuer: str, works: set[str]) -> None:
    for scope in SCOPES:
        settings = read_settings(
            write(tmp_path, PRODUCTION + ISSUER + OTHERS + CLIENT.format(issuer=issuer, scope=scope))
        )
        if scope in works:
            assert len(list(registered_clients(settings))) == 1
        else:
            with pytest.raises(SettingsRefused, match=f"client 'app': '{issuer}' is .* nothing with {scope}; for"):
                registered_clients(settings)


def test_a_client_of_an_issuer_that_is_not_there_is_refused(tmp_path: Path) -> None:
    text = PRODUCTION + ISSUER + CLIENT.format(issuer="citi", scope="documents:read")
    with pytest.raises(SettingsRefused, match=r"no issuer is called 'citi', did you mean 'city'\?"):
        registered_clients(read_settings(write(tmp_path, text)))


def test_pages_whose_people_would_all_be_refused_are_refused(tmp_path: Path) -> None:
    """Whoever signs in comes through `own_client`, which must be registered for this very issuer."""
    pages = 'token_kinds = ["sign_in"]\nown_client = { client_id = "app" }\n'
    elsewhere = CLIENT.format(issuer="officials", scope="desk")
    with pytest.raises(SettingsRefused, match=r"issuer 'city': .* own_client 'app', which no \[\[clients\]\] block"):
        registered_clients(read_settings(write(tmp_path, PRODUCTION + ISSUER + pages + OTHERS + elsewhere)))
    there = CLIENT.format(issuer="city", scope="documents:read")
    settings = read_settings(write(tmp_path, PRODUCTION + ISSUER + pages + OTHERS + elsewhere + there))
    assert len(list(registered_clients(settings))) == 2


def test_the_form_of_a_timestamp_policy_is_told_by_an_example(tmp_path: Path) -> None:
    text = "[timestamps]\nurl = 'https://tsa.example'\nroots_file = 'r.pem'\npolicy = 'abc'"
    with pytest.raises(SettingsRefused, match=r"^timestamps\.policy must be a dotted identifier such as 1\.3\.6\.1$"):
        read_settings(write(tmp_path, PRODUCTION + text))
