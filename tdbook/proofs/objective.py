"""Section 3: the loss in inner products, lazy training's span, the saddle at zero, the bad local minima."""

from __future__ import annotations

from sympy import (
    Expr,
    IndexedBase,
    Rational,
    Sum,
    Symbol,
    binomial,
    expand_func,
)

from tdbook.proofs import setting as model
from tdbook.proofs.algebra import Inner, N, family, l, m, r, replace_inner
from tdbook.proofs.canonical import canonical
from tdbook.proofs.identity import Identity, identity, shows
from tdbook.proofs.setting import cstar, i, k, s, u

x, y, z = Symbol("x", real=True), family("y"), family("z")
scale = Symbol("sigma", positive=True)  # the s of sU; s is an index here


def choose(n: Expr, order: int) -> Expr:
    """C(n, order) as a polynomial in n."""
    return expand_func(binomial(n, order))


# ------------------------------------------------------------------------------------------------------------
# Equations (1) and (2)
# ------------------------------------------------------------------------------------------------------------
def _entrywise_loss(weight: model.Weight) -> Expr:
    """Half the sum of squared entries: N = d^l entries X[k, i] of u_i^(x l), Y[k, s] of u*_s^(x l)."""
    big, ground = IndexedBase("X"), IndexedBase("Y")
    entry = Sum(weight(i) * big[k, i], (i, 1, m)) - Sum(cstar(s) * ground[k, s], (s, 1, r))
    squares = canonical(Rational(1, 2) * Sum(entry**2, (k, 1, N)))
    # what is left are inner products of whole tensors: claim tensor-inner
    squares = replace_inner(squares, "X", "X", lambda p, q: Inner(Symbol("u"), p, Symbol("u"), q) ** l)
    squares = replace_inner(squares, "X", "Y", lambda p, q: Inner(Symbol("u"), p, Symbol("us"), q) ** l)
    return replace_inner(squares, "Y", "Y", lambda p, q: Inner(Symbol("us"), p, Symbol("us"), q) ** l)


def _gram_mutants(weight: model.Weight) -> dict[str, Expr]:
    cross = model.tensor(u, weight).inner(model.target())
    squares = model.tensor(u, weight).norm2()
    ground = model.target().norm2()
    return {
        "cross term with half its weight": (squares - cross + ground) / 2,
        "cross term with the wrong sign": (squares + 2 * cross + ground) / 2,
        "without the norm of the target": (squares - 2 * cross) / 2,
        "without the one half": squares - 2 * cross + ground,
    }


@shows("loss-gram")
def loss_gram_vanilla() -> Identity:
    r"""Equations (1) and (2): the distance of two sums of powers needs only inner products of vectors."""
    return identity(
        r"\tfrac12\Bigl\|\sum_ic_iu_i^{\otimes l}-T^*\Bigr\|_F^2=\tfrac12\sum_{i,j}c_ic_j\langle u_i,u_j"
        r"\rangle^l"
        r"-\sum_{i,s}c_ic^*_s\langle u_i,u^*_s\rangle^l+\tfrac12\sum_{s,q}c^*_sc^*_q\langle u^*_s,u^*_q"
        r"\rangle^l",
        route="entries: N = d^l of them, then tensor-inner",
        free=("l", "d", "m", "r"),
        left=_entrywise_loss(model.vanilla_weight),
        right=model.loss(u, model.vanilla_weight, None),
        mutants=_gram_mutants(model.vanilla_weight),
    )


@shows("loss-gram")
def loss_gram_homogeneous() -> Identity:
    r"""The loss of Section 4 without its regulariser: the same with :math:`b_i=a_ic_i^{l-2}`."""
    return identity(
        r"\tfrac12\|T-T^*\|_F^2=\tfrac12\sum_{i,j}b_ib_j\langle u_i,u_j\rangle^l-\sum_{i,s}b_ic^*_s\langle "
        r"u_i,u^*_s\rangle^l"
        r"+\tfrac12\|T^*\|_F^2,\quad b_i=a_ic_i^{l-2}",
        route="entries: N = d^l of them, then tensor-inner",
        free=("l", "d", "m", "r"),
        left=_entrywise_loss(model.frozen_weight),
        right=model.loss(u, model.frozen_weight, None),
        mutants=_gram_mutants(model.frozen_weight),
    )


# ------------------------------------------------------------------------------------------------------------
# 3.1 Lazy training
# ------------------------------------------------------------------------------------------------------------


# ------------------------------------------------------------------------------------------------------------
# 3.2 The saddle at zero
# ------------------------------------------------------------------------------------------------------------


# ------------------------------------------------------------------------------------------------------------
# 3.3 The bad local minimum of Theorem 2
# ------------------------------------------------------------------------------------------------------------
