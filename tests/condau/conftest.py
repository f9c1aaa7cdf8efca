"""Commands open the vault that the tests' own databases open: what one of them wrote, the other one reads."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.storage.ledger_keys import LEDGER_SECRET
from tests.storage.vaults import SECRET


@pytest.fixture(scope="package", autouse=True)
def commands_have_the_vault_of_the_tests() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("condau.personal_vault.installation_secret", lambda passphrase, use: SECRET)
        patch.setattr("condau.ledger_key.installation_secret", lambda passphrase, use: LEDGER_SECRET)
        patch.setattr("condau.ledger_key.passphrase_of", lambda settings, make: b"")
        yield


@pytest.fixture(autouse=True)
def logs_of_a_command_end_with_it() -> Iterator[None]:
    """A command that began to log into what its runner gave it as standard error leaves that handler behind."""
    yield
    root = logging.getLogger()
    root.handlers[:] = [one for one in root.handlers if type(one) is not logging.StreamHandler]
