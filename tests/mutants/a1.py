"""Answers to the exercises of appendix a1: other right ones, and typical wrong ones with a part of their reply."""

from __future__ import annotations

from . import Cases

COLLEAGUE = """
def encode(message, size):
    info = bytes.fromhex("3031300d060960864801650304020105000420") + sha256(message).digest()
    return b"\\x00\\x01" + b"\\xff" * (size - len(info) - 3) + b"\\x00" + info


def opened(n, e, signature):
    return pow(int.from_bytes(signature, "big"), e, n).to_bytes((n.bit_length() + 7) // 8, "big")
"""

EXERCISES = {
    "a1-shared": Cases(
        accepted=(
            # one product first, pairs only where it does not decide
            """
def factor_shared(moduli):
    moduli, found = sorted(set(moduli)), {}
    everything = prod(moduli)
    for n in moduli:
        p = gcd(n, everything // n)
        if p == n:
            p = max(gcd(n, other) for other in moduli if other != n)
        if p != 1:
            found[n] = tuple(sorted([p, n // p]))
    return found
""",
        ),
        mutants=(
            (  # the batch alone
                """
def factor_shared(moduli):
    moduli, found = set(moduli), {}
    for n in moduli:
        p = gcd(n, prod(moduli) // n)
        if p > 1:
            found[n] = (min(p, n // p), max(p, n // p))
    return found
""",
                "with a product that holds both of its primes",
            ),
            (  # the batch alone, with what it cannot decide left out
                """
def factor_shared(moduli):
    moduli, found = set(moduli), {}
    for n in moduli:
        p = gcd(n, prod(moduli) // n)
        if 1 < p < n:
            found[n] = (min(p, n // p), max(p, n // p))
    return found
""",
                "Compare the moduli in pairs",
            ),
            (  # a device's twin is no leak
                """
def factor_shared(moduli):
    found = {}
    for i, n in enumerate(moduli):
        for j, other in enumerate(moduli):
            p = gcd(n, other)
            if i != j and p > 1:
                found[n] = (min(p, n // p), max(p, n // p))
    return found
""",
                "One pair has a factor of 1",
            ),
            (  # only one of the two falls
                """
def factor_shared(moduli):
    found = {}
    for i, n in enumerate(moduli):
        for other in moduli[i + 1 :]:
            p = gcd(n, other)
            if 1 < p < n:
                found[n] = (min(p, n // p), max(p, n // p))
    return found
""",
                "Of two that share, both fall",
            ),
            (  # primes in the order found
                """
def factor_shared(moduli):
    return {n: (gcd(n, m), n // gcd(n, m)) for n in moduli for m in moduli if 1 < gcd(n, m) < n}
""",
                "Sort the two primes",
            ),
            (  # a list of what falls
                """
def factor_shared(moduli):
    return [n for n in moduli for m in moduli if 1 < gcd(n, m) < n]
""",
                "Begin with found = {}",
            ),
            (  # the shared prime alone
                """
def factor_shared(moduli):
    return {n: gcd(n, m) for n in moduli for m in moduli if 1 < gcd(n, m) < n}
""",
                "Put both primes in round brackets",
            ),
        ),
    ),
    "a1-verify": Cases(
        accepted=(
            # takes the block apart, and looks at every byte of it
            """
def verify(n, e, message, signature):
    size = -(-n.bit_length() // 8)
    if len(signature) != size:
        raise InvalidSignature("length")
    number = int.from_bytes(signature, "big")
    if not 0 <= number < n:
        raise InvalidSignature("range")
    block = pow(number, e, n).to_bytes(size, "big")
    filler, zero, info = block[2:].partition(bytes(1))
    name = bytes.fromhex("3031300d060960864801650304020105000420")
    if block[:2] != bytes([0, 1]) or set(filler) != {0xFF} or info != name + sha256(message).digest():
        raise InvalidSignature("block")
""",
            # the best check is the library's
            """
def verify(n, e, message, signature):
    rsa.RSAPublicNumbers(e, n).public_key().verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
""",
        ),
        mutants=(
            (  # the colleague's own
                COLLEAGUE
                + """
def verify(n, e, message, signature):
    if not opened(n, e, signature)[2:].lstrip(b"\\xff").startswith(encode(message, 62)[10:]):
        raise InvalidSignature
""",
                "bytes behind the hash",
            ),
            (  # looks at the end only
                COLLEAGUE
                + """
def verify(n, e, message, signature):
    if not opened(n, e, signature).endswith(encode(message, 62)[10:]):
        raise InvalidSignature
""",
                "The filler is a part of the block",
            ),
            (  # forgets the name of the hash
                COLLEAGUE
                + """
def verify(n, e, message, signature):
    block = opened(n, e, signature)
    if block[: len(block) - 52] != encode(message, len(block))[:-52] or block[-32:] != sha256(message).digest():
        raise InvalidSignature
""",
                "name it; compare them too",
            ),
            (  # forgets the length
                COLLEAGUE
                + """
def verify(n, e, message, signature):
    if int.from_bytes(signature, "big") >= n or opened(n, e, signature) != encode(message, (n.bit_length() + 7) // 8):
        raise InvalidSignature
""",
                "How long must a signature be",
            ),
            (  # forgets the range
                COLLEAGUE
                + """
def verify(n, e, message, signature):
    size = (n.bit_length() + 7) // 8
    if len(signature) != size or opened(n, e, signature) != encode(message, size):
        raise InvalidSignature
""",
                "Must the number be below something",
            ),
            (  # answers instead of raising
                COLLEAGUE
                + """
def verify(n, e, message, signature):
    return opened(n, e, signature) == encode(message, (n.bit_length() + 7) // 8)
""",
                "Raise, or return nothing at all",
            ),
            (  # False for a forgery, nothing for a good one
                COLLEAGUE
                + """
def verify(n, e, message, signature):
    if opened(n, e, signature) != encode(message, (n.bit_length() + 7) // 8):
        return False
""",
                "A caller may forget to look at a result",
            ),
            (  # one size for all
                COLLEAGUE
                + """
def verify(n, e, message, signature):
    block = pow(int.from_bytes(signature, "big"), e, n).to_bytes(256, "big")
    if len(signature) != 256 or int.from_bytes(signature, "big") >= n or block != encode(message, 256):
        raise InvalidSignature
""",
                "Does your block take its size from n?",
            ),
            (  # another error for another reason
                COLLEAGUE
                + """
def verify(n, e, message, signature):
    size = (n.bit_length() + 7) // 8
    if len(signature) != size or int.from_bytes(signature, "big") >= n:
        raise ValueError("no signature")
    if opened(n, e, signature) != encode(message, size):
        raise InvalidSignature
""",
                "Let every reason raise InvalidSignature",
            ),
        ),
    ),
    "a1-oracle": Cases(
        accepted=(
            # an interval in units of 1/2**bits of n
            """
def read(n, e, c, oracle):
    size = n.bit_length()
    low, high = 0, 1 << size
    for i in range(size):
        middle = (low + high) // 2
        if oracle(c * pow(2**i, e, n) % n):
            high = middle
        else:
            low = middle
    return (low * n + (1 << size) - 1) >> size
""",
            # rounds on the way, and tries what is near
            """
def read(n, e, c, oracle):
    low, high, now = 0, n, c
    while high - low > 1 and now is not None:
        middle = (low + high) // 2
        low, high = (low, middle) if oracle(now) else (middle, high)
        now = now * pow(2, e, n) % n
    near = range(low - 2 * n.bit_length(), low + 2 * n.bit_length())
    return next(m for m in near if pow(m, e, n) == c)
""",
        ),
        mutants=(
            (  # halves rounded down, one after the other
                """
def read(n, e, c, oracle):
    low, high = 0, n
    for i in range(n.bit_length()):
        middle = (low + high) // 2
        low, high = (low, middle) if oracle(c * pow(2**i, e, n)) else (middle, high)
    return low
""",
                "off by a little, for the small key",
            ),
            (  # floats
                """
def read(n, e, c, oracle):
    low, high = 0, n
    for i in range(n.bit_length()):
        middle = (low + high) / 2
        low, high = (low, middle) if oracle(c * pow(2**i, e, n)) else (middle, high)
    return round(low + (high - low) / 2)
""",
                "64-bit key",
            ),
            (  # doubles the ciphertext, not the number in it
                """
def read(n, e, c, oracle):
    digits = 0
    for i in range(n.bit_length()):
        digits = 2 * digits + (not oracle(c * 2**i % n))
    return -(-digits * n >> n.bit_length())
""",
                "2 encrypts as 2**e",
            ),
            (  # asks the same question again and again
                """
def read(n, e, c, oracle):
    digits = 0
    for i in range(n.bit_length()):
        digits = 2 * digits + (not oracle(c))
    return -(-digits * n >> n.bit_length())
""",
                "Multiply c by pow(2, e, n)",
            ),
            (  # stops after the four questions of the example
                """
def read(n, e, c, oracle):
    digits = 0
    for i in range(4):
        digits = 2 * digits + (not oracle(c * pow(2**i, e, n) % n))
    return -(-digits * n // 16)
""",
                "a wrong number after 4 questions",
            ),
            (  # a float comes back
                """
def read(n, e, c, oracle):
    digits = 0
    for i in range(n.bit_length()):
        digits = 2 * digits + (not oracle(c * pow(2**i, e, n) % n))
    return digits * n / 2 ** n.bit_length()
""",
                "a float for the small key",
            ),
            (  # yes and no exchanged
                """
def read(n, e, c, oracle):
    digits = 0
    for i in range(n.bit_length()):
        digits = 2 * digits + oracle(c * pow(2**i, e, n) % n)
    return -(-digits * n >> n.bit_length())
""",
                "Yes means the lower half",
            ),
        ),
    ),
}
