"""By which certificates can one climb from the leaf to a trust anchor, and where does the way end if it does?

Sections: RFC 5280 3.2 (certification paths), 6.1 (path building is left open), 4.2.1.1 (key identifiers).
Leaves out: fetching issuers from the addresses that certificates name, and every rule but name and signature.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import count
from typing import Literal

from cryptography import x509

from .records import MOST_PATHS, MOST_SIGNATURES, MOST_STEPS, NameKey, Record, Signed, Work, signed_by

End = Literal["trusted", "nobody", "another key", "self-signed", "another root", "circle"]
Path = tuple[Record, ...]


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
        known = [Record(one) for one in dict.fromkeys(anchors)]
        self.anchors = {record.certificate: record for record in known}
        self._trusted = frozenset(known)
        known += [Record(one) for one in dict.fromkeys(intermediates) if one not in self.anchors]
        self.records = known
        self.by_subject: dict[NameKey, list[Record]] = {}
        for record in known:
            if record.subject is not None:
                self.by_subject.setdefault(record.subject, []).append(record)
        self._signed: dict[Record, dict[bytes | Record, Signed]] = {}
        self._issuers: dict[Record, list[Record]] = {}
        self._unfit: dict[Record, int] = {}

    def record(self, certificate: x509.Certificate) -> Record:
        """The record of the leaf; where it is a trust anchor too, the anchor's."""
        return self.anchors.get(certificate) or Record(certificate)

    def trusted(self, record: Record) -> bool:
        return record in self._trusted

    def namesakes(self, child: Record) -> list[Record]:
        """Certificates that bear the issuer's name: those whose key identifier fits first, trust anchors first."""
        if child.issuer is None:
            return []
        found = [one for one in self.by_subject.get(child.issuer, ()) if one.certificate != child.certificate]
        return found if len(found) < 2 else sorted(found, key=lambda one: self._rank(one, child))

    def _rank(self, one: Record, child: Record) -> tuple[bool, int, bool]:
        wanted = child.issuer_key_identifier
        return wanted is None or wanted != one.key_identifier, self.unfit(one), not self.trusted(one)

    def unfit(self, record: Record) -> int:
        if record not in self._unfit:
            self._unfit[record] = len(record.unfit(self.at))
        return self._unfit[record]

    def signed(self, child: Record, issuer: Record) -> Signed:
        """Whether the issuer's key signed the child; "wrong", unlooked at, once the limit is reached.

        Certificates with the same key give the same answer, so each key is asked once.
        """
        answers = self._signed.setdefault(child, {})
        namesakes = self.by_subject.get(issuer.subject or (), ())
        key = issuer.spki if len(namesakes) > 1 else issuer
        if key not in answers:
            if self.work.signatures >= MOST_SIGNATURES:
                self.work.limit = f"{MOST_SIGNATURES:,} signatures verified"
                return "wrong"
            self.work.signatures += 1
            answers[key] = signed_by(child, issuer)
        return answers[key]

    def issuers(self, child: Record) -> list[Record]:
        """Those namesakes of the issuer whose key signed the child; unless trusted, not its own key and name."""
        if child not in self._issuers:
            self._issuers[child] = [
                one
                for one in self.namesakes(child)
                if (self.trusted(one) or not child.self_issued or one.spki != child.spki)
                and self.signed(child, one) == "good"
            ]
        return self._issuers[child]

    def paths(self, start: Record) -> Iterator[Path]:
        """Complete paths, best first, MOST_PATHS of them at most."""
        distance = self._distances(start)
        if start not in distance:
            return
        order = count()  # ties are taken in the order in which they were found
        heap: list[tuple[int, int, int, Path]] = [(0, distance[start], next(order), (start,))]
        while heap:
            unfit, _, _, path = heapq.heappop(heap)
            if self.trusted(path[-1]):
                self.work.paths += 1
                yield path
                if self.work.paths >= MOST_PATHS:
                    self.work.limit = self.work.limit or f"{MOST_PATHS} paths checked"
                    return
                continue
            for issuer in self.issuers(path[-1]):
                if issuer in distance and not repeats(path, issuer):
                    if self._step():
                        return
                    cost = unfit + self.unfit(issuer), len(path) + 1 + distance[issuer]
                    heapq.heappush(heap, (*cost, next(order), (*path, issuer)))

    def _step(self) -> bool:
        """Counts a step; True where there were too many."""
        self.work.steps += 1
        if self.work.steps >= MOST_STEPS:
            self.work.limit = self.work.limit or f"{MOST_STEPS:,} steps taken"
            return True
        return False

    def _distances(self, start: Record) -> dict[Record, int]:
        """How many certificates lie between each one above `start` and the nearest anchor; who leads nowhere is out."""
        below: dict[Record, list[Record]] = {start: []}
        queue = deque([start])
        while queue:
            child = queue.popleft()
            for issuer in () if self.trusted(child) else self.issuers(child):
                if issuer not in below:
                    below[issuer] = []
                    queue.append(issuer)
                below[issuer].append(child)
        distance = {record: 0 for record in below if self.trusted(record)}
        queue.extend(distance)
        while queue:
            issuer = queue.popleft()
            for child in below[issuer]:
                if child not in distance:
                    distance[child] = distance[issuer] + 1
                    queue.append(child)
        return distance

    def furthest(self, leaf: Record) -> tuple[Path, End]:
        """Where no path is complete: as far up as one comes, over a changed certificate too, and how it ends."""
        path: Path = (leaf,)
        while not self.trusted(path[-1]):
            last = path[-1]
            above = [one for one in self.issuers(last) if not repeats(path, one) and not self._step()]
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
        if last.self_issued and self.signed(last, last) == "good":
            return None
        wanted, named = last.issuer_key_identifier, self.namesakes(last)
        meant = [one for one in named if wanted is not None and one.key_identifier == wanted]
        meant += [one for one in named if self.signed(last, one) == "unsupported"]
        if not named and wanted is not None:
            meant += [one for one in self.records if one.key_identifier == wanted and one is not last]
        return next((one for one in meant if not repeats(path, one)), None)

    def _end(self, last: Record) -> End:
        if self.issuers(last):
            return "circle"
        if last.self_issued and self.signed(last, last) == "good":
            return "another root" if any(map(self.trusted, self.namesakes(last))) else "self-signed"
        return "another key" if self.namesakes(last) else "nobody"


def repeats(path: Path, issuer: Record) -> bool:
    """Whether the issuer, by name and key, stands in the path; the leaf, which issues nothing, counts as itself."""
    if issuer.certificate == path[0].certificate:
        return True
    return any(one.subject == issuer.subject and one.spki == issuer.spki for one in path[1:])
