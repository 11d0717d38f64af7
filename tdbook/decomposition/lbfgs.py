"""L-BFGS on the inner-product loss from random directions: the local method that Algorithm 1 is compared with."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from tdbook import validation
from tdbook.decomposition.polish import polish
from tdbook.tensors import SymmetricCP, SymmetricTensor, check_tensor, integer_power, random_unit_vectors
from tdbook.validation import Array

_PATIENT = {"maxiter": 3000, "maxfun": 6000, "maxcor": 20, "ftol": 1e-16, "gtol": 1e-10}


class SignedPowers:
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


def _bounded(weights: Array, directions: Array, order: int) -> tuple[Array, Array]:
    """Signs and vectors x_i = |w_i|^{1/l} v_i with T = sum_i s_i x_i^{(x) l}; for odd l all signs are +1."""
    signs = np.sign(weights)
    X = directions * np.abs(weights) ** (1.0 / order)
    return (np.ones_like(signs), X * signs) if order % 2 else (signs, X)


def local_search(
    target: SymmetricTensor, components: int, rng: int | np.random.Generator = 0, *, patient: bool = False
) -> SymmetricCP:
    """L-BFGS-B from random directions, without Algorithm 1.

    Components start as uniform unit vectors of R^d with weights +-||T*||. SciPy's own tolerances end it, or, if
    ``patient``, tolerances of 1e-16, followed by :func:`polish`.
    """
    m = validation.components(components)
    generator = validation.generator(rng)
    validation.flag("patient", patient)
    size = check_tensor("target", target).norm() or 1.0
    target = target.scaled(1.0 / size)
    directions = random_unit_vectors(target.dimension, m, generator)
    weights = generator.choice([-1.0, 1.0], size=m) * target.norm()
    basis, small = None, target
    if target.components() is not None and m + target.frame().shape[1] < target.dimension:
        # a method that only adds gradients up never leaves the span of its start and of the target
        basis, small, directions = target.beside(directions)
    signs, X = _bounded(weights, directions, target.order)
    fit = SignedPowers(small, signs)
    options = _PATIENT if patient else {}
    found = fit.tensor(minimize(fit.loss, X.ravel(), jac=True, method="L-BFGS-B", options=options).x)
    if patient and found.norm() > 0.0:
        found = polish(found, small)
    found = found.scaled(size)
    return found if basis is None else SymmetricCP(found.weights, basis @ found.factors, found.order)
