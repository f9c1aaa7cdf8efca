"""A permit to seal one content once: without it no document key is used."""

from hashlib import sha256
from threading import Lock
from typing import Self

from signing.errors import PermitAlreadyRedeemed, PermitForOtherPurpose
from verification.trust import KeyPurpose

_GRANT = object()


class SealingPermit:
    """The right to seal `content` for one document serial and one purpose, at most once in this process.

    Only the step that has rendered, checked and recorded the intent of a document grants one; a test holds that.
    content: the rendered PDF, or the claims of a QR payload, as bytes. Not copyable, and it never prints its content.
    """

    __slots__ = ("_content", "_lock", "_redeemed", "purpose", "serial", "sha256")

    def __init__(self, grant: object, serial: str, purpose: KeyPurpose, content: bytes) -> None:
        if grant is not _GRANT:
            raise TypeError("a SealingPermit is granted, see SealingPermit.grant")
        self.serial = serial
        self.purpose = purpose
        self.sha256 = sha256(content).digest()
        self._content = content
        self._redeemed = False
        self._lock = Lock()

    @classmethod
    def grant(cls, *, serial: str, purpose: KeyPurpose, content: bytes) -> Self:
        return cls(_GRANT, serial, purpose, bytes(content))

    def redeem(self, *purposes: KeyPurpose) -> bytes:
        """Hand out the content, once, to a sealer that seals for one of `purposes` (none named: any).

        Raises PermitAlreadyRedeemed, or PermitForOtherPurpose, which doesn't use the permit up.
        """
        if purposes and self.purpose not in purposes:
            raise PermitForOtherPurpose(f"granted for {self.purpose.value}")
        with self._lock:
            if self._redeemed:
                raise PermitAlreadyRedeemed(self.serial)
            self._redeemed = True
        content, self._content = self._content, b""
        return content

    def __repr__(self) -> str:
        return f"SealingPermit(serial={self.serial!r}, purpose={self.purpose.value!r}, redeemed={self._redeemed})"

    def __reduce__(self) -> str:
        raise TypeError("a permit can't be copied or pickled: it would be redeemable twice")
