"""The link by which the first operator of a new installation gets in: printed where it starts, and nowhere else."""

from __future__ import annotations

from urllib.parse import urljoin

from condau.clock import now
from condau.installation_secret import installation_secret
from condau.ledger_key import ledger_key_of
from condau.personal_vault import vault_of
from condau.setting_files import passphrase_of
from condau.settings import Settings
from issuance.first_operator import FirstRunLinks
from storage.runner import Database

_USE = b"condau first operator 1"


def first_run_links(settings: Settings) -> FirstRunLinks | None:
    """None where no issuer's officials are known by the register alone: elsewhere the issuer names the operators."""
    if not _issuers_of_register(settings):
        return None
    return FirstRunLinks(lambda: installation_secret(passphrase_of(settings, make=False), _USE))


def first_run_link(settings: Settings) -> str | None:
    """The address to open, made anew each time; None where somebody stands in the register already."""
    links = first_run_links(settings)
    if links is None:
        return None
    database = Database(settings.database, clock=now, vault=vault_of(settings), ledger_key=ledger_key_of(settings))
    try:
        if database.run_blocking(lambda records: records.officials.is_used()):
            return None
    finally:
        database.dispose_blocking()
    return urljoin(f"{settings.public_url}/", f"first-run/{links.make(now())}")


def _issuers_of_register(settings: Settings) -> list[str]:
    return [
        one.name
        for one in settings.issuers
        if one.people == "officials" and "sign_in" in one.token_kinds and one.unit_and_roles == "register"
    ]
