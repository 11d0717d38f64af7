"""What each identity says and what each of its wrong variants leaves in exact numbers, as lines of text.

    python tests/controls.py > tests/reference/controls.txt

That a variant is refused says little about which variant it is: "without the factor l" would be refused with a wrong
sign as well. So the values are kept: who changes a proof or the numbers put into it sees which variants became others.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sympy import Expr

from tdbook import proofs
from tdbook.proofs.exact import Instance, NotRational, evaluate, instances
from tdbook.proofs.identity import Identity, Remainders

KEPT = Path(__file__).parent / "reference" / "controls.txt"


def worth(expr: Expr, at: Instance) -> str:
    """Twelve digits of the exact value; a dash where there is none among the fractions."""
    try:
        return f"{float(evaluate(expr, at)):.12g}"
    except NotRational:
        return "-"


def described(shown: Identity) -> Iterator[str]:
    """The lines about one identity: claim and name, statement, route and free symbols, then the wrong variants."""
    assert isinstance(shown.mutants, Remainders)
    yield f"{shown.claim}: {shown.name}"
    yield f"    {shown.statement}"
    yield f"    {shown.route}; free: {', '.join(shown.free)}"
    for what, difference in {"left side": shown.left, **shown.mutants.differences}.items():
        yield f"    {what}: {', '.join(worth(difference, at) for at in instances())}"


def kept() -> dict[str, list[str]]:
    """The kept lines of each identity, by its name."""
    blocks = KEPT.read_text(encoding="utf-8").strip().split("\n\n")
    return {block.splitlines()[0].split(": ")[1]: block.splitlines() for block in blocks}


if __name__ == "__main__":
    print("\n\n".join("\n".join(described(proof())) for proof in proofs.all_identities()))
