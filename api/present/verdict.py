"""A verdict, with the words in which a person reads it: one title and one instruction for each state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from typing_extensions import TypedDict

from issuance.content import HAS_CONVICTIONS, NO_CONVICTIONS
from issuance.documents.catalogue import Catalogue
from issuance.fees.wording import Label
from verification.verdict import (
    NOT_REACHED,
    VIETNAM,
    Check,
    DisclosedFacts,
    DocumentFacts,
    Outcome,
    Verdict,
    VerdictState,
)

from ..languages import Language

Method = Literal["qr", "pdf", "number", "credential"]


class FindingView(TypedDict):
    """One of the three findings. `as_of`: the time of the data it rests on, where older than the check."""

    outcome: str
    code: str
    as_of: str | None
    text: str


class FactsView(TypedDict):
    """What the document says as its issuer sealed it. The texts with `_text` are for people, in the asked language.

    `result_line_gloss` says in English what a known result line means; what was sealed is the line itself.
    `withheld` names what the holder of a credential did not show; those fields are null.
    """

    document_type: str
    document_type_name: str
    number: str | None
    number_text: str | None
    full_name: str | None
    birth_date: str | None
    birth_date_text: str | None
    result_line: str | None
    result_line_gloss: str | None
    issued_on: str
    issued_on_text: str
    expires_on: str | None
    withheld: list[str]
    withheld_text: str | None


class VerdictView(TypedDict):
    """`state`, `reason` and the findings' codes are for programs; title, instruction and texts for people.

    Facts are there only when seal and issuer passed, and have to be compared with the holder's identity card.
    """

    state: str
    reason: str
    title: str
    instruction: str
    facts: FactsView | None
    issuer_name: str | None
    seal: FindingView
    status: FindingView
    issuer: FindingView
    checked_at: str
    checked_at_text: str


TITLES: Mapping[VerdictState, Label] = {
    VerdictState.VALID: Label("Giấy tờ thật, còn hiệu lực", "Genuine and in force"),
    VerdictState.REVOKED: Label("Đã bị thu hồi", "Revoked"),
    VerdictState.SUSPENDED: Label("Đang tạm ngừng hiệu lực", "Suspended"),
    VerdictState.EXPIRED: Label("Đã hết hạn", "Expired"),
    VerdictState.NOT_GENUINE: Label("Không phải giấy tờ thật", "Not genuine"),
    VerdictState.UNKNOWN_ISSUER: Label("Không rõ nơi cấp", "Issuer not known"),
    VerdictState.UNREADABLE: Label("Không đọc được", "Not readable"),
    VerdictState.STATUS_UNKNOWN: Label("Chưa rõ hiệu lực", "Status not known"),
}

INSTRUCTIONS: Mapping[VerdictState, Label] = {
    VerdictState.VALID: Label(
        "So họ tên và ngày sinh dưới đây với căn cước của người xuất trình.",
        "Compare the name and birth date below with the holder’s identity card.",
    ),
    VerdictState.REVOKED: Label(
        "Không chấp nhận giấy tờ này; người xuất trình cần liên hệ nơi cấp.",
        "Do not accept this document; its holder should ask the issuing body.",
    ),
    VerdictState.SUSPENDED: Label(
        "Chưa chấp nhận; hãy hỏi nơi cấp trước khi quyết định.",
        "Do not accept it yet; ask the issuing body before you decide.",
    ),
    VerdictState.EXPIRED: Label("Đề nghị người xuất trình xin cấp giấy tờ mới.", "Ask the holder for a new document."),
    VerdictState.NOT_GENUINE: Label(
        "Không chấp nhận. Hãy ghi lại thời điểm kiểm tra và báo cơ quan công an gần nhất.",
        "Do not accept it. Note the time of this check and report it to the nearest police office.",
    ),
    VerdictState.UNKNOWN_ISSUER: Label(
        "Chưa kết luận là giả: trang này không biết nơi cấp. Hãy hỏi cơ quan ghi trên giấy tờ.",
        "This does not mean forged: the issuer is not known here. Ask the body named on the document.",
    ),
    VerdictState.UNREADABLE: Label(
        "Hãy quét lại khi giấy phẳng và đủ sáng, hoặc nhập số giấy tờ và mã kiểm tra.",
        "Scan again with the paper flat and in good light, or type the number and check code.",
    ),
    VerdictState.STATUS_UNKNOWN: Label(
        "Chưa tra cứu được trạng thái; hãy kiểm tra lại trước khi chấp nhận.",
        "The status could not be looked up; check again before you accept it.",
    ),
}

# Where the way of asking allows a more helpful word than the state alone.
_NOT_IN_REGISTER: Mapping[Method, tuple[Label, Label]] = {
    "number": (
        Label("Không có trong sổ đăng ký", "Not in the register"),
        Label(
            "Hãy so lại từng ký tự đã nhập. Nếu đã nhập đúng, không chấp nhận và báo cơ quan công an gần nhất.",
            "Compare what you typed, character by character. "
            "If it is right, do not accept the paper; report it to the nearest police office.",
        ),
    ),
    "pdf": (
        Label("Không phải tệp đã được cấp", "Not the file that was issued"),
        Label(
            "Tệp đã bị thay đổi, hoặc được lưu lại bằng phần mềm khác. Hãy yêu cầu tệp gốc; đừng chấp nhận tệp này.",
            "The file was altered, or saved anew by another program. Ask for the original; do not accept this one.",
        ),
    ),
}

# Where the reason says better than the state what helps.
_INSTRUCTIONS_FOR: Mapping[str, Label] = {
    "trust_list_stale": Label(
        "Danh sách tin cậy trên máy này đã quá cũ. Hãy cập nhật khi có mạng rồi kiểm tra lại.",
        "The trust list on this device is too old. Bring it up to date where there is a network, then check again.",
    ),
    "status_stale": Label(
        "Dữ liệu trạng thái trên máy này đã quá cũ. Hãy cập nhật khi có mạng rồi kiểm tra lại.",
        "The status data on this device is too old. Bring it up to date where there is a network, then check again.",
    ),
    **dict.fromkeys(
        ("trust_list_from_the_future", "status_from_the_future", "issued_in_the_future"),
        Label(
            "Hãy xem lại ngày giờ của máy này: có vẻ đang chạy chậm. Chỉnh lại rồi kiểm tra lại.",
            "Look at this device’s date and time: its clock seems to be behind. Set it right, then check again.",
        ),
    ),
    "key_compromised_since": Label(
        "Khóa ký này đã bị lộ về sau, nên ngoại tuyến không thể biết giấy được ký từ trước. "
        "Hãy kiểm tra trực tuyến, hoặc hỏi nơi cấp.",
        "The key was taken later, so without a network nobody can tell that it sealed this before. "
        "Check online, or ask the issuing body.",
    ),
}

_FINDINGS: Mapping[str, Label] = {
    "seal_intact": Label("Con dấu điện tử nguyên vẹn", "The electronic seal is intact"),
    "in_register": Label(
        "Có trong sổ đăng ký; con dấu trên giấy không được kiểm tra",
        "In the register; the paper’s own seal was not examined",
    ),
    "signature_wrong": Label("Chữ ký không khớp với nội dung", "The signature does not match the content"),
    "not_in_register": Label("Không có trong sổ đăng ký của nơi cấp", "Not in the issuer’s register"),
    "seal_contradicts_register": Label(
        "Con dấu không khớp với sổ đăng ký", "The seal contradicts the issuer’s register"
    ),
    "contradicts_register": Label(
        "Nội dung khác với sổ đăng ký của nơi cấp", "It says something else than the issuer’s register"
    ),
    "algorithm_not_allowed": Label(
        "Ký bằng thuật toán khác với khóa của nơi cấp", "Signed in another way than the issuer’s key does"
    ),
    "valid": Label("Còn hiệu lực", "In force"),
    "revoked": Label("Đã bị thu hồi", "Revoked"),
    "suspended": Label("Đang tạm ngừng hiệu lực", "Suspended"),
    "status_stale": Label("Dữ liệu trạng thái đã quá cũ", "The status data is out of date"),
    "status_not_listed": Label(
        "Không có trong các danh sách trạng thái đang có", "Not in the status lists that are at hand"
    ),
    "status_not_asked": Label("Không tra cứu trạng thái", "The status was not looked up"),
    "status_from_the_future": Label(
        "Dữ liệu trạng thái có ngày sau đồng hồ của máy", "The status data is dated after this device’s clock"
    ),
    "register_unavailable": Label("Sổ đăng ký không phản hồi", "The register does not answer"),
    "not_established": Label("Chưa kết luận: con dấu không hợp lệ", "Not established: the seal is not valid"),
    "issuer_known": Label("Nơi cấp được tin cậy", "The issuer is trusted"),
    "issuer_unknown": Label("Không có trong danh sách tin cậy", "Not on the trust list"),
    "trust_list_stale": Label("Danh sách tin cậy đã quá cũ", "The trust list is out of date"),
    "trust_list_from_the_future": Label(
        "Danh sách tin cậy có ngày sau đồng hồ của máy", "The trust list is dated after this device’s clock"
    ),
    "key_compromised": Label(
        "Khóa ký đã bị lộ trước khi ký giấy này", "The key had been compromised before it sealed this"
    ),
    "key_compromised_since": Label("Khóa ký đã bị lộ về sau", "The key was compromised later"),
    "key_for_other_purpose": Label("Khóa ký dùng cho việc khác", "The key is for another purpose"),
    "key_for_other_unit": Label(
        "Khóa ký của đơn vị không cấp loại giấy này", "The key of a unit that does not issue this type of document"
    ),
    "certificate_out_of_date": Label("Chứng thư của nơi cấp đã hết hạn", "The issuer’s certificate is out of date"),
    "issued_outside_key_period": Label(
        "Khóa ký không có hiệu lực vào ngày cấp", "The key was not in force on the day of issue"
    ),
}

# A broken seal proves nobody's hand, whatever certificate or key it names.
_NOT_ESTABLISHED = Check(Outcome.UNKNOWN, "not_established")

_GLOSSES: Mapping[tuple[str, str], str] = {
    ("criminal_record_form_1", NO_CONVICTIONS): "No convictions",
    ("criminal_record_form_1", HAS_CONVICTIONS): "Has convictions",
}

_WITHHELD: Mapping[str, Label] = {
    "number": Label("số giấy tờ", "number"),
    "full_name": Label("họ và tên", "full name"),
    "birth_date": Label("ngày sinh", "birth date"),
    "result_line": Label("kết quả", "result"),
}

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

_OUTCOMES: Mapping[Outcome, Label] = {
    Outcome.PASSED: Label("Đạt", "Passed"),
    Outcome.FAILED: Label("Không đạt", "Failed"),
    Outcome.UNKNOWN: Label("Chưa kiểm tra được", "Not checked"),
}


def verdict_view(verdict: Verdict, method: Method, catalogue: Catalogue, language: Language) -> VerdictView:
    title = TITLES[verdict.state]
    instruction = _INSTRUCTIONS_FOR.get(verdict.reason, INSTRUCTIONS[verdict.state])
    if verdict.state is VerdictState.NOT_GENUINE and verdict.reason == "not_in_register":
        title, instruction = _NOT_IN_REGISTER.get(method, (title, instruction))
    unproven = verdict.seal.outcome is Outcome.FAILED
    issuer = _NOT_ESTABLISHED if unproven and verdict.issuer != NOT_REACHED else verdict.issuer
    return {
        "state": verdict.state.value,
        "reason": verdict.reason,
        "title": title.in_language(language),
        "instruction": instruction.in_language(language),
        "facts": None if verdict.facts is None else _facts(verdict.facts, catalogue, language),
        "issuer_name": None if unproven else verdict.issuer_name,
        "seal": _finding(verdict.seal, language),
        "status": _finding(verdict.status, language),
        "issuer": _finding(issuer, language),
        "checked_at": verdict.checked_at.isoformat(),
        "checked_at_text": moment_in_words(verdict.checked_at, language),
    }


def moment_in_words(moment: datetime, language: Language) -> str:
    """Hanoi's time, to the second: `18:45:10 ngày 21/11/2026`, `21 November 2026, 18:45:10 (Hanoi time)`."""
    local = moment.astimezone(VIETNAM)
    if language == "vi":
        return f"{local:%H:%M:%S ngày %d/%m/%Y}"
    return f"{_day(local, language)}, {local:%H:%M:%S} (Hanoi time)"


