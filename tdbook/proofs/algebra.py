r"""The algebra of inner products: tensors of any order, replaced by functions of index pairs.

Everything the paper says about :math:`T=\sum_i b_i u_i^{\otimes l}` can be said through inner products of the
vectors involved, because :math:`\langle u^{\otimes l},v^{\otimes l}\rangle=\langle u,v\rangle^l`
(claim ``tensor-inner``). So a proof needs no tensor at all, only

* atoms :math:`\langle x_i,y_j\rangle` (:class:`Inner`) and :math:`\|x_i\|` (:class:`Norm`), where ``x`` and
  ``y`` name families of vectors (columns of U, directions V, ...) and ``i``, ``j`` are symbols,
* formal linear combinations of such vectors (:class:`Vector`) and of their powers (:class:`PowerSum`),
* sums over ``i = 1..m`` with ``m`` a symbol, and exponents with ``l`` a symbol.

Nothing is ever expanded into entries, so l, d, m and r stay symbolic to the end. Two expressions are shown
equal by bringing their difference to a canonical form (:mod:`.canonical`), which must be empty.

Conventions: identities are between rational functions, so a base that occurs with an exponent such as ``l-2``
is taken to be non-zero; every free index lies in the range of the sums it is compared with; a function
named ``a`` is a sign, +1 or -1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from sympy import (
    Dummy,
    Expr,
    Function,
    IndexedBase,
    KroneckerDelta,
    Rational,
    S,
    Sum,
    Symbol,
    default_sort_key,
    sympify,
)

__all__ = [
    "Family",
    "Inner",
    "Limit",
    "N",
    "Norm",
    "PowerSum",
    "Vector",
    "d",
    "entry",
    "family",
    "l",
    "m",
    "r",
    "replace_inner",
]

# The four sizes of the paper. They stay symbols in every identity that names them in ``free``.
l, d, m, r = (Symbol(name, integer=True, positive=True) for name in "l d m r".split())
N = Symbol("N", integer=True, positive=True)  # d^l, the number of entries of a vectorised tensor

Limit = tuple[Symbol, Expr, Expr]


# ------------------------------------------------------------------------------------------------------------
# Atoms
# ------------------------------------------------------------------------------------------------------------
class Norm(Function):
    r"""The length :math:`\|x_i\|>0` of the i-th vector of family ``x``: ``Norm(x, i)``."""

    is_positive = True
    is_real = True
    is_commutative = True

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        name, index = self.args
        body = rf"\|{_latex_vector(printer, name, index)}\|"
        return body if exp is None else rf"{body}^{{{exp}}}"


class Inner(Function):
    r"""The inner product :math:`\langle x_i,y_j\rangle`: ``Inner(x, i, y, j)``.

    Symmetric in its two vectors, and :math:`\|x_i\|^2` when they are the same.
    """

    is_real = True
    is_commutative = True

    @classmethod
    def eval(cls, x: Expr, i: Expr, y: Expr, j: Expr) -> Expr | None:
        if (x, i) == (y, j):
            return Norm(x, i) ** 2
        if _vector_key(x, i) > _vector_key(y, j):
            return cls(y, j, x, i)
        return None

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        x, i, y, j = self.args
        body = rf"\langle {_latex_vector(printer, x, i)},{_latex_vector(printer, y, j)}\rangle"
        return body if exp is None else rf"{body}^{{{exp}}}"


def _vector_key(name: Expr, index: Expr) -> tuple:
    return (str(name), default_sort_key(index))


def _latex_vector(printer: Any, name: Expr, index: Expr) -> str:
    letter = {"us": "u^*"}.get(str(name), str(name))
    if index == 0:
        return letter
    subscript = printer._print(index)
    return rf"{{{letter}}}_{{{subscript}}}" if "^" in letter else rf"{letter}_{{{subscript}}}"


@dataclass(frozen=True)
class Family:
    """A named family of vectors ``x_1, x_2, ...`` (or a single vector, at index 0).

    ``space`` names the subspace the family lies in; families of orthogonal spaces have inner product zero.
    ``orthonormal`` families satisfy <x_i, x_j> = delta_ij. ``parts`` names a family's components in S and in
    B = S^perp, so that <x_i, P y_j> = <P x_i, P y_j> can be used. ``entries``: their dimension.
    """

    name: str
    space: str = ""
    orthonormal: bool = False
    parts: dict[str, str] = field(default_factory=dict, hash=False)
    entries: Expr = d

    def __call__(self, index: Expr | int = 0) -> Vector:
        return Vector(((S.One, self.name, sympify(index), ()),))


ORTHOGONAL_SPACES = frozenset({frozenset({"S", "B"}), frozenset({"axis", "off-axis"})})

FAMILIES: dict[str, Family] = {
    known.name: known
    for known in (
        Family("u", parts={"S": "p", "B": "q"}),  # columns of U
        Family("p", space="S"),  # P_S u_i
        Family("q", space="B"),  # P_B u_i
        Family("us", space="S"),  # the vectors u*_s, which span S
        Family("v"),  # an arbitrary direction V for derivatives
        Family("y"),  # an arbitrary vector to test an equality of vectors with
        Family("z"),  # another one
        Family("g"),  # any vectors at all, where only their being vectors matters
        Family("e", space="axis", orthonormal=True),  # e_1 of Theorem 2, at index 0
        Family("w", space="off-axis"),  # vectors orthogonal to e_1
        Family("f", space="off-axis", orthonormal=True),  # f_j = e_{j+1}, j = 1..r, of Theorem 2
        Family("o", orthonormal=True),  # an orthonormal ground truth
        Family("X", entries=N),  # vectorised tensors
        Family("Y", entries=N),
        Family("Z", entries=N),
    )
}


def family(name: str) -> Family:
    """The family of that name; raises KeyError with the known names otherwise."""
    if name not in FAMILIES:
        raise KeyError(f"family must be one of {sorted(FAMILIES)}, got {name!r}")
    return FAMILIES[name]


def _inner(x: str, i: Expr, y: str, j: Expr) -> Expr:
    """<x_i, y_j> with what is known about the two families put in."""
    fx, fy = family(x), family(y)
    if x == y and fx.orthonormal:
        return S.One if i == j else KroneckerDelta(i, j)
    if frozenset({fx.space, fy.space}) in ORTHOGONAL_SPACES:
        return S.Zero
    # P is an orthogonal projection: <u_i, P u_j> = <P u_i, P u_j>; and <P_S u_j, u*_s> = <u_j, u*_s>.
    for (a, ai, fa), (b, bj, fb) in (((x, i, fx), (y, j, fy)), ((y, j, fy), (x, i, fx))):
        if fb.space in fa.parts:
            if b in FAMILIES["u"].parts.values():
                return Inner(Symbol(fa.parts[fb.space]), ai, Symbol(b), bj)
        elif a == "us" and b == "p":
            return Inner(Symbol("u"), bj, Symbol("us"), ai)
    return Inner(Symbol(x), i, Symbol(y), j)


# ------------------------------------------------------------------------------------------------------------
# Vectors and sums of powers of vectors
# ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Vector:
    """A formal linear combination of vectors: terms (coefficient, family, index, sums it stands under)."""

    terms: tuple[tuple[Expr, str, Expr, tuple[Limit, ...]], ...] = ()

    def __add__(self, other: Vector) -> Vector:
        return Vector(self.terms + other.terms)

    def __sub__(self, other: Vector) -> Vector:
        return self + (-1) * other

    def __rmul__(self, factor: Expr | int) -> Vector:
        return Vector(tuple((sympify(factor) * c, f, i, lims) for c, f, i, lims in self.terms))

    def over(self, index: Symbol, upper: Expr) -> Vector:
        """The sum over ``index = 1..upper``. The bound index is renamed, so it cannot be captured."""
        fresh = Dummy(index.name, integer=True)
        swap = {index: fresh}
        added = (fresh, S.One, upper)
        return Vector(tuple((c.xreplace(swap), f, i.xreplace(swap), (*lims, added)) for c, f, i, lims in self.terms))

    def dot(self, other: Vector) -> Expr:
        """Inner product, expanded bilinearly into atoms."""
        total = S.Zero
        for (c, f, i, lims), (c2, f2, i2, lims2) in product(self.terms, other._renamed().terms):
            value = c * c2 * _inner(f, i, f2, i2)
            total += Sum(value, *lims, *lims2) if lims or lims2 else value
        return total

    def norm(self) -> Expr:
        return self.dot(self) ** Rational(1, 2)

    def projected(self, space: str) -> Vector:
        """Projection onto ``space`` ("S" or "B") of a combination of u_i, P_S u_i, P_B u_i and u*_s."""
        kept = []
        for c, f, i, lims in self.terms:
            known = family(f)
            if known.space == space:
                kept.append((c, f, i, lims))
            elif space in known.parts:
                kept.append((c, known.parts[space], i, lims))
            elif frozenset({known.space, space}) not in ORTHOGONAL_SPACES:
                raise ValueError(f"the projection of family {f!r} onto {space!r} is not known")
        return Vector(tuple(kept))

    def component(self, k: Expr) -> Expr:
        """The k-th entry, in indexed components ``x[k, i]``."""
        total = S.Zero
        for c, f, i, lims in self.terms:
            value = c * entry(f, k, i)
            total += Sum(value, *lims) if lims else value
        return total

    def _renamed(self) -> Vector:
        terms = []
        for c, f, i, lims in self.terms:
            swap = {old: Dummy(old.name, integer=True) for old, _, _ in lims}
            terms.append((c.xreplace(swap), f, i.xreplace(swap), tuple((swap[old], lo, up) for old, lo, up in lims)))
        return Vector(tuple(terms))


@dataclass(frozen=True)
class PowerSum:
    r"""A symmetric tensor :math:`\sum c\,x^{\otimes n}`: terms (coefficient, vector, sums above it)."""

    terms: tuple[tuple[Expr, Vector, tuple[Limit, ...]], ...]
    order: Expr = l

    @classmethod
    def power(cls, coefficient: Expr | int, vector: Vector, *limits: tuple[Symbol, Expr], order: Expr = l) -> PowerSum:
        """Sum of ``coefficient * vector^(x order)`` over each ``(index, upper)``; these are renamed."""
        return cls(((sympify(coefficient), vector, tuple((i, S.One, up) for i, up in limits)),), order)._renamed()

    def __add__(self, other: PowerSum) -> PowerSum:
        return PowerSum(self.terms + other.terms, self.order)

    def __sub__(self, other: PowerSum) -> PowerSum:
        return self + (-1) * other

    def __rmul__(self, factor: Expr | int) -> PowerSum:
        return PowerSum(tuple((sympify(factor) * c, x, lims) for c, x, lims in self.terms), self.order)

    def inner(self, other: PowerSum) -> Expr:
        """Inner product, by <x^n, y^n> = <x, y>^n (claim ``tensor-inner``) and bilinearity."""
        total = S.Zero
        for (c, x, lims), (c2, x2, lims2) in product(self.terms, other._renamed().terms):
            value = c * c2 * x.dot(x2) ** self.order
            total += Sum(value, *lims, *lims2) if lims or lims2 else value
        return total

    def norm2(self) -> Expr:
        """The squared Frobenius norm."""
        return self.inner(self)

    def contract(self, x: Vector) -> Vector:
        r"""The vector :math:`T(x^{\otimes n-1},\cdot)=\sum c\,\langle y,x\rangle^{n-1}y`."""
        terms = []
        for c, y, lims in self._renamed().terms:
            weight = c * y.dot(x) ** (self.order - 1)
            terms += [(weight * c2, f, i, (*lims2, *lims)) for c2, f, i, lims2 in y.terms]
        return Vector(tuple(terms))

    def _renamed(self) -> PowerSum:
        terms = []
        for c, x, lims in self.terms:
            swap = {old: Dummy(old.name, integer=True) for old, _, _ in lims}
            moved = Vector(tuple((k.xreplace(swap), f, i.xreplace(swap), inner) for k, f, i, inner in x.terms))
            terms.append((c.xreplace(swap), moved, tuple((swap[old], lo, up) for old, lo, up in lims)))
        return PowerSum(tuple(terms), self.order)


def entry(name: str, k: Expr, index: Expr) -> Expr:
    """The k-th entry of a vector of the named family: ``x[k, i]``, or ``x[k]`` at index 0."""
    base = IndexedBase(name)
    return base[k] if index == 0 else base[k, index]


def replace_inner(expr: Expr, x: str, y: str, value: Callable[[Expr, Expr], Expr]) -> Expr:
    """Replace each <x_i, y_j> of the two named families by ``value(i, j)``, also on the diagonal."""

    def inner(a: Expr, i: Expr, b: Expr, j: Expr) -> Expr:
        if {str(a), str(b)} != {x, y}:
            return Inner(a, i, b, j)
        return value(i, j) if str(a) == x else value(j, i)

    def norm(a: Expr, i: Expr) -> Expr:
        return value(i, i) ** Rational(1, 2) if x == y == str(a) else Norm(a, i)

    return expr.replace(Norm, norm).replace(Inner, inner)
