"""Identities of the chapter on lazy training: the Gram blocks of the tangent span, and how fast it learns."""

from __future__ import annotations

from sympy import Expr, Symbol, diff, expand

from tdbook.proofs.algebra import PowerSum, Vector, d, l
from tdbook.proofs.identity import Identity, identity, shows
from tdbook.proofs.objective import y, z
from tdbook.proofs.setting import i, j, t, u


def _tangent(base: Vector, direction: Vector, step: Symbol) -> PowerSum:
    """(base + step * direction)^(x l): l P_sym(base^(l-1) x direction) is its derivative in ``step`` at 0."""
    return PowerSum.power(1, base + step * direction)


@shows("tangent-gram")
def tangent_gram() -> Identity:
    r"""The Gram block of the lazy span S_U: inner products of :math:`P_{sym}(u_i^{\otimes l-1}\otimes y)`."""
    t2 = Symbol("t_2", real=True)
    both = _tangent(u(i), y(), t).inner(_tangent(u(j), z(), t2))
    left = diff(both, t, t2).subs({t: 0, t2: 0}) / l**2
    g, straight = u(i).dot(u(j)), y().dot(z())
    crossed = u(i).dot(z()) * u(j).dot(y())
    return identity(
        r"\langle P_{sym}(u_i^{\otimes l-1}\otimes y),P_{sym}(u_j^{\otimes l-1}\otimes z)\rangle="
        r"\tfrac1l\langle u_i,u_j\rangle^{l-1}\langle y,z\rangle"
        r"+\tfrac{l-1}{l}\langle u_i,u_j\rangle^{l-2}\langle u_j,y\rangle\langle u_i,z\rangle",
        route="mixed derivative of <u_i + t y, u_j + t' z>^l",
        free=("l", "d"),
        left=left,
        right=g ** (l - 1) * straight / l + (l - 1) / l * g ** (l - 2) * crossed,
        mutants={
            "first factor 1": g ** (l - 1) * straight + (l - 1) / l * g ** (l - 2) * crossed,
            "second exponent l-1": g ** (l - 1) * straight / l + (l - 1) / l * g ** (l - 1) * crossed,
            "uncrossed second term": g ** (l - 1) * straight / l
            + (l - 1) / l * g ** (l - 2) * u(i).dot(y()) * u(j).dot(z()),
        },
    )


@shows("tangent-gram")
def tangent_coefficients() -> Identity:
    r"""Training the coefficients c_i adds nothing: :math:`u_i^{\otimes l}` is the tangent in direction u_i.

    Shown as: against every tangent at any u_j, the tangent in the direction u_i acts as the power itself.
    """
    t2 = Symbol("t_2", real=True)
    both = _tangent(u(i), u(i), t).inner(_tangent(u(j), z(), t2))
    left = diff(both, t, t2).subs({t: 0, t2: 0}) / l**2
    right = diff(PowerSum.power(1, u(i)).inner(_tangent(u(j), z(), t2)), t2).subs(t2, 0) / l
    return identity(
        r"P_{sym}(u_i^{\otimes l-1}\otimes u_i)=u_i^{\otimes l}\in S_U",
        route="mixed derivative, direction u_i",
        free=("l", "d"),
        left=left,
        right=right,
        mutants={"factor l": l * right, "factor 1/l": right / l},
    )


@shows("lazy-convergence")
def slowest_degree() -> Identity:
    r"""The mean eigenvalues of K do not grow with the degree j, so that j = l is the slowest.

    With lambda_j / lambda_{j+2} = (d+l+j) / (l-j) the left side is (l-j) / lambda_{j+2} times the step from j to j + 2.
    """
    j = Symbol("j", integer=True, nonnegative=True)

    def speed(degree: Expr) -> Expr:
        return l**2 + degree * (degree + d - 2)

    left = (d + l + j) * speed(j) - (l - j) * speed(j + 2)
    right = (d + 2 * j) * (l * (l - 2) + j * (j + d))
    return identity(
        r"(d+l+j)\big(l^2+j(j+d-2)\big)-(l-j)\big(l^2+(j+2)(j+d)\big)=(d+2j)\big(l(l-2)+j(j+d)\big)\ge0",
        route="expansion",
        free=("l", "d", "j"),
        left=left,
        right=right,
        mutants={
            "$l(l-1)$ in place of $l(l-2)$": (d + 2 * j) * (l * (l - 1) + j * (j + d)),
            "first factor $d+j$": (d + j) * (l * (l - 2) + j * (j + d)),
            "the ratio of neighbours $(d+l)/(l-j)$": ((d + l) * speed(j) - (l - j) * speed(j + 2), right),
        },
        form=expand,
    )


@shows("lazy-convergence")
def slowest_speed() -> Identity:
    r"""At j = l the mean eigenvalue is lambda_l l (d+2l-2), which cancels the last factor of lambda_l."""
    left = l**2 + l * (l + d - 2)
    return identity(
        r"l^2+l(l+d-2)=l\,(d+2l-2)",
        route="expansion",
        free=("l", "d"),
        left=left,
        right=l * (d + 2 * l - 2),
        mutants={"$d+2l$": l * (d + 2 * l), "without the radial part": (left - l**2, l * (d + 2 * l - 2))},
        form=expand,
    )
