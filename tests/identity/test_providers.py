"""Every registered kind of provider keeps the contract, and so does one that a test adds as the README says."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from identity.errors import IdentityError
from identity.fetch import Answer
from identity.providers import PROVIDERS
from tests.identity.issuer import OMIT
from tests.identity.provider_contract import CONTRACT, says_nothing
from tests.identity.providers import HOUSES, House, OidcHouse, enclose

Keep = Callable[[Callable[[], House]], Awaitable[None]]

# a registered kind without a house fails here: nobody adds an adapter that the contract doesn't see
KINDS = sorted(PROVIDERS)


@pytest.mark.parametrize("keep", CONTRACT, ids=lambda keep: keep.__name__)
@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_keeps_the_contract(kind: str, keep: Keep) -> None:
    await keep(HOUSES[kind])


def test_no_house_is_kept_for_a_kind_that_is_gone() -> None:
    assert HOUSES.keys() == PROVIDERS.keys()


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PROTOCOL = (
    "iss",
    "sub",
    "aud",
    "azp",
    "exp",
    "iat",
    "nbf",
    "nonce",
    "at_hash",
    "auth_time",
    "sid",
    "scope",
    "cnf",
    "jti",
)
WAYS = [(kind, way) for kind in KINDS for way in HOUSES[kind]().ways]
ONE_HOUSE = {kind: HOUSES[kind]() for kind in KINDS}


async def _only_identity_errors(house: House, way: str, **overrides: Any) -> None:
    """Accepted, or refused by a leaf of IdentityError; anything else fails the test by itself."""
    try:
        await house.ways[way](**overrides)
    except IdentityError as refusal:
        raised = refusal
    else:
        return
    says_nothing(raised, house)


@pytest.mark.parametrize(("kind", "way"), WAYS)
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60, deadline=None)
@given(data=st.data())
async def test_fuzzed_claims_let_only_our_errors_out(kind: str, way: str, data: st.DataObject) -> None:
    house = ONE_HOUSE[kind]
    house.told.clear()
    names = st.sampled_from([*PROTOCOL, *house.names.values(), "accountType", "loginIdp"])
    await _only_identity_errors(house, way, **data.draw(st.dictionaries(names, JSON_VALUES, max_size=4)))


MEMBERS = ("active", "access_token", "token_type", "id_token", "error", "sub", "data", "key", "token_use")
BODIES = st.binary(max_size=200) | st.dictionaries(st.sampled_from(MEMBERS), JSON_VALUES, max_size=4)
MEDIA_TYPES = st.sampled_from(["application/json", "application/jwt", "", "text/html"])


@pytest.mark.parametrize(("kind", "way"), WAYS)
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60, deadline=None)
@given(data=st.data(), status=st.sampled_from([200, 200, 200, 400, 401, 403]), media_type=MEDIA_TYPES)
async def test_fuzzed_answers_let_only_our_errors_out(
    kind: str, way: str, data: st.DataObject, status: int, media_type: str
) -> None:
    house = ONE_HOUSE[kind]
    house.told.clear()
    endpoint = data.draw(st.sampled_from(["token", "userinfo", "introspection"]))
    drawn = data.draw(BODIES)
    if kind == "vneid" and data.draw(st.booleans()):
        drawn = enclose(drawn)
    body = drawn if isinstance(drawn, bytes) else json.dumps(drawn).encode()
    house.told[endpoint] = Answer(status, body, media_type)
    await _only_identity_errors(house, way)


NEW_KIND = '''
"""A provider that calls people's claims by Esperanto names."""

from identity.providers.oidc import OidcProvider
from identity.trusted_issuer import ClaimNames


def esperanto(trusted, metadata, fetch):
    return OidcProvider(trusted, metadata, fetch, ClaimNames(personal_id="numero", name="nomo", birthdate="naskita"))
'''


class EsperantoHouse(OidcHouse):
    kind = "esperanto"
    names: Mapping[str, str] = {"personal_id": "numero", "name": "nomo", "birthdate": "naskita", "acr": "acr"}


@pytest.fixture
def new_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The two steps of the README: a file, and a line in the registry."""
    (tmp_path / "esperanto_provider.py").write_text(NEW_KIND, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(PROVIDERS, "esperanto", importlib.import_module("esperanto_provider").esperanto)
    yield
    sys.modules.pop("esperanto_provider", None)


@pytest.mark.usefixtures("new_kind")
@pytest.mark.parametrize("keep", CONTRACT, ids=lambda keep: keep.__name__)
async def test_a_kind_is_added_with_a_file_and_a_line(keep: Keep) -> None:
    await keep(EsperantoHouse)


async def test_the_contract_catches_an_adapter_that_lets_a_claim_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """The contract can fail: an adapter that fills in what the evidence lacks does not pass it."""

    class Generous(OidcHouse):
        kind = "generous"

    def generous(*parts: Any) -> Any:
        provider = PROVIDERS["oidc"](*parts)
        read = provider.standard_claims
        provider.standard_claims = lambda claims: {"acr": "level-2", **read(claims)}  # type: ignore[method-assign]
        return provider

    monkeypatch.setitem(PROVIDERS, "generous", generous)
    assert await Generous().by_jwt(acr=OMIT)
    with pytest.raises(pytest.fail.Exception):
        await CONTRACT[1](Generous)
