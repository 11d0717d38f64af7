r"""When lazy gradient descent reaches the target, with constants (Sections 1 and 3.1).

With h(U) = sum_i c_i u_i^{(x) l} and T_k = alpha (h(U_k) - h(U_0)) the descent on f_alpha has the residual
R_k = T_k - T*, and R_0 = -T*. While the columns stay near U_0 the matrix K = Dh Dh^T stays positive definite on the
symmetric tensors, so R_k shrinks; and while R_k shrinks the columns travel little.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from tdbook import validation
from tdbook.lazy.descent import Start
from tdbook.lazy.moments import moment_spectrum
from tdbook.lazy.span import tangent_gram
from tdbook.tensors import symmetric_dimension

# Eigenvalues of the tangent Gram matrix below this share of the largest are relations, and the span is not full.
_RELATION = 1e-11


@dataclass(frozen=True)
class Convergence:
    """What is promised of lazy descent from a start; see :func:`convergence`.

    Attributes
    ----------
    least : float
        sigma: the square root of the least eigenvalue of K, or 2 L if that is smaller.
    curvature : float
        L, the Lipschitz constant of Dh in the ball.
    scale : float
        The bound that alpha must exceed.
    step_size : float
        The largest eta.
    size : float
        ||T*||.
    """

    least: float
    curvature: float
    scale: float
    step_size: float
    size: float

    def residual(self, steps: int) -> float:
        """The bound on ||T_k - T*|| after so many steps of the largest size."""
        k = validation.count("steps", steps, 0)
        return float(self.size * (1.0 - self.step_size * self.least**2 / 9.0) ** k)

    def travelled(self, scale: float) -> float:
        """The bound on ||U_k - U_0||_F at every step, at an output scale alpha."""
        return 4.5 * self.size / (validation.real("scale", scale) * self.least)


def convergence(start: Start, order: int, size: float = 1.0) -> Convergence:
    r"""The constants with which lazy descent from ``start`` provably reaches every target of norm ``size``.

    Parameters
    ----------
    start : Start
        Columns of length 1, coefficients +1 and -1.
    order : int
        l >= 2.
    size : float
        ||T*|| > 0.

    Raises
    ------
    ValueError
        When a column or coefficient has another length, or the lazy span is not the whole space.

    Claim: lazy-convergence

    Let $h(U)=\sum_ic_iu_i^{\otimes l}$ with $l\ge2$ and $c_i=\pm1$. Gradient descent with step size $\eta$ on
    $f_\alpha=\frac1{2\alpha^2}\|T-T^*\|_F^2$ trains the model $T=\alpha\,(h(U)-h(U_0))$, which begins at zero, from a
    $U_0$ with $m$ columns of length 1. Let $S_{U_0}$ be the space of all symmetric tensors. On this space the matrix
    $K=Dh(U_0)\,Dh(U_0)^\top$ is then positive definite; let $\mu_{max}$ be its largest eigenvalue, $L=l(l-1)2^{l-2}$,
    and $\sigma\in(0,2L]$ such that no eigenvalue of $K$ is below $\sigma^2$. If

    $$
    \alpha>\frac{9L\,\|T^*\|_F}{\sigma^2},\qquad 0<\eta\le\frac4{9\mu_{max}},
    $$

    then after every number $k$ of steps

    $$
    \|T_k-T^*\|_F\le\Big(1-\frac{\eta\sigma^2}9\Big)^k\|T^*\|_F,\qquad
    \|U_k-U_0\|_F\le\frac{9\,\|T^*\|_F}{2\alpha\sigma}.
    $$

    As for the columns: $S_{U_0}$ is the whole space for almost every $U_0$ from the lazy threshold on, about
    $d^{l-1}/l!$ columns, and with pairs of opposite coefficients, for which $h(U_0)=0$, from twice as many. With
    independent uniform columns $\sigma$ is not small either: per column $K$ has the mean eigenvalues
    $\big(l^2+j(j+d-2)\big)\lambda_j$ on $|x|^{l-j}H_j$, of which

    $$
    \nu=\frac{l\cdot l!}{d(d+2)\cdots(d+2l-4)}
    $$

    is the least, and $m\ge7\,l^2\ln(D/p)/\nu$ columns have, with probability at least $1-p$, no eigenvalue of $K$ below
    $m\nu/2$. That is $O(d^{l-1}\log d)$ columns for fixed $l$ and $p$.
    """
    validation.instance("start", start, Start)
    order = validation.order(order, 2)
    norm = validation.real("size", size)
    lengths = np.linalg.norm(start.U, axis=0)
    if np.abs(lengths - 1.0).max() > 1e-9:
        raise ValueError(
            f"U must have columns of length 1, got one of length {lengths[np.abs(lengths - 1).argmax()]:.6g}"
        )
    if (np.abs(start.c) != 1.0).any():
        raise ValueError(f"c must be +1 or -1 in every column, got {start.c[np.abs(start.c) != 1.0][0]:.6g}")
    d = len(start.U)
    weights = np.repeat(order * start.c, d)
    values = np.linalg.eigvalsh(weights[:, None] * tangent_gram(start.U, order) * weights)[::-1]
    space = symmetric_dimension(d, order)
    reached = int(np.sum(values > _RELATION * values[0]))
    if reached < space:
        raise ValueError(f"U must have a lazy span of all D = {space} dimensions, got {reached}")
    curvature = order * (order - 1) * 2.0 ** (order - 2)
    least = min(math.sqrt(values[space - 1]), 2.0 * curvature)
    return Convergence(least, curvature, 9.0 * curvature * norm / least**2, 4.0 / (9.0 * float(values[0])), norm)


def mean_speeds(dimension: int, order: int) -> dict[int, Fraction]:
    """The eigenvalues of E K for one uniform column, (l^2 + j(j+d-2)) lambda_j on |x|^{l-j} H_j, by their degree j.

    The least is that of j = l: l l! / (d (d+2) ... (d+2l-4)). The claim stands at :func:`convergence`.
    """
    levels = moment_spectrum(dimension, validation.order(order, 2))
    return {x.degree: (order**2 + x.degree * (x.degree + dimension - 2)) * x.eigenvalue for x in levels}


def columns_enough(dimension: int, order: int, chance: float) -> int:
    """The least m for which uniform columns have sigma^2 >= m nu / 2 but for this chance, by Tropp's bound.

    The claim stands at :func:`convergence`.
    """
    p = validation.real("chance", chance, maximum=1.0)
    slowest = mean_speeds(dimension, order)[order]
    return math.ceil(7 * order**2 * math.log(symmetric_dimension(dimension, order) / p) / slowest)
