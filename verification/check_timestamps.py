"""What the timestamps in and after a PDF's seal prove: when it was made, or nothing, or that something was altered."""

from datetime import datetime

from verification.formats import cms, pdf_seal
from verification.formats.timestamp import TimestampAltered, TimestampMalformed
from verification.trust import TrustList
from verification.verdict import Check, Outcome
from verification.verify_timestamp import TimestampAuthorityUnknown, verify_timestamp
from verification.verify_updates import verify_updates


def check_timestamps(
    seal: pdf_seal.PdfSeal, signature: cms.PdfSignature, trust: TrustList
) -> tuple[Check, datetime | None]:
    """The finding on a seal that fits its own revision, and an instant before which its timestamps prove it made.

    Raises TimestampMalformed for the seal's own timestamp, whatever is wrong with it, for its sealer has checked it,
    and TimestampAltered for an update that was altered after it was stamped. Of an update's timestamp that is of
    another kind than is read here, or of an authority that is not known, nobody is accused: the seal is whole, and
    nothing in an update can be seen.
    """
    unproven, proofs = None, []
    try:
        proofs += [_read_timestamp(seal, signature, trust)]
    except TimestampAuthorityUnknown as stranger:
        unproven = stranger.code
    if seal.timestamps:
        try:
            proofs += [verify_updates(seal.timestamps, trust.timestamp_roots)]
            unproven = None  # the last of these covers every byte, those of the other timestamp too
        except (TimestampAuthorityUnknown, TimestampMalformed):
            # Any bit of them could be anybody's: no proof either.
            unproven = "updates_unverified"
    finding = Check(Outcome.UNKNOWN, unproven, trust.as_of) if unproven else Check(Outcome.PASSED, "seal_intact")
    return finding, min((proof for proof in proofs if proof is not None), default=None)


def _read_timestamp(seal: pdf_seal.PdfSeal, signature: cms.PdfSignature, trust: TrustList) -> datetime | None:
    """Raises TimestampMalformed, with one code for all that may be wrong, and TimestampAuthorityUnknown."""
    token = signature.unverified_timestamp
    if (token is not None) != (seal.contents_bytes == pdf_seal.TIMESTAMPED_CONTENTS_BYTES):
        raise TimestampMalformed("timestamp_wrong")
    if token is None:
        return None
    stamped = cms.timestamped_digest(signature.algorithm, signature.signature)
    try:
        return verify_timestamp(token, stamped, trust.timestamp_roots).not_later_than
    except (TimestampMalformed, TimestampAltered):
        raise TimestampMalformed("timestamp_wrong") from None
