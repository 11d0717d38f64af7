"""Claims of the chapter on Algorithm 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
from scipy.stats import beta, kstest

from tdbook.descent import Settings, State, exact_gradient, iterate, practical_settings, step
from tdbook.ledger.claims import Claim, Evidence
from tdbook.ledger.evidence import proofs_of
from tdbook.ledger.runs import plan, steps, tally
from tdbook.lemmas import Epoch, Inequality, norm_bound
from tdbook.objectives import Parameters
from tdbook.tensors import SymmetricCP, SymmetricTensor, random_target, random_unit_vectors


def _small_runs(fast: bool, K: int, H: int) -> Iterator[tuple[Settings, list[State], SymmetricCP]]:
    """Every state of short runs of the readable algorithm, l = 3, 4, r = 1, 2, 3."""
    cells = [(3, 1), (4, 2)] if fast else [(order, rank) for order in (3, 4) for rank in (1, 2, 3)]
    for order, rank in cells:
        for seed in range(1 if fast else 5):
            target = random_target(8, rank, order, "generic", 100 + seed)
            settings = practical_settings(target, 3 * rank, 0.05, epochs=K, iterations=H)
            yield settings, list(iterate(target, settings, seed)), target


def _kappa_kept(settings: Settings, states: list[State]) -> bool:
    """kappa = c ||u|| is sqrt(d(m+K)) for fresh components and 1 for switched ones, chat ||u|| = 1."""
    for state in states:
        wanted = np.where(state.fresh, settings.initial_kappa, 1.0)
        point = state.parameters
        if np.abs(point.kappa / wanted - 1.0).max() > 1e-9 or np.abs(point.c_hat * point.norms - 1.0).max() > 1e-9:
            return False
    return True


def _without_update(states: list[State]) -> list[State]:
    """The same run as if c and c_hat kept the values they had at the start of each epoch."""
    changed = []
    start = states[0].parameters
    for state in states:
        if state.iteration == 0:
            start = state.parameters
        point = state.parameters
        changed.append(replace(state, parameters=Parameters(point.U, point.a, start.c, start.c_hat)))
    return changed


def _update_run(fast: bool) -> Evidence:
    K, H = 3, 100 if fast else 250
    runs = list(_small_runs(fast, K, H))
    count = sum(len(states) for _, states, _ in runs)

    def kept(change: Callable[[list[State]], list[State]]) -> bool:
        return all(_kappa_kept(settings, change(states)) for settings, states, _ in runs)

    return Evidence(
        "run",
        f"all {count} states of {len(runs)} runs, $d=8$, $m=3r$, $K={K}$, $H={H}$",
        kept,
        {"the runs": list},
        {"coefficients not updated after the step": _without_update},
        "both products constant to 1e-9",
    )


def _switches(settings: Settings, states: list[State]) -> tuple[list[int], int]:
    """Switches counted from the coefficients themselves: (in each epoch, in all)."""
    counts = [0] * settings.epochs
    for before, after in pairwise(states):
        if after.iteration > 0:
            ratio = after.parameters.kappa / before.parameters.kappa
            counts[after.epoch - 1] += int((ratio < 0.5).sum())
    return counts, sum(counts)


def _passes_without_switch(fresh: bool) -> bool:
    """Whether a component with c ||u|| = 1 that grows over the threshold in a step keeps that value."""
    target = SymmetricCP([1.0], [[1.0], [0.0], [0.0]], 3)
    settings = practical_settings(target, 1, epochs=3)
    below = Parameters.two_homogeneous([[settings.switch_norm * (1 - 1e-9)], [0.0], [0.0]], [1.0])
    after = step(State(below, np.array([fresh])), exact_gradient(target, settings.regularization), settings)
    passed = bool(after.parameters.norms[0] > settings.switch_norm)
    return passed and after.switches == 0 and abs(float(after.parameters.kappa[0]) - 1.0) < 1e-9


def _second_passage(fast: bool) -> Evidence:
    return Evidence(
        "run",
        "a step that takes a component over the threshold, $l=3$, $d=3$, $m=1$: its coefficient stays",
        lambda fresh: _passes_without_switch(fresh == "fresh"),
        {"one that has switched, a second time": "switched"},
        {"one that had not switched": "fresh"},
        "its coefficient stays",
    )


def _switch_run(fast: bool) -> Evidence:
    # two runs need more epochs than thirty to be sure of more than m switches
    epochs, iterations = (15, 100) if fast else (3, 250)
    found = []  # settings, switches in each epoch, switches counted by the algorithm
    for settings, states, _ in _small_runs(fast, epochs, iterations):
        per_epoch, total = _switches(settings, states)
        found.append((settings, per_epoch, total, states[-1].switches))
    largest = max(total / (settings.components + settings.epochs) for settings, _, total, _ in found)

    def at_most(bounds: tuple[Callable[[Settings], int], Callable[[Settings], int]]) -> bool:
        """In each epoch and in all; and the algorithm counts them as they are."""
        one, whole = bounds
        return all(
            max(per_epoch) <= one(settings) and total <= whole(settings) and total == counted
            for settings, per_epoch, total, counted in found
        )

    def m(settings: Settings) -> int:
        return settings.components

    return Evidence(
        "run",
        f"switches counted from the jumps of $c\\|u\\|$ in {len(found)} runs, $d=8$, $m=3r$, $K={epochs}$, $H={iterations}$",
        at_most,
        {"$m$ in an epoch and $m+K$ in all": (m, lambda settings: settings.components + settings.epochs)},
        {
            "$m$ in all (re-initialised components switch again)": (m, m),
            "$m-1$ in an epoch": (lambda settings: settings.components - 1, lambda settings: 10**9),
        },
        f"never more than $m$ in an epoch; at most {largest:.0%} of $m+K$ in all",
    )


def _share_measured(fast: bool) -> Evidence:
    count = 4000 if fast else 100_000
    rng = np.random.default_rng(42)
    cells = [(10, 3), (30, 2)] if fast else [(10, 3), (30, 2), (100, 5), (300, 1)]
    shares: dict[tuple[int, int], np.ndarray] = {}
    for d, s in cells:
        basis = np.linalg.qr(rng.standard_normal((d, s)))[0]
        chunks = [random_unit_vectors(d, min(4000, count - k), rng) for k in range(0, count, 4000)]
        shares[d, s] = np.concatenate([np.square(basis.T @ u).sum(axis=0) for u in chunks])

    def p_value(law: tuple[Callable[[int, int], tuple[float, float]], int]) -> float:
        return min(float(kstest(values, beta(*law[0](d, s)).cdf).pvalue) for (d, s), values in shares.items())

    def agrees(law: tuple[Callable[[int, int], tuple[float, float]], int]) -> bool:
        """The law by Kolmogorov and Smirnov at 0.1%, the mean within twice its 95% half-width."""
        near = all(
            abs(float(values.mean()) - (s + law[1]) / d) <= 2 * 1.96 * float(values.std()) / np.sqrt(count)
            for (d, s), values in shares.items()
        )
        return near and p_value(law) > 1e-3

    right = (lambda d, s: (s / 2, (d - s) / 2), 0)
    return Evidence(
        "measured",
        f"{count} uniform vectors each for (d, s) in {cells} (seed 42): Kolmogorov-Smirnov distance to the law, and the mean "
        "within twice its 95% half-width",
        agrees,
        {"the law and its mean $s/d$": right},
        {
            r"$\mathrm{Beta}(s,d-s)$, the complex case": (lambda d, s: (s, d - s), 0),
            "a mean of $(s+1)/d$, as when the rank exceeds $s$ by one": (right[0], 1),
        },
        f"smallest p-value {p_value(right):.2f}",
    )


def _norm_run(fast: bool) -> Evidence:
    which = plan(fast)
    found = tally(
        lambda epoch, target, settings: (norm_bound(p, target, settings.regularization) for p in steps(epoch)), which
    )

    def halved(epoch: Epoch, target: SymmetricTensor, settings: Settings) -> Iterator[Inequality]:
        point = epoch.states[-1].parameters
        yield norm_bound(replace(point, c_hat=point.c_hat / 2), target, settings.regularization)

    broken = tally(halved, replace(which, seeds=1, dimensions=which.dimensions[:1]), anywhere=True)
    return Evidence(
        "run",
        f"every step of {which.words}: {found.total} points",
        lambda counted: counted.never_fails,
        {"the runs": found},
        {r"$\hat c_i=\tfrac12/\|u_i\|$, at the end of each epoch": broken},
        "never violated",
        lambda counted: counted.words,
    )


CLAIMS = (
    Claim(
        id="c-update",
        title="The coefficient update keeps 2-homogeneity",
        place="Section 4, Algorithm 1",
        kinds=("symbolic", "run"),
        checks=(proofs_of("c-update"), _update_run),
        rests_on=("two-homogeneous",),
    ),
    Claim(
        id="initial-share",
        title="How much of a fresh component lies in S",
        place="Section 4",
        kinds=("symbolic", "measured"),
        checks=(proofs_of("initial-share"), _share_measured),
        note="The paper writes r for s; the rank enters only through the dimension of the span.",
    ),
    Claim(
        id="switch-count",
        title="How many switches there are",
        place="Section 5.1",
        kinds=("run",),
        checks=(_switch_run, _second_passage),
    ),
    Claim(
        id="norm-bound",
        title="The regulariser bounds the norms",
        place="Section 5.1",
        kinds=("symbolic", "run"),
        checks=(proofs_of("norm-bound"), _norm_run),
        rests_on=("c-update",),
    ),
)
