"""The two models, their losses and gradients (Sections 3 and 4 of the paper).

Vanilla model          T_v = sum_i c_i u_i^{(x) l}                  f_v = ||T_v - T*||^2 / 2            (2)
2-homogeneous model    T   = sum_i a_i c_i^{l-2} u_i^{(x) l}        f   = ||T - T*||^2 / 2
                                                                          + lambda sum_i chat_i^{l-2} ||u_i||^l

Two gradients of f must not be confused. The *frozen* one, which Algorithm 1 follows, differentiates with c
and chat held constant. The *tied* one is the gradient of F(U) = f(U, c(U)), where c_i = kappa_i / ||u_i||
and chat_i = kappahat_i / ||u_i|| move with u_i.

Everything is computed from norms n_i = ||u_i|| and directions u_i / n_i. With kappa_i = c_i n_i the model is
sum_i a_i kappa_i^{l-2} n_i^2 (u_i / n_i)^{(x) l}: no power of a small norm is ever formed, which matters for
components of norm 1e-12 and below.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tdbook import validation
from tdbook.tensors import SymmetricCP, SymmetricTensor, check_tensor, integer_power, unit_columns
from tdbook.validation import Array

# The reasons that a refusal gives for a result out of range.
_TOO_LARGE = "U, c, c_hat, the target or the regularization are too large"
_TOO_SHORT = "a column of U is too short, or kappa too large"


@dataclass(frozen=True, eq=False)
class Parameters:
    """The point (U, C, C-hat, A) at which f is evaluated; columns of U must not be zero.

    Attributes
    ----------
    U : ndarray of shape (d, m)
        Components u_i as columns.
    a : ndarray of shape (m,)
        Signs, +1 or -1.
    c, c_hat : ndarray of shape (m,)
        Positive coefficients of the model and of the regulariser.
    """

    U: Array
    a: Array
    c: Array
    c_hat: Array

    def __post_init__(self) -> None:
        U = validation.array("U", self.U, ("d", "m"))
        m = U.shape[1]
        zero = ~U.any(axis=0)
        if zero.any():
            raise ValueError(f"U must have no zero column (c = kappa / ||u||), got column {np.argmax(zero)}")
        why = f"with m = {m} columns in U"
        a = validation.array("a", self.a, (m,), why)
        if not (np.abs(a) == 1.0).all():
            raise ValueError(f"a must hold signs +1 or -1, got {a[np.abs(a) != 1.0][0]:g}")
        for name, value in (("U", U), ("a", a)):
            object.__setattr__(self, name, value)
        for name in ("c", "c_hat"):
            value = validation.array(name, getattr(self, name), (m,), why)
            if not (value > 0).all():
                raise ValueError(f"{name} must be positive, got {value.min():.3g}")
            object.__setattr__(self, name, value)
        self.U.flags.writeable = False  # its norms and directions are remembered

    @classmethod
    def two_homogeneous(cls, U: Any, a: Any, kappa: Any = 1.0) -> Parameters:
        """c_i = kappa_i / ||u_i|| and chat_i = 1 / ||u_i||: on this family f is the tied F(U).

        ``kappa`` is one positive number or one for each column; 1 is the value after the scalar mode switch.
        """
        U = validation.array("U", U, ("d", "m"))
        norms = unit_columns(U)[0]
        if isinstance(kappa, np.ndarray | list | tuple):
            kappas = validation.array("kappa", kappa, norms.shape, f"with m = {len(norms)} columns in U")
        else:
            kappas = np.full(norms.shape, validation.real("kappa", kappa))
        with validation.overflowing():  # a zero column is refused by the constructor
            reciprocal = np.where(norms > 0, 1.0 / norms, 1.0)
            c = validation.finite("c = kappa / ||u||", kappas * reciprocal, _TOO_SHORT)
        return cls(U, a, c, reciprocal)

    @cached_property
    def _polar(self) -> tuple[Array, Array]:
        """Norms and directions of the columns, computed once for each point."""
        polar = unit_columns(self.U)
        for part in polar:
            part.flags.writeable = False
        return polar

    @property
    def norms(self) -> Array:
        """n_i = ||u_i||, shape (m,)."""
        return self._polar[0]

    @property
    def directions(self) -> Array:
        """w_i = u_i / ||u_i||, shape (d, m)."""
        return self._polar[1]

    @property
    def kappa(self) -> Array:
        """kappa_i = c_i ||u_i||, constant between switches, shape (m,)."""
        return self.c * self.norms


def model(parameters: Parameters, order: int) -> SymmetricCP:
    r"""The model's tensor T, kept by its components u_i with the weights a_i c_i^{l-2}.

    Claim: two-homogeneous

    With $c_i=\kappa_i/\|u_i\|$ and $\kappa$ fixed, $T=\sum_ia_ic_i^{\,l-2}u_i^{\otimes l}$ obeys $T(kU)=k^2\,T(U)$ for
    every $k>0$; for $k<0$ a factor $\mathrm{sgn}(k)^l$ appears, $T(-kU)=(-1)^l\,k^2\,T(U)$ for $k>0$.
    """
    validation.instance("parameters", parameters, Parameters)
    order = validation.order(order, 2)
    norms, directions = parameters.norms, parameters.directions
    with validation.overflowing():
        boost = integer_power(parameters.c * norms, order - 2)
        weights = validation.finite("kappa^{l-2} ||u||^2", parameters.a * boost * norms**2, _TOO_LARGE)
    return SymmetricCP.from_unit_columns(weights, directions, order)


def regularizer(parameters: Parameters, order: int) -> float:
    """sum_i chat_i^{l-2} ||u_i||^l; equal to ||U||_F^2 when chat_i = 1 / ||u_i||."""
    validation.instance("parameters", parameters, Parameters)
    norms = parameters.norms
    with validation.overflowing():
        total = float(integer_power(parameters.c_hat * norms, validation.order(order, 2) - 2) @ norms**2)
    return validation.finite("the regulariser", total, _TOO_LARGE)


def loss(parameters: Parameters, target: SymmetricTensor, regularization: float) -> float:
    """f(U, C, C-hat, A) of Section 4.

    Parameters
    ----------
    parameters : Parameters
        U of shape (d, m).
    target : SymmetricTensor
        T*, of dimension d and order l.
    regularization : float
        lambda >= 0.
    """
    lam = check_point(parameters, target, regularization)
    distance = model(parameters, target.order).distance(target)
    return validation.finite("f", 0.5 * distance * distance + lam * regularizer(parameters, target.order), _TOO_LARGE)


def residual_contraction(parameters: Parameters, target: SymmetricTensor) -> Array:
    """R(w_i^{(x) l-1}, .) for R = T - T* and each direction w_i = u_i / ||u_i||, shape (d, m)."""
    check_point(parameters, target)
    directions = parameters.directions
    with validation.overflowing():
        residual = model(parameters, target.order).contract_unchecked(directions) - target.contract_unchecked(
            directions
        )
    return validation.finite("R(w^{l-1}, .)", residual, _TOO_LARGE)


def frozen_gradient(parameters: Parameters, target: SymmetricTensor, regularization: float) -> Array:
    r"""Gradient of f in U with c and c_hat held constant, shape (d, m): what Algorithm 1 follows.

    Claim: gradient

    Let $f=\frac12\|T-T^*\|_F^2+\lambda\sum_i\hat c_i^{\,l-2}\|u_i\|^l$ with $T=\sum_ia_ic_i^{\,l-2}u_i^{\otimes l}$,
    and $R=T-T^*$. With $c,\hat c$ held constant, the gradient of $f$ in column $u_i$ is

    $$
    g_i=l\,a_ic_i^{\,l-2}\,R(u_i^{\otimes l-1},\cdot\,)+\lambda\,l\,\hat c_i^{\,l-2}\|u_i\|^{l-2}\,u_i .
    $$
    """
    lam = check_point(parameters, target, regularization)
    order, norms = target.order, parameters.norms
    with validation.overflowing():
        boost = integer_power(parameters.c * norms, order - 2)
        pull = order * parameters.a * boost * norms * residual_contraction(parameters, target)
        shrink = lam * order * integer_power(parameters.c_hat * norms, order - 2)
        return validation.finite("the gradient", pull + shrink * parameters.U, _TOO_LARGE)


def tied_gradient(parameters: Parameters, target: SymmetricTensor, regularization: float) -> Array:
    r"""Gradient of F(U) = f(U, c(U)), where kappa_i = c_i ||u_i|| and chat_i ||u_i|| are constants; shape (d, m).

    It is computed from the frozen gradient, by the first formula of the claim.

    Claim: projection

    Let $F(U)=f(U,c(U),\hat c(U))$ with $c_i=\kappa_i/\|u_i\|$, $\hat c_i=1/\|u_i\|$, let $g_i$ be the columns of the
    frozen gradient $G$ of $f$ there, and $\hat u_i=u_i/\|u_i\|$. Then

    $$
    \nabla_iF=\Big(I-\tfrac{l-2}{l}\,\hat u_i\hat u_i^\top\Big)\,g_i ,
    $$

    and therefore

    $$
    \tfrac2l\,\|G\|_F^2\;\le\;\langle\nabla F,G\rangle\;\le\;\|G\|_F^2 .
    $$

    Claim: euler

    For the frozen gradient $G$, and for the tied one $\nabla F$ with $c_i$ and $\hat c_i$ proportional to $1/\|u_i\|$
    and $\hat c_i\|u_i\|=1$,

    $$
    \begin{aligned}
    \langle U,G\rangle&=l\,\langle T,R\rangle+\lambda l\sum_i\hat c_i^{\,l-2}\|u_i\|^l,\\
    \langle U,\nabla F\rangle&=2\,\langle T,R\rangle+2\lambda\|U\|_F^2 .
    \end{aligned}
    $$
    """
    frozen = frozen_gradient(parameters, target, regularization)
    directions = parameters.directions
    with validation.overflowing():
        radial = np.einsum("ij,ij->j", directions, frozen)
        tied = frozen - (1.0 - 2.0 / target.order) * radial * directions
    return validation.finite("the gradient", tied, _TOO_LARGE)


def hessian_form(parameters: Parameters, V: Any, target: SymmetricTensor, regularization: float) -> float:
    r"""Second derivative of t -> f(U + tV) at t = 0 with c and c_hat held constant.

    With b_i = a_i c_i^{l-2} the model moves with T' = l sum_i b_i Sym(u_i^{(x) l-1} (x) v_i) and
    T'' = l(l-1) sum_i b_i Sym(u_i^{(x) l-2} (x) v_i^{(x) 2}).

    Claim: hessian

    With $c,\hat c$ held constant, the second derivative of the loss $f$ of Section 4 along a direction $V$ is

    $$
    \begin{aligned}
    \frac{d^2}{dt^2}f(U+tV)\Big|_{t=0}={}&\|\dot T\|_F^2+\langle R,\ddot T\rangle\\
    &+\lambda l\sum_i\hat c_i^{\,l-2}\|u_i\|^{l-2}\big(\|v_i\|^2+(l-2)\langle u_i/\|u_i\|,v_i\rangle^2\big),
    \end{aligned}
    $$

    where $\dot T$ and $\ddot T$ are the derivatives of $T$ along $V$.
    """
    lam = check_point(parameters, target, regularization)
    V = validation.array("V", V, parameters.U.shape, "like U")
    order = target.order
    norms, directions = parameters.norms, parameters.directions
    with validation.overflowing():
        boost = parameters.a * integer_power(parameters.c * norms, order - 2)
        cosines = directions.T @ directions
        across = directions.T @ V  # <w_i, v_j>
        # l^2 <Sym(w_i^{l-1} v_i), Sym(w_j^{l-1} v_j)>: the moved slots meet each other, or one of the others
        velocities = order * integer_power(cosines, order - 2) * (cosines * (V.T @ V) + (order - 1) * across * across.T)
        speed = boost * norms
        first = float(speed @ velocities @ speed)
        residual = model(parameters, order).curvature(directions, V) - target.curvature(directions, V)
        second = order * (order - 1) * float(boost @ residual)
        weight = integer_power(parameters.c_hat * norms, order - 2)
        radial = np.einsum("ij,ij->j", directions, V)
        sizes = np.einsum("ij,ij->j", V, V)
        third = lam * order * float(weight @ (sizes + (order - 2) * radial**2))
    return validation.finite("the Hessian form", first + second + third, _TOO_LARGE)


def vanilla_model(U: Any, c: Any, order: int) -> SymmetricCP:
    """T_v = sum_i c_i u_i^{(x) l}; U of shape (d, m), c of shape (m,)."""
    return SymmetricCP(c, U, order)


def vanilla_loss(U: Any, c: Any, target: SymmetricTensor) -> float:
    r"""f_v(U, C) = ||T_v - T*||^2 / 2, equation (2).

    Claim: loss-gram

    For any coefficients and vectors

    $$
    \begin{aligned}
    \Big\|\sum_ic_iu_i^{\otimes l}-\sum_sc^*_s{u^*_s}^{\otimes l}\Big\|_F^2
    ={}&\sum_{i,j}c_ic_j\langle u_i,u_j\rangle^l-2\sum_{i,s}c_ic^*_s\langle u_i,u^*_s\rangle^l\\
    &+\sum_{s,t}c^*_sc^*_t\langle u^*_s,u^*_t\rangle^l :
    \end{aligned}
    $$

    the loss needs nothing of size $d^l$.
    """
    distance = vanilla_model(U, c, check_tensor("target", target).order).distance(target)
    return validation.finite("f_v", 0.5 * distance * distance, _TOO_LARGE)


def vanilla_gradient(U: Any, c: Any, target: SymmetricTensor) -> tuple[Array, Array]:
    """Gradients of f_v in U, shape (d, m), and in c, shape (m,), R = T_v - T*:

    l c_i R(u_i^{(x) l-1}, .) and R(u_i, ..., u_i).
    """
    tensor = vanilla_model(U, c, check_tensor("target", target).order)
    with validation.overflowing():
        residual = tensor.contract(tensor.factors) - target.contract(tensor.factors)
        in_U = target.order * tensor.weights * residual
        in_c = np.einsum("ij,ij->j", tensor.factors, residual)
        validation.finite("the gradient in c", in_c, _TOO_LARGE)
        return validation.finite("the gradient in U", in_U, _TOO_LARGE), in_c


def vanilla_gradient_unchecked(U: Array, c: Array, target: SymmetricTensor) -> tuple[Array, Array]:
    """:func:`vanilla_gradient` for loops: of checked arrays, whose entries are multiplied as they are.

    For norms whose powers are far from over- and underflow.
    """
    residual = (U * c) @ integer_power(U.T @ U, target.order - 1) - target.contract_unchecked(U)
    return target.order * c * residual, np.einsum("ij,ij->j", U, residual)


def check_point(parameters: Any, target: Any, regularization: Any = 0.0) -> float:
    """lambda, if the parameters are a point of the 2-homogeneous model for this target."""
    check_tensor("target", target)
    validation.instance("parameters", parameters, Parameters)
    if parameters.U.shape[0] != target.dimension:
        raise ValueError(f"U must have {target.dimension} rows like the target, got {parameters.U.shape[0]}")
    return validation.real("regularization", regularization, strict=False)
