"""Evidence from the things that give it: SymPy identities and counted successes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tdbook.ledger.claims import Check, Evidence

if TYPE_CHECKING:
    from sympy import Expr

    from tdbook.proofs.identity import Identity


def symbolic(identity: Identity) -> Evidence:
    """Evidence from a ``proofs.Identity``: its residue is 0, and that of each wrong variant is not.

    A difference that is not brought to 0 must have a non-zero value somewhere: a clumsy canonical form is no refusal.
    """
    from tdbook.proofs.identity import certainly_nonzero

    def vanishes(difference: Expr) -> bool:
        if difference == 0:
            return True
        if certainly_nonzero(difference):
            return False
        raise ArithmeticError(f"undecided whether {difference} is 0")

    return Evidence(
        "symbolic",
        f"${identity.statement}$ — {identity.route}; free: {', '.join(identity.free)}",
        vanishes,
        {"its residue": identity.residue},
        identity.differences,
    )


def cited(reference: str) -> Check:
    """The only check of what is taken from elsewhere: it says from where."""
    return partial(_source, reference)


def _source(reference: str, fast: bool) -> Evidence:
    return Evidence("cited", reference)


def _prove(claim: str, fast: bool) -> list[Evidence]:
    from tdbook import proofs

    return [symbolic(prove()) for prove in proofs.for_claim(claim)]


def proofs_of(claim: str) -> Check:
    """The check that runs every SymPy proof registered for a claim; none registered is no evidence, and fails."""
    return partial(_prove, claim)
