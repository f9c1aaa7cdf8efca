"""PDF/A-3a and PDF/UA-1 after sealing and archiving, looked at part by part, and by veraPDF where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import pytest
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject
from pyhanko.pdf_utils.reader import PdfFileReader

from issuance.documents.catalogue import load_catalogue, shipped_types_folder
from issuance.documents.render import Renderer
from signing.archive_pdf import archive_pdf
from signing.seal_pdf import SIGNATURE_BOX_URI, seal_pdf
from tests.archiving import Stamper, stamped_ring
from tests.sealing import AT, ORGANISATION, pdf_permit
from verification.formats.facts import FACTS_ATTACHMENT, encode_facts
from verification.trust import KeyPurpose
from verification.verdict import DocumentFacts

Type = Literal["criminal_record_form_1", "receipt"]
Form = Literal["sealed", "archived"]
FONTS = Path(__file__).parents[2] / "build" / "fonts"
RENDERED_AT = datetime(2026, 2, 5, 3, 4, 5, tzinfo=UTC)


@cache
def pdf_of(type_id: Type, form: Form) -> bytes:
    document_type = load_catalogue(shipped_types_folder()).get(type_id)
    content = document_type.example_content
    facts = DocumentFacts(
        document_type=type_id,
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
    link = "https://verify.condau.example/v#" + "90817263545362718" * 36
    renderer = Renderer(FONTS if FONTS.is_dir() else None)
    page = renderer.render(document_type, content, facts=encode_facts(facts), qr_link=link, at=RENDERED_AT)
    ring = stamped_ring()
    key = ring.active(KeyPurpose.PDF, AT)
    sealed = seal_pdf(pdf_permit(page), key, ORGANISATION, AT, timestamper=Stamper()).data
    if form == "sealed":
        return sealed
    return archive_pdf(sealed, Stamper(), ring.trust_list(AT), AT, crls=ring.crls).data


@pytest.fixture(params=["criminal_record_form_1", "receipt"])
def type_id(request: pytest.FixtureRequest) -> Type:
    found: Type = request.param
    return found


@pytest.fixture(params=["sealed", "archived"])
def reader(request: pytest.FixtureRequest, type_id: Type) -> PdfFileReader:
    return PdfFileReader(BytesIO(pdf_of(type_id, request.param)), strict=True)


def objects(reader: PdfFileReader) -> Iterator[Any]:
    """Every object that is reached from the catalog, and every dictionary and list within."""
    waiting, seen = [reader.root, reader.trailer["/Info"]], set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = one.values() if isinstance(one, DictionaryObject) else one if isinstance(one, ArrayObject) else ()
        raw = (one.raw_get(key) for key in one) if isinstance(one, DictionaryObject) else inner
        waiting.extend(value.get_object() if isinstance(value, IndirectObject) else value for value in raw)


def items(array: Any) -> list[Any]:
    """The members of an array, or of what stands alone in its place, without references."""
    members = array if isinstance(array, ArrayObject) else [array]
    return [one.get_object() if isinstance(one, IndirectObject) else one for one in members]


def dictionaries(reader: PdfFileReader) -> list[Any]:
    return [one for one in objects(reader) if isinstance(one, DictionaryObject)]


def of_type(reader: PdfFileReader, name: str) -> list[Any]:
    return [one for one in dictionaries(reader) if one.get("/Type") == name]


def page_of(reader: PdfFileReader) -> list[Any]:
    return of_type(reader, "/Page")


def test_the_metadata_claim_both_profiles_and_agree_with_the_information(reader: PdfFileReader) -> None:
    stream = reader.root["/Metadata"]
    assert (stream["/Type"], stream["/Subtype"]) == ("/Metadata", "/XML")
    assert "/Filter" not in stream
    text = stream.data.decode()
    assert "<pdfaid:part>3</pdfaid:part>" in text
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in text
    assert "<pdfuaid:part>1</pdfuaid:part>" in text
    title = re.search(r"<dc:title>.*?<rdf:li[^>]*>(.*?)</rdf:li>", text, re.DOTALL)
    assert title is not None
    assert title[1] == reader.trailer["/Info"]["/Title"]
    made = re.search(r"<xmp:CreateDate>([\d-]+)T", text)
    assert made is not None
    assert f"D:{made[1].replace('-', '')}" in reader.trailer["/Info"]["/CreationDate"]


def test_colours_have_one_output_intent_with_a_profile(reader: PdfFileReader) -> None:
    (intent,) = items(reader.root["/OutputIntents"])
    assert intent["/S"] == "/GTS_PDFA1"
    profile = intent["/DestOutputProfile"]
    assert profile["/N"] == 3
    assert profile.data[36:40] == b"acsp"
    assert profile.data[16:20] == b"RGB "


def test_it_is_marked_has_a_language_and_shows_its_title(reader: PdfFileReader) -> None:
    root = reader.root
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"].startswith("vi")
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.trailer["/Info"]["/Title"]
    assert not reader.encrypted
    assert len(reader.trailer["/ID"]) == 2


def test_fonts_are_embedded_and_mean_letters(reader: PdfFileReader) -> None:
    fonts = of_type(reader, "/Font")
    composite = [font for font in fonts if font["/Subtype"] == "/Type0"]
    assert composite
    for font in composite:
        assert b"beginbf" in font["/ToUnicode"].data
        (descendant,) = items(font["/DescendantFonts"])
        descriptor = descendant["/FontDescriptor"]
        programs = [descriptor[key] for key in ("/FontFile2", "/FontFile3") if key in descriptor]
        assert len(programs) == 1
        assert len(programs[0].data) > 1000
    assert {font["/Subtype"] for font in fonts} <= {"/Type0", "/CIDFontType0", "/CIDFontType2"}


def test_nothing_is_transparent_hidden_or_active(reader: PdfFileReader) -> None:
    forbidden = {"/JS", "/OpenAction", "/AA", "/OCProperties", "/OC", "/SMask", "/Ref", "/XFA", "/NeedAppearances"}
    for one in dictionaries(reader):
        assert not forbidden & set(one)
        assert one.get("/S") not in ("/JavaScript", "/Launch", "/GoToR", "/URI", "/SubmitForm")
        assert one.get("/Type") != "/Group"
        if isinstance(one, StreamObject):
            assert "/F" not in one, "content that lies in another file"
            assert one.get("/Filter") in (None, "/FlateDecode")
    addresses = [one for one in dictionaries(reader) if one.get("/URI") is not None]
    assert addresses == [], f"the link to {SIGNATURE_BOX_URI} has become the seal"


def test_the_attachment_says_what_it_is(reader: PdfFileReader) -> None:
    names = reader.root["/Names"]["/EmbeddedFiles"]["/Names"]
    assert names[0] == FACTS_ATTACHMENT
    assert len(names) == 2
    _, specification = items(names)
    assert (specification["/F"], specification["/UF"]) == (FACTS_ATTACHMENT, FACTS_ATTACHMENT)
    assert specification["/AFRelationship"] == "/Data"
    assert specification["/Desc"]
    assert [file is specification for file in items(reader.root["/AF"])] == [True]
    file = specification["/EF"]["/F"]
    assert file["/Subtype"] == "/application/json"
    assert file["/Params"]["/ModDate"].startswith("D:2026")
    assert file["/Params"]["/Size"] == len(file.data)


def number_tree(node: Any) -> dict[int, Any]:
    numbers = items(node.get("/Nums", ArrayObject()))
    found = dict(zip(numbers[::2], numbers[1::2], strict=True))
    for kid in items(node.get("/Kids", ArrayObject())):
        found |= number_tree(kid)
    return found


def test_every_mark_and_annotation_is_reached_from_the_tags(reader: PdfFileReader) -> None:
    parents = number_tree(reader.root["/StructTreeRoot"]["/ParentTree"])
    reached: set[int] = set()
    marks: dict[int, set[int]] = {}
    tagged = []
    waiting = [reader.root["/StructTreeRoot"]["/K"]]
    pages = page_of(reader)
    while waiting:
        one = waiting.pop()
        if isinstance(one, ArrayObject):
            waiting.extend(items(one))
            continue
        if one.get("/Type") == "/OBJR":
            tagged.append(id(one["/Obj"].get_object()))
            continue
        reached.add(id(one))
        for kid in items(one.get("/K", ArrayObject())):
            if isinstance(kid, int):
                marks.setdefault(pages.index(one["/Pg"].get_object()), set()).add(kid)
            elif kid.get("/Type") == "/MCR":
                page = kid.get("/Pg", one.get("/Pg"))
                marks.setdefault(pages.index(page.get_object()), set()).add(kid["/MCID"])
            else:
                waiting.append(kid)
    for number, page in enumerate(pages):
        content = page["/Contents"].data
        drawn = {int(mark) for mark in re.findall(rb"/MCID (\d+)", content)}
        assert drawn == marks[number]
        assert content.count(b"BDC") + content.count(b"BMC") == content.count(b"EMC")
        listed = items(parents[page["/StructParents"]])
        assert len(listed) > max(drawn)
        assert all(id(listed[mark]) in reached for mark in drawn)
        assert page["/Tabs"] == "/S"
        for annotation in items(page["/Annots"]):
            if annotation["/Rect"][0] != annotation["/Rect"][2]:
                assert id(annotation) in tagged


def test_the_seal_is_a_described_widget_under_a_form_element(reader: PdfFileReader) -> None:
    field = reader.root["/AcroForm"]["/Fields"][0]
    assert (field["/FT"], field["/Subtype"]) == ("/Sig", "/Widget")
    assert field["/TU"].startswith("Chữ ký số")
    assert field["/F"] & 4
    assert not field["/F"] & 0b100010
    assert field["/AP"]["/N"]["/Subtype"] == "/Form"
    parents = number_tree(reader.root["/StructTreeRoot"]["/ParentTree"])
    element = parents[field["/StructParent"]]
    assert element["/S"] == "/Form"
    (kid,) = items(element["/K"])
    assert (kid["/Type"], kid["/Obj"]["/T"]) == ("/OBJR", field["/T"])


def test_timestamps_of_archives_lie_outside_of_the_page(type_id: Type) -> None:
    """PDF/UA-1 section 7.18.1 leaves untagged annotations alone only there."""
    reader = PdfFileReader(BytesIO(pdf_of(type_id, "archived")), strict=True)
    _, stamp = items(reader.root["/AcroForm"]["/Fields"])
    left, bottom, right, top = (float(number) for number in stamp["/Rect"])
    assert (left, bottom) == (right, top)
    (first, *_) = page_of(reader)
    width, height = (float(number) for number in items(first["/MediaBox"])[2:])
    assert not (0 <= left <= width and 0 <= bottom <= height)


@pytest.mark.parametrize("flavour", ["3a", "ua1"])
@pytest.mark.parametrize("form", ["sealed", "archived"])
def test_verapdf_finds_it_compliant(flavour: str, form: Form, type_id: Type, tmp_path: Path) -> None:
    program = shutil.which("verapdf")
    if program is None:
        pytest.skip("veraPDF is not on PATH: neither PDF/A-3a nor PDF/UA-1 was checked by it, only part by part here")
    file = tmp_path / "document.pdf"
    file.write_bytes(pdf_of(type_id, form))
    done = subprocess.run(
        [program, "--flavour", flavour, "--format", "text", file], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("PASS"), done.stdout + done.stderr
