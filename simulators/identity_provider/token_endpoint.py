"""The token endpoint: codes of people, credentials of machines; bound to a key where the client proves one."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulators.identity_provider.clients import Client
from simulators.identity_provider.dpop import ProofRefused, Proofs
from simulators.identity_provider.read_form import read_form
from simulators.identity_provider.tokens import s256

if TYPE_CHECKING:
    from simulators.identity_provider.realm import Realm

_NO_STORE: Final = {"Cache-Control": "no-store"}


class TokenEndpoint:
    """RFC 6749 sections 4.1.3 and 4.4.2, RFC 7636, RFC 9449 section 5."""

    def __init__(self, realm: Realm) -> None:
        self._realm = realm
        self._proofs = Proofs()

    async def answer(self, request: Request) -> Response:
        form = await read_form(request)
        client = self._client(request, form)
        if client is None:
            return _refused("invalid_client", 401)
        if form.get("grant_type") != ("client_credentials" if client.client_secret else "authorization_code"):
            return _refused("unsupported_grant_type")
        try:
            thumbprint = self._thumbprint(request)
        except ProofRefused:
            return _refused("invalid_dpop_proof")
        if client.client_secret:
            return self._for_machine(client, form, thumbprint)
        return self._for_code(client, form, thumbprint)

    def _for_code(self, client: Client, form: dict[str, str], thumbprint: str | None) -> Response:
        now = self._realm.clock()
        # taken out before any check: whatever happens, a code is spoken once
        code = self._realm.codes.take(form.get("code", ""), now)
        if (
            code is None
            or code.sign_in.client_id != client.client_id
            or code.redirect_uri != form.get("redirect_uri")
            or not hmac.compare_digest(code.code_challenge, s256(form.get("code_verifier", "")))
        ):
            return _refused("invalid_grant")
        if form.get("resource", self._realm.mint.resource) != self._realm.mint.resource:
            return _refused("invalid_target")
        access_token = self._realm.mint.access_token(code.sign_in, now, thumbprint)
        id_token = self._realm.mint.id_token(code.sign_in, access_token, now)
        return self._granted(access_token, code.sign_in.scope, thumbprint, id_token=id_token)

    def _for_machine(self, client: Client, form: dict[str, str], thumbprint: str | None) -> Response:
        scope = form.get("scope", client.scope)
        if not set(scope.split()) <= set(client.scope.split()):
            return _refused("invalid_scope")
        token = self._realm.mint.machine_token(client.client_id, scope, self._realm.clock(), thumbprint)
        return self._granted(token, scope, thumbprint)

    def _granted(self, access_token: str, scope: str, thumbprint: str | None, **more: str) -> Response:
        answer: dict[str, Any] = {
            "access_token": access_token,
            "token_type": "Bearer" if thumbprint is None else "DPoP",
            "expires_in": self._realm.mint.access_token_seconds,
            "scope": scope,
        }
        return JSONResponse(answer | more, headers=_NO_STORE)

    def _client(self, request: Request, form: dict[str, str]) -> Client | None:
        scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic":
            client = self._realm.clients.get(form.get("client_id", ""))
            return None if client is None or client.client_secret else client
        try:
            name, _, secret = base64.b64decode(encoded, validate=True).decode("ascii").partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        client = self._realm.clients.get(unquote(name))
        if client is None or client.client_secret is None:
            return None
        known = client.client_secret.encode()
        return client if hmac.compare_digest(unquote(secret).encode(), known) else None

    def _thumbprint(self, request: Request) -> str | None:
        proofs = request.headers.getlist("DPoP")
        if not proofs:
            return None
        if len(proofs) > 1:
            raise ProofRefused
        address = f"{self._realm.mint.issuer}/token"
        return self._proofs.thumbprint(proofs[0], request.method, address, self._realm.clock())


def _refused(error: str, status: int = 400) -> Response:
    return JSONResponse({"error": error}, status, _NO_STORE)
