"""Starts npm's oidc-provider, an OpenID provider that nobody here wrote, and npm's dpop, an application's proofs.

with independent_provider(algorithm="PS256") as provider:
    tokens = sign_in(provider)                          # tests/identity/independent_sign_in.py
    issuers = TrustedIssuers([provider.trusted()])
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from identity.citizen import AssuranceLevel
from identity.trusted_issuer import OwnClient, TrustedIssuer
from tests.node_packages import NODE, install

SOURCE = Path(__file__).parent / "oidc_provider"

RESOURCE = "https://condau.example/api"
CALLBACK = "https://vneid.example/callback"
# form-encoding changes every sign of it (RFC 6749 section 2.3.1)
SERVICE_SECRET = "of this service: 100 % + / & ="
AGENCY_SECRET = "of an agency's machine"

APP: dict[str, Any] = {
    "client_id": "vneid-app",
    "redirect_uris": [CALLBACK],
    "token_endpoint_auth_method": "none",
    "grant_types": ["authorization_code"],
    "response_types": ["code"],
}
AGENCY: dict[str, Any] = {
    "client_id": "agency",
    "client_secret": AGENCY_SECRET,
    "redirect_uris": [],
    "grant_types": ["client_credentials"],
    "response_types": [],
}
SERVICE: dict[str, Any] = {
    "client_id": "condau",
    "client_secret": SERVICE_SECRET,
    "redirect_uris": ["https://condau.example/sign-in/independent/callback"],
    "post_logout_redirect_uris": ["https://condau.example/signed-out"],
    "grant_types": ["authorization_code"],
    "response_types": ["code"],
}
"""This service at the provider: it signs people in and asks about opaque tokens."""

ACCOUNTS: dict[str, dict[str, Any]] = {
    "minh-anh": {
        "personal_id": "001194000001",
        "name": "Nguyễn Thị Minh Anh",
        "birthdate": "1994-03-08",
        "gender": "female",
        "acr": "level-2",
    },
    "thu-ha": {
        "personal_id": "001185000002",
        "name": "Phạm Thu Hà",
        "unit": "000.00.15.H26",
        "roles": ["caseworker"],
        "acr": "level-2",
    },
}
CLAIMS = ("personal_id", "name", "birthdate", "gender", "unit", "roles")


@dataclass(slots=True)
class _Process:
    """A node process that answers a line of JSON with a line of JSON."""

    running: subprocess.Popen[str]
    errors: Any

    def read(self) -> dict[str, Any]:
        assert self.running.stdout is not None
        line = self.running.stdout.readline()
        if not line:
            self.errors.seek(0)
            raise RuntimeError(f"node stopped, exit status {self.running.wait(10)}: {self.errors.read()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        assert self.running.stdin is not None
        self.running.stdin.write(json.dumps(question) + "\n")
        self.running.stdin.flush()
        return self.read()


@dataclass(slots=True)
class IndependentProvider:
    """A running provider. address: where it listens; issuer: whom it says to be, which is the same unless it lies."""

    address: str
    issuer: str
    algorithm: str
    _process: _Process = field(repr=False)

    def command(self, command: str, **values: Any) -> dict[str, Any]:
        """One of the commands at the end of provider.mjs, done when this returns."""
        return self._process.ask({"command": command, **values})

    def stop(self) -> None:
        """End it, as an outage would; its port refuses connections from now on."""
        self._process.running.kill()
        self._process.running.wait(10)

    def trusted(self, **settings: Any) -> TrustedIssuer:
        """Settings that believe it for citizens, changed as the test wants."""
        given: dict[str, Any] = {
            "name": f"independent-{self.algorithm.lower()}",
            "issuer": self.issuer,
            "audiences": (RESOURCE,),
            "algorithms": (self.algorithm,),
            "people": "citizens",
            "levels": {"level-1": AssuranceLevel.LEVEL_1, "level-2": AssuranceLevel.LEVEL_2},
            "own_client": OwnClient(client_id="condau", client_secret=SERVICE_SECRET, scopes=("openid", "profile")),
        }
        return TrustedIssuer(**(given | settings))


@contextmanager
def independent_provider(
    *,
    algorithm: str = "ES256",
    access_tokens: str = "jwt",
    clients: Sequence[Mapping[str, Any]] = (APP, AGENCY, SERVICE),
    accounts: Mapping[str, Mapping[str, Any]] = ACCOUNTS,
    claims_in_id_tokens: bool = False,
    claimed_issuer: str | None = None,
) -> Iterator[IndependentProvider]:
    """A provider of its own process and port.

    algorithm: of all its keys and tokens. access_tokens: "jwt" or "opaque", for RESOURCE. clients: their metadata as
    in OpenID Connect Dynamic Client Registration 1.0. accounts: the people's claims by subject; without a login_hint
    the first signs in. claims_in_id_tokens: else only the user-info endpoint tells them. claimed_issuer: whose name it
    uses wrongly.
    """
    settings = {
        "algorithm": algorithm,
        "access_tokens": access_tokens,
        "resource": RESOURCE,
        "clients": clients,
        "accounts": accounts,
        "claims": CLAIMS,
        "claims_in_id_tokens": claims_in_id_tokens,
        "claimed_issuer": claimed_issuer,
    }
    with _node("provider.mjs", json.dumps(settings)) as process:
        listening = process.read()
        yield IndependentProvider(listening["address"], listening["issuer"], algorithm, process)


@dataclass(slots=True)
class IndependentHolder:
    """An application with a key of its own, which never leaves its process; proofs are npm dpop's."""

    algorithm: str
    _process: _Process = field(repr=False)

    def prove(self, method: str, address: str, token: str | None = None, nonce: str | None = None) -> str:
        """A new proof; for a resource with the token, for the token endpoint without."""
        question = {"algorithm": self.algorithm, "method": method, "address": address, "token": token, "nonce": nonce}
        proof: str = self._process.ask(question)["proof"]
        return proof

    def thumbprint(self) -> str:
        """Of its key (RFC 7638)."""
        thumbprint: str = self._process.ask(
            {"algorithm": self.algorithm, "method": "GET", "address": "https://condau.example/"}
        )["thumbprint"]
        return thumbprint


@contextmanager
def independent_holder(algorithm: str = "ES256") -> Iterator[IndependentHolder]:
    """algorithm: ES256, RS256, PS256 or Ed25519."""
    with _node("proofs.mjs") as process:
        yield IndependentHolder(algorithm, process)


@contextmanager
def _node(script: str, *arguments: str) -> Iterator[_Process]:
    folder = install(SOURCE, "oidc-provider")
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            [NODE, _beside_packages(script, folder), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            yield _Process(process, errors)
        finally:
            process.kill()


def _beside_packages(script: str, folder: Path) -> Path:
    """A module is resolved from where its file lies. Replaced as a whole: another test process may be reading it."""
    with tempfile.NamedTemporaryFile("wb", dir=folder, delete=False) as copy:
        copy.write((SOURCE / script).read_bytes())
    return Path(copy.name).replace(folder / script)
