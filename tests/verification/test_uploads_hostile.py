"""Files that are meant to cost, crash or escape: each gets its refusal, and whoever asked lives on."""

from __future__ import annotations

import io
import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from tests.sealing import AT, key_ring, snapshot
from tests.verification.photographs import FACTS, as_png, drawn, encoded, link_of, page_of
from verification import read_upload as reader
from verification.read_upload import UPLOAD_LIMITS, Upload, UploadLimits, UploadRefused, read_upload
from verification.verdict import VerdictState
from verification.verify_file import verify_file

TRUST = key_ring().trust_list(AT)
STATUS = snapshot(key_ring())
CODES = {
    "upload_too_large",
    "upload_not_recognised",
    "upload_too_many_pixels",
    "upload_too_many_pages",
    "upload_too_slow",
    "upload_too_hungry",
    "upload_unreadable",
}


def outcome(data: bytes, limits: UploadLimits = UPLOAD_LIMITS) -> str:
    """The refusal's code; else what was found."""
    try:
        return "found" if read_upload(data, limits).qr_texts else "nothing"
    except UploadRefused as refused:
        return refused.code


def png_of(width: int, height: int, body: bytes, *more: tuple[bytes, bytes]) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    rest = b"".join(chunk(*one) for one in more)
    return b"\x89PNG\r\n\x1a\n" + head + rest + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def jpeg_of(width: int, height: int) -> bytes:
    """A small picture that says it is larger."""
    data = bytearray(encoded(Image.new("L", (64, 64))))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def pdf_of(*objects: bytes, size: int | None = None) -> bytes:
    """The objects in a row, the first is the catalog."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (size or len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size or len(objects) + 1, start)
    return bytes(out)


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(data), entries, data)


CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"


def one_page(content: bytes, box: bytes = b"0 0 595 842", entries: bytes = b"", *more: bytes) -> bytes:
    return pdf_of(
        CATALOG,
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents 4 0 R%s>>" % (box, entries),
        content,
        *more,
    )


def page_with_picture(picture: bytes, width: int, height: int, filters: bytes) -> bytes:
    entries = b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/ColorSpace/DeviceGray/Filter%s" % (
        width,
        height,
        filters,
    )
    drawing = stream(b"595 0 0 842 0 0 cm /I Do")
    return one_page(drawing, b"0 0 595 842", b"/Resources<</XObject<</I 5 0 R>>>>", stream(picture, entries))


def many_pages(count: int) -> bytes:
    kids = b"3 0 R " * count
    return pdf_of(
        CATALOG,
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, count),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    )


def zeros(size_bytes: int) -> bytes:
    """Whole megabytes of zeros, compressed: one block again and again, because packing a gigabyte takes seconds."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    check = (size_bytes % 65521) << 16 | 1
    return b"\x78\xda" + block * (size_bytes >> 20) + packer.flush() + struct.pack(">I", check)


def text_bomb() -> bytes:
    text = PngImagePlugin.PngInfo()
    for number in range(200):
        text.add_text(f"k{number}", "A" * 1_000_000, zip=True)
    out = io.BytesIO()
    Image.new("L", (64, 64)).save(out, "PNG", pnginfo=text)
    return out.getvalue()


