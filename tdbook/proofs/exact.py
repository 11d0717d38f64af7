r"""Exact rational instances: what an expression of :mod:`.algebra` is worth when its symbols are numbers.

An :class:`Instance` fixes l, d, m, r and gives every family of vectors rational entries *and* rational
lengths, every coefficient function (``c(i)``, ``kappa(i)``, ...) and every other symbol a rational value,
signs ``a(i)`` being +1 or -1. :func:`evaluate` then returns a :class:`~fractions.Fraction`, without rounding.
It has two uses: to test the canonical form against brute force, and to show that a residue is *not* zero,
which no rewriting can.
"""

from __future__ import annotations

import random
from fractions import Fraction
from functools import cache
from math import isqrt

from sympy import Add, Expr, Indexed, KroneckerDelta, Mul, Pow, Rational, Sum, Symbol, cancel, gamma, sympify
from sympy.core.function import AppliedUndef, Function

from tdbook.proofs.algebra import FAMILIES, Inner, Norm

__all__ = ["Instance", "NotRational", "evaluate", "instances"]


class NotRational(ArithmeticError):
    """There is no rational value at this instance (an odd power of a square root, or a division by zero)."""


class Instance:
    """Numbers for every symbol, drawn reproducibly from ``seed``.

    Vectors have d = 4 entries: S and the first axis at the front, B and the rest behind, so that the spaces
    that :mod:`.algebra` takes to be orthogonal are so. ``fixed`` overrides the value of a symbol by its name.
    """

    def __init__(self, seed: int = 0, l: int = 4, m: int = 2, r: int = 2, **fixed: int | Fraction):
        self.seed = seed
        self.symbols: dict[str, Fraction | int] = {"l": l, "d": 4, "m": m, "r": r, "N": 6, **fixed}
        self.vector = cache(self._vector)
        self.number = cache(self._number)

    def _random(self, *key: object) -> random.Random:
        return random.Random(f"{self.seed}/{'/'.join(map(str, key))}")

    def _number(self, name: str, *arguments: Fraction | int | str) -> Fraction:
        if name == "a":  # both signs occur at every instance
            return Fraction(-1 if (self.seed + sum(map(int, arguments))) % 2 else 1)
        rng = self._random(name, *arguments)
        return Fraction(rng.randint(1, 9), rng.randint(1, 5))

    def symbol(self, symbol: Symbol) -> Fraction:
        if symbol.name not in self.symbols:
            if symbol.is_integer:  # an index that is left free: it must lie in the range of the sums
                top = min(int(self.symbols["m"]), int(self.symbols["r"]))
                self.symbols[symbol.name] = self._random("index", symbol.name).randint(1, top)
            else:
                self.symbols[symbol.name] = self._number(symbol.name)
        return Fraction(self.symbols[symbol.name])

    def _unit(self, name: str, index: int, length: int) -> list[Fraction]:
        """A rational point of the unit sphere, by stereographic projection."""
        if length == 1:
            return [Fraction(1)]
        rng = self._random("vector", name, index)
        # no entry may vanish: an inner product that is zero by accident has no negative powers
        y = [Fraction(rng.choice((-1, 1)) * rng.randint(1, 9), rng.randint(1, 7)) for _ in range(length - 1)]
        square = sum((t * t for t in y), Fraction(0))
        if square == 1:
            y, square = [2 * t for t in y], Fraction(4)
        return [(1 - square) / (1 + square), *(2 * t / (1 + square) for t in y)]

    def _vector(self, name: str, index: int = 0) -> tuple[Fraction, ...]:
        known = FAMILIES[name]
        dimension = int(self.symbols[known.entries.name])
        half = dimension // 2
        zero = Fraction(0)
        if name in ("e", "f"):
            axis = 0 if name == "e" else index
            return tuple(Fraction(k == axis) for k in range(dimension))
        if known.orthonormal:
            return tuple(Fraction(k == index - 1) for k in range(dimension))
        if known.parts:  # the sum of its parts, whose lengths form a Pythagorean triple
            parts = (self.vector(part, index) for part in known.parts.values())
            return tuple(sum(entries, zero) for entries in zip(*parts, strict=True))
        supports = {"S": (0, half), "B": (half, dimension), "off-axis": (1, dimension)}
        first, last = supports.get(known.space, (0, dimension))
        length = self._number("length", name, index)
        if name in ("p", "q"):
            a, b = self._random("triple", index).choice(((3, 4), (4, 3), (5, 12), (8, 15)))
            length = self._number("length", "u", index) * (a if name == "p" else b) / 5
        entries = [length * t for t in self._unit(name, index, last - first)]
        return (*[zero] * first, *entries, *[zero] * (dimension - last))


