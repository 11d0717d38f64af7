"""Checks of the claim that lazy descent reaches every target once the columns span the space."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from tdbook import lazy, tensors
from tdbook.lazy import converging
from tdbook.lazy import descent as lazy_descent
from tdbook.lazy import moments as lazy_moments
from tdbook.ledger.claims import Evidence
from tdbook.ledger.exact.moments import listed, spectrum_fits
from tdbook.statistics import proportion
from tdbook.tensors import SymmetricCP, SymmetricTensor, random_target, random_unit_vectors
from tdbook.validation import Array


# -------------------------------------------------------------------------------------------------- the descent
@dataclass(frozen=True)
class Trial:
    """A start, a target, and the output scale and step size as multiples of the two bounds of the claim."""

    start: lazy_descent.Start
    target: SymmetricTensor
    promised: converging.Convergence
    scale: float = 1.001
    step: float = 1.0

    def ratios(self, steps: tuple[int, ...]) -> tuple[float, float, float]:
        """The largest residual and the largest way of the columns, over their bounds, and the least rate over its own.

        Infinite when it diverges.
        """
        alpha, eta = self.scale * self.promised.scale, self.step * self.promised.step_size
        try:
            run = lazy_descent.lazy_descent(self.start, self.target, alpha, steps, eta, gaps=False)
        except ValueError:  # it ran away
            return math.inf, math.inf, math.inf
        bounds = np.array([self.promised.residual(int(k)) for k in run.steps])
        rounding = 1e-12 * alpha  # of the residual, a difference of tensors of that size
        left = np.sqrt(2.0 * run.losses)
        way = run.moved * np.linalg.norm(self.start.U) / self.promised.travelled(alpha)
        seen = left[1:] > 100.0 * rounding
        rates = np.log(self.promised.size / left[1:][seen]) / np.log(self.promised.size / bounds[1:][seen])
        return float((left / (bounds + rounding))[1:].max()), float(way.max()), float(rates.min())


def _slowest(start: lazy_descent.Start, order: int) -> SymmetricCP:
    """The unit tensor that K shrinks least, as a sum of powers: the derivative of h in its own direction."""
    d, m = start.U.shape
    weights = np.repeat(order * start.c, d)
    vectors = np.linalg.eigh(weights[:, None] * lazy.tangent_gram(start.U, order) * weights)[1]
    delta = vectors[:, -tensors.symmetric_dimension(d, order)].reshape(m, d).T
    # a derivative of polynomials of degree l is a combination of their values at l + 1 points
    nodes = np.linspace(-1.0, 1.0, order + 1)
    slopes = np.linalg.solve(np.vander(nodes, increasing=True).T, np.eye(order + 1)[1])
    tensor = SymmetricCP(
        np.concatenate([start.c * slope for slope in slopes]),
        np.hstack([start.U + node * delta for node in nodes]),
        order,
    )
    return SymmetricCP(tensor.weights / tensor.norm(), tensor.factors, order)


def _without_relations(start: lazy_descent.Start, order: int) -> converging.Convergence:
    """What the claim would promise if the least eigenvalue that is not zero were enough."""
    values = lazy_descent.linearise(start, random_target(len(start.U), 1, order, rng=0)).eigenvalues
    curvature = order * (order - 1) * 2.0 ** (order - 2)
    least = min(math.sqrt(values[0]), 2.0 * curvature)
    return converging.Convergence(least, curvature, 9.0 * curvature / least**2, 4.0 / (9.0 * values[-1]), 1.0)


def check_descent_arrives(fast: bool) -> Evidence:
    sizes = [(2, 3, 5), (3, 3, 8)] if fast else [(2, 3, 5), (2, 5, 8), (3, 3, 8), (3, 4, 12), (4, 3, 12), (5, 2, 8)]
    steps = (1, 3, 10, 30, 100, 300) + (() if fast else (1000, 3000))
    true: dict[str, Trial] = {}
    for order, d, n in sizes:
        paired = lazy_descent.paired_start(d, n, 1)
        single = lazy_descent.Start(paired.U[:, :n], np.where(np.arange(n) % 2, -1.0, 1.0))
        for kind, start in (("pairs", paired), ("$h(U_0)$ subtracted", single)):
            promised = converging.convergence(start, order)
            goals = {"a random target": random_target(d, 2, order, rng=3), "the slowest target": _slowest(start, order)}
            for name, goal in goals.items():
                size = goal.norm()
                target = SymmetricCP(goal.weights / size, goal.factors, order)
                shifted = lazy_descent.shifted_target(start, target, 1.001 * promised.scale)
                true[f"l = {order}, d = {d}, {n} {kind}, {name}"] = Trial(start, shifted, promised)
    paired = lazy_descent.paired_start(3, 8, 1)
    short = lazy_descent.Start(np.hstack([np.eye(3), np.eye(3)]), np.repeat([1.0, -1.0], 3))
    single = lazy_descent.Start(paired.U[:, :8], np.ones(8))
    target = random_target(3, 2, 3, rng=3)
    trial = Trial(paired, target, converging.convergence(paired, 3))
    false = {
        "a span without $xyz$, and the least eigenvalue that is not 0": Trial(
            short, target, _without_relations(short, 3)
        ),
        "$T_0\\neq0$": Trial(single, target, converging.convergence(single, 3)),
        "a step size five times the bound": replace(trial, step=5.0),
        "an output scale of a thousandth of the bound": replace(trial, scale=1e-3),
    }

    found = {id(trial): trial.ratios(steps) for trial in [*true.values(), *false.values()]}

    def arrives(trial: Trial) -> bool:
        return max(found[id(trial)][:2]) <= 1.0 + 1e-9

    way, rate = max(found[id(trial)][1] for trial in true.values()), min(found[id(trial)][2] for trial in true.values())
    return Evidence(
        "run",
        f"(l, d, columns) in {listed(sizes)}, twice as many in pairs; random targets and those that K shrinks least; "
        f"$\\alpha$ and $\\eta$ at the bounds; both inequalities after {listed(steps)} steps",
        arrives,
        true,
        false,
        f"largest way of the columns {way:.2f} of the allowed, slowest decay {rate:.0f} times the promised rate: "
        "constants not tested",
        lambda trial: (
            "diverges"
            if math.isinf(found[id(trial)][0])
            else "the columns travel too far"
            if found[id(trial)][1] > 1.0
            else "the residual stays"
        ),
    )


# ------------------------------------------------------------------------------------------------- mean speeds
def _integer_speeds(dimension: int, order: int) -> np.ndarray:
    """d(d+2)...(d+2l-4) E K of one uniform column in the basis of monomials, an integer matrix.

    K takes p to sum_q (d_q p)(u) l <u,x>^(l-1) x_q, term by term.
    """
    exponents = tensors.monomials(dimension, order)
    size = len(exponents)
    matrix = np.zeros((size, size), dtype=object)
    axes = np.eye(dimension, dtype=int)
    for row, beta in enumerate(exponents):
        for column, alpha in enumerate(exponents):
            for q in range(dimension):
                if alpha[q] and beta[q]:
                    total = alpha + beta - 2 * axes[q]
                    if not (total % 2).any():
                        wick = math.prod(lazy_moments.odd_factorial(int(k) - 1) for k in total)
                        matrix[row, column] += order * int(alpha[q]) * tensors.multinomial(beta - axes[q]) * wick
    return matrix


Speed = Callable[[int, int, int], int]


def check_mean_speeds(fast: bool) -> Evidence:
    sizes = [(2, 3), (3, 2), (3, 3), (4, 2)] + ([] if fast else [(3, 5), (4, 3), (5, 3), (6, 2)])

    def fits(speed: Speed) -> int:
        """At how many sizes the numbers speed * lambda_j are the eigenvalues of E K, and the library's."""
        count = 0
        for order, d in sizes:
            levels = lazy_moments.moment_spectrum(d, order)
            values = {x.degree: speed(order, d, x.degree) * x.eigenvalue for x in levels}
            spectrum = [(values[x.degree], x.multiplicity) for x in levels]
            # equal values of two degrees are one eigenvalue
            merged: dict[Fraction, int] = {}
            for value, n in spectrum:
                merged[value] = merged.get(value, 0) + n
            scale = lazy_moments.gaussian_to_sphere(d, order - 1)
            fit = spectrum_fits(_integer_speeds(d, order), scale, list(merged.items()))
            least = Fraction(order * math.factorial(order), scale)
            count += fit and values == converging.mean_speeds(d, order) and min(values.values()) == least
        return count

    return Evidence(
        "exact",
        "annihilating polynomial and traces of powers of the integer matrix $d(d+2)\\cdots(d+2l-4)\\,\\mathbb E K$ of one "
        f"column, (l, d) in {listed(sizes)}; the least is $\\nu$",
        lambda speed: fits(speed) == len(sizes),
        {"$l^2+j(j+d-2)$": lambda order, d, j: order**2 + j * (j + d - 2)},
        {
            "without the radial part": lambda order, d, j: j * (j + d - 2),
            "without the part along the sphere": lambda order, d, j: order**2,
            "$j(j+d-1)$ in place of $j(j+d-2)$": lambda order, d, j: order**2 + j * (j + d - 1),
        },
        f"fits all {len(sizes)} sizes",
        lambda speed: f"fits {fits(speed)} of {len(sizes)} sizes",
    )


