"""Try the reader of policies with atheris: `python -m tests.issuance.fees.fuzz <folder> [libFuzzer's options]`.

Whatever the bytes: a policy, or PolicyRefused with problems in both languages. Ends with 0 when that held.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from random import Random

import atheris

# what is instrumented is what coverage counts: the ways through our own code
with atheris.instrument_imports(include=["issuance.fees"]):
    from issuance.fees.errors import PolicyRefused
    from issuance.fees.policy import check_examples
    from issuance.fees.reading.read_policy import MAX_PROBLEMS, read_policy
from tests.identity.fuzz.mutate import mutate
from tests.issuance.fees.hostile import HOSTILE
from tests.issuance.fees.requests import rule, small_policy, stage


def one(data: bytes) -> None:
    try:
        policy = read_policy(data)
    except PolicyRefused as refused:
        problems = refused.problems
    else:
        assert len(policy.digest) == 64
        check_examples(policy)
        return
    assert 0 < len(problems) <= MAX_PROBLEMS
    assert all(problem.text.vi and problem.text.en for problem in problems)


def main(folder: Path, options: list[str]) -> None:
    corpus = folder / "corpus"
    corpus.mkdir(parents=True)
    seeds = [source for make, _ in HOSTILE.values() if len(source := make()) < 4_000]
    whole = rule("half", expr="copies > 2 && 'student' in categories", evidence=["student_card"])
    seeds += [json.dumps(document).encode() for document in (small_policy(), small_policy(stages=[stage([whole])]))]
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(seed)

    def change(data: bytes, max_size: int, seed: int) -> bytes:
        chosen = Random(seed)
        if chosen.random() < 0.3:
            return bytes(atheris.Mutate(data, max_size))
        return mutate(data, chosen, chosen.choice((1, 1, 2, 4)))[:max_size]

    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={folder}/", str(corpus)], one, custom_mutator=change)
    atheris.Fuzz()


main(Path(sys.argv[1]), sys.argv[2:])
