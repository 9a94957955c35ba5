"""What do a client and a server say to each other, word for word, when both live in this process?

Sections: RFC 9846 2 (flights).
Leaves out: reading it; see `opening`. No socket is used, so nothing is cut or joined on the way.
"""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, Literal, Protocol
from weakref import WeakKeyDictionary

from ..check import BadInput

Sender = Literal["client", "server"]
ENDS: tuple[Sender, Sender] = ("client", "server")
OTHER: dict[Sender, Sender] = {"client": "server", "server": "client"}
_MOST_TURNS = 40  # a handshake takes four flights, a retry and tickets a few more


@dataclass(frozen=True)
class Flight:
    """What one end said before it had to wait; `delivered` where it was changed on the way."""

    sender: Sender
    data: bytes
    delivered: bytes | None = None

    def __repr__(self) -> str:
        return f"<Flight of the {self.sender}, {len(self.data)} bytes>"


@dataclass
class Transcript:
    """A whole conversation: `flights` in order, the `key_log` with its secrets, the `errors` of each end, what each
    end `read`, and the client's `session` for a resumption. Secrets open everything: this is for learning."""

    flights: list[Flight] = field(default_factory=list)
    key_log: str = field(default="", repr=False)
    errors: dict[Sender, Exception] = field(default_factory=dict)
    read: dict[Sender, bytes] = field(default_factory=lambda: {"client": b"", "server": b""})
    session: Any = field(default=None, repr=False)
    version: str | None = None
    complete: bool = False  # both ends say that the handshake is done; without it and without errors, one still waits

    def stream(self, sender: Sender) -> bytes:
        """All that one end said."""
        return b"".join(flight.data for flight in self.flights if flight.sender == sender)

    def capture(self, path: str | PathLike[str], *, overwrite: bool = False) -> tuple[Path, Path]:
        """Write a pcap, and the secrets beside it as `<stem>.keys`: see `capture.save`, and `capture.read`."""
        from .capture import save

        return save(self, path, overwrite=overwrite)

    def __repr__(self) -> str:
        told = " ".join(f"{'→' if one.sender == 'client' else '←'} {len(one.data)}" for one in self.flights)
        return f"<Transcript {self.version or 'without agreement'}: {told}>"


Change = Callable[[int, Flight], bytes]  # the flight's number and itself, to what is delivered


class _End(Protocol):
    def shake(self) -> None: ...
    def receive(self) -> bytes: ...
    def send(self, data: bytes) -> None: ...
    def close(self) -> None: ...
    def ask(self) -> None: ...
    def feed(self, data: bytes) -> None: ...
    def drain(self) -> bytes: ...


class _Wait(Exception):
    """An end has nothing to say before it hears more."""


def run(
    client_context: Any,
    server_context: Any,
    hostname: str,
    *,
    say: tuple[bytes, bytes] = (b"", b""),
    session: Any = None,
    change: Change | None = None,
    close: bool = False,
    ask_late: bool = False,
) -> Transcript:
    """Let both ends shake hands in memory, then each `say` something, and keep every flight.

    Contexts of `ssl` and of pyOpenSSL (`OpenSSL.SSL.Context`) may meet. `session` is an earlier transcript's, under the
    same client context. `change` may alter a flight on its way. `close`: both say goodbye. `ask_late`: the server asks
    for the client's certificate after the handshake (RFC 9846 4.7.2; `ssl` alone). An end that refuses is no
    error of this function's: see `Transcript.errors`. Raises BadInput for what is no context.
    """
    found = Transcript()
    with _logged(client_context, found):
        ends: dict[Sender, _End] = {
            "client": _end(client_context, "client", hostname, session),
            "server": _end(server_context, "server", hostname, None),
        }
        _Conversation(found, ends, change).hold(say, close, ask_late)
        if found.complete:
            found.session = getattr(ends["client"], "session", None)
            found.version = getattr(ends["client"], "version", None)
    return found


class _Conversation:
    def __init__(self, found: Transcript, ends: dict[Sender, _End], change: Change | None) -> None:
        self.found, self.ends, self.change = found, ends, change

    def hold(self, say: tuple[bytes, bytes], close: bool, ask_late: bool) -> None:
        self.found.complete = self._exchange(lambda end: end.shake())
        if ask_late and self.found.complete and self._do("server", lambda end: end.ask()):
            self._exchange(lambda end: None)
        for sender, data in zip(ENDS, say, strict=True):
            if data and self.found.complete:
                self._do(sender, lambda end, data=data: end.send(data))  # type: ignore[misc]
                self._exchange(lambda end: None)
        for sender in ENDS if close and self.found.complete else ():
            self._do(sender, lambda end: end.close())
            self._exchange(lambda end: None)

    def _exchange(self, act: Callable[[_End], None]) -> bool:
        """Turns until nobody says anything more. Whether both have done it, and neither refused the other since."""
        done: set[Sender] = set()
        silent = 0
        for turn in range(_MOST_TURNS):
            sender = ENDS[turn % 2]
            spoke = False
            if sender not in self.found.errors:
                if sender not in done and self._do(sender, act):
                    done.add(sender)
                if sender in done:
                    self._do(sender, lambda end, sender=sender: self._listen(end, sender))  # type: ignore[misc]
                spoke = self._deliver(sender)
            silent = 0 if spoke else silent + 1
            if silent == 2:
                break
        return len(done) == 2 and not self.found.errors

    def _listen(self, end: _End, sender: Sender) -> None:
        while data := end.receive():
            self.found.read[sender] += data

    def _do(self, sender: Sender, act: Callable[[_End], None]) -> bool:
        """Whether it was done; an end that has to wait, or refuses, has not."""
        try:
            act(self.ends[sender])
        except _Wait:
            return False
        except Exception as error:  # each library has its own; it is kept, and told by the transcript
            self.found.errors[sender] = error
            self._deliver(sender)
            return False
        return True

    def _deliver(self, sender: Sender) -> bool:
        data = self.ends[sender].drain()
        if not data:
            return False
        flight = Flight(sender, data)
        arrives = data if self.change is None else self.change(len(self.found.flights), flight)
        self.found.flights.append(flight if arrives == data else Flight(sender, data, arrives))
        self.ends[OTHER[sender]].feed(arrives)
        return True


