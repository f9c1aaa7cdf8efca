"""Examples for the API's description; a test reads each with the shape that its route promises."""

from typing import Any

SERVICES: dict[str, Any] = {}
SERVICE: dict[str, Any] = {}
FEE: dict[str, Any] = {}
APPLICATION: dict[str, Any] = {}
NEW_APPLICATION: dict[str, Any] = {}
APPLICATION_PAGE: dict[str, Any] = {}
WORK_LIST: dict[str, Any] = {}
DESK: dict[str, Any] = {}
VERDICT: dict[str, Any] = {}
FEE_DECISION: dict[str, Any] = {}
