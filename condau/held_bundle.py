"""The bundle that `condau verify` keeps on a machine of its own: found, begun, brought up to date."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import httpx

from identity.fetch import is_safe_address
from verification.bundle import (
    MAX_BUNDLE_BYTES,
    Bundle,
    BundleRefused,
    Fetched,
    Updated,
    begin,
    begin_unpinned,
    load,
    read_fetched,
    save,
    update,
)
from verification.verdict import VerificationError

BUNDLE_PATH = "/.well-known/condau-bundle"
FETCH_TIMEOUT_SECONDS = 30.0


class FetchFailed(Exception):
    """Nothing could be had from there; the message says why."""


@dataclass(frozen=True, slots=True)
class Obtained:
    """unpinned: this was the first download, trusted as it came. refused: status lists that were not taken, and why."""

    bundle: Bundle
    unpinned: bool = False
    refused: tuple[str, ...] = ()


def default_path() -> Path:
    """Where the bundle of this user lies (XDG base directories)."""
    home = os.environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local" / "share") / "condau" / "bundle.json"


def obtain(path: Path, source: str | None, anchor: bytes | None, at: datetime) -> Obtained:
    """The bundle at `path`, brought up to date from `source` where one is given (an address, or a file that somebody
    fetched), and begun there if it is missing.

    anchor: the digest of the trust-list key that the operator was told. Without one a first download is trusted as it
    came. Where one is pinned, another has to be of the key that signed the list held, or signs the one fetched. Where
    none is pinned, an anchor that leads to neither says that the list held is somebody else's: bundle_not_of_anchor.
    Raises FetchFailed, VerificationError, OSError; the file then stays as it was.
    """
    held = _held(path, missing_is_fine=source is not None)
    if held is not None and anchor == held.signed_by:
        held = replace(held, pinned=anchor)
    is_other = held is not None and anchor is not None and anchor != held.pinned
    if source is None:
        if held is not None and is_other:
            raise BundleRefused("bundle_not_of_anchor" if held.pinned is None else "bundle_of_another_anchor")
        return Obtained(held) if held is not None else _missing()
    fetched = _fetch(source)
    if held is not None:
        done, unpinned = _updated(held, fetched, at, anchor if is_other else None), False
    elif anchor is not None:
        done, unpinned = begin(fetched, at, anchor), False
    else:
        done, unpinned = begin_unpinned(fetched, at), True
    save(path, done.bundle)
    return Obtained(done.bundle, unpinned, done.refused)


def _updated(held: Bundle, fetched: Fetched, at: datetime, anchor: bytes | None) -> Updated:
    try:
        return update(held, fetched, at, anchor)
    except VerificationError as refused:
        if refused.code == "trust_list_signer_unknown" and anchor is not None and held.pinned is None:
            # Nobody vouched for the list held, and it knows nothing of the one with the key that is to count.
            raise BundleRefused("bundle_not_of_anchor") from None
        raise


def _held(path: Path, *, missing_is_fine: bool) -> Bundle | None:
    try:
        return load(path)
    except BundleRefused as refused:
        if refused.code == "bundle_missing" and missing_is_fine:
            return None
        raise


def _missing() -> Obtained:
    raise BundleRefused("bundle_missing")


def _fetch(source: str) -> Fetched:
    if "://" not in source:
        with Path(source).open("rb") as file:
            return _read_fetched(file.read(MAX_BUNDLE_BYTES + 1))
    if not is_safe_address(source):
        raise FetchFailed("an address must begin with https:// (http:// only on this very machine)")
    address = source.rstrip("/").removesuffix(BUNDLE_PATH) + BUNDLE_PATH
    data = bytearray()
    try:
        with httpx.stream("GET", address, timeout=FETCH_TIMEOUT_SECONDS, follow_redirects=False) as answer:
            if answer.status_code != httpx.codes.OK:
                raise FetchFailed(f"{address} answered {answer.status_code}")
            for chunk in answer.iter_bytes():
                data += chunk
                if len(data) > MAX_BUNDLE_BYTES:
                    break
    except httpx.HTTPError as error:
        raise FetchFailed(f"{address}: {type(error).__name__}") from None
    return _read_fetched(bytes(data))


def _read_fetched(data: bytes) -> Fetched:
    try:
        return read_fetched(data)
    except BundleRefused:
        # Said apart from a damaged bundle on this machine, which has to be removed.
        raise BundleRefused("download_malformed") from None