def _end(context: Any, sender: Sender, hostname: str, session: Any) -> _End:
    if isinstance(context, ssl.SSLContext):
        return _SslEnd(context, sender, hostname, session)
    if _is_pyopenssl(context):
        return _PyOpenSslEnd(context, sender, hostname, session)
    raise BadInput("no TLS context", value=context, fix="Give an ssl.SSLContext, or pyOpenSSL's SSL.Context.")


def _is_pyopenssl(context: Any) -> bool:
    """Told by its class, so that nobody who has no pyOpenSSL needs it."""
    return type(context).__module__ == "OpenSSL.SSL" and type(context).__name__ == "Context"


class _SslEnd:
    def __init__(self, context: ssl.SSLContext, sender: Sender, hostname: str, session: Any) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        is_server = sender == "server"
        self._tls = context.wrap_bio(
            self._in, self._out, server_side=is_server, server_hostname=None if is_server else hostname, session=session
        )

    def _try(self, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
            raise _Wait from error

    def shake(self) -> None:
        self._try(self._tls.do_handshake)

    def receive(self) -> bytes:
        try:
            return bytes(self._try(lambda: self._tls.read(65536)))
        except ssl.SSLZeroReturnError:
            return b""

    def send(self, data: bytes) -> None:
        self._try(lambda: self._tls.write(data))

    def ask(self) -> None:
        self._tls.verify_client_post_handshake()
        with suppress(ssl.SSLWantReadError):  # the request goes out with the next thing that the server does
            self._tls.do_handshake()

    def close(self) -> None:
        try:
            self._tls.unwrap()
        except ssl.SSLWantReadError:  # said; the other's goodbye is still to come
            return

    def feed(self, data: bytes) -> None:
        self._in.write(data)

    def drain(self) -> bytes:
        return self._out.read()

    @property
    def session(self) -> ssl.SSLSession | None:
        return self._tls.session

    @property
    def version(self) -> str | None:
        return self._tls.version()


class _PyOpenSslEnd:
    def __init__(self, context: Any, sender: Sender, hostname: str, session: Any) -> None:
        from OpenSSL import SSL

        self._ssl, self._tls = SSL, SSL.Connection(context, None)
        if sender == "server":
            self._tls.set_accept_state()
        else:
            self._tls.set_tlsext_host_name(hostname.encode())
            self._tls.set_connect_state()
            if session is not None:
                self._tls.set_session(session)

    def _try(self, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except (self._ssl.WantReadError, self._ssl.WantWriteError) as error:
            raise _Wait from error

    def shake(self) -> None:
        self._try(self._tls.do_handshake)

    def receive(self) -> bytes:
        try:
            return bytes(self._try(lambda: self._tls.recv(65536)))
        except self._ssl.ZeroReturnError:
            return b""

    def send(self, data: bytes) -> None:
        self._try(lambda: self._tls.send(data))

    def ask(self) -> None:
        raise BadInput("pyOpenSSL cannot ask late", value=self._tls, fix="Give the server a context of ssl.")

    def close(self) -> None:
        self._tls.shutdown()

    def feed(self, data: bytes) -> None:
        if data:
            self._tls.bio_write(data)

    def drain(self) -> bytes:
        found = b""
        while True:
            try:
                found += self._tls.bio_read(65536)
            except self._ssl.WantReadError:
                return found

    @property
    def session(self) -> Any:
        return self._tls.get_session()

    @property
    def version(self) -> str:
        return str(self._tls.get_protocol_version_name())


@contextmanager
def _logged(context: Any, found: Transcript) -> Iterator[None]:
    """Collect the secrets that the client's library tells, for as long as this lasts."""
    if isinstance(context, ssl.SSLContext):
        before = context.keylog_filename
        with tempfile.TemporaryDirectory(prefix="tlslearn-") as folder:
            path = Path(folder, "keys.log")
            context.keylog_filename = str(path)  # made by ssl, in a folder of mode 0700
            try:
                yield
            finally:
                context.keylog_filename = before
                found.key_log = path.read_text(encoding="ascii")
        return
    lines = _lines_of(context) if _is_pyopenssl(context) else []
    begin = len(lines)
    yield
    found.key_log = b"\n".join(lines[begin:]).decode("ascii")


# pyOpenSSL lets nobody change a context that has served: each is asked once, and its lines are told apart by run.
_LINES: WeakKeyDictionary[Any, list[bytes]] = WeakKeyDictionary()


def _lines_of(context: Any) -> list[bytes]:
    """The secrets that a context of pyOpenSSL tells. Raises BadInput for one that has served elsewhere before."""
    if context not in _LINES:
        lines: list[bytes] = []
        try:
            context.set_keylog_callback(lambda connection, line: lines.append(line))
        except ValueError as error:
            raise BadInput("a context that has served before", value=context, fix="Give a new one.") from error
        _LINES[context] = lines
    return _LINES[context]
