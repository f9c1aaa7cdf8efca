"""Verification is usable alone: public keys, no issuing, no database, no layout engine, no decoder of pictures."""

import subprocess
import sys

FORBIDDEN = {
    *("issuance", "storage", "signing", "identity", "api", "condau", "simulators"),
    *("typst", "dbos", "sqlalchemy", "fastapi", "starlette", "pydantic", "httpx", "jwt", "pyhanko", "pkcs11"),
    # Decoders of strangers' files live in a child process only.
    *("PIL", "pypdfium2", "zxingcpp"),
}
NEWER = ("bundle", "verify_trust_list", "verify_credential", "read_upload", "formats.trust_list", "formats.sd_jwt")
PROGRAM = """
import importlib, pkgutil, sys, verification
for module in pkgutil.walk_packages(verification.__path__, "verification."):
    importlib.import_module(module.name)
print(" ".join(sorted(sys.modules)))
"""


def test_importing_all_of_verification_loads_nothing_that_issues_or_stores() -> None:
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    loaded = run.stdout.split()
    assert {f"verification.{name}" for name in NEWER} <= set(loaded)
    assert FORBIDDEN.isdisjoint(name.partition(".")[0] for name in loaded)
