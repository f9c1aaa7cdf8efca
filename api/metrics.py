"""Figures for whoever watches: counts and times, no personal data, and only labels of which there are few."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from identity.errors import ProviderUnavailable
from identity.fetch import Answer, Ask, Fetch

UNKNOWN_ROUTE = "unknown"
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_OK = 200


class Metrics:
    """One installation's figures, in a registry of their own: two applications in one process do not mix theirs."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._refusals = Counter("condau_refusals", "Refusals by their stable code.", ["code"], registry=self.registry)
        self._requests = Counter(
            "condau_requests",
            "Requests by the route's pattern, the method and the class of the status.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "condau_request_seconds", "From a request to the end of its answer.", ["route"], registry=self.registry
        )
        self._security_entries = Counter(
            "condau_security_log_entries",
            "Refusals that belong into the security log, by whether they came into it one by one.",
            ["outcome"],
            registry=self.registry,
        )
        self._fetches = Counter(
            "condau_issuer_fetches",
            "Questions to identity providers by their outcome.",
            ["outcome"],
            registry=self.registry,
        )

    def count_refusal(self, code: str) -> None:
        """code: of the problem table, never anything that a caller chose."""
        self._refusals.labels(code).inc()

    def count_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """route: a pattern, never an address."""
        self._requests.labels(route, method_label(method), f"{status // 100}xx").inc()
        self._seconds.labels(route).observe(seconds)

    def count_security_entry(self, *, written: bool) -> None:
        self._security_entries.labels("written" if written else "not_written").inc()

    def counting(self, fetch: Fetch) -> Fetch:
        """The same `Fetch`, counted: `answered`, `refused` by the issuer, or `unavailable`."""

        async def fetch_and_count(ask: Ask) -> Answer:
            try:
                answer = await fetch(ask)
            except ProviderUnavailable:
                self._fetches.labels("unavailable").inc()
                raise
            self._fetches.labels("answered" if answer.status == _OK else "refused").inc()
            return answer

        return fetch_and_count


def method_label(method: str) -> str:
    """One name for all that nobody knows: whoever sends a request chooses its method."""
    return method if method in _METHODS else "other"


class Measured:
    """The outermost layer: counts every request, also those that the layers below answer themselves."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Until it begins to answer, it has failed.
        status, started = 500, time.perf_counter()

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            seconds = time.perf_counter() - started
            self._metrics.count_request(route_pattern(scope), scope["method"], status, seconds)


def route_pattern(scope: Scope) -> str:
    """The pattern of the route that took a request, such as `/v1/applications/{code}`; one name for all that none took.

    Never the address: that one names an application.
    """
    pattern = getattr(scope.get("route"), "path", None)
    return pattern if isinstance(pattern, str) else UNKNOWN_ROUTE
