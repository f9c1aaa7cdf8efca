"""Where a key lives in a PKCS#11 token, as a URI says it (RFC 7512)."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

from signing.backends.private_file import file_named, read_private_file
from signing.errors import KeyringMalformed, KeyUnavailable

_PATH = {"token", "serial", "object", "id", "type"}
_QUERY = {"module-path", "pin-source"}
# RFC 7512 section 2.3: letters, digits and some signs stand for themselves, all else is percent-encoded.
_VALUE = re.compile(r"(?:[A-Za-z0-9\-._~:\[\]@!$'()*+,=/&|]|%[0-9A-Fa-f]{2})+")
MAX_URI_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class PinSource:
    """file: read at every login, so that a changed PIN needs no restart; without one the ring's passphrase is it."""

    file: Path | None
    passphrase: bytes

    def __repr__(self) -> str:
        return f"PinSource({self.file.name if self.file else 'the passphrase of the ring'})"

    def read(self) -> str:
        """Raises KeyUnavailable."""
        raw = self.passphrase if self.file is None else read_private_file(self.file)
        try:
            pin = raw.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            raise KeyUnavailable(f"{self!r} is not text in UTF-8") from None
        if not pin:
            raise KeyUnavailable(f"{self!r} is empty")
        return pin


@dataclass(frozen=True, slots=True)
class TokenAddress:
    """A token of a module: by its label, and its serial number where two have the same."""

    module: str
    label: str
    serial: str | None

    def __str__(self) -> str:
        return f"token {self.label!r}"


@dataclass(frozen=True, slots=True)
class ObjectAddress:
    """A key pair of a token, by the label or the id that both halves carry, or both."""

    label: str | None
    id: bytes | None

    def __str__(self) -> str:
        return f"object {self.label!r}" if self.label is not None else f"object with id {(self.id or b'').hex()}"


@dataclass(frozen=True, slots=True)
class Pkcs11Uri:
    token: TokenAddress
    object: ObjectAddress
    pin: PinSource


def parse_pkcs11_uri(uri: str, folder: Path, passphrase: bytes) -> Pkcs11Uri:
    """`pkcs11:token=…;object=…[;id=…][;serial=…]?module-path=…[&pin-source=file:…]`.

    Raises KeyringMalformed, which never repeats a value: somebody may have written a PIN there.
    """
    scheme, _, rest = uri.partition(":")
    path, _, query = rest.partition("?")
    if scheme != "pkcs11" or len(uri) > MAX_URI_CHARACTERS:
        raise KeyringMalformed("a PKCS#11 URI begins with pkcs11: and has at most 2000 characters")
    where = _attributes(path.split(";"), _PATH)
    how = _attributes(query.split("&") if query else [], _QUERY)
    if "token" not in where or not ("object" in where or "id" in where):
        raise KeyringMalformed("a PKCS#11 URI names its token, and the key by object or id")
    if unquote(where.get("type", "private")) != "private":
        raise KeyringMalformed("a PKCS#11 URI of a sealing key has type=private or no type")
    module = unquote(how.get("module-path", ""))
    if not module.startswith("/"):
        raise KeyringMalformed("a PKCS#11 URI needs module-path, the absolute path of the token's library")
    pin_file = None
    if "pin-source" in how:
        pin_file = file_named(unquote(how["pin-source"]), folder)
        if pin_file is None:
            raise KeyringMalformed("pin-source is file:<name>, relative to the key ring's folder")
    token = TokenAddress(module, unquote(where["token"]), unquote(where["serial"]) if "serial" in where else None)
    label = unquote(where["object"]) if "object" in where else None
    identifier = unquote_to_bytes(where["id"]) if "id" in where else None
    return Pkcs11Uri(token, ObjectAddress(label, identifier), PinSource(pin_file, passphrase))


def _attributes(parts: list[str], known: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in parts:
        name, equals, value = part.partition("=")
        if name == "pin-value":
            raise KeyringMalformed("a PKCS#11 URI must not hold the PIN: use pin-source")
        if name not in known or name in found or not equals:
            raise KeyringMalformed(f"a PKCS#11 URI has each of {', '.join(sorted(known))} once at most, and no other")
        if not _VALUE.fullmatch(value):
            raise KeyringMalformed(f"{name} of a PKCS#11 URI is empty, or not percent-encoded as RFC 7512 asks")
        found[name] = value
    return found
