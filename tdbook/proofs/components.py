r"""The second route: entries ``u[k, i]``, SymPy's own derivative in one entry, and Kronecker deltas.

It shares with :mod:`.algebra` only the statement of the loss and the canonical form. The derivative is
another one: where the first route differentiates a function of one real number t along U + tV, this one
differentiates sums over k = 1..d in the single entry ``u[q, p]``, and deltas pick out the terms that contain
it. SymPy's ``simplify`` and ``doit`` mishandle such sums once they hold a Piecewise, so neither is called:
rule 4 of :func:`tdbook.proofs.canonical.canonical` is all that happens to a delta.
"""

from __future__ import annotations

from sympy import Dummy, Expr, IndexedBase, Rational, Sum, Symbol, diff

from tdbook.proofs.algebra import Inner, Norm, d, entry

__all__ = ["divergence", "partial", "spelled_out"]


def spelled_out(expr: Expr) -> Expr:
    """Write every <x_i, y_j> as the sum over k = 1..d of x[k, i] y[k, j], a norm as a root of one."""

    def entries(x: Expr, i: Expr, y: Expr, j: Expr) -> Expr:
        k = Dummy("k", integer=True)
        return Sum(entry(str(x), k, i) * entry(str(y), k, j), (k, 1, d))

    return expr.replace(Norm, lambda x, i: entries(x, i, x, i) ** Rational(1, 2)).replace(Inner, entries)


def partial(expr: Expr, name: str, q: Expr, p: Expr) -> Expr:
    """The derivative of ``expr``, first spelled out in entries, in the entry ``name[q, p]``."""
    return diff(spelled_out(expr), IndexedBase(name)[q, p])


def divergence(factor: Expr, name: str) -> Expr:
    """The sum over q = 1..d of the derivative in ``x[q]`` of the q-th entry of the field ``factor * x``."""
    x = IndexedBase(name)
    k, q = (Symbol(letter, integer=True, positive=True) for letter in "kq")
    rate = diff(x[k] * spelled_out(factor), x[q])
    return Sum(rate.subs(k, q), (q, 1, d))
