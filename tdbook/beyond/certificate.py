"""What the regulariser asks for: the nuclear norm and its certificate (Section 6 of the paper, and since).

With masses mu_i = ||u_i||^2 and unit atoms w_i, the 2-homogeneous loss is

    f = ||sum_i mu_i a_i w_i^{(x) l} - T*||^2 / 2 + lambda sum_i mu_i,

and over all numbers of components it asks for the same as a convex problem with the symmetric nuclear norm. Such
problems have a *certificate*: :func:`certify` states it and looks for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from tdbook import validation
from tdbook.tensors import (
    SymmetricCP,
    SymmetricTensor,
    check_tensor,
    random_unit_vectors,
    unit_columns,
)
from tdbook.validation import Array

# Points of a sphere's grid handled at a time.
_BLOCK = 20_000


# --- the residual on the sphere -----------------------------------------------------------------------------


def sphere_grid(dimension: int, fineness: int = 120) -> tuple[Array, float]:
    """Unit vectors w, one of each pair (w, -w), that leave no point of the sphere far away.

    Parameters
    ----------
    dimension : int
        1, 2 or 3.
    fineness : int
        Steps in a quarter turn.

    Returns
    -------
    points : ndarray of shape (dimension, N)
    radius : float
        Every unit vector makes an angle of at most ``radius`` with some point or its opposite.
    """
    s = validation.integer("dimension", dimension, 1, 3)
    n = validation.integer("fineness", fineness, 2)
    validation.entries("the grid's numbers for this fineness", 6, *(2 * [2 * n] if s == 3 else [2 * n]))
    if s == 1:
        return np.ones((1, 1)), 0.0
    half = math.pi / (4 * n)
    turn = (np.arange(2 * n) + 0.5) * 2 * half
    if s == 2:
        return np.vstack([np.cos(turn), np.sin(turn)]), half
    height = (np.arange(n) + 0.5) * 2 * half  # polar angle, in the upper half
    full = (np.arange(4 * n) + 0.5) * 2 * half
    polar, around = (x.ravel() for x in np.meshgrid(height, full, indexing="ij"))
    points = np.vstack([np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)])
    # with polar angles p, q and differences a = p - q and b of the angles, both at most h = half, the distance t has
    # 1 - cos t = 1 - cos a + sin p sin q (1 - cos b) <= (1 - cos h) (3 + cos h) / 2 <= 1 - cos(sqrt(2) h)
    return points, math.sqrt(2.0) * half


def sphere_values(tensor: SymmetricTensor, points: Any) -> Array:
    """T(w^{(x) l}) for many points w, columns of an array of shape (d, N), a block at a time."""
    check_tensor("tensor", tensor)
    points = validation.array(
        "points", points, (tensor.dimension, "N"), f"for a tensor of dimension {tensor.dimension}"
    )
    blocks = [tensor.evaluate(points[:, k : k + _BLOCK]) for k in range(0, points.shape[1], _BLOCK)]
    return np.concatenate(blocks)


def largest_by_grid(tensor: SymmetricTensor, fineness: int = 120) -> tuple[float, float]:
    """max |T(w^l)| over the unit sphere, from below and from above; dimension at most 3.

    On a great circle T(w^l) is a trigonometric polynomial of degree l, and one with maximum M is at least
    M cos(l t) at an angle t <= pi / (2l) from where it is attained (M. Riesz). A grid with covering radius t that
    sees ``low`` therefore proves M <= low / cos(l t).
    """
    points, radius = sphere_grid(check_tensor("tensor", tensor).dimension, fineness)
    if tensor.order * radius >= math.pi / 2:
        least = tensor.order * math.sqrt(2) / 2
        raise ValueError(f"fineness must be > {least:.1f} at order {tensor.order}, got {fineness}")
    low = float(np.abs(sphere_values(tensor, points)).max())
    return low, low / math.cos(tensor.order * radius)


def largest_by_ascent(
    tensor: SymmetricTensor, starts: int = 40, steps: int = 600, rng: int | np.random.Generator = 0
) -> tuple[float, Array]:
    """max |T(w^l)| over the unit sphere, searched from many starts by the shifted power method.

    w <- w' / ||w'||, w' = sign T(w^{l-1}, .) + shift w. With shift >= (l-1) max |T(w^l)| the map w -> sign T(w^l)
    + shift ||w||^l / l is convex on the ball, and no step goes down (Kolda and Mayo, 2011).

    Returns
    -------
    value : float
        The largest |T(w^l)| found: a lower bound of the maximum, and the maximum itself as far as starts reach.
    point : ndarray of shape (d,)
    """
    rng = validation.generator(rng)
    count = validation.count("starts", starts)
    points = random_unit_vectors(check_tensor("tensor", tensor).dimension, 2 * count, rng)
    points[:, count:] = points[:, :count]
    signs = np.repeat([1.0, -1.0], count)
    shift = (tensor.order - 1) * tensor.norm()  # ||T||_F is an upper bound of max |T(w^l)|
    values = signs * tensor.evaluate(points)
    for _ in range(validation.count("steps", steps)):
        points = unit_columns(signs * tensor.contract(points) + shift * points)[1]
        before, values = values, signs * tensor.evaluate(points)
        if np.abs(values - before).max() <= 1e-15 * shift:
            break
    best = int(np.argmax(values))
    return float(values[best]), points[:, best]


# --- the certificate ----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Certificate:
    """How far a decomposition is from solving the nuclear-norm problem.

    Attributes
    ----------
    regularization : float
        lambda.
    largest : float
        The largest |R(w^l)| found on the unit sphere, R = T - T*.
    bound : float
        A number that |R(w^l)| exceeds nowhere on the sphere of R^d; infinite when dim S > 3, where there is
        no grid.
    point : ndarray of shape (d,)
        Where ``largest`` is attained: the atom that violates the certificate most, if one does.
    masses : ndarray of shape (m,)
        mu_i = |weight_i| of the unit atoms.
    at_components : ndarray of shape (m,)
        -a_i R(w_i^l) / lambda: 1 at each component of a solution.
    loss : float
        ||R||^2 / 2 + lambda sum_i mu_i.
    gap : float
        The loss is at most this far above the minimum over all decompositions of any length; infinite with
        ``bound``.
    """

    regularization: float
    largest: float
    bound: float
    point: Array
    masses: Array
    at_components: Array
    loss: float
    gap: float

    @property
    def violation(self) -> float:
        """``largest`` / lambda: at most 1 at a solution."""
        return self.largest / self.regularization

    @property
    def defect(self) -> float:
        """sum_i mu_i |1 - at_components_i| / sum_i mu_i: how far the components are from equality, 0 at a solution."""
        total = float(self.masses.sum())
        return float(self.masses @ np.abs(1.0 - self.at_components)) / total if total else 0.0

    @property
    def radius(self) -> float:
        """The solution's tensor is within this distance of T: sqrt(2 gap), since the square is strongly convex."""
        return math.sqrt(2.0 * max(self.gap, 0.0))

    def holds(self, tolerance: float = 0.01) -> bool:
        """|R(w^l)| <= lambda (1 + tolerance) is proved for the whole sphere, and ``defect`` <= tolerance."""
        tolerance = validation.real("tolerance", tolerance, strict=False)
        return self.bound <= self.regularization * (1.0 + tolerance) and self.defect <= tolerance

    def __repr__(self) -> str:
        return (
            f"Certificate: max |R(w^l)| = {self.violation:.4f} lambda, defect at the components {self.defect:.1e}, "
            f"gap {self.gap:.1e}"
        )


