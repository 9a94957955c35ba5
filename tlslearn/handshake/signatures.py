"""Did the holder of this key sign this handshake?

Sections: RFC 9846 4.5.2 (what is signed), 4.3.3 (schemes); RFC 8422 5.4, RFC 5246 7.4.8 (TLS 1.2).
Leaves out: whether the key is to be trusted; `chain` says.
"""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from ..wire.names import SIGNATURE_SCHEMES

# RFC 9846 4.5.2: 64 spaces, and who speaks, so that no signature of one end or purpose serves for another.
CONTEXT = {end: b" " * 64 + f"TLS 1.3, {end} CertificateVerify".encode() + b"\0" for end in ("client", "server")}
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # told of in TLS 1.2, where it was allowed
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def signed_content(sender: str, transcript_hash: bytes) -> bytes:
    """What a CertificateVerify of TLS 1.3 signs. Source: RFC 9846 4.5.2."""
    return CONTEXT[sender] + transcript_hash


def verifies(public_key: Any, scheme: int, signature: bytes, content: bytes, *, is_1_2: bool = False) -> str:
    """Why the signature is not good; "" where it is. A scheme that is not for this kind of key is not good.

    Source: RFC 9846 4.3.3. In TLS 1.2 (`is_1_2`) the curve is not part of an ECDSA scheme (RFC 8422 5.10).
    """
    name = SIGNATURE_SCHEMES.get(scheme, f"{scheme:#06x}")
    try:
        how = _arguments(public_key, name, is_1_2)
        if how is None:
            return f"{name} is not for this kind of key"
        public_key.verify(signature, content, *how)
    except InvalidSignature:
        return "the signature does not fit"
    except (UnsupportedAlgorithm, ValueError) as error:
        return f"not verified here: {error}"
    return ""


def fits(public_key: Any, scheme: int) -> bool:
    """Whether a key may be used with this scheme in TLS 1.3. Source: RFC 9846 4.3.3, 4.5.2."""
    return _arguments(public_key, SIGNATURE_SCHEMES.get(scheme, ""), False) is not None


def _arguments(key: Any, name: str, is_1_2: bool) -> tuple[Any, ...] | None:
    """What `verify` of cryptography wants after signature and content; None for a scheme of another kind of key."""
    hashed = _HASHES.get(name.rpartition("_")[2])
    if isinstance(key, rsa.RSAPublicKey) and hashed is not None and name.startswith("rsa_"):
        if name.startswith("rsa_pss_"):  # the salt is as long as the hash
            return padding.PSS(padding.MGF1(hashed), hashed.digest_size), hashed
        return (padding.PKCS1v15(), hashed) if is_1_2 else None  # in TLS 1.3 certificates alone may use it
    if isinstance(key, ec.EllipticCurvePublicKey) and hashed is not None and name.startswith("ecdsa_"):
        fits = is_1_2 or key.curve.name in name
        return (ec.ECDSA(hashed),) if fits else None
    kind = type(key).__name__.removesuffix("PublicKey").lower()
    return () if kind == name else None
