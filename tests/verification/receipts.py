"""Signed receipts for tests: the shipped example's content under keys that a test makes."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from typing import Any

from issuance.documents.catalogue import shipped_types_folder
from signing.keys import KeyRing
from signing.local_authority import PdfKeyType
from signing.permit import SealingPermit
from signing.seal_receipt import SealedReceipt, seal_receipt
from tests.sealing import AT, key_ring
from verification.formats.receipt_xml import write_receipt
from verification.trust import RECEIPT_DOCUMENT_TYPE, KeyPurpose
from verification.verdict import DocumentFacts

UNIT = "000.00.15.H26"


def content(**changed: Any) -> dict[str, Any]:
    example = json.loads((shipped_types_folder() / "receipt" / "example.json").read_text(encoding="utf-8"))
    stated: dict[str, Any] = example["content"] | changed
    return stated


def receipt_facts(ring: KeyRing, stated: dict[str, Any]) -> DocumentFacts:
    return DocumentFacts(
        document_type=RECEIPT_DOCUMENT_TYPE,
        number=stated["document_number"],
        full_name=stated["full_name"],
        birth_date=date.fromisoformat(stated["birth_date"]),
        result_line=stated["result_line"],
        issued_on=AT.date(),
        expires_on=None,
        key_id=ring.active(KeyPurpose.RECEIPT, AT).key_id,
        status_list=1,
        status_index=4242,
    )


def written(ring: KeyRing, **changed: Any) -> bytes:
    """Without a signature."""
    stated = content(**changed)
    return write_receipt(stated, UNIT, receipt_facts(ring, stated), stated["check_code"])


def permit(xml: bytes, purpose: KeyPurpose = KeyPurpose.RECEIPT) -> SealingPermit:
    return SealingPermit.grant(serial="test", purpose=purpose, content=xml)


@cache
def sealed(key_type: PdfKeyType = "p256") -> SealedReceipt:
    ring = key_ring(key_type)
    return seal_receipt(permit(written(ring)), ring.active(KeyPurpose.RECEIPT, AT))
