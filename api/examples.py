"""Examples for the API's description, taken from a real run; a test reads each as its route promises it."""

import json
from pathlib import Path
from typing import Any

_TAKEN: dict[str, Any] = json.loads((Path(__file__).parent / "examples.json").read_text(encoding="utf-8"))

SERVICES = _TAKEN["services"]
SERVICE = _TAKEN["service"]
QUOTE = _TAKEN["quote"]
NEW_APPLICATION = _TAKEN["new_application"]
APPLICATION = _TAKEN["application"]
APPLICATION_PAGE = _TAKEN["application_page"]
TIMELINE = {
    "items": [
        {
            "what": "application_submitted",
            "text": "Application sent",
            "note": None,
            "at": "2024-06-03T02:00:00+00:00",
            "standing": "done",
        },
        {
            "what": "register",
            "text": "The judicial register has to answer",
            "note": "At the step: Check against the judicial register",
            "at": None,
            "standing": "now",
        },
        {"what": "decision", "text": "Decision", "note": None, "at": None, "standing": "to_come"},
        {"what": "result", "text": "Result", "note": None, "at": None, "standing": "to_come"},
    ]
}
WORK_LIST = _TAKEN["work_list"]
BULK = {
    "done": 1,
    "refused": 1,
    "results": [
        {"code": "000.00.15.H26-240603-0001", "state": "in_progress", "problem": None},
        {
            "code": "000.00.15.H26-240603-0002",
            "state": None,
            "problem": {"code": "application_not_found", "title": "No such application", "status": 404},
        },
    ],
}
STATISTICS = _TAKEN["statistics"]
PUNCTUALITY = {
    "quarter": "2024-Q2",
    "first_day": "2024-04-01",
    "last_day": "2024-06-30",
    "is_over": True,
    "total": {"settled": 48, "on_time": 47, "on_time_per_cent": "97.9"},
    "units": [
        {
            "code": "000.00.15.H26",
            "name": "Department of Justice of Hanoi",
            "settled": 41,
            "on_time": 40,
            "on_time_per_cent": "97.5",
        },
        {"code": "000.00.16.H26", "name": "A ward", "settled": 5, "on_time": None, "on_time_per_cent": None},
        {"code": "000.00.17.H26", "name": "Another ward", "settled": 2, "on_time": None, "on_time_per_cent": None},
    ],
    "together": {"settled": 7, "on_time": 7, "on_time_per_cent": "100.0"},
}
HEALTH = {
    "well": False,
    "at": "2024-06-03T02:00:00+00:00",
    "signs": [
        {"name": "workers", "well": True, "number": 4, "since": "2024-06-03T01:59:58+00:00"},
        {"name": "jobs_failed", "well": False, "number": 1, "since": None},
        {"name": "backup", "well": True, "number": 1, "since": "2024-06-02T19:00:00+00:00"},
    ],
    "workers": [{"name": "worker-1", "seen_at": "2024-06-03T01:59:58+00:00"}],
    "jobs": [{"kind": "issue-result", "state": "waiting", "number": 2, "oldest_at": "2024-06-03T01:59:59+00:00"}],
    "schedules": [{"name": "deadlines", "done_at": "2024-06-03T01:59:30+00:00", "failures": 0}],
}
FOUND_CASES = {"items": WORK_LIST["items"], "is_cut": False}
AGENCY = _TAKEN["agency"]
AGENCY_PAGE = _TAKEN["agency_page"]
DESK = _TAKEN["desk"]
NEW_DELEGATION = {
    "to": "https://officials.example|can-bo-2",
    "role": "head",
    "types": ["criminal_record_form_1"],
    "valid_from": "2024-06-03T08:00:00+07:00",
    "valid_until": "2024-06-10T08:00:00+07:00",
    "act": "Quyết định số 12/QĐ-CAHN ngày 31/5/2024",
}
DELEGATION = {
    "id": "3f1f4a5e-0d2c-4f6e-9a51-6f1e5b3f9d10",
    "role": "head",
    "types": ["criminal_record_form_1"],
    "delegator": "Nguyễn Văn Cường",
    "delegator_account": "https://officials.example|lanh-dao",
    "delegate": "Trần Thị Mai",
    "delegate_account": "https://officials.example|can-bo-2",
    "valid_from": "2024-06-03T01:00:00+00:00",
    "valid_until": "2024-06-10T01:00:00+00:00",
    "act": "Quyết định số 12/QĐ-CAHN ngày 31/5/2024",
    "revoked_at": None,
    "is_in_force": True,
    "links": {"revocation": "/v1/desk/delegations/3f1f4a5e-0d2c-4f6e-9a51-6f1e5b3f9d10/revocation"},
}
DELEGATIONS = {"items": [DELEGATION]}
RELATIVES = {"declared": 2}
_LATE = "/v1/desk/applications/000.00.15.H26-240603-0001"
FOLLOW_UPS = {
    "items": [
        {
            "id": "5b0d7c1e-8f37-4d0c-9a15-3a2f6b1c7d20",
            "kind": "overdue",
            "text": "The application is overdue",
            "level": "owner",
            "code": "000.00.15.H26-240603-0001",
            "type": "criminal_record_form_1",
            "type_name": "Criminal record extract, form 1",
            "due_at": "2024-06-17T10:00:00+00:00",
            "found_at": "2024-06-17T10:01:00+00:00",
            "links": {
                "application": _LATE,
                "seen": "/v1/desk/follow-ups/5b0d7c1e-8f37-4d0c-9a15-3a2f6b1c7d20/seen",
            },
        }
    ],
    "next": None,
}
APOLOGIES = {
    "items": [
        {
            "code": "000.00.15.H26-240603-0001",
            "type": "criminal_record_form_1",
            "type_name": "Criminal record extract, form 1",
            "missed_at": "2024-06-17T10:00:00+00:00",
            "drafted_at": "2024-06-17T10:01:00+00:00",
            "proposed_date": "2024-06-24",
            "links": {"application": _LATE, "sign_off": f"{_LATE}/apology"},
        }
    ],
    "next": None,
}
APOLOGY_SIGNED_OFF = {
    "reason": "Cơ quan đang chờ kết quả xác minh nơi cư trú trước đây của Bà.",
    "new_date": "2024-06-24",
}
VERDICT = _TAKEN["verdict"]
CREDENTIAL_TYPE = _TAKEN["credential_type"]
FEE_DECISION = _TAKEN["fee_decision"]
APPLICATION_WITH_EVIDENCE = _TAKEN["application_with_evidence"]
APPLICATION_WITHDRAWN = _TAKEN["application_withdrawn"]
DESK_WITH_EVIDENCE = _TAKEN["desk_with_evidence"]
FEE_POLICIES = _TAKEN["fee_policies"]
FEE_COMPARISON = _TAKEN["fee_comparison"]
FEE_HISTORY = _TAKEN["fee_history"]
FEE_VERSION = _TAKEN["fee_version"]
FEE_BUDGETS = _TAKEN["fee_budgets"]
FEE_DRAFT = _TAKEN["fee_draft"]
FEE_DRAFTS = _TAKEN["fee_drafts"]
FEE_DOCUMENT = _TAKEN["fee_document"]
FEE_REHEARSAL = _TAKEN["fee_rehearsal"]
FEE_REHEARSAL_ASKED = _TAKEN["fee_rehearsal_asked"]
FEE_ACT = _TAKEN["fee_act"]
FEE_ACTS = _TAKEN["fee_acts"]

