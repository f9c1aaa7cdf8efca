"""Examples of parcels and handovers for the API's description."""

from typing import Any

_CODE = "000.00.15.H26-240603-0001"
_NUMBER = "P48210573969"
_MOMENT = "2024-06-03T02:00:00+00:00"
_PATH = f"/v1/applications/{_CODE}/parcels"
ADDRESS = {
    "recipient": "Nguyễn Thị Ánh Tuyết",
    "phone": "0912345678",
    "street": "Số 12, phố Đội Cấn",
    "commune": "Phường Ngọc Hà",
    "province": "Thành phố Hà Nội",
}
PARCEL: dict[str, Any] = {
    "number": _NUMBER,
    "state": "asked",
    "state_name": "Waiting for the copies to be printed",
    "copies": 3,
    "address": ADDRESS,
    "asked_at": _MOMENT,
    "changed_at": _MOMENT,
    "tracking_number": None,
    "return_reason": None,
    "return_reason_text": None,
    "links": {"self": _PATH, "address": f"{_PATH}/address", "cancellation": f"{_PATH}/cancellation"},
}
PARCEL_CANCELLED = {**PARCEL, "state": "cancelled", "state_name": "Cancelled", "links": {"self": _PATH}}
PARCELS = {"copies": 3, "printed": 0, "items": [PARCEL]}
WAITING: dict[str, Any] = {
    "items": [
        {
            "number": _NUMBER,
            "application": _CODE,
            "state": "printed",
            "state_name": "Printed, waiting for the post",
            "copies": 3,
            "asked_at": _MOMENT,
            "links": {"application": f"/v1/desk/applications/{_CODE}"},
        }
    ]
}
_PRINT = "0b8f6a52-7c1e-4d43-9a0e-2f6c1d7e5b30"
PRINT = {
    "id": _PRINT,
    "copies": 2,
    "left": 1,
    "links": {"file": f"/v1/desk/applications/{_CODE}/prints/{_PRINT}/file"},
}
_BATCH = "/v1/desk/postal-batches/7d9c2b1a-3e4f-4a56-8b90-1c2d3e4f5a60"
_HEAD = {
    "id": "7d9c2b1a-3e4f-4a56-8b90-1c2d3e4f5a60",
    "on": "2024-06-03",
    "number": 1,
    "parcels": 1,
    "closed_by": "Nguyễn Văn Cường",
    "closed_at": _MOMENT,
    "links": {"self": _BATCH, "list": f"{_BATCH}/list", "labels": f"{_BATCH}/labels"},
}
BATCHES = {"items": [_HEAD]}
BATCH = {
    "batch": _HEAD,
    "lines": [{"line": 1, "number": _NUMBER, "application": _CODE, "copies": 3, "state": "handed_over"}],
}
TRACKING_CSV = (
    "parcel,tracking,state,at,reason\n"
    f"{_NUMBER},EH123456789VN,delivered,2024-06-03T08:30:00+07:00,\n"
    "P00000000018,EH123456790VN,returned,2024-06-03T08:40:00+07:00,not_at_home\n"
)
TRACKING = {
    "preview": False,
    "changed": [_NUMBER],
    "unchanged": 0,
    "problems": [{"line": 3, "problem": "unknown", "text": "there is no such parcel"}],
}
HAND_TO = {"to_unit": "000.00.16.H26", "reason": "Theo văn bản đề nghị số 12/UBND."}
HANDED: dict[str, Any] = {
    "id": "5a4b3c2d-1e0f-4987-a654-3210fedcba98",
    "application": _CODE,
    "type": "criminal_record_form_1",
    "type_name": "Criminal record extract, form 1",
    "from_unit": "000.00.15.H26",
    "to_unit": "000.00.16.H26",
    "reason": "Theo văn bản đề nghị số 12/UBND.",
    "sent_by": "Nguyễn Văn Cường",
    "sent_at": _MOMENT,
    "opened_by": None,
    "opened_at": None,
    "acknowledged_by": None,
    "acknowledged_at": None,
    "note": None,
    "links": {},
}
_INBOX = f"/v1/desk/inbox/{HANDED['id']}"
INBOX = {"items": [{**HANDED, "links": {"document": f"{_INBOX}/document"}}], "next": None}
ACKNOWLEDGED = {
    **HANDED,
    "opened_by": "Trần Thị Mai",
    "opened_at": _MOMENT,
    "acknowledged_by": "Trần Thị Mai",
    "acknowledged_at": _MOMENT,
    "note": "Đã nhận đủ.",
    "links": {"document": f"{_INBOX}/document"},
}
