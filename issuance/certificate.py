"""A sealed document and its life: intended, issued, perhaps revoked. Results, receipts and apologies are all one."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from verification.printed_number import CHECK_CODE_ALPHABET, CHECK_CODE_CHARS, NUMBER_DIGITS
from verification.register import DocumentStatus
from verification.verdict import DocumentFacts

STATUS_LIST_SIZE = 1 << 17
"""Entries of one status list. Large, so that an index says nothing about its neighbours (herd privacy)."""


class CertificateKind(StrEnum):
    RESULT = "result"
    RECEIPT = "receipt"
    APOLOGY = "apology"


class CertificateState(StrEnum):
    INTENDED = "intended"
    ISSUED = "issued"
    REVOKED = "revoked"


class RevocationReason(StrEnum):
    """A fixed list, because the reason is shown in public and so must not carry anything about a person."""

    ISSUED_IN_ERROR = "issued_in_error"
    FACTS_CHANGED = "facts_changed"
    OBTAINED_BY_DECEPTION = "obtained_by_deception"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    reason: RevocationReason
    by: str
    at: datetime


class SuspensionReason(StrEnum):
    """As public as the reason of a revocation."""

    UNDER_REVIEW = "under_review"
    KEY_IN_DOUBT = "key_in_doubt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """Not in force for now; unlike a revocation it may be lifted."""

    reason: SuspensionReason
    by: str
    at: datetime


class FileForm(StrEnum):
    """What else than the sealed PDF belongs to a document."""

    CREDENTIAL = "credential"
    ARCHIVED_PDF = "archived_pdf"
    RECEIPT_XML = "receipt_xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFile:
    """A further file of an issued document, stored under its digest. An archived PDF is as much ours as the first."""

    form: FileForm
    sha256: bytes
    size_bytes: int
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One document of one application. What its bytes will carry is fixed while it is INTENDED and never changes after.

    number: printed document number, 12 random digits; check_code: 10 random letters and digits for typed look-up.
    full_name to expires_on: what the QR code states as well, for whoever compares it with the identity card.
    content: what the layout gets, blinded; content_digest its SHA-256. sha256 and size_bytes describe the sealed PDF.
    credential_key_id: of the key that seals its credential; None for a document without one.
    """

    id: UUID
    application_id: UUID
    kind: CertificateKind
    type_id: str
    unit: str
    number: str
    check_code: str
    status_list: int
    status_index: int
    pdf_key_id: str
    qr_key_id: str
    credential_key_id: str | None = None
    template_id: str
    full_name: str
    birth_date: date
    result_line: str
    issued_on: date
    expires_on: date | None
    content: Mapping[str, Any]
    content_digest: str
    state: CertificateState
    intended_at: datetime
    issued_at: datetime | None = None
    sha256: bytes | None = None
    size_bytes: int | None = None
    revocation: Revocation | None = None
    suspension: Suspension | None = None

    @property
    def intent(self) -> str:
        """A digest, in hex, of all that was fixed before sealing: what was sealed under another is another document."""
        fixed = (self.content_digest, *self.key_ids, self.template_id, self.intended_at.isoformat())
        return hashlib.sha256("\n".join(fixed).encode()).hexdigest()

    @property
    def status(self) -> DocumentStatus:
        """What is published of an issued document: revoked for good, suspended for now, else valid."""
        if self.state is CertificateState.REVOKED:
            return DocumentStatus.REVOKED
        return DocumentStatus.VALID if self.suspension is None else DocumentStatus.SUSPENDED

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Of the keys that seal its PDF, its QR code and, where it has one, its credential."""
        sealing = (self.pdf_key_id, self.qr_key_id, self.credential_key_id)
        return tuple(key_id for key_id in sealing if key_id is not None)

    @property
    def facts(self) -> DocumentFacts:
        """What QR code, attachment and register say alike."""
        return DocumentFacts(
            document_type=self.type_id,
            number=self.number,
            full_name=self.full_name,
            birth_date=self.birth_date,
            result_line=self.result_line,
            issued_on=self.issued_on,
            expires_on=self.expires_on,
            key_id=self.qr_key_id,
            status_list=self.status_list,
            status_index=self.status_index,
        )

    @property
    def credential_facts(self) -> DocumentFacts:
        """The same, under the key of the credential. Raises ValueError for a document without one."""
        if self.credential_key_id is None:
            raise ValueError("this document has no credential")
        return replace(self.facts, key_id=self.credential_key_id)

    @property
    def receipt_facts(self) -> DocumentFacts:
        """The same, under the key that signs a receipt's XML. Raises ValueError for a document that is no receipt."""
        if self.kind is not CertificateKind.RECEIPT:
            raise ValueError("this document is no receipt")
        return replace(self.facts, key_id=self.pdf_key_id)


def new_number() -> str:
    """12 random decimal digits, printed in groups of four; unpredictable, so that nobody can walk the register."""
    return f"{secrets.randbelow(10**NUMBER_DIGITS):0{NUMBER_DIGITS}d}"


def new_check_code() -> str:
    """10 random characters, about 49 bits: together with the number the proof that one holds the paper."""
    return "".join(secrets.choice(CHECK_CODE_ALPHABET) for _ in range(CHECK_CODE_CHARS))


def new_status_index() -> int:
    return secrets.randbelow(STATUS_LIST_SIZE)


BLINDING: Final = "blinding"


def blinded(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """With 128 random bits beside it, kept as the content is and no longer.

    Its digest stands in the audit for good, and would else confirm a guess at what an erased person's document said.
    """
    return {**content, BLINDING: secrets.token_hex(16)}


def unblinded(content: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in content.items() if name != BLINDING}


def content_digest(content: Mapping[str, Any]) -> str:
    """SHA-256 over the content as canonical JSON, in hex."""
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
