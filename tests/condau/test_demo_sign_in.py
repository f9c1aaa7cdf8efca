"""In the demonstration, anybody is signed in by a browser, on whatever port the service got."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from html import unescape
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from rich.console import Console

from condau.demo import demo_service, print_links
from simulators.identity_provider.clients import MACHINE_CLIENT, MACHINE_SECRET
from simulators.sign_in import machine_token

FACTS = {
    "copies": 1,
    "sex": "male",
    "birth_place": "Hà Nội",
    "nationality": "Việt Nam",
    "permanent_residence": "Hà Nội",
    "business_management_ban_requested": False,
}


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


def test_what_is_printed_gets_everybody_a_token_and_a_mother_her_child(tmp_path: Path) -> None:
    said = StringIO()
    with demo_service(tmp_path) as demo, httpx.Client(trust_env=False) as http:
        print_links(demo, Console(file=said, width=80))
        lines = said.getvalue().splitlines()
        (machine,) = (line for line in lines if "MACHINE=" in line)
        parts = shlex.split(machine.partition("$(")[2].partition(" | ")[0])
        assert parts[:2] == ["curl", "-s"]
        name, secret = parts[parts.index("-u") + 1].split(":")
        sent = dict(one.split("=") for one in parts[parts.index("-d") + 1].split("&"))
        answer = http.post(parts[-1], data=sent, auth=(name, secret))
        sed = subprocess.run(["/bin/sh", "-c", machine.partition(" | ")[2].removesuffix(")")], **_piped(answer.text))
        listed = http.get(
            f"{demo.settings.public_url}/v1/agency/applications",
            headers={"Authorization": f"Bearer {sed.stdout.strip()}"},
        )
        assert listed.status_code == 200
        at = next(number for number, line in enumerate(lines) if "Nguyễn Thị Minh Anh, level 2" in line)
        mother = http.get(lines[at + 1].strip()).text
        (child,) = re.findall(r'"on_behalf_of": (\{.*\})', said.getvalue())
        asked = http.post(
            f"{demo.settings.public_url}/v1/applications",
            headers={"Authorization": f"Bearer {mother}", "Idempotency-Key": "for-a-child-1"},
            json={"type": "criminal_record_form_1", "input": FACTS, "on_behalf_of": json.loads(child)},
        )
        assert asked.status_code == 201, asked.text


def test_started_again_at_once_it_knows_its_people(tmp_path: Path) -> None:
    for _ in range(2):
        with demo_service(tmp_path) as demo:
            token = machine_token(f"{demo.outside_url}/machines", MACHINE_CLIENT, MACHINE_SECRET, "agency:read")
            listed = httpx.get(
                f"{demo.settings.public_url}/v1/agency/applications", headers={"Authorization": f"Bearer {token}"}
            )
            assert listed.status_code == 200, listed.text


def _piped(text: str) -> dict[str, Any]:
    return {"input": text, "capture_output": True, "text": True, "check": True}


def _led_to(page: httpx.Response) -> str:
    found = re.search(r'content="0; url=([^"]+)"', page.text)
    assert found is not None, page.text
    return unescape(found[1])
