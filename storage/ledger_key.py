"""What makes an entry of the ledger unforgeable for whoever owns the database: keyed digests over whole rows.

Every message is a CBOR array in its deterministic form (RFC 8949, 4.2) that begins with what it is, so that no two
different rows, heads or seals are the same bytes, and none can stand for another kind. Seals take the root of a Merkle
tree over the heads (RFC 9162, 2.1.1: leaves and inner nodes are hashed differently).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import cbor2

from .errors import LedgerLocked

BEGINNING = bytes(32)
"""Stands before the first entry of a stream, and before the first seal."""


class LedgerKey:
    """The key of an installation's ledger. It is made when the first entry is written or checked: that costs a tenth of
    a second, and a passphrase which commands that only read do without."""

    def __init__(self, secret: Callable[[], bytes]) -> None:
        """secret: 32 bytes, the same in all processes of the installation; may raise what says why there is none."""
        self._make = secret

    def __repr__(self) -> str:
        return "LedgerKey(redacted)"

    @cached_property
    def _secret(self) -> bytes:
        return self._make()

    def of_entry(self, previous: bytes, stream: str, seq: int, fields: Sequence[Any]) -> bytes:
        """previous: of the entry before it in its stream. fields: everything else that the row holds."""
        return self._mac(["entry", previous, stream, seq, list(fields)])

    def of_head(self, stream: str, seq: int, mac: bytes, before_seq: int) -> bytes:
        """Without the key no row tells what the head of an earlier or a shorter stream would be."""
        return self._mac(["head", stream, seq, mac, before_seq])

    def of_seal(self, previous: bytes, number: int, at_us: int, leaves: int, root: bytes, closes: bool) -> bytes:
        return self._mac(["seal", previous, number, at_us, leaves, root, closes])

    def _mac(self, message: list[Any]) -> bytes:
        return hmac.digest(self._secret, cbor2.dumps(message, canonical=True), "sha256")


def locked_ledger() -> LedgerKey:
    """Of whoever was given none: nothing can be written into the ledger, and so nothing be done that stands in it."""

    def refuse() -> bytes:
        raise LedgerLocked("no key of the ledger was given")

    return LedgerKey(refuse)


def same(one: bytes | None, other: bytes) -> bool:
    return one is not None and hmac.compare_digest(one, other)


def leaf_hash(stream: str, seq: int, mac: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + cbor2.dumps([stream, seq, mac], canonical=True)).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Of the leaves' hashes in their order; of none the hash of nothing."""
    if not leaves:
        return hashlib.sha256().digest()
    level = list(leaves)
    while len(level) > 1:
        # An odd one goes up as it is, which gives the same tree as splitting at the largest power of two.
        paired = [hashlib.sha256(b"\x01" + level[n] + level[n + 1]).digest() for n in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]
    return level[0]
