"""What a backend is told about a key that it shall open."""

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from verification.signatures import Algorithm
from verification.trust import PublicKey


@dataclass(frozen=True, slots=True)
class KeyAddress:
    """uri: `<scheme>:<rest>`, the scheme names the backend; relative paths in it start at `folder`."""

    key_id: str
    uri: str
    folder: Path
    public_key: PublicKey
    algorithm: Algorithm
    certificate_chain: tuple[x509.Certificate, ...]

    @property
    def scheme(self) -> str:
        return self.uri.partition(":")[0]

    @property
    def rest(self) -> str:
        return self.uri.partition(":")[2]
