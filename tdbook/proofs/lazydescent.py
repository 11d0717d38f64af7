"""Identities of the chapter on real descent: how fast random columns learn."""

from __future__ import annotations

from sympy import Expr, Symbol, expand

from tdbook.proofs.algebra import d, l
from tdbook.proofs.identity import Identity, identity, shows


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
