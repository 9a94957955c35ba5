"""Answers to the exercises of notebook 01: other right ones, and typical wrong ones with a part of their reply."""

from . import Cases

EXERCISES = {
    "01-replay": Cases(
        accepted=(
            """
def accept(key, number, message, tag, seen):
    made = hmac.new(key, number.to_bytes(8, "big") + message, "sha256").digest()
    genuine = hmac.compare_digest(made, tag)
    new = number not in seen
    if genuine:
        seen.add(number)
    return genuine and new
""",
        ),
        mutants=(
            (  # looks at the tag only
                """
def accept(key, number, message, tag, seen):
    wanted = hmac.digest(key, number.to_bytes(8, "big") + message, "sha256")
    return hmac.compare_digest(tag, wanted)
""",
                "What has the warehouse to remember",
            ),
            (  # remembers before it checks
                """
def accept(key, number, message, tag, seen):
    if number in seen:
        return False
    seen.add(number)
    return hmac.compare_digest(tag, hmac.digest(key, number.to_bytes(8, "big") + message, "sha256"))
""",
                "Does a forgery use up the number?",
            ),
            (  # believes every tag
                """
def accept(key, number, message, tag, seen):
    if number in seen:
        return False
    seen.add(number)
    return True
""",
                "Compute the tag yourself",
            ),
            (  # remembers texts
                """
def accept(key, number, message, tag, seen):
    wanted = hmac.digest(key, number.to_bytes(8, "big") + message, "sha256")
    if not hmac.compare_digest(tag, wanted) or message in seen:
        return False
    seen.add(message)
    return True
""",
                "Two orders may have the same text",
            ),
            (  # four bytes are too few
                """
def accept(key, number, message, tag, seen):
    padded = bytes(4) + number.to_bytes(4, "big")
    if not hmac.compare_digest(tag, hmac.digest(key, padded + message, "sha256")) or number in seen:
        return False
    seen.add(number)
    return True
""",
                "OverflowError",
            ),
            (  # remembers tags
                """
def accept(key, number, message, tag, seen):
    wanted = hmac.digest(key, number.to_bytes(8, "big") + message, "sha256")
    if not hmac.compare_digest(tag, wanted) or tag in seen:
        return False
    seen.add(tag)
    return True
""",
                "What counts once",
            ),
            (  # tags the message alone
                """
def accept(key, number, message, tag, seen):
    if not hmac.compare_digest(tag, hmac.digest(key, message, "sha256")) or number in seen:
        return False
    seen.add(number)
    return True
""",
                "The tag covers the number too",
            ),
            (  # the number from its small end
                """
def accept(key, number, message, tag, seen):
    wanted = hmac.digest(key, number.to_bytes(8, "little") + message, "sha256")
    if not hmac.compare_digest(tag, wanted) or number in seen:
        return False
    seen.add(number)
    return True
""",
                "with its big end first",
            ),
            (  # the number as text
                """
def accept(key, number, message, tag, seen):
    wanted = hmac.digest(key, str(number).encode() + message, "sha256")
    if not hmac.compare_digest(tag, wanted) or number in seen:
        return False
    seen.add(number)
    return True
""",
                "not as text",
            ),
            (  # says nothing when it refuses
                """
def accept(key, number, message, tag, seen):
    wanted = hmac.digest(key, number.to_bytes(8, "big") + message, "sha256")
    if hmac.compare_digest(tag, wanted) and number not in seen:
        seen.add(number)
        return True
""",
                "Return a bool in every case",
            ),
        ),
    ),
    "01-nonce": Cases(
        accepted=(
            """
def nonce_for(iv, number):
    return (int.from_bytes(iv, "big") ^ number).to_bytes(12, "big")
""",
        ),
        mutants=(
            (
                """
def nonce_for(iv, number):
    return number.to_bytes(12, "big")
""",
                "the number alone",
            ),
            (
                """
def nonce_for(iv, number):
    return bytes(a ^ b for a, b in zip(iv, number.to_bytes(12, "little")))
""",
                "from its small end",
            ),
            (
                """
def nonce_for(iv, number):
    return bytes(a ^ b for a, b in zip(iv, (number % 256).to_bytes(12, "big")))
""",
                "after 256 records",
            ),
            (
                """
def nonce_for(iv, number):
    return iv[:4] + number.to_bytes(8, "big")
""",
                "as TLS 1.2 does",
            ),
            (
                """
def nonce_for(iv, number):
    return iv + number.to_bytes(12, "big")
""",
                "nothing is appended",
            ),
            (
                """
def nonce_for(iv, number):
    return [a ^ b for a, b in zip(iv, number.to_bytes(12, "big"))]
""",
                "Wrap the result in bytes",
            ),
        ),
    ),
    "01-agree": Cases(
        accepted=(
            # compares the key in the message as well, for a better message
            """
def agree(own, message, trusted_key):
    share, signature, signing_key = message
    if signing_key != trusted_key.public_bytes_raw():
        raise InvalidSignature("signed by a key that is not on the wall")
    trusted_key.verify(signature, share)
    return own.exchange(X25519PublicKey.from_public_bytes(share))
""",
        ),
        mutants=(
            (  # the colleague's
                """
def agree(own, message, trusted_key):
    share, signature, signing_key = message
    Ed25519PublicKey.from_public_bytes(signing_key).verify(signature, share)
    return own.exchange(X25519PublicKey.from_public_bytes(share))
""",
                "a secret for a message that somebody else signed",
            ),
            (  # compares the keys and forgets the signature
                """
def agree(own, message, trusted_key):
    share, signature, signing_key = message
    if signing_key != trusted_key.public_bytes_raw():
        raise InvalidSignature
    return own.exchange(X25519PublicKey.from_public_bytes(share))
""",
                "a secret for a share that was exchanged on the way",
            ),
            (  # turns the error into a value
                """
def agree(own, message, trusted_key):
    share, signature, _ = message
    try:
        trusted_key.verify(signature, share)
    except InvalidSignature:
        return None
    return own.exchange(X25519PublicKey.from_public_bytes(share))
""",
                "A caller may forget to look at a result",
            ),
            (  # another error
                """
def agree(own, message, trusted_key):
    share, signature, _ = message
    try:
        trusted_key.verify(signature, share)
    except InvalidSignature:
        raise ValueError("forged")
    return own.exchange(X25519PublicKey.from_public_bytes(share))
""",
                "Let InvalidSignature rise",
            ),
            (  # data and signature changed places
                """
def agree(own, message, trusted_key):
    share, signature, _ = message
    trusted_key.verify(share, signature)
    return own.exchange(X25519PublicKey.from_public_bytes(share))
""",
                "verify takes the signature first",
            ),
            (  # gives back the share
                """
def agree(own, message, trusted_key):
    share, signature, _ = message
    trusted_key.verify(signature, share)
    return share
""",
                "Return own.exchange",
            ),
        ),
    ),
}
