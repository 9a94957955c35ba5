"""Do the teaching versions of the arithmetic give the answers of Python's own, and refuse what has no answer?"""

from __future__ import annotations

import math
from itertools import islice, pairwise, product
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tlslearn.check import BadInput, TlslearnError
from tlslearn.publickey import arithmetic, factoring, primes
from tlslearn.publickey.errors import Number

NUMBERS = st.integers(0, 1 << 600)
MODULI = st.integers(2, 1 << 600)
# Carmichael numbers, strong pseudoprimes to the first bases, a square of a prime.
PRETENDERS = (561, 1105, 1729, 2047, 3215031751, 341550071728321, 3825123056546413051, 1_000_003**2)
MERSENNE = (13, 31, 61, 127, 521, 607)


@given(NUMBERS, NUMBERS)
def test_extended_gcd_is_bezouts_identity(a: int, b: int) -> None:
    g, x, y = arithmetic.extended_gcd(a, b)
    assert g == math.gcd(a, b) == arithmetic.gcd(a, b) == a * x + b * y


@given(NUMBERS, NUMBERS)
def test_every_row_of_euclids_table_holds(a: int, b: int) -> None:
    rows = list(arithmetic.euclid_rows(a, b))
    assert all(a * row.x + b * row.y == row.remainder for row in rows)
    assert all(
        before.remainder == row.quotient * middle.remainder + row.remainder
        for before, middle, row in zip(rows, rows[1:], rows[2:], strict=False)
    )


@given(st.integers(-(1 << 300), 1 << 600), MODULI)
def test_inverse_is_pythons(a: int, modulus: int) -> None:
    if math.gcd(a, modulus) == 1:
        assert arithmetic.inverse(a, modulus) == pow(a, -1, modulus)
    else:
        with pytest.raises(BadInput, match="no inverse"):
            arithmetic.inverse(a, modulus)


def test_a_missing_inverse_names_the_shared_factor() -> None:
    with pytest.raises(BadInput, match="share the factor 6"):
        arithmetic.inverse(12, 18)


@given(st.integers(-(1 << 300), 1 << 300), st.integers(0, 1 << 300), st.integers(1, 1 << 300))
def test_power_is_pythons(base: int, exponent: int, modulus: int) -> None:
    assert arithmetic.power(base, exponent, modulus) == pow(base, exponent, modulus)


@given(st.integers(1, 1 << 300))
def test_power_takes_a_square_a_bit_and_a_multiply_a_one(exponent: int) -> None:
    steps = [step.operation for step in arithmetic.square_and_multiply(3, exponent, 1009)]
    assert steps.count("square") == exponent.bit_length()
    assert steps.count("multiply") == exponent.bit_count()


@given(st.integers(0, 1 << 900), st.integers(1, 9))
def test_integer_root_is_the_largest(value: int, k: int) -> None:
    root = arithmetic.integer_root(value, k)
    assert root**k <= value < (root + 1) ** k


