r"""Gradient descent in the lazy regime, and the linear model that it follows for a while (Section 3.1).

The model alpha h(U), h(U) = sum_i c_i u_i^{(x) l}, is trained on

    f_alpha(U) = ||alpha h(U) - T*||^2 / (2 alpha^2),      U_{k+1} = U_k - eta grad f_alpha(U_k),

so that alpha h(U) moves at a speed free of alpha. An output scale alpha is a large norm in disguise: columns
alpha^{1/l} u_i with coefficients c_i are the same tensor, and descent on the plain loss f_v with step
eta alpha^{2/l - 2} is the same descent.

The linearised model alpha (h(U_0) + Dh(U_0) delta) is trained on the same loss. Its residual shrinks by the
factor 1 - eta mu in the eigenspace mu of K = Dh Dh^T at each step, whatever alpha is: a closed form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from tdbook import validation
from tdbook.lazy.span import checked_start, tangent_gram
from tdbook.objectives import vanilla_gradient
from tdbook.tensors import SymmetricCP, SymmetricTensor, check_tensor, random_unit_vectors, unit_columns
from tdbook.validation import Array

# Eigenvalues of the tangent Gram matrix below this share of the largest are relations among the tangents.
_RELATION = 1e-11
_RANGE = 140  # tangents are at most 10^140 long and at least 10^-140, so that their squares stay in range
_LARGE = "U, c, scale, step_size, steps or the target are too large"
_RUNAWAY = 1e3  # a descent has diverged when U exceeds its norm at the start by this factor


@dataclass(frozen=True, eq=False)
class Start:
    """The start of a descent: the model alpha sum_i c_i u_i^{(x) l} at U.

    Attributes
    ----------
    U : ndarray of shape (d, m)
    c : ndarray of shape (m,)
    """

    U: Array
    c: Array

    def __post_init__(self) -> None:
        U = validation.array("U", self.U, ("d", "m"))
        checked_start(U)
        object.__setattr__(self, "U", U)
        object.__setattr__(
            self, "c", validation.array("c", self.c, (U.shape[1],), f"with m = {U.shape[1]} columns in U")
        )

    def model(self, scale: float, order: int) -> SymmetricCP:
        """alpha h(U)."""
        alpha = validation.real("scale", scale, -math.inf)
        with validation.overflowing():
            weights = validation.finite("scale * c", alpha * self.c, _LARGE)
        return SymmetricCP(weights, self.U, order)


def paired_start(dimension: int, pairs: int, rng: int | np.random.Generator = 0) -> Start:
    """Unit columns u_1, ..., u_n each twice, with coefficients +1 and -1: h(U) = 0 exactly, and m = 2n.

    The second member of a pair adds no tangent: S_U has dimension at most d n, half of what m columns could have.
    """
    n = validation.integer("pairs", pairs, 1)
    d = validation.integer("dimension", dimension, 1)
    U = random_unit_vectors(d, n, validation.generator(rng))
    return Start(np.hstack([U, U]), np.repeat([1.0, -1.0], n))


def shifted_target(start: Start, target: SymmetricCP, scale: float) -> SymmetricCP:
    """T* + alpha h(U_0): descent towards it is descent towards T* of a model from which T_0 is subtracted."""
    validation.instance("start", start, Start)
    validation.instance("target", target, SymmetricCP)
    _same_dimension(start, target)
    origin = start.model(scale, target.order)
    factors = np.hstack([target.factors, origin.factors])
    return SymmetricCP(np.append(target.weights, origin.weights), factors, target.order)


@dataclass(frozen=True, eq=False)
class LazyRun:
    """A descent beside its linearisation; all arrays hold one entry for each recorded step.

    Attributes
    ----------
    scale, step_size : float
        alpha and eta.
    steps : ndarray of int
        Recorded numbers of steps k, beginning with 0.
    losses, linear_losses : ndarray
        ||alpha h(U_k) - T*||^2 / 2, and the same for the linearised model.
    gaps : ndarray
        ||alpha h(U_k) - T_lin,k||_F; nan when it was not asked for.
    moved : ndarray
        ||U_k - U_0||_F / ||U_0||_F.
    final : Start
        U at the last recorded step, with the coefficients.
    """

    scale: float
    step_size: float
    steps: np.ndarray
    losses: Array
    linear_losses: Array
    gaps: Array
    moved: Array
    final: Start

    @property
    def slow_time(self) -> Array:
        """eta k / alpha^2: the clock of the phase after the lazy one."""
        return self.step_size * self.steps / self.scale**2


@dataclass(frozen=True, eq=False)
class Linearisation:
    """The linearised model at a start, diagonalised; see :func:`linearise`.

    Attributes
    ----------
    eigenvalues : ndarray of shape (r',)
        Non-zero eigenvalues mu of K = Dh Dh^T, ascending: the speeds at which it learns.
    """

    start: Start
    target: SymmetricTensor
    eigenvalues: Array
    _vectors: Array
    _pull: Array
    _origin: SymmetricCP
    _rest: float  # what the eigenvalues leave of the loss
    _floor: float

    def loss(self, scale: float, step_size: float, steps: Any) -> Array:
        """Loss of alpha (h(U_0) + Dh delta_k) after k steps, in closed form; one entry for each k.

        Each eigenspace of K contributes (its part of the residual)^2 (1 - eta mu)^{2k}; the rest stays. For columns
        of like speeds |c| ||u||^{l-1} the rest is the floor; directions slower than 1e-11 of the fastest do not move.
        """
        alpha, eta = validation.real("scale", scale), validation.real("step_size", step_size, strict=False)
        with validation.overflowing():
            share = self._slopes(alpha) ** 2 / self.eigenvalues
            decay = np.abs(1.0 - eta * self.eigenvalues) ** (2 * _counts(steps)[..., None])
            return validation.finite("the loss", self._rest + 0.5 * (decay * share).sum(axis=-1), _LARGE)

    def floor(self, scale: float) -> float:
        """The loss that no point of the linearised model is below: half the squared distance of T* from S_U.

        It does not depend on alpha, since h(U_0) is itself in S_U.
        """
        validation.real("scale", scale)
        return self._floor

    def displacement(self, scale: float, step_size: float, steps: int) -> Array:
        """delta_k, shape (d, m), after k steps of the linearised model from delta_0 = 0."""
        alpha, eta = validation.real("scale", scale), validation.real("step_size", step_size, strict=False)
        k = validation.count("steps", steps, 0)
        with validation.overflowing():
            grown = (1.0 - (1.0 - eta * self.eigenvalues) ** k) / self.eigenvalues
            flat = self._vectors @ (grown * self._slopes(alpha)) / alpha
        return validation.finite("the displacement", flat, _LARGE).reshape(self.start.U.shape[::-1]).T

    def tensor(self, scale: float, step_size: float, steps: int) -> SymmetricCP:
        """T_lin,k = alpha (h(U_0) + Dh(U_0) delta_k) as a sum of rank-one tensors.

        A derivative of degree-l polynomials in t is a fixed combination of their values at l + 1 points:
        d/dt (u + t delta)^{(x) l} at 0 is sum_q w_q (u + t_q delta)^{(x) l}, exactly.
        """
        order, U, c = self.target.order, self.start.U, self.start.c
        delta = self.displacement(scale, step_size, steps)
        with validation.overflowing():
            lengths = validation.finite("the displacement", np.sqrt(np.einsum("ij,ij->j", delta, delta)), _LARGE)
        safe = np.where(lengths > 0, lengths, 1.0)
        nodes = np.cos(np.pi * (np.arange(order + 1) + 0.5) / (order + 1))
        weights = np.linalg.solve(np.vander(nodes, increasing=True).T, np.eye(order + 1)[1])
        factors = [U] + [U + node * delta / safe for node in nodes]
        with validation.overflowing():
            weighted = np.concatenate([scale * c] + [scale * c * weight * lengths for weight in weights])
        return SymmetricCP(validation.finite("the weights", weighted, _LARGE), np.hstack(factors), order)

    def _slopes(self, scale: float) -> Array:
        """Dh^T (T* - alpha h(U_0)) in the eigenvectors of K: minus the slopes of the loss at the start."""
        resistance = _flatten(self.target.order * self.start.c * self._origin.contract(self.start.U))
        return self._vectors.T @ (self._pull - scale * resistance)


def linearise(start: Start, target: SymmetricTensor) -> Linearisation:
    """Diagonalise the linearised model at ``start`` through inner products alone.

    With J = Dh(U_0), whose columns are l c_i P_sym(u_i^{(x) l-1} (x) e_q), J^T J is the tangent Gram matrix with
    weights l^2 c_i c_j, and J^T T* has the entries l c_i T*(u_i^{(x) l-1}, e_q): nothing of size d^l is formed.

    Raises
    ------
    ValueError
        When the square of a speed |c_i| ||u_i||^{l-1} is out of floating-point range.
    """
    validation.instance("start", start, Start)
    _same_dimension(start, check_tensor("target", target))
    order = target.order
    moving = _in_range(start, order)
    weights = np.repeat(order * start.c, target.dimension)
    pull = _flatten(order * start.c * target.contract(start.U))
    values, vectors, reached = _reached(weights[:, None] * tangent_gram(start.U, order) * weights, pull)
    # S_U does not depend on the lengths of the columns, so it includes those whose eigenvalues are too small to be seen
    directions = unit_columns(start.U[:, moving])[1]
    within = _reached(tangent_gram(directions, order), _flatten(target.contract(directions)))[2]
    with validation.overflowing():
        square = np.square(target.norm())
    validation.finite("the squared norm of the target", np.array([square, reached, within]), "the target is too large")
    rest, floor = (0.5 * max(0.0, float(square) - part) for part in (reached, within))
    origin = start.model(1.0, order)
    return Linearisation(start, target, values, vectors, pull, origin, rest, floor)


def _same_dimension(start: Start, target: SymmetricTensor) -> None:
    if target.dimension != start.U.shape[0]:
        raise ValueError(f"U must have {target.dimension} rows like the target, got {start.U.shape[0]}")


def _in_range(start: Start, order: int) -> np.ndarray:
    """The columns that move, c_i not 0; refuses those whose tangents have squares beyond floating-point range."""
    moving = start.c != 0
    if not moving.any():
        raise ValueError("c must have an entry that is not zero, got none: nothing would move")
    speeds = np.log10(np.abs(start.c[moving])) + (order - 1) * np.log10(unit_columns(start.U[:, moving])[0])
    if np.abs(speeds).max() > _RANGE:
        raise ValueError(
            f"U and c must have columns with |c| ||u||^{{l-1}} from 1e-{_RANGE} to 1e{_RANGE}, "
            f"got 10^{speeds[np.argmax(np.abs(speeds))]:.0f}"
        )
    return moving


def _reached(gram: Array, pull: Array) -> tuple[Array, Array, float]:
    """The eigenvalues of a Gram matrix that are no relations, their vectors, and the part of ||T*||^2 in their span."""
    values, vectors = np.linalg.eigh(gram)
    kept = values > _RELATION * values[-1]
    with validation.overflowing():
        reached = float(np.sum((vectors[:, kept].T @ pull) ** 2 / values[kept]))
    return values[kept], vectors[:, kept], reached


def lazy_descent(
    start: Start,
    target: SymmetricTensor,
    scale: float,
    steps: Any,
    step_size: float | None = None,
    gaps: bool = True,
) -> LazyRun:
    r"""Gradient descent on f_alpha from ``start``, recorded at the given numbers of steps beside its linearisation.

    Parameters
    ----------
    start : Start
    target : SymmetricTensor
        T*.
    scale : float
        Output scale alpha > 0.
    steps : int or sequence of int
        Recorded numbers of steps, ascending; 0 is added.
    step_size : float, optional
        eta; by default 1/mu with the largest eigenvalue mu of K, half of the largest stable step.
    gaps : bool
        Whether to measure ||alpha h(U_k) - T_lin,k||_F at the recorded steps.

    Raises
    ------
    ValueError
        When U grows beyond 1000 times its start: the step size is too large.

    Claim: lazy-gd

    Let the model be $\alpha\sum_ic_iu_i^{\otimes l}$, with columns in pairs $s_i\pm\varepsilon_i/\alpha$ of
    coefficients $\pm1$ that begin equal, so that $T_0=0$. One step, of size $\eta$, of gradient descent on
    $f_\alpha=\frac1{2\alpha^2}\|T-T^*\|_F^2$ changes them by

    $$
    \begin{aligned}
    \Delta\varepsilon_i&=-\eta\,l\,R(s_i^{\otimes l-1},\cdot)+O(\alpha^{-2}),\\
    \Delta s_i&=-\frac{\eta\,l(l-1)}{\alpha^2}R(s_i^{\otimes l-2},\varepsilon_i,\cdot)+O(\alpha^{-4}),
    \end{aligned}
    $$

    with the residual $R=2l\sum_iP_{sym}(s_i^{\otimes l-1}\otimes\varepsilon_i)-T^*+O(\alpha^{-2})$. Over a fixed number
    of steps the output therefore stays within $O(\alpha^{-2})$ of the linearised model, in which every $s_i$ is held
    fixed.

    With a large norm but $T_0\ne0$ gradient descent is not lazy.

    Claim: lazy-plateau

    At output scale $\alpha$ and from columns paired so that $T_0=0$, gradient descent leaves the lazy floor, the least
    loss that the span of its linearisation allows, after a number of steps proportional to $\alpha^2$. In slow time
    $\eta t/\alpha^2$ the loss curves of different $\alpha$ fall on one another; there the loss is the lazy floor of the
    present columns.
    """
    alpha = validation.real("scale", scale, 1e-150, maximum=1e150)  # the steps are divided by its square
    validation.flag("gaps", gaps)
    asked = np.atleast_1d(_counts(steps))
    if asked.ndim != 1 or (np.diff(asked) <= 0).any():
        raise ValueError(f"steps must be ascending integers >= 0, got {validation.describe(steps)}")
    recorded = np.unique(np.append(asked, 0))
    line = linearise(start, target)
    eta = float(1.0 / line.eigenvalues[-1]) if step_size is None else validation.real("step_size", step_size)
    U, weights = start.U.copy(), alpha * start.c
    size = float(np.linalg.norm(U))
    losses, distances, moved = [], [], []
    done = 0
    for k in recorded:
        for _ in range(done, k):
            with validation.overflowing():
                U -= eta / alpha**2 * vanilla_gradient(U, weights, target)[0]
            if not np.abs(U).max() < _RUNAWAY * size:
                raise ValueError(f"step_size must be small enough for the descent to stay bounded, got {eta:.3g}")
        done = int(k)
        model = SymmetricCP(weights, U, target.order)
        losses.append(0.5 * model.distance(target) ** 2)
        moved.append(float(np.linalg.norm(U - start.U)) / size)
        distances.append(model.distance(line.tensor(alpha, eta, done)) if gaps else np.nan)
    return LazyRun(
        scale=alpha,
        step_size=eta,
        steps=recorded,
        losses=np.array(losses),
        linear_losses=line.loss(alpha, eta, recorded),
        gaps=np.array(distances),
        moved=np.array(moved),
        final=Start(U, start.c),
    )


def _counts(steps: Any) -> np.ndarray:
    """Numbers of steps, one or several."""
    given = validation.as_array("steps", steps, "(n,)")
    if given.dtype.kind not in "iu" or (given < 0).any():
        raise ValueError(f"steps must be integers >= 0, got {validation.describe(steps)}")
    return given


def _flatten(columns: Array) -> Array:
    """(d, m) to (d m,), column i next to column i + 1, as in the rows of :func:`tdbook.lazy.tangent_gram`."""
    return columns.T.ravel()
