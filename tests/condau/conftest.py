"""Commands open the vault that the tests' own databases open: what one of them wrote, the other one reads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.storage.ledger_keys import LEDGER_SECRET
from tests.storage.vaults import SECRET


@pytest.fixture(scope="session", autouse=True)
def commands_have_the_vault_of_the_tests() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("condau.personal_vault.installation_secret", lambda passphrase, use: SECRET)
        patch.setattr("condau.ledger_key.installation_secret", lambda passphrase, use: LEDGER_SECRET)
        patch.setattr("condau.ledger_key.passphrase_of", lambda settings, make: b"")
        yield
