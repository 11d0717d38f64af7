"""Identities of the chapter on how little the loss rises."""

from __future__ import annotations

from sympy import Expr, Sum

from tdbook.proofs import setting as model
from tdbook.proofs.algebra import PowerSum, Vector, l, m
from tdbook.proofs.identity import Identity, identity, shows
from tdbook.proofs.setting import a, i, j, lam, u


def tied(index: Expr) -> Expr:
    """The weight of a component whose c follows its norm."""
    return model.tied_weight(u(index), index)


def _unit(index: Expr) -> Expr:
    return 1 / u(index).norm()


def tied_frozen(index: Expr) -> Vector:
    """The frozen gradient at c = kappa/||u||, c-hat = 1/||u||."""
    return model.gradient(index, u, tied, _unit)


@shows("norm-bound")
def norm_bound() -> Identity:
    r"""At c-hat = 1/||u|| the loss minus lambda ||U||^2 is half a square, so ||U||^2 <= f/lambda."""
    columns = Sum(u(i).dot(u(i)), (i, 1, m))
    half = model.residual().norm2() / 2
    loss = model.loss(penalty=_unit)
    return identity(
        r"f-\lambda\sum_i\|u_i\|^2=\tfrac12\|T-T^*\|_F^2\ge0",
        route="sum of squares",
        free=("l", "d", "m", "r"),
        left=loss - lam * columns,
        right=half,
        mutants={
            "without the one half": 2 * half,
            "norms instead of squared norms": (loss - lam * Sum(u(i).norm(), (i, 1, m)), half),
            "regulariser lambda c-hat^(l-1) ||u||^l": (
                half + lam * Sum(_unit(i) ** (l - 1) * u(i).norm() ** l, (i, 1, m)) - lam * columns,
                half,
            ),
        },
    )


@shows("lemma4-exact")
def lemma4_exact() -> Identity:
    r"""What removing one column costs, exactly, once its scalar mode is switched (kappa = 1).

    Lemma 4 bounds this. R may be any tensor, the regulariser of the other columns cancels, and j is the
    removed column, whose own weight is a_j ||u_j||^(2-l).
    """
    column, length = u(j), u(j).norm()
    b = a(j) * length ** (2 - l)
    alone = PowerSum.power(b, column)
    residual = model.residual()
    # the loss without column j, minus the loss: the squares, and the regulariser's share of column j
    left = ((residual - alone).norm2() - residual.norm2()) / 2 - lam * length**2
    g = (l * b) * residual.contract(column) + (lam * l) * column
    gain = column.dot(g)
    return identity(
        r"f(U\setminus u_j)-f(U)=-\tfrac1l\langle u_j,g_j\rangle+\tfrac12\|u_j\|^4",
        free=("l", "d", "m", "r"),
        left=left,
        right=-gain / l + length**4 / 2,
        mutants={
            "factor 1/2 for 1/l": -gain / 2 + length**4 / 2,
            "without the fourth power": -gain / l,
            "square for fourth power": -gain / l + length**2 / 2,
            "opposite sign": gain / l + length**4 / 2,
        },
    )
