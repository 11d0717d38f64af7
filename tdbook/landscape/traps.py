"""Bad local minima (Section 3.3, Theorem 2, Appendix B): constructions, the identity, spectra, a way out.

In a *trap* every component lies on an axis, its *pole*, and the target lacks r other directions. With
S(x^{l-2} y^2) the sum over the l(l-1)/2 placements of the two y among l factors,

    T* = e_1^{(x) l} - sum_j S(e_1^{l-2} e_j^2),                 e_j the r missing directions,

and the loss anywhere minus the loss in the trap is a sum of squares plus terms whose sign can be read off
(:meth:`Trap.rise`). No Hessian is needed: on a whole cone the loss is at least the trap's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from tdbook import validation
from tdbook.landscape.targets import mixed_sign_target, trap_target
from tdbook.objectives import Parameters, frozen_gradient, tied_gradient, vanilla_gradient, vanilla_gradient_unchecked
from tdbook.tensors import SymmetricCP, integer_power, unit_columns
from tdbook.validation import Array

_RANGE = "U or c is too large, or a column of U too short"


# --- the traps --------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Trap:
    """A bad local minimum, with what is known about it in closed form.

    Attributes
    ----------
    target : SymmetricCP
        T*, in dimension d and of order l.
    r : int
        Number of missing directions.
    U : ndarray of shape (d, m)
        The components, each on its pole.
    c : ndarray of shape (m,)
        "vanilla": the coefficients c_i. "two-homogeneous": the signs a_i.
    model : {"vanilla", "two-homogeneous"}
    regularization : float
        lambda; 0 in the vanilla model.
    poles : int
        1, or 2 for the trap with components of both signs, the negative ones on e_2.
    """

    target: SymmetricCP
    r: int
    U: Array
    c: Array
    model: str
    regularization: float = 0.0
    poles: int = 1

    @property
    def order(self) -> int:
        """l."""
        return self.target.order

    @property
    def value(self) -> float:
        """The loss in the trap: poles * (l(l-1) r / 4 + lambda - lambda^2 / 2)."""
        lam = self.regularization
        return self.poles * (self.order * (self.order - 1) * self.r / 4 + lam - lam**2 / 2)

    @property
    def certified_radius(self) -> float:
        """No perturbation of all parameters with a smaller Euclidean norm can lower the loss.

        The distance from the trap to the boundary of the cone of :meth:`in_cone`; infinite for the 2-homogeneous model
        with even l, as long as the signs stay.
        """
        norms = unit_columns(self.U)[0]
        if self.poles == 2:
            return float(norms.min() / math.sqrt(2.0))
        if self.model == "vanilla":
            return float(min(norms.min(), self.c.min()) if self.order % 2 else self.c.min())
        return float(norms.min()) if self.order % 2 else math.inf

    def _arguments(self, U: Any, c: Any) -> tuple[Array, Array]:
        """Checked copies of points (..., d, m) and coefficients (..., m); the trap's own c by default."""
        U = validation.stack("U", U, self.U.shape)
        c = self.c if c is None else validation.stack("c", c, self.c.shape)
        if np.ndim(c) >= U.ndim or any(a not in (1, b) for a, b in zip(c.shape[-2::-1], U.shape[-3::-1], strict=False)):
            raise ValueError(f"c must have coefficients for the points U of shape {U.shape}, got shape {c.shape}")
        return U, c

    def term_weights(self, U: Array, c: Array) -> tuple[Array, Array]:
        """The weights of the rank-one terms u_i^{(x) l}, and n_i^2."""
        squares = np.einsum("...ij,...ij->...j", U, U)
        if self.model == "vanilla":
            return np.broadcast_to(c, squares.shape), squares
        norms = np.sqrt(squares)
        return c / integer_power(norms, self.order - 2), squares

    def loss(self, U: Any, c: Any = None) -> Array:
        """f at any points, by inner products with the target's components.

        Parameters
        ----------
        U : array_like of shape (..., d, m)
        c : array_like of shape (..., m), optional
            Coefficients (vanilla) or signs (2-homogeneous); the trap's own by default.

        Returns
        -------
        ndarray of shape (...)
        """
        U, c = self._arguments(U, c)
        order, factors = self.order, self.target.factors
        with validation.overflowing():
            weights, squares = self.term_weights(U, c)
            gram = integer_power(np.swapaxes(U, -1, -2) @ U, order)
            own = np.einsum("...i,...ij,...j->...", weights, gram, weights)
            cross = np.einsum("k,...ki,...i->...", self.target.weights, integer_power(factors.T @ U, order), weights)
            f = 0.5 * own - cross + 0.5 * self.target.norm() ** 2 + self.regularization * squares.sum(axis=-1)
        return validation.finite("the loss", f, _RANGE)

    def rise(self, U: Any, c: Any = None) -> Array:
        """f(U, c) - f(trap) by the identity, without the target's decomposition; arguments as in :meth:`loss`.

        With two poles every alpha_i^k of the 2-homogeneous identity becomes a_i (alpha_i^k - beta_i^k), beta_i the part
        of u_i along e_2.

        The identities stand at :func:`vanilla_trap` and :func:`homogeneous_trap`.
        """
        U, c = self._arguments(U, c)
        order, lam = self.order, self.regularization
        size = 1.0 - lam  # the trap's tensor is (1 - lambda) e_1^l, and with two poles - (1 - lambda) e_2^l
        with validation.overflowing():
            weights, squares = self.term_weights(U, c)
            missing = np.square(U[..., self.poles : self.poles + self.r, :]).sum(axis=-2)
            first = math.comb(order, 2) * self._pole_power(U, order - 2) * missing
            linear = np.einsum("...i,...i->...", weights, first)
            if lam:
                linear = linear + lam * (squares - weights * self._pole_power(U, order)).sum(axis=-1)
            gram = integer_power(np.swapaxes(U, -1, -2) @ U, order)
            own = np.einsum("...i,...ij,...j->...", weights, gram, weights)
            along = np.einsum("...i,...i->...", weights, self._pole_power(U, order))
            change = linear + 0.5 * own - size * along + 0.5 * self.poles * size**2
        return validation.finite("the rise of the loss", change, _RANGE)

    def _pole_power(self, U: Array, power: int) -> Array:
        """alpha_i^power, or alpha_i^power - beta_i^power with two poles; shape (..., m)."""
        first = integer_power(np.ascontiguousarray(U[..., 0, :]), power)
        return first if self.poles == 1 else first - integer_power(np.ascontiguousarray(U[..., 1, :]), power)

    def in_cone(self, U: Any, c: Any = None) -> np.ndarray:
        """Whether every component keeps c_i alpha_i^{l-2} >= 0 (two poles: a_i (alpha_i^{l-2} - beta_i^{l-2}) >= 0).

        There every term of :meth:`rise` is non-negative. Shape (...), of bool.
        """
        U, c = self._arguments(U, c)
        with validation.overflowing():  # an infinite power has its sign
            return (c * self._pole_power(U, self.order - 2) >= 0).all(axis=-1)

    def parameters(self) -> Parameters:
        """The trap as a point of the 2-homogeneous model, after the scalar mode switch (c = 1/||u||)."""
        if self.model == "vanilla":
            raise ValueError("parameters must come from a trap of the two-homogeneous model, got a vanilla one")
        return Parameters.two_homogeneous(self.U, self.c)

    def gradient(self, U: Any = None, c: Any = None, *, tied: bool = True) -> Array:
        """The gradient at one point, the trap by default, flattened: in (U, c) for the vanilla model, else in U.

        ``tied=False`` is the frozen gradient with the coefficients that belong to the trap.
        """
        U, c = self._arguments(self.U if U is None else U, c)
        validation.flag("tied", tied)
        if self.model == "vanilla":
            return np.concatenate([part.ravel() for part in vanilla_gradient(U, c, self.target)])
        if tied:
            return self.gradient_unchecked(U, c)[0].ravel()
        fixed = 1.0 / unit_columns(self.U)[0]  # the trap's own coefficients, held while U moves
        return frozen_gradient(Parameters(U, c, fixed, fixed), self.target, self.regularization).ravel()

    def gradient_unchecked(self, U: Array, c: Array) -> tuple[Array, Array]:
        """:meth:`gradient` for descent: in U, and in c (empty if that stays), of arrays that have been checked."""
        if self.model == "vanilla":
            return vanilla_gradient_unchecked(U, c, self.target)
        return tied_gradient(Parameters.two_homogeneous(U, c), self.target, self.regularization), c[:0]

    def hessian(self, *, tied: bool = True, step: float = 1e-3) -> Array:
        """Hessian in the trap by central differences of fourth order; rows and columns as in :meth:`gradient`.

        ``step`` is in units of the smallest component.
        """
        step = validation.real("step", step) * float(unit_columns(self.U)[0].min())
        point = np.concatenate([self.U.ravel(), self.c]) if self.model == "vanilla" else self.U.ravel()
        rows = []
        for shift in step * np.eye(len(point)):
            far, near, back, behind = (self.gradient(*self.split(point + k * shift), tied=tied) for k in (2, 1, -1, -2))
            rows.append((8.0 * (near - back) - (far - behind)) / (12.0 * step))
        matrix = np.array(rows)
        return 0.5 * (matrix + matrix.T)

    def split(self, point: Array) -> tuple[Array, Array]:
        """U and c from a flat vector laid out as in :meth:`gradient`."""
        U = point[: self.U.size].reshape(self.U.shape)
        return (U, point[self.U.size :]) if self.model == "vanilla" else (U, self.c)

    def spectrum(self, *, tied: bool = True) -> list[tuple[float, int, str]]:
        r"""The eigenvalues of :meth:`hessian` in closed form: (value, multiplicity, direction), one pole only.

        Each block is a multiple of the identity plus one rank-one matrix p p^T, where p is constant for the
        vanilla trap with equal components and p_i = ||u_i|| for the 2-homogeneous one.

        Claim: thm2-hessian

        At $u_i=se_1$, $c_i=c$, $mcs^l=1$, a bad minimum of Theorem 2 with $r$ missing directions, the Hessian of $f_v$
        in $(U,C)$ has, with $q=cs^{l-2}$, the eigenvalues $m(l^2c^2s^{2l-2}+s^{2l})$ once and $0$ $(2m-1)$ times along
        $(e_1,C)$; $l^2q$ once and $l(l-1)q$ $(m-1)$ times along each of the $r$ missing directions; $lq$ once and $0$
        $(m-1)$ times along each of the $d-r-1$ others. It is positive semidefinite with nullity $(2m-1)+(d-r-1)(m-1)$,
        so it proves nothing by itself.
        """
        validation.flag("tied", tied)
        if self.poles != 1:
            raise ValueError("spectrum must be of a trap with one pole, got one with 2")
        (d, m), order, r, lam = self.U.shape, self.order, self.r, self.regularization
        if self.model == "vanilla":
            if np.ptp(unit_columns(self.U)[0]) > 1e-12 or np.ptp(self.c) > 1e-12:
                raise ValueError("spectrum of a vanilla trap must be of equal components, got unequal ones")
            size = float(self.c[0] * unit_columns(self.U)[0][0] ** (order - 2))
            along = float(
                m * (order**2 * self.c[0] ** 2 * self.U[0, 0] ** (2 * order - 2) + self.U[0, 0] ** (2 * order))
            )
            along_null, shift, other = 2 * m - 1, order * (order - 1) * size, 0.0
            bonus = order * size  # l sum_i (c_i s_i^{l-1})^2, with sum_i c_i s_i^l = 1
        else:
            along = (4 if tied else order**2) * (1.0 - lam)
            along_null, shift, other = m - 1, order * (order - 1 + lam), order * lam
            bonus = order * (1.0 - lam)
        eigenvalues = [
            (along, 1, "along the pole, together"),
            (0.0, along_null, "along the pole, trading size"),
            (shift + bonus, r, "missing direction, together"),
            (shift, r * (m - 1), "missing direction, against each other"),
            (other + bonus, d - r - 1, "unused direction, together"),
            (other, (d - r - 1) * (m - 1), "unused direction, against each other"),
        ]
        return [entry for entry in eigenvalues if entry[1] > 0]


