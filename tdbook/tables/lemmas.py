"""The tables behind the chapters on a fresh vector, the escape and Theorem 3; they take some minutes on one core."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tdbook import random_target
from tdbook.descent import initialize, practical_settings, run
from tdbook.lemmas import (
    bad_minimum,
    correlation_quantile,
    hard_residual,
    lemma1,
    lemma6_chance,
    one_epoch,
    sphere_moment_bounds,
)
from tdbook.statistics import proportion
from tdbook.tables.csv_table import Maker, Row
from tdbook.tensors import SymmetricCP


def hardest_residuals() -> Iterator[Row]:
    """For each s and l the smallest theta with chance 1/5 that descent over residuals finds, from three starts."""
    for order in (3, 4):
        for s in range(1, 7):
            found = [hard_residual(s, order, seed, rounds=300) for seed in range(3)]
            thetas = [correlation_quantile(residual, 0.2, 100_000, 10 + k) for k, residual in enumerate(found)]
            hardest = found[int(np.argmin(thetas))]
            rank_one = correlation_quantile(SymmetricCP([1.0], np.eye(s)[:, :1], order), 0.2, 100_000, 20)
            safe = 0.9 * min(thetas)
            low, high = proportion(*lemma6_chance(hardest, safe, 100_000, 30))
            unit = math.sqrt(sphere_moment_bounds(s, order)[0]) * s ** (order / 2)
            yield {
                "order": order,
                "s": s,
                "theta_rank_one": f"{rank_one:.3f}",
                "theta_hard": f"{min(thetas):.3f}",
                "c": f"{safe * unit:.3f}",
                **_interval(low, high),
            }


def epoch_outcomes() -> Iterator[Row]:
    """How often an epoch lowers f by eps^4/(s^2l log(d/eps)): from a bad local minimum and from the start."""
    epsilon, trials = 0.1, 200
    for order, d, boosted in ((3, 10, True), (3, 10, False), (4, 10, True), (4, 10, False), (4, 50, True)):
        lam = 0.3 * epsilon * 2.0 ** (-order / 2)
        need = epsilon**4 / (2.0 ** (2 * order) * math.log(d / epsilon))
        target, state = bad_minimum(d, order, 8, lam)
        settings = practical_settings(target, 8, epsilon, iterations=600, regularization=lam)
        settings = settings if boosted else replace(settings, boost=1.0)
        found = [lemma1(one_epoch(state, target, settings, seed), target, settings) for seed in range(trials)]
        hits = sum(outcome.decrease >= need for outcome in found)
        good = [outcome for outcome in found if outcome.correlation < 0]
        lucky = sum(outcome.decrease >= need for outcome in good)
        low, high = proportion(hits, trials)
        start = "minimum" if boosted else "minimum, c = 1/||u|| from the start"
        asked = {"order": order, "d": d, "start": start, "trials": trials}
        yield {**asked, "hits": hits, **_interval(low, high), "good": len(good), "lucky": lucky}
    for order, d in ((3, 10), (4, 10)):
        lam = 0.3 * epsilon * 2.0 ** (-order / 2)
        need = epsilon**4 / (2.0 ** (2 * order) * math.log(d / epsilon))
        hits = 0
        for seed in range(trials):
            target = random_target(d, 2, order, rng=seed)
            settings = practical_settings(target, 8, epsilon, iterations=600, regularization=lam)
            state = initialize(settings, np.random.default_rng(1000 + seed))
            hits += lemma1(one_epoch(state, target, settings, seed), target, settings).decrease >= need
        low, high = proportion(hits, trials)
        asked = {"order": order, "d": d, "start": "beginning", "trials": trials}
        yield {**asked, "hits": hits, **_interval(low, high), "good": "", "lucky": ""}


def successes() -> Iterator[Row]:
    """Runs with practical settings that reach eps = 0.1 (best epoch) and those whose last epoch is within it."""
    trials = 100
    for order, rank, d in ((3, 2, 20), (3, 3, 50), (4, 2, 20), (4, 3, 50)):
        best = last = 0
        for seed in range(trials):
            target = random_target(d, rank, order, rng=seed)
            settings = practical_settings(target, 4 * rank, 0.1, epochs=12)
            best += run(target, settings, seed).converged
            last += run(target, replace(settings, literal=True), seed).converged
        low, high = proportion(best, trials)
        asked = {"order": order, "rank": rank, "d": d, "components": 4 * rank, "trials": trials}
        yield {**asked, "best": best, **_interval(low, high), "last": last}


def _interval(low: float, high: float) -> Row:
    return {"low": f"{low:.3f}", "high": f"{high:.3f}"}


TABLES: dict[str, Maker] = {
    "lemma6.csv": hardest_residuals,
    "lemma1.csv": epoch_outcomes,
    "theorem3_success.csv": successes,
}
