"""What must hold, whatever the bytes? One function a room, each with the inputs that a fuzzer starts from.

Sections: none.
Leaves out: the fuzzing; see `fuzzing`, whose table names what stands here.
"""

from __future__ import annotations

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
            found.append(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, encryption))
    return found


def check_files(data: bytes) -> None:
    """Whatever a file holds, there is a diagnosis in whole sentences that can be shown; nothing is raised."""
    import broken

    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        found = doctor.examine(file.name, trust=[broken.root_()], hostname=broken.HOST)
    assert found.ok in (True, False, None) and found.cause.endswith(".")
    assert str(found) and found._repr_html_() and found.as_dict()["kind"] == found.kind


def files_of_people() -> list[bytes]:
    """The files of the table of the doctor's tests."""
    import broken

    return [data for case in broken.TABLE.values() for data in case.make().values()]


def check_chain(data: bytes) -> None:
    """A chain with a certificate mangled and signed again: a verdict that can be read, and where cryptography's is
    another one it is known why."""
    if (verdict := mutations.verdict(data)) is not None:
        differences.assert_holds(verdict)


def choices() -> list[bytes]:
    """Bytes that choose a certificate and some changes; any will do."""
    return [bytes((number * place) % 256 for place in range(24)) for number in range(1, 33)]
