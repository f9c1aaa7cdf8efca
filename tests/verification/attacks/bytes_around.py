"""What can be put before, behind and into the bytes of a sealed file, and into its /ByteRange.

Every maker keeps as many offsets right as it can, so that other readers open the file.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.verification.attacks.anatomy import Case, Maker, with_byte_range


def _cut(places: Callable[[Case], int]) -> Maker:
    return lambda case: case.data[: places(case)]


def _first_revision(case: Case) -> bytes:
    return case.data[: case.data.index(b"%%EOF") + 5] + b"\n"


AROUND: dict[str, Maker] = {
    "a newline behind": lambda case: case.data + b"\n",
    "a space behind": lambda case: case.data + b" ",
    "zeros behind": lambda case: case.data + bytes(512),
    "a comment behind": lambda case: case.data + b"% seen and approved\n",
    "a second end": lambda case: case.data + b"%%EOF\n",
    "a second start and end": lambda case: case.data + b"startxref\n%d\n%%%%EOF\n" % case.pdf.startxref,
    "an archive behind": lambda case: case.data + b"PK\x03\x04" + bytes(40),
    "an object behind": lambda case: case.data + b"1 0 obj\n<</Type/Pages/Count 0/Kids[]>>\nendobj\n",
    "another genuine document behind": lambda case: case.data + case.other,
    "itself behind": lambda case: case.data + case.data,
    "another genuine document in front": lambda case: case.other + case.data,
    "a newline in front": lambda case: b"\n" + case.data,
    "a page for browsers in front": lambda case: b"<html><script>1</script>\n" + case.data,
    "another header in front": lambda case: b"%PDF-1.7\n" + case.data,
    "a byte order mark in front": lambda case: b"\xef\xbb\xbf" + case.data,
    "without the last newline": _cut(lambda case: len(case.data) - 1),
    "without its end": _cut(lambda case: len(case.data) - 40),
    "without its table": _cut(lambda case: case.pdf.startxref),
    "cut in the contents": _cut(lambda case: case.hole[0] + 100),
    "cut to the page that was never sealed": _first_revision,
    "other line ends": lambda case: case.data.replace(b"\nendobj\n", b"\rendobj\n"),
    "another version": lambda case: case.data.replace(b"%PDF-1.7", b"%PDF-2.0", 1),
    "no version": lambda case: case.data.replace(b"%PDF-1.7", b"%PDF-1.\xff", 1),
}


def _range(text: Callable[[int, int, int], str]) -> Maker:
    """text: of where the hole begins and ends, brackets and all, and how many bytes follow it."""

    def make(case: Case) -> bytes:
        start, end = case.hole[0] - 1, case.hole[1] + 1
        return with_byte_range(case, text(start, end, case.sealed_bytes - end).encode())

    return make


RANGES: dict[str, Maker] = {
    f"byte range {name}": _range(text)
    for name, text in {
        "from 1": lambda a, b, c: f"[1 {a} {b} {c}]",
        "with a gap before": lambda a, b, c: f"[0 {a - 100} {b} {c}]",
        "with a gap after": lambda a, b, c: f"[0 {a} {b + 60} {c - 60}]",
        "with the brackets": lambda a, b, c: f"[0 {a + 1} {b - 1} {c + 1}]",
        "overlapping": lambda a, b, c: f"[0 {b} {a} {c}]",
        "exchanged": lambda a, b, c: f"[{b} {c} 0 {a}]",
        "of the beginning twice": lambda a, b, c: f"[0 {a} 0 {a}]",
        "of nothing": lambda a, b, c: "[0 0 0 0]",
        "of the first half": lambda a, b, c: f"[0 {a} {b} 0]",
        "of two numbers": lambda a, b, c: f"[0 {a}]",
        "of three numbers": lambda a, b, c: f"[0 {a} {b}]",
        "of six numbers": lambda a, b, c: f"[0 {a} {b} {c} 0 0]",
        "ending early": lambda a, b, c: f"[0 {a} {b} {c - 1}]",
        "ending late": lambda a, b, c: f"[0 {a} {b} {c + 1}]",
        "negative": lambda a, b, c: f"[0 {a} {b} -{c}]",
        "negative from the start": lambda a, b, c: f"[-1 {a} {b} {c}]",
        "with a sign": lambda a, b, c: f"[0 {a} +{b} {c}]",
        "with zeros in front": lambda a, b, c: f"[0 {a:09} {b:09} {c:09}]",
        "huge": lambda a, b, c: f"[0 {a} {b} 9999999999]",
        "beyond 64 bits": lambda a, b, c: f"[0 {a} {b} {2**64 + c}]",
        "of fractions": lambda a, b, c: f"[0 {a}.0 {b} {c}]",
        "of names": lambda a, b, c: f"[/0 {a} {b} {c}]",
        "of texts": lambda a, b, c: f"[0 ({a}) {b} {c}]",
        "of a reference": lambda a, b, c: f"[0 {a} {b} 1 0 R]",
        "in an object of its own": lambda a, b, c: "1 0 R",
        "nested": lambda a, b, c: f"[[0 {a} {b} {c}]]",
        "a dictionary": lambda a, b, c: "<</A 1>>",
        "null": lambda a, b, c: "null",
        "with a comment": lambda a, b, c: f"[0 {a}%\n {b} {c}]",
        "written otherwise": lambda a, b, c: f"[ 0 {a} {b} {c} ]",
    }.items()
}
