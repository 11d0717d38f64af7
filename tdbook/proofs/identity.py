"""What a proved identity is, and when a wrong variant of it counts as refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import wraps
from types import MappingProxyType

from sympy import Expr, S, sympify

from .canonical import canonical
from .exact import Instance, NotRational, evaluate, instances

__all__ = ["PROOFS", "Identity", "certainly_nonzero", "identity", "shows"]


@dataclass(frozen=True)
class Identity:
    """Two expressions shown equal, with wrong variants shown unequal.

    ``statement`` is LaTeX; ``route`` says how; ``free`` names the symbols that stay symbolic; ``residue`` is
    the canonical form of left - right; ``mutants`` maps the description of each wrong variant to its residue.
    """

    name: str
    claim: str
    statement: str
    route: str
    free: tuple[str, ...]
    residue: Expr
    mutants: Mapping[str, Expr]
    left: Expr = field(default=S.Zero, repr=False)
    right: Expr = field(default=S.Zero, repr=False)

    @property
    def holds(self) -> bool:
        """The canonical form of left - right is empty."""
        return self.residue == 0

    @property
    def refused(self) -> bool:
        """Every wrong variant leaves a residue that is a non-zero number at some exact instance."""
        return len(self.mutants) >= 2 and all(certainly_nonzero(wrong) for wrong in self.mutants.values())


def certainly_nonzero(residue: Expr, at: list[Instance] | None = None) -> bool:
    """True when ``residue`` has a non-zero exact value at one of the instances."""
    if residue == 0:
        return False
    for instance in instances() if at is None else at:
        try:
            if evaluate(residue, instance) != 0:
                return True
        except NotRational:
            continue
    return False


Proof = Callable[[], Identity]
PROOFS: dict[str, list[Proof]] = {}


def shows(claim: str) -> Callable[[Proof], Proof]:
    """Register a function without arguments as a proof of ``claim``, its identity named after it."""

    def register(build: Proof) -> Proof:
        @wraps(build)
        def proof() -> Identity:
            return replace(build(), claim=claim, name=build.__name__.replace("_", "-"))

        PROOFS.setdefault(claim, []).append(proof)
        return proof

    return register


def identity(
    statement: str,
    *,
    left: Expr,
    right: Expr,
    mutants: Mapping[str, Expr | tuple[Expr, Expr]],
    free: tuple[str, ...],
    route: str = "inner products",
    form: Callable[[Expr], Expr] = canonical,
) -> Identity:
    """Build an identity for :func:`shows` to name; ``form`` decides equality.

    ``mutants`` maps a description to a wrong right-hand side, or to a wrong pair of sides.
    """
    left, right = sympify(left), sympify(right)
    return Identity(
        name="",
        claim="",
        statement=statement,
        route=route,
        free=free,
        residue=form(left - right),
        mutants=MappingProxyType({what: form(_difference(left, wrong)) for what, wrong in mutants.items()}),
        left=left,
        right=right,
    )


def _difference(left: Expr, wrong: Expr | tuple[Expr, Expr]) -> Expr:
    if isinstance(wrong, tuple):
        left, wrong = wrong
    return sympify(left) - sympify(wrong)
