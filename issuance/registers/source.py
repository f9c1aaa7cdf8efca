"""Registers that an application's facts come from: which there are, and what any of them answers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from .judicial import CompleteRecord, RegisterAnswer
from .population import PopulationAnswer

SourceAnswer = RegisterAnswer | PopulationAnswer

ANSWERS: Final[Mapping[str, type[RegisterAnswer] | type[PopulationAnswer]]] = MappingProxyType(
    {kind.source: kind for kind in (RegisterAnswer, CompleteRecord, PopulationAnswer)}
)
"""By the name of the source."""


def answer_to_json(answer: SourceAnswer) -> dict[str, Any]:
    return {"source": answer.source, **answer.to_json()}


def answer_from_json(data: Mapping[str, Any]) -> SourceAnswer:
    """Raises KeyError for a source that is none of ours, else as its own reading does."""
    return ANSWERS[data["source"]].from_json(data)
