"""Examples of the routes about a person's own data, for the API's description."""

from typing import Any

EXPORT: dict[str, Any] = {
    "format": "condau-personal-data-1",
    "made_at": "2024-06-20T02:00:00Z",
    "applications": [
        {
            "code": "000.00.15.H26-240603-0001",
            "type_id": "criminal_record_form_1",
            "unit": "000.00.15.H26",
            "state": "result_returned",
            "submitted_at": "2024-06-03T02:00:00+00:00",
            "applicant": {"full_name": "Nguyễn Thị Minh Anh", "birth_date": "1995-02-03"},
            "documents": [{"kind": "result", "number": "318760487891", "state": "issued"}],
            "papers": [],
            "questions": [],
        }
    ],
    "accesses": [
        {
            "at": "2024-06-03T02:10:00+00:00",
            "unit": "000.00.15.H26",
            "roles": ["caseworker"],
            "purpose": "settle_case",
            "shown": "case",
            "codes": ["000.00.15.H26-240603-0001"],
        }
    ],
    "erasures": [],
}

ERASURE_REQUEST: dict[str, Any] = {
    "requested_at": "2024-06-20T02:00:00+00:00",
    "answer_due_at": "2024-06-24T10:00:00+00:00",
}
