"""What does the command `tlslearn` do? Learner's and operator's entry: each command calls one function of a room.

Sections: none.
Leaves out: all knowledge of TLS and of notebooks; rooms are imported inside the command that needs them.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from . import __version__
from .check import BadInput, TlslearnError

GOOD, NOT_GOOD, WRONG_USAGE, CANNOT_TELL, INTERRUPTED = 0, 1, 2, 3, 130

EPILOG = """\
examples:
  tlslearn lab                                   open the course in JupyterLab
  tlslearn doctor example.com                    which certificate, which rule, and the fix
  tlslearn doctor localhost:8443 --trust ca.pem  trust these anchors and no others
  tlslearn doctor fullchain.pem --host a.test    the same for files: chain, order, key
  tlslearn gallery expired                       a server with one thing wrong, seen from both ends
  tlslearn handshake shop.pcap                   every record and message of a capture
  tlslearn reset 01                              start notebook 01 again; your copy is kept

exit status: 0 good, 1 not good, 2 wrong usage, 3 cannot tell
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. Errors made on purpose become one line on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show ✓ shows ? and goes on
    parser, takes_more = _parser()
    chosen, more = parser.parse_known_args(arguments)
    if chosen.command is None:
        parser.print_help(sys.stderr)
        return WRONG_USAGE
    if more and chosen.command not in takes_more:
        parser.error(f"`tlslearn {chosen.command}` does not know {' '.join(more)}")
    chosen.more = more
    run: Callable[[argparse.Namespace], int] = chosen.run
    try:
        return run(chosen)
    except TlslearnError as error:
        print(f"tlslearn: {error}", file=sys.stderr)
        return WRONG_USAGE
    except OSError as error:
        print(f"tlslearn: cannot tell: {error}", file=sys.stderr)
        return CANNOT_TELL
    except KeyboardInterrupt:
        print("tlslearn: interrupted", file=sys.stderr)
        return INTERRUPTED


