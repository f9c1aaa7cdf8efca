"""The JSON Schema of a policy document."""

from __future__ import annotations

from typing import Any

from issuance.fees.read_policy import policy_adapter


def policy_json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a policy document; what it can't say, `read_policy` checks."""
    return policy_adapter().json_schema()
