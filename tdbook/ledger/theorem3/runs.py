"""Runs with practical settings: how often they reach the accuracy of Theorem 3."""

from __future__ import annotations

from collections.abc import Iterator

from tdbook.descent import practical_settings, run
from tdbook.ledger.claims import Evidence
from tdbook.statistics import proportion
from tdbook.tensors import random_target


def _reached(
    order: int, rank: int, dimension: int, components: int, trials: int, epochs: int, iterations: int
) -> tuple[int, int]:
    """Runs whose best epoch reaches relative error 0.1, over targets and seeds."""
    hits = 0
    for seed in range(trials):
        target = random_target(dimension, rank, order, rng=seed)
        settings = practical_settings(target, components, 0.1, epochs=epochs, iterations=iterations)
        hits += run(target, settings, seed, trace=False).converged
    return hits, trials


def success_measured(fast: bool) -> Iterator[Evidence]:
    """The share of runs with practical settings that reach the accuracy."""
    cases = [(3, 2, 20, 10)] if fast else [(3, 2, 20, 60), (4, 2, 20, 60), (3, 3, 50, 60)]
    H, least = (800, 0.65) if fast else (1500, 0.85)
    for order, rank, dimension, trials in cases:
        hits = _reached(order, rank, dimension, 4 * rank, trials, 30, H)
        low, high = proportion(*hits)
        yield Evidence(
            "measured",
            rf"runs with practical settings, $l={order}$, $r={rank}$, $d={dimension}$, $H={H}$, $\varepsilon=0.1$: {trials} generic targets, the lower end of "
            f"Clopper–Pearson's interval at 95% against {least}",
            lambda found: proportion(*found)[0] >= least,
            {rf"$m={4 * rank}$, $K=30$": hits},
            # one component cannot carry two independent directions; as many runs, so that the same rule could say yes
            {"one component instead of $4r$, one epoch": _reached(order, rank, dimension, 1, trials, 1, H)},
            f"{hits[0]} of {trials} reach $\\varepsilon$, interval [{low:.2f}, {high:.2f}]",
            lambda found: f"{found[0]} of {found[1]}",
        )
