"""Formulas that a person types: read without running them, compared as functions of their symbols.

A text is parsed into a syntax tree of which only arithmetic, numbers, names and some twenty functions are
understood; nothing is ever evaluated as code. Two formulas are called equal when they agree to twenty digits at eight
points of rational coordinates, which is decisive for the elementary functions allowed here; ``simplify`` would be slow
and may miss an identity, so that it cannot refuse anything.
"""

from __future__ import annotations

import ast
import inspect
import random
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import mpmath
import sympy

from tdbook import wording
from tdbook.proofs.written import Unreadable, in_python

Domain = Mapping[str, tuple[float, float]]

LONGEST = 400
POINTS = 8
# Greek letters and Python's own word for one of them, as one would type them.
SPELLINGS = {
    "λ": "lam", "lambda": "lam", "η": "eta", "δ": "delta", "ε": "eps", "epsilon": "eps", "κ": "kappa", "ρ": "rho",
    "τ": "tau", "θ": "theta", "φ": "phi", "γ": "gamma", "σ": "sigma", "α": "alpha", "β": "beta", "ω": "omega",
    "π": "pi",
}  # fmt: skip
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sqrt": sympy.sqrt, "exp": sympy.exp, "log": sympy.log, "ln": sympy.log, "abs": sympy.Abs,
    "sin": sympy.sin, "cos": sympy.cos, "tan": sympy.tan, "asin": sympy.asin, "arcsin": sympy.asin,
    "acos": sympy.acos, "arccos": sympy.acos, "atan": sympy.atan, "arctan": sympy.atan,
    "binomial": sympy.binomial, "comb": sympy.binomial, "factorial": sympy.factorial,
    "min": sympy.Min, "max": sympy.Max, "Fraction": sympy.Rational, "Rational": sympy.Rational,
}  # fmt: skip
OPERATIONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}


class NotAFormula(ValueError):
    """The text is not one of the formulas understood here; the message says what was met."""


def spelling(name: str) -> str:
    """One spelling for each symbol: ``lam`` for λ and lambda, and so on; other names stay."""
    return SPELLINGS.get(name, name)


def parse(text: str) -> sympy.Expr:
    """The formula a text stands for, as in ``15/(d*(d+2))`` or ``2^-l``; never evaluates code.

    Raises :class:`NotAFormula` for anything but arithmetic, numbers, symbols and :data:`FUNCTIONS`.
    """
    if len(text) > LONGEST:
        raise NotAFormula(f"a formula has at most {LONGEST} characters here, got {len(text)}")
    try:
        source = in_python(text, frozenset(FUNCTIONS))
        source = re.sub(r"[^\W\d]\w*", lambda word: spelling(word[0]), source)
        tree = ast.parse(source, mode="eval")
    except Unreadable as error:
        raise NotAFormula(f"{text!r} cannot be read as a formula: {error}") from error
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NotAFormula(f"{text!r} cannot be read as a formula; write products with *, as in 2*x") from error
    result = _build(tree.body)
    if not isinstance(result, sympy.Expr) or result.has(sympy.zoo, sympy.nan):
        raise NotAFormula(f"{text!r} has no value: is there a division by zero?")
    return result


