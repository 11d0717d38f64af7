"""Activations that are sums of several orders: a student and a teacher with more than one power."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tdbook import validation
from tdbook.descent import Gradient, PlainLoop, Settings, drive, exact_gradient, initialize
from tdbook.objectives import Parameters, loss, model
from tdbook.tensors import SymmetricCP, unit_columns
from tdbook.validation import Array


def separation(first: Sequence[Parameters], second: Sequence[Parameters], order: int) -> Array:
    """||T_t - T'_t||_F along two paths, one number for each time."""
    first, second = (
        validation.instances(name, points, Parameters) for name, points in (("first", first), ("second", second))
    )
    return np.array([model(p, order).distance(model(q, order)) for p, q in zip(first, second)])


@dataclass(frozen=True, eq=False)
class Mixture:
    """sum_k sigma_k^2 ||T_k - T*_k||^2 / 2 with the same components at every order: the paper's open problem.

    T_k = sum_i a_i c_i^{k-2} u_i^{(x) k} and T*_k = sum_s tau_s v_s^{(x) k}. It is the population loss of a
    two-layer network whose activation is sum_k sigma_k h_k.

    Attributes
    ----------
    squares : dict of int to float
        Order k >= 2 to sigma_k^2 > 0.
    weights : ndarray of shape (r,)
        tau_s.
    factors : ndarray of shape (d, r)
        Unit vectors v_s, as columns.
    """

    squares: dict[int, float]
    weights: Array
    factors: Array

    def __post_init__(self) -> None:
        validation.instance("squares", self.squares, dict, "a dict of orders and numbers")
        if not self.squares:
            raise ValueError("squares must have at least one order, got none")
        for order, square in self.squares.items():
            validation.order(order, 2)
            validation.real(f"squares[{order}]", square)
        weights = validation.array("weights", self.weights, ("r",))
        factors = validation.array("factors", self.factors, ("d", len(weights)), f"with r = {len(weights)} weights")
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "factors", unit_columns(factors)[1])

    def target(self, order: int) -> SymmetricCP:
        """T*_k."""
        return SymmetricCP(self.weights, self.factors, order)

    @property
    def targets(self) -> dict[int, SymmetricCP]:
        """T*_k for each order k."""
        return {order: self.target(order) for order in self.squares}

    def norm(self) -> float:
        """sqrt(sum_k sigma_k^2 ||T*_k||^2): the root mean square of the teacher's output."""
        return math.sqrt(sum(square * self.target(order).norm() ** 2 for order, square in self.squares.items()))

    def normalized(self) -> Mixture:
        """With the sigma_k^2 adding to 1, and weights scaled so that ``norm()`` is 1."""
        total = sum(self.squares.values())
        unit = Mixture({k: square / total for k, square in self.squares.items()}, self.weights, self.factors)
        return Mixture(unit.squares, self.weights / unit.norm(), self.factors)

    def loss(self, parameters: Parameters, regularization: float) -> float:
        """sum_k sigma_k^2 [||T_k - T*_k||^2 / 2 + lambda sum_i chat_i^{k-2} ||u_i||^k]."""
        return sum(
            square * loss(parameters, self.target(order), regularization) for order, square in self.squares.items()
        )

    def gradient(self, regularization: float) -> Gradient:
        """The frozen gradient: sum_k sigma_k^2 times the one of order k."""
        parts = [(square, exact_gradient(self.target(order), regularization)) for order, square in self.squares.items()]

        def total(parameters: Parameters) -> Array:
            return sum((square * gradient(parameters) for square, gradient in parts), start=np.zeros_like(parameters.U))

        return total

    def error(self, parameters: Parameters) -> float:
        """Root of sum_k sigma_k^2 ||T_k - T*_k||^2, relative to ``norm()``."""
        with validation.overflowing():
            gaps = (
                square * np.float64(model(parameters, order).distance(self.target(order))) ** 2
                for order, square in self.squares.items()
            )
            error = math.sqrt(sum(gaps)) / self.norm()
        return validation.finite("the error", error, "the parameters are too large")


def mixture_run(mixture: Mixture, settings: Settings, rng: int | np.random.Generator = 0) -> list[float]:
    """Algorithm 1 on a mixture of orders, *as an experiment*: nothing is proved about it.

    Returns
    -------
    list of float
        ``mixture.error`` at the end of each epoch; the run stops at the first one within ``settings.accuracy``.
    """
    rng = validation.generator(rng)
    validation.instance("mixture", mixture, Mixture)
    validation.instance("settings", settings, Settings)
    if settings.dimension != mixture.factors.shape[0]:
        raise ValueError(f"settings must be for dimension {mixture.factors.shape[0]}, got {settings.dimension}")
    loop = PlainLoop(mixture.gradient(settings.regularization), settings)
    errors: list[float] = []
    for state in drive(initialize(settings, rng), loop, settings, rng):
        if state.iteration < settings.iterations:
            continue
        errors.append(mixture.error(state.parameters))
        if errors[-1] <= settings.accuracy:
            break
    return errors