REFUSED = {"upload_unreadable", "upload_too_hungry", "upload_too_slow", "nothing"}
HOSTILE: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "png of 2.5 billion pixels": (lambda: png_of(50_000, 50_000, zeros(1 << 20)), {"upload_too_many_pixels"}),
    "png as wide as can be": (lambda: png_of(2**31 - 1, 1, zeros(1 << 20)), {"upload_too_many_pixels"}),
    "png without a pixel": (lambda: png_of(0, 0, b""), REFUSED),
    "png of too few bytes": (lambda: png_of(7000, 7000, zeros(1 << 20)), REFUSED),
    "png of too many bytes": (lambda: png_of(100, 100, zeros(1 << 30)), REFUSED),
    "png with a colour profile of 1 GB": (
        lambda: png_of(64, 64, zlib.compress(bytes(64 * 65)), (b"iCCP", b"p\0\0" + zeros(1 << 30))),
        REFUSED,
    ),
    "png with 200 MB of texts": (text_bomb, REFUSED),
    "jpeg of 4 billion pixels": (lambda: jpeg_of(65_535, 65_535), {"upload_too_many_pixels"}),
    "jpeg larger than its data": (lambda: jpeg_of(7000, 7000), REFUSED),
    "pdf of 100,000 pages": (lambda: many_pages(100_000), {"upload_too_many_pages"}),
    "pdf that says it has 2 billion pages": (
        lambda: pdf_of(CATALOG, b"<</Type/Pages/Kids[]/Count 2000000000>>"),
        REFUSED | {"upload_too_many_pages"},
    ),
    "pages that are their own parents": (
        lambda: pdf_of(CATALOG, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 9>>"),
        REFUSED,
    ),
    "a page tree in a ring": (
        lambda: pdf_of(
            CATALOG, b"<</Type/Pages/Kids[3 0 R 3 0 R]/Count 4>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 4>>"
        ),
        REFUSED,
    ),
    "a million open brackets": (lambda: pdf_of(b"[" * 1_000_000), REFUSED),
    "a million dictionaries in each other": (lambda: pdf_of(b"<</A" * 1_000_000), REFUSED),
    "a cross-reference table for 1 billion": (lambda: pdf_of(CATALOG, b"<<>>", size=1_000_000_000), REFUSED),
    "a page of a million points": (lambda: one_page(stream(b"0 0 9 9 re f"), b"0 0 1000000 1000000"), {"nothing"}),
    "a page like a thread": (lambda: one_page(stream(b"0 0 9 9 re f"), b"0 0 1000000 0.001"), REFUSED),
    "a page of no size": (lambda: one_page(stream(b""), b"0 0 0 0"), REFUSED),
    "a page of endless numbers": (lambda: one_page(stream(b""), b"0 0 1e999 " + b"9" * 400), REFUSED),
    "a picture of 900 million pixels in a page": (
        lambda: page_with_picture(zeros(900 << 20), 30_000, 30_000, b"/FlateDecode"),
        REFUSED,
    ),
    "a picture packed three times": (
        lambda: page_with_picture(
            zlib.compress(zlib.compress(zeros(1 << 30))), 30_000, 30_000, b"[/FlateDecode/FlateDecode/FlateDecode]"
        ),
        REFUSED,
    ),
    "a content stream of 1 GB": (lambda: one_page(stream(zeros(1 << 30), b"/Filter/FlateDecode")), REFUSED),
    "a form that draws itself": (
        lambda: one_page(
            stream(b"/F Do /F Do"),
            b"0 0 595 842",
            b"/Resources<</XObject<</F 5 0 R>>>>",
            stream(
                b"/F Do /F Do",
                b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F 5 0 R>>>>",
            ),
        ),
        REFUSED,
    ),
    "a pdf in name only": (lambda: b"%PDF-1.7\nhello", {"upload_unreadable"}),
    "random bytes behind each beginning": (
        lambda: b"\xff\xd8\xff" + random.Random(1).randbytes(4_999_996),
        {"upload_unreadable"},
    ),
    "4,999,999 random bytes": (lambda: b"\0" + random.Random(2).randbytes(4_999_998), {"upload_not_recognised"}),
    "zero bytes": (lambda: bytes(1000), {"upload_not_recognised"}),
    "nothing": (lambda: b"", {"upload_not_recognised"}),
    "gif": (lambda: saved("GIF"), {"upload_not_recognised"}),
    "tiff": (lambda: saved("TIFF"), {"upload_not_recognised"}),
    "webp": (lambda: saved("WEBP"), {"upload_not_recognised"}),
    "bmp": (lambda: saved("BMP"), {"upload_not_recognised"}),
    "heic": (lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", {"upload_not_recognised"}),
    "svg": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', {"upload_not_recognised"}),
    "html": (lambda: b"<!doctype html>%PDF-1.7", {"upload_not_recognised"}),
    "postscript": (lambda: b"%!PS-Adobe-3.0\n%PDF-1.7", {"upload_not_recognised"}),
}


def saved(kind: str) -> bytes:
    out = io.BytesIO()
    drawn(page_of()).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_gets_a_refusal(name: str) -> None:
    make, expected = HOSTILE[name]
    data = make()
    assert len(data) <= UPLOAD_LIMITS.file_bytes

    assert outcome(data) in expected


@pytest.mark.parametrize("kind", ["png", "jpeg", "pdf"])
def test_wherever_a_file_ends_too_early(kind: str) -> None:
    picture = drawn(page_of()).reduce(2)
    whole = {"png": as_png(picture), "jpeg": encoded(picture), "pdf": page_of()}[kind]

    for share in (0.02, 0.3, 0.6, 0.95):
        assert outcome(whole[: int(len(whole) * share)]) in {"upload_unreadable", "nothing", "found"}


def test_a_file_of_two_kinds_is_what_its_first_bytes_say() -> None:
    picture = encoded(drawn(page_of()))
    pdf_behind = picture + page_of()
    assert read_upload(pdf_behind) == Upload("jpeg", (link_of(FACTS),))

    picture_behind = page_of() + encoded(Image.new("L", (64, 64)))
    assert verify_file(picture_behind, TRUST, None, STATUS, AT).verdict.reason == "pdf_end_malformed"


def test_work_without_end_is_stopped_by_the_processor_s_limit() -> None:
    circle = b"0 0 m 595 842 200 900 300 0 c 100 0 500 800 3 9 c f*\n"
    busy = one_page(stream(zlib.compress(circle * 400_000), b"/Filter/FlateDecode"))
    assert len(busy) < UPLOAD_LIMITS.file_bytes

    assert outcome(busy, UploadLimits(cpu_seconds=1, seconds=60)) == "upload_too_slow"


# --- a child that is somebody else's by now ---


@pytest.fixture
def possessed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have the child run other code, as if a file had taken it over."""

    def run(code: str) -> None:
        monkeypatch.setattr(reader, "_PROGRAM", (sys.executable, "-I", "-c", code))

    return run


PICTURE = as_png(Image.new("L", (64, 64), 255))
READ = "import os,sys; sys.stdin.buffer.read(); "


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (READ + "os.abort()", "upload_unreadable"),
        (READ + "os.kill(os.getpid(), 9)", "upload_unreadable"),
        (READ + "os.kill(os.getpid(), 11)", "upload_unreadable"),
        (READ + "sys.exit(3)", "upload_unreadable"),
        (READ, "upload_unreadable"),
        ("", "upload_unreadable"),
        (READ + "os.kill(os.getpid(), 24)", "upload_too_slow"),
        (READ + "os.kill(os.getpid(), 14)", "upload_too_slow"),
        ("import time; time.sleep(60)", "upload_too_slow"),
        ("import os,time; os.close(1); time.sleep(60)", "upload_too_slow"),
        (READ + "import time; os.write(1, b'{'); time.sleep(60)", "upload_too_slow"),
        (READ + "import signal\nfor one in (14, 15, 24): signal.signal(one, signal.SIG_IGN)\nwhile True: pass",
         "upload_too_slow"),
    ],
)  # fmt: skip
def test_a_child_that_dies_or_hangs(possessed: Callable[[str], None], code: str, expected: str) -> None:
    possessed(code)
    assert outcome(PICTURE + bytes(1_000_000), UploadLimits(seconds=2)) == expected


def test_a_child_that_never_stops_talking_is_cut_off(possessed: Callable[[str], None]) -> None:
    possessed("import os\nwhile True: os.write(1, b'7' * 65536)")
    assert outcome(PICTURE, UploadLimits(seconds=60)) == "upload_unreadable"


@pytest.mark.parametrize(
    "answer",
    [
        "null",
        "[]",
        "7",
        "{}",
        "[" * 30_000,
        '{"texts": ["1"]}',
        '{"texts": ["1"], "others": 0, "more": 1}',
        '{"texts": ["1"], "others": "0"}',
        '{"texts": "1", "others": 0}',
        '{"texts": [1], "others": 0}',
        '{"texts": [null], "others": 0}',
        '{"texts": [""], "others": 0}',
        '{"texts": ["1\\n"], "others": 0}',
        '{"texts": ["é"], "others": 0}',
        json.dumps({"texts": ["1" * 2049], "others": 0}),
        json.dumps({"texts": ["1"] * 9, "others": 0}),
        '{"texts": [], "others": 0} {}',
        '{"refused": "valid"}',
        '{"refused": "several_codes"}',
        '{"refused": ["upload_unreadable"]}',
        '{"refused": "upload_too_hungry", "texts": []}',
        "\xff\xfe",
    ],
)
def test_an_answer_of_another_shape_is_none(possessed: Callable[[str], None], answer: str) -> None:
    possessed(READ + f"os.write(1, {answer.encode('latin-1')!r})")
    assert outcome(PICTURE) == "upload_unreadable"


def test_what_a_child_makes_up_is_verified_like_any_code(possessed: Callable[[str], None]) -> None:
    forged = json.dumps({"texts": ["https://kiemtra.example.vn/v#" + "1" * 170, "valid"], "others": -5})
    possessed(READ + f"os.write(1, {forged.encode()!r})")

    assert read_upload(PICTURE).other_codes == 1
    assert verify_file(PICTURE, TRUST, None, STATUS, AT).verdict.state is VerdictState.UNREADABLE


def test_the_bombs_are_what_they_say() -> None:
    assert zlib.decompress(zeros(3 << 20)) == bytes(3 << 20)


def test_whatever_a_child_has_started_ends_with_it(possessed: Callable[[str], None], tmp_path: Path) -> None:
    told = tmp_path / "number"
    possessed(
        READ + "import time\n"
        "if not os.fork():\n"
        f"    open({str(told)!r}, 'w').write(str(os.getpid()))\n"
        "    time.sleep(60)\n"
        f"while not (os.path.exists({str(told)!r}) and os.path.getsize({str(told)!r})): time.sleep(0.01)\n"
        'os.write(1, b\'{"texts": [], "others": 0}\'); os.close(1); time.sleep(60)'
    )
    limits = UploadLimits(seconds=3)
    outcome(PICTURE, limits)

    assert _is_over(int(told.read_text()))


def _is_over(number: int) -> bool:
    for _ in range(200):
        try:
            state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


# --- what the child takes from itself ---

CONFINED = """
import os, socket, sys, json
from verification.upload_reader.__main__ import confine, shut_in
numbers = dict(one.split("=") for one in sys.argv[2:])
confine({name: int(number) for name, number in numbers.items()})
shut_in()
def tried(act):
    try: act()
    except (OSError, MemoryError) as error: return type(error).__name__
    return "done"
said = [
    tried(lambda: open("/etc/passwd")), tried(lambda: open("/tmp/x", "w")), tried(socket.socket),
    tried(os.pipe), tried(lambda: os.dup(0)), tried(lambda: bytearray(10**9)),
    json.dumps(dict(os.environ)), os.getcwd(), str(os.getsid(0) == os.getpid()),
]
sys.stdin.buffer.read()
sys.stdout.write(json.dumps({"texts": said[:0], "others": 0, "said": said}))
"""


def test_the_child_can_open_nothing_and_knows_nothing(
    possessed: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONDAU_PASSPHRASE", "secret")
    said: list[str] = []

    def understood(_: str, answer: bytes) -> Upload:
        said.extend(json.loads(answer)["said"])
        return Upload("png", ())

    monkeypatch.setattr(reader, "_understood", understood)
    possessed(CONFINED)
    read_upload(PICTURE)

    assert said[:6] == ["OSError"] * 5 + ["MemoryError"]
    assert "CONDAU" not in said[6]
    assert said[7:] == ["/", "True"]


def test_no_descriptor_of_ours_is_handed_on(possessed: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def understood(_: str, answer: bytes) -> Upload:
        seen.extend(json.loads(answer))
        return Upload("png", ())

    monkeypatch.setattr(reader, "_understood", understood)
    possessed(READ + "os.write(1, str([int(one) for one in os.listdir('/proc/self/fd')]).encode())")
    with socket.socket() as ours:
        os.set_inheritable(ours.fileno(), True)
        read_upload(PICTURE)

    assert sorted(seen)[:3] == [0, 1, 2]
    assert len(seen) == 4  # the fourth is that of the listing itself


@pytest.mark.parametrize("end", ["by the clock", "with its caller"])
def test_a_child_outlives_nobody(end: str) -> None:
    numbers = [f"{name}={getattr(UPLOAD_LIMITS, name)}" for name in UploadLimits.__slots__ if name != "seconds"]
    with subprocess.Popen(
        [*reader._PROGRAM, "png", *numbers, "seconds=1" if end == "by the clock" else "seconds=60"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={},
    ) as child:
        assert child.stdin is not None
        if end == "with its caller":
            child.stdin.close()
        status = child.wait(20)

    assert status == (-signal.SIGALRM if end == "by the clock" else 0)


def test_without_the_limits_nothing_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system refuses one of them, the child ends before it has loaded a decoder."""
    code = (
        "import resource; real = resource.setrlimit\n"
        "def setrlimit(which, numbers):\n"
        "    if which == resource.RLIMIT_AS: raise ValueError\n"
        "    real(which, numbers)\n"
        "resource.setrlimit = setrlimit\n"
        "from verification.upload_reader.__main__ import main; main()"
    )
    monkeypatch.setattr(reader, "_PROGRAM", (sys.executable, "-I", "-c", code))

    assert outcome(as_png(drawn(page_of()))) == "upload_unreadable"


# --- and whatever else ---


def mutated(seed: bytes, chance: random.Random) -> bytes:
    data = bytearray(seed)
    for _ in range(chance.choice((1, 3, 10, 40))):
        at = chance.randrange(8, len(data))
        match chance.randrange(5):
            case 0:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                data[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", bytes(4), b"\x7f\xff\xff\xff", b"99999999"))
            case 2:
                del data[at : at + chance.randrange(1, 200)]
            case 3:
                data[at:at] = data[chance.randrange(len(data)) :][: chance.randrange(1, 500)]
            case _:
                data[at : at + 8] = chance.randbytes(8)
        if len(data) < 16:
            break
    return bytes(data)


def fuzz(first: int, count: int) -> None:
    code = drawn(page_of()).reduce(2)
    plain = Image.new("L", (200, 200), 255)
    pdf = io.BytesIO()
    plain.save(pdf, "PDF")
    seeds = (as_png(code), encoded(code), encoded(plain.convert("RGB"), progressive=True), as_png(plain.convert("P")),
             pdf.getvalue(), page_of())  # fmt: skip
    for number in range(first, first + count):
        chance = random.Random(number)
        data = mutated(chance.choice(seeds), chance)
        try:
            upload = read_upload(data)
        except UploadRefused as refused:
            if refused.code not in CODES:
                raise
        else:
            assert set(upload.qr_texts) <= {link_of(FACTS)}, number


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_mutated_files_are_read_or_refused(first: int) -> None:
    fuzz(first, 20)


@pytest.mark.campaign
@pytest.mark.parametrize("first", range(0, 6000, 250))
def test_many_mutated_files_are_read_or_refused(first: int) -> None:
    fuzz(first, 250)