def nuclear_loss(tensor: SymmetricCP, target: SymmetricTensor, regularization: float) -> float:
    """||T - T*||^2 / 2 + lambda sum_i |w_i| ||u_i||^l: the loss of the components as atoms with masses.

    On the family kappa = 1 of the 2-homogeneous model it equals the loss f of Section 4.
    """
    lam = validation.real("regularization", regularization, strict=False)
    distance = validation.instance("tensor", tensor, SymmetricCP).distance(check_tensor("target", target))
    with validation.overflowing():
        mass = float(np.abs(tensor.components()[0]).sum())
    value = 0.5 * (distance * distance) + lam * mass
    return validation.finite("the loss", value, "tensor, target or regularization is too large")


def certify(
    tensor: SymmetricCP,
    target: SymmetricTensor,
    regularization: float,
    *,
    fineness: int = 120,
    starts: int = 40,
    rng: int | np.random.Generator = 0,
) -> Certificate:
    r"""Look over the whole sphere for an atom that would lower the loss.

    Parameters
    ----------
    tensor : SymmetricCP
        T, in the scale of the target.
    target : SymmetricTensor
        T*. The search runs on the unit sphere of S, the span of the target; what of T lies outside is added to
        ``bound`` by its norm.
    regularization : float
        lambda > 0.
    fineness : int
        Of the grid on the sphere, where dim S <= 3.
    starts : int
        Of the ascent, for each sign.

    Examples
    --------
    >>> target = SymmetricCP([1.0, 0.5], np.eye(2), order=3)
    >>> shrunk = SymmetricCP([0.9, 0.4], np.eye(2), order=3)   # each weight less by lambda
    >>> certify(shrunk, target, 0.1).holds(1e-3)
    True
    >>> certify(SymmetricCP([0.9], np.eye(2)[:, :1], 3), target, 0.1).violation   # e_2 forgotten
    5.0

    Claim: nuclear-norm

    With $\kappa_i=1$, masses $\mu_i=\|u_i\|^2$ and atoms $w_i=u_i/\|u_i\|$ the objective of Section 4 is
    $\frac12\|T-T^*\|_F^2+\lambda\sum_i\mu_i$, and its infimum over all $m$ is
    $\min_T\frac12\|T-T^*\|_F^2+\lambda\|T\|_*$ with the symmetric nuclear norm.

    No decomposition of any length has a smaller objective than $T=\sum_i\mu_ia_iw_i^{\otimes l}$, all $\mu_i>0$, if and
    only if, with $R=T-T^*$,

    $$
    |R(w^{\otimes l})|\le\lambda\ \text{ for every unit }w,
    \qquad
    a_iR(w_i^{\otimes l})=-\lambda\ \text{ for every }i .
    $$

    A fresh component grows in a small step exactly when its atom violates the inequality with the sign that helps,
    $a\,R(w^{\otimes l})<-\lambda$.
    """
    if not isinstance(tensor, SymmetricCP):
        raise TypeError(
            f"tensor must be a SymmetricCP, whose components are the atoms, got {validation.describe(tensor)}"
        )
    lam = validation.real("regularization", regularization)
    R = tensor - check_tensor("target", target)
    basis = target.span()
    inside = R.in_basis(basis)
    value, point = largest_by_ascent(inside, starts, rng=rng)
    bound = math.inf
    if basis.shape[1] <= 3:
        seen, above = largest_by_grid(inside, fineness)
        value = max(value, seen)
        weights, factors = tensor.components()
        leak = tensor.distance(SymmetricCP(weights, basis @ (basis.T @ factors), tensor.order))
        bound = above + leak
    weights, factors = tensor.components()
    loss = nuclear_loss(tensor, target, lam)
    # -t R is feasible for the dual problem max <Y, T*> - ||Y||^2 / 2, |Y(w^l)| <= lambda
    t = 0.0 if bound == math.inf else min(1.0, lam / bound) if bound > 0 else 1.0
    dual = -t * R.inner(target) - 0.5 * (t * R.norm()) ** 2
    return Certificate(
        regularization=lam,
        largest=value,
        bound=bound,
        point=basis @ point,
        masses=np.abs(weights),
        at_components=-np.sign(weights) * R.evaluate(factors) / lam,
        loss=loss,
        gap=math.inf if bound == math.inf else loss - dual,
    )


def violating_share(
    tensor: SymmetricCP,
    target: SymmetricTensor,
    regularization: float,
    samples: int = 10_000,
    rng: int | np.random.Generator = 0,
) -> float:
    """The share of fresh components that would grow: a R(w^l) < -lambda for w uniform on the sphere of S, a = +-1.

    The sign costs a factor of two: of the two signs at most one can help.
    """
    lam = validation.real("regularization", regularization, strict=False)
    rng = validation.generator(rng)
    validation.instance("tensor", tensor, SymmetricCP)
    inside = (tensor - check_tensor("target", target)).in_basis(target.span())
    count = validation.count("samples", samples)
    values = sphere_values(inside, random_unit_vectors(inside.dimension, count, rng))
    return float((rng.choice([-1.0, 1.0], count) * values < -lam).mean())
