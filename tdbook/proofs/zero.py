"""Identities of the chapter on the saddle at zero."""

from __future__ import annotations

from sympy import (
    Expr,
    Sum,
)

from tdbook.proofs import setting as model
from tdbook.proofs.algebra import Vector, l, m
from tdbook.proofs.identity import Identity, identity, shows
from tdbook.proofs.objective import scale
from tdbook.proofs.setting import i, lam, u


def _scaled(index: Expr) -> Vector:
    return scale * u(index)


@shows("zero-saddle")
def zero_saddle() -> Identity:
    r"""The vanilla loss on the ray through U, C fixed: nothing happens before order l (Section 3.2)."""
    model_tensor, target = model.tensor(u, model.vanilla_weight), model.target()
    cross, square, ground = model_tensor.inner(target), model_tensor.norm2(), target.norm2()
    return identity(
        r"f_v(\sigma U)=\tfrac12\|T^*\|^2-\sigma^l\langle T_v(U),T^*\rangle+\tfrac12\sigma^{2l}\|T_v(U)\|^2",
        free=("l", "d", "m", "r"),
        left=model.loss(_scaled, model.vanilla_weight, None),
        right=ground / 2 - scale**l * cross + scale ** (2 * l) * square / 2,
        mutants={
            "order l-1 in the cross term": ground / 2 - scale ** (l - 1) * cross + scale ** (2 * l) * square / 2,
            "order l+2 in the last term": ground / 2 - scale**l * cross + scale ** (l + 2) * square / 2,
            "factor l in the cross term": ground / 2 - l * scale**l * cross + scale ** (2 * l) * square / 2,
        },
    )


@shows("zero-saddle")
def zero_saddle_jointly() -> Identity:
    r"""The same with U and C scaled together: the first term that moves is of order l+1."""
    model_tensor, target = model.tensor(u, model.vanilla_weight), model.target()
    cross, square, ground = model_tensor.inner(target), model_tensor.norm2(), target.norm2()
    return identity(
        r"f_v(\sigma U,\sigma C)=\tfrac12\|T^*\|^2-\sigma^{l+1}\langle T_v,T^*\rangle+\tfrac12\sigma^{2l"
        r"+2}\|T_v\|^2",
        free=("l", "d", "m", "r"),
        left=model.loss(_scaled, lambda index: scale * model.vanilla_weight(index), None),
        right=ground / 2 - scale ** (l + 1) * cross + scale ** (2 * l + 2) * square / 2,
        mutants={
            "order l": ground / 2 - scale**l * cross + scale ** (2 * l + 2) * square / 2,
            "order 2l in the last term": ground / 2 - scale ** (l + 1) * cross + scale ** (2 * l) * square / 2,
        },
    )


def _tied(index: Expr) -> Expr:
    return model.tied_weight(u(index), index)


@shows("zero-homogeneous")
def zero_homogeneous() -> Identity:
    r"""The 2-homogeneous loss on the ray through U is a quartic for every l: zero is an ordinary saddle."""
    fit, target = model.tensor(u, _tied), model.target()
    cross, square, ground = fit.inner(target), fit.norm2(), target.norm2()
    columns = Sum(u(i).dot(u(i)), (i, 1, m))
    return identity(
        r"F(\sigma U)=F(0)+\sigma^2(\lambda\|U\|^2-\langle T,T^*\rangle)+\tfrac12\sigma^4\|T\|^2",
        free=("l", "d", "m", "r"),
        left=model.tied_loss(_scaled),
        right=ground / 2 + scale**2 * (lam * columns - cross) + scale**4 * square / 2,
        mutants={
            "order l instead of 2": ground / 2 + scale**l * (lam * columns - cross) + scale**4 * square / 2,
            "regulariser with the wrong sign": ground / 2 - scale**2 * (lam * columns + cross) + scale**4 * square / 2,
            "regulariser with factor l": ground / 2 + scale**2 * (l * lam * columns - cross) + scale**4 * square / 2,
            "last order 2l": ground / 2 + scale**2 * (lam * columns - cross) + scale ** (2 * l) * square / 2,
        },
    )
