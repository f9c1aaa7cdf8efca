"""Timestamps on seals (RFC 3161): an authority outside of this house says when a signature existed."""

from __future__ import annotations

import asyncio
import base64
import secrets
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Final, Protocol

import httpx
from cryptography import x509
from cryptography.hazmat import asn1

from signing.errors import TimestampRefused, TimestampUnavailable
from verification.certificates import path_of_timestamper
from verification.formats.timestamp import TimestampMalformed, certificates_of, with_certificates
from verification.verdict import VerificationError
from verification.verify_timestamp import VerifiedTimestamp, verify_timestamp

MAX_RESPONSE_BYTES: Final = 64 * 1024
MAX_SENT_CERTIFICATES: Final = 12
DEFAULT_TIMEOUT_SECONDS: Final = 10.0
MAX_CLOCK_DIFFERENCE: Final = timedelta(minutes=5)

_LOOPBACK: Final = frozenset(("127.0.0.1", "::1", "localhost"))
_GRANTED: Final = (0, 1)
_WAITING: Final = 3
# PKIFailureInfo (RFC 3161 section 2.4.2): timeNotAvailable, addInfoNotAvailable, systemFailure
_PASSING_FAILURES: Final = (14, 17, 25)
_PASSING_STATUSES: Final = frozenset((408, 425, 429))


class Timestamper(Protocol):
    """An authority that the sealer asks."""

    def timestamp(self, digest: bytes) -> bytes:
        """A TimeStampToken in DER over this SHA-256 digest, verified: nonce, imprint, policy, signature, chain.

        Raises TimestampUnavailable, TimestampRefused.
        """


@asn1.sequence
class _AlgorithmIdentifier:
    algorithm: x509.ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class _MessageImprint:
    hash_algorithm: _AlgorithmIdentifier
    hashed_message: bytes


@asn1.sequence
class _Request:
    version: int
    message_imprint: _MessageImprint
    policy: x509.ObjectIdentifier | None
    nonce: int | None
    cert_req: Annotated[bool, asn1.Default(False)]


@asn1.sequence
class _Status:
    status: int
    status_string: list[asn1.TLV] | None
    fail_info: asn1.BitString | None


@asn1.sequence
class _Grant:
    status: _Status
    token: asn1.TLV


@asn1.sequence
class _Rejection:
    status: _Status


