"""What does a verdict that explains cost beside cryptography's own, how does it grow, and what does hostile input cost?

Sections: none.
Leaves out: `Verdict.reference`, which is cryptography's verdict itself. Work is counted in the tests.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from statistics import median

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import verification

from tlslearn import Authority, chain, keys

from . import rounds

sys.path.insert(0, str(rounds.ROOT / "tests"))  # as pytest does: its files import one another by their bare names

import chains
import hostile

THEIRS, OURS = "cryptography's verifier", "chain.validate"
READ, ALL_READ = "the same, failures and warnings read", "the same, every check read as text"
MOST_RATIO = 3
RUNGS, FURTHER = range(1, 9), (16, 32, 64)  # intermediates; cryptography allows 8 unless told otherwise
MOST_SECONDS = 1.0

Ders = list[bytes]  # leaf, intermediates, root


def run(count: int) -> bool:
    good = _ratios(count)
    _growth(min(count, 60))
    return _hostile() and good


def _ratios(count: int) -> bool:
    """Chains of three; the median of the ratios has to stay at MOST_RATIO or below."""
    good = True
    print("one verdict a turn, loading of the three certificates included: cryptography keeps what it once parsed")
    for name, made in _chains_of_three().items():
        print(name)
        for subject, verdict in {OURS: _ours, READ: _read, ALL_READ: _all_read}.items():
            timings = rounds.interleaved({THEIRS: partial(_theirs, made), subject: partial(verdict, made)}, count)
            theirs, ours = (median(timings[one]) * 1e6 for one in (THEIRS, subject))
            ratio = median(rounds.ratios(timings, subject, THEIRS))
            print(
                f"  {subject:38} {ours:5.0f} µs, cryptography's verifier {theirs:4.0f} µs, ratio {ratio:.2f}",
                flush=True,
            )
            good = good and (ratio <= MOST_RATIO or verdict is not _ours)
    print(f"every ratio of chain.validate at {MOST_RATIO} or below: {'yes' if good else 'no'}")
    return good


def _chains_of_three() -> dict[str, Ders]:
    """Name constraints, as labs have them, would be made objects by `cryptography`, which its own verifier does not do:
    `chain` reads plain ones from their bytes."""
    return {
        "P-256": _issued("p256", "p256"),
        "RSA-2048": _issued("rsa2048", "rsa2048"),
        "RSA-2048 above P-256": _issued("rsa2048", "p256"),
        "P-256, five name constraints in the root": _issued("p256", "p256", lab=True),
        "RSA-2048, five name constraints in the root": _issued("rsa2048", "rsa2048", lab=True),
    }


def _issued(above: keys.Kind, below: keys.Kind, *, lab: bool = False) -> Ders:
    root = Authority.create("Root", kind=above) if lab else Authority.create("Root", kind=above, permitted=None)
    ca = root.intermediate("Issuing CA", kind=below)
    credential = ca.issue([chains.HOST], kind=below)
    return [one.public_bytes(Encoding.DER) for one in (credential.certificate, ca.certificate, root.certificate)]


def _theirs(ders: Ders) -> object:
    leaf, *between, root = map(x509.load_der_x509_certificate, ders)
    builder = verification.PolicyBuilder().store(verification.Store([root])).time(chains.NOW)
    return builder.build_server_verifier(x509.DNSName(chains.HOST)).verify(leaf, between)


def _ours(ders: Ders) -> chain.Verdict:
    leaf, *between, root = map(x509.load_der_x509_certificate, ders)
    verdict = chain.validate(leaf, between, [root], hostname=chains.HOST, at=chains.NOW)
    if not verdict.ok:
        raise AssertionError(str(verdict))
    return verdict


def _read(ders: Ders) -> object:
    verdict = _ours(ders)
    return verdict.failures, verdict.warnings


def _all_read(ders: Ders) -> object:
    return [str(check) for check in _ours(ders).checks]


def _growth(count: int) -> None:
    print(f"P-256, by the number of intermediates: CPU microseconds, a verdict and a certificate, least of {count}")
    for length in (*RUNGS, *FURTHER):
        made = chains.ladder(length)
        ders = [one.public_bytes(Encoding.DER) for one in (made.leaf, *made.intermediates, *made.anchors)]
        ours = _least(partial(_ours, ders), count)
        beside = f", {ours / _least(partial(_theirs, ders), count):.2f} times cryptography's" if length in RUNGS else ""
        print(f"{length:4} {ours * 1e6:8.0f} {ours * 1e6 / (length + 2):6.0f}{beside}", flush=True)


def _least(subject: Callable[[], object], count: int) -> float:
    """CPU seconds: what others take of the machine while a long chain is looked at does not count."""
    found = []
    for _ in range(count):
        started = time.process_time()
        subject()
        found.append(time.process_time() - started)
    return min(found)


def _hostile() -> bool:
    """Each input once, made before the clock runs. True when all stay below MOST_SECONDS."""
    print(f"hostile input, seconds of chain.validate (aim {MOST_SECONDS:g}), and the work it counts")
    slow = []
    with warnings.catch_warnings(action="ignore"):
        for name, case in hostile.ALL.items():
            made = case.make()
            started = time.perf_counter()
            verdict = chain.validate(*made, hostname=chains.HOST, at=chains.NOW)
            seconds = time.perf_counter() - started
            work, answer = verdict.work, "valid" if verdict.ok else "not valid"
            counted = (
                f"{work.signatures:,} signatures, {work.paths:,} paths, {work.rules:,} rules, {work.names:,} names"
            )
            print(f"{name:46} {seconds:5.2f}  {answer}: {counted}", flush=True)
            slow += [name] * (seconds > MOST_SECONDS)
    print(f"over {MOST_SECONDS:g} s: {', '.join(slow) or 'none'}")
    return not slow
