"""No key is taken in with which the ring could not be published any more: every verifier would be left behind."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from signing.errors import KeyChangeRefused
from signing.keyring_file import KeyRecord, RingFile
from signing.keys import KeyRing
from verification.formats.trust_list import (
    MAX_CERTIFICATE_CHARS,
    MAX_TEXT_CHARS,
    MAX_TRUST_LIST_CHARS,
    TrustListMalformed,
    encode_trust_list,
    token_chars,
)
from verification.trust import PublicKey, TrustedKey

ROOM_CHARS = 100_000
"""What a ring leaves free: a key that replaces a stolen one is never refused, and settings name authorities, too."""


def refuse_unpublishable(
    folder: Path,
    ring: RingFile,
    record: KeyRecord,
    public_key: PublicKey,
    certificates: Sequence[x509.Certificate],
    at: datetime,
    roots: Sequence[x509.Certificate] = (),
) -> None:
    """Raises KeyChangeRefused where the trust list of `ring` with one key more would be too long for verifiers, or not
    be read by them. certificates: the key's own first; roots: beside those of the ring. No private key is opened."""
    if record.is_pending:
        return  # no list names it before its certificate has come
    before = KeyRing.read_public(folder, ring).trust_list(at)
    added = TrustedKey(
        key_id=record.key_id,
        purpose=record.purpose,
        public_key=public_key,
        issuer_name=ring.organisation,
        not_before=record.not_before,
        not_after=record.not_after,
        certificate=next(iter(certificates), None),
        unit=record.unit,
    )
    others = tuple(key for key in before.keys if key.key_id != record.key_id)
    trust = replace(before, keys=(*others, added), roots=tuple(dict.fromkeys((*before.roots, *roots))))
    try:
        claims = encode_trust_list(
            trust, name=ring.organisation, issuer="x" * MAX_TEXT_CHARS, issued_at=at, lifetime=timedelta(hours=1)
        )
    except TrustListMalformed as refused:
        if refused.code == "trust_list_too_long":
            raise KeyChangeRefused(_TOO_LONG) from None
        raise KeyChangeRefused(
            f"the trust list could not be published with it: a name has more than {MAX_TEXT_CHARS} characters, or some "
            f"that cannot be printed, or a certificate more than {MAX_CERTIFICATE_CHARS * 3 // 4:,} bytes"
        ) from None
    if token_chars(claims) > MAX_TRUST_LIST_CHARS - ROOM_CHARS:
        raise KeyChangeRefused(_TOO_LONG)


_TOO_LONG = (
    f"the trust list would be too long with it: verifiers read {MAX_TRUST_LIST_CHARS:,} characters, and all keys that "
    "ever signed stand in it; let the keys that are there sign for longer"
)
