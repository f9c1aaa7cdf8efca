"""The sealed PDFs of a batch in a folder of the operator's, beside those that the service keeps."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from uuid import UUID

from issuance.certificate import Certificate, CertificateKind
from issuance.deliver import newest_pdf
from issuance.records import Records
from issuance.workshop import Workshop


def export_documents(workshop: Workshop, issued: Collection[tuple[int, UUID]], folder: Path) -> int:
    """Write `LINE-NUMBER.pdf` for each of these documents that is not there yet; returns how many were written.

    No name and no personal number is in a file's name. A file is whole or not there; it may be written again.
    """

    def find(records: Records) -> Sequence[tuple[int, Certificate, bytes]]:
        found = []
        for line, application_id in issued:
            certificate = records.certificates.of_application(application_id, CertificateKind.RESULT)
            if certificate is not None and certificate.sha256 is not None:
                found.append((line, certificate, newest_pdf(records, certificate).sha256))
        return found

    written = 0
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for line, certificate, sha256 in workshop.transact(find):
        path = folder / f"{line:06d}-{certificate.number}.pdf"
        if path.exists():
            continue
        unfinished = path.with_suffix(".part")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(workshop.files.load(sha256))
        unfinished.replace(path)
        written += 1
    return written
