"""Is what this file shows genuine and in force? A sealed PDF or receipt in XML by its seal, a picture of paper by the
code on it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from verification.formats.pdf_seal import SealMissing
from verification.read_upload import UPLOAD_LIMITS, UploadLimits, UploadRefused, kind_of, read_upload
from verification.register import Register, StatusSource
from verification.trust import TrustList
from verification.verdict import Verdict, unreadable
from verification.verify_pdf import verify_pdf
from verification.verify_qr import verify_qr
from verification.verify_receipt import is_receipt, verify_receipt


class Examined(StrEnum):
    """What a verdict on a file is about. CODE_IN_FILE: a code that the file shows, and nothing else in it."""

    FILE = "file"
    CODE_IN_FILE = "code_in_file"


@dataclass(frozen=True, slots=True)
class FileVerdict:
    """With CODE_IN_FILE even a VALID document has to be compared with the paper, word by word: anybody can put the code
    of a genuine document on another page."""

    verdict: Verdict
    examined: Examined


@dataclass(frozen=True, slots=True)
class CodeInFile:
    """What a code in a file says; it is still to be verified."""

    text: str


def verify_file(
    data: bytes,
    trust: TrustList,
    register: Register | None,
    status: StatusSource | None,
    at: datetime,
    limits: UploadLimits = UPLOAD_LIMITS,
) -> FileVerdict:
    """Examine a PDF, PNG, JPEG or receipt in XML. Never raises for what its bytes say.

    1. A receipt in XML is verified as the file that it is, and that decides.
    2. A PDF is verified as the file that it is. That decides, unless it bears no seal of anybody: a scan, a page that
       was printed into a file. A seal that is broken or out of place is never outweighed by a code.
    3. In such a PDF, and in pictures, the code of one document is looked for (see `find_code`) and verified.
    """
    if is_receipt(data):
        return FileVerdict(verify_receipt(data, trust, register, status, at), Examined.FILE)
    if kind_of(data) == "pdf":
        verdict = verify_pdf(data, trust, register, status, at)
        if not bears_no_seal(verdict):
            return FileVerdict(verdict, Examined.FILE)
    found = find_code(data, at, limits)
    if isinstance(found, Verdict):
        return FileVerdict(found, Examined.FILE)
    return FileVerdict(verify_qr(found.text, trust, status, at, register), Examined.CODE_IN_FILE)


def bears_no_seal(verdict: Verdict) -> bool:
    """Whether what was verified as a sealed PDF is none: nobody's seal is in it, neither good nor bad."""
    return verdict.seal.code == SealMissing.code


def find_code(data: bytes, at: datetime, limits: UploadLimits = UPLOAD_LIMITS) -> Verdict | CodeInFile:
    """Look for the code of the one document that a file shows, in a child process (see `read_upload`).

    Where there is none to verify, UNREADABLE: with the refusal's code if the file was not looked at to its end,
    `several_codes` for those of several documents, `qr_not_a_document_code` for none but codes of another kind, and
    `no_code_found`.
    """
    try:
        upload = read_upload(data, limits)
        text = upload.only_code()
    except UploadRefused as refused:
        return unreadable(refused.code, at)
    if text is None:
        return unreadable("qr_not_a_document_code" if upload.other_codes else "no_code_found", at)
    return CodeInFile(text)
