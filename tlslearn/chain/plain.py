"""Which name spaces do name constraints set, read from their bytes where they are as plain as nearly all are?

Sections: RFC 5280 4.2.1.10 (name constraints), 4.2.1.6 (general names); ITU-T X.690 10.1 (DER's lengths).
Leaves out: forms other than DNS names and addresses, `minimum` and `maximum`, and whatever is malformed or odd: that is
left to cryptography, which makes an object of each subtree and takes several times as long.
"""

from __future__ import annotations

import re

Network = tuple[int, int, int]  # the bits of an address, those of its host, and what stands before these
Subtree = str | Network  # a DNS name or a network

_HOST = re.compile(rb"[A-Za-z0-9._-]+")
_SEQUENCE, _DNS, _ADDRESS, _PERMITTED = 0x30, 0x82, 0x87, 0xA0  # and 0xA1: excluded


def subtrees(der: bytes) -> tuple[list[Subtree], list[Subtree]] | None:
    """The permitted and the excluded subtrees of name constraints, DER; None where they are not plain throughout."""
    found: tuple[list[Subtree], list[Subtree]] = ([], [])
    lowest = 0
    try:
        at, end = _content(der, 0, len(der))
        while at < end:
            half = der[at] - _PERMITTED
            if not lowest <= half <= 1:
                return None
            lowest = half + 1
            begin, at = _content(der, at, end)
            found[half].extend(_listed(der, begin, at))
    except (ValueError, IndexError):
        return None
    return found if lowest and der[0] == _SEQUENCE and end == len(der) else None


def _listed(der: bytes, at: int, end: int) -> list[Subtree]:
    """Each is a SEQUENCE of one name, so short that a byte says how long; ValueError for any other, and for none."""
    found: list[Subtree] = []
    while at < end or not found:
        tag, around, form, length = der[at : at + 4]
        at += 4 + length
        content = der[at - length : at]
        if tag != _SEQUENCE or around != length + 2 or around > 0x7F or at > end:
            raise ValueError
        if form == _DNS and _HOST.fullmatch(content):
            found.append(content.decode("ascii"))
        elif form == _ADDRESS and length in (8, 32):
            found.append(_network(content, length * 4))
        else:
            raise ValueError
    return found


def _network(content: bytes, bits: int) -> Network:
    """Of an address and a mask, ones then zeros; no bit of a host is set in the address."""
    both = int.from_bytes(content, "big")
    number, hosts = both >> bits, ~both & (1 << bits) - 1
    if hosts & (hosts + 1) or number & hosts:
        raise ValueError
    return bits, hosts.bit_length(), number >> hosts.bit_length()


def _content(der: bytes, at: int, limit: int) -> tuple[int, int]:
    """Where the content of the element at `at` begins and ends; ValueError for a length that is not DER or too long."""
    length, begin = der[at + 1], at + 2
    if length >= 0x80:
        octets = der[begin : begin + length - 0x80]
        begin += length - 0x80
        length = int.from_bytes(octets, "big")
        if length < 0x80 or not octets[0]:
            raise ValueError
    if begin + length > limit:
        raise ValueError
    return begin, begin + length
