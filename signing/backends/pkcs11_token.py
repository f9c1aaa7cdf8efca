"""The sessions with one PKCS#11 token: logged in once, handed out to whoever signs, opened anew when they died."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import TypeVar

import pkcs11
from pkcs11 import Attribute, ObjectClass

from signing.backends.pkcs11_module import Module, TokenAway, module_at
from signing.backends.pkcs11_uri import ObjectAddress, PinSource, TokenAddress
from signing.errors import KeyringMalformed, KeyUnavailable

T = TypeVar("T")

_REFUSED_PINS = (
    pkcs11.PinIncorrect,
    pkcs11.PinInvalid,
    pkcs11.PinLenRange,
    pkcs11.PinLocked,
    pkcs11.PinExpired,
    pkcs11.UserPinNotInitialized,
)
_UNABLE = (pkcs11.MechanismInvalid, pkcs11.KeyTypeInconsistent, pkcs11.KeySizeRange, pkcs11.FunctionNotSupported)


class _NoSuchKey(TokenAway):
    """The token is there and the key is not: after the library was started anew that is no passing thing."""


class TokenSession:
    """One session. Its objects are looked up once: the handles that a search gives belong to the session."""

    def __init__(self, session: pkcs11.Session, generation: tuple[int, int]) -> None:
        self.generation = generation
        self._session = session
        self._keys: dict[ObjectAddress, pkcs11.SignMixin] = {}

    def private_key(self, address: ObjectAddress) -> pkcs11.SignMixin:
        """Raises NoSuchKey, MultipleObjectsReturned and other PKCS11Errors."""
        if address not in self._keys:
            found = self.objects(address, ObjectClass.PRIVATE_KEY)
            if not found:
                raise pkcs11.NoSuchKey
            if len(found) > 1:
                raise pkcs11.MultipleObjectsReturned
            key = found[0]
            if not isinstance(key, pkcs11.SignMixin):
                raise pkcs11.KeyTypeInconsistent
            self._keys[address] = key
        return self._keys[address]

    def objects(self, address: ObjectAddress, kind: ObjectClass) -> list[pkcs11.Object]:
        wanted: dict[Attribute, object] = {Attribute.CLASS: kind}
        if address.label is not None:
            wanted[Attribute.LABEL] = address.label
        if address.id is not None:
            wanted[Attribute.ID] = address.id
        return list(self._session.get_objects(wanted))

    def close(self) -> None:
        with contextlib.suppress(pkcs11.PKCS11Error):
            self._session.close()


class Token:
    """A token that this process uses. Thread-safe; a session is used by one thread at a time."""

    def __init__(self, module: Module, address: TokenAddress, pin: PinSource) -> None:
        self._module, self._address, self._pin = module, address, pin
        self._lock = threading.Lock()
        self._turn = 0
        self._generation = (0, 0)
        self._idle: list[TokenSession] = []
        # Closing a session that logged in logs all others out, so this one never signs and stays open.
        self._login: pkcs11.Session | None = None
        self._login_pin: bytes | None = None
        # A token locks itself after a few wrong PINs, and background work tries again for ever.
        self._refused_pins: set[bytes] = set()

    def admit(self, pin: PinSource) -> None:
        """Hear that a key is to be opened with this PIN; a PIN other than the one in use is proven by a login.

        Raises KeyUnavailable for one that is wrong, TokenAway.
        """
        digest = _digest(pin.read())
        with self._module.calling(), self._lock, _named(self._address):
            if self._login_pin in (None, digest):
                self._pin = pin
                return
            before, self._pin = self._pin, pin
            try:
                self._forget()
                self._log_in()
            except BaseException:
                self._pin = before
                raise

    def use(self, act: Callable[[TokenSession], T]) -> T:
        """Do something with a session; when that fails, again with new sessions, then with the library started anew.

        Raises KeyUnavailable for what does not pass by itself (a wrong PIN), TokenAway for all other failures.
        """
        for recover in (self._renew, self._restart, None):
            seen = self._seen()
            try:
                with self._module.calling(), _named(self._address), self._session() as session:
                    return act(session)
            except TokenAway as away:
                if recover is not None:
                    recover(seen)
                elif isinstance(away, _NoSuchKey):
                    raise KeyUnavailable(str(away)) from None
                else:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _seen(self) -> tuple[int, int]:
        return self._module.starts, self._turn

    def _renew(self, seen: tuple[int, int]) -> None:
        """Drop all sessions, unless another thread has since."""
        with self._module.calling(), self._lock:
            if self._seen() == seen:
                self._forget()

    def _restart(self, seen: tuple[int, int]) -> None:
        self._module.restart(seen[0])

    @contextlib.contextmanager
    def _session(self) -> Iterator[TokenSession]:
        session = self._take()
        try:
            yield session
        except BaseException:
            session.close()
            raise
        with self._lock:
            if session.generation == self._seen():
                self._idle.append(session)
                return
        session.close()

    def _take(self) -> TokenSession:
        with self._lock:
            if self._generation != self._seen():
                # Their handles are of a library that was started anew since: closing them could close another's.
                self._idle.clear()
                self._login = None
            login = self._login or self._log_in()
            return self._idle.pop() if self._idle else TokenSession(login.token.open(), self._generation)

    def _forget(self) -> None:
        if self._generation[0] == self._module.starts:
            for session in self._idle:
                session.close()
            if self._login is not None:
                with contextlib.suppress(pkcs11.PKCS11Error):
                    self._login.close()
        self._idle.clear()
        self._login = None
        self._turn += 1

    def _log_in(self) -> pkcs11.Session:
        pin = self._pin.read()
        digest = _digest(pin)
        if digest in self._refused_pins:
            raise KeyUnavailable(f"{self._address} refused its PIN; it is not tried again before a restart")
        token = self._module.find_token(self._address.label, self._address.serial)
        if token.flags & pkcs11.TokenFlag.USER_PIN_FINAL_TRY:
            # A service that is started again and again would lock the token for good.
            raise KeyUnavailable(f"{self._address} has one try of its PIN left: log in once by its own tool")
        try:
            login = token.open(user_pin=pin)
        except pkcs11.UserAlreadyLoggedIn:
            # By a session of ours that a thread still uses, and that will be closed when it comes back.
            login = token.open()
        except _REFUSED_PINS as refused:
            self._refused_pins.add(digest)
            raise KeyUnavailable(f"{self._address} refused its PIN ({type(refused).__name__})") from None
        self._login, self._login_pin, self._generation = login, digest, self._seen()
        return login


@contextlib.contextmanager
def _named(address: TokenAddress) -> Iterator[None]:
    """Say of which token an error is, and whether it passes; python-pkcs11's own have no text."""
    try:
        yield
    except _UNABLE as unable:
        raise KeyUnavailable(f"{address} can't make this kind of signature ({type(unable).__name__})") from None
    except pkcs11.MultipleTokensReturned:
        raise KeyringMalformed(f"{address} is there more than once: name its serial too") from None
    except pkcs11.MultipleObjectsReturned:
        raise KeyringMalformed(f"{address} has several such keys: name object and id") from None
    except pkcs11.NoSuchKey:
        raise _NoSuchKey(f"{address} has no such private key") from None
    except pkcs11.PKCS11Error as failure:
        raise TokenAway(f"{address} does not answer ({type(failure).__name__})") from None


def _digest(pin: str) -> bytes:
    return sha256(pin.encode()).digest()


_tokens: "dict[tuple[Module, TokenAddress], Token]" = {}


def token_at(address: TokenAddress, pin: PinSource) -> Token:
    """The token's sessions in this process. Raises TokenAway.

    A forked child loads the library for itself, so it finds none of its parent's sessions here.
    """
    module = module_at(address.module)
    token = _tokens.get((module, address))
    # setdefault is atomic, and a Token that loses the race has opened nothing yet.
    return token or _tokens.setdefault((module, address), Token(module, address, pin))
