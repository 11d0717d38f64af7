r"""The model and the loss of the paper, in inner products: the one place where the proofs state them.

Every identity about the loss goes through :func:`tensor`, :func:`target` and :func:`loss` here. Change a
factor in this file and the identities fail.
"""

from __future__ import annotations

from collections.abc import Callable

from sympy import Expr, Function, Rational, Sum, Symbol, diff

from tdbook.proofs.algebra import PowerSum, Vector, family, l, m, r

__all__ = [
    "a", "along", "c", "chat", "cstar", "eta", "frozen_weight", "gradient", "i", "j", "k", "kappa", "lam",
    "loss", "moved", "residual", "s", "t", "target", "tensor", "tied_gradient", "tied_loss",
    "tied_weight", "u", "us", "v", "vanilla_weight",
]  # fmt: skip

# Indices, and the symbols of Section 4.
i, j, k, s = (Symbol(name, integer=True, positive=True) for name in "i j k s".split())
lam, eta = Symbol("lambda", positive=True), Symbol("eta", positive=True)
t = Symbol("t", real=True)

a = Function("a", real=True)  # the signs a_i = +1 or -1
c = Function("c", positive=True)  # c_i, held constant by the frozen gradient
chat = Function("chat", positive=True)  # c-hat_i, of the regulariser
kappa = Function("kappa", positive=True)  # kappa_i = c_i ||u_i||
cstar = Function("cstar", real=True)  # the weights of the target

u, us, v = family("u"), family("us"), family("v")
Columns = Callable[[Expr], Vector]
Weight = Callable[[Expr], Expr]


def frozen_weight(index: Expr) -> Expr:
    r""":math:`b_i=a_i c_i^{l-2}` (Section 4)."""
    return a(index) * c(index) ** (l - 2)


def vanilla_weight(index: Expr) -> Expr:
    r""":math:`b_i=c_i`, of any sign (Section 3)."""
    return Function("coefficient")(index)


def tied_weight(column: Vector, index: Expr) -> Expr:
    r""":math:`b_i=a_i(\kappa_i/\|u_i\|)^{l-2}`: the weight when :math:`c_i` follows :math:`\|u_i\|`."""
    return a(index) * (kappa(index) / column.norm()) ** (l - 2)


def tensor(columns: Columns = u, weight: Weight = frozen_weight) -> PowerSum:
    r""":math:`T=\sum_{i\le m}b_iu_i^{\otimes l}`."""
    return PowerSum.power(weight(i), columns(i), (i, m))


def target() -> PowerSum:
    r""":math:`T^*=\sum_{s\le r}c^*_s(u^*_s)^{\otimes l}`."""
    return PowerSum.power(cstar(s), us(s), (s, r))


def residual(columns: Columns = u, weight: Weight = frozen_weight) -> PowerSum:
    r""":math:`R=T-T^*`."""
    return tensor(columns, weight) - target()


def loss(columns: Columns = u, weight: Weight = frozen_weight, penalty: Weight | None = chat) -> Expr:
    r""":math:`\frac12\|T-T^*\|_F^2+\lambda\sum_i\hat c_i^{\,l-2}\|u_i\|^l` (Section 4).

    ``penalty`` is :math:`\hat c`; without it the loss is that of equation (2).
    """
    squares = Rational(1, 2) * residual(columns, weight).norm2()
    if penalty is None:
        return squares
    return squares + lam * Sum(penalty(i) ** (l - 2) * columns(i).norm() ** l, (i, 1, m))


def tied_loss(columns: Columns = u) -> Expr:
    r"""The loss of U alone, :math:`F`: :math:`c_i=\kappa_i/\|u_i\|`, :math:`\hat c_i=1/\|u_i\|`."""
    return loss(columns, lambda index: tied_weight(columns(index), index), lambda index: 1 / columns(index).norm())


def gradient(
    index: Expr, columns: Columns = u, weight: Weight = frozen_weight, penalty: Weight | None = chat
) -> Vector:
    r"""The frozen :math:`g_i=l\,b_i\,R(u_i^{\otimes l-1},\cdot)+\lambda l\,\hat c_i^{\,l-2}n_i^{l-2}u_i`."""
    x = columns(index)
    pull = (l * weight(index)) * residual(columns, weight).contract(x)
    if penalty is None:
        return pull
    return pull + (lam * l * penalty(index) ** (l - 2) * x.norm() ** (l - 2)) * x


def tied_gradient(index: Expr) -> Vector:
    r""":math:`\nabla_iF=(I-\frac{l-2}{l}\hat u_i\hat u_i^{\!\top})g_i`, with :math:`g_i` at the tied c."""
    x = u(index)
    g = gradient(index, u, lambda n: tied_weight(u(n), n), lambda n: 1 / u(n).norm())
    return g - ((l - 2) / l * x.dot(g) / x.norm() ** 2) * x


def moved(index: Expr) -> Vector:
    """The columns of U + tV."""
    return u(index) + t * v(index)


def along(function: Callable[[Columns], Expr], order: int = 1) -> Expr:
    """The derivative of that order of ``function(U + tV)`` at t = 0."""
    return diff(function(moved), t, order).subs(t, 0)
