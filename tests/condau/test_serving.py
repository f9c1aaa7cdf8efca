"""The service as it is really served: addresses that a caller invents count for nothing."""

from pathlib import Path

import httpx

from api.app import create_app
from condau.assembly import assemble, initialise
from condau.demo import demo_settings
from condau.running import address_of, listen, running
from condau.settings import LimitSettings


def test_invented_forwarded_addresses_do_not_pass_the_limit(tmp_path: Path) -> None:
    listening = listen(0)
    settings = demo_settings(tmp_path, listening.getsockname()[1], "http://127.0.0.1:9").model_copy(
        update={"limits": LimitSettings(verifications_per_minute=3)}
    )
    initialise(settings)
    assembly = assemble(settings)
    with (
        running(create_app(assembly.services), listening),
        httpx.Client(base_url=address_of(listening), trust_env=False) as client,
    ):
        statuses = [
            client.post(
                "/v1/verifications/qr", json={"text": "1"}, headers={"X-Forwarded-For": f"203.0.113.{number}"}
            ).status_code
            for number in range(8)
        ]
    assembly.register.close()
    assembly.database.dispose_blocking()
    assert 429 in statuses
    assert statuses.count(429) >= 4
