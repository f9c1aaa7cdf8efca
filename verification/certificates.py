"""Does a sealing certificate lead to a root that this verifier was given? (RFC 5280 section 6, by `cryptography`)"""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store
from cryptography.x509.verification import VerificationError as PathRefused

# What a hostile certificate makes `cryptography` raise: it parses each field only when it is asked for.
CERTIFICATE_ERRORS = (
    ValueError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


def leads_to_root(
    signer: x509.Certificate, others: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], at: datetime
) -> bool:
    """Whether a path valid at `at` exists that uses every certificate of `others` and ends in one of `roots`.

    The signer must be an end certificate for signing documents (digitalSignature and nonRepudiation). Unused
    certificates are refused: no signature covers them, so anybody could have put them there.
    """
    if not roots:
        return False
    builder = PolicyBuilder().store(Store(list(roots))).time(at).max_chain_depth(3)
    builder = builder.extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=_SIGNER_POLICY)
    try:
        chain = builder.build_client_verifier().verify(signer, list(others)).chain
    except (PathRefused, *CERTIFICATE_ERRORS):
        return False
    return set(others) == set(chain[1:-1])


def led_to_root_between(
    signer: x509.Certificate,
    others: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    first: datetime,
    end: datetime,
) -> bool:
    """Whether `leads_to_root` holds at some instant, first ≤ t < end.

    What is in force together at any instant is so at the latest of its beginnings, so only those are tried.
    """
    try:
        beginnings = {certificate.not_valid_before_utc for certificate in (signer, *others, *roots)}
    except CERTIFICATE_ERRORS:
        return False
    moments = {first, *beginnings}
    return any(leads_to_root(signer, others, roots, moment) for moment in moments if first <= moment < end)


def _check_key_usage(policy: Policy, certificate: x509.Certificate, usage: x509.KeyUsage) -> None:
    if not (usage.digital_signature and usage.content_commitment):
        raise ValueError("not a certificate for signing documents")


def _check_not_an_authority(
    policy: Policy, certificate: x509.Certificate, constraints: x509.BasicConstraints | None
) -> None:
    if constraints is not None and constraints.ca:
        raise ValueError("an authority's certificate does not seal")


_SIGNER_POLICY = (
    ExtensionPolicy.permit_all()
    .require_present(x509.KeyUsage, Criticality.CRITICAL, _check_key_usage)
    .may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, _check_not_an_authority)
)
