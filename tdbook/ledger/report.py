"""The result of a verification, and the statuses that follow from it.

A status is never written down: it is computed from the findings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tdbook.ledger import views
from tdbook.ledger.claims import CITED, ESTABLISHED, FAILED, PARTIAL, RESTS, UNCHECKED, Claim, Finding


@dataclass(frozen=True)
class Report:
    """The findings of a verification and the statuses that follow from them."""

    claims: Mapping[str, Claim]
    findings: Mapping[str, Finding]
    asked: tuple[str, ...]
    fast: bool = False

    def own_status(self, id: str) -> str:
        """The status by the claim's own checks, without regard to what it rests on."""
        claim, finding = self.claims[id], self.findings.get(id, Finding())
        if finding.objections:
            return FAILED
        found = {item.kind for item in finding.evidence}
        if set(claim.kinds) <= found:
            return ESTABLISHED if found - {"cited"} else CITED
        return PARTIAL if found - {"cited"} else UNCHECKED

    def status(self, id: str) -> str:
        """Established only when its own checks hold and all it rests on is established (or cited)."""
        own = self.own_status(id)
        if own != ESTABLISHED:
            return own
        return RESTS if self.shaky_ground(id) else ESTABLISHED

    def shaky_ground(self, id: str) -> list[str]:
        """The claims it rests on, directly or not, that are neither established by their own checks nor cited."""
        seen: set[str] = set()
        waiting = list(self.claims[id].rests_on)
        while waiting:
            current = waiting.pop()
            if current in seen or current == id:
                continue
            seen.add(current)
            waiting.extend(self.claims[current].rests_on)
        return sorted(other for other in seen if self.own_status(other) not in (ESTABLISHED, CITED))

    def missing(self, id: str) -> list[str]:
        """Kinds of evidence that the claim must have and has not."""
        found = {item.kind for item in self.findings.get(id, Finding()).evidence}
        return [kind for kind in self.claims[id].kinds if kind not in found]

    @property
    def failed(self) -> list[str]:
        """Ids of the claims that failed, of those asked for and of all that they rest on."""
        return [id for id in self.claims if id in self.findings and self.status(id) == FAILED]

    @property
    def ok(self) -> bool:
        """Whether no examined claim has failed; it says nothing of claims without checks."""
        return not self.failed

    def __repr__(self) -> str:
        return views.text(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple[dict, dict]:
        return views.table(self)._repr_mimebundle_()
