"""In the demonstration, anybody is signed in by a browser, on whatever port the service got."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from condau.demo import demo_service
from simulators.identity_provider.clients import MACHINE_CLIENT, MACHINE_SECRET
from simulators.sign_in import machine_token


@pytest.mark.parametrize(
    ("issuer", "person"), [("demo-citizens", "Nguyễn Thị Minh Anh"), ("demo-officials", "Phạm Thu Hà")]
)
def test_people_sign_in_and_out_by_browser(tmp_path: Path, issuer: str, person: str) -> None:
    with demo_service(tmp_path) as demo:
        url = demo.settings.public_url
        with httpx.Client(
            base_url=url, trust_env=False, follow_redirects=True, headers={"Accept": "text/html"}
        ) as http:
            sign_in = http.get("/account")
            assert f'action="/sign-in/{issuer}' in sign_in.text
            leave = http.post(f"/sign-in/{issuer}", data={"return_to": "/account"})
            choice = http.get(_led_to(leave))
            (link,) = re.findall(rf'<li><a href="([^"]+)">{person}<small>', choice.text)
            account = http.get(f"{str(choice.url).partition('?')[0]}{unescape(link)}")
            assert str(account.url) == f"{url}/account"
            assert person in account.text

            token = re.findall(r'name="form_token" value="([^"]+)"', account.text)[0]
            signed_out = http.get(_led_to(http.post("/sign-out", data={"form_token": token})))
            assert urlsplit(str(signed_out.url)).path == "/signed-out"
            assert person not in http.get("/account").text
        assert machine_token(f"{demo.outside_url}/machines", MACHINE_CLIENT, MACHINE_SECRET, "agency:read")


def _led_to(page: httpx.Response) -> str:
    found = re.search(r'content="0; url=([^"]+)"', page.text)
    assert found is not None, page.text
    return unescape(found[1])