def vanilla_trap(order: int, r: int, components: int, dimension: int) -> Trap:
    r"""The point of Theorem 2 with equal components: u_i = e_1 / m^{1/l}, c_i = 1.

    Parameters
    ----------
    order, r, components, dimension : int
        l >= 3, r >= 1, m >= 1, d > r. (The trap exists for any m, even where the global minimum is positive.)

    Claim: thm2

    Let $l\ge3$ and $d>r\ge1$, let $S(x^{l-2}y^2)$ be the sum over the $\binom l2$ ways to place two factors $y$ among
    $l$ factors, and $T^*=e_1^{\otimes l}-\sum_{2\le j\le r+1}S(e_1^{l-2}e_j^2)$. Every point $u_i=s_ie_1$, $c_i>0$,
    $s_i>0$ with $\sum_ic_is_i^l=1$, so that $T=e_1^{\otimes l}$, is a local minimum of $f_v$, of value $f=l(l-1)r/4$:
    nothing is lower in the ball around it of radius $\min_i\min(s_i,c_i)$ for odd $l$, $\min_ic_i$ for even $l$, in all
    parameters together. For $m\ge r(l-1)+1$ the global minimum is zero.

    For all $U'$ with columns $u'_i=\alpha_ie_1+w_i$, $w_i\perp e_1$, and all $C'$

    $$
    f'-f=\binom l2\sum_ic'_i\,\alpha_i^{l-2}\sum_{j=2}^{r+1}w_{ij}^2+\tfrac12\|T'-T\|_F^2 .
    $$

    Hence $f'\ge f$ on the whole cone $c'_i\alpha_i^{l-2}\ge0$.
    """
    target = trap_target(order, r, dimension)
    m = validation.components(components)
    validation.entries("dimension times components", target.dimension, m)
    U = np.zeros((target.dimension, m))
    U[0] = m ** (-1.0 / order)
    return Trap(target, r, U, np.ones(m), "vanilla")