@given(st.sampled_from([3, 5, 7, 11, 13, 17, 97, 257, 65537, 2**127 - 1, 2**255 - 19]), NUMBERS)
def test_square_root_squares_back_or_there_is_none(p: int, a: int) -> None:
    if a % p and pow(a, (p - 1) // 2, p) != 1:
        with pytest.raises(BadInput, match="no square root"):
            arithmetic.square_root(a, p)
    else:
        assert pow(arithmetic.square_root(a, p), 2, p) == a % p


@pytest.mark.parametrize("p", [9, 15, 21, 561, 8])
def test_square_root_modulo_a_composite_is_right_or_refused(p: int) -> None:
    for a in range(p):
        try:
            root = arithmetic.square_root(a, p)
        except BadInput:
            continue
        assert root * root % p == a


@given(st.lists(st.sampled_from([3, 5, 7, 11, 13, 2**61 - 1]), min_size=1, unique=True), NUMBERS)
def test_chinese_remainder_finds_the_number(moduli: list[int], value: int) -> None:
    value %= math.prod(moduli)
    assert arithmetic.chinese_remainder([value % m for m in moduli], moduli) == value


@given(st.lists(st.sampled_from(primes.SMALL_PRIMES[1:]), min_size=4, max_size=12))
def test_batch_gcd_agrees_with_pairs(factors: list[int]) -> None:
    moduli = [p * q for p, q in pairwise(factors)]
    for i, shared in enumerate(arithmetic.batch_gcd(moduli)):
        others = math.prod(moduli[:i] + moduli[i + 1 :])
        assert shared == math.gcd(moduli[i], others)


@pytest.mark.parametrize(
    ("call", "value"),
    [
        (lambda: arithmetic.inverse(3, 1), 1),
        (lambda: arithmetic.inverse(3, 0), 0),
        (lambda: arithmetic.power(2, -1, 7), -1),
        (lambda: arithmetic.power(2, 3, 0), 0),
        (lambda: arithmetic.power(2, 3, 2.5), 2.5),  # type: ignore[arg-type]
        (lambda: arithmetic.power("2", 3, 7), "2"),  # type: ignore[arg-type]
        (lambda: arithmetic.extended_gcd(-4, 6), -4),
        (lambda: arithmetic.gcd(1.5, 2), 1.5),  # type: ignore[arg-type]
        (lambda: arithmetic.inverse("3", 7), "3"),  # type: ignore[arg-type]
        (lambda: arithmetic.inverse(3, None), None),  # type: ignore[arg-type]
        (lambda: arithmetic.square_root(None, 7), None),  # type: ignore[arg-type]
        (lambda: arithmetic.square_root(2, 7.0), 7.0),  # type: ignore[arg-type]
        (lambda: arithmetic.chinese_remainder(["1"], [3]), "1"),  # type: ignore[list-item]
        (lambda: arithmetic.chinese_remainder([1], [3.0]), 3.0),  # type: ignore[list-item]
        (lambda: arithmetic.chinese_remainder(1, 3), (1, 3)),  # type: ignore[arg-type]
        (lambda: arithmetic.integer_root(-8, 3), -8),
        (lambda: arithmetic.square_root(2, 2), 2),
        (lambda: arithmetic.chinese_remainder([1], [3, 5]), (1, 2)),
        (lambda: arithmetic.batch_gcd([15, 1]), 1),
        (lambda: primes.random_prime(1), 1),
        (lambda: primes.is_probable_prime(-7), -7),
        (lambda: primes.require_prime("p", 91), 91),
        (lambda: primes.is_witness(2, 1), 1),
        (lambda: primes.is_witness(2, 10), 10),
        (lambda: primes.is_witness(2.0, 9), 2.0),  # type: ignore[arg-type]
        (lambda: factoring.rho(15, start="2"), "2"),  # type: ignore[arg-type]
        (lambda: factoring.rho(15, c=0.5), 0.5),  # type: ignore[arg-type]
        (lambda: next(factoring.rho_sequence(15, start=2.0)), 2.0),  # type: ignore[arg-type]
        (lambda: next(factoring.rho_sequence(15, c=None)), None),  # type: ignore[arg-type]
        (lambda: factoring.rho(97), 97),
        (lambda: factoring.trial_division(1), 1),
        (lambda: factoring.tail_and_loop([1, 2, 3]), 3),
    ],
)
def test_bad_input_names_value_and_fix(call: object, value: object) -> None:
    assert callable(call)
    with pytest.raises(BadInput) as caught:
        call()
    assert caught.value.value == value
    assert caught.value.fix
    assert isinstance(caught.value, TlslearnError)


def test_numbers_too_long_for_str_are_still_named() -> None:
    huge = 1 << 100_000  # more digits than str() of an int allows
    with pytest.raises(BadInput, match="100001 bits") as caught:
        primes.require_prime("p", huge)
    assert caught.value.value == huge
    assert repr(Number(255)) == "255"
    assert repr(Number(-(1 << 80))) == "-0x10000000…00000000 (81 bits)"


class Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError("not even this")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1 << 20_000, "<int of 20001 bits>"),
        ([1 << 20_000], "<list, not shown>"),
        (Unspeakable(), "<Unspeakable, not shown>"),
        ("a" * 5000, "aaa…aaa"),
    ],
    ids=["int", "list", "repr that fails", "long text"],
)
def test_an_error_can_be_told_whatever_the_value(value: object, shown: str) -> None:
    error = TlslearnError("no use", value=value, fix="Mend it.")
    assert shown in str(error)
    assert error.value is value
    assert len(str(error)) < 1100


