"""Where plain gradient descent ends from random starts (Sections 1 and 3.3): reached, stalled, or unfinished.

Many starts run at once as one array. Slow is not stuck: a start counts as stalled only when its gradient is small
and stays small for as many steps again, and what is undecided at the step cap is counted apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tdbook import validation
from tdbook.tensors import SymmetricCP, integer_power, random_unit_vectors
from tdbook.validation import Array

OUTCOMES = ("reached", "stalled", "unfinished")


@dataclass(frozen=True)
class Outcomes:
    """How the starts of :func:`plain_descent` ended.

    Attributes
    ----------
    reached : int
        Relative error at most ``accuracy``.
    stalled : int
        The gradient fell to ``tolerance`` at a larger error, and was as small after as many steps again.
    unfinished : int
        Neither of the two by the step cap.
    errors : ndarray of shape (starts,)
        Relative error of each start at its end.
    steps : ndarray of int, shape (starts,)
    outcome : ndarray of int, shape (starts,)
        Index into ``OUTCOMES``.
    """

    reached: int
    stalled: int
    unfinished: int
    errors: Array
    steps: np.ndarray
    outcome: np.ndarray


def plain_descent(
    target: SymmetricCP,
    components: int,
    starts: int = 100,
    rng: int | np.random.Generator = 0,
    *,
    step_size: float = 0.02,
    size: float = 0.5,
    cap: int = 200_000,
    accuracy: float = 0.01,
    tolerance: float = 1e-5,
    random_signs: bool = False,
) -> Outcomes:
    r"""Gradient descent on the vanilla loss, in U and c together, from many random starts at once.

    Parameters
    ----------
    target : SymmetricCP
        T*; it is scaled to unit norm.
    components : int
        m.
    starts : int
    rng : int or numpy.random.Generator
    step_size, size : float
        eta; the norm of each component at the start, in a uniform direction.
    cap : int
        Steps after which an undecided start counts as unfinished.
    accuracy, tolerance : float
        Relative error that counts as reached; norm of the gradient that counts as small.
    random_signs : bool
        c_i starts at random signs instead of +1.

    Claim: orthogonal-stuck

    For orthogonal $T^*$ of equal weights and $m=r=d$ plain gradient descent on the vanilla loss stalls at a positive
    error from a sizeable fraction of random starts; with $m=2r$ and $4r$ from a clearly smaller one, with $m=8r$ none
    was seen.
    """
    m, n = validation.components(components), validation.count("starts", starts)
    eta, size = validation.real("step_size", step_size), validation.real("size", size)
    cap = validation.count("cap", cap)
    accuracy, tolerance = validation.real("accuracy", accuracy), validation.real("tolerance", tolerance)
    generator = validation.generator(rng)
    validation.instance("target", target, SymmetricCP)
    validation.flag("random_signs", random_signs)
    unit = target.scaled(1.0 / target.size())
    validation.entries("starts times components times components", n, m, m)
    directions = random_unit_vectors(target.dimension, n * m, generator)
    U = size * np.ascontiguousarray(directions.T.reshape(n, m, -1))  # rows are components: (starts, m, d)
    c = generator.choice([-1.0, 1.0], size=(n, m)) if random_signs else np.ones((n, m))
    alive, outcome = np.arange(n), np.full(n, OUTCOMES.index("unfinished"))
    errors, steps, quiet_since = np.ones(n), np.full(n, cap), np.full(n, -1)
    with validation.overflowing():
        for taken in range(cap + 1):
            error, gradient_U, gradient_c = _batch_gradient(U, c, unit)
            if taken % 50 == 0 or taken == cap:
                norm = np.sqrt(np.square(gradient_U).sum(axis=(1, 2)) + np.square(gradient_c).sum(axis=1))
                quiet = norm <= tolerance
                quiet_since[alive] = np.where(quiet, np.where(quiet_since[alive] < 0, taken, quiet_since[alive]), -1)
                errors[alive] = error
                done = error <= accuracy
                at_rest = ~done & quiet & (taken >= 2 * quiet_since[alive])
                outcome[alive[done]], outcome[alive[at_rest]] = 0, 1
                steps[alive[done | at_rest]] = taken
                if not np.isfinite(norm).all():
                    raise ValueError(f"step_size must be small enough for descent to stay finite, got {eta:g}")
                keep = ~(done | at_rest)
                if not keep.any():
                    break
                if not keep.all():
                    alive, U, c, gradient_U, gradient_c = (x[keep] for x in (alive, U, c, gradient_U, gradient_c))
            U, c = U - eta * gradient_U, c - eta * gradient_c
    reached, stalled, unfinished = (int((outcome == kind).sum()) for kind in range(len(OUTCOMES)))
    return Outcomes(reached, stalled, unfinished, errors, steps, outcome)


def _batch_gradient(U: Array, c: Array, target: SymmetricCP) -> tuple[Array, Array, Array]:
    """Relative errors (n,) and gradients of f_v in U (n, m, d) and c (n, m), for a target of unit norm."""
    order = target.order
    weights, factors = target.components()
    gram = U @ np.swapaxes(U, 1, 2)
    powers = integer_power(gram, order - 1)
    cosines = U @ factors
    residual = powers @ (c[:, :, None] * U) - (integer_power(cosines, order - 1) * weights) @ factors.T
    in_c = np.einsum("nmd,nmd->nm", U, residual)
    cross = integer_power(cosines, order) @ weights
    # ||T - T*||^2 = <c, in_c> - <c, cross> + 1: the two inner products with T are one of them already
    square = np.einsum("nm,nm->n", c, in_c - cross) + 1.0
    return np.sqrt(np.maximum(square, 0.0)), order * c[:, :, None] * residual, in_c


def orthogonal_target(dimension: int, order: int) -> SymmetricCP:
    """sum_{i<=d} e_i^{(x) l} / sqrt(d): unit norm, rank d."""
    d = validation.integer("dimension", dimension, 1)
    validation.entries("dimension times dimension", d, d)
    return SymmetricCP(np.full(d, d**-0.5), np.eye(d), validation.order(order, 3))
