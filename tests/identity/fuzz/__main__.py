"""Try one door with atheris: `python -m tests.identity.fuzz <door> <folder> [libFuzzer's options]`.

Everything that is written goes to the folder. Ends with 0 when every promise held.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from random import Random

import atheris

# what is instrumented is what coverage counts: the ways through our own code
with atheris.instrument_imports(include=["identity"], exclude=["tests"]):
    from tests.identity.fuzz.doors import DOORS, SEEDS
from tests.identity.fuzz.mutate import FRAGMENTS, NAMES, mutate


def main(name: str, folder: Path, options: list[str]) -> None:
    corpus = folder / "corpus"
    corpus.mkdir(parents=True)
    for number, seed in enumerate(SEEDS[name]):
        (corpus / f"seed-{number}").write_bytes(seed)
    words = [word for word in (*FRAGMENTS, *(f'"{one}":'.encode() for one in NAMES)) if len(word) < 64]
    dictionary = folder / "dictionary"
    dictionary.write_text("".join(f'"{_escaped(word)}"\n' for word in words))
    door = DOORS[name]
    loop = asyncio.new_event_loop()

    def one(data: bytes) -> None:
        loop.run_until_complete(door(data))

    def change(data: bytes, max_size: int, seed: int) -> bytes:
        chosen = Random(seed)
        if chosen.random() < 0.3:
            return bytes(atheris.Mutate(data, max_size))
        return mutate(data, chosen, chosen.choice((1, 1, 2, 4)))[:max_size]

    written = [f"-artifact_prefix={folder}/", f"-dict={dictionary}", str(corpus)]
    atheris.Setup([sys.argv[0], *options, *written], one, custom_mutator=change)
    atheris.Fuzz()


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
