"""What is kept about a person, as she is given it."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict


class PersonalDataView(TypedDict):
    """format: rises when the meaning of a field changes. applications, accesses: every field that is kept, by the names
    that they have in this service."""

    format: str
    made_at: str
    applications: list[dict[str, Any]]
    accesses: list[dict[str, Any]]
    erasures: list[str]


class ErasureRequestView(TypedDict):
    """`answer_due_at`: until when the agency has to answer, whether by erasing or by saying why it may not."""

    requested_at: str
    answer_due_at: str
