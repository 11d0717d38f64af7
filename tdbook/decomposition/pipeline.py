"""``tdbook.waring``: a symmetric tensor as a sum of few powers, and how few are possible.

The methods in order, each only where it can settle the matter: the squarest flattening (a lower bound), the pencil,
the subspace power method, Koszul-Young flattenings (odd orders), local search from the lower bound upwards. Every
candidate ends in Levenberg-Marquardt, and its error is measured on T - T*.
"""

from __future__ import annotations

import numpy as np

from tdbook import validation
from tdbook.decomposition.call import EXACT, Call
from tdbook.decomposition.core import core_of, written_out
from tdbook.decomposition.exact_entries import METHODS, ExactEntries
from tdbook.decomposition.levenberg_marquardt import Fit
from tdbook.decomposition.noisy_entries import NoisyEntries
from tdbook.decomposition.result import Decomposition, counted, on_minimality
from tdbook.tensors import DenseSymmetric, SymmetricTensor

_ROUNDINGS = 8.0  # units of rounding of the input's type that count as met


def waring(
    target: SymmetricTensor,
    rank: int | str | None = None,
    *,
    tolerance: float | None = None,
    method: str = "auto",
    rng: int | np.random.Generator = 0,
    seconds: float = 60.0,
) -> Decomposition:
    """A symmetric tensor as a sum of few powers w_i x_i^{(x) l}.

    Parameters
    ----------
    target : SymmetricCP or DenseSymmetric
        T*, not zero. A ``SymmetricCP`` of large dimension is never written out.
    rank : int or "bic", optional
        The number of components of the best fit, or "bic" to have it chosen. By default the entries are taken for
        exact, and the fewest components that meet them are looked for.
    tolerance : float, optional
        The fewest components within this relative error. Not together with ``rank``.
    method : {"auto", "pencil", "subspace", "koszul", "local", "algorithm-1"}
        One method alone, for entries that are exact.
    rng : int or numpy.random.Generator
    seconds : float
        Searches begin nothing new after so much time, and the best so far is returned.

    Returns
    -------
    Decomposition

    Raises
    ------
    ValueError
        If the target is zero, if arguments do not go together, or if the one method asked for finds nothing.

    Examples
    --------
    >>> import tdbook
    >>> target = tdbook.random_target(dimension=30, rank=20, order=3, rng=0)
    >>> found = tdbook.waring(tdbook.DenseSymmetric(target.to_dense()))
    >>> found.tensor.rank, found.minimal, found.unique, found.error < 1e-12
    (20, True, True, True)
    """
    core = core_of(target)
    method = validation.choice("method", method, METHODS)
    if rank is not None and tolerance is not None:
        raise ValueError(f"tolerance must not be given together with rank, got tolerance {tolerance} and rank {rank}")
    if (rank is not None or tolerance is not None) and method != "auto":
        raise ValueError(f"method must be 'auto' with a rank or a tolerance, got {method!r}")
    if isinstance(rank, str):
        validation.choice("rank", rank, ("bic",))
    elif rank is not None:
        rank = validation.integer("rank", rank, 1)
        validation.entries("rank times rank", rank, rank)
    if tolerance is not None:
        goal = validation.real("tolerance", tolerance, maximum=1.0)
    else:  # entries are exact to the digits of the type that they came in
        goal = max(EXACT, _ROUNDINGS * target.rounding) if isinstance(target, DenseSymmetric) else EXACT
    given = (core, goal, validation.generator(rng), validation.real("seconds", seconds))
    if core.order == 2:
        return _Matrix(*given).run(rank)
    if rank is None and tolerance is None:
        return ExactEntries(*given).run(method)
    noisy = NoisyEntries(*given)
    if rank is None:
        return noisy.within_tolerance()
    return noisy.of_rank(rank) if isinstance(rank, int) else noisy.by_information()


class _Matrix(Call):
    """Order 2: eigenvectors are the best fit at every rank (Eckart and Young)."""

    def run(self, rank: int | str | None) -> Decomposition:
        """With all eigenvectors above the goal, or with so many."""
        if rank == "bic":
            raise ValueError("rank must be a number for a matrix, got 'bic'")
        self.flatten()
        values, vectors = np.linalg.eigh(written_out(self.core.tensor))
        order = np.argsort(-np.abs(values))[: self.bound.value if rank is None else int(rank)]
        fit = Fit(values[order], vectors[:, order], 0.0)
        fit = Fit(fit.weights, fit.directions, self.objective.error(fit.weights, fit.directions), True)
        reason = [f"{counted(len(order))} reach relative error {fit.error:.1e} (eigenvectors)."]
        reason.append(on_minimality(len(order), self.bound) if rank is None else "No fit of this rank is better.")
        return self.finish(fit, True, "eigenvectors", reason)
