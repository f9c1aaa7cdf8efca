"""A credential of a signing service: what it is (`credentials/info`), leave to use it, and one signature by it.

Cloud Signature Consortium, API v2.0.0.2, sections 11.5 (info), 11.6 (authorize) and 11.10 (signHash).
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from signing.backends.remote_service import Service
from signing.backends.remote_transport import ServiceAway, ServiceRefuses
from signing.errors import KeyringMalformed, KeyUnavailable
from verification.signatures import Algorithm, algorithm_of
from verification.trust import PublicKey

_SHA256_OID = "2.16.840.1.101.3.4.2.1"
# The first that the credential names is asked for; those without a hash in their name go with hashAlgorithmOID.
_SIGN_ALGORITHMS: dict[Algorithm, tuple[str, ...]] = {
    "ES256": ("1.2.840.10045.4.3.2", "1.2.840.10045.2.1"),
    "RS256": ("1.2.840.113549.1.1.11", "1.2.840.113549.1.1.1"),
}
MAX_CERTIFICATE_CHARACTERS = 16_384


@dataclass(frozen=True, slots=True)
class Credential:
    """pin_id: how the service calls the PIN that it wants before each signature, None when it wants none."""

    id: str
    public_key: PublicKey
    algorithm: Algorithm
    sign_algorithm: str
    pin_id: str | None


def ask_for_credential(service: Service, credential_id: str) -> Credential:
    """Raises ServiceAway, ServiceRefuses, KeyUnavailable (disabled, invalid), KeyringMalformed (of no use here)."""
    answer = service.call(
        "credentials/info",
        {"credentialID": credential_id, "certificates": "single", "certInfo": True, "authInfo": True},
    )
    key, certificate, authorization = (_object(answer, part) for part in ("key", "cert", "auth"))
    if key.get("status") != "enabled":
        raise KeyUnavailable("the signing service has disabled this credential")
    if certificate.get("status", "valid") != "valid":
        raise KeyUnavailable("the signing service says that this credential's certificate is not valid")
    multisign = answer.get("multisign", 1)
    if isinstance(multisign, bool) or not isinstance(multisign, int) or multisign < 1:
        raise ServiceAway("the signing service says that this credential makes no signatures")
    public_key = _public_key(certificate)
    algorithm = algorithm_of(public_key)
    if algorithm not in _SIGN_ALGORITHMS:
        # Ed25519 signs the data and not a hash of it, and the data may say who somebody is.
        raise KeyringMalformed("a signing service signs hashes: with P-256 or RSA of 2048 bits and more")
    offered = key.get("algo")
    chosen = [one for one in _SIGN_ALGORITHMS[algorithm] if isinstance(offered, list) and one in offered]
    if not chosen:
        raise KeyringMalformed("this credential does not sign with ECDSA or PKCS#1 v1.5 over SHA-256")
    return Credential(credential_id, public_key, algorithm, chosen[0], _pin_id(authorization))


def sign_hash(service: Service, credential: Credential, digest: bytes) -> bytes:
    """The one signature over a SHA-256 digest, as the service gives it.

    Raises ServiceAway, ServiceRefuses, KeyUnavailable.
    """
    request: dict[str, Any] = {
        "credentialID": credential.id,
        "hashes": [base64.b64encode(digest).decode("ascii")],
        "hashAlgorithmOID": _SHA256_OID,
        "signAlgo": credential.sign_algorithm,
        "operationMode": "S",
    }
    leave = _activation(service, credential, request)
    try:
        answer = service.call("signatures/signHash", request | leave)
    except ServiceRefuses:
        if not leave:
            raise
        # It may have ended on the way: once more with another one.
        answer = service.call("signatures/signHash", request | _activation(service, credential, request))
    signatures = answer.get("signatures")
    if not isinstance(signatures, list) or len(signatures) != 1 or not isinstance(signatures[0], str):
        raise ServiceAway("the signing service did not answer with one signature")
    try:
        return base64.b64decode(signatures[0], validate=True)
    except (binascii.Error, ValueError):
        raise ServiceAway("the signing service did not answer with a signature") from None


def _activation(service: Service, credential: Credential, request: dict[str, Any]) -> dict[str, str]:
    """Signature activation data for this very hash, where the credential asks for a PIN; none is kept for another."""
    if credential.pin_id is None:
        return {}
    pin = service.pin()
    wish = {
        "credentialID": credential.id,
        "numSignatures": 1,
        "hashes": request["hashes"],
        "hashAlgorithmOID": _SHA256_OID,
        "authData": [{"id": credential.pin_id, "value": pin}],
    }
    try:
        answer = service.call("credentials/authorize", wish)
    except ServiceRefuses as refused:
        if refused.status == 400:
            service.remember_refused(pin)
        raise
    activation = answer.get("SAD")
    if not isinstance(activation, str) or not activation:
        raise ServiceAway("the signing service gives no leave to sign")
    return {"SAD": activation}


def _object(answer: dict[str, Any], name: str) -> dict[str, Any]:
    part = answer.get(name, {})
    if not isinstance(part, dict):
        raise ServiceAway("the signing service describes the credential otherwise than its API says")
    return part


def _public_key(certificate: dict[str, Any]) -> PublicKey:
    chain = certificate.get("certificates")
    first = chain[0] if isinstance(chain, list) and chain else None
    if not isinstance(first, str) or len(first) > MAX_CERTIFICATE_CHARACTERS:
        raise KeyUnavailable("the signing service gives no certificate of this credential")
    try:
        key = x509.load_der_x509_certificate(base64.b64decode(first, validate=True)).public_key()
    except ValueError:
        raise ServiceAway("the signing service gives a certificate that cannot be read") from None
    if not isinstance(key, PublicKey) or algorithm_of(key) is None:
        raise KeyringMalformed("this credential is a key of no allowed kind")
    return key


def _pin_id(authorization: dict[str, Any]) -> str | None:
    mode = authorization.get("mode")
    if mode == "implicit":
        return None
    objects = authorization.get("objects", [{"type": "Password", "id": "PIN"}])
    if mode == "explicit" and isinstance(objects, list) and len(objects) == 1 and isinstance(objects[0], dict):
        kind, name = objects[0].get("type"), objects[0].get("id")
        if kind == "Password" and isinstance(name, str):
            return name
    raise KeyringMalformed("this credential wants a person before each signature; sealing has none to ask")
