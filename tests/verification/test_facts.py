"""The facts in a file or a credential: numbers that every database has, and texts that UTF-8 can say."""

import json
from dataclasses import replace
from typing import Any

import pytest

from storage.runner import Database
from tests.credentials import SALT, claims_over, resealed
from tests.sealing import AT, facts_of, key_ring, sealed_qr
from verification.formats.facts import FactsMalformed, decode_facts, encode_facts
from verification.formats.jws import to_base64url
from verification.verdict import DocumentFacts, Verdict, VerdictState
from verification.verify_credential import verify_credential
from verification.verify_qr import verify_qr

RING = key_ring()
TRUST = RING.trust_list(AT)
FACTS = facts_of(RING)
LARGEST = 2**31 - 1
TOO_LARGE = (2**31, 2**63, 2**64, 10**30)


def attached(**changes: Any) -> bytes:
    return json.dumps(json.loads(encode_facts(FACTS)) | changes).encode()


def credential(index: object, number: object = 1) -> str:
    uri = f"https://kiemtra.example.vn/v1/status-lists/{number}"
    shown = [to_base64url(json.dumps([SALT, "number", FACTS.number]).encode())]
    return resealed(claims_over(shown, status={"status_list": {"idx": index, "uri": uri}}), shown)


@pytest.mark.parametrize("name", ["status_list", "status_index"])
def test_an_entrys_numbers_are_bounded_as_databases_are(name: str) -> None:
    assert getattr(decode_facts(attached(**{name: LARGEST})), name) == LARGEST
    for number in (-1, *TOO_LARGE):
        with pytest.raises(FactsMalformed):
            decode_facts(attached(**{name: number}))


@pytest.mark.parametrize("name", ["document_type", "number", "full_name", "result_line", "key_id"])
@pytest.mark.parametrize("text", ["\ud800", "An\udfff", "\ud83d An"])
def test_half_of_a_letter_is_no_text(name: str, text: str) -> None:
    """JSON can write it, UTF-8 can't: whoever prints it would fail."""
    with pytest.raises(FactsMalformed):
        decode_facts(attached(**{name: text}))


@pytest.mark.parametrize("name", ["number", "full_name", "result_line"])
def test_half_of_a_letter_is_no_text_in_a_credential_either(name: str) -> None:
    for text, state in (("A\ud800", VerdictState.UNREADABLE), ("A\U0001f600", VerdictState.STATUS_UNKNOWN)):
        shown = [to_base64url(json.dumps([SALT, name, text]).encode())]
        assert verify_credential(resealed(claims_over(shown), shown), TRUST, None, AT).state is state


@pytest.mark.parametrize("index", [LARGEST, *TOO_LARGE])
async def test_a_register_is_asked_for_numbers_only_that_it_can_have(database: Database, index: int) -> None:
    """Whatever a signed code or credential says, there is a verdict."""

    def by_code(facts: DocumentFacts) -> Verdict:
        text = sealed_qr(facts, RING).link
        return database.run_blocking(lambda r: verify_qr(text, TRUST, r.register, AT, r.register))

    def by_credential(text: str) -> Verdict:
        return database.run_blocking(lambda r: verify_credential(text, TRUST, r.register, AT, register=r.register))

    expected = VerdictState.NOT_GENUINE if index == LARGEST else VerdictState.UNREADABLE
    assert by_credential(credential(index)).state is expected
    if index < 2**64:  # as far as the integers of a code go
        assert by_code(replace(FACTS, status_index=index)).state is expected
        assert by_code(replace(FACTS, status_list=index)).state is expected
