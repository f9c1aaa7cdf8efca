"""Give a waiting key the certificate that an authority outside of this house issued for it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from signing.errors import KeyChangeRefused
from signing.keyring_file import KeyRecord, RingFile, locked, read_ring_file, write_ring_file
from signing.keys import read_public_half
from signing.local_root import pem
from signing.private_files import write_all_private
from signing.refuse_unpublishable import refuse_unpublishable
from signing.schedule_keys import DEFAULT_LEAD, hand_over, start_without_gap
from verification.certificates import leads_to_root
from verification.trust import PDF_PURPOSES, PublicKey

MAX_CHAIN = 6
_WEAK_HASHES = frozenset({"md5", "sha1"})
_SEALING = frozenset(
    {
        ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
        ExtendedKeyUsageOID.EMAIL_PROTECTION,  # what authorities put there before RFC 9336 gave documents their own
        ObjectIdentifier("1.3.6.1.5.5.7.3.36"),  # id-kp-documentSigning (RFC 9336)
        ObjectIdentifier("1.3.6.1.4.1.311.10.3.12"),  # the same, by Microsoft
        ObjectIdentifier("1.2.840.113583.1.1.5"),  # the same, by Adobe
    }
)


@dataclass(frozen=True, slots=True)
class Imported:
    """The key as it stands now. chain: its certificate, then its issuers, the root last.

    changed: False on a second run, which changes nothing.
    """

    record: KeyRecord
    chain: tuple[x509.Certificate, ...]
    changed: bool


def import_certificate(
    folder: Path,
    key_id: str,
    certificates: Sequence[x509.Certificate],
    root: x509.Certificate | None,
    at: datetime,
    lead: timedelta | None = None,
) -> Imported:
    """Put the key into service with its certificate and those that lead from it to a root.

    certificates: in any order, surplus ones are left out. root: becomes one of the ring's; None where the chain ends
    at one of those it has. lead: how long the keys before it go on; None as planned, with a day at least. The
    key's period shrinks to what the chain allows.
    Raises KeyChangeRefused, KeyringMalformed, KeyUnavailable; the ring is then as it was.
    """
    for certificate in certificates if root is None else (*certificates, root):
        _refuse_unreadable(certificate)
    with locked(folder):
        ring = read_ring_file(folder)
        record = ring.find(key_id)
        public_key = read_public_half(folder, record)
        leaf = _leaf(record, public_key, certificates)
        if record.certificates:
            if pem(leaf) != (folder / record.certificates[0]).read_bytes():
                raise KeyChangeRefused(f"the key {key_id} has another certificate, which what it sealed carries")
            return Imported(record, (leaf,), changed=False)
        if record.compromised_from is not None:
            raise KeyChangeRefused("the key is compromised: no certificate makes it good again")
        roots = {x509.load_pem_x509_certificate((folder / name).read_bytes()): name for name in ring.roots}
        if root is not None:
            _refuse_root(root)
            roots.setdefault(root, f"root-{_short(root)}.crt.pem")
        chain = _chain(leaf, certificates, list(roots))
        _refuse_leaf(leaf)
        for below, issuer in enumerate(chain[1:]):
            _refuse_issuer(issuer, below)
        _refuse_unverifiable(chain)
        files = {f"{record.purpose.value}-{key_id}.crt.pem": pem(leaf)}
        files |= {f"ca-{_short(issuer)}.crt.pem": pem(issuer) for issuer in chain[1:-1]}
        record = _scheduled(ring, replace(record, certificates=tuple(files)), chain, at, lead)
        refuse_unpublishable(folder, ring, record, public_key, chain[:-1], at, chain[-1:])
        ring = hand_over(ring, record)
        top = roots[chain[-1]]
        if top not in ring.roots:
            files[top] = pem(chain[-1])
            ring = replace(ring, roots=(*ring.roots, top))
        # Names are made of digests: a file that is there already, from a run that was killed or another key, is equal.
        write_all_private(folder, {name: text for name, text in files.items() if not _is_there(folder / name, text)})
        return Imported(write_ring_file(folder, ring).find(key_id), chain, changed=True)


def _leaf(record: KeyRecord, public_key: PublicKey, certificates: Sequence[x509.Certificate]) -> x509.Certificate:
    if record.purpose not in PDF_PURPOSES:
        raise KeyChangeRefused(f"a {record.purpose.value} key takes no certificate")
    found = [certificate for certificate in certificates if certificate.public_key() == public_key]
    if len(set(found)) != 1:
        many = "several certificates are" if found else "no certificate given is"
        raise KeyChangeRefused(f"{many} for the key {record.key_id}; exactly one must be")
    return found[0]


def _chain(
    leaf: x509.Certificate, certificates: Sequence[x509.Certificate], roots: Sequence[x509.Certificate]
) -> tuple[x509.Certificate, ...]:
    """From the leaf to one of the roots, each signed by the next. Raises KeyChangeRefused where a link is missing."""
    chain = [leaf]
    while len(chain) <= MAX_CHAIN:
        issuers = [one for one in roots if _is_issued_by(chain[-1], one)]
        if issuers:
            return (*chain, issuers[0])
        issuers = [one for one in certificates if one not in chain and _is_issued_by(chain[-1], one)]
        if not issuers:
            missing = chain[-1].issuer.rfc4514_string()
            raise KeyChangeRefused(f"the certificate of its issuer is missing: {missing} (a root is given by --root)")
        if _is_self_issued(issuers[0]):
            name = issuers[0].subject.rfc4514_string()
            raise KeyChangeRefused(f"the chain ends at {name}, which the ring does not trust: give it by --root")
        chain.append(issuers[0])
    raise KeyChangeRefused(f"the chain is longer than {MAX_CHAIN}")


def _is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, TypeError, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _is_self_issued(certificate: x509.Certificate) -> bool:
    return _is_issued_by(certificate, certificate)


def _refuse_root(root: x509.Certificate) -> None:
    if not _is_self_issued(root):
        raise KeyChangeRefused("what --root gives is no root: it is not signed by itself")


def _refuse_leaf(leaf: x509.Certificate) -> None:
    constraints, usage = _constraints(leaf), _usage(leaf)
    if (constraints is not None and constraints.ca) or (usage is not None and usage.key_cert_sign):
        raise KeyChangeRefused("the certificate is one of an authority, not one to seal with")
    if usage is None or not (usage.digital_signature and usage.content_commitment):
        raise KeyChangeRefused("the certificate's key usage must have digitalSignature and nonRepudiation")
    try:
        extended = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        pass
    else:
        if _SEALING.isdisjoint(extended):
            raise KeyChangeRefused("the certificate's extended key usage is not for documents")
    _refuse_weak(leaf)


def _refuse_issuer(issuer: x509.Certificate, below: int) -> None:
    """below: how many issuers stand between it and the leaf."""
    name, constraints, usage = issuer.subject.rfc4514_string(), _constraints(issuer), _usage(issuer)
    if constraints is None or not constraints.ca or (usage is not None and not usage.key_cert_sign):
        raise KeyChangeRefused(f"{name} may not issue certificates")
    if constraints.path_length is not None and constraints.path_length < below:
        raise KeyChangeRefused(f"{name} allows a shorter chain only")
    if not _is_self_issued(issuer):
        _refuse_weak(issuer)


def _refuse_unverifiable(chain: Sequence[x509.Certificate]) -> None:
    """The last word has the verifier of seals, or nothing that the key seals would pass its own check."""
    latest = max(one.not_valid_before_utc for one in chain)
    if not leads_to_root(chain[0], chain[1:-1], chain[-1:], latest):
        raise KeyChangeRefused(
            "our own verifier does not accept this chain: it wants the extensions of RFC 5280 (critical key usage and "
            "constraints), few authorities between, and strong keys"
        )


def _refuse_unreadable(certificate: x509.Certificate) -> None:
    """cryptography reads most of a certificate only when asked for it."""
    try:
        certificate.public_key(), certificate.extensions
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        raise KeyChangeRefused(f"certificate {certificate.serial_number:x} cannot be read") from None


def _refuse_weak(certificate: x509.Certificate) -> None:
    algorithm = certificate.signature_hash_algorithm
    if algorithm is not None and algorithm.name in _WEAK_HASHES:
        raise KeyChangeRefused(
            f"{certificate.subject.rfc4514_string()} is signed with {algorithm.name}, which is broken"
        )


def _scheduled(
    ring: RingFile, record: KeyRecord, chain: Sequence[x509.Certificate], at: datetime, lead: timedelta | None
) -> KeyRecord:
    """The record with the period in which it and its whole chain are good, from when it may take over."""
    wished = max(record.not_before, at + DEFAULT_LEAD) if lead is None else at + lead
    start = max(
        start_without_gap(ring, record.purpose, record.unit, wished, at).replace(microsecond=0),
        *(one.not_valid_before_utc for one in chain),
    )
    end = min(
        start + (record.not_after - record.not_before),
        *(one.not_valid_after_utc for one in chain),
    )
    if end <= max(start, at):
        raise KeyChangeRefused("the certificate, or one of its issuers, is out of date")
    return replace(record, not_before=start, not_after=end)


def _constraints(certificate: x509.Certificate) -> x509.BasicConstraints | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return None


def _usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def _short(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(SHA256()).hex()[:16]


def _is_there(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content
