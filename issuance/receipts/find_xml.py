"""The signed XML of a receipt, for the citizen whose receipt it is."""

from __future__ import annotations

from identity.citizen import VerifiedCitizen

from ..certificate import Certificate, CertificateKind, DocumentFile, FileForm
from ..deliver import find_issued
from ..documents.catalogue import Catalogue
from ..errors import NoReceiptXml
from ..records import Records


def find_receipt_xml(
    records: Records, catalogue: Catalogue, code: str, citizen: VerifiedCitizen
) -> tuple[Certificate, DocumentFile]:
    """The receipt of the citizen's own application, and the file of its XML.

    Raises ApplicationNotFound, LevelTooLow, CertificateNotReady, NoReceiptXml.
    """
    certificate = find_issued(records, catalogue, code, citizen, CertificateKind.RECEIPT)
    for file in records.certificates.files_of(certificate):
        if file.form is FileForm.RECEIPT_XML:
            return certificate, file
    raise NoReceiptXml("this receipt was issued without XML")
