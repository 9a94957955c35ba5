"""Do Diffie-Hellman, X25519 and Ed25519 agree with cryptography, and end an exchange that gives the secret away?"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.exceptions import InvalidSignature as TheirInvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519 as their_ed25519
from cryptography.hazmat.primitives.asymmetric import x25519 as their_x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from tlslearn.check import BadInput
from tlslearn.publickey import InvalidSignature, MalformedSignature, ed25519, x25519
from tlslearn.publickey import diffie_hellman as dh
from tlslearn.publickey.primes import is_probable_prime

TOY = dh.Group(23, 5)
SEED = bytes(range(32))
KEYS = st.binary(min_size=32, max_size=32)


def test_the_textbook_exchange() -> None:
    assert (TOY.public_key(6), TOY.public_key(15)) == (8, 19)
    assert TOY.shared_secret(6, 19) == TOY.shared_secret(15, 8) == b"\x02"


@given(st.sampled_from([(23, 5), (1019, 2), (2**127 - 1, 3)]), st.data())
def test_both_sides_get_the_same(parameters: tuple[int, int], data: st.DataObject) -> None:
    group = dh.Group(*parameters)
    a, b = (data.draw(st.integers(2, group.p - 3)) for _ in "ab")
    A, B = group.public_key(a), group.public_key(b)
    if 1 < A < group.p - 1 and 1 < B < group.p - 1 and 1 < pow(B, a, group.p) < group.p - 1:
        assert group.shared_secret(a, B) == group.shared_secret(b, A)


@pytest.mark.parametrize(("private", "other", "secret"), [(2, 5, 12), (4, 5, 1), (3, 3, 1), (6, 2, 12)])
def test_a_secret_that_everyone_can_guess_ends_the_exchange(private: int, other: int, secret: int) -> None:
    assert pow(other, private, 13) == secret
    with pytest.raises(BadInput, match="shared secret is 1 or p-1"):
        dh.Group(13, 2).shared_secret(private, other)


def test_ffdhe2048_is_a_safe_prime_and_its_order_is_prime() -> None:
    group = dh.named("ffdhe2048")
    assert group.q is not None
    assert (group.p, group.p.bit_length()) == (2 * group.q + 1, 2048)
    assert is_probable_prime(group.p, rounds=1)
    assert is_probable_prime(group.q, rounds=1)
    assert f"{group.p:X}".startswith("FFFFFFFFFFFFFFFFADF85458A2BB4A9A")  # RFC 7919


@pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")
def test_ffdhe2048_agrees_with_cryptography() -> None:
    their_dh = pytest.importorskip(
        "cryptography.hazmat.primitives.asymmetric.dh", reason="this version of cryptography has dropped FFDH"
    )
    group = dh.named("ffdhe2048")
    numbers = their_dh.DHParameterNumbers(group.p, group.g)
    theirs, ours = numbers.parameters().generate_private_key(), group.generate()
    public = their_dh.DHPublicNumbers(ours.public, numbers).public_key()
    assert theirs.exchange(public) == group.shared_secret(ours.private, theirs.public_key().public_numbers().y)


def test_the_person_in_the_middle_shares_a_secret_with_each() -> None:
    group = dh.Group(2**127 - 1, 3)
    alice, bob = group.generate(), group.generate()
    mallory = dh.person_in_the_middle(group, alice.public, bob.public)
    assert group.shared_secret(alice.private, mallory.public) == mallory.secret_with_alice
    assert group.shared_secret(bob.private, mallory.public) == mallory.secret_with_bob
    assert group.shared_secret(alice.private, bob.public) not in (mallory.secret_with_alice, mallory.secret_with_bob)


SMALL_GROUP = dh.Group(23, 2, 11)
CALLS: list[Callable[[], object]] = [
    lambda: dh.Group(24, 5),
    lambda: dh.Group(25, 2),
    lambda: dh.Group(23, 1),
    lambda: dh.Group(23, 22),
    lambda: dh.Group(23, 0),
    lambda: dh.Group(23, 5, 11),
    lambda: dh.Group(23, 5, 22),
    lambda: dh.named("ffdhe1024"),
    *(lambda value=value: TOY.shared_secret(6, value) for value in (0, 1, 22, 23, 24, -1)),
    lambda: TOY.shared_secret(0, 8),
    lambda: TOY.shared_secret(22, 8),
    lambda: TOY.public_key(0),
    lambda: dh.named(1 << 20_000),  # type: ignore[arg-type]
    lambda: dh.named(["ffdhe2048"]),  # type: ignore[arg-type]
    lambda: SMALL_GROUP.shared_secret(3, 5),
    lambda: SMALL_GROUP.shared_secret(11, 4),
    lambda: x25519.x25519(bytes(31), bytes(32)),
    lambda: x25519.x25519(bytes(32), bytes(33)),
    lambda: x25519.shared_secret(SEED, bytes(32)),
    lambda: x25519.shared_secret(SEED, (1).to_bytes(32, "little")),
    lambda: x25519.shared_secret(SEED, (x25519.P - 1).to_bytes(32, "little")),
    lambda: x25519.shared_secret(SEED, x25519.P.to_bytes(32, "little")),
    lambda: ed25519.public_key(bytes(31)),
    lambda: ed25519.sign(SEED, "text"),  # type: ignore[arg-type]
    lambda: ed25519.decode(bytes(31)),
    lambda: ed25519.decode(ed25519.P.to_bytes(32, "little")),
    lambda: ed25519.decode((2).to_bytes(32, "little")),
    lambda: ed25519.decode((1 | 1 << 255).to_bytes(32, "little")),
]


@pytest.mark.parametrize("call", CALLS)
def test_bad_input(call: Callable[[], object]) -> None:
    with pytest.raises(BadInput) as caught:
        call()
    assert caught.value.fix


@given(KEYS, KEYS)
@settings(max_examples=20, deadline=None)
def test_x25519_is_cryptographys(a: bytes, b: bytes) -> None:
    theirs = their_x25519.X25519PrivateKey.from_private_bytes(a)
    other = their_x25519.X25519PrivateKey.from_private_bytes(b).public_key()
    assert x25519.x25519(a, x25519.BASE) == theirs.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    public = other.public_bytes(Encoding.Raw, PublicFormat.Raw)
    assert x25519.shared_secret(a, public) == theirs.exchange(other)


@given(KEYS, st.one_of(KEYS, st.integers(0, 40).map(lambda i: ((1 << 255) - 30 + i).to_bytes(32, "little"))))
@settings(max_examples=40, deadline=None)
def test_x25519_takes_any_32_bytes_as_cryptography_does(private: bytes, public: bytes) -> None:
    theirs = their_x25519.X25519PrivateKey.from_private_bytes(private)
    other = their_x25519.X25519PublicKey.from_public_bytes(public)
    if x25519.x25519(private, public) == bytes(32):  # both end the exchange
        with pytest.raises(ValueError, match="shared key"):
            theirs.exchange(other)
    else:
        assert x25519.shared_secret(private, public) == theirs.exchange(other)


def test_x25519_thousand_iterations() -> None:
    """RFC 7748 5.2: the result becomes the scalar, the old scalar the point, a thousand times."""
    k = u = x25519.BASE
    for _ in range(1000):
        k, u = x25519.x25519(k, u), k
    assert k.hex() == "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"


@given(KEYS, st.binary(max_size=100))
@settings(max_examples=8, deadline=None)
def test_ed25519_is_cryptographys(seed: bytes, message: bytes) -> None:
    theirs = their_ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    signature = ed25519.sign(seed, message)
    assert signature == theirs.sign(message)
    assert ed25519_holds(ed25519.public_key(seed), message, signature)
    assert not ed25519_holds(ed25519.public_key(seed), message + b"!", signature)


def ed25519_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        ed25519.verify(public, message, signature)
    except InvalidSignature:
        return False
    return True


@given(st.integers(0, 511))
@settings(max_examples=15, deadline=None)
def test_every_flipped_bit_of_an_ed25519_signature_is_noticed(bit: int) -> None:
    good = ed25519.sign(SEED, b"order")
    flipped = (int.from_bytes(good, "little") ^ (1 << bit)).to_bytes(64, "little")
    assert not ed25519_holds(ed25519.public_key(SEED), b"order", flipped)


def test_a_second_ed25519_signature_is_malformed() -> None:
    public, good = ed25519.public_key(SEED), ed25519.sign(SEED, b"order")
    S = int.from_bytes(good[32:], "little")
    theirs = their_ed25519.Ed25519PublicKey.from_public_bytes(public)
    for wrong in (good[:32] + (S + ed25519.L).to_bytes(32, "little"), good[:-1], good + b"\x00", b"", good[:32]):
        with pytest.raises(MalformedSignature):
            ed25519.verify(public, b"order", wrong)
        with pytest.raises(TheirInvalidSignature):
            theirs.verify(wrong, b"order")