def test_a_walk_from_what_is_no_number_ends() -> None:
    with pytest.raises(BadInput, match="start is not an int"):
        factoring.rho(15, start=math.nan)  # type: ignore[arg-type]


def test_rho_never_returns_n_itself() -> None:
    composites = [n for n in range(4, 250) if not primes.is_probable_prime(n)]
    for n, start, c in product(composites, (-3, 0, 2, 5), (-2, 0, 1, 7)):
        factor = factoring.rho(n, start, c).factor
        assert 1 < factor < n and n % factor == 0, (n, start, c)


def test_sieve_and_miller_rabin_agree() -> None:
    known = set(primes.sieve(10_000))
    assert len(known) == 1229  # the number of primes below 10000
    assert [n for n in range(10_000) if primes.is_probable_prime(n) != (n in known)] == []


@pytest.mark.parametrize("n", PRETENDERS)
def test_pseudoprimes_are_found_out(n: int) -> None:
    assert not primes.is_probable_prime(n)


@pytest.mark.parametrize("exponent", MERSENNE)
def test_mersenne_primes_pass_and_their_products_do_not(exponent: int) -> None:
    p = 2**exponent - 1
    assert primes.is_probable_prime(p)
    assert not primes.is_probable_prime(p * (2**521 - 1))


def test_at_most_a_quarter_of_the_bases_are_deceived() -> None:
    for n in sorted({*range(9, 1000, 2), 1105, 1891, 2047} - set(primes.sieve(1000))):
        bases = range(1, n if n < 200 else n // 2 + 1)  # a and n - a are fooled together: half of them will do
        liars = [a for a in bases if not primes.is_witness(a, n)]
        assert len(liars) <= len(bases) / 4, n


@pytest.mark.parametrize("n", [7, 9, 25, 561])
def test_a_multiple_of_n_is_no_base(n: int) -> None:
    assert not any(primes.is_witness(a, n) for a in (-n, 0, n, 2 * n))


@pytest.mark.parametrize(("bits", "prime"), [(2, 3), (3, 7), (4, 13)])
def test_below_five_bits_there_is_one_random_prime(bits: int, prime: int) -> None:
    assert {primes.random_prime(bits) for _ in range(20)} == {prime}
    assert {primes.random_prime(5, Random(seed)) for seed in range(20)} == {29, 31}


@given(st.integers(2, 96), st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_random_primes_have_the_bits_asked_for(bits: int, rng: Random) -> None:
    p = primes.random_prime(bits, rng)
    assert p.bit_length() == bits
    assert primes.is_probable_prime(p)
    assert bits < 3 or p >> (bits - 2) == 3


def test_a_seed_repeats_and_the_default_does_not() -> None:
    assert primes.random_prime(128, Random(7)) == primes.random_prime(128, Random(7))
    assert primes.random_prime(128) != primes.random_prime(128)


@given(st.integers(4, 1 << 34))
@settings(max_examples=40)
def test_rho_and_trial_division_find_factors(n: int) -> None:
    assume(not primes.is_probable_prime(n))
    found = factoring.rho(n)
    assert 1 < found.factor < n
    assert n % found.factor == 0
    assert n % factoring.trial_division(n).factor == 0


@pytest.mark.parametrize("n", [4, 6, 8, 9, 15, 25, 27, 49, 121, 125, 169, 1369])
def test_rho_on_the_smallest_and_on_squares(n: int) -> None:
    assert n % factoring.rho(n).factor == 0


def test_the_walk_modulo_a_factor_is_a_rho() -> None:
    p, q = 1009, 2003
    walk = islice(factoring.rho_sequence(p * q), 400)
    tail, loop = factoring.tail_and_loop(x % p for x in walk)
    again = [x % p for x in islice(factoring.rho_sequence(p * q), len(tail) + 2 * len(loop))]
    assert again == tail + loop + loop
    assert len(set(tail + loop)) == len(tail) + len(loop)


def test_rho_takes_far_fewer_steps_than_trial_division() -> None:
    n = 1_000_003 * 1_000_033
    assert factoring.rho(n).steps * 100 < factoring.trial_division(n).steps
