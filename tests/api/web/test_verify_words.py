"""The page says of a verdict that it reached itself what the service would say: the same words, dates and names."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from api.languages import Language
from api.present.offline_words import offline_words
from api.present.verdict import Method, verdict_view
from api.present.verdict_words import FINDINGS, INSTRUCTIONS_FOR
from issuance.documents.catalogue import load_catalogue, shipped_types_folder
from tests.node_packages import NODE
from tests.sealing import facts_of, key_ring
from verification.verdict import NOT_REACHED, UNVOUCHED, Check, DocumentFacts, Outcome, Verdict, VerdictState, weigh

PRESENT = Path(__file__).parents[3] / "api" / "web" / "static" / "verify" / "present.js"
PROGRAM = """
import { verdictView } from "%s";
const { verdicts, words, examined } = JSON.parse(await new Response(process.stdin).text());
process.stdout.write(JSON.stringify(verdicts.map((one) => verdictView(one, words, examined))));
"""
# What only the service's answer has: of credentials, whose holders may withhold something.
ONLY_THERE = ("withheld", "withheld_text")
AT = datetime(2026, 11, 20, 17, 30, 5, tzinfo=UTC)
FACTS = facts_of(key_ring())
METHODS: dict[str, Method] = {"code": "qr", "code_in_file": "code_in_file"}


def verdicts() -> list[Verdict]:
    """Of every state, every finding that has words, and facts of each kind."""
    passed = Check(Outcome.PASSED, "seal_intact")
    known, current = Check(Outcome.PASSED, "issuer_known", AT), Check(Outcome.PASSED, "valid", AT)
    found = [
        Verdict(state, reason, passed, current, known, FACTS, AT, "Công an thành phố Hà Nội")
        for state in VerdictState
        for reason in (state.value, *INSTRUCTIONS_FOR)
    ]
    for code in (*FINDINGS, "never_heard_of"):
        for outcome in Outcome:
            finding = Check(outcome, code, AT if outcome is Outcome.FAILED else None)
            found += [weigh(seal=finding, issuer=known, status=current, facts=FACTS, at=AT, issuer_name="Sở")]
            found += [weigh(seal=passed, issuer=finding, status=current, facts=FACTS, at=AT, issuer_name="Sở")]
            found += [weigh(seal=passed, issuer=known, status=finding, facts=FACTS, at=AT, issuer_name="Sở")]
    found += [weigh(seal=Check(Outcome.FAILED, "signature_wrong"), issuer=NOT_REACHED, at=AT)]
    for facts in others():
        found += [weigh(seal=passed, issuer=known, status=current, facts=facts, at=AT)]
    return found


def others() -> list[DocumentFacts]:
    return [
        replace(FACTS, document_type="not_in_the_catalogue", number="AB-12/2026", result_line="Có án tích"),
        replace(FACTS, expires_on=date(2027, 1, 9), birth_date=date(1901, 1, 1), number="00000000000x"),
        replace(FACTS, result_line="<b>Không</b> có", full_name="<script>alert(1)</script>"),
    ]


def shown_by_page(language: Language, examined: str) -> list[dict[str, Any]]:
    catalogue = load_catalogue(shipped_types_folder())
    asked = {
        "verdicts": [one.to_json() for one in verdicts()],
        "words": offline_words(catalogue, language),
        "examined": examined,
    }
    done = subprocess.run(
        [NODE, "--input-type=module", "--eval", PROGRAM % PRESENT.as_uri()],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    views: list[dict[str, Any]] = json.loads(done.stdout)
    return views


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("examined", METHODS)
def test_both_say_the_same(language: Language, examined: str) -> None:
    catalogue = load_catalogue(shipped_types_folder())
    views = shown_by_page(language, examined)

    assert len(views) == len(verdicts()) > 200
    for verdict, shown in zip(verdicts(), views, strict=True):
        expected: Any = verdict_view(verdict, METHODS[examined], catalogue, language)
        if expected["facts"] is not None:
            expected["facts"] = {name: one for name, one in expected["facts"].items() if name not in ONLY_THERE}
        assert shown == expected


def test_what_leaves_only_the_page_without_an_answer_has_words() -> None:
    """Codes that browsers alone arrive at, and what is said where the lists say nothing."""
    assert {"algorithm_not_supported", *UNVOUCHED} <= set(INSTRUCTIONS_FOR)


@pytest.mark.parametrize(
    ("service", "device", "chosen"),
    [
        (("valid", "passed"), ("valid", "passed"), "service"),
        (("revoked", "failed"), ("valid", "passed"), "service"),
        (("valid", "passed"), ("status_unknown", "unknown"), "service"),
        (("not_genuine", "unknown"), ("valid", "passed"), "service"),
        (("status_unknown", "unknown"), ("valid", "passed"), "device"),
        (("status_unknown", "unknown"), ("status_unknown", "unknown"), "service"),
        (("valid", "passed"), ("revoked", "failed"), "device"),
    ],
)
def test_the_fresher_word_counts(service: tuple[str, str], device: tuple[str, str], chosen: str) -> None:
    both = [
        {"from": name, "state": state, "status": {"outcome": outcome}}
        for name, (state, outcome) in (("service", service), ("device", device))
    ]
    program = f'import {{ fresher }} from "{PRESENT.as_uri()}"; console.log(fresher(...{json.dumps(both)}).from);'
    done = subprocess.run(
        [NODE, "--input-type=module", "--eval", program], capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout.strip() == chosen
