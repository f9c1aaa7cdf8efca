"""The colours of what a version is on a day."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from issuance.fee_policies.draft import Standing

TONES: Mapping[Standing, Literal["good", "wait", "blind"]] = MappingProxyType(
    {Standing.ACTIVE: "good", Standing.SCHEDULED: "wait", Standing.SUPERSEDED: "blind"}
)
