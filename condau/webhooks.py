"""Whom of the citizens' applications events are sent to, and how, as the settings say."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from condau.setting_files import read_secret
from condau.settings import ClientSettings, Settings, SettingsRefused
from issuance.delivery.notice import Subscriptions, client_key
from issuance.delivery.send_notices import Receiver, Sender, SendingRules
from issuance.delivery.webhook_post import WebhookPost
from issuance.delivery.webhook_signature import SecretRefused, WebhookSecrets
from issuance.delivery.webhook_signature import read_secret as read_webhook_secret
from storage.runner import Database


def subscriptions_of(settings: Settings) -> Subscriptions:
    """Who is told; their secrets are not looked at. Raises SettingsRefused."""
    told = frozenset(_key(settings, client) for client in settings.clients if client.webhook_url is not None)
    return Subscriptions(told, timedelta(days=settings.webhooks.give_up_days))


def receivers_of(settings: Settings) -> Mapping[str, Receiver]:
    """By client key. Raises SettingsRefused, also for an address without a secret."""
    found: dict[str, Receiver] = {}
    for client in settings.clients:
        if client.webhook_url is None:
            continue
        if client.webhook_secret_file is None:
            raise SettingsRefused(f"client {client.client_id!r}: webhook_url needs webhook_secret_file to sign with")
        found[_key(settings, client)] = Receiver(
            client.webhook_url,
            hashlib.sha256(client.webhook_url.encode()).hexdigest(),
            WebhookSecrets(_secret(client, client.webhook_secret_file), _previous(client)),
        )
    return MappingProxyType(found)


def names_of(settings: Settings) -> Mapping[str, str]:
    """By client key: under which name the settings have it."""
    return {_key(settings, client): client.client_id for client in settings.clients}


def sender_of(settings: Settings, database: Database, clock: Callable[[], datetime]) -> Sender:
    """Raises SettingsRefused."""
    chosen = settings.webhooks
    return Sender(
        transact=database.run_blocking,
        post=WebhookPost(
            total_seconds=chosen.timeout_seconds,
            networks=tuple(ipaddress.ip_network(one) for one in chosen.private_networks),
        ),
        receivers=receivers_of(settings),
        clock=clock,
        rules=SendingRules(give_up_after=timedelta(days=chosen.give_up_days)),
    )


def _previous(client: ClientSettings) -> bytes | None:
    file = client.previous_webhook_secret_file
    return None if file is None else _secret(client, file)


def _secret(client: ClientSettings, file: Path) -> bytes:
    try:
        return read_webhook_secret(read_secret("webhook_secret_file", file))
    except SecretRefused as refused:
        raise SettingsRefused(f"client {client.client_id!r}: {refused}") from None


def _key(settings: Settings, client: ClientSettings) -> str:
    """Raises SettingsRefused where no issuer has the name that the client gives."""
    for block in settings.issuers:
        if block.name == client.issuer:
            return client_key(block.issuer, client.client_id)
    raise SettingsRefused(f"client {client.client_id!r}: no issuer is called {client.issuer!r}")
