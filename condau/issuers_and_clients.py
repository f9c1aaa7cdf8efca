"""Whose evidence about people is accepted, and through which applications, as the settings say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from condau.setting_files import read_file, read_secret
from condau.settings import ClientSettings, IssuerSettings, OwnClientSettings, Settings, SettingsRefused
from identity.citizen import AssuranceLevel
from identity.clients import Clients, RegisteredClient, Scope
from identity.fetch import Fetch
from identity.proof_of_possession import ProofRules
from identity.trusted_issuer import ClaimNames, Endpoints, OwnClient, People, TrustedIssuer
from identity.trusted_issuers import TrustedIssuers
from issuance.fees.facts import CHANNELS, did_you_mean
from storage.identity_stores import StoredDocuments, StoredOfficials, StoredRedeemed
from storage.runner import Database


def trusted_issuers(
    settings: Settings,
    database: Database | None = None,
    *,
    fetch: Fetch | None = None,
    proofs: ProofRules | None = None,
) -> TrustedIssuers:
    """Those of the settings, with what the installation knows about tokens, officials and keys.

    database: None is for a look at one citizen's token from beside the service; there all officials are unknown.
    Raises MisconfiguredIssuer.
    """
    issuers = [_trusted_issuer(block) for block in settings.issuers]
    if database is None:
        return TrustedIssuers(issuers)
    return TrustedIssuers(
        issuers,
        fetch=fetch,
        proofs=proofs or ProofRules(),
        shared=StoredDocuments(database),
        redeem=StoredRedeemed(database),
        find_official=StoredOfficials(database),
    )


def _trusted_issuer(block: IssuerSettings) -> TrustedIssuer:
    return TrustedIssuer(
        name=block.name,
        title=block.title,
        kind=block.kind,
        issuer=block.issuer,
        audiences=block.audiences,
        algorithms=block.algorithms,
        people=block.people,
        token_kinds=block.token_kinds,
        jwt_type=block.jwt_type,
        endpoints=Endpoints(**block.endpoints.model_dump()),
        pinned_keys=read_file("pinned_keys_file", block.pinned_keys_file),
        own_client=_own_client(block.own_client),
        envelope_key=read_file("envelope_key_file", block.envelope_key_file),
        account_types=block.account_types,
        claims=None if block.claims is None else ClaimNames(**block.claims.model_dump()),
        levels={acr: AssuranceLevel(level) for acr, level in block.levels.items()},
        leeway_seconds=block.leeway_seconds,
        max_age_seconds=block.max_age_seconds,
        single_use_tokens=block.single_use_tokens,
        unit_and_roles=block.unit_and_roles,
        jwks_lifetime_seconds=block.jwks_lifetime_seconds,
        jwks_outage_seconds=block.jwks_outage_seconds,
        jwks_retry_seconds=block.jwks_retry_seconds,
        jwks_refetch_seconds=block.jwks_refetch_seconds,
    )


def _own_client(block: OwnClientSettings | None) -> OwnClient | None:
    if block is None:
        return None
    if block.client_secret is not None and block.client_secret_file is not None:
        raise SettingsRefused("own_client: set client_secret or client_secret_file, not both")
    secret = block.client_secret.get_secret_value() if block.client_secret is not None else None
    if block.client_secret_file is not None:
        secret = read_secret("client_secret_file", block.client_secret_file)
    return OwnClient(client_id=block.client_id, client_secret=secret, scopes=block.scopes)


_SCOPES_FOR: Mapping[People, frozenset[Scope]] = {
    "citizens": frozenset(("applications:read", "applications:write", "documents:read")),
    "officials": frozenset(("desk",)),
    "machines": frozenset(("agency:read",)),
}
"""For whom the routes of each scope are; anybody else is refused there, whatever the registration says."""


def registered_clients(settings: Settings) -> Clients:
    """Raises SettingsRefused, MisconfiguredClient."""
    blocks = {block.name: block for block in settings.issuers}
    for client in settings.clients:
        if client.issuer not in blocks:
            raise SettingsRefused(
                f"client {client.client_id!r}: no issuer is called{did_you_mean(client.issuer, blocks)}"
            )
        if client.channel is not None and client.channel not in CHANNELS:
            raise SettingsRefused(f"client {client.client_id!r}: channel{did_you_mean(client.channel, CHANNELS)}")
        people = blocks[client.issuer].people
        useless = sorted(set(client.scopes) - _SCOPES_FOR[people])
        if useless:
            raise SettingsRefused(
                f"client {client.client_id!r}: {client.issuer!r} is an issuer of {people}, who can do nothing with "
                f"{', '.join(useless)}; for them there is {', '.join(sorted(_SCOPES_FOR[people]))}"
            )
    for block in settings.issuers:
        _refuse_unregistered_pages(block, settings.clients)
    return Clients(
        RegisteredClient(
            issuer=blocks[block.issuer].issuer,
            client_id=block.client_id,
            name=block.name,
            scopes=frozenset(block.scopes),
            scopes_from=block.scopes_from,
            channel=block.channel,
            unit=block.unit,
            webhook_url=block.webhook_url,
            requests_per_minute=block.requests_per_minute,
            cors_origins=block.cors_origins,
        )
        for block in settings.clients
    )


def _refuse_unregistered_pages(block: IssuerSettings, clients: Sequence[ClientSettings]) -> None:
    """Whoever signs in on our pages comes through `own_client`: unregistered, every one of them would be refused."""
    if "sign_in" not in block.token_kinds or block.own_client is None:
        return
    own = block.own_client.client_id
    if not any((client.issuer, client.client_id) == (block.name, own) for client in clients):
        raise SettingsRefused(
            f"issuer {block.name!r}: whoever signs in comes through its own_client {own!r}, which no [[clients]] block "
            "registers"
        )
