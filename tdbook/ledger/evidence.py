"""Evidence from the things that give it: SymPy identities and counted successes."""

from __future__ import annotations

from typing import Any

from scipy.stats import binomtest

from tdbook.ledger.mechanism import Control, Evidence


def symbolic(identity: Any) -> Evidence:
    """Evidence from a ``proofs.Identity``: it holds when its residue is 0, and each mutant must be refused."""
    return Evidence(
        kind="symbolic",
        what=f"{identity.statement} — {identity.route}; free: {', '.join(identity.free)}",
        holds=identity.holds,
        controls=tuple(
            Control(f"{change}", refused) for change, refused in identity.refusals.items()
        ),
    )


def proportion(successes: int, trials: int) -> tuple[float, float]:
    """95% Clopper-Pearson interval of a probability."""
    interval = binomtest(successes, trials).proportion_ci(0.95, method="exact")
    return float(interval.low), float(interval.high)
