"""A PKCS#11 library in this process: started so that threads may call it at once, and anew in a forked child.

python-pkcs11 starts a library by C_Initialize(NULL), which promises that no two threads will ever call it (PKCS#11
2.40 section 5.4), and then lets them. SoftHSM takes the promise by its word and crashes. So it is started again here,
with CKF_OS_LOCKING_OK; what python-pkcs11 holds are addresses of functions, which stay.
"""

import contextlib
import ctypes
import os
import threading
import time
from collections.abc import Iterator

import pkcs11

MAX_CALLS_AT_ONCE = 4
"""Sessions that sign at the same time, of all tokens of one library in one process: record 0170 has the measurement."""

RESTART_INTERVAL_SECONDS = 1.0
CALL_TIMEOUT_SECONDS = 30.0

_OK, _CANT_LOCK, _ALREADY_INITIALIZED = 0x00, 0x0A, 0x191
_OS_LOCKING_OK = 2


class TokenAway(Exception):
    """No answer from a token that may be back in a moment; never leaves signing.backends. The text is for operators."""


class _Arguments(ctypes.Structure):
    """CK_C_INITIALIZE_ARGS: four functions of ours that are not given, flags, and a pointer that must be null."""

    _fields_ = (
        ("mutex_functions", ctypes.c_void_p * 4),
        ("flags", ctypes.c_ulong),
        ("reserved", ctypes.c_void_p),
    )


_Call = ctypes.CFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p)


class _Functions(ctypes.Structure):
    """The beginning of CK_FUNCTION_LIST."""

    _fields_ = (("version", ctypes.c_ubyte * 2), ("initialize", _Call), ("finalize", _Call))


class Module:
    """One library. `starts` counts how often it was started: what was got from an earlier start is void."""

    def __init__(self, path: str) -> None:
        """Raises TokenAway: the library can't be loaded, or not started."""
        try:
            self._library = pkcs11.lib(path)
            functions = ctypes.POINTER(_Functions)()
            ctypes.CDLL(path).C_GetFunctionList(ctypes.byref(functions))
            self._functions = functions.contents
        except (pkcs11.PKCS11Error, OSError, AttributeError, ValueError) as broken:
            raise TokenAway(f"{path} could not be loaded ({type(broken).__name__})") from None
        self.starts = 0
        self._permits = MAX_CALLS_AT_ONCE
        self._restarting = threading.Lock()
        self._start()
        self._free = threading.BoundedSemaphore(self._permits)

    @contextlib.contextmanager
    def calling(self) -> Iterator[None]:
        """Hold one of the permits to call the library. Raises TokenAway where none gets free in time."""
        if not self._free.acquire(timeout=CALL_TIMEOUT_SECONDS):
            raise TokenAway("the token's library is busy and does not come back")
        try:
            yield
        finally:
            self._free.release()

    def restart(self, seen: int) -> None:
        """Start the library anew, unless that has happened since the caller saw `starts`, or a moment ago.

        Libraries look for their tokens when they start, so that one which was away is found again only so. Waits until
        nobody calls the library; the caller must hold no permit. Raises TokenAway.
        """
        with self._restarting:
            if self.starts != seen or time.monotonic() - self._started_at < RESTART_INTERVAL_SECONDS:
                return
            with contextlib.ExitStack() as all_permits:
                for _ in range(self._permits):
                    all_permits.enter_context(self.calling())
                self._start()

    def find_token(self, label: str, serial: str | None) -> pkcs11.Token:
        """Raises PKCS11Error, also where there is no such token or more than one."""
        found = []
        for slot in self._library.get_slots(token_present=True):
            with contextlib.suppress(pkcs11.TokenNotPresent, pkcs11.TokenNotRecognised):
                token = slot.get_token()
                if token.label == label and serial in (None, token.serial.decode("ascii", "replace").strip()):
                    found.append(token)
        if not found:
            raise pkcs11.NoSuchToken
        if len(found) > 1:
            raise pkcs11.MultipleTokensReturned
        return found[0]

    def _start(self) -> None:
        arguments = _Arguments(flags=_OS_LOCKING_OK)
        self._started_at = time.monotonic()
        answer = self._functions.initialize(ctypes.addressof(arguments))
        if answer == _ALREADY_INITIALIZED:
            self._functions.finalize(None)
            answer = self._functions.initialize(ctypes.addressof(arguments))
        if answer == _CANT_LOCK:
            # Only whole processes can use such a library at once; permits are counted out before the first call.
            self._permits = 1
            answer = self._functions.initialize(None)
        self.starts += 1
        if answer != _OK:
            raise TokenAway(f"the token's library does not start (0x{answer:X})")


_modules: dict[str, Module] = {}
_loading = threading.Lock()


def module_at(path: str) -> Module:
    """The library, loaded once in this process. Raises TokenAway."""
    with _loading:
        if path not in _modules:
            _modules[path] = Module(path)
        return _modules[path]


def forget_modules() -> None:
    """Load every library anew when it is next asked for; nobody may be calling one.

    For a forked child: it has its parent's memory but none of its sessions, and locks that other threads held stay
    locked.
    """
    global _loading
    _loading = threading.Lock()
    _modules.clear()


os.register_at_fork(after_in_child=forget_modules)
