"""Evidence from the things that give it: SymPy identities and counted successes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from scipy.special import betaincinv

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


def proportion(successes: int, trials: int) -> tuple[float, float]:
    """95% Clopper-Pearson interval of a probability.

    From quantiles of the beta distribution, which takes a hundredth of the time that ``scipy.stats.binomtest`` needs to
    find roots; a test compares the two.
    """
    failures = trials - successes
    low = betaincinv(successes, failures + 1, 0.025) if successes else 0.0
    high = betaincinv(successes + 1, failures, 0.975) if failures else 1.0
    return float(low), float(high)
