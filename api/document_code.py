"""The QR code of a citizen's own document, for a screen: what is printed on its page, and nothing else.

The sealed code is kept nowhere but on the page, and sealing it anew would make another one. So it is read from there,
as whoever scans the paper reads it, in a child process like every other reading.
"""

from __future__ import annotations

import asyncio

from identity.citizen import VerifiedCitizen
from issuance.batches.owner import person_key_of
from issuance.certificate import Certificate, CertificateKind
from issuance.deliver import find_issued, newest_pdf
from issuance.produced import StoredFile
from verification.register import DocumentStatus
from verification.verdict import Verdict
from verification.verify_file import find_code
from verification.verify_qr import verify_qr

from .check_document import Examinations
from .errors import InternalError, RouteNotFound
from .services import Records, Services

# Apart from strangers' pictures: whoever shows his own document does not wait for them.
_READINGS = Examinations(at_once=2, at_most=16, retry_after_seconds=3, of="own-code")


async def code_of_own(services: Services, citizen: VerifiedCitizen, code: str) -> str:
    """The link that the document's QR code says, as long as the document is in force.

    Raises ApplicationNotFound, LevelTooLow, CertificateNotReady, RouteNotFound (not in force), FileUnreadable,
    TooManyRequests, InternalError where the page shows another code than this document's.
    """

    def find(records: Records) -> tuple[Certificate, StoredFile]:
        own = person_key_of(services.rules, citizen)
        found = find_issued(records, services.rules.catalogue, code, citizen, CertificateKind.RESULT, own)
        return found, newest_pdf(records, found)

    at = services.clock()
    certificate, file = await services.runner.run(find)
    if certificate.status is not DocumentStatus.VALID:
        raise RouteNotFound
    pdf = await asyncio.to_thread(services.files.load, file.sha256)
    found = await _READINGS.run(lambda: find_code(pdf, at))
    if isinstance(found, Verdict):
        raise InternalError
    if verify_qr(found.text, services.trust(at), None, at).facts != certificate.facts:
        raise InternalError
    return found.text
