"""Two-layer networks with Hermite activations: the same objective, seen through samples (Section 6).

With the normalised Hermite polynomials h_l = He_l / sqrt(l!) for activations, a network sum_i c_i h_l(<w_i, x>) *is*
the tensor sum_i c_i w_i^{(x) l}: inner products of outputs, averaged over Gaussian x, are inner products of tensors.
The claim stands in full at :func:`network_loss`.

A vector of any length enters as ||u||^l h_l(<u, x> / ||u||), a polynomial in u of degree l, so that the identity
holds for all vectors and the frozen gradient of the population loss is the one of the tensor objective.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tdbook import validation
from tdbook.descent import Gradient, PlainLoop, Settings, initialize
from tdbook.objectives import Parameters
from tdbook.statistics import Estimate, mean_of
from tdbook.tensors import SymmetricCP, integer_power
from tdbook.validation import Array

ACTIVATIONS = ("hermite", "power")


def hermite(order: int, y: Any, square: Any = 1.0) -> Array:
    """The probabilists' Hermite polynomial He_l(y; s) = s^{l/2} He_l(y / sqrt(s)), entrywise.

    ``square`` is s, the variance of y; s = 0 gives y^l.
    """
    order = validation.integer("order", order, 0, 150)
    y, variance = validation.stack("y", y, ()), validation.stack("square", square, ())
    try:
        np.broadcast_shapes(y.shape, variance.shape)
    except ValueError as error:
        raise ValueError(f"square must fit y of shape {y.shape}, got shape {variance.shape}") from error
    with validation.overflowing():
        found = hermite_ladder(order, y, variance)[2]
    return validation.finite("He_l", found, "order, y or square is too large")


def hermite_ladder(order: int, y: Array, square: Any = 1.0) -> tuple[Array, Array, Array]:
    """He_{l-2}, He_{l-1} and He_l at once, by the recursion He_{n+1} = y He_n - n s He_{n-1} from He_{-1} = 0."""
    ladder = (np.zeros_like(y), np.zeros_like(y), np.ones_like(y))
    if order > 0:
        ladder = (ladder[0], ladder[2], y)
    for n in range(1, order):
        ladder = (ladder[1], ladder[2], y * ladder[2] - (n * square) * ladder[1])
    return ladder


def neurons(U: Any, X: Any, order: int, activation: str = "hermite") -> Array:
    """Outputs of the neurons, shape (n, m): ||u_i||^l h_l(<u_i, x> / ||u_i||) for each row x of X.

    Parameters
    ----------
    U : array_like of shape (d, m)
    X : array_like of shape (n, d)
        Samples, as rows.
    activation : {"hermite", "power"}
        "power" is <u, x>^l / sqrt(l!), for comparison: with it the identity is false.
    """
    U = validation.array("U", U, ("d", "m"))
    X = validation.array("X", X, ("n", U.shape[0]), "like the rows of U")
    activation = validation.choice("activation", activation, ACTIVATIONS)
    with validation.overflowing():
        y, squares = X @ U, np.einsum("ij,ij->j", U, U) if activation == "hermite" else 0.0
    return hermite(order, y, squares) / math.sqrt(math.factorial(order))


def outputs(tensor: SymmetricCP, X: Any, activation: str = "hermite") -> Array:
    """The network sum_i w_i ||u_i||^l h_l(<u_i, x> / ||u_i||) at each row of X, shape (n,)."""
    weights, factors = validation.instance("tensor", tensor, SymmetricCP).components()
    with validation.overflowing():
        found = neurons(factors, X, tensor.order, activation) @ weights
    return validation.finite("the outputs", found, "the weights or X are too large")


def network_loss(student: SymmetricCP, teacher: SymmetricCP, X: Any, activation: str = "hermite") -> Estimate:
    r"""Half the mean square of student minus teacher on the samples X: an estimate of ||T - T*||^2 / 2.

    Claim: hermite-network

    Let $h_l=He_l/\sqrt{l!}$ be the normalised Hermite polynomials. For unit vectors $u,w$ and a standard Gaussian $x$,

    $$
    \mathbb E\,[\,h_k(\langle u,x\rangle)\,h_l(\langle w,x\rangle)\,]=\delta_{kl}\,\langle u,w\rangle^l .
    $$

    Hence for a student and a teacher with activation $h_l$ and unit weight vectors,

    $$
    \tfrac12\,\mathbb E\Big[\Big(\sum_ic_ih_l(\langle w_i,x\rangle)-\sum_sc^*_sh_l(\langle w^*_s,x\rangle)\Big)^2\Big]
    =\tfrac12\|T-T^*\|_F^2 .
    $$

    For the raw power $\langle u,x\rangle^l$ as activation this is false.
    """
    validation.instance("student", student, SymmetricCP).check_same_space(teacher)
    gaps = outputs(student, X, activation) - outputs(teacher, X, activation)
    with validation.overflowing():
        squares = 0.5 * gaps**2
    return mean_of(validation.finite("the squares", squares, "X or the weights are too large"))


@dataclass(frozen=True, eq=False)
class SampleGradient:
    """The frozen gradient of the sample loss, computed as a network would be trained: by the chain rule.

    (1/n) sum_x e(x) a_i c_i^{l-2} grad_u[||u||^l h_l(<u, x> / ||u||)] + the regulariser's part,  e = student - teacher.

    Attributes
    ----------
    teacher : SymmetricCP
    X : ndarray of shape (n, d)
        Samples, as rows.
    regularization : float
        lambda.
    activation : {"hermite", "power"}
    """

    teacher: SymmetricCP
    X: Array
    regularization: float
    activation: str = "hermite"

    def __post_init__(self) -> None:
        validation.instance("teacher", self.teacher, SymmetricCP)
        validation.choice("activation", self.activation, ACTIVATIONS)
        X = validation.array(
            "X", self.X, ("n", self.teacher.dimension), f"for a teacher of dimension {self.teacher.dimension}"
        )
        object.__setattr__(self, "X", X)
        validation.real("regularization", self.regularization, strict=False)

    @cached_property
    def answers(self) -> Array:
        """The teacher's outputs on the samples, shape (n,)."""
        return outputs(self.teacher, self.X, self.activation)

    def __call__(self, parameters: Parameters) -> Array:
        order, X = self.teacher.order, self.X
        U, norms = parameters.U, parameters.norms
        b = parameters.a * integer_power(parameters.c, order - 2)
        scale = math.sqrt(math.factorial(order))
        y = X @ U
        if self.activation == "hermite":
            lowest, lower, top = hermite_ladder(order, y, norms**2)
            errors = top @ b / scale - self.answers
            # d He_l(y; s) / dy = l He_{l-1}(y; s), and d/ds = -l (l-1) / 2 He_{l-2}(y; s) with ds/du = 2u
            pull = X.T @ (errors[:, None] * lower) - (order - 1) * U * (errors @ lowest)
        else:
            lower = integer_power(y, order - 1)
            errors = (y * lower) @ b / scale - self.answers
            pull = X.T @ (errors[:, None] * lower)
        pull *= order * b / (scale * len(X))
        shrink = self.regularization * order * integer_power(parameters.c_hat * norms, order - 2)
        return pull + shrink * U


def path(gradient: Gradient, settings: Settings, rng: int | np.random.Generator) -> Iterator[Parameters]:
    """The points of one epoch without re-initialisation: the start and ``settings.iterations`` steps.

    The start depends on ``rng`` alone, so two gradients can be followed from the same one: that of all samples
    (``tdbook.descent.exact_gradient``) and one estimated from a few (:class:`SampleGradient`).
    """
    start = initialize(settings, rng)
    yield start.parameters
    for state in PlainLoop(gradient, settings)(start):
        yield state.parameters


def network_settings(teacher: SymmetricCP, components: int, iterations: int, regularization: float = 0.01) -> Settings:
    """Settings for training a small network as it is: no boost, no switch, one epoch, a start of moderate size."""
    m = validation.integer("components", components, 1)
    validation.instance("teacher", teacher, SymmetricCP)
    return Settings(
        dimension=teacher.dimension,
        components=m,
        epochs=1,
        iterations=iterations,
        step_size=1.0 / teacher.order**2,
        init_scale=0.3 / math.sqrt(m),
        regularization=regularization,
        accuracy=0.05,
        reinitialize=False,
        switch=False,
        boost=1.0,
    )
