"""Claims of Section 4: the 2-homogeneous model and Algorithm 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.stats import beta, kstest

from tdbook.descent import Settings, State, iterate, practical_settings, step
from tdbook.ledger import reference, section4_scaling, section4_theorem3
from tdbook.ledger.evidence import proofs_of
from tdbook.ledger.mechanism import Claim, Control, Evidence
from tdbook.objectives import Parameters, frozen_gradient, loss, tied_gradient
from tdbook.tensors import SymmetricCP, random_target, random_unit_vectors

MODEL, ALGORITHM = "06-two-homogeneous-model", "07-algorithm-1"

# --- gradient ---------------------------------------------------------------------------------------------

Gradient = Callable[[Parameters, SymmetricCP, float], Any]


def _exact_gradient(
    U: list, a: list, c: list, c_hat: list, target: reference.Tensor, lam: Fraction, order: int
) -> np.ndarray:
    """Gradient of f in U with c and c_hat held constant, from values of f alone.

    Along one entry f is a polynomial of degree 2l (the regulariser is one only for even l), so its derivative
    comes out exactly from 2l + 1 values.
    """
    d = len(U[0])
    result = np.empty((d, len(U)))
    weights = [sign * coefficient ** (order - 2) for sign, coefficient in zip(a, c, strict=True)]

    def value(i: int, k: int, t: Fraction) -> Fraction:
        moved = [[x + t if (j, q) == (i, k) else x for q, x in enumerate(u)] for j, u in enumerate(U)]
        residual = reference.difference(reference.combine(weights, moved, order), target)
        regularizer = Fraction(0)
        if lam:
            regularizer = sum(
                (h ** (order - 2) * reference.dot(u, u) ** (order // 2) for h, u in zip(c_hat, moved, strict=True)),
                Fraction(0),
            )
        return reference.inner(residual, residual) / 2 + lam * regularizer

    for i in range(len(U)):
        for k in range(d):
            result[k, i] = float(reference.derivative(partial(value, i, k), 2 * order))
    return result


def _gradient_exact(fast: bool) -> Evidence:
    sizes = (
        [(2, 2, 2, 3), (3, 2, 2, 4)] if fast else [(2, 2, 2, 3), (3, 2, 2, 4), (3, 3, 2, 3), (2, 3, 2, 5), (2, 2, 2, 6)]
    )
    rng = np.random.default_rng(40)
    instances = []
    for d, m, r, order in sizes:
        U, V = reference.fractions(rng, m, d), reference.fractions(rng, r, d)
        c, c_hat = ([abs(x) for x in reference.fractions(rng, m)] for _ in range(2))
        a = [Fraction(1) if i % 2 else Fraction(-1) for i in range(m)]
        w = reference.fractions(rng, r)
        # ||u||^l is a polynomial only for even l; for odd l the regulariser is left to the symbolic proof
        lam = Fraction(0) if order % 2 else Fraction(3, 7)
        exact = _exact_gradient(U, a, c, c_hat, reference.combine(w, V, order), lam, order)
        point = Parameters(reference.floats(U).T, *(reference.floats(x) for x in (a, c, c_hat)))
        target = SymmetricCP(reference.floats(w), reference.floats(V).T, order)
        instances.append((point, target, float(lam), exact))

    def agrees(gradient: Gradient) -> bool:
        return all(
            np.abs(gradient(point, target, lam) - exact).max() <= 1e-12 * np.abs(exact).max()
            for point, target, lam, exact in instances
        )

    return Evidence(
        kind="exact",
        what=f"derivatives in every entry, in exact fractions from values of $f$ on dense tensors alone, at {len(sizes)} sizes "
        rf"$d\le3$, $m\le3$, $r=2$, $l\le{max(size[3] for size in sizes)}$ (seed 40; $\lambda=3/7$ for even $l$, 0 for odd); "
        "`frozen_gradient` against them",
        holds=agrees(frozen_gradient),
        seen="equal to a relative 1e-12",
        controls=(
            Control("the factor $l$ left out", not agrees(lambda p, T, lam: frozen_gradient(p, T, lam) / T.order)),
            Control(
                "the sign of the target's part", not agrees(lambda p, T, lam: frozen_gradient(p, T.scaled(-1.0), lam))
            ),
            Control("the tied gradient instead of the frozen one", not agrees(tied_gradient)),
        ),
    )


# --- frozen and tied --------------------------------------------------------------------------------------


def _random_points(count: int, seed: int) -> Iterator[tuple[Parameters, SymmetricCP, float]]:
    """Points with norms over six decades, both signs and both values of kappa, l = 3, 4, 5."""
    rng = np.random.default_rng(seed)
    for index in range(count):
        order, d, m = 3 + index % 3, int(rng.integers(2, 12)), int(rng.integers(1, 9))
        target = random_target(d, int(rng.integers(2, 6)), order, "mixed-sign", rng)
        U = random_unit_vectors(d, m, rng) * 10.0 ** rng.uniform(-6, 0.3, size=m)
        kappa = np.where(rng.random(m) < 0.5, 1.0, 30.0)
        yield Parameters.two_homogeneous(U, rng.choice([-1.0, 1.0], m), kappa), target, 10.0 ** rng.uniform(-4, 0)


def _along(point: Parameters, target: SymmetricCP, lam: float, V: np.ndarray, t: float) -> float:
    """F(U + tV): kappa is held, so c moves with u."""
    moved = Parameters.two_homogeneous(point.U + t * V, point.a, point.kappa)
    return loss(moved, target, lam)


def _projection_bound(fast: bool) -> Evidence:
    count = 60 if fast else 3000
    ratios, slopes = [], []
    for point, target, lam in _random_points(count, 41):
        frozen = frozen_gradient(point, target, lam)
        size = float(np.vdot(frozen, frozen))
        ratios.append(float(np.vdot(tied_gradient(point, target, lam), frozen)) / size * target.order / 2)
        # the tied gradient itself, by central differences of F column by column, in units of the column
        V = point.U * np.sign(frozen)
        h = 1e-5
        numeric = (_along(point, target, lam, V, h) - _along(point, target, lam, V, -h)) / (2 * h)
        analytic = float(np.vdot(tied_gradient(point, target, lam), V))
        scale = max(abs(analytic), 1e-3 * loss(point, target, lam))
        slopes.append(abs(numeric - analytic) / scale)
    orders = np.array([3 + index % 3 for index in range(count)])
    # a purely radial gradient attains 2/l: one component along the target, norm off its optimum
    radial = Parameters.two_homogeneous([[0.5], [0.0]], [1.0])
    aligned = SymmetricCP([1.0], [[1.0], [0.0]], 3)
    g = frozen_gradient(radial, aligned, 0.0)
    extreme = float(np.vdot(tied_gradient(radial, aligned, 0.0), g) / np.vdot(g, g))
    in_bounds = bool((np.array(ratios) >= 1 - 1e-9).all() and (np.array(ratios) <= orders / 2 + 1e-9).all())
    return Evidence(
        kind="bound",
        what=f"{count} random points, $l=3,4,5$, norms over six decades, both signs, both values of $\\kappa$ (seed 41); the tied "
        "gradient against central differences of $F$ at each",
        holds=in_bounds and max(slopes) < 1e-4 and abs(extreme - 2 / 3) < 1e-12,
        seen="no ratio outside $[2/l, 1]$; differences below 1e-4; $2/l$ is attained by a radial gradient",
        controls=(
            Control(r"the sharper $\langle\nabla F,G\rangle\ge\frac{2.1}l\|G\|^2$", extreme < 2.1 / 3),
            Control(
                r"the tied gradient taken for the frozen one: $\langle\nabla F,G\rangle=\|G\|^2$",
                bool((np.array(ratios) < orders / 2 - 1e-3).any()),
            ),
        ),
    )


# --- along real runs --------------------------------------------------------------------------------------


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
    steps = sum(len(states) for _, states, _ in runs)
    return Evidence(
        kind="run",
        what=f"all {steps} states of {len(runs)} runs, $d=8$, $m=3r$, $K={K}$, $H={H}$",
        holds=all(_kappa_kept(settings, states) for settings, states, _ in runs),
        seen="both products constant to 1e-9",
        controls=(
            Control(
                "coefficients not updated after the step",
                not any(_kappa_kept(settings, _without_update(states)) for settings, states, _ in runs),
            ),
        ),
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
    after = step(State(below, np.array([fresh])), target, settings)
    passed = bool(after.parameters.norms[0] > settings.switch_norm)
    return passed and after.switches == 0 and abs(float(after.parameters.kappa[0]) - 1.0) < 1e-9


def _second_passage(fast: bool) -> Evidence:
    return Evidence(
        kind="run",
        what="a step that takes a switched component over the threshold a second time, $l=3$, $d=3$, $m=1$",
        holds=_passes_without_switch(fresh=False),
        seen="its coefficient stays",
        controls=(
            Control("the same step for a component that had not switched", not _passes_without_switch(fresh=True)),
        ),
    )


def _switch_run(fast: bool) -> Evidence:
    within, more_than_m, agree = True, False, True
    runs = 0
    largest = 0.0
    # two runs need more epochs than thirty to be sure of more than m switches
    epochs, iterations = (15, 100) if fast else (3, 250)
    for settings, states, _ in _small_runs(fast, epochs, iterations):
        m, K = settings.components, settings.epochs
        per_epoch, total = _switches(settings, states)
        within &= max(per_epoch) <= m and total <= m + K
        agree &= total == states[-1].switches
        more_than_m |= total > m
        largest = max(largest, total / (m + K))
        runs += 1
    return Evidence(
        kind="run",
        what=f"switches counted from the jumps of $c\\|u\\|$ in {runs} runs, $d=8$, $m=3r$, $K={epochs}$, $H={iterations}$",
        holds=within and agree,
        seen=f"never more than $m$ in an epoch; at most {largest:.0%} of $m+K$ in all",
        controls=(Control("at most $m$ switches in all (re-initialised components switch again)", more_than_m),),
    )


# --- the share of a fresh component in S ------------------------------------------------------------------


def _share_measured(fast: bool) -> Evidence:
    count = 4000 if fast else 100_000
    rng = np.random.default_rng(42)
    cells = [(10, 3), (30, 2)] if fast else [(10, 3), (30, 2), (100, 5), (300, 1)]
    worst, wrong_law, wrong_mean, inside = 1.0, 0.0, [], True
    for d, s in cells:
        basis = np.linalg.qr(rng.standard_normal((d, s)))[0]
        chunks = [random_unit_vectors(d, min(4000, count - k), rng) for k in range(0, count, 4000)]
        shares = np.concatenate([np.square(basis.T @ u).sum(axis=0) for u in chunks])
        law = beta(s / 2, (d - s) / 2)
        worst = min(worst, float(kstest(shares, law.cdf).pvalue))
        wrong_law = max(wrong_law, float(kstest(shares, beta(s, d - s).cdf).pvalue))
        error = 1.96 * float(shares.std()) / np.sqrt(count)
        inside &= abs(float(shares.mean()) - s / d) <= 2 * error
        wrong_mean.append(abs(float(shares.mean()) - (s + 1) / d) > 2 * error)
    return Evidence(
        kind="measured",
        what=f"{count} uniform vectors each for (d, s) in {cells} (seed 42): Kolmogorov-Smirnov distance to the law, and the mean "
        "within twice its 95% half-width",
        holds=worst > 1e-3 and inside,
        seen=f"smallest p-value {worst:.2f}",
        controls=(
            Control(r"$\mathrm{Beta}(s,d-s)$, the complex case", wrong_law < 1e-6),
            Control("a mean of $(s+1)/d$, as when the rank exceeds $s$ by one", all(wrong_mean)),
        ),
    )


CLAIMS = (
    Claim(
        id="gradient",
        title="The frozen gradient",
        place="Section 4",
        kinds=("symbolic", "exact"),
        checks=(proofs_of("gradient"), _gradient_exact),
        rests_on=("loss-gram",),
        chapter=MODEL,
    ),
    Claim(
        id="hessian",
        title="The second derivative along a direction",
        place="Section 4",
        kinds=("symbolic",),
        checks=(proofs_of("hessian"),),
        rests_on=("gradient",),
        chapter=MODEL,
    ),
    Claim(
        id="two-homogeneous",
        title="The model is 2-homogeneous",
        place="Section 4",
        kinds=("symbolic",),
        checks=(proofs_of("two-homogeneous"),),
        chapter=MODEL,
    ),
    Claim(
        id="c-update",
        title="The coefficient update keeps 2-homogeneity",
        place="Section 4, Algorithm 1",
        kinds=("symbolic", "run"),
        checks=(proofs_of("c-update"), _update_run),
        rests_on=("two-homogeneous",),
        chapter=ALGORITHM,
    ),
    Claim(
        id="euler",
        title="Euler's identities",
        place="Section 4",
        kinds=("symbolic",),
        checks=(proofs_of("euler"),),
        rests_on=("gradient", "two-homogeneous"),
        chapter=MODEL,
    ),
    Claim(
        id="projection",
        title="The frozen step is a descent direction of the tied loss",
        place="Section 4",
        kinds=("symbolic", "bound"),
        checks=(proofs_of("projection"), _projection_bound),
        rests_on=("gradient", "two-homogeneous"),
        chapter=MODEL,
    ),
    Claim(
        id="initial-share",
        title="How much of a fresh component lies in S",
        place="Section 4",
        kinds=("symbolic", "measured"),
        checks=(proofs_of("initial-share"), _share_measured),
        chapter=ALGORITHM,
        note="The paper writes r for s; the rank enters only through the dimension of the span.",
    ),
    Claim(
        id="switch-count",
        title="How many switches there are",
        place="Section 5.1",
        kinds=("run",),
        checks=(_switch_run, _second_passage),
        chapter=ALGORITHM,
    ),
    *section4_theorem3.CLAIMS,
    *section4_scaling.CLAIMS,
)
