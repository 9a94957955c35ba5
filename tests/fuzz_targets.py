"""What must hold, whatever the bytes? One function a room, each with the inputs that a fuzzer starts from.

Sections: none.
Leaves out: the fuzzing; see `fuzzing`, whose table names what stands here.
"""

from __future__ import annotations

import base64
import tempfile
from datetime import datetime

import differences
import mutations
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tlslearn import der, doctor, keys


def check_der(data: bytes) -> None:
    """Bytes are refused as Malformed, or they are a tree that can be shown, read and built again; nothing else."""
    try:
        node = der.parse(data)
    except der.Malformed as error:
        assert 0 <= error.offset <= len(data)
        return
    assert node.encode() == node.bytes == data
    elements = [element for _, element in node.walk()]
    assert str(node).count("\n") + 1 == len(elements) <= len(data) / 2
    for element in elements:
        try:
            assert element.value is None or isinstance(element.value, int | str | bytes | datetime)
        except der.Malformed as error:
            assert error.offset == element.offset
        try:
            inner = element.inside()
        except der.Malformed as error:
            assert element.offset <= error.offset <= element.end
        else:
            assert element.offset < inner.offset < inner.end == element.end
            assert inner.encode() == inner.bytes


def certificates_and_keys() -> list[bytes]:
    """Some published certificates, and key files of each kind, open and encrypted."""
    import published

    found = [*published.certificates()][::16]
    for kind in ("p256", "ed25519"):
        key = keys.demo("fuzz", kind)
        for encryption in (NoEncryption(), BestAvailableEncryption(b"secret")):
            found.append(without_chance(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, encryption)))
    return found


def without_chance(data: bytes) -> bytes:
    """An encrypted file with zeros in its OCTET STRINGs, where salts and what is encrypted stand, and a key of OpenSSH
    with zeros behind its first words: the form stays, and it is the same each time. Others come back as they are."""
    for label, block in keys.pem_blocks(data):
        if label in ("ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY"):
            head, *lines, end = block.splitlines()
            body = base64.b64decode(b"".join(lines))
            body = without_chance(body) if label.startswith("ENCRYPTED") else body[:15] + bytes(len(body) - 15)
            data = data.replace(block, b"\n".join([head, base64.encodebytes(body).rstrip(), end]))
    try:
        node = der.parse(data)
    except der.Malformed:
        return data
    return _blank(node) if _ENCRYPTED.intersection(one.value for _, one in node.walk() if one.tag == 0x06) else data


_ENCRYPTED = {"1.2.840.113549.1.5.13", "1.2.840.113549.1.7.1"}  # PBES2, and the data that PKCS#12 begins with


def _blank(node: der.Node) -> bytes:
    inside = [_blank(child) for child in node.children] if node.constructed else node.content
    return der.encode(node.tag, bytes(node.length) if node.tag == 0x04 else inside)


def check_files(data: bytes) -> None:
    """Whatever a file holds, there is a diagnosis in whole sentences that can be shown; nothing is raised."""
    import broken

    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        found = doctor.examine(file.name, trust=[broken.root_()], hostname=broken.HOST, at=broken.NOW)
    assert found.ok in (True, False, None) and found.cause.endswith(".")
    assert str(found) and found._repr_html_() and found.as_dict()["kind"] == found.kind


def files_of_people() -> list[bytes]:
    """The files of the table of the doctor's tests."""
    import broken

    return [without_chance(data) for case in broken.TABLE.values() for data in case.make().values()]


def check_chain(data: bytes) -> None:
    """A chain with a certificate mangled and signed again: a verdict that can be read, and where cryptography's is
    another one it is known why."""
    if (verdict := mutations.verdict(data)) is not None:
        differences.assert_holds(verdict)


def choices() -> list[bytes]:
    """Bytes that choose a certificate and some changes; any will do."""
    return [bytes((number * place) % 256 for place in range(24)) for number in range(1, 33)]
