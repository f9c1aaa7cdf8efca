"""On which terms a document is offered, in words: its cases, its papers, who settles it and in which steps."""

from __future__ import annotations

from typing import Any

from issuance.documents.catalogue import DocumentType
from issuance.errors import NoProcedure, NoSuccessor, UnknownUnit
from issuance.fees.facts import vietnam_day
from issuance.procedure.conditions import Condition, Is
from issuance.procedure.time_sums import limit_in_words
from issuance.procedure.words import ROLES, condition_in_words
from issuance.settlement.in_force import procedure_to_begin, unit_in_charge

from ...languages import Language
from ...present.registers import SOURCE_NAMES
from ...services import Records, Services
from ..input_form import fields_of


def terms_of(document_type: DocumentType, language: Language) -> dict[str, Any]:
    """For a template: `about`, `limit`, `other_limits`, `papers`, `sources`."""
    return {
        "about": purpose_of(document_type, language),
        "limit": limit_in_words(document_type.time_limit).in_language(language),
        "other_limits": [
            {
                "when": _case(one.when, document_type, language),
                "limit": limit_in_words(one.limit).in_language(language),
            }
            for one in document_type.other_limits
        ],
        "papers": [
            {
                "name": paper.name.in_language(language),
                "is_required": paper.required,
                "when": None if paper.when is None else _case(paper.when, document_type, language),
            }
            for paper in document_type.papers
        ],
        "sources": [SOURCE_NAMES[one].in_language(language) for one in document_type.sources if one in SOURCE_NAMES],
    }


def purpose_of(document_type: DocumentType, language: Language) -> str:
    """What it is for, in a sentence; empty where its authors have not said so."""
    words = document_type.credential
    return "" if words is None else words.description.in_language(language)


def handling_of(
    records: Records, services: Services, document_type: DocumentType, language: Language
) -> dict[str, Any] | None:
    """Who settles it, and in which steps; None where nothing is set up for today."""
    day = vietnam_day(services.clock())
    try:
        unit = unit_in_charge(records, document_type, day)
        procedure = procedure_to_begin(records, document_type, unit, day)
    except (NoProcedure, NoSuccessor, UnknownUnit):
        return None
    try:
        name = records.units.tree().on(unit, day).name.in_language(language)
    except UnknownUnit:
        name = unit
    return {
        "unit": name,
        "steps": [
            {
                "name": step.name.in_language(language),
                "role": ROLES[step.role].in_language(language),
                "limit": limit_in_words(step.time_limit).in_language(language),
                "when": None if step.when is None else _case(step.when, document_type, language),
            }
            for step in procedure.steps
        ],
    }


def _case(condition: Condition, document_type: DocumentType, language: Language) -> str:
    """The question of the form on which it depends, else the condition in words."""
    if isinstance(condition, Is) and condition.equals is True:
        for field in fields_of(document_type, {}, language):
            if field.name == condition.fact:
                return field.label
    return condition_in_words(condition).in_language(language)
