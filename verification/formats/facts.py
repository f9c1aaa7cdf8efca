"""The machine-readable copy of a document's facts, attached to its PDF: one JSON object, `facts.json`."""

import json
from datetime import date
from typing import Any

from verification.verdict import MAX_STATUS_NUMBER, DocumentFacts, VerificationError

FACTS_ATTACHMENT = "facts.json"
MAX_FACTS_BYTES = 20_000

_TEXTS = ("document_type", "number", "full_name", "result_line", "key_id")
_DATES = ("birth_date", "issued_on")
_NUMBERS = ("status_list", "status_index")
_KEYS = {*_TEXTS, *_DATES, *_NUMBERS, "expires_on"}


class FactsMalformed(VerificationError):
    code = "facts_malformed"


def is_text(value: str) -> bool:
    """Whether there is something in it, all of which UTF-8 can say: JSON can write one half of a surrogate pair."""
    return bool(value) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def encode_facts(facts: DocumentFacts) -> bytes:
    """The attachment's bytes: UTF-8, sorted keys, so that equal facts give equal files."""
    return json.dumps(facts.to_json(), ensure_ascii=False, sort_keys=True, indent=1).encode()


def decode_facts(data: bytes) -> DocumentFacts:
    """Read an attachment. Raises FactsMalformed unless exactly the known keys are there, with their types."""
    if len(data) > MAX_FACTS_BYTES:
        raise FactsMalformed
    try:
        found: Any = json.loads(data.decode())
    except (ValueError, RecursionError):
        raise FactsMalformed from None
    if not isinstance(found, dict) or found.keys() != _KEYS:
        raise FactsMalformed
    texts_ok = all(isinstance(found[key], str) and is_text(found[key]) for key in _TEXTS)
    numbers_ok = all(type(found[key]) is int and 0 <= found[key] <= MAX_STATUS_NUMBER for key in _NUMBERS)
    if not (texts_ok and numbers_ok):
        raise FactsMalformed
    try:
        dates = {key: date.fromisoformat(found[key]) for key in _DATES}
        expires_on = None if found["expires_on"] is None else date.fromisoformat(found["expires_on"])
    except (TypeError, ValueError):
        raise FactsMalformed from None
    return DocumentFacts(
        document_type=found["document_type"],
        number=found["number"],
        full_name=found["full_name"],
        birth_date=dates["birth_date"],
        result_line=found["result_line"],
        issued_on=dates["issued_on"],
        expires_on=expires_on,
        key_id=found["key_id"],
        status_list=found["status_list"],
        status_index=found["status_index"],
    )
