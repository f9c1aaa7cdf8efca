"""Why an installation does not start, and what to do about it: for the command line and for doctor."""

from __future__ import annotations

from condau.settings import Settings, SettingsRefused
from identity.errors import MisconfiguredClient, MisconfiguredIssuer
from issuance.documents.errors import DocumentError
from issuance.errors import IssuanceError
from issuance.fees.errors import FeeError
from signing.errors import SigningError
from signing.keys import KEYRING_FILE
from storage.errors import StorageError

CANNOT_START = (
    SettingsRefused,
    SigningError,
    DocumentError,
    FeeError,
    MisconfiguredIssuer,
    MisconfiguredClient,
    StorageError,
    OSError,
)
"""What keeps an installation from starting and its operator can mend; every message says what is wrong."""

_INITIALISE = "run `condau init`, which makes keys and database, then look again"


def reason(error: Exception) -> str:
    """In words, on one line."""
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if isinstance(error.filename, str) else ""
        return f"{place}{error.strerror}"
    said = "; ".join(line.strip() for line in str(error).splitlines() if line.strip())
    code = getattr(error, "code", type(error).__name__)
    return said or str(code)


def way_to_mend(error: Exception, settings: Settings) -> str:
    """What the operator can do."""
    is_new = not (settings.keys_folder / KEYRING_FILE).exists()
    # the only file that a first run makes and whose absence the settings are blamed for
    makes_passphrase = settings.mode == "demo" and settings.key_passphrase_file is None
    match error:
        case MisconfiguredIssuer():
            return "mend the [[issuers]] blocks: docs/identity-providers.md has an example of each kind"
        case MisconfiguredClient():
            return "mend the [[clients]] block: docs/api.md says what stands in it"
        case SettingsRefused() if is_new and makes_passphrase:
            return _INITIALISE
        case SettingsRefused():
            return "mend the settings, then look again"
        case SigningError():
            return _INITIALISE if is_new else f"see to the keys in {settings.keys_folder}"
        case DocumentError() | IssuanceError():
            return "see to fonts_folder and to the document type that is named"
        case FeeError():
            return "mend the policies in policy_folders"
        case StorageError():
            return "check database_url"
        case _:
            return "see to what is named: does it exist, and may this user read and write it?"
