"""Does the RSA of `publickey` agree with cryptography in both directions, and refuse what RFC 8017 refuses?"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from random import Random

import pytest
from cryptography.exceptions import InvalidSignature as TheirInvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric import rsa as their_rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from tlslearn.check import BadInput, TlslearnError
from tlslearn.publickey import DecryptionFailed, InvalidSignature, MalformedSignature, attacks, pkcs1v15, pss, rsa
from tlslearn.publickey.hashes import OBJECT_IDENTIFIERS, digest, digest_info, digest_size
from tlslearn.publickey.primes import random_prime

HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha224": hashes.SHA224(), "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512(),
    "sha512_224": hashes.SHA512_224(), "sha512_256": hashes.SHA512_256(), "sha3_256": hashes.SHA3_256(),
    "sha3_512": hashes.SHA3_512(),
}  # fmt: skip
MESSAGE = b"2 copies of Emma"
TOY = rsa.from_primes(61, 53, 17)


@cache
def pair(bits: int = 2048) -> tuple[their_rsa.RSAPrivateKey, rsa.PrivateKey]:
    """One key in both libraries, made by cryptography."""
    theirs = their_rsa.generate_private_key(65537, bits)
    numbers = theirs.private_numbers()
    ours = rsa.PrivateKey(numbers.public_numbers.n, 65537, numbers.d, numbers.p, numbers.q)
    return theirs, ours


def as_signature(key: rsa.PrivateKey, encoded: bytes) -> bytes:
    """What the owner of the key could sign when they encode it any way they like."""
    return key.apply(int.from_bytes(encoded, "big")).to_bytes(key.public.size, "big")


def their_judgement(check: Callable[[], object]) -> bool:
    try:
        check()
    except TheirInvalidSignature:
        return False
    return True


def our_judgement(check: Callable[[], object]) -> bool:
    try:
        check()
    except InvalidSignature:
        return False
    return True


def test_textbook_key_by_hand() -> None:
    assert (TOY.n, TOY.d) == (3233, 413)  # 413 * 17 == 7021 == 9 * 780 + 1, and lcm(60, 52) == 780
    assert rsa.sign_number(TOY, 65) == pow(65, 413, 3233)
    assert our_judgement(lambda: rsa.verify_number(TOY.public, 65, rsa.sign_number(TOY, 65)))
    with pytest.raises(InvalidSignature):
        rsa.verify_number(TOY.public, 66, rsa.sign_number(TOY, 65))
    for wrong in (-1, 3233, 10**9):
        with pytest.raises(MalformedSignature):
            rsa.verify_number(TOY.public, 65, wrong)


@given(st.integers(0, TOY.n - 1))
def test_both_operations_undo_each_other(m: int) -> None:
    assert TOY.apply(TOY.public.apply(m)) == m == TOY.public.apply(TOY.apply(m))


@given(st.sampled_from([16, 18, 32, 64, 128, 512]), st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_generated_keys_have_their_size_and_work(bits: int, seed: int) -> None:
    key = rsa.generate(bits, 17, Random(seed))
    assert key == rsa.generate(bits, 17, Random(seed))
    assert key.n.bit_length() == bits
    assert key.p is not None
    assert key.q is not None
    assert key.p * key.q == key.n
    assert all(key.apply(key.public.apply(m)) == m for m in (0, 1, 2, key.n - 1))


def test_cryptography_accepts_a_key_made_here() -> None:
    key = rsa.generate(1024)
    assert key.p is not None
    assert key.q is not None
    numbers = their_rsa.RSAPrivateNumbers(
        key.p, key.q, key.d, key.d % (key.p - 1), key.d % (key.q - 1), pow(key.q, -1, key.p),
        their_rsa.RSAPublicNumbers(key.e, key.n),
    )  # fmt: skip
    theirs = numbers.private_key()  # checks the numbers against each other
    signature = pkcs1v15.sign(key, MESSAGE)
    theirs.public_key().verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("name", HASHES)
@pytest.mark.parametrize("message", [b"", b"\x00", MESSAGE, bytes(1000)])
def test_pkcs1v15_is_the_signature_of_cryptography(name: str, message: bytes) -> None:
    theirs, ours = pair()
    signature = theirs.sign(message, padding.PKCS1v15(), HASHES[name])
    assert pkcs1v15.sign(ours, message, name) == signature
    assert our_judgement(lambda: pkcs1v15.verify(ours.public, message, signature, name))


@given(st.binary(max_size=200), st.sampled_from(sorted(HASHES)), st.integers(0, 100))
@settings(max_examples=20, deadline=None)
def test_pss_both_ways(message: bytes, name: str, salt_length: int) -> None:
    theirs, ours = pair()
    scheme = padding.PSS(padding.MGF1(HASHES[name]), salt_length)
    made_here = pss.sign(ours, message, name, salt_length=salt_length)
    made_there = theirs.sign(message, scheme, HASHES[name])
    assert their_judgement(lambda: theirs.public_key().verify(made_here, message, scheme, HASHES[name]))
    assert our_judgement(lambda: pss.verify(ours.public, message, made_there, name, salt_length=salt_length))


def test_pss_with_another_hash_in_the_mask() -> None:
    theirs, ours = pair()
    signature = theirs.sign(MESSAGE, padding.PSS(padding.MGF1(hashes.SHA1()), 32), hashes.SHA256())
    assert our_judgement(lambda: pss.verify(ours.public, MESSAGE, signature, mgf_hash="sha1"))
    with pytest.raises(InvalidSignature):
        pss.verify(ours.public, MESSAGE, signature)


@given(st.integers(0, 2047), st.sampled_from(["v15", "pss"]))
@settings(max_examples=15, deadline=None)
def test_every_flipped_bit_is_noticed_by_both(bit: int, kind: str) -> None:
    theirs, ours = pair()
    good = pkcs1v15.sign(ours, MESSAGE) if kind == "v15" else pss.sign(ours, MESSAGE, rng=Random(1))
    flipped = (int.from_bytes(good, "big") ^ (1 << bit)).to_bytes(256, "big")
    scheme = padding.PKCS1v15() if kind == "v15" else padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    verify = pkcs1v15.verify if kind == "v15" else pss.verify
    assert not their_judgement(lambda: theirs.public_key().verify(flipped, MESSAGE, scheme, hashes.SHA256()))
    assert not our_judgement(lambda: verify(ours.public, MESSAGE, flipped))


INFO = digest_info("sha256", MESSAGE)
HASH = digest("sha256", MESSAGE)
OID = bytes([0x06, 9]) + OBJECT_IDENTIFIERS["sha256"]


def v15_block(
    info: bytes = INFO, *, start: bytes = b"\x00\x01", filler: bytes | None = None, end: bytes = b""
) -> bytes:
    padding_bytes = b"\xff" * (256 - len(start) - 1 - len(info) - len(end)) if filler is None else filler
    return start + padding_bytes + b"\x00" + info + end


# Each block is what a verifier that parses loosely has accepted somewhere.
BAD_V15_BLOCKS = {
    "bytes after the hash": v15_block(filler=b"\xff" * 8, end=bytes(256 - 11 - len(INFO))),
    "one byte after the hash": v15_block(end=b"\x00"),
    "NULL left out": v15_block(b"\x30\x2f\x30\x0b" + OID + b"\x04\x20" + HASH),
    "NULL with content": v15_block(b"\x30\x33\x30\x0f" + OID + b"\x05\x02\x00\x00\x04\x20" + HASH),
    "OCTET STRING for NULL": v15_block(b"\x30\x31\x30\x0d" + OID + b"\x04\x00\x04\x20" + HASH),
    "long form of a length": v15_block(b"\x30\x81\x31" + INFO[2:]),
    "longer form of a length": v15_block(b"\x30\x82\x00\x31" + INFO[2:]),
    "indefinite length": v15_block(b"\x30\x80" + INFO[2:] + b"\x00\x00"),
    "length of the hash in long form": v15_block(b"\x30\x32" + INFO[2:17] + b"\x04\x81\x20" + HASH),
    "another hash named": v15_block(digest_info("sha512_256", MESSAGE)[:19] + HASH),
    "hash of another message": v15_block(digest_info("sha256", b"9 copies of Emma")),
    "hash cut short": v15_block(INFO[:-1]),
    "no DigestInfo": v15_block(HASH),
    "nothing but padding": b"\x00\x01" + b"\xff" * 254,
    "no separator": b"\x00\x01" + b"\xff" * (254 - len(INFO)) + INFO,
    "block type 0": v15_block(start=b"\x00\x00"),
    "block type 2": v15_block(start=b"\x00\x02"),
    "first byte not 0": v15_block(start=b"\x01\x01"),
    "a padding byte that is not ff": v15_block(filler=b"\xff" * 100 + b"\xfe" + b"\xff" * (152 - len(INFO))),
    "padding of zeros": v15_block(filler=bytes(253 - len(INFO))),
    "separator too early": v15_block(filler=b"\xff" * 8 + b"\x00" * (245 - len(INFO))),
}


@pytest.mark.parametrize("what", BAD_V15_BLOCKS)
def test_pkcs1v15_refuses(what: str) -> None:
    theirs, ours = pair()
    block = BAD_V15_BLOCKS[what]
    assert len(block) == 256
    if int.from_bytes(block, "big") >= ours.n:
        block = b"\x00" + block[1:]
    signature = as_signature(ours, block)
    with pytest.raises(InvalidSignature):
        pkcs1v15.verify(ours.public, MESSAGE, signature)
    if what != "NULL left out":  # RFC 8017 lets a verifier accept this one; OpenSSL does not
        assert not their_judgement(
            lambda: theirs.public_key().verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())
        )


def test_the_builder_of_bad_blocks_can_build_a_good_one() -> None:
    _, ours = pair()
    assert our_judgement(lambda: pkcs1v15.verify(ours.public, MESSAGE, as_signature(ours, v15_block())))


def test_signatures_of_wrong_length_or_size_are_malformed() -> None:
    _, ours = pair()
    for verify, good in ((pkcs1v15.verify, pkcs1v15.sign(ours, MESSAGE)), (pss.verify, pss.sign(ours, MESSAGE))):
        s = int.from_bytes(good, "big")
        longer = [good + b"\x00", b"\x00" + good, good[:-1], good[1:], b"", bytes(257)]
        larger = [b"\xff" * 256, ours.n.to_bytes(256, "big"), (s + ours.n).to_bytes(257, "big")]
        for wrong in longer + larger:
            with pytest.raises(MalformedSignature):
                verify(ours.public, MESSAGE, wrong)
        for other in (bytes(256), b"\x01".rjust(256, b"\x00"), (ours.n - 1).to_bytes(256, "big")):
            with pytest.raises(InvalidSignature):
                verify(ours.public, MESSAGE, other)


def pss_block(
    *, salt: bytes = b"s" * 32, trailer: bytes = b"\xbc", separator: bytes = b"\x01", pad: bytes = b"", top: int = 0
) -> bytes:
    """EMSA-PSS written a second time, with a knob on each part."""
    h = digest("sha256", bytes(8) + HASH + salt)
    db = pad.rjust(256 - 32 - 1 - len(separator) - len(salt), b"\x00") + separator + salt
    masked = bytearray(x ^ y for x, y in zip(db, pss.mgf1(h, len(db), "sha256"), strict=True))
    masked[0] = masked[0] & 0x7F | top
    return bytes(masked) + h + trailer


BAD_PSS_BLOCKS = {
    "no salt": pss_block(salt=b""),
    "salt one byte short": pss_block(salt=b"s" * 31),
    "salt one byte long": pss_block(salt=b"s" * 33),
    "salt of 20 bytes": pss_block(salt=b"s" * 20),
    "salt as long as it can be": pss_block(salt=b"s" * 222),
    "another trailer": pss_block(trailer=b"\xcc"),
    "separator 0": pss_block(separator=b"\x00"),
    "separator 2": pss_block(separator=b"\x02"),
    "padding not zero": pss_block(pad=b"\x01"),
    "padding not zero far from the separator": pss_block(pad=b"\x01" + bytes(150)),
}


@pytest.mark.parametrize("what", BAD_PSS_BLOCKS)
def test_pss_refuses(what: str) -> None:
    theirs, ours = pair()
    signature = as_signature(ours, BAD_PSS_BLOCKS[what])
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    with pytest.raises(InvalidSignature):
        pss.verify(ours.public, MESSAGE, signature)
    assert not their_judgement(lambda: theirs.public_key().verify(signature, MESSAGE, scheme, hashes.SHA256()))


def test_pss_accepts_the_block_with_no_knob_turned_and_refuses_a_set_top_bit() -> None:
    _, ours = pair()
    assert our_judgement(lambda: pss.verify(ours.public, MESSAGE, as_signature(ours, pss_block())))
    tops = (pss_block(salt=bytes([i]) * 32, top=0x80) for i in range(256))
    block = next(block for block in tops if int.from_bytes(block, "big") < ours.n)  # half of them are
    with pytest.raises(InvalidSignature):
        pss.verify(ours.public, MESSAGE, as_signature(ours, block))


@pytest.mark.parametrize("bits", [1024, 1025, 1026, 1032, 1033])
def test_pss_whatever_the_length_of_the_modulus(bits: int) -> None:
    """At 1025 and 1033 bits the padded block is a byte shorter than the modulus. RFC 8017 8.1.1, step 1."""
    key = rsa.from_primes(2**521 - 1, random_prime(bits - 521))
    assert key.n.bit_length() == bits
    signature = pss.sign(key, MESSAGE)
    assert our_judgement(lambda: pss.verify(key.public, MESSAGE, signature))
    theirs, scheme = (
        their_rsa.RSAPublicNumbers(key.e, key.n).public_key(),
        padding.PSS(padding.MGF1(hashes.SHA256()), 32),
    )
    assert their_judgement(lambda: theirs.verify(signature, MESSAGE, scheme, hashes.SHA256()))


@given(st.binary(max_size=117))
@settings(max_examples=20, deadline=None)
def test_pkcs1v15_encryption_both_ways(message: bytes) -> None:
    theirs, ours = pair(1024)
    assert theirs.decrypt(pkcs1v15.encrypt(ours.public, message), padding.PKCS1v15()) == message
    assert pkcs1v15.decrypt(ours, theirs.public_key().encrypt(message, padding.PKCS1v15())) == message


def test_every_bad_ciphertext_gets_the_same_answer() -> None:
    _, ours = pair()
    blocks = {
        "type 1": b"\x00\x01" + b"\xaa" * 100 + b"\x00" + bytes(153),
        "first byte": b"\x01\x02" + b"\xaa" * 100 + b"\x00" + bytes(153),
        "no separator": b"\x00\x02" + b"\xaa" * 254,
        "seven padding bytes": b"\x00\x02" + b"\xaa" * 7 + b"\x00" + b"\xaa" * 246,
        "no padding": b"\x00\x02\x00" + b"\xaa" * 253,
    }
    size = 256
    bad = [ours.public.apply(int.from_bytes(b, "big")).to_bytes(size, "big") for b in blocks.values()]
    bad += [b"", bytes(255), bytes(257), ours.n.to_bytes(size, "big"), b"\xff" * size]
    texts = set()
    for ciphertext in bad:
        with pytest.raises(DecryptionFailed) as caught:
            pkcs1v15.decrypt(ours, ciphertext)
        texts.add(str(caught.value))
    assert len(texts) == 1
    eight = b"\x00\x02" + b"\xaa" * 8 + b"\x00" + b"m" * 245
    assert pkcs1v15.decrypt(ours, ours.public.apply(int.from_bytes(eight, "big")).to_bytes(size, "big")) == b"m" * 245


@pytest.mark.parametrize(
    "call",
    [
        lambda: rsa.PublicKey(3234, 17),
        lambda: rsa.PublicKey(0, 17),
        lambda: rsa.PublicKey(-3233, 17),
        lambda: rsa.PublicKey(3233, 1),
        lambda: rsa.PublicKey(3233, 0),
        lambda: rsa.PublicKey(3233, 4),
        lambda: rsa.PublicKey(3233, 3233),
        lambda: rsa.PrivateKey(3233, 17, 414),
        lambda: rsa.PrivateKey(3233, 17, 0),
        lambda: rsa.PrivateKey(3233, 17, 413, 61, 59),
        lambda: rsa.PrivateKey(3233, 17, 413, 1, 3233),
        lambda: rsa.PrivateKey(3233, 17, 413, -61, -53),
        lambda: rsa.PrivateKey(3233, 17, 413, 61.0, 53),  # type: ignore[arg-type]
        lambda: rsa.PrivateKey(3233, 17, 413, "61", 53),  # type: ignore[arg-type]
        lambda: rsa.PrivateKey(3233, 17, 413, 61),
        lambda: rsa.PrivateKey(3233, 17, 413, q=53),
        lambda: rsa.PrivateKey(3233, 17, 414, 61, 53),
        lambda: rsa.PrivateKey(3721, 7, 43, 61, 61),
        lambda: rsa.PrivateKey(2047, 3, 4),
        lambda: rsa.PrivateKey(2047, 3, 4, 89, 23),
        lambda: rsa.verify_number(TOY.public, 5, 1 << 20_000),
        lambda: rsa.verify_number(TOY.public, 5, "5"),  # type: ignore[arg-type]
        lambda: rsa.verify_number(TOY.public, "5", 5),  # type: ignore[arg-type]
        lambda: digest(1 << 20_000, MESSAGE),  # type: ignore[arg-type]
        lambda: digest(["sha256"], MESSAGE),  # type: ignore[arg-type]
        lambda: pss.sign(pair()[1], MESSAGE, salt_length=1 << 20_000),
        lambda: pss.sign(pair()[1], MESSAGE, salt="salt"),  # type: ignore[arg-type]
        lambda: pss.sign(pair()[1], MESSAGE, salt=7),  # type: ignore[arg-type]
        lambda: pss.sign(pair()[1], MESSAGE, mgf_hash=["sha256"]),  # type: ignore[arg-type]
        lambda: pkcs1v15.encrypt(pair()[1].public, b"m", padding="a" * 252),  # type: ignore[arg-type]
        lambda: pkcs1v15.encrypt(pair()[1].public, b"m", padding=252),  # type: ignore[arg-type]
        lambda: rsa.from_primes(61, 61, 17),
        lambda: rsa.from_primes(61, 55, 17),
        lambda: rsa.from_primes(2, 61, 17),
        lambda: rsa.from_primes(61, 53, 3),
        lambda: rsa.from_primes(61, 53, 4),
        lambda: rsa.generate(15),
        lambda: rsa.generate(2049),
        lambda: rsa.generate(8),
        lambda: rsa.generate(64, 6),
        lambda: rsa.sign_number(TOY, 3233),
        lambda: TOY.public.apply(-1),
        lambda: pkcs1v15.sign(TOY, MESSAGE),
        lambda: pkcs1v15.verify(TOY.public, MESSAGE, b"12"),
        lambda: pkcs1v15.encrypt(TOY.public, MESSAGE),
        lambda: pkcs1v15.encrypt(pair()[1].public, bytes(246)),
        lambda: pkcs1v15.encrypt(pair()[1].public, b"m", padding=bytes(252)),
        lambda: pkcs1v15.sign(pair()[1], "text"),  # type: ignore[arg-type]
        lambda: pkcs1v15.sign(pair()[1], MESSAGE, "md5"),
        lambda: pkcs1v15.verify(pair()[1].public, MESSAGE, 12345),  # type: ignore[arg-type]
        lambda: pss.sign(TOY, MESSAGE),
        lambda: pss.sign(pair()[1], MESSAGE, salt_length=-1),
        lambda: pss.sign(pair()[1], MESSAGE, salt_length=223),
        lambda: pss.verify(TOY.public, MESSAGE, b"12"),
        lambda: pss.verify(pair()[1].public, MESSAGE, bytes(256), "sha0"),
    ],
)
def test_bad_input(call: Callable[[], object]) -> None:
    with pytest.raises(BadInput) as caught:
        call()
    assert caught.value.fix


def test_a_number_far_too_long_is_a_malformed_signature() -> None:
    with pytest.raises(MalformedSignature, match="int of 20001 bits"):
        rsa.verify_number(TOY.public, 5, 1 << 20_000)


@pytest.mark.parametrize("primes", [(61, 53), (53, 61), (None, None)])
def test_each_d_that_undoes_e_will_do(primes: tuple[int, int] | tuple[None, None]) -> None:
    """413 is the smallest; 413 + lcm(60, 52) undoes 17 just as well."""
    for d in (413, 413 + 780):
        key = rsa.PrivateKey(3233, 17, d, *primes)
        assert key.apply(key.public.apply(65)) == 65


def test_malformed_is_both_bad_input_and_no_signature() -> None:
    assert issubclass(MalformedSignature, InvalidSignature)
    assert issubclass(MalformedSignature, BadInput)
    assert not issubclass(InvalidSignature, BadInput)
    assert issubclass(InvalidSignature, TlslearnError)


def test_digest_info_is_the_one_printed_in_the_rfc() -> None:
    assert INFO[:-32].hex() == "3031300d060960864801650304020105000420"  # RFC 8017 9.2, note 1
    assert digest_info("sha1", b"")[:-20].hex() == "3021300906052b0e03021a05000414"
    assert digest_info("sha512", b"")[:-64].hex() == "3051300d060960864801650304020305000440"
    assert digest_size("sha384") == 48


def test_no_repr_shows_a_secret_of_a_real_key() -> None:
    _, ours = pair()
    assert "not shown" in repr(ours)
    assert f"{ours.d:x}"[:8] not in repr(ours)
    assert "d=413" in repr(TOY)


def test_unpadded_signatures_are_forged() -> None:
    _, ours = pair()
    m = attacks.forge_from_signature(ours.public, 123456789)
    assert our_judgement(lambda: rsa.verify_number(ours.public, m, 123456789))
    product = attacks.forge_product(ours.public, rsa.sign_number(ours, 6), rsa.sign_number(ours, 7))
    assert our_judgement(lambda: rsa.verify_number(ours.public, 42, product))


def test_small_exponents_give_unpadded_messages_away() -> None:
    keys = [rsa.generate(256, 3).public for _ in range(3)]
    short = int.from_bytes(b"short", "big")
    assert attacks.small_exponent_message(keys[0], keys[0].apply(short)) == short
    m = int.from_bytes(b"a message as long as n permits.", "big")
    with pytest.raises(BadInput):
        attacks.small_exponent_message(keys[0], keys[0].apply(m))
    assert attacks.broadcast_message(keys, [key.apply(m) for key in keys]) == m
    with pytest.raises(BadInput):
        attacks.broadcast_message(keys[:2], [1, 2])
    with pytest.raises(BadInput):
        attacks.broadcast_message(keys, [keys[0].apply(m), keys[1].apply(m), keys[2].apply(m + 1)])


def sloppy_verify(key: rsa.PublicKey, message: bytes, signature: bytes) -> bool:
    """The mistake of 2006: reads up to the hash and does not look at what follows."""
    block = pkcs1v15.open_signature(key, signature)
    separator = block.index(b"\x00", 2)
    padded = block[:2] == b"\x00\x01" and separator >= 10 and set(block[2:separator]) == {0xFF}
    return padded and block[separator + 1 :].startswith(digest_info("sha256", message))


def test_the_cube_root_forgery_fools_a_sloppy_verifier_only() -> None:
    key = rsa.PublicKey(pair()[1].n, 3)  # a forger needs no more than the size of n
    forged = attacks.cube_root_forgery(key, MESSAGE)
    assert sloppy_verify(key, MESSAGE, forged)
    with pytest.raises(InvalidSignature):
        pkcs1v15.verify(key, MESSAGE, forged)
    with pytest.raises(BadInput):
        attacks.cube_root_forgery(pair()[1].public, MESSAGE)
    with pytest.raises(BadInput, match="too little room"):
        attacks.cube_root_forgery(rsa.PublicKey(key.n >> 1024 | 1, 3), MESSAGE)


def test_a_shared_prime_opens_both_keys() -> None:
    p, q, r = 2**127 - 1, 2**89 - 1, 2**107 - 1
    first, second = rsa.from_primes(p, q), rsa.from_primes(p, r)
    assert attacks.key_from_shared_prime(first.public, second.public) == first
    with pytest.raises(BadInput):
        attacks.key_from_shared_prime(first.public, rsa.from_primes(r, 2**61 - 1).public)
    with pytest.raises(BadInput):
        attacks.key_from_shared_prime(first.public, first.public)
