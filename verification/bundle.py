"""What a verifier takes along to where there is no network: the trust list and the status lists, as signed tokens.

The tokens are kept word for word and verified again whenever the file is read, as of the time when they came, so that
a damaged file is noticed. Whoever can write the file can replace it whole: its folder must be the verifier's own.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from verification.formats.jws import read_object
from verification.register import StatusReading
from verification.trust import TrustList
from verification.verdict import VerificationError
from verification.verify_status_list import StatusListSnapshot, newer, verify_status_list
from verification.verify_trust_list import anchor_of, signer_of, verify_trust_list, verify_unpinned_trust_list

MAX_BUNDLE_BYTES = 64_000_000
MAX_STATUS_LISTS = 1000

_FETCHED = {"trust_list", "status_lists", "made_at"}
_HELD = {"trust_list", "status_lists", "received_at", "signed_by", "pinned"}


class BundleRefused(VerificationError):
    """A bundle, fetched or on disk, that cannot be used; `code` says why."""

    code = "bundle_malformed"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a service offers for download; nothing in it has been verified."""

    unverified_trust_list: str = field(repr=False)
    unverified_status_lists: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class HeldStatusList:
    token: str = field(repr=False)
    snapshot: StatusListSnapshot


@dataclass(frozen=True, slots=True)
class Bundle:
    """A verified trust list and the newest verified status list of each number; a StatusSource over all of them.

    pinned: the `anchor_of` the key that the operator named for the first download; None where the first download was
    trusted as it came. received_at: when the last download was verified.
    """

    trust: TrustList
    trust_token: str = field(repr=False)
    status_lists: Mapping[int, HeldStatusList]
    received_at: datetime
    pinned: bytes | None

    def status_of(self, status_list: int, status_index: int) -> StatusReading | None:
        held = self.status_lists.get(status_list)
        return None if held is None else held.snapshot.status_of(status_list, status_index)

    @property
    def signed_by(self) -> bytes:
        """`anchor_of` the key that signed the trust list held."""
        return anchor_of(signer_of(self.trust_token, self.trust).public_key)


@dataclass(frozen=True, slots=True)
class Updated:
    """refused: a reason for each status list that was not taken; the one held of the same number, if any, stays."""

    bundle: Bundle
    refused: tuple[str, ...] = ()


def read_fetched(data: bytes) -> Fetched:
    """Read what `/.well-known/condau-bundle` answers. Raises BundleRefused."""
    found = _read(data, _FETCHED)
    return Fetched(_text(found["trust_list"]), _texts(found["status_lists"]))


def begin(fetched: Fetched, at: datetime, anchor: bytes) -> Updated:
    """The first bundle, of the organisation whose key has this `anchor_of`. Raises VerificationError."""
    trust = verify_trust_list(fetched.unverified_trust_list, at, anchor=anchor)
    return _take(fetched, trust, {}, at, anchor)


def begin_unpinned(fetched: Fetched, at: datetime) -> Updated:
    """The first bundle of whoever has sent it (`verify_unpinned_trust_list`). Raises VerificationError."""
    return _take(fetched, verify_unpinned_trust_list(fetched.unverified_trust_list, at), {}, at, None)


def update(held: Bundle, fetched: Fetched, at: datetime, anchor: bytes | None = None) -> Updated:
    """The bundle held, brought up to date; never with a list older than one that it has.

    anchor: names another key than the one pinned, which the new trust list must be signed by; it is pinned then.

    1. The trust list by the one held (`verify_trust_list`); refused, it leaves everything as it was.
    2. Each status list by the new trust list. One that is refused, or older than the one held, is not taken.
    3. Status lists held and not replaced stay if the new trust list still vouches for them.
    Raises VerificationError for the trust list.
    """
    trust = verify_trust_list(fetched.unverified_trust_list, at, known=held.trust, anchor=anchor)
    return _take(fetched, trust, held.status_lists, at, anchor or held.pinned)


def load(path: Path) -> Bundle:
    """Read and verify a bundle on disk, whatever the time is. Raises BundleRefused."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BUNDLE_BYTES + 1)
    except FileNotFoundError:
        raise BundleRefused("bundle_missing") from None
    except OSError:
        raise BundleRefused("bundle_not_readable") from None
    found = _read(data, _HELD)
    token, tokens = _text(found["trust_list"]), _texts(found["status_lists"])
    received_at = _moment(found["received_at"])
    try:
        trust = verify_trust_list(token, received_at, anchor=_anchor(found["signed_by"]))
        held = [HeldStatusList(each, verify_status_list(each, trust, received_at)) for each in tokens]
    except BundleRefused:
        raise
    except VerificationError as refused:
        raise BundleRefused(refused.code) from None
    by_number = {one.snapshot.number: one for one in held}
    if len(by_number) != len(held):
        raise BundleRefused
    pinned = None if found["pinned"] is None else _anchor(found["pinned"])
    return Bundle(trust, token, by_number, received_at, pinned)


def save(path: Path, bundle: Bundle) -> None:
    """Replace the file at once, so that a crash leaves the old one or the new one. Raises OSError."""
    content = {
        "trust_list": bundle.trust_token,
        "status_lists": [held.token for held in bundle.status_lists.values()],
        "received_at": bundle.received_at.isoformat(),
        "signed_by": bundle.signed_by.hex(),
        "pinned": None if bundle.pinned is None else bundle.pinned.hex(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _take(
    fetched: Fetched, trust: TrustList, before: Mapping[int, HeldStatusList], at: datetime, pinned: bytes | None
) -> Updated:
    held: dict[int, HeldStatusList] = {}
    refused: list[str] = []
    # Those held come first: a fetched list has to be at least as new.
    for token in (*(one.token for one in before.values()), *fetched.unverified_status_lists):
        try:
            snapshot = verify_status_list(token, trust, at)
            before_it = held.get(snapshot.number)
            newer(None if before_it is None else before_it.snapshot, snapshot)
        except VerificationError as failed:
            refused.append(failed.code)
        else:
            held[snapshot.number] = HeldStatusList(token, snapshot)
    if len(held) > MAX_STATUS_LISTS:
        raise BundleRefused("bundle_too_large")
    return Updated(Bundle(trust, fetched.unverified_trust_list, held, at, pinned), tuple(refused))


def _read(data: bytes, members: set[str]) -> dict[str, Any]:
    if len(data) > MAX_BUNDLE_BYTES:
        raise BundleRefused("bundle_too_large")
    try:
        found = read_object(data)
    except VerificationError:
        raise BundleRefused from None
    if found.keys() != members:
        raise BundleRefused
    return found


def _text(found: Any) -> str:
    if not isinstance(found, str):
        raise BundleRefused
    return found


def _texts(found: Any) -> tuple[str, ...]:
    if not isinstance(found, list) or len(found) > MAX_STATUS_LISTS:
        raise BundleRefused
    return tuple(map(_text, found))


def _anchor(found: Any) -> bytes:
    try:
        anchor = bytes.fromhex(_text(found))
    except ValueError:
        raise BundleRefused from None
    if len(anchor) != 32:
        raise BundleRefused
    return anchor


def _moment(found: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(found))
    except ValueError:
        raise BundleRefused from None
    if moment.tzinfo is None:
        raise BundleRefused
    return moment
