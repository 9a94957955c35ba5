"""How many of the published test vectors does `publickey` agree with?

Sections: NIST CAVP (RSA, ECDSA, ECDH and DH), RFC 6979 A.2, RFC 7027, RFC 7748 5.2, RFC 8032, RSA Laboratories PKCS #1.
Leaves out: curves over binary fields (K-163, B-163 and their like), which the package does not have.

`python tests/publickey_vectors.py [n]` prints the table; with a number, only every n-th vector of a file is run.
The files come with the package cryptography-vectors, in the version of cryptography.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from itertools import chain, islice

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from tlslearn import TlslearnError
from tlslearn.publickey import diffie_hellman, ecdh, ecdsa, ed25519, named, pkcs1v15, pss, rsa, x25519
from tlslearn.publickey.curves import Curve, Point

Record = dict[str, str]
PRIME_CURVES = ("P-192", "P-224", "P-256", "P-384", "P-521")


def text(path: str) -> str:
    return (files("cryptography_vectors") / "asymmetric" / path).read_text(encoding="utf-8")


def records(path: str, last: str) -> Iterator[Record]:
    """NIST's format: `[section]` and `name = value` lines; a record is complete when the name `last` has come."""
    fields: Record = {}
    for line in text(path).splitlines():
        if line.startswith("["):
            fields["section"] = line.strip("[] ")
        elif "=" in line and not line.startswith("#"):
            name, value = (part.strip() for part in line.split("=", 1))
            fields[name] = value
            if name == last:
                yield dict(fields)


def headings(path: str, last: str) -> Iterator[Record]:
    """RSA Laboratories' format: `# Heading:` and hex digits below; the private exponent overwrites the public one."""
    fields: Record = {}
    name = ""
    for line in [*text(path).splitlines(), "#"]:
        if line.startswith("#"):
            if name == last:
                yield dict(fields)
            name = line.strip("# :").strip()
            fields[name] = ""
        elif name and re.fullmatch(r"[0-9a-f ]+", line):
            fields[name] += line.replace(" ", "")


def number(value: str) -> int:
    return int(value or "0", 16)


def data(value: str) -> bytes:
    return bytes.fromhex(value)


def hash_name(value: str) -> str:
    return value.lower().replace("-", "")


def accepts(judge: Callable[[], object]) -> bool:
    """Whether a call that raises when it refuses did not raise."""
    try:
        judge()
    except TlslearnError:
        return False
    return True


@cache
def private_key(n: str, e: str, d: str) -> rsa.PrivateKey:
    return rsa.PrivateKey(number(n), number(e), number(d))


def rsa_public(r: Record) -> rsa.PublicKey:
    return rsa.PublicKey(number(r["n"]), number(r["e"]))


def expected(r: Record) -> bool:
    return r["Result"].startswith("P")


def point(curve: Curve, r: Record, x: str = "Qx", y: str = "Qy") -> Point:
    return Point(curve, number(r[x]), number(r[y]))


def pkcs1v15_verify(r: Record) -> bool:
    key = rsa_public(r)
    good = accepts(lambda: pkcs1v15.verify(key, data(r["Msg"]), data(r["S"]), hash_name(r["SHAAlg"])))
    return good == ("Result" not in r or expected(r))


def pkcs1v15_sign(r: Record) -> bool:
    key = private_key(r["n"], r["e"], r["d"])
    return pkcs1v15.sign(key, data(r["Msg"]), hash_name(r["SHAAlg"])) == data(r["S"])


def pkcs1v15_sign_example(r: Record) -> bool:
    key = private_key(r["Modulus"], r["Public exponent"], r["Exponent"])
    return pkcs1v15.sign(key, data(r["Message to be signed"]), "sha1") == data(r["Signature"])


def pkcs1v15_encryption(r: Record) -> bool:
    key, message = private_key(r["Modulus"], r["Public exponent"], r["Exponent"]), data(r["Message"])
    sealed = pkcs1v15.encrypt(key.public, message, padding=data(r["Seed"]))
    return sealed == data(r["Encryption"]) and pkcs1v15.decrypt(key, sealed) == message


