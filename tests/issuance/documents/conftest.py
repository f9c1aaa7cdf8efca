"""Shipped types, a renderer with the fonts that are there, and a link as long as real ones."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from issuance.documents.catalogue import Catalogue, DocumentType, load_catalogue, shipped_types_folder
from issuance.documents.render import Renderer
from verification.formats.facts import encode_facts
from verification.verdict import DocumentFacts

FONTS = Path(__file__).parents[3] / "build" / "fonts"
AT = datetime(2026, 2, 5, 3, 4, 5, tzinfo=UTC)
LINK = "https://verify.condau.example/v#" + "90817263545362718" * 36
CONVICTION = {
    "court": "Tòa án nhân dân thành phố Hà Nội",
    "judgment_number": "123/2019/HSST",
    "date": "2019-05-17",
    "offence": "Trộm cắp tài sản",
    "sentence": "12 tháng tù, cho hưởng án treo",
}

Render = Callable[[DocumentType, Mapping[str, Any]], bytes]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue(shipped_types_folder())


@pytest.fixture(scope="session")
def form_1(catalogue: Catalogue) -> DocumentType:
    return catalogue.get("criminal_record_form_1")


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    return Renderer(FONTS if FONTS.is_dir() else None)


@pytest.fixture(scope="session")
def render(renderer: Renderer) -> Render:
    def rendered(document_type: DocumentType, content: Mapping[str, Any]) -> bytes:
        return renderer.render(document_type, content, facts=facts_of(document_type, content), qr_link=LINK, at=AT)

    return rendered


def facts_of(document_type: DocumentType, content: Mapping[str, Any]) -> bytes:
    return encode_facts(
        DocumentFacts(
            document_type=document_type.id,
            number=content["document_number"],
            full_name=content["full_name"],
            birth_date=date.fromisoformat(content["birth_date"]),
            result_line=content["result_line"],
            issued_on=date.fromisoformat(content["issued_on"]),
            expires_on=None,
            key_id="qr-2026",
            status_list=1,
            status_index=7,
        )
    )
