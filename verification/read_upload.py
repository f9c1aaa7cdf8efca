"""What stands in a stranger's PDF, PNG or JPEG: its codes, read in a child process that may die of the file.

Neither this module nor the one that calls it decodes anything: they know the first bytes and the child's answer.
"""

import json
import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from typing import Literal

from verification.formats import qr
from verification.upload_reader.confined import ANSWER_BYTES, MAX_CODE_CHARS, MAX_CODES
from verification.verdict import VerificationError

UploadKind = Literal["pdf", "png", "jpeg"]

_FIRST_BYTES: tuple[tuple[bytes, UploadKind], ...] = (
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
)
_REFUSALS_OF_THE_CHILD = frozenset(
    {"upload_too_many_pixels", "upload_too_many_pages", "upload_too_hungry", "upload_unreadable"}
)
# Isolated from what the environment and the folder could make it import, and leaving no compiled files behind.
_PROGRAM = (sys.executable, "-I", "-B", "-m", "verification.upload_reader")
_TOO_SLOW = frozenset({-signal.SIGXCPU, -signal.SIGALRM})
_PLAIN = re.compile(rf"[ -~]{{1,{MAX_CODE_CHARS}}}")
_CHUNK_BYTES = 1 << 16
_MAX_OTHERS = 10_000


class UploadRefused(VerificationError):
    """The file was not looked at to its end; `code` says why: upload_too_large, upload_not_recognised,
    upload_too_many_pixels, upload_too_many_pages, upload_too_slow, upload_too_hungry, upload_unreadable."""

    code = "upload_unreadable"


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """What one file may be, and cost. pixels: as it declares. seconds: by the clock, cpu_seconds: of a processor.

    memory_bytes: the child's addresses, of which its programs take 100 MB.
    """

    file_bytes: int = 5_000_000
    pixels: int = 50_000_000
    pages: int = 20
    seconds: int = 12
    cpu_seconds: int = 4
    memory_bytes: int = 768 * 1024 * 1024

    def __post_init__(self) -> None:
        if any(getattr(self, one.name) < 1 for one in fields(self)):
            raise ValueError("every limit of uploads is at least 1")


UPLOAD_LIMITS = UploadLimits()


@dataclass(frozen=True, slots=True)
class Upload:
    """What was found in a file, nothing of it proven.

    qr_texts: what those of its codes say that look like a document's, at most 8. other_codes: how many were seen beside
    them, of payments, shops and whatever else.
    """

    kind: UploadKind
    qr_texts: tuple[str, ...] = field(repr=False)
    other_codes: int = 0

    def only_code(self) -> str | None:
        """The one text to verify; None where no code of a document was found.

        Raises UploadRefused, `several_codes`, for codes of several documents: a verdict could not say on which it is.
        """
        by_digits = {qr.digits_of(text): text for text in self.qr_texts}
        if len(by_digits) > 1:
            raise UploadRefused("several_codes")
        return next(iter(by_digits.values()), None)


def kind_of(data: bytes) -> UploadKind | None:
    """By the first bytes; what a file is called says nothing."""
    return next((kind for start, kind in _FIRST_BYTES if data.startswith(start)), None)


def read_upload(data: bytes, limits: UploadLimits = UPLOAD_LIMITS) -> Upload:
    """Find the codes in a file. Blocks for up to `limits.seconds`; safe to call from several threads, a child each.

    1. At most limits.file_bytes, and it starts like a PDF, PNG or JPEG.
    2. A child process of its own session, without environment and with no descriptors but two pipes, limits itself
       (`verification.upload_reader`) and decodes. It is killed when its time is up, and ends by itself without us.
    3. Its answer is distrusted: bounded, one JSON object of one of two shapes, texts of bounded length that look like a
       document's code. Whether they are is for `verify_qr`.

    Raises UploadRefused.
    """
    if len(data) > limits.file_bytes:
        raise UploadRefused("upload_too_large")
    kind = kind_of(data)
    if kind is None:
        raise UploadRefused("upload_not_recognised")
    return _understood(kind, answer_of_child(kind, data, limits))


def answer_of_child(task: str, data: bytes, limits: UploadLimits) -> bytes:
    """What the child says about a file, bounded and distrusted still. task: as `upload_reader.__main__` knows them.

    Raises UploadRefused.
    """
    deadline = time.monotonic() + limits.seconds
    with _reader(task, limits) as child:
        answer = _converse(child, data, deadline)
        if not answer:
            raise UploadRefused("upload_too_slow" if _ended_by(child, deadline) in _TOO_SLOW else "upload_unreadable")
    return answer


@contextmanager
def _reader(task: str, limits: UploadLimits) -> Iterator[subprocess.Popen[bytes]]:
    """The child, killed with all that it may have started when the caller is done with it."""
    numbers = [f"{name}={number}" for name, number in asdict(limits).items()]
    try:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and numbers of ours
            [*_PROGRAM, task, *numbers],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd="/",
            env={},
            start_new_session=True,
        )
    except OSError:
        raise UploadRefused from None
    try:
        yield child
    finally:
        # Before it is waited for: until then its number is nobody else's.
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


def _converse(child: subprocess.Popen[bytes], data: bytes, deadline: float) -> bytes:
    """Hand the file over and take the answer, neither waiting for the other. Raises UploadRefused."""
    assert child.stdin is not None and child.stdout is not None  # noqa: S101, PT018 - both were asked for
    answer, left = bytearray(), memoryview(data)
    os.set_blocking(child.stdin.fileno(), False)
    with selectors.DefaultSelector() as ready:
        ready.register(child.stdin, selectors.EVENT_WRITE)
        ready.register(child.stdout, selectors.EVENT_READ)
        while True:
            seconds = deadline - time.monotonic()
            if seconds <= 0:
                raise UploadRefused("upload_too_slow")
            for key, _ in ready.select(seconds):
                if key.fileobj is child.stdout:
                    chunk = os.read(key.fd, _CHUNK_BYTES)
                    if not chunk:
                        return bytes(answer)
                    answer += chunk
                    if len(answer) > ANSWER_BYTES:
                        raise UploadRefused
                    continue
                try:
                    left = left[os.write(key.fd, left[:_CHUNK_BYTES]) :]
                except BrokenPipeError:
                    left = left[:0]
                if not left:
                    ready.unregister(child.stdin)
                    child.stdin.close()


def _ended_by(child: subprocess.Popen[bytes], deadline: float) -> int | None:
    """How it ended without an answer, as Popen's returncode: negative for a signal. It stays to be waited for."""
    while time.monotonic() < deadline:
        ended = os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
        if ended is not None:
            return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
        time.sleep(0.005)  # it has closed its side already, so it is about to end
    return -signal.SIGALRM


def _understood(kind: UploadKind, answer: bytes) -> Upload:
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        raise UploadRefused from None
    match said:
        case {"refused": str() as code, **rest} if not rest and code in _REFUSALS_OF_THE_CHILD:
            raise UploadRefused(code)
        case {"texts": [*texts], "others": int() as others, **rest} if not rest and len(texts) <= MAX_CODES:
            others = min(max(others, 0), _MAX_OTHERS)
        case _:
            raise UploadRefused
    if not all(isinstance(text, str) and _PLAIN.fullmatch(text) for text in texts):
        raise UploadRefused
    ours = tuple(text for text in texts if _is_like_ours(text))
    return Upload(kind, ours, others + len(texts) - len(ours))


def _is_like_ours(text: str) -> bool:
    try:
        qr.digits_of(text)
    except qr.QrMalformed:
        return False
    return True
