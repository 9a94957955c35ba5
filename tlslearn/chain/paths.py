"""By which certificates can one climb from the leaf to a trust anchor, and where does the way end if it does?

Sections: RFC 5280 3.2 (certification paths), 6.1 (path building is left open), 4.2.1.1 (key identifiers).
Leaves out: fetching issuers from the addresses that certificates name, and every rule but name and signature.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from typing import Literal

from cryptography import x509

from .records import MOST_CERTIFICATES, MOST_SIGNATURES, MOST_STEPS, NameKey, Record, Signed, Work, signed_by

End = Literal["trusted", "nobody", "another key", "self-signed", "another root", "circle"]
Path = tuple[Record, ...]
Cost = tuple[int, int]  # unfit issuers, then certificates


class Search:
    """All ways up from certificates to trust anchors, over verified signatures.

    The graph above the leaf is walked once, so each pair of certificates is verified once at most; then paths are told
    one by one, those with the fewest unfit issuers first, then the shortest. A pair of name and key occurs once in a
    path, which ends every circle.
    """

    def __init__(
        self, intermediates: Iterable[x509.Certificate], anchors: Iterable[x509.Certificate], at: datetime, work: Work
    ) -> None:
        self.at, self.work = at, work
        self._read: dict[bytes, NameKey] = {}
        self.records: dict[bytes, Record] = {}  # by their DER
        for one in anchors:
            record = Record(one, trusted=True, read=self._read)
            self.records[record.whole] = record
        for one in intermediates:
            record = self.record(one)
            self.records[record.whole] = record
        self._by_name: dict[NameKey | None, list[Record]] = {}
        for record in self.records.values():  # trust anchors first, in each list too
            self._by_name.setdefault(record.subject, []).append(record)
        self._signed: dict[Record, dict[Record, Signed]] = {}
        self._issuers: dict[Record, list[Record]] = {}
        self._unfit: dict[Record, int] = {}

    def record(self, certificate: x509.Certificate) -> Record:
        """The record of a certificate; of one that is known, the one that is known."""
        record = Record(certificate, read=self._read)
        return self.records.get(record.whole, record)

    def namesakes(self, child: Record) -> list[list[Record]]:
        """The certificates that bear the issuer's name, one list a key; first the key that the child's own says.

        They leave out the child itself and, unless trusted, its own key under its own name: those go in a circle.
        """
        held = self._by_name.get(child.issuer, []) if child.issuer is not None else []
        if child.self_issued:
            held = [one for one in held if one.trusted or one.spki != child.spki]
        if len(held) < 2:
            return [held] if held else []
        groups: dict[bytes, list[Record]] = {}
        for one in held:
            groups.setdefault(one.spki, []).append(one)
        return sorted(groups.values(), key=lambda group: not names_key(child, group[0]))

    def signed(self, child: Record, issuer: Record) -> Signed:
        """Whether the issuer's key signed the child; "wrong", unlooked at, once the limit is reached."""
        answers = self._signed.setdefault(child, {})
        if issuer not in answers:
            if self.work.signatures >= MOST_SIGNATURES:
                self.work.limit = f"{MOST_SIGNATURES:,} signatures verified"
                return "wrong"
            self.work.signatures += 1
            answers[issuer] = signed_by(child, issuer)
        return answers[issuer]

    def unfit(self, record: Record) -> int:
        if record not in self._unfit:
            self._unfit[record] = record.unfit(self.at)
        return self._unfit[record]

    def issuers(self, child: Record) -> list[Record]:
        """Those namesakes of the issuer whose key signed the child; fit ones first, of these the trusted.

        Certificates with the same key give the same answer, so each key is asked once.
        """
        if child not in self._issuers:
            found: list[Record] = []
            for group in self.namesakes(child):
                if self.signed(child, group[0]) == "good":
                    self._signed[child].update(dict.fromkeys(group, "good"))
                    found += group[: self._steps(len(group))]
            if len(found) > 1:
                found.sort(key=lambda one: (self.unfit(one), not one.trusted))
            self._issuers[child] = found
        return self._issuers[child]

    def paths(self, start: Record) -> Iterator[Path]:
        """Complete paths, best first, until they hold MOST_CERTIFICATES."""
        above = self._above(start)
        if all(len(issuers) < 2 for issuers in above.values()):  # no choice, so no search: all that was met is the path
            path = tuple(above)
            if path[-1].trusted:
                yield self._counted(path)
            return
        ahead = self._ahead(above)
        order = count()  # ties are taken in the order in which they were found
        heap: list[tuple[Cost, int, int, Path]] = [(ahead[start], next(order), 0, (start,))] if start in ahead else []
        while heap and self.work.certificates < MOST_CERTIFICATES:
            _, _, unfit, path = heappop(heap)
            if path[-1].trusted:
                yield self._counted(path)
                continue
            for issuer in above[path[-1]]:
                if issuer in ahead and not repeats(path, issuer):
                    if not self._steps(1):
                        return
                    spent = unfit + self.unfit(issuer)
                    cost = spent + ahead[issuer][0], len(path) + 1 + ahead[issuer][1]
                    heappush(heap, (cost, next(order), spent, (*path, issuer)))

    def _counted(self, path: Path) -> Path:
        self.work.paths += 1
        self.work.certificates += len(path)
        if self.work.certificates >= MOST_CERTIFICATES:
            self.work.limit = self.work.limit or f"{MOST_CERTIFICATES:,} certificates on paths"
        return path

    def _steps(self, wanted: int) -> int:
        """Counts steps; how many of them may still be taken."""
        granted = min(wanted, MOST_STEPS - self.work.steps)
        if granted < wanted:
            self.work.limit = self.work.limit or f"{MOST_STEPS:,} steps taken"
        self.work.steps += granted
        return granted

    def _above(self, start: Record) -> dict[Record, list[Record]]:
        """The issuers of each certificate that is met on the way up; of a trust anchor none, for there the way ends."""
        above: dict[Record, list[Record]] = {}
        met = [start]
        for child in met:  # grows on the way
            if child not in above:
                above[child] = [] if child.trusted else self.issuers(child)
                met += above[child]
        return above

    def _ahead(self, above: dict[Record, list[Record]]) -> dict[Record, Cost]:
        """Of each certificate that leads to an anchor: the unfit issuers and the steps still ahead."""
        below: dict[Record, list[Record]] = {}
        for child, issuers in above.items():
            for issuer in issuers:
                below.setdefault(issuer, []).append(child)
        ahead: dict[Record, Cost] = {}
        order = count()
        heap = [((0, 0), next(order), record) for record in above if record.trusted]
        while heap:
            cost, _, issuer = heappop(heap)
            if issuer not in ahead:
                ahead[issuer] = cost
                further = cost[0] + self.unfit(issuer), cost[1] + 1
                for child in below.get(issuer, ()):
                    heappush(heap, (further, next(order), child))
        return ahead

    def furthest(self, leaf: Record) -> tuple[Path, End]:
        """Where no path is complete: as far up as one comes, over a changed certificate too, and how it ends."""
        path: Path = (leaf,)
        while not path[-1].trusted:
            last = path[-1]
            above = [one for one in self.issuers(last) if not repeats(path, one)]
            follower = above[0] if above else self._presumed(path)
            if follower is None:
                return path, self._end(last)
            rest = next(self.paths(follower), None) if not above else None
            if rest is not None and not any(repeats(path, one) for one in rest):
                return (*path, *rest), "trusted"
            path = (*path, follower)
        return path, "trusted"

    def _presumed(self, path: Path) -> Record | None:
        """Who should have signed the last certificate, though the signature does not say so.

        That is whoever bears the issuer's name and the key identifier that the certificate names, or the name and a
        way of signing that is not verified here, or, last, the key identifier alone.
        """
        last = path[-1]
        if self.work.limit:  # who was not asked may be the one
            return None
        if last.self_issued and self.signed(last, last) == "good":
            return None
        named = [group[0] for group in self.namesakes(last)]
        meant = [one for one in named if names_key(last, one)]
        meant += [one for one in named if self.signed(last, one) == "unsupported"]
        meant += [one for one in self.records.values() if not named and one is not last and names_key(last, one)]
        return next((one for one in meant if not repeats(path, one)), None)

    def _end(self, last: Record) -> End:
        if self.issuers(last):
            return "circle"
        if last.self_issued and self.signed(last, last) == "good":
            return (
                "another root" if any(one.trusted for group in self.namesakes(last) for one in group) else "self-signed"
            )
        return "another key" if self.namesakes(last) else "nobody"


def names_key(child: Record, issuer: Record) -> bool:
    """Whether the child's authority key identifier is the issuer's subject key identifier."""
    return child.issuer_key_identifier is not None and child.issuer_key_identifier == issuer.key_identifier


def repeats(path: Path, issuer: Record) -> bool:
    """Whether the issuer, by name and key, stands in the path; the leaf, which issues nothing, counts as itself."""
    if issuer.whole == path[0].whole:
        return True
    return any(one.subject == issuer.subject and one.spki == issuer.spki for one in path[1:])
