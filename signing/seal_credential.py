"""Seal a credential: a document's facts as an SD-JWT VC, each for its holder to show or keep (docs/credentials.md)."""

import secrets
from dataclasses import dataclass, field
from hashlib import sha256

from signing.errors import ContentNotSealable, KeyUnsuitable
from signing.jwt import sign_claims
from signing.keys import SigningKey
from signing.permit import SealingPermit
from verification.formats.credential import selective_claims, write_claims
from verification.formats.facts import decode_facts
from verification.formats.holder_key import HolderKey
from verification.formats.sd_jwt import (
    CREDENTIAL_TYP,
    MAX_CREDENTIAL_CHARS,
    SALT_BYTES,
    join,
    write_disclosure,
)
from verification.trust import KeyPurpose
from verification.verdict import VerificationError
from verification.verify_credential import CREDENTIAL_ALGORITHMS


@dataclass(frozen=True, slots=True)
class SealedCredential:
    """text: with all disclosures, for the holder alone. sha256: of the text in ASCII."""

    text: str = field(repr=False)
    sha256: bytes


def seal_credential(
    permit: SealingPermit, key: SigningKey, public_url: str, holder_key: HolderKey | None = None
) -> SealedCredential:
    """Sign the permit's facts (`encode_facts`) with an ES256 or EdDSA key, each selective one under a salt of its own.

    public_url: the service's address, `https://host[/path]`, named as issuer. holder_key: whose holder alone can
    present it to whoever asks for a proof; None for a credential that anybody can show. permit: for
    KeyPurpose.CREDENTIAL, redeemed here, at most once; it is spent even if sealing fails afterwards.
    Raises PermitAlreadyRedeemed, PermitForOtherPurpose, KeyUnavailable, KeyUnsuitable, ContentNotSealable.
    """
    if key.algorithm not in CREDENTIAL_ALGORITHMS:
        raise KeyUnsuitable("credentials are sealed with ES256 or EdDSA")
    content = permit.redeem(KeyPurpose.CREDENTIAL)
    try:
        facts = decode_facts(content)
        disclosures = [
            write_disclosure(secrets.token_urlsafe(SALT_BYTES), name, value)
            for name, value in selective_claims(facts).items()
        ]
        claims = write_claims(facts, public_url.rstrip("/"), disclosures, holder_key)
    except VerificationError as refused:
        raise ContentNotSealable(refused.code) from None
    if facts.key_id != key.key_id:
        raise KeyUnsuitable("the permit is for another key")
    text = join(sign_claims(claims, CREDENTIAL_TYP, key), disclosures)
    if len(text) > MAX_CREDENTIAL_CHARS:
        raise ContentNotSealable("credential_too_long")
    return SealedCredential(text, sha256(text.encode("ascii")).digest())
