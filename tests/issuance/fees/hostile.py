"""Policy documents made to hurt: each with what must be said about it, or None where it must be read.

The tests hold the caps against them, the benchmark `hostile-policies` prints the time that each takes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from issuance.fees.expressions.words import MAX_EXPRESSION_STEPS
from issuance.fees.reading.check_policy import MAX_COMPARISONS, MAX_EXPRESSIONS, MAX_RULES, MAX_STEPS
from issuance.fees.reading.read_policy import MAX_POLICY_BYTES, MAX_POLICY_DEPTH, MAX_POLICY_NODES
from tests.issuance.fees.requests import rule, small_policy, stage, words

ONE = {"fact": "copies", "eq": 1}
OLD = {"all": [{"fact": "copies", "gte": 1}, {"fact": "age_years", "gte": 1}]}
LONG_ID = "abcdefghijklmnopqrstuvwxyz0123456789"


def written(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def in_rule(**changes: Any) -> bytes:
    return written(small_policy(stages=[stage([rule("half", **changes)])]))


def rules(count: int, **changes: Any) -> list[dict[str, Any]]:
    """Stages of as many rules as one may have."""
    return [
        stage([rule(f"r{index}", **changes) for index in range(first, min(first + 200, count))], own_id=f"s{first}")
        for first in range(0, count, 200)
    ]


def nested(depth: int) -> dict[str, Any]:
    condition: dict[str, Any] = ONE
    for _ in range(depth):
        condition = {"not": condition}
    return condition


def acts(count: int) -> list[dict[str, Any]]:
    act = small_policy()["basis"][0]
    return [act, *(act | {"id": f"{LONG_ID}{index:03}"} for index in range(1, count))]


def example(**given: Any) -> dict[str, Any]:
    plain: dict[str, Any] = small_policy()["examples"][0]
    return plain | {"given": plain["given"] | given}


def worst_expression(index: int) -> str:
    """The most that an expression may do: a walk with much to join and compare at each step."""
    channels = ",".join(["channel"] * 12)
    return f"[{channels}].all(t, {'&&'.join(['t+t+t+t+t!=t'] * 13)}) && copies > {index}"


HOSTILE: Mapping[str, tuple[Callable[[], bytes], str | None]] = {
    "a million conditions": (
        lambda: in_rule(when={"any": [ONE] * 1_000_000}),
        f"larger than {MAX_POLICY_BYTES} bytes",
    ),
    "five megabytes of text": (
        lambda: written(small_policy(id="x" * 5_000_000)),
        f"larger than {MAX_POLICY_BYTES} bytes",
    ),
    "as many conditions as there is room": (
        lambda: in_rule(when={"any": [ONE] * 2_300}),
        f"more than {MAX_COMPARISONS} comparisons",
    ),
    "more values than are counted": (
        lambda: b"[" + b"0," * (MAX_POLICY_BYTES // 2 - 1) + b"0",
        f"more than {MAX_POLICY_NODES} values",
    ),
    "brackets without end": (lambda: b"[" * MAX_POLICY_BYTES, f"nested more than {MAX_POLICY_DEPTH} deep"),
    "objects without end": (lambda: b'{"a":' * 40_000, f"nested more than {MAX_POLICY_DEPTH} deep"),
    "conditions nested too deep": (lambda: in_rule(when=nested(9)), "conditions are nested more than 8 deep"),
    "quotation marks": (lambda: b'"' * (MAX_POLICY_BYTES - 1), "not JSON"),
    "backslashes": (lambda: b"\\" * MAX_POLICY_BYTES, "not JSON"),
    "a number of 200,000 digits": (lambda: b'{"a":' + b"9" * 200_000 + b"}", "a number with more than 12 digits"),
    "a number with an exponent": (lambda: b'{"a":1e999999999}', "numbers are whole"),
    "one key twice among thousands": (
        lambda: b"{" + b",".join(b'"k%d":0' % index for index in range(9_000)) + b',"k0":1}',
        "the key 'k0' stands twice",
    ),
    "thousands of unknown keys": (
        lambda: written(small_policy() | {f"documenttypes{index}": 0 for index in range(9_000)}),
        "unknown key 'documenttypes0', did you mean 'document_types'?",
    ),
    "thousands of unknown facts": (
        lambda: in_rule(when={"any": [{"fact": f"submitted_no{index}", "eq": 1} for index in range(2_300)]}),
        "unknown fact 'submitted_no0', did you mean 'submitted_on'?",
    ),
    "hundreds of rules with unknown facts": (
        lambda: written(small_policy(stages=rules(300, when={"fact": "submitted_no", "eq": 1}))),
        "unknown fact 'submitted_no', did you mean 'submitted_on'?",
    ),
    "thousands of acts that nobody knows": (
        lambda: written(
            small_policy(
                basis=acts(100),
                stages=rules(180, basis=[f"{LONG_ID}x{index}" for index in range(20)]),
            )
        ),
        "nothing cites this act",
    ),
    "rules that cite twenty acts each": (
        lambda: written(
            small_policy(
                basis=acts(20),
                stages=rules(200, basis=["act", *(f"{LONG_ID}{index:03}" for index in range(1, 20))]),
            )
        ),
        None,
    ),
    "more rules than anybody reads": (lambda: written(small_policy(stages=rules(310))), f"more than {MAX_RULES} rules"),
    "more examples than so many rules may have": (
        lambda: written(small_policy(stages=rules(300), examples=[example()] * 200)),
        "with so many rules and comparisons there can be at most 15 examples",
    ),
    "as many rules as may be, with examples": (
        lambda: written(small_policy(stages=rules(300), examples=[example()] * 15)),
        None,
    ),
    "as many examples as may be, with rules": (
        lambda: written(small_policy(stages=rules(23), examples=[example()] * 200)),
        None,
    ),
    "rules that are looked at afresh in each example": (
        lambda: written(
            small_policy(
                stages=rules(150, when=OLD, quota={"unit": "amount", "max": 5, "scope": "budget_total", "name": "q"}),
                examples=[example(copies=copies, birth_date=f"19{copies + 10}-01-01") for copies in range(1, 29)],
            )
        ),
        "expects gross 1,000",
    ),
    "as many comparisons and examples as may be": (
        lambda: written(
            small_policy(
                stages=rules(9, when={"any": [{"not": ONE}] * 110}),
                examples=[example(channel="vneid", copies=2)] * 46,
            )
        ),
        "expects gross 1,000",
    ),
    "thousands of quotas in examples": (
        lambda: written(small_policy(examples=[example(left={f"q{index}": 1 for index in range(9_000)})])),
        "unknown quota (wider than a request) 'q0'",
    ),
    "one expression after another": (
        lambda: written(small_policy(stages=rules(400, expr="copies > 2"))),
        f"more than {MAX_EXPRESSIONS} expressions",
    ),
    "expressions as costly as they may be": (
        lambda: written(
            small_policy(
                stages=[stage([rule(f"r{index}", expr=worst_expression(index)) for index in range(MAX_EXPRESSIONS)])]
            )
        ),
        None,
    ),
    "expressions of many steps for all examples": (
        lambda: written(
            small_policy(
                stages=[stage([rule(f"r{index}", expr=worst_expression(index)) for index in range(MAX_EXPRESSIONS)])],
                examples=[example()] * 200,
            )
        ),
        f"steps, more than {MAX_STEPS}",
    ),
    "a long walk": (
        lambda: in_rule(expr="[" + "1," * 150 + "1].all(n, n + n + n + n + n + copies > 0)"),
        f"steps, more than {MAX_EXPRESSION_STEPS}",
    ),
    "an expression within expressions": (
        lambda: in_rule(expr="[1,2].all(a, [1,2].all(b, a + b > copies))"),
        "'all' can't stand inside another walk through a list",
    ),
    "an expression that grows": (
        lambda: in_rule(expr="['aaaaaaaaaa']" + ".map(a, a+a+a+a+a+a+a+a)" * 15 + "[0] == channel"),
        "unknown function 'map'",
    ),
    "a regular expression": (
        lambda: in_rule(expr="channel.matches('((a?a?){10}){10}b')"),
        "unknown function 'matches'",
    ),
    "an expression of brackets": (lambda: in_rule(expr="(" * 200 + "copies" + ")" * 200), "nested more than 12 deep"),
    "an expression of sums": (lambda: in_rule(expr="copies" + "+1" * 200 + " > 2"), "the expression is too involved"),
    "an expression of negations": (lambda: in_rule(expr="!" * 480 + "(copies > 2)"), None),
    "an expression that is too long": (lambda: in_rule(expr="copies > 2" + " " * 500), "longer than 500 characters"),
    "marks upon marks": (
        lambda: written(small_policy(label=words("a" + "\u0300\u0316" * 30_000))),
        "longer than 2000 characters",
    ),
    "marks upon marks in many texts": (
        lambda: written(small_policy(examples=[example() | {"name": "a" + "\u0300\u0316" * 990}] * 60)),
        "the text isn't in composed form",
    ),
    "letters of two scripts": (
        lambda: written(small_policy(label=words("ph\u0456 h\u1ed3 s\u01a1"))),
        "the word 'phі' mixes Latin letters with others that look alike (U+0456)",
    ),
    "writing backwards": (lambda: written(small_policy(label=words("a\u202eb"))), "can't be seen (U+202E)"),
    "half a character": (lambda: b'{"label":"\\ud800"}', "can't be seen (U+D800)"),
    "signs that nobody sees, in keys": (lambda: b'{"la\\u200bbel":1}', "can't be seen (U+200B)"),
}
