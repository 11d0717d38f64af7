"""Checks of Section 3.2: escape times from zero."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tdbook import SymmetricCP, random_target
from tdbook.landscape import escape_steps, escape_time
from tdbook.ledger.claims import Claim, Evidence
from tdbook.ledger.evidence import proofs_of
from tdbook.statistics import fitted_slope


def _times(
    target: SymmetricCP, scales: np.ndarray, model: str, starts: int, lam: float = 0.0, signs: np.ndarray | None = None
) -> np.ndarray:
    """Escape times, shape (starts, scales); six components of random signs unless ``signs`` are given."""
    m = 6 if signs is None else len(signs)
    return np.array(
        [
            [escape_time(target, scale, model, m, regularization=lam, rng=seed, signs=signs) for scale in scales]
            for seed in range(starts)
        ]
    )


def check_vanilla_slopes(fast: bool) -> Evidence:
    """Fitted log-log slopes of the vanilla model against -(l-2)."""
    scales = 10.0 ** -(np.array([2.0, 4.0]) if fast else np.linspace(2.0, 6.5, 10))
    starts = 2 if fast else 10
    slopes = {}
    for order in (3, 4, 5):
        times = _times(random_target(4, 2, order, rng=3), scales, "vanilla", starts)
        slopes[order] = fitted_slope(np.log10(scales), np.log10(times))

    def accepts(exponent: Callable[[int], int]) -> bool:
        return all(abs(slope.value - exponent(order)) < 0.02 for order, slope in slopes.items())

    decades = math.log10(scales[0] / scales[-1])
    return Evidence(
        "run",
        rf"gradient flow from $\delta W$, $m=6$, $d=4$, starts for each of $l=3,4,5$: {starts}, "
        rf"$\delta=10^{{-2}}$ down over {decades:.3g} decades: slope of $\log t$ against $\log\delta$ within 0.02",
        accepts,
        {"the exponent $-(l-2)$": lambda order: 2 - order},
        {
            r"the exponent $-(l-1)$": lambda order: 1 - order,
            r"the exponent $-(l-3)$, a logarithm for $l=3$": lambda order: 3 - order,
        },
        ", ".join(
            f"$l={order}$: {slope.value:.3f} (95% interval {slope.low:.3f} to {slope.high:.3f})"
            for order, slope in slopes.items()
        ),
    )


def check_descent_follows_the_flow(fast: bool) -> Evidence:
    """Real gradient descent takes time / eta steps."""
    cases = [(3, 1e-2), (4, 0.1)] if fast else [(3, 1e-2), (3, 1e-3), (4, 0.1), (4, 0.03), (5, 0.1)]
    flows = {case: escape_time(random_target(4, 2, case[0], rng=3), case[1], rng=1) for case in cases}

    def follows(eta: float) -> bool:
        """Steps times the step size and the time of the flow differ by less than 5% in every case."""
        return all(
            abs(eta * escape_steps(random_target(4, 2, order, rng=3), scale, rng=1, step_size=eta) / flow - 1.0) < 0.05
            for (order, scale), flow in flows.items()
        )

    return Evidence(
        "run",
        rf"gradient descent against the flow at {len(cases)} pairs of $l$ and $\delta$",
        follows,
        {r"$\eta=0.02$": 0.02},
        {r"$\eta=1$, too coarse to follow the flow": 1.0},
        "steps times $\\eta$ and time differ by less than 5%",
    )


def check_logarithm(fast: bool) -> Evidence:
    """2-homogeneous model: time = log(1/delta) / (l (tau - lambda)) + const, tau = max T*(w^l)."""
    scales = 10.0 ** -(np.array([2.0, 4.0]) if fast else np.linspace(2.0, 8.0, 10))
    starts = 2 if fast else 10
    axis = np.eye(3)[:, :1]
    slopes: list[tuple[int, float, float]] = []  # order, lambda, slope in ln(1/delta)
    vanilla: list[tuple[int, float, float]] = []
    for order in (3, 4, 5):
        target = SymmetricCP([1.0], axis, order)  # tau = 1
        for lam in (0.0, 0.3):
            times = _times(target, scales, "two-homogeneous", starts, lam, np.ones(12))
            slopes.append((order, lam, fitted_slope(np.log(1.0 / scales), times).value))
        times = _times(target, scales[:3], "vanilla", 2, signs=np.ones(12))
        vanilla.append((order, 0.0, fitted_slope(np.log(1.0 / scales[:3]), times).value))
    decades = math.log10(scales[0] / scales[-1])

    def accepts(law: tuple[list[tuple[int, float, float]], Callable[[int, float], float]]) -> bool:
        """Every slope is within 2% of one over the rate."""
        found, rate = law
        return all(abs(slope * rate(order, lam) - 1.0) < 0.02 for order, lam, slope in found)

    def right(order: int, lam: float) -> float:
        return order * (1.0 - lam)

    return Evidence(
        "run",
        rf"gradient flow for $T^*=e_1^{{\otimes l}}$, $l=3,4,5$, $\lambda=0$ and $0.3$, starts per case: {starts}, "
        rf"{decades:.3g} decades of $\delta$: slope of $t$ against $\ln(1/\delta)$",
        accepts,
        {r"the rate $l(1-\lambda)$": (slopes, right)},
        {
            "the vanilla model's times": (vanilla, right),
            r"the rate $2(1-\lambda)$ in place of $l(1-\lambda)$": (slopes, lambda order, lam: 2.0 * (1.0 - lam)),
            r"the rate $l$": (slopes, lambda order, lam: float(order)),
        },
        r"slope times $l(1-\lambda)$ between 0.98 and 1.02",
    )


def check_threshold(fast: bool) -> Evidence:
    """An escape exactly when lambda is below max_w a T*(w^l)."""
    starts = 1 if fast else 5
    escaped = {}
    lams = (0.9, 1.1) if fast else (0.7, 0.9, 1.01, 1.1)
    for lam in lams:
        for order in (3, 5):
            target = SymmetricCP([1.0], np.eye(2)[:, :1], order)
            for seed in range(starts):
                time = escape_time(
                    target, 1e-3, "two-homogeneous", regularization=lam, rng=seed, components=3, horizon=100.0
                )
                escaped[order, lam, seed] = math.isfinite(time)

    def accepts(threshold: float) -> bool:
        return all(gone == (lam < threshold) for (_, lam, _), gone in escaped.items())

    return Evidence(
        "run",
        rf"gradient flow from $\delta=10^{{-3}}$ for $T^*=e_1^{{\otimes l}}$, $l=3,5$, where $\max_wT^*(w^l)=1$, "
        f"starts per case: {starts}, $\\lambda={', '.join(str(lam) for lam in lams)}$",
        accepts,
        {"a threshold of 1": 1.0},
        {"a threshold of 0.8": 0.8, "a threshold of 1.2": 1.2},
        r"escape at $\lambda=0.9$, none at $\lambda=1.1$",
    )


CLAIMS = (
    Claim(
        id="zero-saddle",
        title="Zero is a saddle of order l",
        place="Section 3.2",
        kinds=("symbolic", "run"),
        checks=(proofs_of("zero-saddle"), check_vanilla_slopes, check_descent_follows_the_flow),
        rests_on=("loss-gram",),
        note=r"“Order $l$” holds for fixed $C$. For even $l$ there is a way down only if some $c_iT^*(u_i^{\otimes l})$ can be "
        r"positive: with all $c_i<0$ and $T^*=e_1^{\otimes l}$ zero is a minimum over $U$.",
    ),
    Claim(
        id="zero-homogeneous",
        title="Zero in the 2-homogeneous model",
        place="Sections 3.2 and 4",
        kinds=("symbolic", "run"),
        checks=(proofs_of("zero-homogeneous"), check_logarithm, check_threshold),
        rests_on=("loss-gram", "two-homogeneous"),
    ),
)
