"""A real SoftHSM2 for tests: tokens in a folder of its own, filled by its own tool, unplugged by moving the folder."""

import os
import secrets
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from signing.key_types import PrivateKey

_TOOL = "softhsm2-util"
_LIBRARIES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)


def installed_library() -> str:
    found = next((path for path in _LIBRARIES if Path(path).is_file()), None)
    if found is None or shutil.which(_TOOL) is None:
        pytest.fail("SoftHSM2 is not installed: `make test` installs it (Debian: apt-get install softhsm2)")
    return found


class SoftHsm:
    """One folder of tokens. The library reads where it is from the environment, so a process has one at a time."""

    def __init__(self, folder: Path) -> None:
        self.library = installed_library()
        self._folder, self._tokens = folder, folder / "tokens"
        self._tokens.mkdir()
        self.configuration = folder / "softhsm2.conf"
        self.configuration.write_text(
            f"directories.tokendir = {self._tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
        )

    def new_token(self, pin: str, label: str | None = None) -> "SoftToken":
        label = label or f"condau {secrets.token_hex(4)}"
        before = set(self._tokens.iterdir())
        self.run("--init-token", "--free", "--label", label, "--pin", pin, "--so-pin", "so-" + pin)
        (place,) = set(self._tokens.iterdir()) - before
        return SoftToken(self, label, pin, place)

    def run(self, *arguments: str) -> None:
        environment = os.environ | {"SOFTHSM2_CONF": str(self.configuration)}
        subprocess.run([_TOOL, *arguments], check=True, capture_output=True, env=environment)


class SoftToken:
    def __init__(self, hsm: SoftHsm, label: str, pin: str, place: Path) -> None:
        self.label, self.pin = label, pin
        self._hsm, self._place = hsm, place
        self._parked = place.parent.parent / f"unplugged-{place.name}"

    def keep(self, key: PrivateKey, name: str, identifier: bytes = b"\x01", *, public_half: bool = True) -> str:
        """Put a key pair into the token; returns its URI, without a PIN."""
        file = self._place.parent.parent / "import.pem"
        file.touch(0o600)
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self._hsm.run(
            *("--import", str(file), "--serial", self.serial, "--pin", self.pin),
            *("--label", name, "--id", identifier.hex()),
            *(() if public_half else ("--no-public-key",)),
        )
        file.unlink()
        return self.uri(object=name)

    @property
    def serial(self) -> str:
        """SoftHSM ends a token's folder name with its serial number."""
        return self._place.name.replace("-", "")[-16:]

    def uri(self, **where: str) -> str:
        path = ";".join(f"{name}={quote(value, safe='')}" for name, value in {"token": self.label, **where}.items())
        return f"pkcs11:{path}?module-path={self._hsm.library}"

    def unplug(self) -> None:
        self._place.rename(self._parked)

    def plug(self) -> None:
        self._parked.rename(self._place)
