import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from issuance.documents.catalogue import Catalogue, DocumentType, load_catalogue, shipped_types_folder
from issuance.documents.errors import LintRefused
from issuance.documents.lint import lint
from issuance.documents.render import Renderer
from tests.issuance.documents.conftest import AT, CONVICTION, LINK, Render, facts_of


def refused(pdf: bytes, document_type: DocumentType, content: dict[str, Any], link: str = LINK) -> tuple[str, ...]:
    with pytest.raises(LintRefused) as caught:
        lint(pdf, document_type, content, qr_link=link)
    return caught.value.reasons


@pytest.mark.parametrize("type_id", ["criminal_record_form_1", "receipt"])
def test_shipped_examples_pass(catalogue: Catalogue, render: Render, type_id: str) -> None:
    one = catalogue.get(type_id)
    lint(render(one, one.example_content), one, one.example_content, qr_link=LINK)


def test_two_pages_of_convictions_pass(form_1: DocumentType, render: Render) -> None:
    content = {**form_1.example_content, "convictions": [CONVICTION] * 15, "result_line": "Có án tích"}
    lint(render(form_1, content), form_1, content, qr_link=LINK)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("full_name", "Nguyễn Thị Minh Ánh", "not_shown:/full_name"),
        ("birth_date", "1994-08-03", "not_shown:/birth_date"),
        ("personal_id", "001194000018", "not_shown:/personal_id"),
        ("issued_on", "2026-02-06", "not_shown:/issued_on"),
        ("check_code", "7K3M9QW2XE", "not_shown:/check_code"),
        ("convictions", [CONVICTION], "not_shown:/convictions"),
        ("full_name", "Nguyễn Thị Minh Ánh", "facts_differ:/full_name"),
    ],
)
def test_a_page_that_states_something_else_is_refused(
    form_1: DocumentType, render: Render, name: str, value: object, reason: str
) -> None:
    pdf = render(form_1, form_1.example_content)
    assert reason in refused(pdf, form_1, {**form_1.example_content, name: value})


def test_another_link_in_the_qr_code_is_refused(form_1: DocumentType, render: Render) -> None:
    pdf = render(form_1, form_1.example_content)
    assert refused(pdf, form_1, dict(form_1.example_content), LINK[:-1] + "0") == ("qr_differs",)


def test_foreign_facts_are_refused(catalogue: Catalogue, form_1: DocumentType, renderer: Renderer) -> None:
    content = dict(form_1.example_content)
    facts = facts_of(catalogue.get("receipt"), content)
    assert refused(renderer.render(form_1, content, facts=facts, qr_link=LINK, at=AT), form_1, content) == (
        "facts_differ",
    )
    assert refused(renderer.render(form_1, content, facts=b"{}", qr_link=LINK, at=AT), form_1, content) == (
        "facts_malformed",
    )


@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.7\n", b"<html>", b"\x00" * 1000])
def test_what_is_no_pdf_is_refused(form_1: DocumentType, pdf: bytes) -> None:
    assert "not_a_pdf" in refused(pdf, form_1, dict(form_1.example_content))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"/Type/Catalog", b"/Type/Catalog/OpenAction<</S/JavaScript/JS(x)>>", "forbidden:OpenAction"),
        (b"/Type/Catalog", b"/Type/Catalog/A#41 5 0 R", "forbidden:AA"),
        (b"/Type/Catalog", b"/Type/Catalog/AcroForm 5 0 R", "forbidden:AcroForm"),
        (b"/S/URI/URI(https://seal.invalid/", b"/S/URI/URI(https://evil.invalid/", "signature_box"),
        (b"/FontFile", b"/FontNile", "fonts_not_embedded"),
        (b"<pdfaid:part>3<", b"<pdfaid:part>2<", "not_pdfa_3a"),
        (b"<pdfuaid:part>1<", b"<pdfuaid:part>2<", "not_pdfua_1"),
        (b"/S/GTS_PDFA1", b"/S/GTS_PDFX1", "no_output_intent"),
    ],
)
def test_a_page_that_can_do_something_or_claims_less_is_refused(
    form_1: DocumentType, render: Render, old: bytes, new: bytes, reason: str
) -> None:
    pdf = render(form_1, form_1.example_content)
    assert old in pdf
    assert reason in refused(pdf.replace(old, new, 1), form_1, dict(form_1.example_content))


def _layout(old: str, new: str) -> Callable[[Path], None]:
    def change(types: Path) -> None:
        path = types / "paper.typ"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_layout('paper: "a4"', 'paper: "us-letter"'), "not_a4"),
        (_layout('"svg", width: 38mm', '"svg", width: 30mm'), "qr_missing"),
        (_layout("  body\n}", "  body\n" + "  pagebreak()\n" * 20 + "  [x]\n}"), "page_count"),
        (_layout("  body\n}", '  body\n  link("https://elsewhere.invalid/")[x]\n}'), "foreign_link"),
        (
            _layout('link("https://seal.invalid/signature", box(..signature_box))', "box(..signature_box)"),
            "signature_box",
        ),
        (_layout("  body\n}", "  body\n  place(bottom + right, dx: 15mm, [x])\n}"), "text_outside_page"),
        (
            _layout(
                "  body\n}",
                '  body\n  pdf.attach("more.txt", bytes("x"), relationship: "data", mime-type: "text/plain",'
                ' description: "x")\n}',
            ),
            "attachments",
        ),
        (
            _layout(
                "alt: vi.qr_alt),",
                "alt: vi.qr_alt) + place(dx: 8mm, dy: -30mm, rect(width: 22mm, height: 22mm, fill: white)),",
            ),
            "qr_unreadable",
        ),
    ],
)
def test_a_layout_that_went_astray_is_refused(
    tmp_path: Path, render: Render, change: Callable[[Path], None], reason: str
) -> None:
    types = tmp_path / "types"
    shutil.copytree(shipped_types_folder(), types, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    change(types)
    astray = load_catalogue(types).get("criminal_record_form_1")
    assert reason in refused(render(astray, astray.example_content), astray, dict(astray.example_content))


def test_many_threads_look_at_once(form_1: DocumentType, render: Render) -> None:
    content = dict(form_1.example_content)
    pdf = render(form_1, content)
    with ThreadPoolExecutor(8) as threads:
        looks = [threads.submit(lint, pdf, form_1, content, qr_link=LINK) for _ in range(400)]
    assert [look.exception() for look in looks] == [None] * len(looks)
