"""Whatever a verifier finds, people read it in words of their language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import api.web
import verification
from api.present.verdict_words import FINDINGS, INSTRUCTIONS, INSTRUCTIONS_FOR, TITLES
from verification.verdict import UNVOUCHED, VerdictState

SOURCES = ("ask_register.py", "check_issuer.py", "register.py", "verify_qr.py")
CODES = sorted(
    set().union(
        *(
            re.findall(r'Check\(Outcome\.\w+, "([a-z_0-9]+)"', (Path(verification.__file__).parent / name).read_text())
            for name in SOURCES
        )
    )
)
CODES += ["contradicts_register", "not_in_register"]  # chosen before they are put into a finding
SCRIPTS = Path(api.web.__file__).parent / "static" / "verify"
CODES_OF_THE_SCANNER = re.findall(
    r'(?:check\("\w+", |Refused\()"([a-z_]+)"',
    "".join((SCRIPTS / f"{name}.js").read_text() for name in ("verify_qr", "check_issuer", "keys")),
)
# The general words of their outcome say it: nothing was looked at.
PLAIN = {"seal_not_examined"}


def test_the_codes_were_found() -> None:
    assert {"key_compromised", "trust_list_stale", "contradicts_register", "status_not_listed"} <= set(CODES)


@pytest.mark.parametrize("code", sorted(set(CODES) - PLAIN | UNVOUCHED))
def test_every_finding_has_its_words(code: str) -> None:
    assert FINDINGS[code].in_language("vi") != FINDINGS[code].in_language("en")


def test_every_finding_of_the_scanner_has_its_words() -> None:
    assert {"algorithm_not_supported", "key_compromised", "signature_wrong"} <= set(CODES_OF_THE_SCANNER)
    assert set(CODES_OF_THE_SCANNER) - PLAIN - {"jwk_malformed"} <= FINDINGS.keys()  # that one is of no document


@pytest.mark.parametrize("reason", sorted(UNVOUCHED))
def test_who_is_not_vouched_for_now_says_what_helps(reason: str) -> None:
    assert reason in INSTRUCTIONS_FOR


def test_every_state_has_a_title_and_an_instruction() -> None:
    assert set(TITLES) == set(INSTRUCTIONS) == set(VerdictState)