_SHA256: Final = _AlgorithmIdentifier(algorithm=x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1"), parameters=asn1.Null())


def _tls_without_environment() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


def basic_authorization(username: str, password: str) -> str:
    """The value of an Authorization header (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode("ascii")


@dataclass(frozen=True, slots=True)
class HttpTimestamper:
    """An authority asked over HTTP (RFC 3161 section 3.4), bounded in time and size; it follows no redirect.

    url: https, plain http on loopback only. roots: where its certificates must lead. policy: the dotted identifier of
    the rules to stamp by, None for the authority's own choice. clock: ours, from which a stamped time may differ by
    max_clock_difference. authorization: of `basic_authorization`, where the authority knows its customers. tls: whose
    certificates are believed; nothing is taken from the environment.
    Raises ValueError for an unsafe address or without roots.
    """

    url: str
    roots: tuple[x509.Certificate, ...]
    clock: Callable[[], datetime]
    policy: str | None = None
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    max_clock_difference: timedelta = MAX_CLOCK_DIFFERENCE
    authorization: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext = field(default_factory=_tls_without_environment, repr=False)

    def __post_init__(self) -> None:
        address = httpx.URL(self.url)
        safe = address.scheme == "https" or (address.scheme == "http" and address.host in _LOOPBACK)
        if address.userinfo or not safe:
            raise ValueError("a timestamping authority is asked over https, without a password in its address")
        if not self.roots:
            raise ValueError("a timestamping authority needs a root to lead to")

    def timestamp(self, digest: bytes) -> bytes:
        """A token over this SHA-256 digest, with the certificates up to its root and no more.

        1. The answer comes within timeout_seconds, has at most MAX_RESPONSE_BYTES, and its status is granted.
        2. `verify_timestamp`: imprint, signature, and a chain to one of `roots`.
        3. The nonce is the request's, so it is no older answer; the policy is the one wanted.
        4. The time differs from our clock by max_clock_difference at most: one of the two is wrong otherwise.

        Raises TimestampUnavailable for what may pass, TimestampRefused for a wrong answer.
        """
        nonce = secrets.randbits(64)
        policy = None if self.policy is None else x509.ObjectIdentifier(self.policy)
        imprint = _MessageImprint(hash_algorithm=_SHA256, hashed_message=digest)
        request = _Request(version=1, message_imprint=imprint, policy=policy, nonce=nonce, cert_req=True)
        answer = self._send(asn1.encode_der(request))
        token, stamp = self._verify(_token_in(answer), digest)
        if stamp.nonce != nonce:
            raise TimestampRefused("the answer has another nonce than the request")
        if self.policy is not None and stamp.policy != self.policy:
            raise TimestampRefused("the timestamp was made by another policy than the one wanted")
        if abs(stamp.at - self.clock()) > self.max_clock_difference:
            raise TimestampRefused("the authority's time and ours differ by too much")
        return token

    def _verify(self, sent: bytes, digest: bytes) -> tuple[bytes, VerifiedTimestamp]:
        """The token with just the certificates that lead to the root, and what it proves."""
        try:
            token = self._tidied(sent)
            return token, verify_timestamp(token, digest, self.roots)
        except VerificationError as refused:
            raise TimestampRefused(refused.code) from refused

    def _tidied(self, token: bytes) -> bytes:
        certificates = certificates_of(token)
        if len(certificates) > MAX_SENT_CERTIFICATES:
            raise TimestampMalformed
        at = self.clock()
        for signer in certificates:
            others = tuple(c for c in certificates if c != signer)
            path = path_of_timestamper(signer, others, self.roots, at)
            if path is not None:
                return with_certificates(token, path)
        return with_certificates(token, certificates)

    def _send(self, request: bytes) -> bytes:
        # In a thread of its own, because the caller's may have an event loop already.
        with ThreadPoolExecutor(1) as thread:
            failure, answer = thread.submit(asyncio.run, self._exchange(request)).result()
        # Raised only here: an error of httpx has the request on it, with its password, and would hang on ours.
        if failure is not None:
            raise failure
        return answer

    async def _exchange(self, request: bytes) -> tuple[TimestampUnavailable | TimestampRefused | None, bytes]:
        try:
            # httpx limits each read only, so that a slow drip could last for ever without a deadline over all
            async with asyncio.timeout(self.timeout_seconds):
                return None, await self._ask(request)
        except (TimestampUnavailable, TimestampRefused) as told:
            return told, b""
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, UnicodeError, OSError) as gone:
            return TimestampUnavailable(f"the timestamping authority does not answer ({type(gone).__name__})"), b""

    async def _ask(self, request: bytes) -> bytes:
        headers = {
            "Content-Type": "application/timestamp-query",
            "Accept": "application/timestamp-reply",
            "Accept-Encoding": "identity",
        }
        if self.authorization is not None:
            headers["Authorization"] = self.authorization
        async with (
            httpx.AsyncClient(verify=self.tls, trust_env=False, follow_redirects=False) as client,
            client.stream("POST", self.url, content=request, headers=headers, timeout=self.timeout_seconds) as response,
        ):
            status = response.status_code
            if status >= 500 or status in _PASSING_STATUSES:
                raise TimestampUnavailable(f"the timestamping authority answered with status {status}")
            if status != httpx.codes.OK or "content-encoding" in response.headers:
                raise TimestampRefused(f"the timestamping authority answered with status {status}")
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MAX_RESPONSE_BYTES:
                    raise TimestampRefused("the timestamping authority's answer is too large")
            return bytes(body)


def _token_in(response: bytes) -> bytes:
    try:
        grant = asn1.decode_der(_Grant, response)
    except ValueError:
        raise _rejection(response) from None
    if grant.status.status not in _GRANTED:
        raise TimestampRefused("the authority did not grant a timestamp, but sent one")
    return asn1.encode_der(grant.token)


def _rejection(response: bytes) -> TimestampUnavailable | TimestampRefused:
    try:
        said = asn1.decode_der(_Rejection, response).status
    except ValueError:
        return TimestampRefused("the answer is no TimeStampResp")
    failures = _bits_of(said.fail_info)
    if said.status == _WAITING or not failures or failures & set(_PASSING_FAILURES):
        return TimestampUnavailable(f"the authority rejects for now (status {said.status})")
    return TimestampRefused(f"the authority rejects the request (failure {min(failures)})")


def _bits_of(fail_info: asn1.BitString | None) -> set[int]:
    octets = b"" if fail_info is None else fail_info.as_bytes()
    return {8 * i + bit for i, octet in enumerate(octets) for bit in range(8) if octet & (0x80 >> bit)}
