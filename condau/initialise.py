"""What a first run makes, and what an older installation still lacks."""

from __future__ import annotations

import os

from condau.assembly import may_use_files
from condau.clock import now
from condau.document_files import document_files_of
from condau.erasures import keep_erasures
from condau.ledger_key import ledger_key_of
from condau.open_vault import open_vault
from condau.personal_vault import vault_of
from condau.setting_files import passphrase_of
from condau.settings import Settings
from issuance.agencies.import_units import install_units
from issuance.fee_policies.install import LEFT_OUT, install, read_shipped, store_acts
from issuance.fees.book import name_of
from issuance.fees.policy import SHIPPED_POLICIES
from issuance.procedure.book import name_of as name_of_procedure
from issuance.procedure.install import LEFT_OUT as PROCEDURES_LEFT_OUT
from issuance.procedure.install import install_procedures
from issuance.procedure.shipped import shipped_sources
from signing.keyring_file import KEYRING_FILE, read_ring_file
from signing.local_authority import complete_local_authority, create_local_authority, lacking_purposes
from storage.migrate import require_up_to_date
from storage.runner import Database


def initialise(settings: Settings) -> list[str]:
    """Make what a first run needs, keep what is there; says what it did.

    Raises SettingsRefused, SigningError, PolicyRefused, ShippedPolicyChanged, ShippedProcedureChanged, SchemaNewer,
    SchemaOlder.
    """
    said = initialise_keys(settings)
    shipped = read_shipped(SHIPPED_POLICIES, *settings.policy_folders)
    store_acts(document_files_of(settings), shipped)
    database = Database(settings.database, clock=now, vault=vault_of(settings), ledger_key=ledger_key_of(settings))
    try:
        if settings.auto_migrate or not database.is_postgresql:
            database.migrate()
        else:
            require_up_to_date(database.address)
        sealed = open_vault(settings, database)
        erased = keep_erasures(database.run_blocking, settings.state_folder, now())
        left_out = database.run_blocking(lambda records: install(records, shipped, now()))
        own = database.run_blocking(lambda records: install_procedures(records, shipped_sources(), now()))
        units = database.run_blocking(lambda records: install_units(records, now()))
    finally:
        database.dispose_blocking()
    said.append("database: up to date")
    if erased:
        said.append(f"personal data: {erased} erasures of people were done again, which this database did not know")
    if sealed:
        said.append(f"personal data: {sealed} rows of an earlier version are encrypted now")
    names = ", ".join(map(name_of, left_out))
    said.append(f"fee policies: {f'{LEFT_OUT}: {names}' if names else 'in the book'}")
    names = ", ".join(map(name_of_procedure, own))
    said.append(f"procedures: {f'{PROCEDURES_LEFT_OUT}: {names}' if names else 'published'}")
    said.append(f"units: {f'{units} rows of Hanoi put in' if units else 'in the book'}")
    return said


def initialise_keys(settings: Settings) -> list[str]:
    """Make the keys that a first run needs, or those that an older ring lacks; says what it did.

    Raises SettingsRefused, SigningError.
    """
    settings.state_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = settings.keys_folder
    if not (folder / KEYRING_FILE).exists():
        passphrase = passphrase_of(settings, make=True)
        create_local_authority(folder, settings.organisation, passphrase, now(), settings.pdf_key_type)
        return [f"keys: made a local root and sealing keys in {folder}; no public authority knows them"]
    said, records = [f"keys: {folder} is there already"], read_ring_file(folder).keys
    lacking = ", ".join(purpose.value for purpose in lacking_purposes(folder))
    if lacking and not (may_use_files(settings) or any(one.uri.startswith("software:") for one in records)):
        # Keys in files would make the whole ring one that this installation has chosen not to use.
        said.append(f"keys: none for {lacking}: `condau keys rotate PURPOSE --uri …` adds one")
    elif lacking and not os.access(folder, os.W_OK):
        said.append(f"keys: none for {lacking}, and {folder} cannot be written: run `condau keys init` where it can")
    elif lacking:
        added = complete_local_authority(folder, passphrase_of(settings, make=False), now(), settings.pdf_key_type)
        said += [f"keys: made the {one.purpose.value} key {one.key_id}, which this version needs" for one in added]
    return said
