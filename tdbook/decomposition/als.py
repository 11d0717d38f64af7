"""Alternating least squares (ALS) with more components than terms, from many starts at once.

An asymmetric model of order l has l factor matrices A_1, ..., A_l of shape (d, m) and the value
sum_i a_{1i} (x) ... (x) a_{li}. ALS fixes all but one of them and replaces that one by the exact least-squares
solution. The loss therefore never rises. With K the Khatri-Rao product of the fixed factors, the new factor is
T_(k) K (K^T K)^+, where T_(k) is the target with its k-th index in front.

Factors are kept as one array of shape (l, starts, d, m).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from tdbook import validation
from tdbook.tensors import SymmetricCP
from tdbook.validation import Array

# Below this share of its largest diagonal entry a triangular factor counts as singular.
_SINGULAR = 1e-13


@dataclass(frozen=True, eq=False)
class AlternatingRun:
    """What became of ALS from several starts.

    Attributes
    ----------
    factors : ndarray of shape (l, starts, d, m)
        After the last sweep.
    errors : ndarray of shape (sweeps + 1, starts)
        ||T - T*||_F at the start and after every sweep; the last value is repeated once a run was stopped.
    """

    factors: Array
    errors: Array

    def sweeps_until(self, error: float) -> list[int | None]:
        """For each start the first sweep after which the error is at most ``error``; None where it never is."""
        reached = self.errors <= validation.real("error", error)
        return [int(np.argmax(column)) if column.any() else None for column in reached.T]


def random_factors(
    dimension: int, order: int, components: int, starts: int, rng: int | np.random.Generator = 0, scale: float = 1.0
) -> Array:
    """Independent Gaussian factors, shape (l, starts, d, m), with columns of expected squared length ``scale``²."""
    d, l = validation.integer("dimension", dimension, 1), validation.order(order, 2)
    m, n = validation.components(components), validation.count("starts", starts)
    size = validation.real("scale", scale) / np.sqrt(d)
    return size * validation.generator(rng).standard_normal((l, n, d, m))


def khatri_rao(factors: Array) -> Array:
    """The column-wise Kronecker product of factors of shape (k, ..., d, m); shape (..., d^k, m)."""
    product = factors[0]
    for following in factors[1:]:
        product = (product[..., :, None, :] * following[..., None, :, :]).reshape(
            *product.shape[:-2], -1, product.shape[-1]
        )
    return product


def _least_squares(K: Array, values: Array) -> Array:
    """The minimum-norm X with X K^T nearest to ``values``, for stacks: (..., N, m) and (..., d, N) give (..., d, m)."""
    rows, columns = K.shape[-2:]
    if columns >= rows:
        return values @ np.linalg.pinv(np.swapaxes(K, -1, -2))
    Q, R = np.linalg.qr(K)
    diagonal = np.abs(np.diagonal(R, axis1=-2, axis2=-1))
    singular = diagonal.min(axis=-1) <= _SINGULAR * diagonal.max(axis=-1)
    R = np.where(singular[..., None, None], np.eye(columns), R)
    X = np.swapaxes(np.linalg.solve(R, np.swapaxes(values @ Q, -1, -2)), -1, -2)
    if singular.any():
        X[singular] = values[singular] @ np.linalg.pinv(np.swapaxes(K[singular], -1, -2))
    return X


def updated(factors: Array, target: SymmetricCP, mode: int, scaled: bool = True) -> Array:
    """The factors with number ``mode`` replaced by its least-squares solution.

    ``scaled`` brings the columns of the fixed factors to length one first. In exact arithmetic that changes nothing
    as long as K has full column rank; beyond it, it changes which of the solutions has the least norm.
    """
    factors = factors.copy()
    fixed = np.delete(factors, mode, axis=0)
    if scaled:
        lengths = np.linalg.norm(fixed, axis=-2, keepdims=True)
        fixed = fixed / np.where(lengths > 0, lengths, 1.0)
        factors[np.arange(len(factors)) != mode] = fixed
    flat = target.weights * target.factors @ khatri_rao(np.stack([target.factors] * len(fixed))).T
    factors[mode] = _least_squares(khatri_rao(fixed), np.broadcast_to(flat, (factors.shape[1], *flat.shape)))
    return factors


def updates(factors: Array, target: SymmetricCP, scaled: bool = True) -> Iterator[Array]:
    """The factors after every single update, one mode after the other, without end."""
    while True:
        for mode in range(len(factors)):
            factors = updated(factors, target, mode, scaled)
            yield factors


def swept(factors: Array, target: SymmetricCP, sweeps: int = 1, scaled: bool = True) -> Array:
    """The factors after ``sweeps`` sweeps of l updates each."""
    count = len(factors) * validation.count("sweeps", sweeps)
    return next(islice(updates(factors, target, scaled), count - 1, None))


def model_errors(factors: Array, target: SymmetricCP) -> Array:
    """||T - T*||_F for each start, shape (starts,): from the entries, so that nothing cancels."""
    l, _, d, _ = factors.shape
    if (l, d) != (target.order, target.dimension):
        raise ValueError(
            f"factors must have shape (l, starts, d, m) with l = {target.order} and d = {target.dimension}, "
            f"got {factors.shape}"
        )
    wanted = target.weights * target.factors @ khatri_rao(np.stack([target.factors] * (l - 1))).T
    gap = factors[0] @ np.swapaxes(khatri_rao(factors[1:]), -1, -2) - wanted
    return np.linalg.norm(gap, axis=(-2, -1))


def lightest(factors: Array) -> np.ndarray:
    """For each start the component whose rank-one tensor has the least norm, shape (starts,)."""
    return np.argmin(np.linalg.norm(factors, axis=-2).prod(axis=0), axis=-1)


def redrawn(factors: Array, rng: int | np.random.Generator = 0) -> Array:
    """The lightest component of every start replaced by a random one."""
    l, starts, d, _ = factors.shape
    factors = factors.copy()
    factors[:, np.arange(starts), :, lightest(factors)] = np.swapaxes(
        random_factors(d, l, 1, starts, rng)[..., 0], 0, 1
    )
    return factors


def without_lightest(factors: Array) -> Array:
    """The factors without the lightest component of every start."""
    kept = np.arange(factors.shape[-1]) != lightest(factors)[:, None]
    l, starts, d, m = factors.shape
    return np.moveaxis(np.moveaxis(factors, 2, -1)[:, kept].reshape(l, starts, m - 1, d), -1, 2)


def als(
    target: SymmetricCP,
    components: int,
    sweeps: int = 100,
    *,
    starts: int = 1,
    rng: int | np.random.Generator = 0,
    scaled: bool = True,
    scale: float = 1.0,
    redraw_every: int | None = None,
    stop_below: float = 0.0,
) -> AlternatingRun:
    """Alternating least squares from random starts.

    Parameters
    ----------
    target : SymmetricCP
        T*, of order l and dimension d. Memory and time grow like d^{l-1} m, so use coordinates of its span.
    components : int
        m.
    sweeps : int
        Largest number of sweeps.
    starts : int
        Number of independent starts.
    rng : int or numpy.random.Generator
    scaled : bool
        See :func:`updated`.
    scale : float
        Length of the columns at the start.
    redraw_every : int, optional
        Re-initialise the lightest component after every so many sweeps, as Algorithm 1 does between epochs.
    stop_below : float
        A start is left alone once its error is at most this.

    Returns
    -------
    AlternatingRun
    """
    validation.instance("target", target, SymmetricCP)
    rng = validation.generator(rng)
    every = None if redraw_every is None else validation.count("redraw_every", redraw_every)
    stop_below = validation.real("stop_below", stop_below, strict=False)
    factors = random_factors(target.dimension, target.order, components, starts, rng, scale)
    errors = [model_errors(factors, target)]
    for sweep in range(1, validation.count("sweeps", sweeps) + 1):
        moving = errors[-1] > stop_below
        now = errors[-1].copy()
        if moving.any():
            some = factors[:, moving]
            if every is not None and sweep > 1 and (sweep - 1) % every == 0:
                some = redrawn(some, rng)
            factors[:, moving] = swept(some, target, 1, scaled)
            now[moving] = model_errors(factors[:, moving], target)
        errors.append(now)
    return AlternatingRun(factors, np.array(errors))


def deflated(
    factors: Array,
    target: SymmetricCP,
    sweeps: int = 100,
    after: int = 5,
    rng: int | np.random.Generator = 0,
    scaled: bool = True,
) -> AlternatingRun:
    """Leave the lightest component out, fit the rest by ``sweeps`` sweeps, then add one random component to it.

    The new component alone is fitted to the residual first, by ``after`` sweeps; then all take part in ``after``
    sweeps. When the others have fitted all terms but one exactly, the residual is a rank-one tensor and one sweep of
    the new component finds it. ``errors`` has three rows: before, with the component left out, and at the end.
    """
    rng = validation.generator(rng)
    before = model_errors(factors, target)
    kept = swept(without_lightest(factors), target, sweeps, scaled)
    between = model_errors(kept, target)
    new = random_factors(target.dimension, len(factors), 1, factors.shape[1], rng)
    for _ in range(validation.count("after", after)):
        new = _fitted_to_residual(new, kept, target)
    ended = swept(np.concatenate([kept, new], axis=-1), target, after, scaled)
    return AlternatingRun(ended, np.array([before, between, model_errors(ended, target)]))


def _fitted_to_residual(new: Array, kept: Array, target: SymmetricCP) -> Array:
    """One sweep of least squares for the component ``new`` alone, on T* minus the model of ``kept``."""
    new = new.copy()
    for mode in range(len(new)):
        fixed = np.delete(new, mode, axis=0)
        others = np.delete(kept, mode, axis=0)
        wanted = (target.weights * target.factors) @ (np.swapaxes(target.factors, -1, -2) @ fixed).prod(axis=0)
        taken = kept[mode] @ (np.swapaxes(others, -1, -2) @ fixed).prod(axis=0)
        new[mode] = (wanted - taken) / (fixed**2).sum(axis=-2, keepdims=True).prod(axis=0)
    return new
