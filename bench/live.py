"""How many connections does the lab server answer, beside a bare loop, and does a bad crowd hurt it?

Sections: none.
Leaves out: application data; one short answer a connection.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import socket
import ssl
import struct
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median

from tlslearn import Authority, Credential, live

from . import rounds

CONNECTIONS, AT_ONCE = 1_000, 64
A_ROUND = 200  # connections to each server in each round of the comparison
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nyes"
SECONDS_OF_S_TIME = 2


def run(count: int) -> bool:
    root = Authority.create("Bench Root")
    credential = root.intermediate("Bench CA").issue(["localhost"])
    _rates(root, credential, count)
    return _load(root, credential)


def _rates(root: Authority, credential: Credential, count: int) -> None:
    """Full handshakes of TLS 1.3 with P-256, a chain of two, one request: the same client, in turns."""
    context = live.client_context([root])
    with live.serve(credential, answer=b"yes") as served, _bare_loop(credential) as bare:
        addresses = {"a bare ssl loop": bare, "live.serve": served.address}
        print(f"{A_ROUND} connections a round by one Python client, a request and its answer each")
        subjects: dict[str, Callable[[], object]] = {
            name: lambda address=address: _ask_many(context, address)  # type: ignore[misc]
            for name, address in addresses.items()
        }
        timings = rounds.interleaved(subjects, count)
        rounds.print_table(timings, "live.serve")
        rate = median(rounds.ratios(timings, "a bare ssl loop", "live.serve"))
        print(f"rate of live.serve against the bare loop: {rate:.2f} (aim 0.9)")
        _s_time(addresses)


def _ask_many(context: ssl.SSLContext, address: tuple[str, int]) -> None:
    for _ in range(A_ROUND):
        _ask(context, address)


def _ask(context: ssl.SSLContext, address: tuple[str, int]) -> bytes:
    with (
        socket.create_connection(address, timeout=20) as bare,
        context.wrap_socket(bare, server_hostname="localhost") as tls,
    ):
        tls.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return b"".join(iter(lambda: tls.recv(4096), b""))


@contextmanager
def _bare_loop(credential: Credential) -> Iterator[tuple[str, int]]:
    """The least that answers over TLS: one connection after the other, no thread, no log, no care for bad clients."""
    context, ending = credential.server_context(), threading.Event()

    def loop() -> None:
        while not ending.is_set():
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as live.serve does
            with suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
                tls.recv(4096)
                tls.sendall(ANSWER)
                tls.unwrap()

    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        thread = threading.Thread(target=loop, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            ending.set()
            socket.create_connection(listener.getsockname(), timeout=5).close()
            thread.join()


def _s_time(addresses: dict[str, tuple[str, int]]) -> None:
    """openssl's own client, which asks nothing of Python, in three turns."""
    program = shutil.which("openssl")
    if program is None:
        print("openssl s_time: not on this computer")
        return
    found: dict[str, list[float]] = {name: [] for name in addresses}
    for _ in range(3):
        for name, (host, port) in addresses.items():
            command = [program, "s_time", "-connect", f"{host}:{port}", "-new", "-www", "/"]
            command += ["-time", str(SECONDS_OF_S_TIME)]
            done = subprocess.run(command, capture_output=True, text=True)
            counted = re.search(r"(\d+) connections in (\d+) real seconds", done.stdout)
            if counted is None:
                print(f"openssl s_time did not count: {done.stderr.strip().splitlines()[-1:]}")
                return
            found[name].append(int(counted[1]) / int(counted[2]))
    rates = {name: median(each) for name, each in found.items()}
    ratio = rates["live.serve"] / rates["a bare ssl loop"]
    print(f"openssl s_time: {', '.join(f'{name} {rate:.0f} a second' for name, rate in rates.items())}; {ratio:.2f}")


def _garbage(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=20) as bare:
        bare.sendall(random.Random(1).randbytes(600))
        while bare.recv(4096):
            continue


def _silence(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=20) as bare:
        bare.recv(1)


def _reset(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=20) as bare:
        bare.sendall(b"\x16\x03\x01")
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _stranger(address: tuple[str, int]) -> None:
    """A client that trusts somebody else, and says so."""
    _ask(live.client_context([Authority.create("Another Root")]), address)


BAD = {"garbage": _garbage, "silence": _silence, "reset": _reset, "stranger": _stranger}


def _load(root: Authority, credential: Credential) -> bool:
    """1,000 clients, 64 at a time, half of them bad; twice, so that what stays behind the second time is a leak."""
    context = live.client_context([root])
    outcomes: list[tuple[Counter[str], int, int]] = []
    for _ in range(2):
        with live.serve(credential, answer=b"yes", timeout=1.0) as server, ThreadPoolExecutor(AT_ONCE) as pool:
            told = Counter(pool.map(lambda number: _client(number, context, server.address), range(CONNECTIONS)))
            logged = len(server.log)
        outcomes.append((told, threading.active_count(), _open_files()))
        print(f"{logged} in the log; {dict(told)}; {_memory()} kB, {outcomes[-1][2]} open files")
    served = all(told["good: answered"] == CONNECTIONS // 2 for told, _, _ in outcomes)
    clean = outcomes[0][1:] == outcomes[1][1:] and outcomes[1][1] == 1
    print(f"every good client answered: {served}; no thread or open file left behind: {clean}")
    return served and clean


def _client(number: int, context: ssl.SSLContext, address: tuple[str, int]) -> str:
    if number % 2 == 0:
        try:
            return "good: answered" if _ask(context, address).endswith(b"yes") else "good: another answer"
        except OSError as error:
            return f"good: {type(error).__name__}"
    name = list(BAD)[number // 2 % len(BAD)]
    try:
        BAD[name](address)
    except OSError:
        return f"{name}: refused"
    return f"{name}: ended"


def _open_files() -> int:
    folder = Path("/proc/self/fd")
    return len(os.listdir(folder)) if folder.is_dir() else 0


def _memory() -> str:
    """Resident memory of this process where the system tells it."""
    status = Path("/proc/self/status")
    found = re.search(r"VmRSS:\s+(\d+)", status.read_text()) if status.is_file() else None
    return found[1] if found else "?"
