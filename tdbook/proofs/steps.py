r"""A claim proved step by step, for whoever watches, and changed at will: what the pages of the book show.

>>> from tdbook.proofs import steps
>>> [(step.kind, step.what, step.agrees) for step in steps.steps("tensor-inner")][:2]
[('identity', 'tensor-inner-base', True), ('variant', 'twice the right-hand side', True)]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from sympy import Add, Dummy, Expr, Integer, Pow, Rational, Sum, Symbol, default_sort_key, latex

from tdbook.proofs import for_claim
from tdbook.proofs.algebra import Inner, Norm
from tdbook.proofs.canonical import canonical
from tdbook.proofs.identity import Identity, certainly_nonzero

__all__ = ["KINDS", "Change", "Step", "Verdict", "change", "steps", "terms", "typeset", "verdicts"]

KINDS = ("factor", "sign", "exponent")
LONGEST = 4  # terms of a difference that are written out
LARGEST = 1000  # of a factor's numerator and denominator
HIGHEST = 9  # what an exponent is changed by
LETTERS = {r"\operatorname{cstar}": "c^*", r"\operatorname{coefficient}": "c"}
ARGUMENT = re.compile(r"\{\\left\(([a-z](?:_\{\d+\})?(?:, [a-z](?:_\{\d+\})?)*) \\right\)\}")


@dataclass(frozen=True)
class Step:
    """What was decided last: an ``identity``, whether it holds, or a wrong ``variant`` of it, whether it is refused.

    ``what`` is the identity's name or the variant's description, ``formula`` the identity's statement in LaTeX,
    ``left_over`` in LaTeX what is left of left - right in canonical form, ``agrees`` whether it came as it must.
    """

    kind: str
    what: str
    formula: str
    left_over: str
    agrees: bool


@dataclass(frozen=True)
class Verdict:
    """Of an identity: its name, whether it holds, and whether each of its wrong variants is refused."""

    name: str
    holds: bool
    refused: dict[str, bool]


@dataclass(frozen=True)
class Change:
    """A changed identity: ``verdict`` is "refused", "holds" or "undecided"; the term before and after, what is left."""

    verdict: str
    before: str
    after: str
    left_over: str


def typeset(expr: Expr) -> str:
    """LaTeX with subscripts for arguments, as the book writes it; of a long sum the first terms."""
    parts = Add.make_args(expr)
    shown = Add(*sorted(parts, key=default_sort_key)[:LONGEST]) if len(parts) > LONGEST else expr
    text = latex(_bound_apart(shown))
    for name, letter in LETTERS.items():
        text = text.replace(name, letter)
    text = ARGUMENT.sub(r"_{\1}", text.replace(r"{us}_", r"{u^*}_").replace("c^*^", "{c^*}^"))
    return text + (rf"+\cdots\;({len(parts)}\text{{ terms}})" if len(parts) > LONGEST else "")


def _bound_apart(expr: Expr) -> Expr:
    """The same with every bound index spelled by a letter of its own: i, j, k rather than i_1, j_1."""
    bound = expr.atoms(Dummy) | {index for under in expr.atoms(Sum) for index in under.variables}
    taken = {symbol.name for symbol in expr.free_symbols - bound}
    swap: dict[Expr, Expr] = {}
    for index in sorted(bound, key=lambda x: (x.name, getattr(x, "dummy_index", 0))):
        letter = index.name.partition("_")[0]
        name = next(name for name in [letter, *"ijkspq", *(f"{letter}_{n}" for n in range(1, 99))] if name not in taken)
        taken.add(name)
        swap[index] = Symbol(name, integer=True)
    return expr.xreplace(swap)


def steps(claim: str) -> Iterator[Step]:
    """Each identity of a claim and each of its wrong variants, as it is decided; nothing for a claim that has none."""
    for proof in for_claim(claim):
        found = proof()
        yield Step("identity", found.name, found.statement, typeset(found.residue), found.holds)
        for what in found.mutants:
            refused = found.refuses(what)
            yield Step("variant", what, found.statement, typeset(found.mutants[what]), refused)


def verdicts(claim: str) -> Iterator[Verdict]:
    """What is decided of each identity of a claim, without what is left over: that takes most of the time."""
    for proof in for_claim(claim):
        found = proof()
        yield Verdict(found.name, found.holds, {what: found.refuses(what) for what in found.mutants})


@cache
def _identities(claim: str) -> dict[str, Identity]:
    return {found.name: found for found in (proof() for proof in for_claim(claim))}


def _identity(claim: str, name: str) -> Identity:
    known = _identities(claim)
    if name not in known:
        raise ValueError(f"name must be one of the identities of {claim!r}, {', '.join(known)}, got {name!r}")
    return known[name]


@cache
def _terms(claim: str, name: str) -> tuple[Expr, ...]:
    found = _identity(claim, name)
    side = found.left if found.right == 0 else found.right
    written = canonical(side) if side.has(Sum) else side
    known = Add.make_args(written if written != 0 else side)  # of 0 = 0 in canonical form, as it was written
    return tuple(sorted((term for term in known if term != 0), key=default_sort_key))


def terms(claim: str, name: str) -> list[str]:
    """The terms of an identity's right side in LaTeX, of its left side if the right one is 0."""
    return [typeset(term) for term in _terms(claim, name)]