def instances() -> list[Instance]:
    """Three instances: orders 3, 4 and 5, unequal m and r, different free indices p and q."""
    return [
        Instance(1, l=4, m=2, r=2, p=2, q=1, s=2),
        Instance(2, l=3, m=3, r=2, p=1, q=2, s=2),
        Instance(3, l=5, m=2, r=1, p=1, q=1, s=2),
    ]


def evaluate(expr: Expr, at: Instance, bound: dict[Symbol, Fraction] | None = None) -> Fraction:
    """The exact value of ``expr`` at an instance; raises NotRational if it has none among the rationals."""
    bound = bound or {}
    expr = sympify(expr)
    if expr.is_Rational:
        return Fraction(int(expr.p), int(expr.q))
    if not bound and expr.has(gamma):  # at half-integers only quotients are rational: let SymPy cancel the roots of pi
        values = {symbol: at.symbol(symbol) for symbol in expr.free_symbols}
        return _rational(cancel(expr.subs({x: Rational(t.numerator, t.denominator) for x, t in values.items()})))
    if isinstance(expr, Symbol):
        return bound[expr] if expr in bound else at.symbol(expr)
    if isinstance(expr, Add):
        return sum((evaluate(arg, at, bound) for arg in expr.args), Fraction(0))
    if isinstance(expr, Mul):
        value = Fraction(1)
        for arg in expr.args:
            value *= evaluate(arg, at, bound)
        return value
    if isinstance(expr, Pow):
        return _power(evaluate(expr.base, at, bound), evaluate(expr.exp, at, bound))
    if isinstance(expr, Sum):
        return _sum(expr.function, list(expr.limits), at, bound)
    if isinstance(expr, KroneckerDelta):
        i, j = (evaluate(arg, at, bound) for arg in expr.args)
        return Fraction(i == j)
    if isinstance(expr, Inner):
        x, i, y, j = expr.args
        left = at.vector(str(x), int(evaluate(i, at, bound)))
        right = at.vector(str(y), int(evaluate(j, at, bound)))
        return sum((s * t for s, t in zip(left, right, strict=True)), Fraction(0))
    if isinstance(expr, Norm):
        x, i = expr.args
        entries = at.vector(str(x), int(evaluate(i, at, bound)))
        return _power(sum((t * t for t in entries), Fraction(0)), Fraction(1, 2))
    if isinstance(expr, Indexed):
        k, *rest = (int(evaluate(index, at, bound)) for index in expr.indices)
        return at.vector(str(expr.base.label), *rest)[k - 1]
    if isinstance(expr, AppliedUndef):
        return at.number(expr.func.__name__, *(evaluate(arg, at, bound) for arg in expr.args))
    if isinstance(expr, Function):  # factorial, binomial ...: SymPy's own exact value
        arguments = [evaluate(arg, at, bound) for arg in expr.args]
        return _rational(expr.func(*(Rational(t.numerator, t.denominator) for t in arguments)))
    raise NotRational(f"no rational value for {expr}")


def _rational(value: Expr) -> Fraction:
    if not value.is_Rational:
        raise NotRational(f"{value} is not rational")
    return Fraction(int(value.p), int(value.q))


def _sum(body: Expr, limits: list[tuple], at: Instance, bound: dict[Symbol, Fraction]) -> Fraction:
    if not limits:
        return evaluate(body, at, bound)
    *inner, (index, lower, upper) = limits
    first, last = (int(evaluate(edge, at, bound)) for edge in (lower, upper))
    return sum((_sum(body, inner, at, {**bound, index: Fraction(k)}) for k in range(first, last + 1)), Fraction(0))


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if base == 0 and exponent < 0:
        raise NotRational("a base vanishes by accident at this instance")
    if exponent.denominator == 1:
        return base ** int(exponent)
    if exponent.denominator == 2 and base >= 0:
        roots = isqrt(base.numerator), isqrt(base.denominator)
        if (roots[0] ** 2, roots[1] ** 2) == (base.numerator, base.denominator):
            return Fraction(*roots) ** exponent.numerator
    raise NotRational(f"({base})**({exponent}) is not rational")
