"""What the exercises of the chapter on lazy training compute."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from itertools import count
from typing import Any

import numpy as np
from scipy.optimize import brentq

from tdbook import lazy
from tdbook.lazy import descent as lazy_descent
from tdbook.lazy import flatness
from tdbook.lazy import rank as lazy_rank
from tdbook.tensors import SymmetricCP, random_unit_vectors, symmetric_dimension
from tdbook.validation import Array


def exceptional_cases() -> set[tuple[int, int, int]]:
    """(l, d, m) with orders above 2 at which m generic columns have a smaller span than counting says."""
    return {(order, d, -(-symmetric_dimension(d, order) // d)) for order, d in lazy_rank.EXCEPTIONS}


def missing_dimensions() -> int:
    """By how many dimensions the span of the first exceptional case is smaller than counting says."""
    order, d, m = min(exceptional_cases())
    return lazy_rank.expected_rank(d, order, m) - int(lazy_rank.tangent_ranks(d, order, m)[-1])


def judge_cases(answer: Iterable[Any]) -> str:
    """What to say of the listed exceptional cases: "" where they are right."""
    rows = {tuple(int(x) for x in row) for row in answer}
    if any(len(row) != 3 for row in rows):
        return "each case is three numbers (l, d, m)"
    wanted = exceptional_cases()
    if rows == {(d, order, m) for order, d, m in wanted}:
        return "the right cases with d and l exchanged: the order comes first"
    if rows == {(order, d, m + 1) for order, d, m in wanted}:
        return "the number of columns that fall short is asked for, not the number that is enough"
    if any(row[0] == 2 for row in rows):
        return "matrices fall short at almost every size: begin with l = 3"
    if rows - wanted:
        order, d, m = min(rows - wanted)
        return f"at l = {order}, d = {d}, m = {m} nothing is missing: the rank is min(dm, D) there, or the size is out"
    lacking = len(wanted - rows)
    return f"true so far, and {lacking} more to be found" if lacking else ""


def missed(theta: float, order: int) -> float:
    """The squared error at a target that makes the angle theta with the only column."""
    target = np.array([[math.cos(theta)], [math.sin(theta)]])
    return float(lazy.squared_errors(np.eye(2)[:, :1], order, target)[0])


def missed_without_binomials(theta: float, order: int) -> float:
    """The squared error of :func:`missed` with the binomial coefficients forgotten: a usual mistake."""
    c, s = math.cos(theta) ** 2, math.sin(theta) ** 2
    return sum(c ** (order - k) * s**k for k in range(2, order + 1))


def angle_of(error: float) -> float:
    """The angle, in degrees, at which one column has this squared error at order 3."""
    return math.degrees(brentq(lambda theta: missed(theta, 3) - error, 0.01, 1.5))


def expected_error(U: Array, c: Array, order: int) -> float:
    """E ||T* - P T*||^2 for T* = sum_s c_s u_s^{(x) l} with independent uniform u_s and independent signs."""
    return float(lazy.lazy_error(U, order) * np.sum(np.square(c)))


def first_flat_dimension(order: int) -> int:
    """The least dimension with kappa >= 1/2."""
    return next(d for d in count(1) if flatness(d, order) >= Fraction(1, 2))


def floors(U: Array, order: int) -> tuple[float, float]:
    """Expected errors of m components as m/2 pairs and as m distinct columns."""
    return lazy.lazy_error(U[:, : U.shape[1] // 2], order), lazy.lazy_error(U, order)


def fan(vectors: int, fans: int = 2, dimension: int = 6) -> lazy_descent.Start:
    """Columns in the plane at k pi/n with the signs (-1)^k, in several random planes: T_0 = 0 for odd l < n."""
    rng = np.random.default_rng(1)
    angles = np.pi * np.arange(vectors) / vectors
    plane = np.vstack([np.cos(angles), np.sin(angles)])
    columns = [np.linalg.qr(rng.standard_normal((dimension, 2)))[0] @ plane for _ in range(fans)]
    return lazy_descent.Start(np.hstack(columns), np.tile((-1.0) ** np.arange(vectors), fans))


@cache
def fan_power(vectors: int) -> float:
    """The power of alpha with which the gap to the linearised model changes from alpha = 100 to 300."""
    target = SymmetricCP([1.0], random_unit_vectors(6, 1, np.random.default_rng(3)), order=3)
    gaps = [lazy_descent.lazy_descent(fan(vectors), target, a, [30, 100, 300]).gaps.max() for a in (100.0, 300.0)]
    return math.log(gaps[1] / gaps[0]) / math.log(3.0)
