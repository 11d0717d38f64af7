"""Checks of Theorem 1: bounds on adversarial starts, exact fractions, sampled targets."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product

import numpy as np
from scipy.stats import norm

from tdbook import lazy, tensors
from tdbook.lazy import moments as lazy_moments
from tdbook.lazy import rank as lazy_rank
from tdbook.ledger.claims import Evidence
from tdbook.ledger.exact.moments import integer_moments, listed
from tdbook.tensors import multinomial, random_unit_vectors
from tdbook.tensors.fractions import solution
from tdbook.validation import Array


def _adversarial_starts(fast: bool) -> Iterator[tuple[int, Array]]:
    """(order, U): random, orthonormal, clustered, repeated, degenerate and hand-made columns."""
    sizes = [(2, 4), (3, 4), (4, 3)] if fast else [(2, 3), (2, 8), (3, 3), (3, 8), (4, 3), (4, 5), (5, 3), (6, 3)]
    for order, d in sizes:
        rng = np.random.default_rng([order, d])
        m = lazy_rank.lazy_threshold(d, order) + 1
        clustered = np.ones((d, 1)) + 0.05 * rng.standard_normal((d, m))
        yield order, rng.standard_normal((d, m))
        yield order, np.eye(d)
        yield order, np.hstack([np.eye(d), np.ones((d, 1)), -np.eye(d)])
        yield order, clustered
        yield order, np.tile(rng.standard_normal((d, 2)), (1, 3))
        yield order, rng.standard_normal((d, 2)) @ rng.standard_normal((2, m))
        signs = np.array(list(product([1.0, -1.0], repeat=d)))[: 2 ** (d - 1)].T
        yield order, signs[:, :m]


Bounds = Callable[[int, int], float]


def _least_slack(spans: list[tuple[int, int, Array, Array]], kappa: Bounds) -> float:
    """The least slack of the two bounds over spans, given as (dimension, order, errors, shares)."""
    slack = np.inf
    for d, order, errors, shares in spans:
        factor = kappa(d, order)
        slack = min(slack, float((errors - factor * (1.0 - shares)).min()))
        slack = min(slack, float((1.0 - factor * shares - errors).min()))
    return slack


def check_bounds(fast: bool) -> Evidence:
    spans = []
    for order, U in _adversarial_starts(fast):
        prefixes = lazy.lazy_errors(U, order)
        spans.append((U.shape[0], order, prefixes.errors, prefixes.shares))
    U = random_unit_vectors(8, 2, np.random.default_rng(9))
    share = np.array([lazy.lazy_errors(U, 3).shares[-1]])
    looking = [(8, 3, lazy.squared_errors(U, 3, U[:, :1]), share)]  # u_* is a column of U

    def flatness(d: int, order: int) -> float:
        return float(lazy_moments.flatness(d, order))

    def holds(thing: tuple[list[tuple[int, int, Array, Array]], Bounds]) -> bool:
        return _least_slack(*thing) > -1e-12

    return Evidence(
        "bound",
        f"{sum(len(errors) for _, _, errors, _ in spans)} spans: random, orthonormal, clustered, repeated, dependent and sign columns, "
        f"l = 2 to {4 if fast else 6}; proof in the chapter",
        holds,
        {"both bounds": (spans, flatness)},
        {
            "a start that looks at the target: $u_*$ is a column of U": (looking, flatness),
            "$\\kappa=1$, as if the moment matrix were $I/D$": (spans, lambda d, order: 1.0),
            "a $\\kappa$ larger by 1%": (spans, lambda d, order: 1.01 * flatness(d, order)),
        },
        "neither side violated beyond rounding (1e-12)",
        lambda thing: f"violated by {-_least_slack(*thing):.4f}",
    )


def _rational_error(U: np.ndarray, order: int, isotropic: bool = False) -> tuple[Fraction, int]:
    """1 - tr(P M) in fractions, and dim S_U: tr((A^T W A)^{-1} A^T W M A), monomials weighted by W = diag(l!/alpha!).

    ``isotropic`` replaces M by I/D, what it would be if all symmetric tensors were equally likely.
    """
    d = len(U)
    exponents = tensors.monomials(d, order)
    columns: list[list[int]] = []
    rank = 0
    for u in U.T:
        for q in range(d):
            entries = [
                int(alpha[q]) * math.prod(int(x) ** (int(k) - (i == q)) for i, (x, k) in enumerate(zip(u, alpha)))
                if alpha[q]
                else 0
                for alpha in exponents
            ]
            residues = np.array([[x % lazy_rank.PRIME for x in c] for c in [*columns, entries]], dtype=np.uint64)
            if lazy_rank.prefix_ranks(residues)[-1] > rank:
                rank += 1
                columns.append(entries)
    size = len(exponents)
    weights = [multinomial(alpha) for alpha in exponents]
    # entries are l!/alpha! times the tensor's: x_alpha^T W^{-1} y_alpha is the inner product
    A = np.array(columns, dtype=object).T * np.array(weights, dtype=object)[:, None]
    dual = A * np.array([Fraction(1, w) for w in weights], dtype=object)[:, None]
    gram = dual.T @ A
    if isotropic:
        moments = gram * Fraction(1, size)
    else:
        M = integer_moments(d, order) * Fraction(1, lazy_moments.gaussian_to_sphere(d, order))
        # E u^alpha u^beta is that matrix with its column weights taken off; <A, u^l> = sum_alpha (l!/alpha!) A_alpha u^alpha
        bare = M * np.array([Fraction(1, w) for w in weights], dtype=object)[None, :]
        moments = A.T @ bare @ A
    solved = solution(list(map(list, gram)), list(map(list, moments)))
    assert solved is not None  # the columns are independent
    return 1 - sum((solved[i][i] for i in range(rank)), Fraction(0)), rank


def check_rational_errors(fast: bool) -> Evidence:
    sizes = [(2, 3, 1), (3, 3, 2), (4, 2, 2)] + (
        [] if fast else [(2, 4, 3), (3, 3, 3), (3, 4, 2), (4, 3, 2), (3, 2, 1)]
    )
    rng = np.random.default_rng(3)
    starts = []
    for order, d, m in sizes:
        U = rng.integers(-3, 4, size=(d, m))
        U[0] = np.arange(1, m + 1)
        starts.append((order, U))

    def agrees(isotropic: str) -> bool:
        """Within the two bounds, and the library's number, at every start."""
        for order, U in starts:
            error, rank = _rational_error(U, order, isotropic == "isotropic")
            share = Fraction(rank, tensors.symmetric_dimension(len(U), order))
            kappa = lazy_moments.flatness(len(U), order)
            if not kappa * (1 - share) <= error <= 1 - kappa * share:
                return False
            if abs(float(error) - lazy.lazy_error(U, order)) >= 1e-12:
                return False
        return True

    return Evidence(
        "exact",
        f"$1-\\mathrm{{tr}}(PM)$ in fractions for integer columns, (l, d, m) in {listed(sizes)}, between the two "
        "bounds and equal to the library's number",
        agrees,
        {"the moment matrix": "moments"},
        {"moment matrix $I/D$": "isotropic"},
        "all within, differences below 1e-12",
    )


