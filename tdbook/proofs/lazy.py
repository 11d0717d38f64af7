"""Identities of the chapter on lazy training: the Gram blocks of the tangent span."""

from __future__ import annotations

from sympy import Symbol, diff

from tdbook.proofs.algebra import PowerSum, Vector, l
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
