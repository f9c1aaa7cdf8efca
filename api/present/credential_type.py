"""What wallets and verifiers are told about a type of credential (SD-JWT VC Type Metadata)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from typing_extensions import TypedDict

from issuance.documents.catalogue import DocumentType
from issuance.documents.definition import CredentialWords
from issuance.fees.wording import Label
from verification.formats.credential import type_url
from verification.verdict import SELECTIVE_FACTS


class TypeDisplay(TypedDict):
    """The type in one language."""

    locale: str
    name: str
    description: str


class ClaimDisplay(TypedDict):
    """A claim in one language."""

    locale: str
    label: str


class ClaimView(TypedDict):
    """One claim: where it stands, whether each credential has it, and whether its holder may withhold it."""

    path: list[str]
    display: list[ClaimDisplay]
    mandatory: bool
    sd: str


class CredentialTypeView(TypedDict):
    """Type metadata as wallets read it; `vct` is the address that it is published under."""

    vct: str
    name: str
    description: str
    display: list[TypeDisplay]
    claims: list[ClaimView]


_LOCALES: tuple[tuple[str, Literal["vi", "en"]], ...] = (("vi-VN", "vi"), ("en", "en"))
_SELECTIVE: Mapping[str, Label] = {
    "number": Label("Số giấy tờ", "Document number"),
    "full_name": Label("Họ và tên", "Full name"),
    "birth_date": Label("Ngày sinh", "Date of birth"),
}
_ISSUED, _EXPIRES = Label("Ngày cấp", "Date of issue"), Label("Hết hiệu lực từ", "No longer in force from")


def credential_type_view(document_type: DocumentType, words: CredentialWords, public_url: str) -> CredentialTypeView:
    labels = {**_SELECTIVE, "result_line": words.result_line}
    return {
        "vct": type_url(public_url, document_type.id),
        "name": document_type.name.en,
        "description": words.description.en,
        "display": [
            {
                "locale": locale,
                "name": document_type.name.in_language(language),
                "description": words.description.in_language(language),
            }
            for locale, language in _LOCALES
        ],
        "claims": [
            *(_claim(name, labels[name], mandatory=True, sd="always") for name in SELECTIVE_FACTS),
            _claim("iat", _ISSUED, mandatory=True, sd="never"),
            _claim("exp", _EXPIRES, mandatory=False, sd="never"),
        ],
    }


def _claim(name: str, label: Label, *, mandatory: bool, sd: str) -> ClaimView:
    shown: list[ClaimDisplay] = [
        {"locale": locale, "label": label.in_language(language)} for locale, language in _LOCALES
    ]
    return {"path": [name], "display": shown, "mandatory": mandatory, "sd": sd}
