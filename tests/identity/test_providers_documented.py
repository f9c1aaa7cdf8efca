"""Each example in docs/identity-providers.md is one that the service would start with."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import identity
from condau.issuers_and_clients import trusted_issuers
from condau.settings import IssuerSettings, Settings
from identity.providers import PROVIDERS
from tests.identity.providers import envelope_key, pem

PAGE = (Path(identity.__file__).parents[1] / "docs" / "identity-providers.md").read_text("utf-8")
EXAMPLES = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)]
FILES = {"client_secret_file": b"a secret", "envelope_key_file": pem(envelope_key())}


def test_every_kind_has_an_example_and_a_row() -> None:
    assert {block.get("kind", "oidc") for example in EXAMPLES for block in example["issuers"]} == PROVIDERS.keys()
    assert all(f"\n| `{kind}` |" in PAGE for kind in PROVIDERS)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["issuers"][0]["name"]))
def test_an_example_is_one_to_start_with(example: dict[str, Any], tmp_path: Path) -> None:
    blocks = [_with_files(block, tmp_path) for block in example["issuers"]]
    settings = Settings(mode="demo", issuers=tuple(IssuerSettings(**block) for block in blocks))
    assert [trusted.name for trusted in trusted_issuers(settings)] == [block["name"] for block in blocks]


def test_every_setting_is_explained() -> None:
    table = PAGE.partition("## Settings of an issuer")[2].partition("### ")[0]
    assert set(re.findall(r"`([a-z_]+)`", table)) >= IssuerSettings.model_fields.keys()


def _with_files(block: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The same with the files that it names."""
    changed: dict[str, Any] = {}
    for name, value in block.items():
        if name in FILES:
            (folder / name).write_bytes(FILES[name])
            changed[name] = folder / name
        else:
            changed[name] = _with_files(value, folder) if isinstance(value, dict) else value
    return changed