def pss_verify(r: Record) -> bool:
    """A salt of "00" is NIST's way to write none at all."""
    key, h = rsa_public(r), hash_name(r["SHAAlg"])
    salt = 0 if r.get("SaltVal", "00") == "00" else len(data(r["SaltVal"]))
    good = accepts(lambda: pss.verify(key, data(r["Msg"]), data(r["S"]), h, salt_length=salt))
    return good == ("Result" not in r or expected(r))


def pss_sign(r: Record) -> bool:
    key = private_key(r["n"], r["e"], r["d"])
    made = pss.sign(key, data(r["Msg"]), hash_name(r["SHAAlg"]), salt=data(r["SaltVal"]))
    return made == data(r["S"])


def pss_sign_example(r: Record) -> bool:
    key = private_key(r["Modulus"], r["Public exponent"], r["Exponent"])
    return pss.sign(key, data(r["Message to be signed"]), "sha1", salt=data(r["Salt"])) == data(r["Signature"])


def on_prime_curves(path: str, last: str) -> Iterator[Record]:
    for r in records(path, last):
        curve, _, h = r["section"].partition(",")
        if curve in PRIME_CURVES:
            yield r | {"curve": curve, "hash": hash_name(h)}


def ecdsa_verify(r: Record) -> bool:
    def judge() -> None:
        signature = ecdsa.Signature(number(r["R"]), number(r["S"])).encode()
        ecdsa.verify(point(named(r["curve"]), r), data(r["Msg"]), signature, r["hash"])

    return accepts(judge) == expected(r)


def ecdsa_sign(r: Record) -> bool:
    curve, d, pair = named(r["curve"]), number(r["d"]), ecdsa.Signature(number(r["R"]), number(r["S"]))
    same = ecdsa.sign(curve, d, data(r["Msg"]), r["hash"], nonces=[number(r["k"])]) == pair
    Q = point(curve, r)
    return same and curve.public_key(d) == Q and accepts(lambda: ecdsa.verify(Q, data(r["Msg"]), pair, r["hash"]))


def ecdsa_secp256k1(r: Record) -> bool:
    curve, pair = named("secp256k1"), ecdsa.Signature(number(r["R"]), number(r["S"]))
    Q, h = point(curve, r), hash_name(r["section"].partition(",")[2])
    return curve.public_key(number(r["d"])) == Q and accepts(lambda: ecdsa.verify(Q, data(r["Msg"]), pair, h))


def rfc6979_records() -> Iterator[Record]:
    """OpenSSL's format: blocks between empty lines; the keys, as PEM, come before the cases that name them."""
    pem: Record = {}
    for block in re.split(r"\n\s*\n", text("ECDSA/RFC6979/evppkey_ecdsa_rfc6979.txt")):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        r = dict(re.split(r"\s*=\s*", line, maxsplit=1) for line in lines if re.match(r"[A-Z]\w+\s*=", line))
        if "PrivateKey" in r or "PublicKey" in r:
            pem[r.get("PrivateKey") or r["PublicKey"]] = "\n".join(lines[1:])
        elif r.get("Key", "").startswith(PRIME_CURVES) and "Output" in r:
            yield r | {"curve": r["Key"][:5], "pem": pem[r["Key"]]}


def ecdsa_deterministic(r: Record) -> bool:
    curve, message, signature = named(r["curve"]), r["Input"].strip('"').encode(), data(r["Output"])
    if "DigestSign" in r:
        private = load_pem_private_key(r["pem"].encode(), None)
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        d = private.private_numbers().private_value
        return ecdsa.sign(curve, d, message, hash_name(r["DigestSign"])).encode() == signature
    public = load_pem_public_key(r["pem"].encode())
    assert isinstance(public, ec.EllipticCurvePublicKey)
    Q = Point(curve, public.public_numbers().x, public.public_numbers().y)
    good = accepts(lambda: ecdsa.verify(Q, message, signature, hash_name(r["DigestVerify"])))
    return good == ("Result" not in r)


def public_key_validation(r: Record) -> bool:
    curve = named(r["curve"])
    return accepts(lambda: curve.require_public_key(point(curve, r))) == expected(r)


