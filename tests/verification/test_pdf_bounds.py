"""What a stranger's file may cost: shapes that are cheap to send and were, or could be, dear to read."""

import tracemalloc
from collections.abc import Callable, Mapping

import pytest

from tests.sealing import AT
from verification.formats.pdf import MAX_OBJECTS, MAX_PDF_BYTES, read_pdf
from verification.formats.pdf_seal import locate_seal
from verification.formats.pdf_values import MAX_VALUES, PdfMalformed
from verification.register import RegisteredDocument, StatusReading
from verification.trust import TrustList
from verification.verdict import VerdictState
from verification.verify_pdf import verify_pdf

ROOM = MAX_PDF_BYTES - 1_000
MAX_PEAK_BYTES = 40_000_000
CATALOG = b"<</AcroForm 2 0 R/Perms 2 0 R>>"
SEAL = b"<</Type/Sig/SubFilter/ETSI.CAdES.detached/Reference %s/Contents %s/ByteRange[0 1 2 3]>>"
HEAD = b"%PDF-1.7\n/ByteRange\n"
SECOND_REVISION = b"/Root 1 0 R/Prev %d" % len(HEAD)
ITS_OWN_PREDECESSOR = b"/Root 1 0 R/Prev HERE"
CERTIFIES = b"[<</TransformMethod/DocMDP/TransformParams<</P 1>>>>]"


class EmptyRegister:
    def document_by_digest(self, sha256: bytes) -> RegisteredDocument | None:
        return None

    def document_by_number(self, number: str, check_code: str) -> RegisteredDocument | None:
        return None

    def status_of(self, status_list: int, status_index: int) -> StatusReading | None:
        return None


def file_of(objects: Mapping[int, bytes], *, table: bytes | None = None, trailer: bytes = b"/Root 1 0 R") -> bytes:
    """A file with these objects. Its trailer may name an earlier revision: an empty one, or (`/Prev HERE`) itself."""
    body, offsets = bytearray(HEAD + b"xref\ntrailer\n<<>>\n"), {}
    for number, value in objects.items():
        offsets[number] = len(body)
        body += b"%d 0 obj\n%s\nendobj\n" % (number, value)
    entries = b"".join(b"%d 1\n%010d 00000 n \n" % item for item in offsets.items())
    start = len(body)
    body += b"xref\n" + (entries if table is None else table)
    body += b"trailer\n<<%s>>\nstartxref\n%d\n%%%%EOF\n" % (trailer.replace(b"HERE", b"%d" % start), start)
    return bytes(body)


def form_with(value: bytes) -> bytes:
    return file_of({1: CATALOG, 2: b"<</Fields 2 0 R/X %s>>" % value})


def many(item: bytes, opening: bytes = b"[", closing: bytes = b"]") -> bytes:
    return opening + item * ((ROOM - 2) // len(item)) + closing


def sealed_with(references: bytes, contents: bytes) -> bytes:
    form, field = b"<</Fields[5 0 R]>>", b"<</FT/Sig/V 4 0 R>>"
    catalog = b"<</AcroForm 3 0 R/Perms<</DocMDP 4 0 R>>>>"
    seal = SEAL % (references, contents)
    file = file_of({1: catalog, 3: form, 4: seal, 5: field, 6: b"<<>>"}, trailer=SECOND_REVISION)
    return file.replace(b"/ByteRange\n", b"/AnyOtherX\n")  # the seal's own is the only one allowed


SHAPES: dict[str, tuple[Callable[[], bytes], str]] = {
    "arrays": (lambda: form_with(many(b"[]")), "pdf_values_too_many"),
    "numbers": (lambda: form_with(many(b"1 ")), "pdf_values_too_many"),
    "dictionaries": (lambda: form_with(many(b"<<>>")), "pdf_values_too_many"),
    "texts": (lambda: form_with(many(b"()")), "pdf_values_too_many"),
    "nested as deep as allowed": (lambda: form_with(many(b"[" * 20 + b"]" * 20)), "pdf_values_too_many"),
    "nested deeper": (lambda: form_with(b"[" * ROOM), "pdf_value_malformed"),
    "brackets in a text": (lambda: form_with(many(b"()", b"(", b")")), "pdf_values_too_many"),
    "open brackets in a text": (lambda: form_with(b"(" * ROOM), "pdf_values_too_many"),
    "escapes": (lambda: form_with(many(b"\\a", b"(", b")")), "pdf_type_unexpected"),
    "hexadecimal": (lambda: form_with(many(b"a", b"<", b">")), "pdf_type_unexpected"),
    "blanks": (lambda: form_with(b" " * ROOM + b"}"), "pdf_value_malformed"),
    "arrays in the trailer": (
        lambda: file_of({}, trailer=ITS_OWN_PREDECESSOR + b"/X " + many(b"[]")),
        "pdf_values_too_many",
    ),
    "a trailer that is its own predecessor": (
        lambda: file_of({}, trailer=ITS_OWN_PREDECESSOR + b"/X " + many(b"a", b"(", b")")),
        "pdf_objects_overlap",
    ),
    "empty sections": (lambda: file_of({}, table=b"0 0\n" * (ROOM // 4)), "pdf_objects_too_many"),
    "more entries than objects": (
        lambda: file_of({}, table=b"0 %d\n" % (MAX_OBJECTS + 1) + b"0000000009 00000 n \n" * (MAX_OBJECTS + 1)),
        "pdf_objects_too_many",
    ),
    "references to one object": (lambda: sealed_with(b"[" + b"6 0 R " * 40_000 + b"]", b"<>"), "seal_misplaced"),
    "a huge seal": (lambda: sealed_with(CERTIFIES, b"<" + b"aa" * (ROOM // 2 - 1_000) + b">"), "seal_misplaced"),
}


@pytest.mark.parametrize("name", SHAPES)
def test_five_megabytes_cost_little_memory_and_a_bounded_number_of_steps(name: str) -> None:
    build, reason = SHAPES[name]
    data = build()
    assert len(data) <= MAX_PDF_BYTES
    trust = TrustList((), (), AT)
    for register in (EmptyRegister(), None):
        tracemalloc.start()
        verdict = verify_pdf(data, trust, register, None, AT)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert (verdict.state, verdict.reason) == (VerdictState.NOT_GENUINE, reason)
        assert peak < MAX_PEAK_BYTES


def test_objects_within_each_other_are_not_read_over_and_over() -> None:
    """Each object lies in a text of the one before, so each costs as much as the whole file."""
    filling = b"a" * 10_000
    third = b"3 0 obj\n[/Z(%s)]" % filling
    second = b"2 0 obj\n<</Fields 3 0 R/Y(%s)>>" % third
    first = b"<</AcroForm 2 0 R/Perms 2 0 R/B(%s)>>" % second
    body = file_of({1: first}, table=b"")
    table = b"".join(b"%d 1\n%010d 00000 n \n" % (n, body.index(b"%d 0 obj" % n)) for n in (1, 2, 3))
    for number in (1, 2, 3):
        assert read_pdf(file_of({1: first}, table=table), 1).object_at(number)
    with pytest.raises(PdfMalformed, match="pdf_objects_overlap"):
        locate_seal(file_of({1: first}, table=table))


def test_an_object_is_read_once_however_often_it_is_referred_to() -> None:
    pdf = read_pdf(file_of({1: CATALOG, 2: b"[" + b"[]" * (MAX_VALUES - 1_000) + b"]"}), 1)
    for _ in range(10):
        assert len(pdf.list_of(b"2 0 R")) == MAX_VALUES - 1_000
    assert pdf.catalog()
