"""Identities of the chapter on Algorithm 1: the update of the coefficients."""

from __future__ import annotations

from sympy import Expr, S, Symbol, sqrt

from tdbook.proofs import setting as model
from tdbook.proofs.algebra import PowerSum, d, l, m
from tdbook.proofs.identity import Identity, identity, shows
from tdbook.proofs.model import y
from tdbook.proofs.setting import a, c, i, u


@shows("c-update")
def c_update_invariant() -> Identity:
    r"""Algorithm 1's update c' = c ||u||/||u'|| keeps kappa = c ||u||, for any new column u' (here y_i)."""
    updated = c(i) * u(i).norm() / y(i).norm()
    return identity(
        r"c'_i\,\|u'_i\|=c_i\,\|u_i\|,\quad c'_i=c_i\|u_i\|/\|u'_i\|",
        free=("d",),
        left=updated * y(i).norm(),
        right=c(i) * u(i).norm(),
        mutants={
            "the new length": c(i) * y(i).norm(),
            "c alone": c(i),
            "squared length": c(i) * u(i).norm() ** 2,
        },
    )


@shows("c-update")
def c_update_model() -> Identity:
    r"""Hence the updated model is the 2-homogeneous function of the new columns with the old kappa."""

    def updated(index: Expr) -> Expr:
        return a(index) * (c(index) * u(index).norm() / y(index).norm()) ** (l - 2)

    def homogeneous(power: Expr) -> PowerSum:
        return model.tensor(y, lambda n: a(n) * (c(n) * u(n).norm()) ** (l - 2) * y(n).norm() ** power)

    def distance(power: Expr) -> Expr:
        return (model.tensor(y, updated) - homogeneous(power)).norm2()

    return identity(
        r"\sum_ia_i(c'_i)^{l-2}(u'_i)^{\otimes l}=\sum_ia_i\kappa_i^{l-2}\|u'_i\|^{2-l}(u'_i)^{\otimes l}",
        route="squared norm of the difference",
        free=("l", "d", "m"),
        left=distance(2 - l),
        right=S.Zero,
        mutants={"power 1-l": (distance(1 - l), S.Zero), "power -l": (distance(-l), S.Zero)},
    )


@shows("c-update")
def c_update_switch() -> Identity:
    r"""At first kappa = sqrt(d(m+K)); the scalar mode switch divides c by it, and kappa is 1 from then on."""
    big = Symbol("K", integer=True, positive=True)
    start = sqrt(d * (m + big)) / u(i).norm()
    switched = start / sqrt(d * (m + big))
    return identity(
        r"\frac{\sqrt{d(m+K)}}{\|u_i\|}\cdot\frac1{\sqrt{d(m+K)}}\cdot\|u_i\|=1",
        free=("d", "m", "K"),
        left=switched * u(i).norm(),
        right=S.One,
        mutants={"kappa = 2": S(2), "kappa = the length": u(i).norm()},
    )