# ----------------------------------------------------------------------------------------------- random columns
def _shares(order: int, d: int, m: int, draws: int) -> Array:
    """The least eigenvalue of K over m nu, for as many draws of m uniform columns (seeds 0, 1, ...)."""
    nu = float(converging.mean_speeds(d, order)[order])
    shares = []
    for seed in range(draws):
        A = lazy.tangent_matrix(random_unit_vectors(d, m, np.random.default_rng([5, seed])), order)
        shares.append(order**2 * np.linalg.eigvalsh(A @ A.T)[0] / (m * nu))
    return np.array(shares)


def check_random_columns(fast: bool) -> Evidence:
    order, d, chance, draws = 3, 3, 0.1, 40 if fast else 200
    m = converging.columns_enough(d, order, chance)
    enough, few = _shares(order, d, m, draws), _shares(order, d, m // 40, draws)

    def rarely_fails(case: tuple[Array, float]) -> bool:
        """The 95% interval of the share of failures lies below the chance."""
        shares, factor = case
        return proportion(int(np.sum(shares < factor)), draws)[1] <= chance

    return Evidence(
        "measured",
        f"{draws} draws of m = {m} uniform columns, l = {order}, d = {d}: least eigenvalue of K at least $m\\nu/2$ "
        f"but for a chance of {chance}; 95% interval of the share of failures",
        rarely_fails,
        {"$m\\nu/2$": (enough, 0.5)},
        {"$m\\nu$": (enough, 1.0), f"m = {m // 40}": (few, 0.5)},
        f"no failure; the least is {enough.min():.2f} of $m\\nu$",
        lambda case: f"fails in {np.mean(case[0] < case[1]):.0%} of the draws",
    )
