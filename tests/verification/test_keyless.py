"""Verification is usable alone: public keys, no issuing, no database, no layout engine."""

import subprocess
import sys

FORBIDDEN = ("issuance", "storage", "signing", "identity", "api", "condau", "typst", "dbos", "sqlalchemy", "fastapi")
PROGRAM = """
import importlib, pkgutil, sys, verification
for module in pkgutil.walk_packages(verification.__path__, "verification."):
    importlib.import_module(module.name)
print(" ".join(sorted(sys.modules)))
"""


def test_importing_all_of_verification_loads_nothing_that_issues_or_stores() -> None:
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in run.stdout.split()}
    assert "verification" in loaded
    assert loaded.isdisjoint(FORBIDDEN)
