"""Every settings example of the documentation is one that the service takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from condau.issuers_and_clients import registered_clients, trusted_issuers
from condau.settings import read_settings
from tests.condau.test_settings import PRODUCTION, write

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLES = [
    pytest.param(block if file == "README.md" else PRODUCTION + block, id=f"{file} {number}")
    for file in ("README.md", "docs/identity-providers.md", "docs/identity.md", "docs/api.md", "docs/receipts.md")
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


def _rsa_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