def key_pair_records() -> Iterator[Record]:
    """This file has a second kind of section line, which `records` would take for the curve's name."""
    r = Record()
    for line in text("ECDSA/FIPS_186-3/KeyPair.rsp").splitlines():
        field, _, value = line.partition(" = ")
        r[field] = value
        if re.fullmatch(r"\[[PKB]-\d+\]", line):
            r["curve"] = line.strip("[]")
        elif field == "Qy" and r["curve"] in PRIME_CURVES:
            yield dict(r)


def key_pair(r: Record) -> bool:
    curve = named(r["curve"])
    return curve.public_key(number(r["d"])) == point(curve, r)


def ecdh_records() -> Iterator[Record]:
    names = dict(zip(("EA", "EB", "EC", "ED", "EE"), PRIME_CURVES, strict=True))
    for role in ("init", "resp"):
        for r in records(f"ECDH/KASValidityTest_ECCStaticUnified_NOKC_ZZOnly_{role}.fax", "Result"):
            yield r | {"curve": names[r["section"][:2]]}


def ecdh_validity(r: Record) -> bool:
    def judge() -> bool:
        curve, d = named(r["curve"]), number(r["dsIUT"])
        own, other = point(curve, r, "QsIUTx", "QsIUTy"), point(curve, r, "QsCAVSx", "QsCAVSy")
        return own == curve.public_key(d) and ecdh.shared_secret(curve, d, other) == data(r["Z"])

    return (accepts(judge) and judge()) == expected(r)


def ecdh_brainpool(r: Record) -> bool:
    curve, z = named(r["curve"]), data(r["x_Z"])
    a, b = (point(curve, r, f"x_q{who}", f"y_q{who}") for who in "AB")
    return ecdh.shared_secret(curve, number(r["dA"]), b) == z == ecdh.shared_secret(curve, number(r["dB"]), a)


def compressed_point(r: Record) -> bool:
    P = named(r["CURVE"].lower()).decode(data(r["POINT"]))
    return (P.x, P.y) == (number(r["X"]), number(r["Y"])) and P.encode(compressed=True) == data(r["POINT"])


@cache
def dh_group(p: str, g: str, q: str) -> diffie_hellman.Group:
    return diffie_hellman.Group(number(p), number(g), number(q))


def dh_validity(r: Record) -> bool:
    def judge() -> bool:
        group, x = dh_group(r["P"], r["G"], r["Q"]), number(r["XstatIUT"])
        group.require_public_key(number(r["YstatIUT"]))
        secret = int.from_bytes(group.shared_secret(x, number(r["YstatCAVS"])), "big")
        return group.public_key(x) == number(r["YstatIUT"]) and secret == number(r["Z"])

    return (accepts(judge) and judge()) == expected(r)


def dh_exchange(r: Record) -> bool:
    group = diffie_hellman.Group(int(r["P"]), int(r["G"]))
    return int.from_bytes(group.shared_secret(int(r["X"]), int(r["Y"])), "big") == number(r["K"])


def x25519_function(r: Record) -> bool:
    return x25519.x25519(data(r["INPUT_SCALAR"]), data(r["INPUT_U"])) == data(r["OUTPUT_U"])


def ed25519_records() -> Iterator[Record]:
    for line in text("Ed25519/sign.input").splitlines():
        yield dict(zip(("secret", "public", "message", "signed"), line.split(":"), strict=False))


def ed25519_sign(r: Record) -> bool:
    seed, public, message = data(r["secret"])[:32], data(r["public"]), data(r["message"])
    signature = data(r["signed"])[:64]
    same = ed25519.public_key(seed) == public and ed25519.sign(seed, message) == signature
    return same and accepts(lambda: ed25519.verify(public, message, signature))


def two_dh_files() -> Iterator[Record]:
    names = (f"DH/KASValidityTest_FFCStatic_NOKC_ZZOnly_{role}.fax" for role in ("init", "resp"))
    return chain.from_iterable(records(name, "Result") for name in names)