def change(claim: str, name: str, term: int, kind: str, amount: str = "") -> Change:
    """Decide the identity with one of its :func:`terms` changed, counted from 0.

    ``kind`` is "factor", the term times ``amount``; "sign"; or "exponent", ``amount`` added to the exponent of the
    term's first power. Raises ``ValueError`` in one line for what is no such change.
    """
    found = _identity(claim, name)
    known = _terms(claim, name)
    if not 0 <= term < len(known):
        raise ValueError(f"term must be one of the {len(known)} terms, counted from 0, got {term}")
    before = known[term]
    after = _changed(before, kind, amount)
    moved = after - before if found.right == 0 else before - after
    difference = found.left - found.right + moved
    left_over = canonical(difference)
    verdict = "refused" if certainly_nonzero(difference) else "holds" if left_over == 0 else "undecided"
    return Change(verdict, typeset(before), typeset(after), typeset(left_over))


def _changed(term: Expr, kind: str, amount: str) -> Expr:
    if kind == "sign":
        return -term
    if kind == "factor":
        return _factor(amount) * term
    if kind == "exponent":
        return _raised(term, _whole(amount))
    raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")


def _factor(amount: str) -> Rational:
    wanted = f"amount must be a number or fraction of at most {LARGEST}, as in 2 or 1/2"
    try:
        text = amount.strip().replace("−", "-")
        if not re.fullmatch(r"[+-]?\d{1,4}(\.\d{1,4}|/\d{1,4})?", text):  # 1e999999999 would fill the memory
            raise ValueError
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{wanted}, got {amount[:30]!r}") from None
    if max(abs(value.numerator), value.denominator) > LARGEST:
        raise ValueError(f"{wanted}, got {amount!r}")
    return Rational(value.numerator, value.denominator)


def _whole(amount: str) -> Integer:
    text = amount.strip().replace("−", "-")
    if not re.fullmatch(r"[+-]?\d", text):
        raise ValueError(f"amount must be a whole number from -{HIGHEST} to {HIGHEST}, got {amount[:30]!r}")
    return Integer(int(text))


def _raised(term: Expr, by: Integer) -> Expr:
    """The term with the exponent of its first power changed: one with a symbol in it, or else any, or else 1."""
    bound = {index for under in term.atoms(Sum) for index in under.variables}
    powers = sorted(term.atoms(Pow), key=lambda p: (p.exp.is_number, p.base.is_number, default_sort_key(p)))
    if powers:
        return term.xreplace({powers[0]: powers[0].base ** (powers[0].exp + by)})
    bases = sorted(term.atoms(Inner, Norm) or term.free_symbols - bound, key=default_sort_key)
    if not bases:
        raise ValueError(f"this term has no exponent to change: {term}")
    return term.xreplace({bases[0]: bases[0] ** (1 + by)})
