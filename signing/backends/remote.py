"""Keys at a remote signing service: `remote:https://…?credentialID=…&secret=file:…`, see docs/key-backends.md."""

import logging
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from signing.backends.addresses import KeyAddress
from signing.backends.remote_credential import Credential, ask_for_credential, sign_hash
from signing.backends.remote_service import ServiceSecret, service_at
from signing.backends.remote_transport import ServiceAway, ServiceRefuses
from signing.backends.remote_uri import RemoteUri, parse_remote_uri
from signing.errors import KeyringMalformed, KeyUnavailable
from verification.signatures import Algorithm, is_signed_by
from verification.trust import PublicKey

logger = logging.getLogger(__name__)


class _Known:
    """What the service has said about the credential, so that it is asked once and not for every signature."""

    def __init__(self) -> None:
        self.credential: Credential | None = None


@dataclass(frozen=True, slots=True)
class RemoteKey:
    """A private key that a service keeps. Only hashes travel to it, never what is sealed."""

    key_id: str
    algorithm: Algorithm
    public_key: PublicKey
    certificate_chain: tuple[x509.Certificate, ...]
    _uri: RemoteUri = field(repr=False)
    _known: _Known = field(default_factory=_Known, repr=False, compare=False)

    def sign(self, data: bytes) -> bytes:
        """As SigningKey says; the answer is verified before it is believed. Raises KeyUnavailable."""
        try:
            service = service_at(self._uri.service)
            credential = self.credential()
            answer = sign_hash(service, credential, sha256(data).digest())
        except ServiceAway as away:
            raise KeyUnavailable(f"{self.key_id}: {away}") from None
        except (ServiceRefuses, KeyringMalformed) as refused:
            # Whether the credential is still what it was is asked again before the next signature.
            self._known.credential = None
            raise KeyUnavailable(f"{self.key_id}: {refused}") from None
        for signature in _forms(self.algorithm, answer):
            if is_signed_by(self.public_key, self.algorithm, signature, data):
                return signature
        raise KeyUnavailable(f"{self.key_id}: {self._uri.service} answered with a wrong signature")

    def credential(self) -> Credential:
        """Raises ServiceAway, ServiceRefuses, KeyUnavailable, KeyringMalformed."""
        known = self._known.credential
        if known is None:
            known = ask_for_credential(service_at(self._uri.service), self._uri.credential_id)
            if known.public_key != self.public_key:
                # Held against the key and not the certificate: one that was renewed for the same key seals as before.
                raise KeyringMalformed(
                    f"the credential at {self._uri.service} is not the private half of {self.key_id}"
                )
            self._known.credential = known
        return known


def open_remote_key(address: KeyAddress, passphrase: bytes) -> RemoteKey:
    """A service that is away now doesn't hinder: checking documents needs none, and it is asked again when it shall
    sign. The passphrase is not used: what the service wants to know stands in the URI's secret file.

    Raises KeyringMalformed (URI, another key), KeyUnavailable (secret file, refused or disabled).
    """
    uri = parse_remote_uri(address.uri, address.folder)
    ServiceSecret.read(uri.service)
    key = RemoteKey(address.key_id, address.algorithm, address.public_key, address.certificate_chain, uri)
    try:
        key.credential()
    except ServiceAway as away:
        logger.warning("key %s: %s; it is asked again when it shall sign", address.key_id, away)
    except ServiceRefuses as refused:
        raise KeyUnavailable(f"{address.key_id}: {refused}") from None
    return key


def read_remote_public_key(uri: str, folder: Path, passphrase: bytes) -> PublicKey:
    """The public half of a key at a signing service. Raises KeyringMalformed, KeyUnavailable."""
    parsed = parse_remote_uri(uri, folder)
    try:
        return ask_for_credential(service_at(parsed.service), parsed.credential_id).public_key
    except (ServiceAway, ServiceRefuses) as failure:
        raise KeyUnavailable(str(failure)) from None


def _forms(algorithm: Algorithm, answer: bytes) -> list[bytes]:
    """What the answer can mean: services give ECDSA signatures as DER (RFC 3279) or as bare r and s."""
    if algorithm != "ES256":
        return [answer]
    forms = [answer] if len(answer) == 64 else []
    try:
        r, s = decode_dss_signature(answer)
        if encode_dss_signature(r, s) == answer:
            forms.append(r.to_bytes(32) + s.to_bytes(32))
    except (ValueError, OverflowError):
        pass
    return forms
