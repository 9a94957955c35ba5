"""Answers to the exercises of notebook 10: other right ones, and typical wrong ones with a part of their reply."""

from . import Cases

_CONTENT = 'b" " * 64 + b"TLS 1.3, server CertificateVerify" + b"\\0" + hashlib.sha256(b"".join(said[:-1])).digest()'


def _fits(content: str = _CONTENT, first: str = "", end: str = "", last: str = "return True") -> str:
    """The solution with one part changed; `first` stands after the message is read."""
    guard = "if proof.algorithm != 0x0403:\n        return False"
    return f"""
def signature_fits(said, leaf):
    proof = wire.message(said[-1])
    {first or guard}
    content = {content}
    try:
        leaf.public_key().verify(proof.signature, content, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        {end or "return False"}
    {last}
"""


def _alert(
    mark: str = 'answer.random[24:] in (b"DOWNGRD\\0", b"DOWNGRD\\1")',
    older: str = "answer.legacy_version in sent.extension(43) and answer.legacy_version < 0x0304",
    version: str = "version != 0x0304",
    suite: str = "answer.cipher_suite not in {0x1301, 0x1302, 0x1303} & {*sent.cipher_suites}",
    echo: str = "answer.legacy_session_id_echo != sent.legacy_session_id",
    group: str = "answer.extension(51).group not in [one.group for one in sent.extension(51)]",
    alert: str = '"illegal_parameter"',
    good: str = '""',
) -> str:
    return f"""
def alert_for(sent, answer):
    version = answer.extension(43)
    if version is None:
        if {mark}:
            return "illegal_parameter"
        return {good} if {older} else "protocol_version"
    if {version}:
        return "illegal_parameter"
    if {suite}:
        return {alert}
    if {echo}:
        return "illegal_parameter"
    if {group}:
        return "illegal_parameter"
    return {good}
"""


