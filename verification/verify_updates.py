"""Were a seal's later updates stamped by a known authority? Until then any bit of them could be anybody's."""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509

from verification.formats.pdf_updates import DocumentTimestamp
from verification.verify_timestamp import TimestampAuthorityUnknown, VerifiedTimestamp, verify_timestamp


def verify_updates(timestamps: Sequence[DocumentTimestamp], roots: Sequence[x509.Certificate]) -> datetime | None:
    """An instant before which the document was sealed, by the oldest timestamp that can be verified; None without one.

    timestamps: of all updates, the oldest first, the last over every byte of the file.

    1. Each is one that counts here, whole and over the bytes that it stands for.
    2. The last one's authority leads to one of `roots`. That of an older one may be forgotten: the younger covers it.

    Raises TimestampMalformed for 1, TimestampAltered where it proves that, TimestampAuthorityUnknown for 2.
    """
    verified: list[VerifiedTimestamp] = []
    for stamp in timestamps:
        try:
            verified.append(verify_timestamp(stamp.unverified_token, stamp.digest, roots))
        except TimestampAuthorityUnknown:
            if stamp is timestamps[-1]:
                raise
    return verified[0].not_later_than if verified else None
