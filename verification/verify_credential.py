"""Is this credential (SD-JWT VC) of a document genuine and in force, and is what its holder shows in it?"""

from datetime import datetime

from verification.ask_register import ask_register
from verification.check_issuer import check_issuer
from verification.formats.credential import CredentialClaims, read_claims
from verification.formats.sd_jwt import DisclosureRefused, Presentation, read_disclosed, read_presentation
from verification.key_binding import ExpectedBinding, check_binding
from verification.register import Register, StatusSource
from verification.signatures import algorithm_of, is_signed_by
from verification.trust import KeyPurpose, TrustedKey, TrustList
from verification.verdict import Check, Outcome, Verdict, VerificationError, unreadable, weigh

# RSA's signatures would make every presentation 250 characters longer and prove nothing more.
CREDENTIAL_ALGORITHMS = ("ES256", "EdDSA")


def verify_credential(
    text: str,
    trust: TrustList,
    status: StatusSource | None,
    at: datetime,
    *,
    register: Register | None = None,
    binding: ExpectedBinding | None = None,
) -> Verdict:
    """Examine a presented credential. Never raises for what the text says.

    register: that of every issuer in `trust`, where it can be asked. binding: the proof of the holder's key that was
    asked for; without one a credential is as good as paper: its facts are compared with an identity card.

    1. Bounded in length and disclosures; a JWS with typ dc+sd-jwt and alg and kid as its only other header members.
    2. The kid belongs to a CREDENTIAL key of the trust list, else UNKNOWN_ISSUER; the issuer's URL is not followed.
    3. The algorithm named is the key's own, ES256 or EdDSA, and the signature that key's, else NOT_GENUINE. Only now
       are the claims parsed, and exactly those accepted that this house writes.
    4. Every disclosure has its digest among the sealed ones and is there once, else NOT_GENUINE. Only then is it read.
    5. The holder's key, if asked for (see `check_binding`); a proof that nobody asked for is refused, not ignored.
    6. With a register: the document that has this entry of a status list says everything that is shown.
    7. Period, unit, purpose and compromise of the key, and the age of the trust list (see `check_issuer`).
    8. The status: the register's if it knows the document, else as fresh as the source says; then expiry (`weigh`).
    """
    try:
        presentation = read_presentation(text.strip())
    except VerificationError as malformed:
        return unreadable(malformed.code, at)
    key = trust.find(presentation.issuer_jwt.unverified_key_id, KeyPurpose.CREDENTIAL)
    if key is None:
        unexamined = Check(Outcome.UNKNOWN, "seal_not_examined")
        return weigh(seal=unexamined, issuer=Check(Outcome.UNKNOWN, "issuer_unknown", trust.as_of), at=at)
    known = Check(Outcome.PASSED, "issuer_known", trust.as_of)
    forged = _check_signature(presentation, key)
    if forged is not None:
        return weigh(seal=forged, issuer=known, at=at)
    try:
        credential = _read(presentation, key)
        seal = check_binding(presentation, credential.holder_key, binding, at)
    except DisclosureRefused as refused:
        return weigh(seal=Check(Outcome.FAILED, refused.code), issuer=known, at=at)
    except VerificationError as malformed:
        return unreadable(malformed.code, at)
    if seal.outcome is not Outcome.PASSED:
        return weigh(seal=seal, issuer=known, at=at, issuer_name=key.issuer_name)

    facts = credential.facts
    answer = ask_register(register, status, facts, at)
    # The register proves when these facts were sealed, but not for whose key: it does not know holders' keys.
    vouched = answer.document if credential.holder_key is None else None
    issuer = check_issuer(
        key,
        trust,
        document_type=facts.document_type,
        issued_on=facts.issued_on,
        at=at,
        sealed_before=vouched.issued_at if vouched is not None else None,
        in_register=vouched is not None,
    )
    return weigh(
        seal=answer.contradiction or seal,
        issuer=issuer,
        status=answer.current,
        facts=facts,
        at=at,
        issuer_name=key.issuer_name,
    )


def _check_signature(presentation: Presentation, key: TrustedKey) -> Check | None:
    token = presentation.issuer_jwt
    if token.algorithm not in CREDENTIAL_ALGORITHMS or token.algorithm != algorithm_of(key.public_key):
        return Check(Outcome.FAILED, "algorithm_not_allowed")
    if not is_signed_by(key.public_key, token.algorithm, token.signature, token.signing_input):
        return Check(Outcome.FAILED, "signature_wrong")
    return None


def _read(presentation: Presentation, key: TrustedKey) -> CredentialClaims:
    claims = presentation.issuer_jwt.claims()
    disclosed = read_disclosed(claims.get("_sd"), presentation.disclosures)
    return read_claims(claims, disclosed, key.key_id)
