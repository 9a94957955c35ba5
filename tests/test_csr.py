"""Does a request say what it should, prove what it can, and is everything else in it seen?"""

from __future__ import annotations

import pytest
from certificates import KINDS, key

from tlslearn import csr, keys

NAMES = (
    "shop.example",
    "*.shop.example",
    "bücher.example",
    "127.0.0.1",
    "::1",
    "orders@shop.example",
    "https://a.test/",
)


class TestCreate:
    @pytest.mark.parametrize("kind", KINDS)
    def test_each_kind_of_key_signs_for_itself(self, kind: str) -> None:
        """The request holds the key and the names, passes every rule, and cryptography finds its signature good."""
        request = csr.create(key(kind, "leaf"), NAMES)
        assert request.is_signature_valid and {check.state for check in csr.check(request)} == {"pass"}
        assert keys.spki_sha256(request) == keys.spki_sha256(key(kind, "leaf"))
