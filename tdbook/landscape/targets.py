"""The targets of Section 3.3 and Appendix B, by explicit real rank-one terms in exact fractions.

With S(x^{l-2} y^2) the sum over the l(l-1)/2 placements of the two y among l factors,

    T* = e_1^{(x) l} - sum_j S(e_1^{l-2} e_j^2),                 e_j the r missing directions.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from tdbook import validation
from tdbook.tensors import SymmetricCP

TERMS = ("short", "paper")
_FRACTIONS = 2**24  # exact numbers that a decomposition may hold


def nodes(order: int, terms: str = "short") -> list[Fraction]:
    """The slopes t_k of the vectors x + t_k y that build S(x^{l-2} y^2).

    "paper": l + 1 distinct numbers, so that all moments up to l can be prescribed. "short": l - 1 non-zero
    numbers with sum_k 1/t_k = 0; the moment 0 is then left free, which costs a multiple of x^{(x) l}.
    """
    order = validation.order(order, 3)
    if validation.choice("terms", terms, TERMS) == "paper":
        return [Fraction(k) for k in range(1, order + 2)]
    count = order - 1
    reciprocals = [] if count % 2 == 0 else [1, 2, -3]
    step = 1 if count % 2 == 0 else 4
    while len(reciprocals) < count:
        reciprocals += [step, -step]
        step += 1
    return [Fraction(1, k) for k in reciprocals]


def missing_direction(order: int, terms: str = "short") -> tuple[Fraction, list[Fraction], list[Fraction]]:
    r"""Exact w_0, w_k, t_k of S(x^{l-2} y^2) as a sum of powers, on the given :func:`nodes`.

    Comparing coefficients, sum_k w_k t_k^p must be 1 for p = 2 and 0 for the other p from 1 to l; for "paper"
    also for p = 0, so that w_0 = 0. The weights come from the Lagrange polynomials of the nodes.

    Claim: thm2-rank

    For distinct non-zero $t_1,\dots,t_{l-1}$ with $\sum_k1/t_k=0$ there are explicit weights with which the sum
    $S(x^{l-2}y^2)$ of Theorem 2 is

    $$
    S(x^{l-2}y^2)=\sum_kw_k(x+t_ky)^{\otimes l}-w_0x^{\otimes l} .
    $$

    Hence the target of that theorem, a sum of $r(l+1)+1$ real rank-one terms, is already one of $r(l-1)+1$.
    """
    t = nodes(order, terms)
    if terms == "paper":  # weights w_k: the coefficient of t^2 in the k-th Lagrange polynomial
        weights = [_lagrange_coefficient(t, k, 2) for k in range(len(t))]
        return Fraction(0), weights, t
    # weights w_k t_k have moments 1 at p = 1 and 0 at p = 0, 2, ..., l - 1; the last one holds as sum 1/t_k = 0
    weights = [_lagrange_coefficient(t, k, 1) / t[k] for k in range(len(t))]
    return sum(weights, Fraction(0)), weights, t


def _lagrange_coefficient(points: list[Fraction], k: int, power: int) -> Fraction:
    """Coefficient of t^power in prod_{q != k} (t - t_q) / (t_k - t_q)."""
    polynomial = [Fraction(1)]  # ascending powers
    for q, point in enumerate(points):
        if q == k:
            continue
        scale = points[k] - point
        shifted = [Fraction(0), *polynomial]
        polynomial = [
            (high - point * low) / scale for high, low in zip(shifted, [*polynomial, Fraction(0)], strict=True)
        ]
    return polynomial[power]


def trap_decomposition(order: int, r: int, terms: str = "short") -> tuple[list[Fraction], list[list[Fraction]]]:
    """The target of Theorem 2 as an exact sum of real rank-one terms, in dimension r + 1.

    Parameters
    ----------
    order, r : int
        l >= 3, r >= 1.
    terms : {"short", "paper"}
        r (l - 1) + 1 terms, or the r (l + 1) + 1 of the paper.

    Returns
    -------
    weights : list of Fraction
    vectors : list of lists of r + 1 Fractions
    """
    r = validation.integer("r", r, 1)
    rest, weights, slopes = missing_direction(order, terms)
    if r * len(weights) * r > _FRACTIONS:
        raise ValueError(f"r must leave at most {_FRACTIONS} exact fractions, got r = {validation.describe(r)}")
    pole = [Fraction(1)] + [Fraction(0)] * r
    all_weights, vectors = [1 + r * rest], [pole]
    for j in range(1, r + 1):
        for weight, slope in zip(weights, slopes, strict=True):
            vector = pole.copy()
            vector[j] = slope
            all_weights.append(-weight)
            vectors.append(vector)
    return all_weights, vectors


def trap_target(order: int, r: int, dimension: int, terms: str = "short") -> SymmetricCP:
    """The target of Theorem 2 in dimension d > r; norm^2 = 1 + r l(l-1)/2."""
    d = check_dimension(dimension, r, 1)
    weights, vectors = trap_decomposition(order, r, terms)
    validation.entries("dimension times terms", d, len(weights))
    factors = np.zeros((d, len(weights)))
    factors[: r + 1] = np.array(vectors, dtype=float).T
    return SymmetricCP(np.array(weights, dtype=float), factors, order)


def mixed_sign_target(order: int, r: int, dimension: int) -> SymmetricCP:
    """The target of the trap with components of both signs, in dimension d >= r + 2."""
    d = check_dimension(dimension, r, 2)
    weights, vectors = trap_decomposition(order, r)
    validation.entries("dimension times terms", d, 2 * len(weights))
    one = np.zeros((d, len(weights)))
    one[[0, *range(2, r + 2)]] = np.array(vectors, dtype=float).T
    two = one.copy()
    two[[0, 1]] = one[[1, 0]]
    signed = np.array(weights, dtype=float)
    return SymmetricCP(np.concatenate([signed, -signed]), np.hstack([one, two]), order)


def check_dimension(dimension: Any, r: Any, poles: int) -> int:
    """The dimension, if it holds the poles and the r missing directions."""
    r = validation.integer("r", r, 1)
    d = validation.integer("dimension", dimension, 1)
    if d < r + poles:
        wanted = f"> r = {r}" if poles == 1 else f">= r + 2 = {r + 2}"
        raise ValueError(f"dimension must be {wanted}, got {d}")
    return d


# --- Re z^3: the trap in the plane ------------------------------------------------------------------------


def three_arrows(r: int, dimension: int) -> SymmetricCP:
    r"""The target of Theorem 2 at order 3 by its own arrows: the same tensor as ``trap_target(3, r, dimension)``.

    For r = 1 and d = 2 it is x -> Re z^3, z = x_1 + i x_2. All arrows are unit vectors on which T* is 1, its largest
    value on the unit sphere.

    Claim: re-z3

    For $l=3$ the target of Theorem 2 is
    $T^*=(1+\frac r3)e_1^{\otimes3}+\frac43\sum_j\sum_\pm(-\frac12e_1\pm\frac{\sqrt3}2e_j)^{\otimes3}$ ($r=1$, $d=2$:
    $\mathrm{Re}\,z^3$), and in the 2-homogeneous model, with $n_i=\|u_i\|$ and $\hat u_i=u_i/n_i$,

    $$
    \begin{aligned}
    f-(1+3r)\big(\lambda-\tfrac{\lambda^2}2\big)={}&\tfrac12\|T-(1-\lambda)T^*\|_F^2\\
    &+\lambda\sum_in_i^2\big(1-a_iT^*(\hat u_i^{\otimes3})\big)\ge0 ,
    \end{aligned}
    $$

    with equality at the arrows, the vectors of this sum, for which $m\ge2r+1$ components are needed. The trap then lies
    $\frac{3r}2(1-\lambda)^2$ above this global minimum.
    """
    d = check_dimension(dimension, r, 1)
    validation.entries("dimension times terms", d, 2 * r + 1)
    factors = np.zeros((d, 2 * r + 1))
    factors[0, 0] = 1.0
    factors[0, 1:] = -0.5
    for j in range(1, r + 1):
        factors[j, 2 * j - 1], factors[j, 2 * j] = math.sqrt(0.75), -math.sqrt(0.75)
    return SymmetricCP([1.0 + r / 3.0] + [4.0 / 3.0] * (2 * r), factors, 3)


def arrows_minimum(r: int, regularization: float) -> float:
    """The global minimum of the 2-homogeneous loss for :func:`three_arrows`, which takes m >= 2r + 1 components.

    The claim stands at :func:`three_arrows`.
    """
    r = validation.integer("r", r, 1)
    lam = validation.real("regularization", regularization, strict=False, maximum=1.0)
    return (1 + 3 * r) * (lam - lam**2 / 2)
