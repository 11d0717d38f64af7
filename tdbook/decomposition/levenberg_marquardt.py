"""Levenberg-Marquardt for T = sum_i w_i x_i^{(x) l} in tangent coordinates.

Written as dT = sum_i sym(x_i^{(x) l-1} (x) y_i), a change of a component is one vector y_i: its part along x_i changes
the weight, by <x_i, y_i>, and the rest turns the direction, by (y_i - x_i <x_i, y_i>) / (l w_i). The normal matrix
has the blocks (1/l) <x_i, x_j>^{l-1} I + ((l-1)/l) <x_i, x_j>^{l-2} x_j x_i^T: no weight, no sign and no gauge is left
in it, so weights may pass through zero and components need not be scaled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from tdbook import validation
from tdbook.decomposition.flattening import MANY
from tdbook.tensors import DenseSymmetric, SymmetricCP, SymmetricTensor, integer_power, unit_columns
from tdbook.validation import Array

DIRECT = 1600  # unknowns up to which the normal equations can be solved by Cholesky
_SMALL = 200  # unknowns up to which that is the first choice
_ROUNDING = 4e-15  # relative error below which there is nothing left to gain
_AWAY = 1e5  # weights so many times the target's norm end a fit: it has no optimum
_STILL = 1e-6  # a fit is stationary when a step would lower its error by less than half the square of this share


@dataclass(frozen=True, eq=False)
class Fit:
    """Weights (m,), unit directions (s, m), the error, and whether the fit is at a stationary point."""

    weights: Array
    directions: Array
    error: float
    stationary: bool = False

    @property
    def cancellation(self) -> float:
        """sum_i |w_i|, for a target of unit norm: large where components cancel."""
        return float(np.abs(self.weights).sum())


class Objective:
    """Errors and gradients for one target of unit norm; ``late`` says when fits to it should come to an end."""

    def __init__(self, target: SymmetricTensor, late: Callable[[], bool] = lambda: False) -> None:
        self.target, self.order, self.late = target, target.order, late
        self._square = 1.0 if isinstance(target, SymmetricCP) and target.rank > MANY else None

    def error(self, weights: Array, X: Array) -> float:
        """||T - T*||_F."""
        if isinstance(self.target, DenseSymmetric):
            model = SymmetricCP.from_unit_columns(weights, X, self.order).entries()
            return float(np.linalg.norm((self.target.array - model).ravel()))
        if self._square is not None:  # by inner products, which lose digits where the error is small
            gram = integer_power(X.T @ X, self.order)
            cross = weights @ np.einsum("ij,ij->j", X, self.target.contract_unchecked(X))
            square = float(self._square - 2 * cross + weights @ gram @ weights)
            if square > 1e-8 * (1 + float(np.abs(weights) @ np.abs(gram) @ np.abs(weights))):
                return float(np.sqrt(square))
        return SymmetricCP.from_unit_columns(weights, X, self.order).distance(self.target)

    def pulled(self, weights: Array, X: Array) -> Array:
        """R(x_i^{(x) l-1}, .) for the residual R = T* - T: minus the gradient in the y_i."""
        return self.target.contract_unchecked(X) - (X * weights) @ integer_power(X.T @ X, self.order - 1)

    def best_weights(self, X: Array) -> Array:
        """The weights of the best fit with these directions."""
        values = np.einsum("ij,ij->j", X, self.target.contract_unchecked(X))
        return np.linalg.lstsq(integer_power(X.T @ X, self.order), values, rcond=1e-13)[0]


def normal_matrix(X: Array, order: int) -> Array:
    """J^T J for the y_i of all components one after another, shape (m s, m s)."""
    s, m = X.shape
    gram = X.T @ X
    same, mixed = integer_power(gram, order - 1) / order, (order - 1) / order * integer_power(gram, order - 2)
    # entry (i, a, j, b): x_j[a] x_i[b]
    matrix = (mixed[:, None, :] * X[None, :, :])[:, :, :, None] * X.T[:, None, None, :]
    matrix[:, np.arange(s), :, np.arange(s)] += same
    return matrix.reshape(m * s, m * s)


def step(X: Array, order: int, pulled: Array, damping: float) -> Array:
    """The y_i (s, m) that solve (J^T J + damping) y = pulled."""
    s, m = X.shape
    if s * m > _SMALL:
        Y, solved = _conjugate_gradients(X, order, pulled, damping, 60 if s * m <= DIRECT else 200)
        if solved or s * m > DIRECT:
            return Y
    matrix = normal_matrix(X, order)
    matrix[np.diag_indices(s * m)] += damping
    factor = cho_factor(matrix, overwrite_a=True, check_finite=False)
    return np.asarray(cho_solve(factor, pulled.T.ravel(), check_finite=False)).reshape(m, s).T


def _conjugate_gradients(X: Array, order: int, pulled: Array, damping: float, iterations: int) -> tuple[Array, bool]:
    """The same by conjugate gradients, preconditioned by the diagonal blocks, and whether they converged."""
    gram = X.T @ X
    same, mixed = integer_power(gram, order - 1) / order, (order - 1) / order * integer_power(gram, order - 2)

    def times(Y: Array) -> Array:
        return Y @ same + X @ (mixed * (X.T @ Y)).T + damping * Y

    def block_inverse(Y: Array) -> Array:
        along = X * np.einsum("ij,ij->j", X, Y)
        return (Y - along) / (1 / order + damping) + along / (1 + damping)

    Y, left, size = np.zeros_like(pulled), pulled, np.linalg.norm(pulled)
    search = preconditioned = block_inverse(left)
    product = np.vdot(left, preconditioned)
    for _ in range(iterations):
        image = times(search)
        length = product / np.vdot(search, image)
        Y, left = Y + length * search, left - length * image
        if np.linalg.norm(left) < 1e-10 * size:
            return Y, True
        preconditioned = block_inverse(left)
        product, before = np.vdot(left, preconditioned), product
        search = preconditioned + product / before * search
    return Y, False


def levenberg_marquardt(
    target: SymmetricTensor | Objective,
    X: Array,
    weights: Array | None = None,
    *,
    damping: float = 1e-3,
    steps: int = 200,
    progress: float = 1e-3,
) -> Fit:
    """The best fit near unit directions X (s, m) for a target of unit norm.

    Weights that are not given start as those of the best fit with these directions. The fit ends at a stationary
    point, at rounding level, when eight steps on end lower the error by less than the share ``progress``, or when its
    weights run away: then there is no best fit nearby.
    """
    objective = target if isinstance(target, Objective) else Objective(target)
    l = objective.order
    w = objective.best_weights(X) if weights is None else weights
    error, grow, slow, stationary = objective.error(w, X), 4.0, 0, False
    for _ in range(steps):
        if error < _ROUNDING or np.abs(w).max() > _AWAY or objective.late():
            break
        pulled, before, improved = objective.pulled(w, X), error, False
        while damping < 1e8:
            try:
                Y = step(X, l, pulled, damping)
            except np.linalg.LinAlgError:
                damping = max(4 * damping, 1e-14)
                continue
            stationary = damping <= 1e-3 and float(np.vdot(pulled, Y)) < (_STILL * error) ** 2
            along = np.einsum("ij,ij->j", X, Y)
            with validation.overflowing():
                V = X + (Y - X * along) / (l * np.where(w == 0, 1e-300, w))
            if np.isfinite(V).all() and np.abs(V).max() < 1e100:
                tried = (w + along, unit_columns(V)[1])
                reached = objective.error(*tried)
                improved = reached < error
            if improved or stationary or error < 1e-12:
                break
            damping, grow = damping * grow, grow * 2
        if not improved:
            break
        (w, X), error, grow = tried, reached, 4.0
        damping = max(damping * (0.05 if error < 0.5 * before else 0.3), 1e-16)
        slow = slow + 1 if error > (1 - progress) * before else 0
        if stationary or slow >= 8 or (error < 1e-12 and error > 0.5 * before):
            break
    return Fit(w, X, error, stationary or error < 1e-12)