def _parser() -> tuple[argparse.ArgumentParser, set[str]]:
    """The parser, and the commands whose further arguments go to another program."""
    parser = argparse.ArgumentParser(
        prog="tlslearn",
        description="The stack trace for TLS, and the notebooks that teach certificates and TLS in Python.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"tlslearn {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")

    def command(run: Callable[[argparse.Namespace], int], summary: str, more: str = "") -> argparse.ArgumentParser:
        name = run.__name__.removeprefix("_")
        description = summary[0].upper() + summary[1:] + "." + more
        added = commands.add_parser(name, help=summary, description=description, allow_abbrev=False)
        added.set_defaults(run=run)
        return added

    lab = command(_lab, "open the course in JupyterLab", " Further arguments go to JupyterLab, as --no-browser.")
    test = command(_test, "prove that all in the course is true", " Further arguments go to pytest, as -k exercises.")
    test.usage, lab.usage = "tlslearn test [PYTEST ARGS ...]", "tlslearn lab [--folder DIR] [JUPYTER ARGS ...]"
    _doctor_arguments(
        command(_doctor, "examine a server or certificate files: which certificate, which rule, and the fix")
    )
    gallery = command(_gallery, "visit servers with exactly one thing wrong", " Without a name, a table of all.")
    gallery.add_argument(
        "names", nargs="*", metavar="NAME", help="one or more exhibits, as expired or incomplete-chain"
    )
    gallery.add_argument("--serve", action="store_true", help="serve them for other clients, until you press Ctrl-C")
    _handshake_arguments(command(_handshake, "read a handshake, live or from a capture: every record and message"))
    command(_progress, "show what you have solved and predicted")
    reset = command(_reset, "give a notebook back as it came", " Your own version is put aside, never deleted.")
    reset.add_argument("number", metavar="NN", help="the notebook's number, as 01 or a1")
    for with_folder in (lab, reset):
        with_folder.add_argument("--folder", type=Path, metavar="DIR", help="where your copies of the notebooks are")
    handout = command(_handout, "write the notebooks without their solutions, for a classroom")
    handout.add_argument("directory", type=Path, metavar="DIRECTORY", help="where to; made where it is missing")
    handout.add_argument("--overwrite", action="store_true", help="write into a directory that holds something")
    return parser, {"lab", "test"}


def _doctor_arguments(doctor: argparse.ArgumentParser) -> None:
    doctor.usage = "tlslearn doctor HOST[:PORT] | FILE ... [--trust FILE ...] [--host NAME] [options]"
    doctor.add_argument(
        "source", nargs="+", metavar="SOURCE", help="host and port (443), or certificate files: PEM, DER"
    )
    doctor.add_argument(
        "--trust",
        nargs="+",
        action="extend",
        metavar="FILE",
        help="trust anchors, no others: files, or the words system, certifi",
    )
    doctor.add_argument(
        "--host", metavar="NAME", help="the name to verify; without it, files of a server end in cannot tell"
    )
    doctor.add_argument("--at", type=_moment, metavar="TIME", help="judge files at this time, as 2027-01-31T12:00:00Z")
    doctor.add_argument(
        "--purpose", choices=("server", "client", "any"), default="server", help="what the files are for"
    )
    doctor.add_argument("--timeout", type=_seconds, default=10.0, metavar="S", help="seconds to wait (default 10)")
    doctor.add_argument(
        "--starttls",
        metavar="PROTOCOL",
        help="smtp, imap, pop3, ftp, postgres, or no; else by port and greeting",
    )
    doctor.add_argument("--probe", action="store_true", help="try versions and cipher suites as well, one by one")
    doctor.add_argument("--all", action="store_true", help="print every check, not only what failed")
    doctor.add_argument("--json", action="store_true", help="print the diagnosis as JSON")


def _handshake_arguments(handshake: argparse.ArgumentParser) -> None:
    handshake.usage = "tlslearn handshake HOST[:PORT] [--trust FILE ...] [--host NAME] | FILE [--keylog FILE] [--json]"
    handshake.add_argument(
        "source", metavar="SOURCE", help="host and port (443), for TLS 1.3; or a pcap, a pcapng, a file of records"
    )
    handshake.add_argument(
        "--trust", nargs="+", action="extend", metavar="FILE", help="trust anchors of the client, as in doctor"
    )
    handshake.add_argument("--host", metavar="NAME", help="the name to ask for and to verify, where it is not HOST")
    handshake.add_argument(
        "--keylog", metavar="FILE", help="the secrets of a capture; without it those beside it, in <stem>.keys"
    )
    handshake.add_argument("--json", action="store_true", help="print it as JSON")


def _moment(text: str) -> datetime:
    """An aware datetime from ISO 8601 text; argparse makes a usage error of what is none, or has no offset."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not a time in ISO 8601: {text!r}. Write 2027-01-31T12:00:00Z.") from error
    if found.utcoffset() is None:
        fix = f"Write {found.isoformat()}Z for UTC, or add the offset, as +01:00."
        raise argparse.ArgumentTypeError(f"a time without an offset means another moment elsewhere: {text!r}. {fix}")
    return found


def _seconds(text: str) -> float:
    """A positive number of seconds; argparse makes a usage error of the ValueError."""
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise ValueError(text)
    return seconds


def _default_folder() -> Path:
    """Where the learner's copies are: my/ in a clone, else tlslearn-course/ under the current folder."""
    from .course.suite import checkout

    root = checkout()
    return root / "my" if root is not None else Path.cwd() / "tlslearn-course"


def _lab(chosen: argparse.Namespace) -> int:
    from .course.launch import lab

    return lab(folder=chosen.folder or _default_folder(), args=chosen.more)


def _test(chosen: argparse.Namespace) -> int:
    from .course.suite import run

    return run(chosen.more)


def _doctor(chosen: argparse.Namespace) -> int:
    from . import doctor

    trust = None if chosen.trust is None else [one for name in chosen.trust for one in doctor.load_trust(name)]
    source = chosen.source[0] if len(chosen.source) == 1 else chosen.source
    asked = {"hostname": chosen.host, "at": chosen.at, "purpose": chosen.purpose, "timeout": chosen.timeout}
    diagnosis = doctor.examine(source, trust=trust, starttls=chosen.starttls, **asked)
    if notes := [note for name in chosen.trust or () for note in doctor.trust_notes(name)]:
        diagnosis = replace(diagnosis, warnings=(*diagnosis.warnings, *notes))
    probed = _probed(chosen) if chosen.probe else {}
    more = {"probe": probed} if chosen.probe else {}
    if chosen.json:
        print(json.dumps(diagnosis.as_dict() | more, indent=2, ensure_ascii=False))
    else:
        print(diagnosis, *([""] if chosen.all else []), *(diagnosis.checks if chosen.all else []), sep="\n")
        for version, suites in probed.items():
            print(f"  {version:11}  {', '.join(suites) or 'not taken'}")
    return {True: GOOD, False: NOT_GOOD, None: CANNOT_TELL}[diagnosis.ok]


def _probed(chosen: argparse.Namespace) -> dict[str, list[str]]:
    from . import doctor, live

    address = live.Address.parse(chosen.source[0], default_port=443)
    starttls = (chosen.starttls or "").removeprefix("no")
    return doctor.probe(address, hostname=chosen.host or address.host, timeout=chosen.timeout, starttls=starttls)


_CAPTURES = (".pcap", ".pcapng", ".cap", ".bin", ".tls")


def _handshake(chosen: argparse.Namespace) -> int:
    from .handshake import telling

    path = Path(chosen.source)
    is_file = path.exists() or path.suffix in _CAPTURES
    wrong = ("--trust", "--host") if is_file else ("--keylog",)
    for option in wrong:
        if getattr(chosen, option[2:]) is not None:
            raise BadInput(f"{option} is of no use here", value=chosen.source, fix="See tlslearn handshake --help.")
    told, refused = _recorded(path, chosen.keylog) if is_file else _visited(chosen)
    if chosen.json:
        print(json.dumps({"schema": telling.SCHEMA, "refused": refused, "conversations": told}, indent=2))
    else:
        print(*(telling.text(one) for one in told), *([f"✗ {refused}"] if refused else []), sep="\n\n")
    failed = [check for one in told for check in one.get("checks", ()) if check["state"] == "fail"]
    return NOT_GOOD if failed or refused else CANNOT_TELL if all(one["error"] for one in told) else GOOD


def _recorded(path: Path, key_log: str | None) -> tuple[list[dict[str, Any]], str]:
    from .files import read
    from .handshake import capture, telling

    beside = path.with_suffix(".keys")
    secrets = key_log or (beside if beside.is_file() and beside.stat().st_size else None)
    lines = read(secrets).decode("ascii", "replace") if secrets else ""
    return [telling.described(one, lines) for one in capture.read(path)], ""


def _visited(chosen: argparse.Namespace) -> tuple[list[dict[str, Any]], str]:
    from . import doctor, handshake, live
    from .handshake import capture, telling

    address = live.Address.parse(chosen.source, default_port=443)
    trust = [one for name in chosen.trust or ["system"] for one in doctor.load_trust(name)]
    found = handshake.visit(address, trust=trust, hostname=chosen.host)
    conversation = capture.Conversation(tuple(found.flights), server=str(address))
    return [telling.described(conversation, found.key_log)], str(found.error or "")


def _gallery(chosen: argparse.Namespace) -> int:
    from . import doctor, gallery

    names = chosen.names or None
    if chosen.serve:
        return _serve_gallery(names)
    if names is None:
        rows = [
            ("exhibit", "category", "Python's ssl says", "the server sees", "the one thing wrong"),
            *gallery.table(),
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
        for row in rows:
            told = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
            print("  ".join([*told, row[-1]]))
        return GOOD
    for shown in [gallery.open(name) for name in names]:
        with shown:
            outcome = shown.visit()
        print(f"{shown.exhibit.name}: {shown.exhibit.says}\n{outcome!r}\n")
        if outcome.error is not None:
            print(doctor.explain(outcome.error, server=shown.server), end="\n\n")
    return GOOD


def _serve_gallery(names: Sequence[str] | None) -> int:
    """Everything is on loopback; it ends with Ctrl-C, or when whoever reads what it prints has gone."""
    from . import gallery

    with gallery.serve_page(names) as (address, shown):
        try:  # from the moment on that somebody can read where they are
            print(f"{len(shown)} servers on this machine alone; they are listed at {address}", flush=True)
            threading.Event().wait()
        except KeyboardInterrupt:
            print("\nended", flush=True)
    return GOOD


def _progress(chosen: argparse.Namespace) -> int:
    from .course.report import progress

    print(progress.summary())
    return GOOD


def _reset(chosen: argparse.Namespace) -> int:
    from .course.copies import reset

    print(reset(chosen.folder or _default_folder(), chosen.number))
    return GOOD


def _handout(chosen: argparse.Namespace) -> int:
    from .course.handout import handout

    print(handout(chosen.directory, overwrite=chosen.overwrite))
    return GOOD
