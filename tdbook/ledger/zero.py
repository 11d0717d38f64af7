"""Checks of Section 3.2: escape times from zero."""

from __future__ import annotations

import math

import numpy as np

from tdbook import SymmetricCP, random_target
from tdbook.landscape import escape_steps, escape_time
from tdbook.ledger.claims import Claim, Control, Evidence
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

    def accepts(shift: int) -> bool:
        return all(abs(slope.value + order - 2 + shift) < 0.02 for order, slope in slopes.items())

    decades = math.log10(scales[0] / scales[-1])
    return Evidence(
        kind="run",
        what=rf"gradient flow from $\delta W$, $m=6$, $d=4$, starts for each of $l=3,4,5$: {starts}, "
        rf"$\delta=10^{{-2}}$ down over {decades:.3g} decades: slope of $\log t$ against $\log\delta$",
        holds=accepts(0),
        seen=", ".join(
            f"$l={order}$: {slope.value:.3f} (95% interval {slope.low:.3f} to {slope.high:.3f})"
            for order, slope in slopes.items()
        ),
        controls=(
            Control(r"the exponent $-(l-1)$", not accepts(1)),
            Control(r"the exponent $-(l-3)$, a logarithm for $l=3$", not accepts(-1)),
        ),
    )


def check_descent_follows_the_flow(fast: bool) -> Evidence:
    """Real gradient descent takes time / eta steps."""
    cases = [(3, 1e-2), (4, 0.1)] if fast else [(3, 1e-2), (3, 1e-3), (4, 0.1), (4, 0.03), (5, 0.1)]
    worst, coarsest = 0.0, 0.0
    for order, scale in cases:
        target = random_target(4, 2, order, rng=3)
        flow, steps = escape_time(target, scale, rng=1), escape_steps(target, scale, rng=1, step_size=0.02)
        worst = max(worst, abs(0.02 * steps / flow - 1.0))
        coarsest = max(coarsest, abs(escape_steps(target, scale, rng=1, step_size=1.0) / flow - 1.0))
    return Evidence(
        kind="run",
        what=rf"gradient descent with $\eta=0.02$ against the flow at {len(cases)} pairs of $l$ and $\delta$",
        holds=worst < 0.05,
        seen="steps times $\\eta$ and time differ by less than 5%",
        controls=(Control(r"$\eta=1$, too coarse to follow the flow", not coarsest < 0.05),),
    )


def check_logarithm(fast: bool) -> Evidence:
    """2-homogeneous model: time = log(1/delta) / (l (tau - lambda)) + const, tau = max T*(w^l)."""
    scales = 10.0 ** -(np.array([2.0, 4.0]) if fast else np.linspace(2.0, 8.0, 10))
    starts = 2 if fast else 10
    axis = np.eye(3)[:, :1]
    ratios, refused = [], []
    for order in (3, 4, 5):
        target = SymmetricCP([1.0], axis, order)  # tau = 1
        for lam in (0.0, 0.3):
            times = _times(target, scales, "two-homogeneous", starts, lam, np.ones(12))
            ratios.append(fitted_slope(np.log(1.0 / scales), times).value * order * (1.0 - lam))
        vanilla = _times(target, scales[:3], "vanilla", 2, signs=np.ones(12))
        refused.append(fitted_slope(np.log(1.0 / scales[:3]), vanilla).value * order)
    decades = math.log10(scales[0] / scales[-1])

    def accepts(values: list[float]) -> bool:
        return all(abs(value - 1.0) < 0.02 for value in values)

    return Evidence(
        kind="run",
        what=rf"gradient flow for $T^*=e_1^{{\otimes l}}$, $l=3,4,5$, $\lambda=0$ and $0.3$, starts per case: {starts}, "
        rf"{decades:.3g} decades of $\delta$: slope of $t$ against $\ln(1/\delta)$",
        holds=accepts(ratios),
        seen=r"slope times $l(1-\lambda)$ between 0.98 and 1.02",
        controls=(
            Control("the vanilla model's times", not accepts(refused)),
            Control(
                r"the rate $2(1-\lambda)$ in place of $l(1-\lambda)$",
                not accepts([value * 2 / order for value, order in zip(ratios, (3, 3, 4, 4, 5, 5), strict=True)]),
            ),
        ),
    )


def check_threshold(fast: bool) -> Evidence:
    """An escape exactly when lambda is below max_w a T*(w^l)."""
    starts = 1 if fast else 5
    escaped = {}
    for lam in (0.9, 1.1) if fast else (0.7, 0.9, 1.01, 1.1):
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
        kind="run",
        what=rf"gradient flow from $\delta=10^{{-3}}$ for $T^*=e_1^{{\otimes l}}$, $l=3,5$, where $\max_wT^*(w^l)=1$, "
        f"starts per case: {starts}, $\\lambda$ below and above 1",
        holds=accepts(1.0),
        seen=r"escape at $\lambda=0.9$, none at $\lambda=1.1$",
        controls=(Control("a threshold of 0.8", not accepts(0.8)), Control("a threshold of $1.2$", not accepts(1.2))),
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
