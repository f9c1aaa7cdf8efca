"""Try one door with atheris: `python -m tests.verification.fuzz <door> <folder> [libFuzzer's options]`.

Everything that is written goes to the folder. Ends with 0 when every promise held.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import atheris

# What is instrumented is what coverage counts: the ways through our own code.
with atheris.instrument_imports(include=["verification"], exclude=["tests"]):
    from tests.verification.fuzz.doors import DOORS, SEEDS


def main(name: str, folder: Path, options: list[str]) -> None:
    # A certificate whose serial number a mutation has made odd.
    warnings.filterwarnings("ignore", module="cryptography")
    warnings.filterwarnings("ignore", message=".*serial number.*")
    corpus = folder / "corpus"
    corpus.mkdir(parents=True)
    for number, seed in enumerate(SEEDS[name]):
        (corpus / f"seed-{number}").write_bytes(seed)
    door = DOORS[name]

    def one(data: bytes) -> None:
        door(data)

    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={folder}/", str(corpus)], one)
    atheris.Fuzz()


main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
