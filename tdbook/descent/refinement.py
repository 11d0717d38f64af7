"""From the region that Algorithm 1 finds to a decomposition one can use: few components, ten digits.

Algorithm 1 ends with m components, several of which share one component of the target and some of which idle,
at a relative error of the order of epsilon: its regulariser keeps it from the target itself. Here

1. components of nearly one direction are merged and idle ones dropped;
2. the rest is polished by SciPy's L-BFGS-B on the inner-product form of ||T - T*||^2 / 2;
3. that loss is blind below a relative error of 1e-8 or so, its gradient is not: the last digits come from
   Gauss-Newton steps, each the shortest solution of a linear system by SciPy's ``eigh``;
4. one component less is tried, again and again, until no candidate reaches the accuracy or a rank of an
   unfolding shows that no decomposition is shorter.

Everything happens in the span of the target: projecting the components on it never makes the error grow.
Errors are measured through the QR core of :mod:`tdbook.tensors`, never through the loss.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tdbook import validation
from tdbook.tensors import (
    SymmetricCP,
    SymmetricTensor,
    check_tensor,
    integer_power,
    random_unit_vectors,
    unit_columns,
)
from tdbook.validation import Array

GOAL = 1e-10  # relative error at which a target counts as found
_SAME = (0.97, 0.99, 0.997, 0.999)  # components with a cosine beyond the first of these that works are one
_IDLE = 1e-3  # components below this share of the largest are dropped
_NEWTON_STEPS = 30
_SINGULAR = 1e-11  # eigenvalues of J^T J below this share of the largest are taken for zero
_NEAR = 1e-3  # a fit that is no nearer than this is not worth shortening
_AWAY = 1e30  # a component so many times the target is not polished: its powers would leave the range
_CANDIDATES = 6  # ways to do with one component less that are tried before giving up


@dataclass(frozen=True)
class PolishRecord:
    """One stage of a refinement: what was done, components afterwards, relative error afterwards."""

    stage: str
    components: int
    error: float


class _Fit:
    """T(X) = sum_i s_i x_i^{(x) l} with fixed signs s, and ||T - T*||^2 / 2 in inner products."""

    def __init__(self, target: SymmetricTensor, signs: Array) -> None:
        self.target, self.signs, self.order = target, signs, target.order
        self.shape = (target.dimension, len(signs))
        self.square = target.norm() ** 2

    def tensor(self, x: Array) -> SymmetricCP:
        return SymmetricCP(self.signs, x.reshape(self.shape), self.order)

    def loss(self, x: Array) -> tuple[float, Array]:
        """The loss and its gradient l s_i R(x_i^{(x) l-1}, .)."""
        X, l, s = x.reshape(self.shape), self.order, self.signs
        gram = X.T @ X
        powers = integer_power(gram, l - 1)
        pulled = self.target.contract(X)
        gradient = l * s * ((X * s) @ powers - pulled)
        cross = float(s @ np.einsum("ij,ij->j", X, pulled))
        value = 0.5 * float(s @ (powers * gram) @ s) - cross + 0.5 * self.square
        return value, gradient.ravel()

    def gradient(self, x: Array) -> Array:
        return self.loss(x)[1]

    def gauss_newton(self, x: Array) -> Array:
        """J^T J for the derivative J of X -> T(X): the Hessian of the loss where the residual is zero."""
        X, l, s = x.reshape(self.shape), self.order, self.signs
        p, n = self.shape
        gram = X.T @ X
        same = integer_power(gram, l - 1)
        mixed = (l - 1) * integer_power(gram, l - 2)
        signs = l * np.outer(s, s)
        # entry (a, i, b, j): l s_i s_j [ <x_i, x_j>^{l-1} 1(a = b) + (l-1) <x_i, x_j>^{l-2} x_j[a] x_i[b] ]
        blocks = np.einsum("ij,aj,bi->aibj", signs * mixed, X, X)
        blocks[np.arange(p), :, np.arange(p), :] += signs * same
        return blocks.reshape(p * n, p * n)


def _bounded(weights: Array, directions: Array, order: int) -> tuple[Array, Array]:
    """Signs and vectors x_i = |w_i|^{1/l} v_i with T = sum_i s_i x_i^{(x) l}; for odd l all signs are +1."""
    signs = np.sign(weights)
    X = directions * np.abs(weights) ** (1.0 / order)
    return (np.ones_like(signs), X * signs) if order % 2 else (signs, X)


def merge(tensor: SymmetricCP, cosine: float = _SAME[0], share: float = _IDLE) -> SymmetricCP:
    """The tensor with components of nearly one direction put together, and idle ones left out.

    Components beyond a cosine, up to sign, become one along their weighted mean; then those below ``share`` of the
    largest are dropped. Components of opposite weights in one direction cancel.

    Raises
    ------
    ValueError
        If ``cosine`` or ``share`` is not in (0, 1).
    """
    validation.instance("tensor", tensor, SymmetricCP)
    cosine, share = validation.real("cosine", cosine, maximum=1.0), validation.real("share", share, maximum=1.0)
    weights, directions = tensor.components()
    order = tensor.order
    parts: list[tuple[float, Array]] = []
    left = [int(i) for i in np.argsort(-np.abs(weights)) if weights[i] != 0]
    while left:
        cosines = directions[:, left[0]] @ directions[:, left]
        members = [i for i, other in zip(left, cosines, strict=True) if abs(other) > cosine or i == left[0]]
        turned = np.sign(directions[:, left[0]] @ directions[:, members])
        signed = weights[members] * turned**order
        mean = (directions[:, members] * turned) @ np.abs(signed / signed[0])
        parts.append((float(signed.sum()), mean / np.linalg.norm(mean)))
        left = [i for i in left if i not in members]
    largest = max((abs(weight) for weight, _ in parts), default=0.0)
    kept = [(weight, mean) for weight, mean in parts if abs(weight) > share * largest]
    if not kept:
        return tensor
    return SymmetricCP([weight for weight, _ in kept], np.column_stack([mean for _, mean in kept]), order)


def polish(tensor: SymmetricCP, target: SymmetricTensor) -> SymmetricCP:
    """The best fit near a tensor with as many components: L-BFGS-B on the loss, then Gauss-Newton on its gradient.

    A Gauss-Newton step is the shortest solution of J^T J x = -gradient (from SciPy's ``eigh``), so components
    more than needed, which leave J^T J singular, do no harm. Steps are kept while the error falls.
    """
    from scipy.linalg import eigh
    from scipy.optimize import minimize

    _check_pair(tensor, target)
    unit = _power_of_two(target.norm())
    largest = float(np.abs(tensor.components()[0]).max())
    if largest / _AWAY > unit:
        raise ValueError(f"tensor must be near the target in size, got a component of {largest:.3g} beside {unit:.3g}")
    tensor, target = tensor.scaled(1.0 / unit), target.scaled(1.0 / unit)
    weights, directions = tensor.components()
    signs, X = _bounded(weights, directions, tensor.order)
    fit = _Fit(target, signs)
    options = {"maxiter": 3000, "maxfun": 6000, "maxcor": 20, "ftol": 1e-16, "gtol": 1e-10}
    x = minimize(fit.loss, X.ravel(), jac=True, method="L-BFGS-B", options=options).x
    best = fit.tensor(x)
    error = best.distance(target)
    for _ in range(_NEWTON_STEPS if error < 1e-2 * target.norm() else 0):
        try:
            curvatures, axes = eigh(fit.gauss_newton(x))
        except np.linalg.LinAlgError:  # LAPACK did not converge
            break
        keep = curvatures > _SINGULAR * curvatures[-1]
        x = x - axes[:, keep] @ (axes[:, keep].T @ fit.gradient(x) / curvatures[keep])
        found = fit.tensor(x)
        reached = found.distance(target)
        if reached >= error:
            break
        best, error, before = found, reached, error
        if error < 1e-14 * target.norm() or error > 0.9 * before:
            break
    return best.scaled(unit)


def _check_pair(tensor: SymmetricCP, target: SymmetricTensor) -> None:
    shape = validation.instance("tensor", tensor, SymmetricCP).dimension, tensor.order
    if shape != (check_tensor("target", target).dimension, target.order):
        wanted = f"dimension {target.dimension} and order {target.order}"
        raise ValueError(f"tensor must have {wanted} like the target, got {shape[0]} and {shape[1]}")


def _power_of_two(size: float) -> float:
    """Near ``size``, to divide by without rounding: squares of losses would leave the range, tolerances mean a size."""
    return float(2.0 ** np.clip(np.round(np.log2(size)), -1000, 1000)) if size > 0 else 1.0


def rank_lower_bound(target: SymmetricTensor) -> int:
    """A number of components below which no decomposition exists: the rank of the squarest unfolding."""
    singular = np.linalg.svd(check_tensor("target", target).unfolding(), compute_uv=False)
    return int((singular > 1e-9 * singular.max(initial=0.0)).sum())


def refine_tensor(
    tensor: SymmetricCP, target: SymmetricTensor, goal: float = GOAL
) -> tuple[SymmetricCP, list[PolishRecord]]:
    """A decomposition of the target near a given one: few components, relative error at most ``goal``.

    Parameters
    ----------
    tensor : SymmetricCP
        Within the region of the target, for instance what Algorithm 1 ended with.
    target : SymmetricTensor
    goal : float

    Returns
    -------
    tensor : SymmetricCP
        If the goal is out of reach, the best fit found.
    records : list of PolishRecord
        The stages. The last one's error tells whether the goal was reached.
    """
    goal = validation.real("goal", goal)
    _check_pair(tensor, target)
    small, lift, start = _in_span(tensor, target)
    size = small.norm()
    if size == 0.0:
        raise ValueError("target must not be zero, got a tensor of norm 0")
    records = [PolishRecord("given", start.rank, start.distance(small) / size)]

    def note(stage: str, found: SymmetricCP) -> float:
        error = found.distance(small) / size
        records.append(PolishRecord(stage, found.rank, error))
        return error

    best, error = start, np.inf
    tried = set()
    for whole in (False, True):
        # what was taken for one may have been two; and what all components found may be merged afterwards
        begin = polish(start, small) if whole else start
        if whole:
            note("all polished", begin)
        for cosine in _SAME:
            merged = merge(begin, cosine)
            if (whole, merged.rank) in tried:
                continue
            tried.add((whole, merged.rank))
            note("merged", merged)
            polished = polish(merged, small)
            reached = note("polished", polished)
            if reached < error:
                best, error = polished, reached
            if error <= goal:
                break
        if error <= goal:
            break
        if whole and begin.distance(small) / size < error:
            best, error = begin, note("all polished", begin)
    # components too many may keep a fit from converging: then the best of the shorter ones is followed as well
    floor, current, now = rank_lower_bound(small), best, error
    while current.rank > floor and now < _NEAR:
        current, now = _shorter(current, small, goal)
        if now <= goal or now < error:
            best, error = current, note("one component less", current)
        elif error <= goal:
            break
    if records[-1].error != error:
        note("best of all", best)
    return SymmetricCP(best.weights, lift @ best.factors, best.order), records


def _shorter(tensor: SymmetricCP, target: SymmetricTensor, goal: float) -> tuple[SymmetricCP, float]:
    """The first polished fit with one component less that reaches the goal, or the best one, and its error."""
    best, least = tensor, np.inf
    for candidate in _with_one_less(tensor):
        found = polish(candidate, target)
        error = found.distance(target) / target.norm()
        if error < least:
            best, least = found, error
        if error <= goal:
            break
    return best, least


def _with_one_less(tensor: SymmetricCP) -> Iterator[SymmetricCP]:
    """The lightest components dropped, the nearest pairs merged."""
    weights, directions = tensor.components()
    n, order = len(weights), tensor.order
    for i in np.argsort(np.abs(weights))[:_CANDIDATES]:
        keep = np.arange(n) != i
        yield SymmetricCP(weights[keep], directions[:, keep], order)
    cosines = directions.T @ directions
    pairs = sorted(((i, j) for j in range(n) for i in range(j)), key=lambda pair: -abs(cosines[pair]))
    for i, j in pairs[:_CANDIDATES]:
        turned = 1.0 if cosines[i, j] >= 0 else -1.0
        mean = directions[:, i] * abs(weights[i]) + turned * directions[:, j] * abs(weights[j])
        keep = (np.arange(n) != i) & (np.arange(n) != j)
        weight = weights[i] + turned**order * weights[j]
        yield SymmetricCP(np.append(weights[keep], weight), np.column_stack([directions[:, keep], mean]), order)


def _in_span(tensor: SymmetricCP, target: SymmetricTensor) -> tuple[SymmetricTensor, Array, SymmetricCP]:
    """Target and tensor in an orthonormal basis of the target's span S, and the basis.

    Projecting the components on S takes T - T* to its projection, since T* is its own: the error does not grow.
    """
    basis = target.span()
    return target.in_basis(basis), basis, tensor.in_basis(basis)


def local_search(
    target: SymmetricTensor, components: int, rng: int | np.random.Generator = 0, *, patient: bool = False
) -> SymmetricCP:
    """The local method alone: L-BFGS-B from random directions, without Algorithm 1.

    Components start as uniform unit vectors of R^d with weights +-||T*||; ``patient`` takes the tolerances and the
    Gauss-Newton steps of :func:`polish`, otherwise SciPy's own tolerances end it.
    """
    from scipy.optimize import minimize

    m = validation.integer("components", components, 1)
    generator = validation.generator(rng)
    validation.flag("patient", patient)
    unit = _power_of_two(check_tensor("target", target).norm())
    target = target.scaled(1.0 / unit)
    directions = random_unit_vectors(target.dimension, m, generator)
    weights = generator.choice([-1.0, 1.0], size=m) * target.norm()
    basis, small = None, target
    if target.components() is not None and m + target.frame().shape[1] < target.dimension:
        # a method that only adds gradients up never leaves the span of its start and of the target
        basis, small, directions = target.beside(directions)
    start = SymmetricCP(weights, directions, target.order)
    if patient:
        found = polish(start, small)
    else:
        signs, X = _bounded(weights, directions, target.order)
        fit = _Fit(small, signs)
        found = fit.tensor(minimize(fit.loss, X.ravel(), jac=True, method="L-BFGS-B").x)
    found = found.scaled(unit)
    return found if basis is None else SymmetricCP(found.weights, basis @ found.factors, found.order)


def largest_angle(one: SymmetricCP, two: SymmetricCP) -> float:
    """The largest angle, in radians, between components of ``one`` and their nearest ones in ``two``, up to sign."""
    validation.instance("one", one, SymmetricCP)
    if validation.instance("two", two, SymmetricCP).dimension != one.dimension:
        raise ValueError(f"two must have dimension {one.dimension} like one, got {two.dimension}")
    cosines = np.abs(unit_columns(one.factors)[1].T @ unit_columns(two.factors)[1]).max(axis=1)
    return float(np.arccos(np.clip(cosines, 0.0, 1.0)).max())
