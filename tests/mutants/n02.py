"""Answers to the exercises of notebook 02: other right ones, and typical wrong ones with a part of their reply."""

from . import Cases

EXERCISES = {
    "02-inverse": Cases(
        accepted=(
            # upwards, by recursion
            """
def inverse(a, n):
    def euclid(a, b):
        if b == 0:
            return a, 1, 0
        g, x, y = euclid(b, a % b)
        return g, y, x - a // b * y
    g, x, _ = euclid(a % n, n)
    if g != 1:
        raise ValueError("no inverse")
    return x % n
""",
            """
def inverse(a, n):
    return pow(a, -1, n)
""",
        ),
        mutants=(
            (  # tries one by one: never ends on real sizes
                """
def inverse(a, n):
    b = 1
    while b < n:
        if a * b % n == 1:
            return b
        b += 1
    raise ValueError("no inverse")
""",
                "instead of trying one by one",
            ),
            (  # Fermat's way, which needs a prime modulus
                """
def inverse(a, n):
    if gcd(a, n) != 1:
        raise ValueError("no inverse")
    return pow(a, n - 2, n)
""".replace("gcd", "__import__('math').gcd"),
                "the number that makes 1 of 3 modulo 10",
            ),
            (  # forgets the remainder at the end
                """
def inverse(a, n):
    above, row = (n, 0), (a % n, 1)
    while row[0] != 0:
        times = above[0] // row[0]
        above, row = row, (above[0] - times * row[0], above[1] - times * row[1])
    if above[0] != 1:
        raise ValueError("no inverse")
    return above[1]
""",
                "outside 1 to n",
            ),
            (  # does not look at the greatest common divisor
                """
def inverse(a, n):
    above, row = (n, 0), (a % n, 1)
    while row[0] != 0:
        times = above[0] // row[0]
        above, row = row, (above[0] - times * row[0], above[1] - times * row[1])
    return above[1] % n
""",
                "which has no inverse",
            ),
            (  # division of the number line
                """
def inverse(a, n):
    return 1 / a
""",
                "0.333",
            ),
        ),
    ),
    "02-verify": Cases(
        accepted=(
            # takes it apart, and looks at every piece
            """
def verify(message, signature, n, e):
    number = int.from_bytes(signature, "big")
    if len(signature) != 256 or number >= n:
        return False
    opened = pow(number, e, n).to_bytes(256, "big")
    tail = SHA256_NAME + sha256(message).digest()
    return (opened[:2] == bytes([0, 1]) and set(opened[2:-52]) == {255} and opened[-52] == 0
            and opened[-51:] == tail)
""",
            # lets the library judge
            """
def verify(message, signature, n, e):
    from cryptography.exceptions import InvalidSignature
    try:
        rsa.RSAPublicNumbers(e, n).public_key().verify(signature, message, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True
""",
        ),
        mutants=(
            (  # the colleague's
                """
def verify(message, signature, n, e):
    opened = pow(int.from_bytes(signature, "big"), e, n).to_bytes(256, "big")
    return opened.endswith(sha256(message).digest())
""",
                "whose cube ends with the hash",
            ),
            (  # skips the name of the hash
                """
def verify(message, signature, n, e):
    opened = pow(int.from_bytes(signature, "big"), e, n).to_bytes(256, "big")
    return opened[:3] == bytes([0, 1, 255]) and opened.endswith(sha256(message).digest())
""",
                "without the name of the hash",
            ),
            (  # looks at the beginning and the end alone
                """
def verify(message, signature, n, e):
    opened = pow(int.from_bytes(signature, "big"), e, n).to_bytes(256, "big")
    return opened[:10] == padded(message)[:10] and opened.endswith(padded(message)[-52:])
""",
                "one wrong byte among the FFs",
            ),
            (  # parses, and forgets what comes after the hash (the forgery of 2006)
                """
def verify(message, signature, n, e):
    opened = pow(int.from_bytes(signature, "big"), e, n).to_bytes(256, "big")
    if opened[:2] != bytes([0, 1]):
        return False
    place = opened.find(bytes(1), 2)
    if place < 0 or set(opened[2:place]) != {255}:
        return False
    return opened[place + 1 :].startswith(SHA256_NAME + sha256(message).digest())
""",
                "free bytes behind the hash",
            ),
            (  # compares the whole pattern, and not the length
                """
def verify(message, signature, n, e):
    return pow(int.from_bytes(signature, "big"), e, n).to_bytes(256, "big") == padded(message)
""",
                "zero byte in front",
            ),
            (  # nothing but a wrong answer
                """
def verify(message, signature, n, e):
    return pow(int.from_bytes(signature, "big"), e, n) == int.from_bytes(sha256(message).digest(), "big")
""",
                "the n and e that are given",
            ),
        ),
    ),
    "02-shared": Cases(
        accepted=(
            """
def shared(p, private, received):
    if received in range(2, p - 1):
        return pow(received, private, p)
    raise ValueError("not a public value")
""",
        ),
        mutants=(
            (
                """
def shared(p, private, received):
    return pow(received, private, p)
""",
                "Every power of 0 is 0",
            ),
            (
                """
def shared(p, private, received):
    if received == 0:
        raise ValueError("zero")
    return pow(received, private, p)
""",
                "Every power of 1 is 1",
            ),
            (
                """
def shared(p, private, received):
    if not 1 < received < p:
        raise ValueError("out of range")
    return pow(received, private, p)
""",
                "1 and −1",
            ),
            (
                """
def shared(p, private, received):
    if received in (0, 1, p - 1):
        raise ValueError("known secret")
    return pow(received, private, p)
""",
                "p is 0 on this clock",
            ),
            (
                """
def shared(p, private, received):
    if not 1 < received < p - 1:
        return None
    return pow(received, private, p)
""",
                "None for the received number 0",
            ),
            (
                """
def shared(p, private, received):
    if not 1 < received < p - 1:
        raise ValueError("out of range")
    return pow(private, received, p)
""",
                "another number than received to the power private",
            ),
        ),
    ),
    "02-stolen-key": Cases(
        accepted=(
            """
def stolen_key(log, n):
    for i, (r, s1, z1) in enumerate(log):
        for other, s2, z2 in log[:i]:
            if r == other and z1 != z2:
                return pow(r, -1, n) * (s1 * (z1 - z2) * pow(s1 - s2, -1, n) - z1) % n
""",
        ),
        mutants=(
            (  # looks at neighbours only
                """
def stolen_key(log, n):
    for (r, s1, z1), (other, s2, z2) in zip(log, log[1:]):
        if r == other and z1 != z2:
            k = (z1 - z2) * pow(s1 - s2, -1, n) % n
            return (s1 * k - z1) * pow(r, -1, n) % n
""",
                "far apart",
            ),
            (  # stops at k
                """
def stolen_key(log, n):
    for i, (r, s1, z1) in enumerate(log):
        for other, s2, z2 in log[:i]:
            if r == other and z1 != z2:
                return (z1 - z2) * pow(s1 - s2, -1, n) % n
""",
                "k, the nonce",
            ),
            (  # divides as on the number line
                """
def stolen_key(log, n):
    for i, (r, s1, z1) in enumerate(log):
        for other, s2, z2 in log[:i]:
            if r == other and z1 != z2:
                k = (z1 - z2) // (s1 - s2) % n
                return (s1 * k - z1) // r % n
""",
                "another number than d",
            ),
            (  # trips over the same signature twice
                """
def stolen_key(log, n):
    for i, (r, s1, z1) in enumerate(log):
        for other, s2, z2 in log[:i]:
            if r == other:
                k = (z1 - z2) * pow(s1 - s2, -1, n) % n
                return (s1 * k - z1) * pow(r, -1, n) % n
""",
                "ValueError",
            ),
            (  # divides into fractions
                """
def stolen_key(log, n):
    for i, (r, s1, z1) in enumerate(log):
        for other, s2, z2 in log[:i]:
            if r == other and z1 != z2:
                return (s1 * ((z1 - z2) / (s1 - s2)) - z1) / r % n
""",
                "no division on a clock",
            ),
            (  # forgets the remainder at the end
                """
def stolen_key(log, n):
    for i, (r, s1, z1) in enumerate(log):
        for other, s2, z2 in log[:i]:
            if r == other and z1 != z2:
                k = (z1 - z2) * pow(s1 - s2, -1, n) % n
                return (s1 * k - z1) * pow(r, -1, n)
""",
                "outside 1 to n",
            ),
            (  # takes any two entries
                """
def stolen_key(log, n):
    (r, s1, z1), (_, s2, z2) = log[:2]
    k = (z1 - z2) * pow(s1 - s2, -1, n) % n
    return (s1 * k - z1) * pow(r, -1, n) % n
""",
                "in which no r repeats",
            ),
        ),
    ),
}
