"""Whose what is issued in batches is, before its owner has ever signed in."""

from __future__ import annotations

from identity.citizen import VerifiedCitizen

from ..rules import Rules


def person_key(person_index: str) -> str:
    """Under which a person owns what was issued for her in batches, whichever account she signs in with; no account has
    such a key, since an issuer's is an address."""
    return f"person:{person_index}"


def person_key_of(rules: Rules, citizen: VerifiedCitizen) -> str:
    """The same for whoever has signed in: her number is what was proven."""
    return person_key(rules.person_index(citizen.personal_id.digits))
