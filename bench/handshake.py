"""How long does it take to read a conversation, beside one call of tshark? And does twice the data take twice the time?

Sections: none.
Leaves out: making the conversation; that is the library's work.
"""

from __future__ import annotations

import ssl
import subprocess
import tempfile
from pathlib import Path
from shutil import which
from statistics import median

from tlslearn import Authority, handshake, live

from . import rounds

OURS, THEIRS = "decode, decrypt, verify", "one call of tshark"
AIM, LEAST = 100, 50  # times faster than tshark
SIZES = (1_000_000, 2_000_000, 4_000_000)  # bytes of application data
MOST_GROWTH = 3.0  # for twice the data: 2 is linear, 4 quadratic


def conversation(size: int = 20) -> handshake.Transcript:
    """TLS 1.3, leaf and intermediate on P-256, one answer of `size` bytes."""
    root = Authority.create("Lab Root")
    credential = root.intermediate("Lab Issuing CA").issue(["localhost"])
    client, server = live.client_context([root]), credential.server_context()
    client.minimum_version = ssl.TLSVersion.TLSv1_3
    return handshake.run(client, server, "localhost", say=(b"GET /", bytes(size)), close=True)


def read(transcript: handshake.Transcript) -> handshake.Opened:
    opened = handshake.decrypt(transcript)
    if opened.why_closed or [check.state for check in opened.checks] != ["pass"] * 3:
        raise AssertionError("the conversation was not opened whole")
    return opened


def run(count: int) -> bool:
    """True where reading is LEAST times faster than tshark or more, and linear. Raises CannotMeasure without tshark."""
    tshark = which("tshark")
    if tshark is None:
        raise rounds.CannotMeasure("tshark is not installed; the package is called tshark")
    transcript = conversation()
    with tempfile.TemporaryDirectory(prefix="tlslearn-") as folder:
        captured, secrets = transcript.capture(Path(folder, "one.pcap"))
        command = [tshark, "-r", str(captured), "-o", f"tls.keylog_file:{secrets}", "-V"]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        if "Handshake Protocol: Certificate Verify" not in told:
            raise AssertionError("tshark did not open the conversation")
        timings = rounds.interleaved(
            {
                OURS: lambda: read(transcript),
                THEIRS: lambda: subprocess.run(command, capture_output=True, check=True),
            },
            count,
        )
    rounds.print_table(timings, OURS)
    ratio = median(rounds.ratios(timings, THEIRS, OURS))
    print(f"{ratio:.0f} times faster than a call of tshark (aim {AIM}, at least {LEAST})")
    return is_linear(count) and ratio >= LEAST


def is_linear(count: int) -> bool:
    transcripts = {f"{size:,} bytes": conversation(size) for size in SIZES}
    timings = rounds.interleaved({name: lambda one=one: read(one) for name, one in transcripts.items()}, count)
    first, *others = timings
    rounds.print_table(timings, first)
    growths = [median(rounds.ratios(timings, name, before)) for before, name in zip(timings, others, strict=False)]
    print(f"twice the data takes {', '.join(f'{growth:.2f}' for growth in growths)} times as long")
    return max(growths) < MOST_GROWTH
