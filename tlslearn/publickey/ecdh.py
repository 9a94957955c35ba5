"""How do two people agree on a secret with points of a curve?

Sections: SEC 1 3.3.1.
Leaves out: deriving keys from the secret (in TLS 1.3 the key schedule does it), and who the other side is.
For learning only: not constant-time, so never agree on a real key here.
"""

from __future__ import annotations

from ..check import BadInput
from .curves import Curve, Point, coordinates


def shared_secret(curve: Curve, d: int, other: Point | bytes) -> bytes:
    """The x coordinate of d * Q as bytes, `curve.size` of them, leading zeros kept. SEC 1 3.3.1.

    `d` is one's own private key, `other` the other side's public key, as a point or as it travels. Raises BadInput
    when d is out of range or Q is not on the curve, of wrong order, or infinity: an answer to such a point would
    give d away bit by bit (the invalid-curve attack).
    """
    curve.require_private_key(d)
    Q = other if isinstance(other, Point) else curve.decode(other)
    curve.require_public_key(Q)
    S = d * Q
    if S.is_infinity:
        raise BadInput(
            "the shared point is infinity", value=Q, fix="End the exchange: this point has too small an order."
        )
    return coordinates(S)[0].to_bytes(curve.size, "big")
