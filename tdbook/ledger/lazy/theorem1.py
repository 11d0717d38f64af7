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
from tdbook.ledger.claims import Control, Evidence
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


def _least_slacks(fast: bool, kappa: Callable[[int, int], float]) -> tuple[float, float, int]:
    """Least slack of the lower and of the upper bound over all prefixes of all starts, and how many there were."""
    below, above, count = np.inf, np.inf, 0
    for order, U in _adversarial_starts(fast):
        prefixes = lazy.lazy_errors(U, order)
        factor = kappa(U.shape[0], order)
        below = min(below, float((prefixes.errors - factor * (1.0 - prefixes.shares)).min()))
        above = min(above, float((1.0 - factor * prefixes.shares - prefixes.errors).min()))
        count += len(prefixes.errors)
    return below, above, count


def check_bounds(fast: bool) -> Evidence:
    below, above, count = _least_slacks(fast, lambda d, order: float(lazy_moments.flatness(d, order)))
    flat, _, _ = _least_slacks(fast, lambda d, order: 1.0)
    U = random_unit_vectors(8, 2, np.random.default_rng(9))
    looking = float(lazy.squared_errors(U, 3, U[:, :1])[0])
    low = lazy_moments.error_bounds(8, 3, 16)[0]
    return Evidence(
        kind="bound",
        what=f"{count} spans: random, orthonormal, clustered, repeated, dependent and sign columns, l = 2 to "
        f"{4 if fast else 6}; proof in the chapter",
        holds=below > -1e-12 and above > -1e-12,
        seen="neither side violated beyond rounding (1e-12)",
        controls=(
            Control(
                "a start that looks at the target: $u_*$ is a column of U",
                not looking >= low,
                f"error below 1e-20, the bound asks for {low:.3f}" if looking < 1e-20 else f"error {looking:.1e}",
            ),
            Control("$\\kappa=1$, as if the moment matrix were $I/D$", flat < -1e-3, f"violated by {-flat:.2f}"),
        ),
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
    inside, apart, isotropic = 0, 0.0, 0
    for order, d, m in sizes:
        U = rng.integers(-3, 4, size=(d, m))
        U[0] = np.arange(1, m + 1)
        error, rank = _rational_error(U, order)
        size = tensors.symmetric_dimension(d, order)
        kappa = lazy_moments.flatness(d, order)
        inside += kappa * (1 - Fraction(rank, size)) <= error <= 1 - kappa * Fraction(rank, size)
        apart = max(apart, abs(float(error) - lazy.lazy_error(U, order)))
        isotropic += _rational_error(U, order, isotropic=True)[0] == error
    forced = 0
    for d, order, error in product((10, 100, 10**6), (3, 4), (Fraction(1, 10), Fraction(1, 4))):
        size, m = tensors.symmetric_dimension(d, order), lazy_moments.components_forced(d, order, float(error))
        kappa = lazy_moments.flatness(d, order)
        reached = kappa * (1 - Fraction(d * (m - 1), size)) > Fraction(float(error)) or m == 0
        forced += reached and m >= (1 - Fraction(float(error)) / kappa) * Fraction(
            d ** (order - 1), math.factorial(order)
        )
    return Evidence(
        kind="exact",
        what=f"$1-\\mathrm{{tr}}(PM)$ in fractions for integer columns, (l, d, m) in {listed(sizes)}, between the two "
        "bounds and equal to the library's number; the count of components that follows, at 12 (d, l, error)",
        holds=inside == len(sizes) and apart < 1e-12 and forced == 12,
        seen="all within, differences below 1e-12",
        controls=(
            Control("moment matrix $I/D$", isotropic < len(sizes), f"equal at {isotropic} of {len(sizes)} sizes"),
        ),
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
        kind="measured",
        what=f"{draws} draws of $u_*$ (seed 11), l = {order}, d = {d}, m = {m}; 95% interval of the mean",
        holds=low <= exact <= high,
        seen=f"interval [{low:.3f}, {high:.3f}], computed {exact:.3f}",
        controls=(Control(f"$1-\\rho'$ = {naive:.3f} in place of $1-\\mathrm{{tr}}(PM)$", not low <= naive <= high),),
    )
