"""Starts npm's oidc-provider, an OpenID provider that nobody here wrote."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.node_packages import NODE, install

SOURCE = Path(__file__).parent / "oidc_provider"


@contextmanager
def independent_provider() -> Iterator[str]:
    """A running provider; gives its issuer address."""
    folder = install(SOURCE, "oidc-provider")
    # a module is resolved from where its file lies
    shutil.copyfile(SOURCE / "provider.mjs", folder / "provider.mjs")
    with subprocess.Popen(
        [NODE, "provider.mjs"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(f"oidc-provider did not start, exit status {process.wait(10)}")
            yield json.loads(line)["issuer"]
        finally:
            process.terminate()
