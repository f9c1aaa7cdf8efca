"""Who the accounts in a policy's papers are, by name where the register of officials knows it."""

from __future__ import annotations

from issuance.records import Officials


class Names:
    """Looks each account up once."""

    def __init__(self, officials: Officials, own_key: str, own_name: str) -> None:
        """own_key, own_name: of whoever looks; his or her name is known from the sign-in."""
        self._officials = officials
        self._known = {own_key: own_name}

    def of(self, subject_key: str) -> str:
        """The full name; without one the account's subject at its provider; `Condau` for the software itself."""
        if subject_key not in self._known:
            entry = self._officials.find(subject_key)
            full_name = None if entry is None else entry.full_name
            account = subject_key.rsplit("|", 1)[-1]
            self._known[subject_key] = full_name or ("Condau" if account == "condau" else account)
        return self._known[subject_key]