def check_forced_components(fast: bool) -> Evidence:
    cases = list(product((10, 100, 10**6), (3, 4), (Fraction(1, 10), Fraction(1, 4))))

    def is_forced(count: Callable[[int, int, float], int]) -> bool:
        """The least m whose lower bound is at most the error, and at least the formula's."""
        for d, order, error in cases:
            size, m = tensors.symmetric_dimension(d, order), count(d, order, float(error))
            kappa, share = lazy_moments.flatness(d, order), Fraction(float(error))

            def low(m: int, d: int = d, size: int = size, kappa: Fraction = kappa) -> Fraction:
                return kappa * (1 - Fraction(d * m, size))

            if not (low(m) <= share and (m == 0 or low(m - 1) > share)):
                return False
            if m < (1 - share / kappa) * Fraction(d ** (order - 1), math.factorial(order)):
                return False
        return True

    return Evidence(
        "exact",
        f"the count of components that follows from the bound, in fractions at {len(cases)} (d, l, error)",
        is_forced,
        {"`components_forced`": lazy_moments.components_forced},
        {
            "one component fewer": lambda d, order, error: lazy_moments.components_forced(d, order, error) - 1,
            "one component more": lambda d, order, error: lazy_moments.components_forced(d, order, error) + 1,
        },
        "the least that the bound allows",
    )


def check_sampled_targets(fast: bool) -> Evidence:
    d, order, m, draws = 6, 3, 4, 20_000 if fast else 200_000
    rng = np.random.default_rng(11)
    U = random_unit_vectors(d, m, rng)
    squared = lazy.squared_errors(U, order, random_unit_vectors(d, draws, rng))
    half = float(norm.ppf(0.975)) * float(squared.std(ddof=1)) / math.sqrt(draws)
    low, high = float(squared.mean()) - half, float(squared.mean()) + half
    exact = lazy.lazy_error(U, order)
    naive = 1.0 - lazy.lazy_errors(U, order).shares[-1]
    return Evidence(
        "measured",
        f"{draws} draws of $u_*$ (seed 11), l = {order}, d = {d}, m = {m}; 95% interval of the mean",
        lambda value: low <= value <= high,
        {"$1-\\mathrm{tr}(PM)$": exact},
        {f"$1-\\rho'$ = {naive:.3f}": float(naive)},
        f"interval [{low:.3f}, {high:.3f}], computed {exact:.3f}",
    )
