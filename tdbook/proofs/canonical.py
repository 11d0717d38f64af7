r"""The canonical form: when two expressions of :mod:`.algebra` count as equal.

Everything the proofs conclude rests on :func:`canonical`. It uses seven rules, listed there, each of which
keeps the value of an expression; the tests compare it with brute force in fractions.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product

from sympy import (
    Add,
    Dummy,
    Expr,
    Indexed,
    Integer,
    KroneckerDelta,
    Mul,
    Pow,
    S,
    Sum,
    Symbol,
    cancel,
    expand,
    sympify,
)
from sympy.core.function import AppliedUndef

from tdbook.proofs.algebra import FAMILIES, Inner, Limit, Norm

__all__ = ["canonical"]

# A monomial: rational coefficient, {base: exponent}, and the sums it stands under.
Monomial = tuple[Expr, dict[Expr, Expr], tuple[Limit, ...]]


def canonical(expr: Expr) -> Expr:
    """Bring ``expr`` to a form that is 0 exactly when the rules below show that it vanishes.

    1. Distribute: sums, products and positive integer powers are multiplied out; a product of sums is a
       multiple sum, its bound indices renamed apart. A power with a symbolic exponent is split only over a
       single product.
    2. Add the exponents of equal bases, so that x^l / x is x^(l-1). Numbers are split into primes.
    3. A sign squares to one: a_i^2 = 1, (-1)^(2n) = 1.
    4. Sum over k of delta_kq f(k) is f(q), q being in the range of k.
    5. Sum of x[k, i] y[k, j] over all entries k is <x_i, y_j>: the definition of the inner product.
    6. A sum over an index that does not occur multiplies by the number of its values.
    7. Rename bound indices: of all permutations within one range, the one that spells smallest.

    Then equal terms are collected and the rational functions in front (in l, m, lambda) are cancelled.
    A non-zero result proves nothing by itself: it may only mean that these rules do not suffice. That an
    expression is *not* zero is shown by evaluating it (:func:`tdbook.proofs.exact.evaluate`).
    """
    collected: dict[tuple[Expr, tuple[Limit, ...]], Expr] = {}
    for term in _open(sympify(expr)):
        for reduced in _reduce(term):
            scalar, body, limits = _renamed_minimal(reduced)
            collected[body, limits] = collected.get((body, limits), S.Zero) + scalar
    parts = []
    for (body, limits), scalar in collected.items():
        scalar = cancel(scalar) if scalar.free_symbols else scalar
        if scalar != 0:
            parts.append(scalar * (Sum(body, *limits) if limits else body))
    return Add(*parts)


def _open(expr: Expr) -> list[Monomial]:
    """Rules 1 and 2: the list of monomials that ``expr`` is the sum of."""
    if expr.is_Rational:
        return [(expr, {}, ())] if expr != 0 else []
    if isinstance(expr, Add):
        return [term for arg in expr.args for term in _open(arg)]
    if isinstance(expr, Mul):
        terms: list[Monomial] = [(S.One, {}, ())]
        for arg in expr.args:
            opened = _open(arg)
            terms = [_times(a, b) for a, b in product(terms, opened)]
        return terms
    if isinstance(expr, Sum):
        swap = {}
        limits = []
        for index, lower, upper in expr.limits:
            if (lower.free_symbols | upper.free_symbols) & {bound for bound, *_ in expr.limits}:
                raise NotImplementedError(f"the range of a sum must not depend on another index: {expr}")
            swap[index] = Dummy(index.name, integer=True)
            limits.append((swap[index], lower, upper))
        body = expr.function.xreplace(swap)
        return [(c, bases, (*inner, *limits)) for c, bases, inner in _open(body)]
    if isinstance(expr, Pow):
        return _open_power(expr.base, expand(expr.exp))
    return [(S.One, {expr: S.One}, ())]


def _open_power(base: Expr, exponent: Expr) -> list[Monomial]:
    if exponent.is_Integer and exponent > 0:
        terms: list[Monomial] = [(S.One, {}, ())]
        for _ in range(int(exponent)):
            # opened afresh for each factor: every copy needs bound indices of its own
            terms = [_times(a, b) for a, b in product(terms, _open(base))]
        return terms
    opened = _open(base)
    if len(opened) == 1 and not opened[0][2]:
        coefficient, bases, _ = opened[0]
        splits = exponent.is_integer or (coefficient > 0 and all(b.is_nonnegative for b in bases))
        if splits:
            powers = {b: expand(e * exponent) for b, e in bases.items()}
            number: dict[Expr, Expr] = {}
            for prime, power in coefficient.factors().items():
                if prime != 1:
                    number[Integer(prime)] = expand(power * exponent)
            return [_times((S.One, powers, ()), (S.One, number, ()))]
    atomic = canonical(base)
    if atomic.has(Sum):
        power = f"({atomic})**({exponent})"
        raise NotImplementedError(f"a sum under a symbolic exponent has no canonical form here: {power}")
    return [(S.One, {atomic: exponent}, ())]


def _times(a: Monomial, b: Monomial) -> Monomial:
    """Rule 2: the product of two monomials, exponents of equal bases added."""
    bases = dict(a[1])
    for base, exponent in b[1].items():
        bases[base] = expand(bases.get(base, S.Zero) + exponent)
    coefficient = a[0] * b[0]
    for base in [x for x in bases if x.is_Integer]:
        # 2^(l+1) = 2 * 2^l; and (-1)^e depends on e modulo 2 only (rule 3)
        whole, rest = bases.pop(base).as_coeff_Add()
        if base == -1:
            rest = Add(*[(c % 2) * x for c, x in (t.as_coeff_Mul() for t in Add.make_args(rest))])
        if whole.is_Integer:
            coefficient *= base**whole
        else:
            rest += whole
        if rest != 0:
            bases[base] = rest
    return coefficient, {x: e for x, e in bases.items() if e != 0}, (*a[2], *b[2])


def _is_sign(base: Expr) -> bool:
    return isinstance(base, AppliedUndef) and base.func.__name__ == "a"


def _is_entry(base: Expr, index: Symbol, limits: tuple[Expr, Expr]) -> bool:
    """Whether ``base`` is x[index, ...] of a known family and the limits run over all its entries."""
    known = FAMILIES.get(str(base.base.label)) if isinstance(base, Indexed) else None
    return known is not None and base.indices[0] == index and limits == (1, known.entries)


def _reduce(term: Monomial) -> Iterator[Monomial]:
    """Rules 3 to 6, until none applies. Yields monomials (a substitution may split one into several)."""
    coefficient, bases, limits = term
    # Rule 3.
    for base in [x for x in bases if _is_sign(x)]:
        exponent = bases[base]
        if exponent.is_even:
            bases = {x: e for x, e in bases.items() if x != base}
        elif exponent.is_odd:
            bases = {**bases, base: S.One}
    bound = {index: (lower, upper) for index, lower, upper in limits}
    # Rule 4. A free index is taken to lie in the range of the bound one; of two bound ones it is checked.
    for base, exponent in bases.items():
        if isinstance(base, KroneckerDelta) and exponent.is_positive:
            x, y = base.args
            if y in bound and x not in bound:
                x, y = y, x
            if x in bound and bound.get(y, bound[x]) == bound[x]:
                rest = Mul(*[b**e for b, e in bases.items() if b != base]).xreplace({x: y})
                remaining = tuple(lim for lim in limits if lim[0] != x)
                for c, b, lims in _open(rest):
                    yield from _reduce((coefficient * c, b, (*remaining, *lims)))
                return
    # Rule 5.
    for index in bound:
        holding = [b for b in bases if index in b.free_symbols]
        entries = [b for b in holding for _ in range(int(bases[b]) if bases[b].is_Integer else 3)]
        if (
            len(entries) == 2
            and all(_is_entry(b, index, bound[index]) for b in holding)
            and all(index not in i.free_symbols for b in holding for i in b.indices[1:])
        ):
            (x, i), (y, j) = ((b.base.label, b.indices[1] if len(b.indices) > 1 else S.Zero) for b in entries)
            rest = Mul(Inner(x, i, y, j), *[b**e for b, e in bases.items() if b not in holding])
            remaining = tuple(lim for lim in limits if lim[0] != index)
            for c, b, lims in _open(rest):
                yield from _reduce((coefficient * c, b, (*remaining, *lims)))
            return
    # Rule 6.
    used = set().union(*[b.free_symbols | e.free_symbols for b, e in bases.items()])
    for limit in limits:
        index, lower, upper = limit
        if index not in used:
            remaining = tuple(lim for lim in limits if lim != limit)
            for count in _open(upper - lower + 1):
                c, b, lims = _times((coefficient, bases, remaining), count)
                yield from _reduce((c, b, lims))
            return
    yield coefficient, bases, limits


def _has_structure(expr: Expr) -> bool:
    return expr.has(AppliedUndef, Inner, Norm, Indexed, KroneckerDelta)


def _renamed_minimal(term: Monomial) -> tuple[Expr, Expr, tuple[Limit, ...]]:
    """Rule 7. Returns (rational function of plain symbols, product of atoms, limits)."""
    coefficient, bases, limits = term
    indices = {index for index, _, _ in limits}
    scalar = coefficient
    body = S.One
    for base, exponent in bases.items():
        power = base**exponent
        if _has_structure(base) or power.free_symbols & indices:
            body *= power
        else:
            scalar *= power
    ranges: dict[tuple[Expr, Expr], list[Symbol]] = {}
    for index, lower, upper in limits:
        ranges.setdefault((lower, upper), []).append(index)
    ordered = sorted(ranges, key=str)
    named: list[Limit] = []
    targets: dict[tuple[Expr, Expr], list[Symbol]] = {}
    for number, (lower, upper) in enumerate(ordered):
        letter = "ijkpqs"[number % 6]
        targets[lower, upper] = [Symbol(f"{letter}_{n + 1}", integer=True) for n in range(len(ranges[lower, upper]))]
        named += [(name, lower, upper) for name in targets[lower, upper]]
    best: tuple[str, Expr] | None = None
    for choice in product(*[permutations(targets[key]) for key in ordered]):
        swap = {
            old: new
            for key, names in zip(ordered, choice, strict=True)
            for old, new in zip(ranges[key], names, strict=True)
        }
        candidate = body.xreplace(swap)
        spelled = str(candidate)
        if best is None or spelled < best[0]:
            best = (spelled, candidate)
    assert best is not None
    return scalar, best[1], tuple(named)
