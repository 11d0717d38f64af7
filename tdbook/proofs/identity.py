"""What a proved identity is, and when a wrong variant of it counts as refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import wraps

from sympy import Expr, S, sympify

from tdbook.proofs.canonical import canonical
from tdbook.proofs.exact import Instance, NotRational, evaluate, instances

__all__ = ["PROOFS", "Identity", "Remainders", "certainly_nonzero", "identity", "shows"]


class Remainders(Mapping[str, Expr]):
    """What each wrong variant leaves: differences by name, brought to ``form`` one by one when somebody looks.

    To refuse a variant takes less: a number. See :meth:`Identity.refuses`.
    """

    def __init__(self, differences: Mapping[str, Expr], form: Callable[[Expr], Expr]) -> None:
        self.differences, self.form = dict(differences), form
        self._seen: dict[str, Expr] = {}

    def __getitem__(self, what: str) -> Expr:
        if what not in self._seen:
            self._seen[what] = self.form(self.differences[what])
        return self._seen[what]

    def __iter__(self) -> Iterator[str]:
        return iter(self.differences)

    def __len__(self) -> int:
        return len(self.differences)

    def __repr__(self) -> str:
        return f"Remainders({dict(self)!r})"


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
    def differences(self) -> Mapping[str, Expr]:
        """The two sides' difference of each wrong variant, as it was written where that is known."""
        return self.mutants.differences if isinstance(self.mutants, Remainders) else self.mutants

    @property
    def refused(self) -> bool:
        """There are at least two wrong variants, and each is refused."""
        return len(self.mutants) >= 2 and all(self.refuses(what) for what in self.mutants)

    def refuses(self, what: str) -> bool:
        """The wrong variant's two sides differ by a non-zero number at some exact instance.

        Where it can be, the difference is evaluated as it was written: that takes a tenth of the time of its
        canonical form, and rests on nothing but rational arithmetic.
        """
        return certainly_nonzero(self.differences[what])


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
        mutants=Remainders({what: _difference(left, wrong) for what, wrong in mutants.items()}, form),
        left=left,
        right=right,
    )


def _difference(left: Expr, wrong: Expr | tuple[Expr, Expr]) -> Expr:
    if isinstance(wrong, tuple):
        left, wrong = wrong
    return sympify(left) - sympify(wrong)
