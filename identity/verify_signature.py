"""Whether a token's bytes are its issuer's: algorithm, key, signature. Shared by all kinds of signed tokens."""

from __future__ import annotations

from collections.abc import Mapping

from identity.algorithms import ALGORITHMS
from identity.errors import AlgorithmNotAllowed, BadSignature, UnknownKey
from identity.parse_token import UnverifiedToken
from identity.provider import Provider


async def verify_signature(unverified: UnverifiedToken, provider: Provider) -> Mapping[str, object]:
    """The claims, once algorithm, key and signature are the provider's. Nothing else about them is checked.

    Raises AlgorithmNotAllowed, UnknownKey, UnusableKey, BadSignature, ProviderUnavailable.
    """
    if unverified.unverified_algorithm not in provider.trusted.algorithms:
        raise AlgorithmNotAllowed
    if unverified.unverified_key_id is None:
        raise UnknownKey
    key = await provider.find_key(unverified.unverified_key_id)
    algorithm = ALGORITHMS[unverified.unverified_algorithm]
    if not key.verifies(algorithm, unverified.signing_input, unverified.signature):
        raise BadSignature
    return unverified.unverified_claims