def homogeneous_trap(
    order: int, r: int, components: int, dimension: int, regularization: float = 0.0, shares: Any = None
) -> Trap:
    r"""The trap of the 2-homogeneous model, all signs +1.

    Parameters
    ----------
    order, r, components, dimension : int
        l >= 3, r >= 1, m >= 1, d > r.
    regularization : float
        0 <= lambda < 1.
    shares : array_like of shape (m,), optional
        Positive numbers proportional to s_i^2; equal by default.

    Claim: thm2-homogeneous

    For the target of Theorem 2 take the 2-homogeneous model $T=\sum_ia_in_i^{2-l}u_i^{\otimes l}$, $n_i=\|u_i\|$, with
    all $a_i=+1$, and in it the point $u_i=s_ie_1$, $s_i>0$, $\sum_is_i^2=1-\lambda$, $0\le\lambda<1$. With
    $\alpha_i=(u_i)_1$ and $P$ the projection onto the missing directions $e_2,\dots,e_{r+1}$, for all $U$

    $$
    f-f_0=\tfrac12\|T-(1-\lambda)e_1^{\otimes l}\|_F^2
    +\sum_in_i^{2-l}\Big[\lambda\big(n_i^l-\alpha_i^l\big)+\tbinom l2\,\alpha_i^{l-2}\|Pu_i\|^2\Big],
    $$

    where $f_0=\frac{l(l-1)r}4+\lambda-\frac{\lambda^2}2$ is the value at that point. So $f\ge f_0$ on the cone
    $\alpha_i\ge0$ for odd $l$, and for all $U$ with these signs when $l$ is even: the point is a local minimum.

    Frozen and tied gradient vanish there; Algorithm 1 escapes by its re-initialisation and, for even $l$, by the new
    sign.
    """
    target = trap_target(order, r, dimension)
    return _homogeneous(target, r, validation.components(components), regularization, shares, 1)


