"""The inputs of Algorithm 1, and values for them that work at sizes one can run."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tdbook import validation
from tdbook.tensors import SymmetricTensor, check_tensor
from tdbook.tensors.exponents import symmetric_dimension


@dataclass(frozen=True)
class Settings:
    """The inputs of Algorithm 1, and the switches of its ablations.

    Attributes
    ----------
    dimension, components : int
        d and m.
    epochs, iterations : int
        K and H.
    step_size, init_scale, regularization : float
        eta, delta and lambda, for a target of unit norm.
    accuracy : float
        epsilon: a run has converged when ||T - T*||_F <= epsilon ||T*||_F.
    literal : bool
        Run exactly K epochs and return the last one, as printed.
    reinitialize, switch : bool
        False leaves out the re-initialisation of each epoch, or the scalar mode switch (then c keeps its
        large initial value for ever).
    boost : float or None
        Value of c_i ||u_i|| at (re-)initialisation; None is the paper's sqrt(d (m + K)), and 1 makes
        c_i = 1/||u_i|| from the start.
    """

    dimension: int
    components: int
    epochs: int
    iterations: int
    step_size: float
    init_scale: float
    regularization: float
    accuracy: float
    literal: bool = False
    reinitialize: bool = True
    switch: bool = True
    boost: float | None = None

    def __post_init__(self) -> None:
        for name in ("dimension", "components", "epochs", "iterations"):
            validation.integer(name, getattr(self, name), 1)
        for name in ("step_size", "init_scale", "accuracy"):
            validation.real(name, getattr(self, name))
        validation.real("regularization", self.regularization, strict=False)
        if self.boost is not None:
            validation.real("boost", self.boost)
        for name in ("literal", "reinitialize", "switch"):
            validation.flag(name, getattr(self, name))

    @property
    def initial_kappa(self) -> float:
        """c_i ||u_i|| of a fresh component: sqrt(d (m + K)), unless ``boost`` says otherwise."""
        paper = math.sqrt(self.dimension * (self.components + self.epochs))
        return paper if self.boost is None else self.boost

    @property
    def switch_norm(self) -> float:
        """2 sqrt(m + K) delta: the norm at which a component's coefficient is switched."""
        return 2.0 * math.sqrt(self.components + self.epochs) * self.init_scale


def practical_settings(
    target: SymmetricTensor,
    components: int | None = None,
    accuracy: float = 0.05,
    *,
    epochs: int = 30,
    iterations: int = 1500,
    step_size: float | None = None,
    init_scale: float | None = None,
    regularization: float | None = None,
    literal: bool = False,
    dimension: int | None = None,
) -> Settings:
    """Settings that work at sizes one can run; those of Theorem 3 would need some 7 10^16 components.

    Whatever is not given is chosen so: m = 4 r, where r is the number of non-zero components of a
    ``SymmetricCP``, but no more than dim Sym^l of its span S, or the dimension s of S for a ``DenseSymmetric``;
    eta = 1/l^2;
    lambda = 0.3 epsilon s^{-l/2}, since the rank enters the analysis only through s; and delta small enough
    that m + K components of norm delta, boosted by kappa_0 = sqrt(d (m + K)), weigh nothing beside epsilon,

    delta = 0.1 min(0.1 sqrt(epsilon / (m (m+K))) kappa_0^{-(l-2)/2}, 0.05 (eta l m (m+K))^{-1/2} kappa_0^{-(l-2)}).

    ``dimension`` is d where the target is written in fewer coordinates than that; see ``InLaw``.
    """
    check_tensor("target", target)
    target.size()  # no settings fit a tensor that is zero
    order, span = target.order, target.span().shape[1]
    if components is None:
        given = target.components()
        most = symmetric_dimension(span, order)  # more components than that are never needed
        components = 4 * (span if given is None else min(int(np.count_nonzero(given[0])), most))
    d = target.dimension if dimension is None else validation.integer("dimension", dimension, target.dimension)
    m = validation.integer("components", components, 1)
    K = validation.count("epochs", epochs)
    epsilon = validation.real("accuracy", accuracy)
    eta = 1.0 / order**2 if step_size is None else validation.real("step_size", step_size)
    if regularization is None:
        regularization = 0.3 * epsilon * span ** (-order / 2)
    if init_scale is None:
        S = math.sqrt(d * (m + K))
        light = 0.1 * math.sqrt(epsilon / (m * (m + K))) * S ** (-(order - 2) / 2)
        gentle = 0.05 / (math.sqrt(eta * order * m * (m + K)) * S ** (order - 2))
        init_scale = 0.1 * min(light, gentle)
    return Settings(
        dimension=d,
        components=m,
        epochs=K,
        iterations=validation.count("iterations", iterations),
        step_size=eta,
        init_scale=init_scale,
        regularization=regularization,
        accuracy=epsilon,
        literal=literal,
    )
