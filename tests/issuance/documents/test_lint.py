import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from issuance.documents.catalogue import Catalogue, DocumentType, load_catalogue, shipped_types_folder
from issuance.documents.errors import LintRefused
from issuance.documents.lint import lint
from issuance.documents.render import Renderer
from tests.issuance.documents.conftest import AT, CONVICTION, LINK, Render, facts_of
from verification.formats.facts import decode_facts, encode_facts


def refused(pdf: bytes, document_type: DocumentType, content: dict[str, Any], link: str = LINK) -> tuple[str, ...]:
    with pytest.raises(LintRefused) as caught:
        lint(pdf, document_type, content, qr_link=link, at=AT)
    return caught.value.reasons


@pytest.mark.parametrize("type_id", ["criminal_record_form_1", "receipt", "school_transcript"])
def test_shipped_examples_pass(catalogue: Catalogue, render: Render, type_id: str) -> None:
    one = catalogue.get(type_id)
    lint(render(one, one.example_content), one, one.example_content, qr_link=LINK, at=AT)


def test_two_pages_of_convictions_pass(form_1: DocumentType, render: Render) -> None:
    content = {**form_1.example_content, "convictions": [CONVICTION] * 15, "result_line": "Có án tích"}
    lint(render(form_1, content), form_1, content, qr_link=LINK, at=AT)


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
        (b"/Type/Page/", b"/Type/Page/CropBox[0 0 100 100]/", "forbidden:CropBox"),
        (b"/Type/Page/", b"/Type/Page/TrimBox[0 0 100 100]/", "forbidden:TrimBox"),
        (b"/Type/Page/", b"/Type/Page/BleedBox[0 0 100 100]/", "forbidden:BleedBox"),
        (b"/Type/Page/", b"/Type/Page/ArtBox[0 0 100 100]/", "forbidden:ArtBox"),
        (b"/Type/Page/", b"/Type/Page/Rotate 90/", "forbidden:Rotate"),
        (b"/Type/Page/", b"/Type/Page/UserUnit 2/", "forbidden:UserUnit"),
        (b"/Type/Catalog", b"/Type/Catalog/OCProperties<</OCGs[]>>", "forbidden:OCProperties"),
        (b"/Type/Page/", b"/Type/Page/Group<</S/Transparency>>/Ref<</F(a.pdf)/Page 1>>/", "forbidden:Ref"),
        (b"/Type/Page/", b"/Type/Page/Ref<</F(a.pdf)/Page 1>>/", "foreign_file"),
        (b"/Type/Filespec", b"/Type/Filespec/FS/URL", "forbidden:FS"),
        (b"/UF(facts.json)", b"/UF(https://x)", "foreign_file"),
        (b"/UF(facts.json)", b"/UF<68747470>", "foreign_file"),
        (b"/Type/Metadata", b"/Type/Metadata/F(//host/share)", "foreign_file"),
        (b"/Names<<", b"/Names<</JavaScript 5 0 R", "forbidden:JavaScript"),
        (b"xref\n", b"999 0 obj\n<</Type/Page>>\nendobj\nxref\n", "hidden_objects"),
        (b"xref\n", b"1 0 obj\n<</Type/Pages>>\nendobj\nxref\n", "hidden_objects"),
        (b"xref\n", b"1 1 obj\n<</Type/Pages>>\nendobj\nxref\n", "hidden_objects"),
        (b"xref\n", b"99\t0\nobj\n<</Type/Page>>\nendobj\nxref\n", "hidden_objects"),
        (b"%%EOF", b"%%EOF\nxref\n0 0\ntrailer\n<<>>\nstartxref\n9\n%%EOF", "hidden_objects"),
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


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"issued_on": "2026-02-06"}, "date_in_the_future:/issued_on"),
        ({"birth_date": "2026-02-06"}, "date_after_issue:/birth_date"),
    ],
)
def test_dates_that_cannot_be_are_refused(
    form_1: DocumentType, render: Render, changed: dict[str, str], reason: str
) -> None:
    content = {**form_1.example_content, **changed}
    assert refused(render(form_1, content), form_1, content) == (reason,)


def test_an_end_before_the_beginning_is_refused(form_1: DocumentType, renderer: Renderer) -> None:
    content = dict(form_1.example_content)
    for expires_on, reasons in (("2026-02-04", ("date_before_issue:/expires_on",)), ("2026-02-05", ())):
        facts = replace(decode_facts(facts_of(form_1, content)), expires_on=date.fromisoformat(expires_on))
        pdf = renderer.render(form_1, content, facts=encode_facts(facts), qr_link=LINK, at=AT)
        if reasons:
            assert refused(pdf, form_1, content) == reasons
        else:
            lint(pdf, form_1, content, qr_link=LINK, at=AT)


def test_the_day_of_issue_is_the_day_in_vietnam(form_1: DocumentType, render: Render) -> None:
    """An hour after midnight there it is still yesterday in UTC."""
    content = {**form_1.example_content, "issued_on": "2026-02-06"}
    lint(render(form_1, content), form_1, content, qr_link=LINK, at=datetime(2026, 2, 5, 18, 0, tzinfo=UTC))


def test_many_threads_look_at_once(form_1: DocumentType, render: Render) -> None:
    content = dict(form_1.example_content)
    pdf = render(form_1, content)
    with ThreadPoolExecutor(8) as threads:
        looks = [threads.submit(lint, pdf, form_1, content, qr_link=LINK, at=AT) for _ in range(400)]
    assert [look.exception() for look in looks] == [None] * len(looks)