def mixed_sign_trap(
    order: int, r: int, components: int, dimension: int, regularization: float = 0.0, shares: Any = None
) -> Trap:
    r"""A trap with components of both signs, which alternate between the poles e_1 and e_2.

    Parameters
    ----------
    order : int
        l >= 4, even. (For odd l the sign of a component is the sign of its vector.)
    r, components, dimension : int
        r >= 1, m >= 2, d >= r + 2.
    regularization, shares
        As in :func:`homogeneous_trap`.

    Claim: thm2-mixed-signs

    For even $l\ge4$ and $d\ge r+2$ take
    $T^*=e_1^{\otimes l}-e_2^{\otimes l}-\sum_{3\le j\le r+2}[S(e_1^{l-2}e_j^2)-S(e_2^{l-2}e_j^2)]$ with $S$ as in
    Theorem 2, and in the 2-homogeneous model positive components on $e_1$ and negative ones on $e_2$, of lengths $s_i$
    with $\sum s_i^2=1-\lambda$ on each. Then $f\ge f_0=l(l-1)r/2+2\lambda-\lambda^2$ wherever $|(u_i)_1|\ge|(u_i)_2|$
    for $a_i=+1$ and the reverse for $a_i=-1$, so within a distance $\min_is_i/\sqrt2$.
    """
    order = validation.order(order, 4)
    if order % 2:
        raise ValueError(f"order must be even for a trap with both signs, got {order}")
    target = mixed_sign_target(order, r, dimension)
    return _homogeneous(target, r, validation.components(components, 2), regularization, shares, 2)


def _homogeneous(target: SymmetricCP, r: int, m: int, regularization: Any, shares: Any, poles: int) -> Trap:
    lam = validation.real("regularization", regularization, strict=False, maximum=1.0)
    sizes = np.ones(m) if shares is None else validation.array("shares", shares, (m,), f"with m = {m} components")
    if not (sizes > 0).all():
        raise ValueError(f"shares must be positive, got {sizes.min():.3g}")
    validation.entries("dimension times components", target.dimension, m)
    U = np.zeros((target.dimension, m))
    signs = np.ones(m)
    for pole in range(poles):
        here = np.arange(m) % poles == pole
        U[pole, here] = np.sqrt((1.0 - lam) * sizes[here] / sizes[here].sum())
        signs[here] = 1.0 - 2.0 * pole
    return Trap(target, r, U, signs, "two-homogeneous", lam, poles)
