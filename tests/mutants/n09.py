"""Notebook 09: right answers in other forms, and typical wrong ones."""

from __future__ import annotations

from . import Cases

_WALK = """
    _, at = vector(hello, 38, 1)
    _, at = vector(hello, at, 2)
    _, at = vector(hello, at, 1)
    block, _ = vector(hello, at, 2)
    found, at = {}, 0
    while at < len(block):
        number = int.from_bytes(block[at : at + 2], "big")
        found[number], at = vector(block, at + 2, 2)
"""
_JOINED = """
def sni(stream):
    hello = b"".join(content for header, content in records(stream) if header[0] == 22)
"""


def _open(nonce: str, header: str = "header") -> str:
    """The solution with another nonce or other associated data."""
    return f"""
def open_all(key, iv, stream):
    found = []
    for header, content in records(stream):
        if header[0] == 23:
            {nonce}
            inner = AESGCM(key).decrypt(nonce, content, {header}).rstrip(b"\\0")
            found.append((inner[-1], inner[:-1]))
    return found
"""


EXERCISES = {
    "09-sni": Cases(
        accepted=(
            """
def sni(stream):
    hello = bytearray()
    for header, content in records(stream):
        if header[0] == 22:
            hello += content
    (message,) = wire.messages(bytes(hello))
    return (message.extension(0) or [None])[0]
""",
            _JOINED + _WALK + "    return found[0][5:].decode() if 0 in found else None\n",
        ),
        mutants=(
            (  # the first record is the message
                "def sni(stream):\n    hello = records(stream)[0][1]\n"
                + _WALK
                + "    return found[0][5:].decode() if 0 in found else None\n",
                "for a hello in three records",
            ),
            (_JOINED + _WALK + "    return found[0][5:] if 0 in found else None\n", "bytes, for a hello"),
            (_JOINED + _WALK + "    return found[0][5:].decode()\n", "KeyError for a hello that names nobody"),
            (  # the whole of the extension
                _JOINED + _WALK + "    return found[0].decode() if 0 in found else None\n",
                "bytes in front of the name",
            ),
            (  # a fixed place
                _JOINED
                + """
    block, _ = vector(hello, 38 + 33 + 8 + 2, 2)
    at = 0
    while at < len(block):
        number = int.from_bytes(block[at : at + 2], "big")
        data, at = vector(block, at + 2, 2)
        if number == 0:
            return data[5:].decode()
""",
                "for a hello without session id",
            ),
            (  # whichever name is met first
                """
import re
def sni(stream):
    found = re.search(rb"[a-z0-9]+[.]test", stream)
    return found and found[0].decode()
""",
                "look at the number of each",
            ),
            (  # the last thing that looks like a name
                """
import re
def sni(stream):
    found = re.findall(rb"shop[0-9]+[.]test|[a-z0-9]+[.]test", b"".join(content for _, content in records(stream)))
    shops = [one for one in found if one.startswith(b"shop")]
    return (shops or found)[0].decode()
""",
                "It names nobody",
            ),
            (  # begins at the record's header
                """
def sni(stream):
    (message,) = wire.messages(stream)
    return (message.extension(0) or [None])[0]
""",
                "Begin inside the record",
            ),
            (  # an empty text for nobody
                _JOINED + _WALK + "    return found[0][5:].decode() if 0 in found else ''\n",
                "not an empty text",
            ),
            (  # found and not returned
                _JOINED + _WALK + "    if 0 in found:\n        print(end=found[0][5:].decode()[:0])\n",
                "Nothing came back",
            ),
            (  # extension 0 comes first
                _JOINED
                + """
    _, at = vector(hello, 38, 1)
    _, at = vector(hello, at, 2)
    _, at = vector(hello, at, 1)
    block, _ = vector(hello, at, 2)
    data, _ = vector(block, 2, 2)
    return data[5:].decode() if block[:2] == bytes(2) else None
""",
                "come in any order",
            ),
        ),
    ),
    "09-open": Cases(
        accepted=(
            """
def open_all(key, iv, stream):
    box, found = AESGCM(key), []
    start = int.from_bytes(iv, "big")
    sealed = [one for one in records(stream) if one[0][0] == 23]
    for number, (header, content) in enumerate(sealed):
        inner = box.decrypt((start ^ number).to_bytes(12, "big"), content, header)
        end = len(inner)
        while inner[end - 1] == 0:
            end -= 1
        found.append((inner[end - 1], inner[: end - 1]))
    return found
""",
        ),
        mutants=(
            (  # the colleague's
                """
def open_all(key, iv, stream):
    found = []
    for header, content in records(stream):
        inner = AESGCM(key).decrypt(iv, content, None)
        found.append((header[0], inner))
    return found
""",
                "The header is under the tag as well: give it",
            ),
            (_open("nonce = bytes(a ^ b for a, b in zip(iv, (len(found) + 1).to_bytes(12, 'big')))"), "the number 0."),
            (_open("nonce = len(found).to_bytes(12, 'big')"), "The number alone is no nonce"),
            (_open("nonce = bytes(a ^ b for a, b in zip(iv, len(found).to_bytes(8, 'big')))"), "cuts the nonce to 8"),
            (_open("nonce = bytes(a ^ b for a, b in zip(iv, len(found).to_bytes(12, 'little')))"), "not 'little'"),
            (
                _open("nonce = (int.from_bytes(iv, 'big') + len(found)).to_bytes(12, 'big')"),
                "is XORed with the iv, not added",
            ),
            (  # two mistakes at once
                _open("nonce = len(found).to_bytes(12, 'big')", header="header[:1]"),
                "Two things must be right",
            ),
            (  # one nonce for all
                """
def open_all(key, iv, stream):
    found = []
    for header, content in records(stream):
        if header[0] == 23:
            inner = AESGCM(key).decrypt(iv, content, header).rstrip(b"\\0")
            found.append((inner[-1], inner[:-1]))
    return found
""",
                "mix its number into the iv",
            ),
            (  # counts what is not sealed
                """
def open_all(key, iv, stream):
    found = []
    for number, (header, content) in enumerate(records(stream)):
        if header[0] == 23:
            nonce = bytes(a ^ b for a, b in zip(iv, number.to_bytes(12, "big")))
            inner = AESGCM(key).decrypt(nonce, content, header).rstrip(b"\\0")
            found.append((inner[-1], inner[:-1]))
    return found
""",
                "count the sealed records alone",
            ),
            (  # opens what is not sealed
                """
def open_all(key, iv, stream):
    found = []
    for header, content in records(stream):
        nonce = bytes(a ^ b for a, b in zip(iv, len(found).to_bytes(12, "big")))
        inner = AESGCM(key).decrypt(nonce, content, header).rstrip(b"\\0")
        found.append((inner[-1], inner[:-1]))
    return found
""",
                "for a change_cipher_spec alone",
            ),
            (  # the type outside
                """
def open_all(key, iv, stream):
    found = []
    for header, content in records(stream):
        if header[0] == 23:
            nonce = bytes(a ^ b for a, b in zip(iv, len(found).to_bytes(12, "big")))
            inner = AESGCM(key).decrypt(nonce, content, header).rstrip(b"\\0")
            found.append((header[0], inner[:-1]))
    return found
""",
                "The type in the header is for show",
            ),
            (  # no padding taken off
                """
def open_all(key, iv, stream):
    found = []
    for header, content in records(stream):
        if header[0] == 23:
            nonce = bytes(a ^ b for a, b in zip(iv, len(found).to_bytes(12, "big")))
            inner = AESGCM(key).decrypt(nonce, content, header)
            found.append((inner[-1], inner[:-1]))
    return found
""",
                "what stands behind it is padding",
            ),
            (  # the content's own zeros taken off too
                """
def open_all(key, iv, stream):
    found = []
    for header, content in records(stream):
        if header[0] == 23:
            nonce = bytes(a ^ b for a, b in zip(iv, len(found).to_bytes(12, "big")))
            inner = AESGCM(key).decrypt(nonce, content, header).rstrip(b"\\0")
            found.append((inner[-1], inner[:-1].rstrip(b"\\0")))
    return found
""",
                "zeros before it are content",
            ),
            (  # the number in the last byte alone
                """
def open_all(key, iv, stream):
    found = []
    for header, content in records(stream):
        if header[0] == 23:
            nonce = iv[:-1] + bytes([iv[-1] ^ len(found)])
            inner = AESGCM(key).decrypt(nonce, content, header).rstrip(b"\\0")
            found.append((inner[-1], inner[:-1]))
    return found
""",
                "more than one byte",
            ),
            (  # goes on after a record that does not open
                """
from cryptography.exceptions import InvalidTag
def open_all(key, iv, stream):
    found = []
    for number, (header, content) in enumerate(one for one in records(stream) if one[0][0] == 23):
        nonce = bytes(a ^ b for a, b in zip(iv, number.to_bytes(12, "big")))
        try:
            inner = AESGCM(key).decrypt(nonce, content, header).rstrip(b"\\0")
        except InvalidTag:
            continue
        found.append((inner[-1], inner[:-1]))
    return found
""",
                "neither skip it nor catch it",
            ),
        ),
    ),
}
