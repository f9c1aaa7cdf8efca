"""Every settings example of the documentation is one that the service takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from condau.issuers_and_clients import registered_clients, trusted_issuers
from condau.settings import SettingsRefused, read_settings
from tests.condau.test_settings import PRODUCTION, write

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLES = [
    pytest.param(block if file == "README.md" else PRODUCTION + block, id=f"{file} {number}")
    for file in ("README.md", "docs/identity-providers.md", "docs/identity.md", "docs/api.md")
    for number, block in enumerate(BLOCK.findall((ROOT / file).read_text(encoding="utf-8")), 1)
]


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 4


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_taken(example: str, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name in re.findall(r"/run/secrets/([a-z-]+(?:\.pem)?)", example):
        (secrets / name).write_bytes(_rsa_key() if name.endswith(".pem") else b"only for tests")
    settings = read_settings(write(tmp_path, example.replace("/run/secrets", str(secrets))))
    assert [trusted.name for trusted in trusted_issuers(settings)] == [block.name for block in settings.issuers]
    assert len(list(registered_clients(settings))) == len(settings.clients)


def test_the_account_of_the_page_on_receipts_is_taken(tmp_path: Path) -> None:
    (example,) = BLOCK.findall((ROOT / "docs/receipts.md").read_text(encoding="utf-8"))
    account = read_settings(write(tmp_path, PRODUCTION + example)).payments.account
    assert account is not None
    assert (account.bank_bin, account.number) == ("970436", "113366668888")


@pytest.mark.parametrize("wrong", ['bank_bin = "97043"', 'number = "1 2"', 'holder = " "', "iban = 1"])
def test_an_account_that_no_bank_has_is_refused_at_start(wrong: str, tmp_path: Path) -> None:
    right = {"bank_bin": 'bank_bin = "970436"', "number": 'number = "1"', "holder": 'holder = "A"'}
    lines = right | {wrong.partition(" ")[0]: wrong}
    with pytest.raises(SettingsRefused):
        read_settings(write(tmp_path, PRODUCTION + "\n".join(["[payments.account]", *lines.values(), ""])))


def _rsa_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