NIST_RSA = "RSA/FIPS_186-2"
FAMILIES: dict[str, tuple[Callable[[], Iterator[Record]], Callable[[Record], bool]]] = {
    "RSA PKCS#1 v1.5 verify, NIST SigVer15": (
        lambda: records(f"{NIST_RSA}/SigVer15_186-3.rsp", "Result"), pkcs1v15_verify),
    "RSA PKCS#1 v1.5 verify, NIST SigGen15 186-3": (
        lambda: records(f"{NIST_RSA}/SigGen15_186-3.rsp", "S"), pkcs1v15_verify),
    "RSA PKCS#1 v1.5 sign, NIST SigGen15 186-2": (
        lambda: records(f"{NIST_RSA}/SigGen15_186-2.txt", "S"), pkcs1v15_sign),
    "RSA PKCS#1 v1.5 sign, RSA Laboratories": (
        lambda: headings("RSA/pkcs1v15sign-vectors.txt", "Signature"), pkcs1v15_sign_example),
    "RSA PKCS#1 v1.5 encrypt and decrypt, RSA Laboratories": (
        lambda: headings("RSA/pkcs1v15crypt-vectors.txt", "Encryption"), pkcs1v15_encryption),
    "RSA-PSS verify, NIST SigVerPSS": (lambda: records(f"{NIST_RSA}/SigVerPSS_186-3.rsp", "Result"), pss_verify),
    "RSA-PSS verify, NIST SigGenPSS 186-3": (lambda: records(f"{NIST_RSA}/SigGenPSS_186-3.rsp", "S"), pss_verify),
    "RSA-PSS sign, NIST SigGenPSS 186-2": (lambda: records(f"{NIST_RSA}/SigGenPSS_186-2.txt", "S"), pss_sign),
    "RSA-PSS sign, RSA Laboratories": (
        lambda: headings("RSA/pkcs-1v2-1d2-vec/pss-vect.txt", "Signature"), pss_sign_example),
    "ECDSA verify, NIST SigVer": (lambda: on_prime_curves("ECDSA/FIPS_186-3/SigVer.rsp", "Result"), ecdsa_verify),
    "ECDSA sign with the given k and verify, NIST SigGen": (
        lambda: on_prime_curves("ECDSA/FIPS_186-3/SigGen.txt", "S"), ecdsa_sign),
    "ECDSA verify, secp256k1": (lambda: records("ECDSA/SECP256K1/SigGen.txt", "S"), ecdsa_secp256k1),
    "ECDSA sign and verify, RFC 6979": (rfc6979_records, ecdsa_deterministic),
    "EC public key validation, NIST PKV": (
        lambda: on_prime_curves("ECDSA/FIPS_186-3/PKV.rsp", "Result"), public_key_validation),
    "EC key pairs, NIST KeyPair": (key_pair_records, key_pair),
    "EC compressed points": (lambda: records("EC/compressed_points.txt", "Y"), compressed_point),
    "ECDH, NIST KAS validity": (ecdh_records, ecdh_validity),
    "ECDH, Brainpool, RFC 7027": (lambda: records("ECDH/brainpool.txt", "y_Z"), ecdh_brainpool),
    "DH, NIST KAS validity": (two_dh_files, dh_validity),
    "DH, exchanges": (lambda: records("DH/vec.txt", "K"), dh_exchange),
    "X25519, RFC 7748": (lambda: records("X25519/rfc7748.txt", "OUTPUT_U"), x25519_function),
    "Ed25519 sign and verify": (ed25519_records, ed25519_sign),
}  # fmt: skip


def count(name: str, every: int = 1) -> tuple[int, int]:
    """(how many agree, how many were run): each vector of the family, or every n-th one."""
    read, agrees = FAMILIES[name]
    results = [agrees(r) for r in islice(read(), 0, None, every)]
    return sum(results), len(results)


def main(arguments: list[str]) -> int:
    every = int(arguments[0]) if arguments else 1
    agreed = total = 0
    for name in FAMILIES:
        good, run = count(name, every)
        agreed, total = agreed + good, total + run
        print(f"{good:5} of {run:5}  {name}", flush=True)
    print(f"{agreed:5} of {total:5}  together")
    return 0 if agreed == total else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
