"""Where a key lives at a remote signing service, as its URI says it."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from signing.backends.private_file import file_named
from signing.errors import KeyringMalformed

_QUERY = {"credentialID", "secret", "ca"}
MAX_URI_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class ServiceAddress:
    """base: the address before `/credentials/info`. secret: the file with what the service wants to know of us.

    ca: whose certificates the service may have, instead of those of the public authorities.
    """

    base: str
    secret: Path
    ca: Path | None

    def __str__(self) -> str:
        return f"signing service {urlsplit(self.base).hostname}"


@dataclass(frozen=True, slots=True)
class RemoteUri:
    service: ServiceAddress
    credential_id: str


def parse_remote_uri(uri: str, folder: Path) -> RemoteUri:
    """`remote:https://host/csc/v2?credentialID=…&secret=file:client.json[&ca=file:ca.pem]`.

    Raises KeyringMalformed, which repeats no value.
    """
    scheme, _, address = uri.partition(":")
    base, question, query = address.partition("?")
    if scheme != "remote" or len(uri) > MAX_URI_CHARACTERS or not question or "#" in uri:
        raise KeyringMalformed("a remote key is remote:<address>?credentialID=…&secret=file:…")
    if not is_safe_address(base):
        raise KeyringMalformed("a signing service has an https address without user name (http on loopback only)")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=4)
    except ValueError:
        raise KeyringMalformed("the query of a remote key is not as documented") from None
    values = dict(pairs)
    if not values.keys() <= _QUERY or len(values) != len(pairs) or not all(values.values()):
        raise KeyringMalformed(f"a remote key has each of {', '.join(sorted(_QUERY))} once at most, and no other")
    secret = file_named(values.get("secret", ""), folder)
    ca = file_named(values.get("ca", ""), folder)
    if "credentialID" not in values or secret is None or ("ca" in values and ca is None):
        raise KeyringMalformed("a remote key needs credentialID, and files as file:<name> in the ring's folder")
    return RemoteUri(ServiceAddress(base.rstrip("/"), secret, ca), values["credentialID"])


def is_safe_address(address: str) -> bool:
    """Whether secrets may be sent there: https (plain http on loopback only), no user name, query or fragment."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or not address.isascii() or port == 0 or "@" in parts.netloc or parts.query or parts.fragment:
        return False
    if any(c <= " " or c == "\\" for c in address):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
