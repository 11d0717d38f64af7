"""The one place that imports SymPy: the identities of the paper, proved with l, d, m and r symbolic.

* :mod:`.algebra` replaces tensors by inner products of vectors;
* :mod:`.canonical` decides when two of its expressions are equal;
* :mod:`.components` is the second route: derivatives entry by entry;
* :mod:`.exact` evaluates the same expressions in rational arithmetic;
* :mod:`.identity` says what a proved identity is, and when a wrong variant counts as refused;
* :mod:`.setting` states the model and the loss once; then one file per chapter, and
  :mod:`.moments` for the Gaussian moments that several chapters use.

>>> from tdbook import proofs
>>> [proof().holds for proof in proofs.for_claim("euler")]
[True, True]
"""

from tdbook.proofs import (
    algorithm,
    certificate,
    escape,
    fresh,
    frontier,
    lazy,
    model,
    moments,
    networks,
    objective,
    rise,
    runnable,
    tensors,
    theorem3,
    traps,
    zero,
)
from tdbook.proofs.identity import PROOFS, Identity, Proof

__all__ = ["Identity", "all_identities", "claims", "for_claim"]

# The modules register their proofs when imported; this is the order of the book.
_ORDER = (
    tensors,
    objective,
    lazy,
    zero,
    traps,
    model,
    algorithm,
    rise,
    fresh,
    escape,
    theorem3,
    runnable,
    moments,
    certificate,
    networks,
    frontier,
)
_MODULES = [module.__name__ for module in _ORDER]


def claims() -> list[str]:
    """The ids of all claims that have an identity here, in the order of the book."""
    return sorted(PROOFS, key=lambda claim: _MODULES.index(PROOFS[claim][0].__module__))


def for_claim(claim: str) -> list[Proof]:
    """The proofs of one claim, each a function without arguments, lazy; [] if there are none."""
    return list(PROOFS.get(claim, ()))


def all_identities() -> list[Proof]:
    """All proofs, in the order of the book."""
    return [proof for claim in claims() for proof in for_claim(claim)]
