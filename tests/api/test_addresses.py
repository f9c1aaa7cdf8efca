"""No answer leads to where a header says, and HEAD gets what GET says, with no effect."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from issuance.application import ApplicationState
from tests.api.house import House
from tests.identity.proofs import ProofHolder

PATHS = [
    "/",
    "/v",
    "/v1/applications",
    "/v1/services",
    "/v1/desk/applications",
    "/v1/agency/applications",
    "/v1/verifications/number",
    "/problems",
    "/docs",
    "/static",
    "/static/site.css",
    "/docs-assets",
    "/sign-in",
    "/account",
    "/livez",
    "/.well-known/jwks.json",
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(PATHS),
    tail=st.sampled_from(["", "/", "//", "/.", "/..", "//evil.example", "/%2f", "?", "/?x=1"]),
    host=st.sampled_from(["condau.example", "evil.example", "evil.example:8443", "evil.example/x?", "[::1]", ""]),
    method=st.sampled_from(["GET", "HEAD", "POST", "OPTIONS"]),
    page=st.booleans(),
)
async def test_no_answer_leads_to_the_host_that_the_request_names(
    house: House, path: str, tail: str, host: str, method: str, page: bool
) -> None:
    headers = {"Host": host, "X-Forwarded-Host": host, **({"Accept": "text/html"} if page else {})}
    answer = await house.client.request(method, path + tail, headers=headers)

    location = answer.headers.get("location", "/")
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
    assert "evil.example" not in location


@pytest.mark.parametrize("path", ["/v1/applications/", "/v1/services/", "/v/", "/livez/", "/static/", "/docs-assets"])
async def test_a_slash_too_many_is_an_unknown_address(house: House, path: str) -> None:
    answer = await house.get(path, house.citizen())

    assert answer.status_code == 404
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "path",
    ["/", "/v", "/livez", "/readyz", "/v1/applications", "/v1/services", "/openapi.json", "/.well-known/jwks.json"],
)
async def test_head_is_get_without_its_body(house: House, path: str) -> None:
    plain = {"Accept-Encoding": "identity"}
    got = await house.get(path, house.citizen() | plain)
    looked = await house.client.head(path, headers=house.citizen() | plain)

    assert (looked.status_code, looked.content) == (got.status_code, b"")
    assert looked.headers["content-length"] == got.headers["content-length"] == str(len(got.content))
    assert looked.headers["content-type"] == got.headers["content-type"]


async def test_head_of_what_is_refused_or_takes_no_get(house: House) -> None:
    refused = await house.client.head("/v1/applications")
    assert (refused.status_code, refused.content) == (401, b"")
    only_post = await house.client.head("/v1/verifications/number")
    assert (only_post.status_code, only_post.headers["allow"]) == (405, "POST")
    no_delete = await house.client.delete("/livez")
    assert (no_delete.status_code, no_delete.headers["allow"]) == (405, "GET, HEAD")


async def test_a_proof_for_head_is_one_for_head(house: House) -> None:
    path, holder = "/v1/applications", ProofHolder()

    async def head(method: str) -> httpx.Response:
        return await house.client.head(path, headers=house.proven(holder, method, path))

    assert (await head("HEAD")).status_code == 200
    assert (await head("GET")).status_code == 401


async def test_looking_at_a_document_does_not_return_it(house: House) -> None:
    code, _ = await house.issued()
    path = f"/v1/applications/{code}/document"
    looked = await house.client.head(path, headers=house.citizen())

    assert (looked.status_code, looked.content) == (200, b"")
    assert house.stored(code).state is ApplicationState.SETTLED
    got = await house.get(path, house.citizen())
    assert house.stored(code).state is ApplicationState.RESULT_RETURNED
    for name in ("content-length", "etag", "content-type", "content-disposition"):
        assert looked.headers[name] == got.headers[name]


async def test_looking_at_a_sign_in_takes_no_step_of_it(house: House) -> None:
    for path in ("/sign-in", "/sign-in/citizens/callback"):
        assert (await house.client.head(path)).status_code == 405
