"""Answers to the exercises of appendix a2: other right ones, and typical wrong ones with a part of their reply."""

from . import Cases

EXERCISES = {
    "a2-ladder": Cases(
        accepted=(
            # adds always, and throws the sum away when the bit is 0
            """
def ladder(k, P, length, add):
    result = None
    for place in range(length - 1, -1, -1):
        result = add(result, result)
        more = add(result, P)
        result = more if k >> place & 1 else result
    return result
""",
            # swaps without a branch
            """
def ladder(k, P, length, add):
    points = [None, P]
    for bit in f"{k:0{length}b}":
        bit = int(bit)
        points[1 - bit] = add(points[0], points[1])
        points[bit] = add(points[bit], points[bit])
    return points[0]
""",
        ),
        mutants=(
            (  # double and add
                """
def ladder(k, P, length, add):
    result = None
    for bit in f"{k:0{length}b}":
        result = add(result, result)
        if bit == "1":
            result = add(result, P)
    return result
""",
                "A bit that is 0 has to cost as much as a 1",
            ),
            (  # adds k times
                """
def ladder(k, P, length, add):
    result = None
    for _ in range(k):
        result = add(result, P)
    return result
""",
                "For a real key that never ends",
            ),
            (  # the bits of k, not those of the length
                """
def ladder(k, P, length, add):
    here, ahead = None, P
    for bit in f"{k:b}":
        both = add(here, ahead)
        here, ahead = (both, add(ahead, ahead)) if bit == "1" else (add(here, here), both)
    return here
""",
                "Zeros in front are bits too",
            ),
            (  # the two branches in another order
                """
def ladder(k, P, length, add):
    here, ahead = None, P
    for place in reversed(range(length)):
        if k >> place & 1:
            here, ahead = add(here, ahead), add(ahead, ahead)
        else:
            here, ahead = add(here, here), add(here, ahead)
    return here
""",
                "in the same order in both branches",
            ),
            (  # returns the wrong one of the two
                """
def ladder(k, P, length, add):
    here, ahead = None, P
    for place in reversed(range(length)):
        both = add(here, ahead)
        here, ahead = (both, add(ahead, ahead)) if k >> place & 1 else (add(here, here), both)
    return ahead
""",
                "`ahead`, not `here`",
            ),
            (  # lowest bit first
                """
def ladder(k, P, length, add):
    here, ahead = None, P
    for place in range(length):
        both = add(here, ahead)
        here, ahead = (both, add(ahead, ahead)) if k >> place & 1 else (add(here, here), both)
    return here
""",
                "the key read backwards",
            ),
            (  # begins at P
                """
def ladder(k, P, length, add):
    here, ahead = P, add(P, P)
    for place in reversed(range(length - 1)):
        both = add(here, ahead)
        here, ahead = (both, add(ahead, ahead)) if k >> place & 1 else (add(here, here), both)
    return here
""",
                "k = 0x3",
            ),
            (  # takes the key for a point
                """
def ladder(k, P, length, add):
    result = P
    for place in range(length):
        result = add(result, place)
    return result
""",
                "add takes two points",
            ),
        ),
    ),
    "a2-door": Cases(
        accepted=(
            """
def decode(E, data):
    size = -(-E.p.bit_length() // 8)
    form, x, y = data[:1], int.from_bytes(data[1 : 1 + size], "big"), int.from_bytes(data[1 + size :], "big")
    good = len(data) == 1 + 2 * size and form == bytes([4]) and max(x, y) < E.p
    if good and pow(y, 2, E.p) == (pow(x, 3, E.p) + E.a * x + E.b) % E.p:
        return x, y
    raise ValueError("no point of this curve")
""",
        ),
        mutants=(
            (  # as it was
                """
def decode(E, data):
    size = (E.p.bit_length() + 7) // 8
    return int.from_bytes(data[1 : 1 + size], "big"), int.from_bytes(data[1 + size :], "big")
""",
                "another y",
            ),
            (  # looks at the form only
                """
def decode(E, data):
    size = (E.p.bit_length() + 7) // 8
    if len(data) != 1 + 2 * size or data[0] != 4:
        raise ValueError("form")
    x, y = int.from_bytes(data[1 : 1 + size], "big"), int.from_bytes(data[1 + size :], "big")
    if y == 0:
        return x, y
    if (y * y - x**3 - E.a * x - E.b) % E.p:
        raise ValueError("curve")
    return x, y
""",
                "has order 2",
            ),
            (  # looks at the equation only
                """
def decode(E, data):
    size = (E.p.bit_length() + 7) // 8
    x, y = int.from_bytes(data[1 : 1 + size], "big"), int.from_bytes(data[1 + size :], "big")
    if (y * y - x**3 - E.a * x - E.b) % E.p:
        raise ValueError("curve")
    return x, y
""",
                "a first byte of 05",
            ),
            (  # compares x with p, and forgets y
                """
def decode(E, data):
    size = (E.p.bit_length() + 7) // 8
    if len(data) != 1 + 2 * size or data[0] != 4:
        raise ValueError("form")
    x, y = int.from_bytes(data[1 : 1 + size], "big"), int.from_bytes(data[1 + size :], "big")
    if x >= E.p or (y * y - x**3 - E.a * x - E.b) % E.p:
        raise ValueError("curve")
    return x, y
""",
                "y + p for y",
            ),
            (  # a byte too many goes unseen
                """
def decode(E, data):
    size = (E.p.bit_length() + 7) // 8
    if data[:1] != b"\\x04" or len(data) < 1 + 2 * size:
        raise ValueError("form")
    x, y = int.from_bytes(data[1 : 1 + size], "big"), int.from_bytes(data[1 + size : 1 + 2 * size], "big")
    if x >= E.p or y >= E.p or (y * y - x**3 - E.a * x - E.b) % E.p:
        raise ValueError("curve")
    return x, y
""",
                "one byte too many",
            ),
            (  # no comparison with p
                """
def decode(E, data):
    size = (E.p.bit_length() + 7) // 8
    if len(data) != 1 + 2 * size or data[0] != 4:
        raise ValueError("form")
    x, y = int.from_bytes(data[1 : 1 + size], "big"), int.from_bytes(data[1 + size :], "big")
    if (y * y - x**3 - E.a * x - E.b) % E.p:
        raise ValueError("curve")
    return x, y
""",
                "another name for x = 0",
            ),
            (  # asks for the first byte of nothing
                """
def decode(E, data):
    size = (E.p.bit_length() + 7) // 8
    if data[0] != 4 or len(data) != 1 + 2 * size:
        raise ValueError("form")
    x, y = int.from_bytes(data[1 : 1 + size], "big"), int.from_bytes(data[1 + size :], "big")
    if x >= E.p or y >= E.p or (y * y - x**3 - E.a * x - E.b) % E.p:
        raise ValueError("curve")
    return x, y
""",
                "no bytes at all",
            ),
            (  # says None
                """
def decode(E, data):
    size = (E.p.bit_length() + 7) // 8
    x, y = int.from_bytes(data[1 : 1 + size], "big"), int.from_bytes(data[1 + size :], "big")
    if (y * y - x**3 - E.a * x - E.b) % E.p == 0:
        return x, y
""",
                "a result can be overlooked",
            ),
            (  # asserts
                """
def decode(E, data):
    size = (E.p.bit_length() + 7) // 8
    x, y = int.from_bytes(data[1 : 1 + size], "big"), int.from_bytes(data[1 + size :], "big")
    assert (y * y - x**3 - E.a * x - E.b) % E.p == 0
    return x, y
""",
                "leaves out every assert",
            ),
            (  # refuses everything
                """
def decode(E, data):
    raise ValueError("closed")
""",
                "Is every good point let in?",
            ),
        ),
    ),
    "a2-accept": Cases(
        accepted=(
            """
def accept(n, z, r, s, combine):
    if r not in range(1, n) or s not in range(1, n):
        raise InvalidSignature
    w = pow(s, -1, n)
    R = combine(w * z, w * r)
    if not R or (R[0] - r) % n:
        raise InvalidSignature
    return True
""",
        ),
        mutants=(
            (  # as it was
                """
def accept(n, z, r, s, combine):
    w = pow(s, n - 2, n)
    R = combine(z * w % n, r * w % n)
    x = R[0] if R else 0
    if x % n != r:
        raise InvalidSignature
""",
                "Which numbers may r and s be?",
            ),
            (  # looks for one zero
                """
def accept(n, z, r, s, combine):
    if s == 0:
        raise InvalidSignature
    w = pow(s, n - 2, n)
    R = combine(z * w % n, r * w % n)
    x = R[0] if R else 0
    if x % n != r:
        raise InvalidSignature
""",
                "0 in disguise",
            ),
            (  # looks for two zeros
                """
def accept(n, z, r, s, combine):
    if r == 0 or s == 0:
        raise InvalidSignature
    w = pow(s, n - 2, n)
    R = combine(z * w % n, r * w % n)
    x = R[0] if R else 0
    if x % n != r:
        raise InvalidSignature
""",
                "What is the largest s?",
            ),
            (  # forgets that s can be negative
                """
def accept(n, z, r, s, combine):
    if r == 0 or s == 0 or r >= n or s >= n:
        raise InvalidSignature
    w = pow(s, n - 2, n)
    R = combine(z * w % n, r * w % n)
    if R is None or R[0] % n != r:
        raise InvalidSignature
""",
                "What is the smallest s?",
            ),
            (  # reduces what came
                """
def accept(n, z, r, s, combine):
    r, s = r % n, s % n
    if r == 0 or s == 0:
        raise InvalidSignature
    w = pow(s, n - 2, n)
    R = combine(z * w % n, r * w % n)
    if R is None or R[0] % n != r:
        raise InvalidSignature
""",
                "gives one signature many names",
            ),
            (  # takes small s only
                """
def accept(n, z, r, s, combine):
    if not (1 <= r < n and 1 <= s <= n // 2):
        raise InvalidSignature
    w = pow(s, n - 2, n)
    R = combine(z * w % n, r * w % n)
    if R is None or R[0] % n != r:
        raise InvalidSignature
""",
                "Refuse only what is outside it",
            ),
            (  # infinity has no x
                """
def accept(n, z, r, s, combine):
    if not (1 <= r < n and 1 <= s < n):
        raise InvalidSignature
    w = pow(s, n - 2, n)
    x, y = combine(z * w % n, r * w % n)
    if x % n != r:
        raise InvalidSignature
""",
                "whose sum is infinity",
            ),
            (  # says False
                """
def accept(n, z, r, s, combine):
    if not (1 <= r < n and 1 <= s < n):
        return False
    w = pow(s, n - 2, n)
    R = combine(z * w % n, r * w % n)
    return R is not None and R[0] % n == r
""",
                "a result can be overlooked",
            ),
            (  # compares nothing
                """
def accept(n, z, r, s, combine):
    if not (1 <= r < n and 1 <= s < n):
        raise InvalidSignature
    w = pow(s, n - 2, n)
    combine(z * w % n, r * w % n)
""",
                "the signature of another order",
            ),
            (  # refuses everything
                """
def accept(n, z, r, s, combine):
    raise InvalidSignature
""",
                "for a good signature",
            ),
        ),
    ),
}
