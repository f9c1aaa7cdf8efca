"""Fixtures: a SoftHSM2 for each process, a signing service for each test, and the places that keys live in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from signing.backends import pkcs11_module, remote_service
from tests.signing.backends.csc_server import CscServer
from tests.signing.backends.places import Elsewhere, Place, RemotePlace, SoftwarePlace, TokenPlace
from tests.signing.backends.softhsm import SoftHsm


@pytest.fixture(scope="session")
def softhsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftHsm]:
    hsm = SoftHsm(tmp_path_factory.mktemp("softhsm"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(hsm.configuration))
        # Tests plug tokens in and out more often than anybody else.
        patch.setattr(pkcs11_module, "RESTART_INTERVAL_SECONDS", 0)
        yield hsm


@pytest.fixture
def csc(monkeypatch: pytest.MonkeyPatch) -> Iterator[CscServer]:
    monkeypatch.setattr(remote_service, "PAUSE_AFTER_FAILURE_SECONDS", 0)
    server = CscServer()
    yield server
    remote_service.close_services()
    server.stop()


def place_in(folder: Path, kind: str, request: pytest.FixtureRequest) -> Place:
    """A place of this kind for the keys of the ring in `folder`, which may have one already."""
    folder.mkdir(exist_ok=True)
    if kind == "pkcs11":
        return TokenPlace(folder, request.getfixturevalue("softhsm"))
    if kind == "remote":
        return RemotePlace(folder, request.getfixturevalue("csc"))
    return SoftwarePlace(folder)


@pytest.fixture(params=["software", "pkcs11", "remote"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Every place: a test that takes it runs once in each."""
    return place_in(tmp_path / "ring", request.param, request)


@pytest.fixture(params=["pkcs11", "remote"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Elsewhere:
    """Every place outside of this process."""
    found = place_in(tmp_path / "ring", request.param, request)
    assert isinstance(found, TokenPlace | RemotePlace)
    return found
