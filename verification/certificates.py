"""Does a sealing certificate lead to a root that this verifier was given? (RFC 5280 section 6, by `cryptography`)"""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store
from cryptography.x509.verification import VerificationError as PathRefused

# What a hostile certificate makes `cryptography` raise: it parses each field only when it is asked for.
CERTIFICATE_ERRORS = (
    ValueError,
    TypeError,  # a name of a type that its kind must not have
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    CryptographyDeprecationWarning,  # said of serial numbers below one, and raised where warnings are errors
)


def leads_to_root(
    signer: x509.Certificate, others: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], at: datetime
) -> bool:
    """Whether a path valid at `at` exists that uses every certificate of `others` and ends in one of `roots`.

    The signer must be an end certificate for signing documents (digitalSignature and nonRepudiation). Unused
    certificates are refused: no signature covers them, so anybody could have put them there.
    """
    if not roots or not all(map(_ends_with_its_signature, others)):
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


def _ends_with_its_signature(certificate: x509.Certificate) -> bool:
    """Whether all bits of its signature count: where the last are zero, DER lets them be left out, and no one signs
    how many were."""
    try:
        signature = asn1.encode_der(asn1.BitString(certificate.signature, 0))
        return certificate.public_bytes(Encoding.DER).endswith(signature)
    except CERTIFICATE_ERRORS:
        return False


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


def path_of_timestamper(
    signer: x509.Certificate, others: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], at: datetime
) -> tuple[x509.Certificate, ...] | None:
    """The path valid at `at` from a timestamping authority's certificate towards one of `roots`, which is left out.

    RFC 3161 section 2.3: the only purpose of the certificate's key is stamping time, and that entry is critical.
    None where no path leads there.
    """
    if not roots or not all(map(_ends_with_its_signature, others)):
        return None
    builder = PolicyBuilder().store(Store(list(roots))).time(at).max_chain_depth(3)
    builder = builder.extension_policies(ca_policy=_STAMPERS_ISSUER_POLICY, ee_policy=_STAMPER_POLICY)
    try:
        chain = builder.build_client_verifier().verify(signer, list(others)).chain
    except (PathRefused, *CERTIFICATE_ERRORS):
        return None
    return tuple(chain[:-1]) or None


def _check_stamps_only(policy: Policy, certificate: x509.Certificate, purposes: x509.ExtendedKeyUsage) -> None:
    if list(purposes) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise ValueError("not a certificate for stamping time alone")


def _check_signs(policy: Policy, certificate: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        raise ValueError("not a certificate for signing")


def _check_authority(policy: Policy, certificate: x509.Certificate, constraints: x509.BasicConstraints) -> None:
    if not constraints.ca:
        raise ValueError("not an authority's certificate")


def _check_certifies(policy: Policy, certificate: x509.Certificate, usage: x509.KeyUsage) -> None:
    if not usage.key_cert_sign:
        raise ValueError("not a certificate for signing certificates")


def _check_may_stamp(policy: Policy, certificate: x509.Certificate, purposes: x509.ExtendedKeyUsage | None) -> None:
    allowed = {ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    if purposes is not None and not allowed & set(purposes):
        raise ValueError("an authority for other purposes")


_STAMPER_POLICY = (
    ExtensionPolicy.permit_all()
    .require_present(x509.ExtendedKeyUsage, Criticality.CRITICAL, _check_stamps_only)
    .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _check_signs)
    .may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, _check_not_an_authority)
)
# The web's rules for an issuer would demand that it issues for TLS.
_STAMPERS_ISSUER_POLICY = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _check_authority)
    .require_present(x509.KeyUsage, Criticality.AGNOSTIC, _check_certifies)
    .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _check_may_stamp)
)
