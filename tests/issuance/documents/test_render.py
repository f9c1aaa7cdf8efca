import json
import shutil
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from issuance.documents.catalogue import Catalogue, DocumentType, load_catalogue, shipped_types_folder
from issuance.documents.errors import FontsMissing, InvalidContent, RenderFailed
from issuance.documents.render import VIETNAM, Renderer
from tests.issuance.documents.conftest import AT, CONVICTION, LINK, Render, facts_of

MARKUP = '#read("/etc/passwd") *b* _i_ $x^2$ <label> @ref `raw` // c [x] \\u{41} = H "q" ~ --- #sys'


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())


def test_vietnamese_is_extracted_as_written(form_1: DocumentType, render: Render) -> None:
    text = text_of(render(form_1, form_1.example_content))
    for wanted in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "BỘ CÔNG AN CÔNG AN THÀNH PHỐ HÀ NỘI",
        "Hà Nội, ngày 05 tháng 02 năm 2026",
        "PHIẾU LÝ LỊCH TƯ PHÁP SỐ 1",
        "NGUYỄN THỊ MINH ANH",
        "08/03/1994",
        "Số 12, ngõ 34 phố Thử Nghiệm, phường Ba Đình, thành phố Hà Nội",
        "Không có án tích",
        "Thời gian ký: 10:04:05 05/02/2026 +07:00",
        "Mã kiểm tra: 7K3M9-QW2XD",
        "BẢN MẪU - DỮ LIỆU GIẢ ĐỊNH",
    ):
        assert wanted in text


def test_a_receipt_of_zero_names_rule_and_budget(catalogue: Catalogue, render: Render) -> None:
    receipt = catalogue.get("receipt")
    text = text_of(render(receipt, receipt.example_content))
    for wanted in (
        "205.000",
        "Không đồng",
        "Ngân sách thành phố Hà Nội",
        "Nghị quyết 06/2024/NQ-HĐND",
        "Số biên lai: 2024-0000123",
    ):
        assert wanted in text


def test_a_receipts_heads_break_between_words_and_its_number_is_called_as_the_check_page_asks(
    catalogue: Catalogue, render: Render
) -> None:
    receipt = catalogue.get("receipt")
    with pypdfium2.PdfDocument(render(receipt, receipt.example_content)) as document:
        lines = document[0].get_textpage().get_text_range().splitlines()
    assert "hỗ trợ (đồng)" in lines
    assert "Số giấy tờ:" in lines


def test_a_value_of_two_lines_keeps_a_gap_to_the_next(form_1: DocumentType, render: Render) -> None:
    residence = "Số 12 ngõ 34 phố Trần Hưng Đạo, phường Cửa Nam, quận Hoàn Kiếm, thành phố Hà Nội"
    content = {**form_1.example_content, "permanent_residence": residence, "temporary_residence": "Hưng Yên"}
    with pypdfium2.PdfDocument(render(form_1, content)) as document:
        page = document[0].get_textpage()

        def top_of(words: str) -> float:
            found = page.search(words).get_next()
            assert found is not None
            return float(page.get_charbox(found[0], loose=True)[3])

        first, second, following = map(top_of, ("Số 12 ngõ", "quận Hoàn Kiếm, thành", "Hưng Yên"))
    assert second - following > 1.2 * (first - second)


def test_the_ban_shows_only_when_asked_for_and_the_specimen_mark_only_on_specimens(
    form_1: DocumentType, render: Render
) -> None:
    content = {**form_1.example_content, "business_ban": {"requested": False, "entries": []}, "specimen": False}
    text = text_of(render(form_1, content))
    assert "quản lý doanh nghiệp" not in text
    assert "BẢN MẪU" not in text


def test_markup_in_data_stays_literal(form_1: DocumentType, render: Render) -> None:
    assert MARKUP in text_of(render(form_1, {**form_1.example_content, "permanent_residence": MARKUP}))


def test_the_same_arguments_give_the_same_bytes_in_every_thread(form_1: DocumentType, render: Render) -> None:
    first = render(form_1, form_1.example_content)
    with ThreadPoolExecutor(4) as pool:
        others = list(pool.map(lambda _: render(form_1, form_1.example_content), range(8)))
    assert set(others) == {first}


def test_another_second_gives_another_file(form_1: DocumentType, render: Render, renderer: Renderer) -> None:
    content = form_1.example_content
    later = renderer.render(
        form_1, content, facts=facts_of(form_1, content), qr_link=LINK, at=AT + timedelta(seconds=1)
    )
    assert later != render(form_1, content)


def test_decomposed_letters_give_the_same_file(form_1: DocumentType, renderer: Renderer) -> None:
    content = dict(form_1.example_content)
    facts = facts_of(form_1, content)
    composed = renderer.render(form_1, content, facts=facts, qr_link=LINK, at=AT)
    content["place"] = "Ha\u0300 No\u0323\u0302i"
    assert renderer.render(form_1, content, facts=facts, qr_link=LINK, at=AT.astimezone(VIETNAM)) == composed


def test_the_facts_are_attached(form_1: DocumentType, render: Render) -> None:
    with pypdfium2.PdfDocument(render(form_1, form_1.example_content)) as document:
        attached = [document.get_attachment(i) for i in range(document.count_attachments())]
        assert [one.get_name() for one in attached] == ["facts.json"]
        assert json.loads(bytes(attached[0].get_data()))["full_name"] == "Nguyễn Thị Minh Anh"


