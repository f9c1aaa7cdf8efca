"""Whether claims are an access token's: by all signs that there are, where nothing else tells kinds of tokens apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from identity.errors import WrongTokenType

# what ID tokens (OpenID Connect Core 1.0 section 2) and logout tokens carry, and access tokens never
_OTHER_TOKENS_CLAIMS: Final = frozenset(("nonce", "at_hash", "c_hash", "s_hash", "events"))
# under which claim, and how, products without RFC 9068 mark their access tokens
_MARKS: Final = {"typ": ("Bearer", "at+jwt"), "token_use": ("access", "access_token")}
_BOUND: Final = "DPoP"
"""As `typ`, by the products that say Bearer there otherwise: an access token that is bound to a key (RFC 9449)."""


def refuse_other_kinds(claims: Mapping[str, object]) -> bool:
    """Whether a mark says that these are an access token's claims; where there is no mark, none says anything else.

    An ID token's audience is the client that it was made for; an access token's is the service that it is shown to.
    Raises WrongTokenType for what looks like a token of another kind.
    """
    if claims.keys() & _OTHER_TOKENS_CLAIMS:
        raise WrongTokenType
    marks = [name for name in _MARKS if name in claims]
    for name in marks:
        bound = name == "typ" and claims[name] == _BOUND and "cnf" in claims
        if claims[name] not in _MARKS[name] and not bound:
            raise WrongTokenType
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if any(claims[name] in audiences for name in ("client_id", "azp") if name in claims):
        raise WrongTokenType
    return bool(marks)
