"""A receipt as XML, signed in its envelope; `receipt.xsd` beside this module describes it for everybody else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from verification.formats.plain_xml import Element, XmlMalformed, read_elements, start_of, write_elements
from verification.formats.xml_signature import EnvelopedSignature, split_signature
from verification.verdict import MAX_STATUS_NUMBER, DocumentFacts

NAMESPACE = "urn:condau:receipt:1"
MAX_RECEIPT_BYTES = 1_000_000
NOTICE = "Cơ quan thu lập và ký số biên lai này; cơ quan thuế không cấp mã và không xác nhận."
"""What the receipt says of itself, so that nobody takes it for one that the tax authority has certified."""

START = start_of("receipt", NAMESPACE)


@dataclass(frozen=True, slots=True)
class SignedReceipt:
    """A receipt taken apart; nothing in it is verified."""

    root: Element = field(repr=False)
    signature: EnvelopedSignature


def write_receipt(content: Mapping[str, Any], unit: str, facts: DocumentFacts, check_code: str) -> bytes:
    """The receipt without its signature, as it will be signed.

    content: what the receipt's page prints. facts: with the id of the key that will sign it.
    Raises ValueError for text that XML cannot carry.
    """
    totals = content["totals"]
    root: Element = (
        "receipt",
        (
            ("number", content["receipt_number"]),
            ("unit", unit),
            ("issuedOn", facts.issued_on.isoformat()),
            _group(
                "issuingBody",
                name=content["issuing_body"],
                parent=content.get("issuing_parent"),
                place=content["place"],
            ),
            _group(
                "payer",
                fullName=facts.full_name,
                birthDate=facts.birth_date.isoformat(),
                personalId=content["personal_id"],
            ),
            ("applicationCode", content["application_code"]),
            ("service", content["service_name"]),
            *(_line(one) for one in content["lines"]),
            _group("totals", gross=totals["gross"], waived=totals["waived"], due=totals["due"]),
            ("currency", "VND"),
            ("dueInWords", content["due_in_words"]),
            *((("paidOn", content["paid_on"]),) if content.get("paid_on") else ()),
            ("outcome", facts.result_line),
            *(("legalBasis", basis) for basis in content["legal_basis"]),
            _group("signatory", name=content["signatory_name"], title=content["signatory_title"]),
            _group(
                "document",
                type=facts.document_type,
                number=facts.number,
                checkCode=check_code,
                statusList=facts.status_list,
                statusIndex=facts.status_index,
                keyId=facts.key_id,
                specimen=str(content["specimen"]).lower(),
            ),
            ("verifyAt", content["verify_host"]),
            ("notice", NOTICE),
        ),
    )
    return write_elements(root, NAMESPACE)


def read_receipt(data: bytes) -> SignedReceipt:
    """Take a signed receipt apart. Raises XmlMalformed for whatever is not byte for byte as we write it.

    1. At most MAX_RECEIPT_BYTES of UTF-8; one signature over all the rest, and it is the last element
       (`split_signature`).
    2. The rest is in its own canonical form (`read_elements`).
    """
    if len(data) > MAX_RECEIPT_BYTES or not data.startswith(START):
        raise XmlMalformed
    document, signature = split_signature(data, b"</receipt>")
    return SignedReceipt(read_elements(document, "receipt", NAMESPACE), signature)


def facts_of(receipt: SignedReceipt) -> DocumentFacts:
    """What the receipt says of itself. Raises XmlMalformed."""
    top, document, payer = (dict(_children(one)) for one in _three(receipt.root))
    try:
        facts = DocumentFacts(
            document_type=_text(document["type"]),
            number=_text(document["number"]),
            full_name=_text(payer["fullName"]),
            birth_date=date.fromisoformat(_text(payer["birthDate"])),
            result_line=_text(top["outcome"]),
            issued_on=date.fromisoformat(_text(top["issuedOn"])),
            expires_on=None,
            key_id=_text(document["keyId"]),
            status_list=_number(_text(document["statusList"])),
            status_index=_number(_text(document["statusIndex"])),
        )
    except (KeyError, ValueError):
        raise XmlMalformed from None
    return facts


def _group(name: str, /, **texts: object) -> Element:
    return name, tuple((key, str(value)) for key, value in texts.items() if value is not None)


def _line(one: Mapping[str, Any]) -> Element:
    _, amounts = _group(
        "", label=one["label"], quantity=one["quantity"], gross=one["gross"], waived=one["waived"], due=one["due"]
    )
    reductions = (
        _group("reduction", label=taken["label"], amount=taken["amount"], budget=taken["budget"])
        for taken in one["reductions"]
    )
    return "line", (*_children(("", amounts)), *reductions)


def _three(root: Element) -> tuple[Element, Element, Element]:
    groups = {name: (name, inner) for name, inner in _children(root)}
    return root, groups.get("document", ("", "")), groups.get("payer", ("", ""))


def _children(element: Element) -> tuple[Element, ...]:
    return element[1] if not isinstance(element[1], str) else ()


def _text(inner: str | tuple[Element, ...]) -> str:
    if not isinstance(inner, str) or not inner:
        raise ValueError("text was expected")
    return inner


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > MAX_STATUS_NUMBER:
        raise ValueError("a number was expected")
    return int(text)
