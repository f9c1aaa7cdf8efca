"""The types in the pages' JavaScript (JSDoc), checked by the TypeScript compiler; `make check` runs it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.node_packages import NODE, install

SOURCE = Path(__file__).parent
STATIC = SOURCE.parents[3] / "api" / "web" / "static"
TIMEOUT_SECONDS = 120


def compile_all() -> tuple[int, str]:
    """Pages and workers live in different worlds: what one has as a global the other has not."""
    names = ["tsconfig.json"]
    if any(STATIC.rglob("*worker.js")):  # no input at all would be an error
        names.append("tsconfig.worker.json")
    results = [compile_with(SOURCE / name) for name in names]
    return max(code for code, _ in results), "".join(said for _, said in results)


def compile_with(configuration: Path) -> tuple[int, str]:
    """The compiler's exit code and what it said."""
    compiler = install(SOURCE, "types") / "node_modules" / "typescript" / "bin" / "tsc"
    done = subprocess.run(
        [NODE, compiler, "--project", configuration, "--pretty", "false"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    return done.returncode, done.stdout
