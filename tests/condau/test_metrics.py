"""Figures are served on a port of their own while the service runs; nonces belong to one installation."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from condau.assembly import assemble
from condau.demo import demo_settings
from condau.initialise import initialise
from condau.proof_nonces import proof_nonces
from condau.running import address_of, listen, running
from condau.serve import create_service
from condau.settings import Settings, SettingsRefused, read_settings
from identity.errors import IdentityError
from identity.verify_token import verify_token
from tests.identity.issuer import TestIssuer
from tests.storage.workers import wait_until

AT = datetime(2024, 6, 3, 2, 0, tzinfo=UTC)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def settings_of(folder: Path, port: int, metrics_port: int | None, **changed: object) -> Settings:
    settings = demo_settings(folder, port, "http://127.0.0.1:9")
    return settings.model_copy(update={"metrics_port": metrics_port, **changed})


def test_figures_are_served_on_their_own_port_until_the_service_stops(tmp_path: Path) -> None:
    listening, metrics_port = listen(0), free_port()
    settings = settings_of(tmp_path, listening.getsockname()[1], metrics_port)
    initialise(settings)
    with httpx.Client(trust_env=False) as client:
        figures = f"http://127.0.0.1:{metrics_port}/metrics"
        with running(create_service(assemble(settings)), listening):
            service = address_of(listening)
            assert client.get(f"{service}/v1/applications").status_code == 401
            assert 'condau_refusals_total{code="access_token_missing"} 1.0' in client.get(figures).text
            looked_after = "condau_schedule_done_timestamp_seconds{name="
            wait_until(lambda: client.get(figures).text.count(looked_after) >= 5)
            assert client.get(figures).text.count("} 0.0") >= 5
            assert client.get(f"{service}/metrics").status_code == 404
            assert "condau_" not in client.get(f"{service}/metrics").text
        with pytest.raises(httpx.ConnectError):
            client.get(figures)


def test_figures_stay_on_the_machine_wherever_the_service_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    @contextlib.contextmanager
    def served(host: str, *_: object) -> Iterator[None]:
        asked.append(host)
        yield

    monkeypatch.setattr("condau.serve.metrics_served", served)
    for changed in ({}, {"metrics_host": "127.0.0.2"}):
        listening = listen(0)
        settings = settings_of(tmp_path, listening.getsockname()[1], free_port(), host="0.0.0.0", **changed)
        initialise(settings)
        with running(create_service(assemble(settings)), listening):
            pass
    assert asked == ["127.0.0.1", "127.0.0.2"]


def test_without_a_port_nothing_more_is_served(tmp_path: Path) -> None:
    listening = listen(0)
    settings = settings_of(tmp_path, listening.getsockname()[1], None)
    initialise(settings)
    with running(create_service(assemble(settings)), listening), httpx.Client(trust_env=False) as client:
        assert client.get(f"{address_of(listening)}/metrics").status_code == 404


def test_figures_never_share_the_public_port(tmp_path: Path) -> None:
    file = tmp_path / "condau.toml"
    file.write_text('mode = "demo"\nport = 8000\nmetrics_port = 8000\n', encoding="utf-8")
    with pytest.raises(SettingsRefused, match="metrics_port"):
        read_settings(file)


def test_questions_to_issuers_are_counted_where_the_parts_are_put_together(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, 8000, None)
    initialise(settings)
    assembly = assemble(settings)
    issuer = TestIssuer("http://127.0.0.1:9/citizens")

    async def refused() -> None:
        # nobody listens there
        with pytest.raises(IdentityError):
            await verify_token(issuer.mint(AT), assembly.services.issuers, AT)
        await assembly.close()

    asyncio.run(refused())
    registry = assembly.services.metrics.registry
    assert (registry.get_sample_value("condau_issuer_fetches_total", {"outcome": "unavailable"}) or 0) >= 1


def test_nonces_are_asked_for_unless_set_otherwise_and_one_process_accepts_anothers(tmp_path: Path) -> None:
    for asked in (True, False):
        settings = settings_of(tmp_path, 8000, None, dpop_nonces=asked)
        initialise(settings)
        first, second = assemble(settings), assemble(settings)
        issued, accepted = first.services.issuers.proofs.nonces, second.services.issuers.proofs.nonces
        assert (issued is not None) is asked
        if issued is not None and accepted is not None:
            assert accepted.is_fresh(issued.issue(AT), AT)
        for assembly in (first, second):
            assembly.registers.close()
            assembly.database.dispose_blocking()
    assert Settings.model_fields["dpop_nonces"].default is True


def test_another_passphrase_makes_other_nonces() -> None:
    nonce = proof_nonces(b"one").issue(AT)

    assert proof_nonces(b"one").is_fresh(nonce, AT)
    assert not proof_nonces(b"two").is_fresh(nonce, AT)
    assert "one" not in repr(proof_nonces(b"one"))