def _finding(check: Check, language: Language) -> FindingView:
    text = _FINDINGS.get(check.code, _OUTCOMES[check.outcome])
    return {
        "outcome": check.outcome.value,
        "code": check.code,
        "as_of": None if check.as_of is None else check.as_of.isoformat(),
        "text": text.in_language(language),
    }


def _facts(facts: DocumentFacts | DisclosedFacts, catalogue: Catalogue, language: Language) -> FactsView:
    names = {one.id: one.name.in_language(language) for one in catalogue}
    withheld = [name for name in _WITHHELD if getattr(facts, name) is None]
    born, gloss = facts.birth_date, _GLOSSES.get((facts.document_type, facts.result_line or ""))
    return {
        "document_type": facts.document_type,
        "document_type_name": names.get(facts.document_type, facts.document_type),
        "number": facts.number,
        "number_text": None if facts.number is None else _grouped(facts.number),
        "full_name": facts.full_name,
        "birth_date": None if born is None else born.isoformat(),
        "birth_date_text": None if born is None else _day(born, language),
        "result_line": facts.result_line,
        "result_line_gloss": None if language == "vi" else gloss,
        "issued_on": facts.issued_on.isoformat(),
        "issued_on_text": _day(facts.issued_on, language),
        "expires_on": None if facts.expires_on is None else facts.expires_on.isoformat(),
        "withheld": withheld,
        "withheld_text": _withheld(withheld, language) if withheld else None,
    }


def _withheld(names: list[str], language: Language) -> str:
    said = ", ".join(_WITHHELD[name].in_language(language) for name in names)
    return f"Người giữ không cho xem: {said}" if language == "vi" else f"Not shown by the holder: {said}"


def _grouped(number: str) -> str:
    # As the paper prints it; numbers of other kinds stay as they are.
    if len(number) != 12 or not number.isdigit():
        return number
    return " ".join(number[start : start + 4] for start in (0, 4, 8))


def _day(day: date, language: Language) -> str:
    """As the identity card writes it; in English with the month's name, because 08/03 would be read both ways."""
    return f"{day:%d/%m/%Y}" if language == "vi" else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