def _build(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        # 0.1 means one tenth, not the float beside it
        return sympy.Integer(node.value) if isinstance(node.value, int) else sympy.Rational(repr(node.value))
    if isinstance(node, ast.Name):
        return sympy.pi if node.id == "pi" else sympy.Symbol(node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        inner = _build(node.operand)
        return -inner if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.BinOp):
        left, right = _build(node.left), _build(node.right)
        if isinstance(node.op, ast.Pow):
            # a tower of powers would fill the memory before anyone could compare it
            if left.is_number and right.is_number and abs(right.evalf(5)) * sympy.log(abs(left) + 2).evalf(5) > 3000:
                raise NotAFormula("a power of more than a thousand digits is too large here")
            return left**right
        if type(node.op) in OPERATIONS:
            return OPERATIONS[type(node.op)](left, right)
    if isinstance(node, ast.Call) and not node.keywords:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        # np.sqrt, math.sqrt and sympy.sqrt are all meant as sqrt
        owner = getattr(getattr(node.func, "value", None), "id", "math")
        if name in FUNCTIONS and owner in ("math", "np", "numpy", "sympy", "sp"):
            arguments = [_build(argument) for argument in node.args]
            if name in ("factorial", "binomial", "comb") and any(a.is_number and abs(a) > 1000 for a in arguments):
                raise NotAFormula(f"{name} of a number above 1000 is too large here")
            try:
                return FUNCTIONS[name](*arguments)
            except (TypeError, ValueError) as error:
                raise NotAFormula(f"{name} cannot be applied to {len(arguments)} such arguments") from error
        raise NotAFormula(
            f"{name or 'this'}(…) is not a function known here; a product is written with *, as in d*(d+2)"
        )
    if isinstance(node, ast.Attribute) and node.attr == "pi":
        return sympy.pi
    raise NotAFormula(
        f"{ast.unparse(node)!r} is not understood: a formula has + - * / ^, numbers, symbols and "
        f"{', '.join(list(FUNCTIONS)[:8])}, …"
    )


def expression(value: Any) -> sympy.Expr:
    """A text, a number or a SymPy expression as an expression in symbols known by their names only."""
    if isinstance(value, str):
        return parse(value)
    if isinstance(value, sympy.Expr):
        # integer=True or positive=True make another symbol of the same name; here the name is what counts,
        # and 0.5 means one half
        names = {s: sympy.Symbol(spelling(s.name)) for s in value.free_symbols}
        return value.xreplace(names | {x: sympy.Rational(repr(float(x))) for x in value.atoms(sympy.Float)})
    if isinstance(value, Fraction):
        return sympy.Rational(value.numerator, value.denominator)
    try:
        return sympy.sympify(_number(value))
    except (TypeError, ValueError) as error:
        raise NotAFormula(f"this is not a formula: {wording.describe(value)}") from error


def _number(value: Any) -> Any:
    """A Python number out of a number of any other kind."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        raise TypeError("True and False are not numbers")
    if not isinstance(value, int | float):
        raise TypeError("not a number")
    return value if isinstance(value, int) else sympy.Rational(repr(value)) if value == value else sympy.nan


def points(symbols: Domain, seed: int = 0) -> list[dict[str, sympy.Rational]]:
    """:data:`POINTS` points within the domain; a symbol with whole bounds takes whole values."""
    rng = random.Random(seed)

    def draw(low: float, high: float) -> sympy.Rational:
        if isinstance(low, int) and isinstance(high, int):
            return sympy.Integer(rng.randint(low, high))
        a, b = (sympy.Rational(repr(float(x))) for x in (low, high))
        return a + (b - a) * sympy.Rational(rng.randint(1, 9999), 10000)

    return [{spelling(name): draw(*bounds) for name, bounds in symbols.items()} for _ in range(POINTS)]


LARGE = 2**20  # bits: numbers up to 2^(2^20), of 300 000 digits, are compared
_mp = mpmath.MPContext()
_mp.dps = 100
_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    sympy.exp: _mp.exp, sympy.log: _mp.log, sympy.Abs: abs, sympy.sin: _mp.sin, sympy.cos: _mp.cos, sympy.tan: _mp.tan,
    sympy.asin: _mp.asin, sympy.acos: _mp.acos, sympy.atan: _mp.atan, sympy.binomial: _mp.binomial,
    sympy.factorial: _mp.factorial, sympy.Min: min, sympy.Max: max,
}  # fmt: skip


def _values(formula: sympy.Expr, where: list[dict[str, sympy.Rational]]) -> list[Any]:
    return [_value(formula, at) for at in where]


def _value(formula: sympy.Expr, at: dict[str, sympy.Rational]) -> Any:
    """A formula at a point to 40 digits, NaN where it has no value; a step that would be large is refused first."""
    try:
        found = _evaluated(formula, {name: _mp.mpf(int(x.p)) / int(x.q) for name, x in at.items()})
    except (ZeroDivisionError, TypeError, ValueError, KeyError) as error:
        if isinstance(error, NotAFormula):
            raise
        return sympy.nan
    except RecursionError as error:
        raise NotAFormula("this formula is nested too deeply") from error
    if isinstance(found, _mp.mpc):
        return sympy.Float(found.real, 40) + sympy.I * sympy.Float(found.imag, 40)
    return sympy.Float(found, 40) if _mp.isfinite(found) else sympy.nan


def value(formula: sympy.Expr) -> Any:
    """The value of a formula without symbols."""
    return _value(formula, {})


def _small(number: Any) -> Any:
    if _mp.isfinite(number) and number != 0 and abs(_mp.mag(number)) > LARGE:
        raise NotAFormula(f"this has values of more than {LARGE * 3 // 10} digits, too many to compare")
    return number


def _evaluated(node: sympy.Expr, at: dict[str, Any]) -> Any:
    if isinstance(node, sympy.Symbol):
        return at[node.name]
    if isinstance(node, sympy.Rational):
        if max(int(node.p).bit_length(), int(node.q).bit_length()) > LARGE:
            raise NotAFormula("this has a number with too many digits to compare")
        return _mp.mpf(int(node.p)) / int(node.q)
    if isinstance(node, sympy.Float | sympy.NumberSymbol):
        return _mp.mpf(str(node.evalf(_mp.dps)))
    if node is sympy.I:
        return _mp.mpc(0, 1)
    inner = [_evaluated(argument, at) for argument in node.args]
    if isinstance(node, sympy.Add):
        return _small(_mp.fsum(inner))
    if isinstance(node, sympy.Mul):
        return _small(_mp.fprod(inner))
    if isinstance(node, sympy.Pow):
        base, exponent = inner
        if base != 0 and abs(_mp.log(abs(base), 2) * exponent) > LARGE:
            raise NotAFormula(f"this has values of more than {LARGE * 3 // 10} digits, too many to compare")
        return _mp.power(base, exponent)
    if node.func not in _FUNCTIONS:
        return _mp.mpmathify(node.func(*[sympy.Float(x, 60) for x in inner]).evalf(40))
    if node.func not in (sympy.log, sympy.Abs, sympy.Min, sympy.Max) and any(abs(x) > 10**5 for x in inner):
        raise NotAFormula(f"{node.func.__name__} of a number above 100000 is too large here")
    return _small(_FUNCTIONS[node.func](*inner))


def _close(a: Any, b: Any, within: float) -> bool:
    if not (a.is_number and b.is_number) or not (a.is_finite and b.is_finite):
        return False
    return bool(abs(a - b) <= within * max(abs(a), abs(b), sympy.Float("1e-10")))


def equal(first: Any, second: Any, symbols: Domain, within: float = 1e-20) -> bool:
    """Whether two formulas (text, number or expression) are the same function of ``symbols`` on their domain."""
    where = points(symbols)
    pair = (_values(expression(first), where), _values(expression(second), where))
    return all(_close(a, b, within) for a, b in zip(*pair, strict=True))


def function_of(text: Any, names: list[str]) -> Callable[..., float]:
    """The function of the named numbers that a text stands for."""
    formula = expression(text)
    others = {symbol.name for symbol in formula.free_symbols} - {spelling(name) for name in names}
    if others:
        raise NotAFormula(f"{', '.join(sorted(others))} should not be in it: a formula in {', '.join(names)} is wanted")

    def function(*values: Any) -> float:
        at = {spelling(name): sympy.Rational(repr(float(value))) for name, value in zip(names, values, strict=True)}
        return float(_value(formula, at))

    return function


def equal_to_function(function: Callable[..., Any], formula: Any, symbols: Domain, within: float = 1e-9) -> bool:
    """The same for a Python function of the symbols, called by their names where it has them, else in their order."""
    where = points(symbols)
    wanted = _values(expression(formula), where)
    try:
        named = {name: spelling(name) for name in inspect.signature(function).parameters}
    except (TypeError, ValueError):
        named = {}
    by_name = bool(named) and set(named.values()) <= set(where[0])
    for at, value in zip(where, wanted, strict=True):
        plain = {name: int(x) if x.is_Integer else float(x) for name, x in at.items()}
        got = function(**{n: plain[s] for n, s in named.items()}) if by_name else function(*plain.values())
        if got is None or got is ...:
            return False
        if not _close(sympy.Float(float(got)), value, within):
            return False
    return True
