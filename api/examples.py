"""Examples for the API's description, taken from a real run; a test reads each as its route promises it."""

import json
from pathlib import Path
from typing import Any

_TAKEN: dict[str, Any] = json.loads((Path(__file__).parent / "examples.json").read_text(encoding="utf-8"))

SERVICES = _TAKEN["services"]
SERVICE = _TAKEN["service"]
FEE = _TAKEN["fee"]
NEW_APPLICATION = _TAKEN["new_application"]
APPLICATION = _TAKEN["application"]
APPLICATION_PAGE = _TAKEN["application_page"]
WORK_LIST = _TAKEN["work_list"]
AGENCY = _TAKEN["agency"]
AGENCY_PAGE = _TAKEN["agency_page"]
DESK = _TAKEN["desk"]
VERDICT = _TAKEN["verdict"]
CREDENTIAL_TYPE = _TAKEN["credential_type"]
FEE_DECISION = _TAKEN["fee_decision"]
