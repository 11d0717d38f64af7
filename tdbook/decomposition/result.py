"""What a decomposition is, how few components it could have, and the sentences that say so."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tdbook.decomposition.noise import StandardErrors
from tdbook.lazy import lazy_threshold
from tdbook.tensors import SymmetricCP, integer_power
from tdbook.validation import Array


@dataclass(frozen=True)
class LowerBound:
    """A number of components below which there is no decomposition, and what shows it."""

    value: int
    proof: str


@dataclass(frozen=True, eq=False)
class Decomposition:
    """What :func:`tdbook.waring` found.

    Attributes
    ----------
    tensor : SymmetricCP
        Unit columns, heaviest first; the weights carry size and sign.
    error : float
        ||T - T*||_F / ||T*||_F, measured on the difference.
    converged : bool
        Exact or with a tolerance: the error is within it. With a rank: the fit is stationary, has not run away, and
        several starts share it.
    lower_bound : int
        No fewer components come within the tolerance (1e-10 where none is given), as far as is proved.
    minimal : bool
        The error is within the tolerance and the number of components is the lower bound.
    proof : str
        What shows the lower bound, in words.
    unique : bool
        Jennrich's theorem shows that there is no other decomposition with so few components. False where no theorem
        says so.
    standard_errors : StandardErrors or None
        Of fits to noise; None for exact ones, and where there are too many unknowns.
    reason : str
        Sentences: what was found, how, whether fewer would do, what looks like noise, what to try.
    method : str
        What found it.
    seconds : float
    """

    tensor: SymmetricCP
    error: float
    converged: bool
    lower_bound: int
    minimal: bool
    proof: str
    unique: bool
    standard_errors: StandardErrors | None
    reason: str
    method: str
    seconds: float

    def __repr__(self) -> str:
        return f"Decomposition({counted(self.tensor.rank)}, relative error {self.error:.2e})\n{self.reason}"


def counted(m: int) -> str:
    """The words "1 component", "2 components"."""
    return f"{m} component" + ("" if m == 1 else "s")


def is_unique(directions: Array, order: int) -> bool:
    """Whether Jennrich's theorem applies: the p-fold powers are independent, p = floor((l-1)/2), and no two parallel.

    With l = p + p + t indices and r independent p-fold powers, Kruskal's condition r + r + 2 >= 2 r + 2 holds.
    """
    gram = directions.T @ directions
    if len(gram) == 1:
        return True
    powers = integer_power(gram, (order - 1) // 2)
    apart = np.abs(gram - np.diag(np.diag(gram))).max() < 1 - 1e-12
    return order > 2 and bool(apart) and float(np.linalg.eigvalsh(powers)[0]) > 1e-12


def on_minimality(m: int, bound: LowerBound) -> str:
    """Whether fewer than m components would do."""
    if m == bound.value:
        return f"No fewer do: {bound.proof}."
    return f"At least {bound.value} are needed ({bound.proof}); whether fewer than {m} do is not known."


def on_generic_count(m: int, dimension: int, order: int) -> str:
    """A sentence where tensors of this shape have such a decomposition whatever their entries are, "" elsewhere."""
    if m < lazy_threshold(dimension, order):
        return ""
    return (
        f"With {m} x {dimension} parameters for {math.comb(dimension + order - 1, order)} free entries, "
        "noise of this shape can be decomposed in this way too."
    )


def on_divergence(m: int, cancellation: float) -> str:
    """That a fit has no optimum."""
    return (
        f"The weights run away, sum |w| = {cancellation:.1e} times the norm: the target is close to a limit of tensors "
        f"with {counted(m)} (border rank) and has no best fit with so few."
    )
