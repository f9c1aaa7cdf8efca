"""SD-JWT (RFC 9901) as text: a signed JWT, the disclosures that its holder shows, perhaps a proof of the holder's key.

Only the flat form that this house writes: every disclosure is a text claim of the top level. Nothing is parsed before
it is proven: the payload not before the signature, a disclosure not before its digest was found in the payload.
"""

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from verification.formats.jws import (
    Jws,
    JwsMalformed,
    compact_json,
    from_base64url,
    read_jws,
    read_object,
    to_base64url,
)
from verification.signatures import Algorithm
from verification.verdict import VerificationError

CREDENTIAL_TYP = "dc+sd-jwt"
KEY_BINDING_TYP = "kb+jwt"
MAX_CREDENTIAL_CHARS = 16_384
MAX_DISCLOSURES = 16
MAX_DIGESTS = 32
SALT_BYTES = 16

_DIGEST = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_SALT = re.compile(r"[A-Za-z0-9_-]{22,86}", re.ASCII)


class CredentialMalformed(VerificationError):
    code = "credential_malformed"


class DisclosureRefused(VerificationError):
    """A disclosure that the issuer has not sealed, or one that is shown twice."""

    code = "disclosure_not_sealed"


@dataclass(frozen=True, slots=True)
class Presentation:
    """A credential taken apart; nothing in it is proven before the signature is.

    shown: all of the text that a proof of the holder's key is about, up to and with the last tilde.
    """

    issuer_jwt: Jws
    disclosures: tuple[str, ...] = field(repr=False)
    shown: str = field(repr=False)
    key_binding: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyBinding:
    """A key binding JWT taken apart (RFC 9901 section 4.3), not proven yet."""

    algorithm: Algorithm
    signing_input: bytes
    payload: bytes
    signature: bytes

    def claims(self) -> dict[str, Any]:
        """Raises JwsMalformed."""
        return read_object(self.payload)


def write_disclosure(salt: str, name: str, value: str) -> str:
    """RFC 9901 section 4.2.1. salt: SALT_BYTES random bytes in base64url, so that nobody guesses what is withheld."""
    return to_base64url(compact_json([salt, name, value]))


def digest_of(text: str) -> str:
    """SHA-256 over a disclosure, or over what a key binding is about, as both stand in the text."""
    return to_base64url(sha256(text.encode("ascii")).digest())


def join(issuer_jwt: str, disclosures: Sequence[str]) -> str:
    """A credential without key binding: every part is followed by a tilde."""
    return "".join(f"{part}~" for part in (issuer_jwt, *disclosures))


def read_presentation(text: str) -> Presentation:
    """Take a credential apart. Raises CredentialMalformed, JwsMalformed: too long, too many disclosures, no tilde at
    the end, or a JWT whose header is anything but alg, kid and typ dc+sd-jwt."""
    if len(text) > MAX_CREDENTIAL_CHARS or not text.isascii():
        raise CredentialMalformed("credential_too_long" if text.isascii() else None)
    issuer_jwt, tilde, rest = text.partition("~")
    if not tilde:
        raise CredentialMalformed
    *disclosures, last = rest.split("~")
    if len(disclosures) > MAX_DISCLOSURES:
        raise CredentialMalformed("credential_disclosures_too_many")
    return Presentation(
        read_jws(issuer_jwt, CREDENTIAL_TYP),
        tuple(disclosures),
        text[: len(text) - len(last)],
        last or None,
    )


def select(text: str, names: Collection[str]) -> str:
    """What a holder presents who shows these claims alone, without a proof of the holder's key.

    Raises CredentialMalformed, JwsMalformed.
    """
    whole = read_presentation(text)
    issuer_jwt, _, _ = text.partition("~")
    return join(issuer_jwt, [one for one in whole.disclosures if _content(one)[0] in names])


def read_disclosed(digests: object, disclosures: Sequence[str]) -> dict[str, str]:
    """The claims shown, by name. digests: the `_sd` of a payload whose signature has been verified.

    Raises CredentialMalformed for digests or contents that this house does not write, DisclosureRefused for a
    disclosure whose digest is not among them or that is shown twice.
    """
    match digests:
        case [str(), *_] if len(digests) <= MAX_DIGESTS and all(_is_digest(one) for one in digests):
            unused = set(digests)
        case _:
            raise CredentialMalformed("credential_digests_malformed")
    if len(unused) != len(digests):
        raise CredentialMalformed("credential_digests_malformed")
    claims: dict[str, str] = {}
    for disclosure in disclosures:
        digest = digest_of(disclosure)
        if digest not in unused:
            raise DisclosureRefused("disclosure_repeated" if digest in digests else None)
        unused.remove(digest)
        name, value = _content(disclosure)
        if name in claims:
            raise CredentialMalformed("credential_claims_unexpected")
        claims[name] = value
    return claims


def read_key_binding(text: str) -> KeyBinding:
    """Take a key binding JWT apart. Raises JwsMalformed for another typ, an algorithm other than ES256 and EdDSA, or
    critical extensions; a key that its header brings along is not looked at."""
    parts = text.split(".", 3)
    if len(parts) != 3:
        raise JwsMalformed
    match read_object(from_base64url(parts[0])):
        case {"alg": "ES256" | "EdDSA" as algorithm, "typ": found, **others}:
            if found != KEY_BINDING_TYP or "crit" in others:
                raise JwsMalformed("jws_header_unexpected")
        case _:
            raise JwsMalformed("jws_header_unexpected")
    signed = text[: len(parts[0]) + 1 + len(parts[1])].encode()
    return KeyBinding(algorithm, signed, from_base64url(parts[1]), from_base64url(parts[2]))


def _is_digest(found: object) -> bool:
    return isinstance(found, str) and _DIGEST.fullmatch(found) is not None


def _content(disclosure: str) -> tuple[str, str]:
    try:
        found = json.loads(from_base64url(disclosure).decode())
    except (ValueError, RecursionError):
        raise CredentialMalformed("credential_disclosure_malformed") from None
    match found:
        case [str() as salt, str() as name, str() as value] if _SALT.fullmatch(salt):
            return name, value
        case _:
            raise CredentialMalformed("credential_disclosure_malformed")
