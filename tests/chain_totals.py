"""What is chain held against, in numbers? `python tests/chain_totals.py` prints the tables; the tests hold each line.

Sections: none.
Leaves out: time; see `python -m bench chain`.
"""

from __future__ import annotations

import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import test_chain_rules as rules
import test_pkits as pkits
from judges import find

from tlslearn.chain import RULES


def mutations() -> None:
    """Each rule taken away: how many cases change, how many of them become valid."""
    print(f"{len(RULES)} rules, {len(rules.ALL)} cases: taken away, the rule changes so many, and makes so many valid")
    totals = Counter[str]()
    for label, rule in list(RULES.items()):
        with pytest.MonkeyPatch.context() as patch:
            changed, valid = rules.without(label, patch)
        totals.update(dead=not changed, changed=len(changed), valid=len(valid))
        print(f"  {label:26} {rule.kind:12} {len(changed):4} {len(valid):4}")
    print(f"  {totals['dead']} rules are dead; {totals['changed']} verdicts change, {totals['valid']} become valid")


def judges() -> None:
    """The cases before cryptography's verifier and `openssl verify -x509_strict`."""
    verdicts = {label: rules.asked(label) for label in rules.ALL}
    asked = {label: one.reference.ok for label, one in verdicts.items() if one.reference.ok is not None}
    _print("cryptography's verifier", asked, {label: one.ok for label, one in verdicts.items()})
    if find("openssl"):
        with tempfile.TemporaryDirectory() as folder:
            labels = [label for label, case in rules.ALL.items() if "crls" not in case.asked]
            accepted = {label: rules.openssl_accepts(label, Path(folder)) for label in labels}
        _print("openssl verify -x509_strict", accepted, {label: one.ok for label, one in verdicts.items()})


def _print(judge: str, theirs: dict[str, bool], ours: dict[str, bool]) -> None:
    pairs = Counter((ours[label], answer) for label, answer in theirs.items())
    print(f"{judge}, asked about {len(theirs)} cases: the same answer to {pairs[True, True] + pairs[False, False]}")
    print(f"  accepted by it and refused here {pairs[False, True]}, the other way round {pairs[True, False]}")


def published() -> None:
    """NIST's path validation tests, group by group, with CRLs where they are about revocation."""
    cases = pkits.cases()
    files = {label: pkits.FOLDER / "certs" / f"{label}.crt" for label in cases}
    print(f"PKITS: {len(cases)} tests say Valid or Invalid; of these, by what they are about")
    for group in ("path", "policy", "revocation"):
        labels = [label for label in cases if pkits.group(label) == group]
        with_crls = group == "revocation"
        same = [label for label in labels if pkits.verdict(label, with_crls).ok is cases[label]]
        lax = [label for label in labels if pkits.verdict(label, with_crls).ok and not cases[label]]
        line = f"  {group:11} {len(same):3} of {len(labels):3} agree, {len(lax)} accepted that must be refused"
        if find("openssl"):
            accepted = pkits.openssl_accepts([files[label] for label in labels], with_crls=with_crls)
            line += f"; openssl verify agrees to {sum((files[label] in accepted) is cases[label] for label in labels)}"
        print(line)


def main(tables: tuple[Callable[[], None], ...] = (mutations, judges, published)) -> None:
    with warnings.catch_warnings(action="ignore"):
        for table in tables:
            table()


if __name__ == "__main__":
    main()
