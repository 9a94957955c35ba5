"""How is an opened conversation told, to people and to programs?

Sections: none; names are those of RFC 9846 4 to 6 and of IANA's registries.
Leaves out: the fields of each message; see `wire`, and `figures.annotated` for a picture of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from .. import live, wire
from ..check import SIGNS
from ..wire import extensions, names
from .capture import Conversation
from .opening import Carried, Opened, Said, decrypt

SCHEMA = 1  # of `described`: keys may be added under the same number, never changed or taken away
MOST_DATA = 65_536  # bytes of application data of each end that are told


def described(conversation: Conversation, key_log: str = "") -> dict[str, Any]:
    """A conversation as JSON takes it. What is no TLS ends it, and is told under "error".

    The secrets are those of `key_log` and those in the capture itself.
    """
    told: dict[str, Any] = {"client": conversation.client, "server": conversation.server, "error": ""}
    try:
        opened = decrypt(conversation.flights, key_log + "\n" + conversation.key_log)
    except wire.Malformed as error:
        return told | {"error": str(error)}
    agreed = _agreed(opened)
    missing = {sender: conversation.missing.get(sender, 0) for sender in opened.data}
    return {
        **told,
        **agreed,
        "certificates": list(_certificates(opened)),
        "records": [_record(one) for one in opened.records],
        "checks": [asdict(check) for check in opened.checks],
        "application_data": {sender: _data(data) for sender, data in opened.data.items()},
        "not_opened": {**opened.closed, "why": opened.why_closed},
        "missing_bytes": missing,
        "cut_off_bytes": opened.rest,
    }


def _agreed(opened: Opened) -> dict[str, Any]:
    """What the hellos offer and agree on; null where there was none, or it was not opened."""
    hello = next((one for one in opened.messages if isinstance(one, wire.ClientHello)), None)
    answer = next((one for one in opened.messages if isinstance(one, wire.ServerHello) and not one.is_retry), None)
    spoken = [said for said in (answer, *opened.find(wire.EncryptedExtensions)) if said is not None]
    protocol = next((said.extension(extensions.ALPN) for said in spoken if said.extension(extensions.ALPN)), None)
    share = answer.extension(extensions.KEY_SHARE) if answer else None
    exchange = next((one for one in opened.messages if isinstance(one, wire.ServerKeyExchange)), None)
    group = share.group if share else exchange.group if exchange else None

    def offered(kind: int) -> Any:
        return (hello.extension(kind) if hello else None) or ()

    def name(table: dict[int, str], value: int | None) -> str | None:
        return None if value is None else wire.named(table, value)

    return {
        "version": name(names.VERSIONS, opened.version),
        "cipher_suite": name(names.CIPHER_SUITES, opened.cipher_suite),
        "server_name": list(offered(extensions.SERVER_NAME)),
        "alpn": {
            "offered": [_ascii(one) for one in offered(extensions.ALPN)],
            "selected": _ascii(protocol[0]) if protocol else None,
        },
        "groups": {
            "offered": [wire.named(names.GROUPS, one) for one in offered(extensions.SUPPORTED_GROUPS)],
            "selected": name(names.GROUPS, group),
        },
        "client_random": hello.random.hex() if hello else None,
        "server_random": answer.random.hex() if answer else None,
    }


def _ascii(data: bytes) -> str:
    return data.decode("ascii", "backslashreplace")


def _certificates(opened: Opened) -> Iterator[dict[str, Any]]:
    for said in opened.said:
        for entry in said.what.certificate_list if isinstance(said.what, wire.Certificate) else ():
            (read, *_) = (*live.readable([entry.cert_data]), None)
            yield {
                "sender": said.sender,
                "bytes": len(entry.cert_data),
                "serial": None if read is None else f"{read.serial_number:x}",
                "subject": None if read is None else read.subject.rfc4514_string(),
                "issuer": None if read is None else read.issuer.rfc4514_string(),
            }


def _record(carried: Carried) -> dict[str, Any]:
    record = carried.record
    return {
        "sender": carried.sender,
        "type": record.type,
        "version": wire.named(names.VERSIONS, record.legacy_record_version),
        "length": len(record.fragment),
        "keys": carried.epoch,
        "content_type": None if carried.content is None else carried.type,
        "content_length": None if carried.content is None else len(carried.content),
        "said": [_said(one) for one in carried.said],
    }


def _said(said: Said) -> dict[str, Any]:
    what = said.what
    if isinstance(what, wire.Message):
        listed = [one.name for one in getattr(what, "extensions", ())]
        return {"name": what.title, "length": len(what.raw), "extensions": listed}
    if isinstance(what, wire.Alert):
        return {"name": "Alert", "level": wire.named(names.ALERT_LEVELS, what.level), "description": what.name}
    return {"name": what}


def _data(data: bytes) -> dict[str, Any]:
    return {"bytes": len(data), "text": data[:MOST_DATA].decode("utf-8", "backslashreplace")}


def text(told: dict[str, Any]) -> str:
    """What `described` gives, for people. Signs that a terminal would obey are escaped."""
    return "\n".join(_printable(line) for line in _lines(told))


def _printable(line: str) -> str:
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in line)


def _lines(told: dict[str, Any]) -> Iterator[str]:
    ends = [f"{end} {told[end]}" for end in ("client", "server") if told[end]]
    if told["error"]:
        yield ", ".join([*ends, f"no TLS, or not whole: {told['error']}"])
        return
    yield ", ".join([*ends, *(told[key] for key in ("version", "cipher_suite") if told[key])])
    for label, offer in (("ALPN", told["alpn"]), ("group", told["groups"])):
        if offer["offered"]:
            yield f"  {label}: {offer['selected'] or 'none, or not opened'}, of {', '.join(offer['offered'])}"
    if told["server_name"]:
        yield f"  server name: {', '.join(told['server_name'])}"
    for one in told["certificates"]:
        yield f"  {one['sender']}'s certificate: serial {one['serial'] or 'not read'}, {one['subject'] or 'not read'}"
    yield ""
    yield from _record_lines(told["records"])
    yield ""
    for check in told["checks"]:
        yield f"{SIGNS[check['state']]} {check['rule']} ({check['found']}) [{check['source']}]"
    for sender, data in told["application_data"].items():
        if data["bytes"]:
            yield f"{sender} says, {data['bytes']} bytes:"
            yield from (f"  {line}" for line in data["text"].splitlines())
    closed = told["not_opened"]
    if closed["client"] or closed["server"]:
        yield f"not opened: {closed['client']} records of the client, {closed['server']} of the server. {closed['why']}"
    for sender, count in told["missing_bytes"].items():
        if count:
            yield f"missing: {count} bytes of the {sender} or more, and all behind them"
    for sender, count in told["cut_off_bytes"].items():
        if count:
            yield f"cut off: the last {count} bytes of the {sender} are no whole record or message"


def _record_lines(records: Iterable[dict[str, Any]]) -> Iterator[str]:
    for one in records:
        arrow = "→" if one["sender"] == "client" else "←"
        inside = f", carries {one['content_type']}" if one["content_type"] not in (None, one["type"]) else ""
        yield f"{arrow} {one['sender']}: {one['type']}, {one['length']} bytes, {_KEYS[one['keys']]}{inside}"
        for said in one["said"]:
            if said["name"] == "Alert":
                yield f"    Alert {said['level']} {said['description']}"
            elif "length" in said:
                listed = f": {', '.join(said['extensions'])}" if said["extensions"] else ""
                yield f"    {said['name']}, {said['length']} bytes{listed}"


_KEYS = {
    "plaintext": "in clear",
    "handshake": "under handshake keys",
    "application": "under application keys",
    "protected": "protected",
    "closed": "not opened",
}
