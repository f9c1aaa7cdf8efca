"""The folder of sealed documents, as the passphrase of the keys opens it."""

from __future__ import annotations

from condau.installation_secret import installation_secret
from condau.setting_files import passphrase_of
from condau.settings import Settings
from storage.files import FolderDocumentFiles

_USE = b"condau documents 1"


def document_files_of(settings: Settings) -> FolderDocumentFiles:
    """The passphrase is asked for when the first file is stored, or an encrypted one read."""
    return FolderDocumentFiles(
        settings.documents_folder, lambda: installation_secret(passphrase_of(settings, make=False), _USE)
    )