EXERCISES = {
    "10-verify": Cases(
        accepted=(
            # the package's own parts
            """
def signature_fits(said, leaf):
    *before, last = said
    proof = wire.message(last)
    content = signatures.signed_content("server", schedule.transcript_hash(before, "sha256"))
    why = signatures.verifies(leaf.public_key(), proof.algorithm, proof.signature, content)
    return proof.algorithm == 0x0403 and not why
""",
            # a running hash, and bytes by hand
            """
def signature_fits(said, leaf):
    running = hashlib.sha256()
    for raw in said[:-1]:
        running.update(raw)
    scheme, signature = said[-1][4:6], said[-1][8:]
    content = bytes([0x20] * 64) + b"TLS 1.3, server CertificateVerify\\x00" + running.digest()
    try:
        leaf.public_key().verify(signature, content, ec.ECDSA(hashes.SHA256()))
        return scheme == bytes.fromhex("0403")
    except InvalidSignature:
        return False
""",
        ),
        mutants=(
            (_fits(_CONTENT.replace("said[:-1]", "said")), "its own message is in the hash"),
            (_fits('hashlib.sha256(b"".join(said[:-1])).digest()'), "the hash alone"),
            (_fits(_CONTENT.replace(' + b"\\0"', "")), "no zero byte"),
            (_fits(_CONTENT.replace('b"\\0"', 'b"0"')), "the digit 0"),
            (_fits(_CONTENT.replace('b" " * 64 + ', "")), "no spaces"),
            (_fits(_CONTENT.replace("server", "client")), "the client's text"),
            (_fits(_CONTENT.replace("hashlib.sha256(", "(").replace(").digest()", ")")), "the messages themselves"),
            (_fits(_CONTENT.replace("said[:-1]", "said[:2]")), "the hash of the two hellos"),
            (_fits(_CONTENT.replace(".digest()", ".hexdigest().encode()")), "the hash in hex"),
            (_fits(f"hashlib.sha256({_CONTENT}).digest()"), "a hash of it all"),
            (_fits(first="pass"), "True, for a scheme that was not offered"),
            (_fits(end="pass"), "True, for a signature by another key"),
            (_fits(end="raise"), "InvalidSignature, for a signature by another key"),
            (_fits(last="return None"), "None, for the shop's own signature"),
            (_fits(_CONTENT.replace('b" " * 64', "bytes(64)")), "of the right length"),
            (_fits(_CONTENT.replace("sha256", "sha384")), "146 of them, 130 were signed"),
            (_fits().replace("ec.ECDSA(hashes.SHA256())", "ec.ECDSA(hashes.SHA384())"), "another scheme than 0x0403"),
            (_fits().replace("proof.signature", "said[-1]"), "another signature than the shop's"),
            (  # the number compared with its name
                _fits(first="if proof.algorithm != 'ecdsa_secp256r1_sha256':\n        return False"),
                "`verify` was never called",
            ),
            (  # the package's check with another content
                """
def signature_fits(said, leaf):
    proof = wire.message(said[-1])
    content = signatures.signed_content("server", b"")
    return not signatures.verifies(leaf.public_key(), proof.algorithm, proof.signature, content)
""",
                "98 of them, 130 were signed",
            ),
        ),
    ),
    "10-hello": Cases(
        accepted=(
            """
def alert_for(sent, answer):
    if answer.extension(43) is None and answer.random.endswith((b"DOWNGRD\\x00", b"DOWNGRD\\x01")):
        return "illegal_parameter"
    if answer.extension(43) is None:
        return "" if answer.legacy_version in {*sent.extension(43)} - {wire.TLS_1_3} else "protocol_version"
    same = (answer.extension(43), answer.legacy_session_id_echo) == (wire.TLS_1_3, sent.legacy_session_id)
    shares = {one.group: one for one in sent.extension(51)}
    suites = [one for one in sent.cipher_suites if one in (0x1301, 0x1302, 0x1303)]
    good = same and answer.cipher_suite in suites and answer.extension(51).group in shares
    return "" if good else "illegal_parameter"
""",
            _alert(mark='answer.random[24:31] == b"DOWNGRD" and answer.random[31] < 2'),
        ),
        mutants=(
            (  # the colleague's
                """
def alert_for(sent, answer):
    version = answer.extension(43)
    if version is None:
        return "" if answer.legacy_version in sent.extension(43) else "protocol_version"
    if answer.cipher_suite not in (0x1301, 0x1302, 0x1303):
        return "illegal_parameter"
    if answer.extension(51).group not in sent.extension(10):
        return "illegal_parameter"
    return ""
""",
                "'', for TLS 1.2 from a server that could do 1.3 (byte 1 at the end)",
            ),
            (_alert(mark='answer.random[24:] == b"DOWNGRD\\1"'), "(byte 0 at the end)"),
            (
                _alert(mark='answer.legacy_version == 0x0303 and answer.random[24:] in (b"DOWNGRD\\0", b"DOWNGRD\\1")'),
                "'protocol_version', for TLS 1.1 from a server that could do 1.3",
            ),
            (_alert(version="version not in sent.extension(43)"), "'', for extension 43 with 0x0303"),
            (_alert(version="version < 0x0304"), "'', for extension 43 with 0x0305"),
            (_alert(mark='b"DOWNGRD" in answer.random'), "whose random begins like a mark"),
            (_alert(mark='answer.random[24:31] == b"DOWNGRD"'), "with DOWNGRD and a byte 2 at the end"),
            (  # the mark in answers of 1.3, too
                _alert(version="version != 0x0304 or answer.random[24:31] == b'DOWNGRD'"),
                "for a good answer of TLS 1.3 with DOWNGRD",
            ),
            (
                _alert().replace('return "illegal_parameter"', 'return "protocol_version"', 1),
                "for a mark the alert is illegal_parameter",
            ),
            (_alert(older="answer.legacy_version in sent.extension(43)"), "1.3 is chosen by extension 43 alone"),
            (_alert(suite="answer.cipher_suite not in sent.cipher_suites"), "0xC02B is in sent.cipher_suites"),
            (_alert(group="answer.extension(51) not in sent.extension(51)"), "Compare groups, not whole shares"),
            (_alert(suite="answer.cipher_suite not in (0x1301, 0x1302, 0x1303)"), "0x1302 is a suite of TLS 1.3"),
            (_alert(suite="answer.cipher_suite != 0x1301"), "for a good answer with the other suite"),
            (_alert(echo="False"), "'', for another session id"),
            (_alert(group="answer.extension(51).group not in sent.extension(10)"), "for a group without a share"),
            (_alert(alert='"handshake_failure"'), "'handshake_failure', for a suite that was not offered"),
            (_alert(good="None"), "None, for a good answer of TLS 1.3"),
            (  # the rules of 1.3 for 1.2 as well
                """
def alert_for(sent, answer):
    if answer.random[24:31] == b"DOWNGRD" or answer.legacy_session_id_echo != sent.legacy_session_id:
        return "illegal_parameter"
    if answer.extension(43) is None:
        return "" if answer.legacy_version in sent.extension(43) else "protocol_version"
    return ""
""",
                "'illegal_parameter', for a good answer of TLS 1.2",
            ),
            (  # looks for a share where there is none
                """
def alert_for(sent, answer):
    if answer.extension(51).group not in [one.group for one in sent.extension(51)]:
        return "illegal_parameter"
    return ""
""",
                "AttributeError, for a good answer of TLS 1.2",
            ),
        ),
    ),
}
