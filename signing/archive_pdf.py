"""Archive a sealed PDF: an incremental update that adds validation data and a document timestamp (PAdES B-LTA).

pyHanko collects and writes; when, by whom and with which token is ours. It is imported only when something is archived,
for it takes longer to load than all the rest of the service.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from signing.errors import ArchiveFailed
from signing.timestamp import Timestamper
from verification.trust import TrustList

# Authorities' answers take 2 to 8 KB, with their certificates; what is left over is filled with zeros.
TIMESTAMP_BYTES = 12_288
TIMESTAMP_FIELD = "Timestamp"

_LOADING = Lock()

if TYPE_CHECKING:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.timestamps.api import TimeStamper
    from pyhanko_certvalidator.context import ValidationContext


@dataclass(frozen=True, slots=True)
class ArchivedPdf:
    """The archived file, which begins with every byte of the one that was given, and its SHA-256."""

    data: bytes = field(repr=False)
    sha256: bytes


def archive_pdf(
    data: bytes,
    timestamper: Timestamper,
    trust: TrustList,
    at: datetime,
    *,
    crls: Sequence[x509.CertificateRevocationList] = (),
    fetches: bool = False,
) -> ArchivedPdf:
    """Add a revision with validation data and a document timestamp over the whole file (ETSI EN 319 142-1, B-LTA).

    data: a sealed PDF, or one archived before, whose last document timestamp is then renewed: the validation data are
    those of what was added last, the seal with its signature timestamp or the newest document timestamp.
    crls: revocation lists known here, such as the local root's. fetches: whether those that the certificates name, and
    OCSP answers, are asked for over the network, as of now and not of `at`. The authority is asked once.
    Raises TimestampUnavailable, TimestampRefused, ArchiveFailed; `data` stays what it was.
    """
    _load_pyhanko()
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko_certvalidator.errors import PathError, ValidationError

    try:
        # In a thread of its own, for where this is called a loop may run already.
        with ThreadPoolExecutor(1) as thread:
            work = thread.submit(lambda: asyncio.run(_archive(data, timestamper, trust, at, crls, fetches)))
            archived = work.result()
    except (PdfError, PathError, ValidationError, ValueError, OSError) as refused:
        # Their messages may quote the file; the kind of error says enough.
        raise ArchiveFailed(type(refused).__name__) from refused
    if not archived.startswith(data):
        raise ArchiveFailed("the sealed revision was changed")
    return ArchivedPdf(archived, sha256(archived).digest())


def _load_pyhanko() -> None:
    """Its modules import each other in circles: a second thread that comes meanwhile would find them half made."""
    with _LOADING:
        import pyhanko.sign.signers.pdf_signer
        import pyhanko.sign.timestamps.api
        import pyhanko.sign.validation.dss  # noqa: F401 - loaded for all that import from it below


async def _archive(
    data: bytes,
    timestamper: Timestamper,
    trust: TrustList,
    at: datetime,
    crls: Sequence[x509.CertificateRevocationList],
    fetches: bool,
) -> bytes:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.fields import InvisSigSettings
    from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
    from pyhanko.sign.validation.dss import DocumentSecurityStore, collect_validation_info

    # It would say for each file what the settings have chosen: that revocation lists may be missing.
    logging.getLogger(collect_validation_info.__module__).setLevel(logging.ERROR)
    reader = PdfFileReader(BytesIO(data), strict=True)
    signatures = reader.embedded_signatures
    context = _validation_context(reader, trust, at, crls, fetches)
    try:
        paths = await collect_validation_info(signatures[-1], context)
        writer = _writer(reader)
        DocumentSecurityStore.supply_dss_in_writer(writer, None, paths=paths, validation_context=context)
        stamp = PdfTimeStamper(
            _asking(timestamper),
            field_name=f"{TIMESTAMP_FIELD}{len(signatures)}",
            # Out of the page: an annotation within it that has no tag would break PDF/UA, a hidden one PDF/A.
            invis_settings=InvisSigSettings(box_out_of_bounds=True),
        )
        out = await stamp.async_timestamp_pdf(writer, "sha256", bytes_reserved=2 * TIMESTAMP_BYTES)
    finally:
        await context.aclose()  # type: ignore[no-untyped-call] # pyHanko's has no types
    archived: bytes = out.getvalue()
    return archived


def _validation_context(
    reader: PdfFileReader,
    trust: TrustList,
    at: datetime,
    crls: Sequence[x509.CertificateRevocationList],
    fetches: bool,
) -> ValidationContext:
    from asn1crypto.x509 import Certificate
    from pyhanko.sign.validation.dss import DocumentSecurityStore
    from pyhanko_certvalidator.context import ValidationContext

    roots = [Certificate.load(c.public_bytes(Encoding.DER)) for c in (*trust.roots, *trust.timestamp_roots)]
    # Earlier archiving has kept the certificates that the newest timestamp's chain may need.
    stored = DocumentSecurityStore.read_dss(reader).load_certs() if "/DSS" in reader.root else ()
    return ValidationContext(
        trust_roots=roots,
        other_certs=list(stored),
        crls=[crl.public_bytes(Encoding.DER) for crl in crls],
        # Who asks the network asks for what is true now; about another moment it can't be asked.
        moment=None if fetches else at,
        allow_fetching=fetches,
        # What may be fetched must come, or archiving waits; else what is known is kept.
        revocation_mode="hard-fail" if fetches else "soft-fail",
    )


def _writer(reader: PdfFileReader) -> IncrementalPdfFileWriter:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    class KeepingMetadata(IncrementalPdfFileWriter):
        """The sealed title, dates and XMP (which says PDF/A and PDF/UA) stay byte for byte what they were."""

        def _update_meta(self) -> None:
            pass

    return KeepingMetadata.from_reader(reader)


def _asking(timestamper: Timestamper) -> TimeStamper:
    """Our own timestamper, for nonce, policy and chain are checked there, as pyHanko wants to be given one."""
    from asn1crypto.cms import ContentInfo
    from pyhanko.sign.timestamps.api import TimeStamper

    class Asking(TimeStamper):
        async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> ContentInfo:
            if md_algorithm != "sha256":
                raise ValueError("a timestamp is over SHA-256")
            return ContentInfo.load(await asyncio.to_thread(timestamper.timestamp, message_digest))

    return Asking()  # type: ignore[no-untyped-call] # pyHanko's constructor has no types
