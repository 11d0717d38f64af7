"""How many atoms the least mass takes: two opposite powers in a plane, and the ring of a cubic in space.

The mass of a decomposition is the sum of its absolute weights (unit vectors), and a form Y with |Y(w)| <= 1 on the
sphere proves that no decomposition of T has a mass below <Y, T>. Equality needs atoms where |Y| = 1.

**Two opposite powers.** T = a v_1^{(x) l} - b v_2^{(x) l}, unit vectors at an angle phi in the plane, a, b > 0. Below
pi / l the least mass is |a e^{i l phi} - b| and takes exactly l atoms, where sin l(theta - c) = +-1 for a certain c;
from pi / l on it is a + b.

**A ring.** The zonal cubic Y = z^3 / (2 c^3) - 3 z / (2 c) on the sphere of R^3, 1/2 <= c < 1, is at most 1 in size,
and 1 on the circle z = -c (for c = 1/2 also at the pole). Every combination of cubes of points of that circle has the
least mass it can have.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq, linprog

from tdbook import validation
from tdbook.tensors import SymmetricCP, random_unit_vectors
from tdbook.validation import Array


def on_circle(angles: Array) -> Array:
    """Unit vectors of the plane, shape (2, n)."""
    return np.vstack([np.cos(angles), np.sin(angles)])


def opposite_powers(order: int, angle: float, first: float = 1.0, second: float = 1.0) -> SymmetricCP:
    """a v_1^{(x) l} - b v_2^{(x) l} with v_1 at the angle 0 and v_2 at ``angle``, in radians."""
    l = validation.order(order, 2)
    a, b = validation.real("first", first), validation.real("second", second)
    return SymmetricCP([a, -b], on_circle(np.array([0.0, validation.real("angle", angle)])), l)


def _phase(order: int, angle: float, first: float, second: float) -> float:
    """The c with a cos l c = b cos l(phi - c) > 0, |c| and |phi - c| below pi / 2l; phi < pi / l."""
    half = math.pi / (2 * order)

    def difference(c: float) -> float:
        return first * math.cos(order * c) - second * math.cos(order * (angle - c))

    # at the lower end the second cosine vanishes and the first does not, at the upper end it is the other way round
    return float(brentq(difference, angle - half, half, xtol=1e-16))


def few_or_many(order: int, angle: float) -> bool:
    """Whether the angle, taken between 0 and pi (odd order) or pi / 2 (even order), is below pi / l."""
    top = math.pi if order % 2 else math.pi / 2
    return validation.real("angle", angle, maximum=top + 1e-12) < math.pi / order


def least_atoms(order: int, angle: float, first: float = 1.0, second: float = 1.0) -> SymmetricCP:
    """A least-mass decomposition of :func:`opposite_powers`: l atoms below the angle pi / l, its own two from there on.

    Raises ValueError when the angle exceeds pi (odd order) or pi / 2 (even order): turn v_2 round first.
    """
    target = opposite_powers(order, angle, first, second)
    if not few_or_many(order, angle):
        return target
    c = _phase(order, angle, first, second)
    height = first * math.cos(order * c)
    at = c + (np.pi / 2 + np.pi * np.arange(order)) / order
    signs = (-1.0) ** np.arange(order)
    weights = -signs * height * math.sin(angle) / (order * np.sin(at) * np.sin(at - angle))
    return SymmetricCP(weights, on_circle(at), order)


def shrunk_atoms(
    order: int, angle: float, regularization: float, first: float = 1.0, second: float = 1.0
) -> SymmetricCP:
    """What minimises ||T - T*||^2 / 2 + lambda ||T||_* for :func:`opposite_powers` below the angle pi / l.

    The form Y that proves the least mass is 2^{l-1} / l times the sum of the atoms' powers with their signs. So T* -
    lambda Y has the same atoms, each lighter by 2^{l-1} lambda / l. Raises ValueError when that would remove an atom.
    """
    if not few_or_many(order, angle):
        raise ValueError(f"angle must be below pi / {order}, got {angle}")
    atoms = least_atoms(order, angle, first, second)
    loss = 2 ** (order - 1) * validation.real("regularization", regularization) / order
    if loss >= np.abs(atoms.weights).min():
        raise ValueError(f"regularization must be small enough to leave every atom, got {regularization}")
    return SymmetricCP(atoms.weights - np.sign(atoms.weights) * loss, atoms.factors, order)


def least_mass(order: int, angle: float, first: float = 1.0, second: float = 1.0) -> float:
    """The least mass in closed form: |a e^{i l phi} - b| below pi / l, a + b from there on."""
    if not few_or_many(order, angle):
        return first + second
    return abs(first * np.exp(1j * order * angle) - second)


def dual_form(order: int, angle: float, at: Array, first: float = 1.0, second: float = 1.0) -> Array:
    """Values at the angles ``at`` of the form Y that proves the least mass: |Y| <= 1, and 1 or -1 at the atoms."""
    at = validation.stack("at", at, ())
    if few_or_many(order, angle):
        return -np.sin(order * (at - _phase(order, angle, first, second)))
    if order % 2:  # theta from the bisector; Y = +-T_l(A sin theta)
        inside = math.sin(math.pi / (2 * order)) / math.sin(angle / 2) * np.sin(at - angle / 2)
        return (-1.0) ** ((order + 1) // 2) * _chebyshev(order, inside)
    share = (1 - math.cos(2 * math.pi / order)) / (1 - math.cos(2 * angle))
    return _chebyshev(order // 2, 1 - share * (1 - np.cos(2 * at)))


def _chebyshev(degree: int, x: Array) -> Array:
    return np.polynomial.chebyshev.chebval(x, np.eye(degree + 1)[degree])


def least_mass_on(target: SymmetricCP, directions: Array) -> SymmetricCP:
    """The decomposition of least mass into the given unit vectors, columns of shape (d, n), by linear programming.

    Raises ValueError when their powers do not span the target.
    """
    directions = validation.array("directions", directions, (target.dimension, "n"))
    # coordinates of symmetric tensors with respect to an orthonormal basis, made from the powers of many directions
    count = math.comb(target.dimension + target.order - 1, target.order)
    probes = random_unit_vectors(target.dimension, 4 * count, np.random.default_rng(0))
    values, vectors = np.linalg.eigh((probes.T @ probes) ** target.order)
    basis = vectors[:, -count:] / np.sqrt(values[-count:])
    left, right = basis.T @ (probes.T @ directions) ** target.order, basis.T @ target.evaluate(probes)
    found = linprog(np.ones(2 * directions.shape[1]), A_eq=np.hstack([left, -left]), b_eq=right)
    if found.status != 0:
        raise ValueError(f"directions must have powers that span the target: {found.message}")
    plus, minus = np.split(found.x, 2)
    used = np.abs(plus - minus) > 1e-9 * found.x.max()
    return SymmetricCP((plus - minus)[used], directions[:, used], target.order)


def mass(tensor: SymmetricCP) -> float:
    """The sum of the absolute weights of the unit vectors."""
    return float(np.abs(tensor.components()[0]).sum())


# --- the ring -----------------------------------------------------------------------------------------------


def ring_form(height: float, points: Array) -> Array:
    """Y(x) = z^3 / (2 c^3) - 3 z |x|^2 / (2 c) at the columns of ``points``, shape (3, n); c is ``height``."""
    c = validation.real("height", height)
    z, square = points[2], (points**2).sum(axis=0)
    return z**3 / (2 * c**3) - 3 * z * square / (2 * c)


def ring_points(height: float, angles: Array) -> Array:
    """The points of the sphere at z = -c, c = ``height``, at these angles; shape (3, n)."""
    angles = np.asarray(angles, dtype=float)
    radius = math.sqrt(1 - validation.real("height", height, maximum=1.0) ** 2)
    return np.vstack([radius * np.cos(angles), radius * np.sin(angles), np.full(angles.shape, -height)])


def other_ring_atoms(angles: Array, weights: Array, first: float) -> tuple[Array, Array]:
    """Four points of the circle, one at the angle ``first``, with the same moments up to degree 3 as those given.

    The given weights are positive and belong to four angles or more. With the positive definite Toeplitz matrix M of
    the moments and v = (1, e^{it}, e^{2it}, e^{3it}), the point takes the weight 1 / (v^* M^-1 v), the largest that
    it can; the rest of M is singular, and the zeros of its null vector are the other three points.
    """
    powers = np.exp(1j * np.outer(np.arange(4), angles))
    M = (powers * weights) @ powers.conj().T
    v = np.exp(1j * first * np.arange(4))
    weight = 1 / np.real(v.conj() @ np.linalg.solve(M, v))
    null = np.linalg.eigh(M - weight * np.outer(v, v.conj()))[1][:, 0]
    at = np.append(first, np.angle(np.roots(null.conj()[::-1])))
    masses = np.linalg.lstsq(np.exp(1j * np.outer(np.arange(4), at)), (powers * weights).sum(axis=1), rcond=None)[0]
    return at, np.real(masses)