_PROCEDURES: dict[str, Any] = json.loads(
    (Path(__file__).parent / "examples_procedures.json").read_text(encoding="utf-8")
)
PROCEDURES = _PROCEDURES["procedures"]
PROCEDURE = _PROCEDURES["procedure"]
PROCEDURE_CHECK = _PROCEDURES["procedure_check"]
PROCEDURE_DOCUMENT = _PROCEDURES["procedure_document"]
APPLICATION_WITH_QUESTION = _TAKEN["application_with_question"]
QUESTIONS = _TAKEN["questions"]
PREFILL = _TAKEN["prefill"]
NEW_BODY_REQUEST = _TAKEN["new_body_request"]
BODY_REQUEST = _TAKEN["body_request"]
BODY_REQUEST_WITHDRAWN = {
    **BODY_REQUEST,
    "state": "withdrawn",
    "state_number": 7,
    "state_name": "Withdrawn by the citizen",
    "links": {"self": BODY_REQUEST["links"]["self"]},
}
BODY_REQUESTS = _TAKEN["body_requests"]

_UNITS: dict[str, Any] = json.loads((Path(__file__).parent / "examples_units.json").read_text(encoding="utf-8"))
UNITS = _UNITS["units"]
UNIT = _UNITS["unit"]
UNIT_IMPORT = _UNITS["unit_import"]
UNIT_IMPORT_PROGRESS = _UNITS["unit_import_progress"]
UNITS_CSV = _UNITS["units_csv"]
ACCESSES = {
    "items": [
        {
            "at": "2024-06-03T02:10:00+00:00",
            "unit": "000.00.15.H26",
            "unit_name": "Hanoi City Police",
            "roles": ["caseworker"],
            "reader": "4f2a91c0",
            "purpose": "settle_case",
            "purpose_name": "To settle an application",
            "shown": "case",
            "shown_name": "The whole application",
            "applications": ["000.00.15.H26-240603-0001"],
        }
    ],
    "next": None,
}
