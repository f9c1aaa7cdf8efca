"""The timestamping authority of the settings: for seals, and for the archive that is made afterwards."""

from __future__ import annotations

from cryptography import x509

from condau.clock import now
from condau.setting_files import read_file, read_secret
from condau.settings import Settings, SettingsRefused
from issuance.archive import Archives
from issuance.workshop import Workshop
from signing.live_key_ring import LiveKeyRing
from signing.timestamp import HttpTimestamper, basic_authorization


def timestamper_of(settings: Settings) -> HttpTimestamper | None:
    """The authority of the settings, None where none is set. Raises SettingsRefused."""
    block = settings.timestamps
    if block is None:
        return None
    authorization = None
    if block.password_file is not None:
        password = read_secret("timestamps.password_file", block.password_file)
        authorization = basic_authorization(block.username, password)
    return HttpTimestamper(
        block.url,
        timestamp_roots(settings),
        now,
        policy=block.policy or None,
        timeout_seconds=block.timeout_seconds,
        authorization=authorization,
    )


def timestamp_roots(settings: Settings) -> tuple[x509.Certificate, ...]:
    if settings.timestamps is None:
        return ()
    file = settings.timestamps.roots_file
    try:
        return tuple(x509.load_pem_x509_certificates(read_file("timestamps.roots_file", file) or b""))
    except ValueError:
        raise SettingsRefused(f"timestamps.roots_file: {file} holds no certificates in PEM") from None


def archives_of(settings: Settings, workshop: Workshop, keys: LiveKeyRing) -> Archives | None:
    if workshop.timestamper is None or settings.timestamps is None or not settings.timestamps.archive:
        return None
    return Archives(
        keys=keys,
        timestamper=workshop.timestamper,
        files=workshop.files,
        transact=workshop.transact,
        clock=workshop.clock,
        crls=lambda: keys.ring.crls,
        fetches=settings.timestamps.fetch_revocations,
    )
