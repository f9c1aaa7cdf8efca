"""Where an application stands and what it waits for, in words."""

from __future__ import annotations

from collections.abc import Mapping

from issuance.application import Application, ApplicationState, DecisionOutcome
from issuance.certificate import RevocationReason, SuspensionReason
from issuance.fees.wording import Label
from verification.register import DocumentStatus

STATE_NAMES: Mapping[ApplicationState, Label] = {
    ApplicationState.NEWLY_REGISTERED: Label("Mới đăng ký", "Newly registered"),
    ApplicationState.RECEIVED: Label("Đã tiếp nhận", "Received"),
    ApplicationState.REFUSED_AT_INTAKE: Label("Không được tiếp nhận", "Refused at intake"),
    ApplicationState.IN_PROGRESS: Label("Đang xử lý", "In progress"),
    ApplicationState.MORE_PAPERS_ASKED: Label("Yêu cầu bổ sung giấy tờ", "More papers asked"),
    ApplicationState.PAYMENT_ASKED: Label("Yêu cầu nộp phí, lệ phí", "Payment asked"),
    ApplicationState.WITHDRAWN: Label("Công dân yêu cầu rút hồ sơ", "Withdrawn by the citizen"),
    ApplicationState.STOPPED: Label("Dừng xử lý", "Stopped"),
    ApplicationState.SETTLED: Label("Đã xử lý xong", "Settled"),
    ApplicationState.RESULT_RETURNED: Label("Đã trả kết quả", "Result returned"),
}

WAITING: Mapping[str, Label] = {
    "fee_decision": Label("Chờ cán bộ quyết định phí", "An official has to decide the fee"),
    "payment": Label("Chờ nộp phí", "The fee has to be paid"),
    "register": Label("Chờ kết quả tra cứu lý lịch tư pháp", "The judicial register has to answer"),
    "decision": Label("Chờ cán bộ giải quyết", "An official has to decide"),
    "issuing": Label("Đã duyệt, đang cấp giấy tờ", "Approved, the document is being issued"),
    "papers": Label("Chờ bổ sung giấy tờ", "More papers have to come"),
    "download": Label("Chờ bạn nhận kết quả", "The result waits for you"),
}


STATUS_NAMES: Mapping[DocumentStatus, Label] = {
    DocumentStatus.VALID: Label("Còn hiệu lực", "In force"),
    DocumentStatus.SUSPENDED: Label("Đang tạm ngừng hiệu lực", "Suspended"),
    DocumentStatus.REVOKED: Label("Đã bị thu hồi", "Revoked"),
}

KEY_COMPROMISED = "key_compromised"
KEY_COMPROMISED_NAME = Label(
    "Chữ ký không còn được công nhận vì khóa ký đã bị lộ; hãy đề nghị cấp lại",
    "Its signature no longer counts because the signing key was stolen; ask for a new document",
)

REASONS: Mapping[RevocationReason | SuspensionReason, Label] = {
    RevocationReason.ISSUED_IN_ERROR: Label("Cấp không đúng", "Issued in error"),
    RevocationReason.FACTS_CHANGED: Label("Thông tin đã thay đổi", "The facts have changed"),
    RevocationReason.OBTAINED_BY_DECEPTION: Label("Được cấp do gian dối", "Obtained by deception"),
    RevocationReason.REPLACED: Label("Đã được thay bằng giấy tờ khác", "Replaced by another document"),
    SuspensionReason.UNDER_REVIEW: Label("Đang được xem xét lại", "Under review"),
    SuspensionReason.KEY_IN_DOUBT: Label("Đang xác minh khóa ký", "The key that sealed it is being looked into"),
}


def waiting_for(one: Application) -> str | None:
    """Why the application stands still, as far as its own facts tell; None where it is over."""
    match one.state:
        case ApplicationState.NEWLY_REGISTERED:
            return "fee_decision"
        case ApplicationState.PAYMENT_ASKED:
            return "payment"
        case ApplicationState.MORE_PAPERS_ASKED:
            return "papers"
        case ApplicationState.RECEIVED | ApplicationState.IN_PROGRESS:
            if one.decision is not None and one.decision.outcome is DecisionOutcome.APPROVED:
                return "issuing"
            return "register" if one.register_answer is None else "decision"
        case ApplicationState.SETTLED:
            return "download"
        case _:
            return None
