"""Evidence from the things that give it: SymPy identities and counted successes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tdbook.ledger.claims import Check, Control, Evidence

if TYPE_CHECKING:
    from tdbook.proofs.identity import Identity


def symbolic(identity: Identity) -> Evidence:
    """Evidence from a ``proofs.Identity``: it holds when its residue is 0, and the two sides of each mutant must
    differ by a non-zero number somewhere, so that a clumsy canonical form is not taken for a refusal."""
    return Evidence(
        kind="symbolic",
        what=f"${identity.statement}$ — {identity.route}; free: {', '.join(identity.free)}",
        holds=identity.holds,
        controls=tuple(Control(change, identity.refuses(change)) for change in identity.mutants),
    )


def _prove(claim: str, fast: bool) -> list[Evidence]:
    from tdbook import proofs

    return [symbolic(prove()) for prove in proofs.for_claim(claim)]


def proofs_of(claim: str) -> Check:
    """The check that runs every SymPy proof registered for a claim; none registered is no evidence, and fails."""
    return partial(_prove, claim)
