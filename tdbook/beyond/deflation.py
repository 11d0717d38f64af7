"""Small starts: the order in which components are found, and the law of their growth.

For T* = sum_k tau_k e_k^{(x) l} with orthonormal e_k, a column u so small that R = -T* moves by
u_k <- u_k (1 - eta l lambda + eta l a kappa^{l-2} tau_k w_k^{l-2}), w = u / ||u||: one number for each direction.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tdbook import validation
from tdbook.objectives import Parameters
from tdbook.tensors import SymmetricCP, integer_power
from tdbook.validation import Array


def small_step_factors(
    strengths: Any,
    coordinates: Any,
    order: int,
    sign: float = 1.0,
    *,
    step_size: float,
    regularization: float = 0.0,
    kappa: float = 1.0,
) -> Array:
    """What one step multiplies each coordinate of a small column by, for an orthogonal target.

    1 - eta l lambda + eta l a kappa^{l-2} tau_k w_k^{l-2}: exact when R = -T*. Divided by eta, the logarithm of the
    quotient of two of them tends to l a kappa^{l-2} (tau_k w_k^{l-2} - tau_j w_j^{l-2}).

    Parameters
    ----------
    strengths : array_like of shape (s,)
        tau_k.
    coordinates : array_like of shape (s,)
        w_k = <u, e_k> / ||u||.
    """
    eta, lam = validation.real("step_size", step_size), validation.real("regularization", regularization, strict=False)
    kappa = validation.real("kappa", kappa)
    with validation.overflowing():
        boost = np.float64(kappa) ** (validation.order(order, 2) - 2)
        pull = boost * _pull(strengths, coordinates, order, sign)
        factors = 1.0 + order * eta * (pull - lam)
    return validation.finite("the factors", factors, "an argument is too large")


def deflation_rate(strengths: Any, coordinates: Any, order: int, sign: float = 1.0) -> Array:
    r"""l a tau_k w_k^{l-2}, shape (s,): the rates of the claim are differences of two of them.

    Claim: deflation

    Let $T^*=\sum_k\tau_ke_k^{\otimes l}$ with orthonormal $e_k$, and let $u$ be a column with sign $a$ and $\kappa=1$
    at a time when $T$ is negligible, $R=-T^*$. With $w=u/\|u\|$ and $w_k=\langle w,e_k\rangle$, along the gradient flow

    $$
    \frac{d}{dt}\log\frac{w_k}{w_j}=l\,a\,\big(\tau_kw_k^{\,l-2}-\tau_jw_j^{\,l-2}\big) .
    $$

    So a lone column ends in the direction with the largest $a\tau_kw_k^{l-2}$ at the start, if that is positive: the
    strongest one at $l=2$, one that depends on the start at $l\ge3$.
    """
    with validation.overflowing():
        rates = order * _pull(strengths, coordinates, validation.order(order, 2), sign)
    return validation.finite("the rates", rates, "strengths, coordinates or sign are too large")


def _pull(strengths: Any, coordinates: Any, order: int, sign: float) -> Array:
    """a tau_k w_k^{l-2}."""
    tau = validation.array("strengths", strengths, ("s",))
    w = validation.array("coordinates", coordinates, tau.shape, f"with s = {len(tau)} strengths")
    return validation.real("sign", sign, -math.inf) * tau * integer_power(w, order - 2)


def predicted_winner(strengths: Any, coordinates: Any, order: int, sign: float = 1.0) -> int | None:
    """The direction that a small column ends in, by the law of deflation.

    The law keeps the order of the a tau_k w_k^{l-2} for ever, so the leader leads more and more. None when none is
    positive: then the sign is wrong for every direction, and the column shrinks. Coordinates that are zero stay so.

    The claim stands at :func:`deflation_rate`.
    """
    rates = deflation_rate(strengths, coordinates, order, sign)
    rates = np.where(np.asarray(coordinates, dtype=float) != 0.0, rates, -np.inf)
    best = int(np.argmax(rates))
    return best if rates[best] > 0 else None


def direction_shares(parameters: Parameters, basis: Any) -> Array:
    """<u_i, e_k>^2 / ||u_i||^2 for orthonormal e_k, the columns of ``basis`` of shape (d, s); shape (s, m)."""
    directions = validation.instance("parameters", parameters, Parameters).directions
    basis = validation.array("basis", basis, (len(directions), "s"), "like the rows of U")
    with validation.overflowing():
        return validation.finite("the shares", (basis.T @ directions) ** 2, "basis must be orthonormal")


def nearest_direction(parameters: Parameters, basis: Any) -> Array:
    """For each column the k with the largest share of :func:`direction_shares`; shape (m,)."""
    return np.argmax(direction_shares(parameters, basis), axis=0)


def overlaps(tensor: SymmetricCP, target: SymmetricCP) -> Array:
    """T(v_k^{(x) l}) / tau_k for the unit components v_k of the target, shape (r,): the share found of each one.

    For an orthogonal target it runs from 0 to 1 (less lambda / tau_k).
    """
    validation.instance("tensor", tensor, SymmetricCP)
    tensor.check_same_space(validation.instance("target", target, SymmetricCP))
    strengths, directions = target.components()
    with validation.overflowing():
        return validation.finite("the overlaps", tensor.evaluate(directions) / strengths, "a weight of target is 0")
