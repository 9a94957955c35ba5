"""How much work is it to take a modulus apart?

Sections: none of its own; Pollard, A Monte Carlo method for factorization.
Leaves out: the number field sieve, the method that really threatens RSA moduli of some 800 bits.
For learning only: this finds factors of up to some 50 bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..check import BadInput
from .arithmetic import gcd
from .errors import Number, require
from .primes import is_probable_prime


class Factored(NamedTuple):
    """A factor, and the steps it took to find it."""

    factor: int
    steps: int


def trial_division(n: int) -> Factored:
    """The smallest factor above 1, trying each number in turn; for a prime n that is n itself, after sqrt(n) steps."""
    require("n", n, 2)
    candidate = 2
    while candidate * candidate <= n:
        if n % candidate == 0:
            return Factored(candidate, candidate - 1)
        candidate += 1
    return Factored(n, candidate - 1)


def rho_sequence(n: int, start: int = 2, c: int = 1) -> Iterator[int]:
    """Pollard's walk x -> (x*x + c) mod n, without end; modulo a factor p of n it loops after about sqrt(p) steps."""
    require("n", n, 2)
    require("start", start)
    require("c", c)
    x = start % n
    while True:
        yield x
        x = (x * x + c) % n


def tail_and_loop(values: Iterable[int]) -> tuple[list[int], list[int]]:
    """Split a walk into the part before the first value that comes again and the loop itself: the shape of the rho."""
    seen: dict[int, int] = {}
    for value in values:
        if value in seen:
            walk = list(seen)
            return walk[: seen[value]], walk[seen[value] :]
        seen[value] = len(seen)
    raise BadInput("no value of the walk comes twice", value=len(seen), fix="Give a longer walk, or one without end.")


def rho(n: int, start: int = 2, c: int = 1) -> Factored:
    """A factor of n (not 1, not n) by Pollard's rho, with Floyd's two runners. Raises BadInput when n is prime.

    The factor is not always prime. When both runners meet modulo every factor at once, the next c is tried.
    """
    require("n", n, 4)
    require("start", start)
    require("c", c)
    if is_probable_prime(n):
        raise BadInput("a prime has no factors to find", value=Number(n), fix="Give a composite number.")
    if n % 2 == 0:
        return Factored(2, 0)  # modulo 2 and 4 the walks are too short to tell the runners apart
    steps = 0
    for increment in (c + i for i in range(n)):
        slow, fast = rho_sequence(n, start, increment), rho_sequence(n, start, increment)
        next(slow), next(fast)
        divisor = 1
        while divisor == 1:
            steps += 1
            next(fast)
            divisor = gcd(next(slow) - next(fast), n)
        if divisor != n:
            return Factored(divisor, steps)
    raise BadInput("no walk separates the factors", value=Number(n), fix="Try another start, or trial_division(n).")
