"""Do the curves obey the group law, agree with cryptography, and refuse points and signatures that are none?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest
from cryptography.exceptions import InvalidSignature as TheirInvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import utils as their_utils
from hypothesis import given, settings
from hypothesis import strategies as st

from tlslearn.check import BadInput
from tlslearn.publickey import Curve, InvalidSignature, MalformedSignature, Point, attacks, curves, ecdh, ecdsa, named
from tlslearn.publickey.arithmetic import square_root
from tlslearn.publickey.curves import small_curve
from tlslearn.publickey.named_curves import names
from tlslearn.publickey.primes import is_probable_prime

THEIRS: dict[str, ec.EllipticCurve] = {
    "P-224": ec.SECP224R1(), "P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1(),
    "secp256k1": ec.SECP256K1(), "brainpoolP256r1": ec.BrainpoolP256R1(), "brainpoolP384r1": ec.BrainpoolP384R1(),
    "brainpoolP512r1": ec.BrainpoolP512R1(),
}  # fmt: skip
HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha224": hashes.SHA224(), "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512(),
}  # fmt: skip
TOYS = [name for name in names() if name.startswith("toy")]
MESSAGE = b"2 copies of Emma"
P256 = named("P-256")
TOY = named("toy17")


def their_key(curve: Curve, d: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(d, THEIRS[curve.name])


def their_judgement(key: ec.EllipticCurvePublicKey, signature: bytes, message: bytes, name: str) -> bool:
    try:
        key.verify(signature, message, ec.ECDSA(HASHES[name]))
    except TheirInvalidSignature:
        return False
    return True


def our_judgement(Q: Point, signature: bytes | ecdsa.Signature, message: bytes = MESSAGE, name: str = "sha256") -> bool:
    try:
        ecdsa.verify(Q, message, signature, name)
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("name", TOYS[:3])
def test_small_curves_are_groups(name: str) -> None:
    curve = named(name)
    group = [curve.infinity, *curve.points()]
    assert len(group) == curve.n * curve.h
    assert {k * curve.G for k in range(curve.n)} == set(group)
    for P in group:
        assert P + curve.infinity == P == curve.infinity + P
        assert (P + -P).is_infinity
        assert (curve.n * P).is_infinity
        for Q in group[:20]:
            assert P + Q == Q + P
            assert (P + Q) - Q == P
            assert all((P + Q) + R == P + (Q + R) for R in group[:5])


@given(st.integers(-40, 150), st.sampled_from(TOYS[:3]))
@settings(max_examples=60)
def test_scalar_multiplication_is_repeated_addition(k: int, name: str) -> None:
    curve = named(name)
    total = curve.infinity
    for _ in range(abs(k)):
        total += curve.G if k > 0 else -curve.G
    assert k * curve.G == total


def test_the_example_of_the_textbook() -> None:
    assert Point(TOY, 6, 3) == 2 * TOY.G
    assert Point(TOY, 7, 6) == 9 * TOY.G
    assert curves.slope(TOY.G, TOY.G) == 13


@given(st.integers(1, 1 << 256))
@settings(max_examples=20, deadline=None)
def test_double_and_add_doubles_a_bit_and_adds_a_one(k: int) -> None:
    steps = [step.operation for step in curves.double_and_add(k, TOY.G)]
    assert (steps.count("double"), steps.count("add")) == (k.bit_length(), k.bit_count())


def count(p: int, a: int, b: int) -> int:
    """The number of points, infinity with them, by trying every pair."""
    return sum((y * y - x**3 - a * x - b) % p == 0 for x in range(p) for y in range(p)) + 1


@pytest.mark.parametrize(("p", "a", "b"), [(97, 2, 3), (23, 1, 1), (7, 0, 1), (5, 1, 0), (101, 0, 7), (13, -1, 1)])
def test_a_small_curve_counts_its_points(p: int, a: int, b: int) -> None:
    curve = small_curve(p, a, b)
    assert curve.n * curve.h == count(p, a, b) == len(list(curve.points())) + 1
    assert (curve.n * curve.G).is_infinity


@given(st.sampled_from(sorted(THEIRS)), st.data())
@settings(max_examples=10, deadline=None)
def test_public_keys_and_encodings_are_those_of_cryptography(name: str, data: st.DataObject) -> None:
    curve = named(name)
    edges = st.sampled_from([1, 2, 3, curve.n - 1, curve.n - 2, curve.n // 2])
    d = data.draw(st.one_of(edges, st.integers(1, curve.n - 1)))
    Q, theirs = curve.public_key(d), their_key(curve, d).public_key()
    assert (Q.x, Q.y) == (theirs.public_numbers().x, theirs.public_numbers().y)
    for compressed in (False, True):
        encoded = Q.encode(compressed)
        assert curve.decode(encoded) == Q
        read = ec.EllipticCurvePublicKey.from_encoded_point(THEIRS[name], encoded)
        assert read.public_numbers() == theirs.public_numbers()


@given(st.sampled_from(sorted(THEIRS)), st.integers(1, 1 << 512), st.integers(1, 1 << 512))
@settings(max_examples=8, deadline=None)
def test_ecdh_is_cryptographys_exchange(name: str, a: int, b: int) -> None:
    curve = named(name)
    a, b = a % (curve.n - 1) + 1, b % (curve.n - 1) + 1
    secret = ecdh.shared_secret(curve, a, curve.public_key(b).encode())
    assert secret == ecdh.shared_secret(curve, b, curve.public_key(a))
    assert secret == their_key(curve, a).exchange(ec.ECDH(), their_key(curve, b).public_key())


@given(st.sampled_from(sorted(THEIRS)), st.sampled_from(sorted(HASHES)), st.binary(max_size=100), st.data())
@settings(max_examples=6, deadline=None)
def test_ecdsa_both_ways(name: str, hash_name: str, message: bytes, data: st.DataObject) -> None:
    curve = named(name)
    d = data.draw(st.one_of(st.sampled_from([1, curve.n - 1]), st.integers(1, curve.n - 1)))
    theirs, Q = their_key(curve, d), curve.public_key(d)
    deterministic = ecdsa.sign(curve, d, message, hash_name).encode()
    assert deterministic == theirs.sign(message, ec.ECDSA(HASHES[hash_name], deterministic_signing=True))
    fresh = ecdsa.sign(curve, d, message, hash_name, nonces=ecdsa.random_nonces(curve)).encode()
    assert their_judgement(theirs.public_key(), fresh, message, hash_name)
    assert our_judgement(Q, theirs.sign(message, ec.ECDSA(HASHES[hash_name])), message, hash_name)
    assert not our_judgement(Q, fresh, message + b"!", hash_name)


@given(st.sampled_from(TOYS), st.integers(1, 10**6), st.binary(max_size=8))
@settings(max_examples=40)
def test_ecdsa_works_where_r_and_s_are_often_zero(name: str, d: int, message: bytes) -> None:
    curve = named(name)
    d = d % (curve.n - 1) + 1
    assert our_judgement(curve.public_key(d), ecdsa.sign(curve, d, message), message)


D = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721  # RFC 6979, P-256
PUBLIC = P256.public_key(D)
THEIR_PUBLIC = their_key(P256, D).public_key()
GOOD = ecdsa.sign(P256, D, b"sample")


def test_rfc_6979_first_example() -> None:
    assert next(ecdsa.deterministic_nonces(P256, D, b"sample")) == int(
        "A6E3C57DD01ABE90086538398355DD4C3B17AA873382B0F24D6129493D8AAD60", 16
    )
    assert GOOD.r == 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
    assert GOOD.s == 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8


def der(tag: int, content: bytes) -> bytes:
    return bytes([tag, len(content)]) + content


R, S = (der(2, value.to_bytes(33, "big")) for value in (GOOD.r, GOOD.s))  # both have their top bit set
BOTH = R + S
ENCODINGS = {
    "empty": b"",
    "nothing but a tag": b"\x30",
    "empty sequence": b"\x30\x00",
    "long form of the length": b"\x30\x81" + bytes([len(BOTH)]) + BOTH,
    "longer form of the length": b"\x30\x82\x00" + bytes([len(BOTH)]) + BOTH,
    "length of five bytes": b"\x30\x85\x01\x00\x00\x00" + bytes([len(BOTH)]) + BOTH,
    "length of 2**32 - 1": b"\x30\x84\xff\xff\xff\xff" + BOTH,
    "indefinite length": b"\x30\x80" + BOTH + b"\x00\x00",
    "reserved length ff": b"\x30\xff" + BOTH,
    "length one too many": bytes([0x30, len(BOTH) + 1]) + BOTH,
    "length one too few": bytes([0x30, len(BOTH) - 1]) + BOTH,
    "byte after the sequence": der(0x30, BOTH) + b"\x00",
    "byte before the sequence": b"\x00" + der(0x30, BOTH),
    "NULL after s": der(0x30, BOTH + b"\x05\x00"),
    "third integer": der(0x30, BOTH + b"\x02\x01\x01"),
    "zeros after s": der(0x30, BOTH + b"\x00\x00"),
    "only r": der(0x30, R),
    "r and s twice wrapped": der(0x30, der(0x30, BOTH)),
    "set instead of sequence": der(0x31, BOTH),
    "primitive sequence": der(0x10, BOTH),
    "octet string for r": der(0x30, b"\x04" + R[1:] + S),
    "boolean for s": der(0x30, R + b"\x01\x01\xff"),
    "NULL for s": der(0x30, R + b"\x05\x00"),
    "integer without content": der(0x30, b"\x02\x00" + S),
    "r with a needless zero": der(0x30, der(2, b"\x00" + R[2:]) + S),
    "s with a needless zero": der(0x30, R + der(2, b"\x00" + S[2:])),
    "r without its zero (negative)": der(0x30, der(2, R[3:]) + S),
    "s without its zero (negative)": der(0x30, R + der(2, S[3:])),
    "r in long form": der(0x30, b"\x02\x81" + R[1:] + S),
    "r of indefinite length": der(0x30, b"\x02\x80" + R[2:] + b"\x00\x00" + S),
    "a real number for s": der(0x30, R + b"\x09\x03\x80\x00\x01"),
    "cut off": der(0x30, BOTH)[:-1],
    "r and s side by side, no DER": GOOD.r.to_bytes(32, "big") + GOOD.s.to_bytes(32, "big"),
}


def test_the_builder_of_bad_encodings_can_build_a_good_one() -> None:
    assert der(0x30, BOTH) == GOOD.encode()
    assert our_judgement(PUBLIC, der(0x30, BOTH), b"sample")


@pytest.mark.parametrize("what", ENCODINGS)
def test_signatures_that_are_not_der_are_malformed(what: str) -> None:
    with pytest.raises(MalformedSignature) as caught:
        ecdsa.verify(PUBLIC, b"sample", ENCODINGS[what])
    assert caught.value.fix
    assert not their_judgement(THEIR_PUBLIC, ENCODINGS[what], b"sample", "sha256")


N, P = P256.n, P256.p
EDGES = [0, 1, -1, N, N + 1, N - 1, P, P + 1, 2**256, 2**255, -N, GOOD.r, GOOD.s]


@pytest.mark.parametrize("r", [*EDGES, GOOD.r + N, GOOD.r - N, -GOOD.r, 2 * N - GOOD.r])
@pytest.mark.parametrize("s", [*EDGES, GOOD.s + N, GOOD.s - N, -GOOD.s])
def test_r_and_s_at_the_edges_are_judged_as_cryptography_does(r: int, s: int) -> None:
    Q, pair, good = PUBLIC, ecdsa.Signature(r, s), (r, s) == (GOOD.r, GOOD.s)
    assert our_judgement(Q, pair, b"sample") == good
    if min(r, s) < 0:
        with pytest.raises(BadInput, match="out of range"):
            pair.encode()
    else:
        encoded = their_utils.encode_dss_signature(r, s)
        assert encoded == pair.encode()
        assert ecdsa.Signature.decode(encoded) == pair
        assert their_judgement(THEIR_PUBLIC, encoded, b"sample", "sha256") == good
    if not (1 <= r < N and 1 <= s < N):
        with pytest.raises(BadInput, match="out of range"):
            ecdsa.verify(Q, b"sample", pair)


def test_n_minus_s_is_a_signature_too() -> None:
    """ECDSA itself is malleable: FIPS 186-5 has no rule of low s."""
    assert our_judgement(PUBLIC, ecdsa.Signature(GOOD.r, N - GOOD.s), b"sample")


@given(st.integers(0, 71), st.integers(0, 255), st.sampled_from(["change", "insert", "delete"]))
@settings(max_examples=40, deadline=None)
def test_mangled_signatures_are_judged_as_cryptography_does(place: int, byte: int, how: str) -> None:
    good = GOOD.encode()
    middle = {"change": bytes([byte]), "insert": bytes([byte]) + good[place : place + 1], "delete": b""}[how]
    mangled = good[:place] + middle + good[place + 1 :]
    expected = their_judgement(THEIR_PUBLIC, mangled, b"sample", "sha256")
    assert our_judgement(PUBLIC, mangled, b"sample") == expected == (mangled == good)


@given(st.integers(0, 1 << 521), st.integers(0, 1 << 521))
def test_der_of_a_pair_is_cryptographys(r: int, s: int) -> None:
    pair = ecdsa.Signature(r, s)
    assert pair.encode() == their_utils.encode_dss_signature(r, s)
    assert ecdsa.Signature.decode(pair.encode()) == pair


def test_points_that_are_none_are_refused() -> None:
    size, good = P256.size, P256.G.encode()
    x, y = 5, 7  # a point for another b, as all are: the tool of the invalid-curve attack
    bad = {
        "empty": b"",
        "infinity": b"\x00",
        "infinity, padded": bytes(1 + 2 * size),
        "not on the curve": b"\x04" + x.to_bytes(size, "big") + y.to_bytes(size, "big"),
        "zero": b"\x04" + bytes(2 * size),
        "y changed": good[:-1] + bytes([good[-1] ^ 1]),
        "hybrid form": bytes([6 + good[-1] % 2]) + good[1:],
        "no form byte": good[1:],
        "too short": good[:-1],
        "too long": good + b"\x00",
        "x not below p": b"\x04" + (P256.p + 5).to_bytes(size, "big") + good[1 + size :],
        "compressed, x with no y": b"\x02" + (1).to_bytes(size, "big"),
        "compressed, x not below p": b"\x02" + P256.p.to_bytes(size, "big"),
        "compressed, too short": P256.G.encode(compressed=True)[:-1],
        "compressed, form 04": b"\x04" + P256.G.encode(compressed=True)[1:],
    }
    for what, encoded in bad.items():
        with pytest.raises(BadInput) as caught:
            ecdh.shared_secret(P256, 2, encoded)
        assert caught.value.fix, what
        with pytest.raises(BadInput):
            ecdsa.verify(P256.decode(encoded), MESSAGE, GOOD)


def test_points_of_small_order_are_refused() -> None:
    """With a cofactor a point on the curve may have a small order; the answer would tell d modulo that order."""
    curve = small_curve(97, 2, 3)
    assert curve.h > 1
    small = next(P for P in curve.points() if not (curve.n * P).is_infinity)
    with pytest.raises(BadInput, match="order n"):
        ecdh.shared_secret(curve, 2, small)
    with pytest.raises(BadInput, match="order n"):
        ecdsa.verify(small, MESSAGE, ecdsa.Signature(1, 1))


@pytest.mark.parametrize(
    "call",
    [
        lambda: Curve("c", 15, 2, 2, 5, 1, 19),
        lambda: Curve("c", 16, 2, 2, 5, 1, 19),
        lambda: Curve("c", 3, 1, 1, 0, 1, 2),
        lambda: Curve("c", 17, 2, 2, 5, 2, 19),
        lambda: Curve("c", 17, 2, 2, 5, 1, 18),
        lambda: Curve("c", 17, 2, 2, 5, 1, 17),
        lambda: Curve("c", 17, 2, 2, 5, 1, 19, 3),
        lambda: Curve("c", 17, 17, 2, 5, 1, 19),
        lambda: Curve("c", 17, 0, 0, 0, 0, 19),
        lambda: small_curve(17, 0, 0),
        lambda: small_curve(15, 1, 1),
        lambda: small_curve(2**31 - 1, 1, 1),
        lambda: list(P256.points()),
        lambda: named("P-257"),
        lambda: Point(TOY, 5, None),
        lambda: Point(TOY, 22, 1),
        lambda: Point(TOY, -12, 1),
        lambda: Point(TOY, 5, 2),
        lambda: TOY.G + named("toy11").G,
        lambda: curves.slope(TOY.G, -TOY.G),
        lambda: curves.coordinates(TOY.infinity),
        lambda: TOY.infinity.encode(),
        lambda: P256.public_key(0),
        lambda: P256.public_key(N),
        lambda: P256.public_key(-1),
        lambda: P256.public_key(N + 1),
        lambda: ecdh.shared_secret(P256, 0, P256.G),
        lambda: ecdh.shared_secret(P256, N, P256.G),
        lambda: ecdh.shared_secret(P256, 2, P256.infinity),
        lambda: ecdh.shared_secret(P256, 2, named("secp256k1").G),
        lambda: ecdsa.sign(P256, 0, MESSAGE),
        lambda: ecdsa.sign(P256, N, MESSAGE),
        lambda: ecdsa.sign(P256, 1, MESSAGE, "sha0"),
        lambda: ecdsa.sign(P256, 1, MESSAGE, nonces=[0]),
        lambda: ecdsa.sign(P256, 1, MESSAGE, nonces=[N]),
        lambda: ecdsa.sign(P256, 1, MESSAGE, nonces=[]),
        lambda: ecdsa.verify(P256.infinity, MESSAGE, GOOD),
        lambda: ecdsa.verify(PUBLIC, "sample", GOOD),  # type: ignore[arg-type]
        lambda: ecdsa.verify(PUBLIC, MESSAGE, 17),  # type: ignore[arg-type]
        lambda: ecdsa.verify(P256.G.encode(), MESSAGE, GOOD),  # type: ignore[arg-type]
        lambda: ecdsa.Signature(1 << 1100, 1 << 1100).encode(),
        lambda: 1.5 * TOY.G,  # type: ignore[operator]
        lambda: ecdsa.Signature(-128, 1).encode(),
        lambda: ecdsa.Signature(1, -1).encode(),
        lambda: ecdsa.Signature(None, 1),  # type: ignore[arg-type]
        lambda: ecdsa.Signature(1, b"\x01"),  # type: ignore[arg-type]
        lambda: ecdsa.verify(1 << 20_000, MESSAGE, GOOD),  # type: ignore[arg-type]
        lambda: named(1 << 20_000),  # type: ignore[arg-type]
        lambda: named(["P-256"]),  # type: ignore[arg-type]
        lambda: Curve("c", 17, 2, 2, 5, 1, 19, None),  # type: ignore[arg-type]
        lambda: Curve("c", 17, 2, 2, 5, 1, 19, -1),
        lambda: Curve("c", 17, 2, 2, None, None, 19),  # type: ignore[arg-type]
        lambda: Curve("c", 17, None, 2, 5, 1, 19),  # type: ignore[arg-type]
        lambda: small_curve(17, None, 2),  # type: ignore[arg-type]
        lambda: small_curve(17, 2, "2"),  # type: ignore[arg-type]
    ],
)
def test_bad_input(call: Callable[[], object]) -> None:
    with pytest.raises(BadInput) as caught:
        call()
    assert caught.value.fix


@pytest.mark.parametrize("name", ["P-256", "P-521", "secp256k1", "toy65521"])
def test_a_reused_nonce_gives_the_key_away(name: str) -> None:
    curve, rng = named(name), Random(3)
    d, k = curve.generate(rng).d, rng.randrange(1, curve.n)
    first, second = b"2 copies of Emma", b"3 copies of Emma"
    signatures = [ecdsa.sign(curve, d, message, nonces=[k]) for message in (first, second)]
    found = attacks.private_key_from_reused_nonce(curve, (first, signatures[0]), (second, signatures[1]))
    assert found == d
    with pytest.raises(BadInput, match="r differs"):
        attacks.private_key_from_reused_nonce(curve, (first, signatures[0]), (second, ecdsa.sign(curve, d, second)))
    twin = ecdsa.Signature(signatures[0].r, curve.n - signatures[0].s)
    for again in (signatures[0], twin):  # one message: two signatures, and one equation between them
        with pytest.raises(BadInput, match=r"hash is the same twice.* two different messages"):
            attacks.private_key_from_reused_nonce(curve, (first, signatures[0]), (first, again))


def test_k_and_its_opposite_give_one_r_and_a_wrong_key() -> None:
    """Nothing in the signatures tells n - k from k: the public key does."""
    d, k = P256.generate(Random(3)).d, 12345
    first, second = (ecdsa.sign(P256, d, m, nonces=[nonce]) for m, nonce in ((b"a", k), (b"b", N - k)))
    assert first.r == second.r
    found = attacks.private_key_from_reused_nonce(P256, (b"a", first), (b"b", second))
    assert P256.public_key(found) != P256.public_key(d)
    right = ecdsa.Signature(second.r, N - second.s)  # what k itself would have made of the second message
    assert attacks.private_key_from_reused_nonce(P256, (b"a", first), (b"b", right)) == d


def test_one_s_for_two_messages_is_refused() -> None:
    with pytest.raises(BadInput, match="s is the same twice"):
        attacks.private_key_from_reused_nonce(P256, (b"a", GOOD), (b"b", GOOD))


def test_a_curve_with_as_many_points_as_its_modulus_is_refused() -> None:
    """Such a curve is called anomalous: there d is easy to find from d * G, however large p is."""
    curve = small_curve(61, 0, 7)  # for a picture it is as good as any
    assert curve.n == curve.p == 61
    p = next(p for p in ((1 + 3 * v * v) // 4 for v in range(301, 999, 2)) if is_probable_prime(p))
    roots = Counter(y * y % p for y in range(p))
    # 4p = 1 + 3v**2, so that one in six of the curves y**2 = x**3 + b has p points.
    b = next(b for b in range(1, 100) if 1 + sum(roots[(x**3 + b) % p] for x in range(p)) == p)
    x = next(x for x in range(p) if roots[(x**3 + b) % p])
    with pytest.raises(BadInput, match="order n is the modulus p"):
        Curve("anomalous", p, 0, b, x, square_root(x**3 + b, p), p)


def test_the_longest_signature_of_a_521_bit_curve_has_139_bytes() -> None:
    n = named("P-521").n
    assert len(ecdsa.Signature(n - 1, n - 1).encode()) == 139


def test_aliases_and_repr() -> None:
    assert named("secp256r1") == named("prime256v1") == P256
    assert repr(TOY.G) == "Point(5, 1 on toy17)"
    assert repr(TOY.infinity) == "Point(infinity on toy17)"
    assert "not shown" in repr(P256.generate())
    assert all(named(name).source for name in names())