def test_one_link_annotation_is_the_signature_box(form_1: DocumentType, render: Render) -> None:
    pdf = render(form_1, form_1.example_content)
    assert pdf.count(b"/Subtype/Link") == 1
    assert pdf.count(b"/URI(https://seal.invalid/signature)") == 1


def test_many_convictions_flow_to_a_numbered_second_page(form_1: DocumentType, render: Render) -> None:
    conviction = dict.fromkeys(("court", "judgment_number", "offence", "sentence"), "Một điều dài để thử")
    content = {
        **form_1.example_content,
        "convictions": [{**conviction, "date": "2019-05-17"}] * 20,
        "result_line": "Có án tích",
    }
    text = text_of(render(form_1, content))
    assert "Trang 1/2" in text
    assert "Trang 2/2" in text


def test_a_long_name_and_one_conviction_stay_on_one_page(form_1: DocumentType, render: Render) -> None:
    content = {
        **form_1.example_content,
        "full_name": "Công Tằng Tôn Nữ Hoàng Nguyễn Thị Phương Thảo Minh Ngọc Khuê",
        "convictions": [CONVICTION],
        "result_line": "Có án tích",
    }
    with pypdfium2.PdfDocument(render(form_1, content)) as document:
        assert len(document) == 1


def test_invalid_content_is_not_rendered(form_1: DocumentType, renderer: Renderer) -> None:
    content = form_1.example_content
    with pytest.raises(InvalidContent):
        renderer.render(form_1, {**content, "sex": "?"}, facts=facts_of(form_1, content), qr_link=LINK, at=AT)


def _loosened(tmp_path: Path) -> DocumentType:
    """Form 1 whose content schema lets every character through, so that only the font can refuse."""
    types = tmp_path / "types"
    shutil.copytree(shipped_types_folder(), types, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    schema = types / "criminal_record_form_1" / "content.schema.json"
    schema.write_text(schema.read_text(encoding="utf-8").replace(', "format": "printable"', ""), encoding="utf-8")
    return load_catalogue(types).get("criminal_record_form_1")


@pytest.mark.parametrize("name", ["中文", "\U0001f600", "\ue000"])
def test_a_character_without_a_glyph_gives_no_page(tmp_path: Path, render: Render, name: str) -> None:
    loosened = _loosened(tmp_path)
    with pytest.raises(RenderFailed) as failed:
        render(loosened, {**loosened.example_content, "birth_place": name})
    assert name not in str(failed.value)


def test_a_layout_that_reads_outside_its_folder_gives_no_page(tmp_path: Path, render: Render) -> None:
    loosened = _loosened(tmp_path)
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    layout = loosened.layout_path.read_text(encoding="utf-8")
    loosened.layout_path.write_text(layout + '\n#read("../../secret.txt")\n', encoding="utf-8")
    with pytest.raises(RenderFailed):
        render(loosened, loosened.example_content)


def test_a_layout_with_a_warning_gives_no_page(tmp_path: Path, render: Render) -> None:
    loosened = _loosened(tmp_path)
    layout = loosened.layout_path.read_text(encoding="utf-8")
    loosened.layout_path.write_text(layout + '\n#text(font: "No Such Font", fallback: true)[x]\n', encoding="utf-8")
    with pytest.raises(RenderFailed):
        render(loosened, loosened.example_content)


def test_a_folder_without_the_face_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FontsMissing):
        Renderer(tmp_path)


def test_naive_time_is_refused(form_1: DocumentType, renderer: Renderer) -> None:
    content: Mapping[str, Any] = form_1.example_content
    with pytest.raises(ValueError, match="aware"):
        renderer.render(
            form_1,
            content,
            facts=facts_of(form_1, content),
            qr_link=LINK,
            at=datetime(2026, 1, 1),  # noqa: DTZ001 - the point
        )


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="needs qpdf")
@pytest.mark.parametrize("type_id", ["criminal_record_form_1", "receipt"])
def test_qpdf_finds_no_fault(catalogue: Catalogue, render: Render, tmp_path: Path, type_id: str) -> None:
    path = tmp_path / "page.pdf"
    one = catalogue.get(type_id)
    path.write_bytes(render(one, one.example_content))
    subprocess.run(["qpdf", "--check", path], check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs poppler")
def test_poppler_extracts_the_same_letters(form_1: DocumentType, render: Render, tmp_path: Path) -> None:
    path = tmp_path / "page.pdf"
    path.write_bytes(render(form_1, form_1.example_content))
    text = subprocess.run(["pdftotext", path, "-"], check=True, capture_output=True).stdout.decode()
    for wanted in ("NGUYỄN THỊ MINH ANH", "Phường Trúc Bạch, quận Ba Đình, thành phố Hà Nội", "Không có án tích"):
        assert wanted in text


@pytest.mark.parametrize("type_id", ["criminal_record_form_1", "criminal_record_form_2"])
def test_a_signature_never_stands_on_a_page_alone(catalogue: Catalogue, render: Render, type_id: str) -> None:
    one = catalogue.get(type_id)
    line = {"criminal_record_form_1": "Có án tích", "criminal_record_form_2": "Có thông tin án tích"}[type_id]
    ban = {"requested": True, "entries": []}
    content = {**one.example_content, "convictions": [CONVICTION] * 2, "result_line": line, "business_ban": ban}
    with pypdfium2.PdfDocument(render(one, content)) as document:
        assert len(document) == 2
        last = document[1].get_textpage().get_text_range()
    assert "Không bị cấm" in last
