"""Fits to entries that carry noise: the best of several, the number of components by BIC, and standard errors."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tdbook.decomposition.core import Core, fits_in_memory, written_out
from tdbook.decomposition.flattening import MANY, flattening, powered_gram
from tdbook.decomposition.levenberg_marquardt import DIRECT, Fit, Objective, levenberg_marquardt, normal_matrix
from tdbook.decomposition.power_method import nearly_rank_one_elements
from tdbook.tensors import DenseSymmetric, SymmetricCP, random_unit_vectors
from tdbook.validation import Array

RUNS_AWAY = 1e3  # a sum of absolute weights, for a target of unit norm, beyond which a fit is said to diverge
STARTS = 12
_ALIKE = 1e-4  # fits whose errors differ by less than this share have found the same
_PROGRESS = 1e-6  # fits to noise go on until eight steps on end gain less than this share
_ROUNDS = 5  # of further steps for a best fit that is not stationary yet
# A fit that is still not stationary diverges if its weights have grown by this factor and cancel at least so much.
_GROWING, _CANCELLING = 1.2, 10.0
_DEGENERATE = 100.0  # and any that is not exact, if its absolute weights add up to this many times the norm
_PATIENCE = 3  # BIC looks so many components further than its best, or as many as the span has dimensions


@dataclass(frozen=True, eq=False)
class Shared:
    """The best of ``tried`` fits, how many of them ended at its error, and whether it diverges."""

    fit: Fit
    tried: int
    alike: int
    diverging: bool


def best_fit(
    core: Core,
    components: int,
    rng: np.random.Generator,
    *,
    starts: int = STARTS,
    extra: tuple[Array, ...] = (),
    late: Callable[[], bool] = lambda: False,
) -> Shared:
    """The best fit with m components: from the truncated subspace, from ``extra`` directions and from random ones."""
    objective, s = Objective(core.tensor, late), core.dimension
    if isinstance(core.tensor, SymmetricCP) and core.tensor.rank > MANY and components < s:
        return _through_few_dimensions(core, objective, components, rng, starts, late)
    begin = list(extra)
    if core.order > 2:
        cut = flattening(core.tensor, 0.0, components)
        if cut.rank == components:
            begin.append(nearly_rank_one_elements(cut, rng))
    fits: list[Fit] = []
    for start in range(len(begin) + starts):
        if start < len(begin):
            fits.append(levenberg_marquardt(objective, begin[start], progress=_PROGRESS))
        else:
            X = random_unit_vectors(s, components, rng)
            fits.append(levenberg_marquardt(objective, X, damping=0.1, progress=_PROGRESS))
        least = min(fit.error for fit in fits)
        if least < 1e-12 or late():
            break
    best, diverging = settled(objective, min(fits, key=lambda fit: fit.error))
    return Shared(best, len(fits), sum(fit.error <= best.error * (1 + _ALIKE) + 1e-12 for fit in fits), diverging)


def _through_few_dimensions(
    core: Core,
    objective: Objective,
    components: int,
    rng: np.random.Generator,
    starts: int,
    late: Callable[[], bool],
) -> Shared:
    """For samples: the best fit in the leading m dimensions of the one-index unfolding, carried on in all of them."""
    assert isinstance(core.tensor, SymmetricCP)
    weights, U = core.tensor.components()
    columns = U * weights
    axes = np.linalg.eigh(columns @ powered_gram(U, core.order - 1, columns.T))[1][:, ::-1][:, :components]
    array = SymmetricCP(weights, axes.T @ U, core.order).entries()
    size = float(np.linalg.norm(array.ravel()))
    small = Core(DenseSymmetric.from_symmetric(array / size, whole=True), axes, size)
    within = best_fit(small, components, rng, starts=starts, late=late)
    lifted = axes @ within.fit.directions
    fit = levenberg_marquardt(objective, lifted, within.fit.weights * size, progress=_PROGRESS)
    fit, diverging = settled(objective, fit)
    return Shared(fit, within.tried, within.alike, diverging)


def settled(objective: Objective, fit: Fit) -> tuple[Fit, bool]:
    """A fit carried on until it is stationary, and whether its weights grow instead."""
    before = fit.cancellation
    for _ in range(_ROUNDS):
        if fit.stationary or fit.cancellation > RUNS_AWAY:
            break
        fit = levenberg_marquardt(objective, fit.directions, fit.weights, damping=1e-6, progress=1e-9)
    growing = not fit.stationary and fit.cancellation > max(_GROWING * before, _CANCELLING)
    return fit, fit.error > 1e-12 and (growing or fit.cancellation > _DEGENERATE)


@dataclass(frozen=True, eq=False)
class Information:
    """The number of components that BIC prefers, its fit, and whether more components were tried in vain."""

    components: int
    fit: Fit | None
    settled: bool


def by_information(core: Core, rng: np.random.Generator, late: Callable[[], bool] = lambda: False) -> Information:
    """Fits of m = 0, 1, 2, ... components; the one of least N log error^2 + m s log(N) N / (N - m s - 1).

    That is BIC for N free entries with equal noise, its penalty corrected for few entries as that of AIC is. Each fit
    begins with the one before and with the best rank-one term of what it leaves.
    """
    s, N = core.dimension, core.numbers
    objective = Objective(core.tensor, late)
    best = (0.0, 0)
    fits: list[Fit | None] = [None]
    current = Fit(np.zeros(0), np.empty((s, 0)), 1.0)
    for m in range(1, (N - 2) // s + 1):
        started = []
        for _ in range(6):
            one = _leading(core, current, rng)
            directions = np.hstack([current.directions, one.directions])
            started.append((one.error, directions, np.append(current.weights, one.weights)))
        _, X, w = min(started, key=lambda each: each[0])
        current = levenberg_marquardt(objective, X, w, steps=100)
        fits.append(current)
        score = N * math.log(max(current.error, 1e-15) ** 2) + m * s * math.log(N) * N / (N - m * s - 1)
        best = min(best, (score, m))
        if m - best[1] >= max(_PATIENCE, s) or current.error < 1e-12 or current.cancellation > RUNS_AWAY or late():
            break
    return Information(best[1], fits[best[1]], len(fits) - 1 - best[1] >= _PATIENCE)


def _leading(core: Core, fit: Fit, rng: np.random.Generator) -> Fit:
    """A best rank-one term of the residual, from one random start."""
    residual = core.tensor
    if len(fit.weights):
        model = SymmetricCP.from_unit_columns(fit.weights, fit.directions, core.order)
        residual = DenseSymmetric.from_symmetric(written_out(core.tensor) - model.entries(), whole=True)
    return levenberg_marquardt(residual, random_unit_vectors(core.dimension, 1, rng), damping=0.1, steps=60)


def can_be_noise(core: Core) -> bool:
    """Whether a criterion for noise has enough entries to speak, and few enough to be computed."""
    return fits_in_memory(core.tensor, 2**20) and core.order > 2 and (core.numbers - 2) // core.dimension >= 1


@dataclass(frozen=True, eq=False)
class StandardErrors:
    """One standard deviation of each weight, and of each direction in radians; shape (r,) each.

    For independent Gaussian noise of one size on the orthonormal coordinates of the entries, its size taken from the
    residual, to first order.
    """

    weights: Array
    angles: Array


def standard_errors(core: Core, fit: Fit) -> StandardErrors | None:
    """From the inverse of the normal matrix; None where there are no entries left over or too many unknowns."""
    s, m = fit.directions.shape
    free = core.numbers - s * m
    if free <= 0 or s * m > DIRECT or fit.cancellation > RUNS_AWAY:
        return None
    try:
        inverse = np.linalg.inv(normal_matrix(fit.directions, core.order)).reshape(m, s, m, s)
    except np.linalg.LinAlgError:
        return None
    variance = fit.error**2 / free
    blocks = inverse[np.arange(m), :, np.arange(m), :]
    along = np.einsum("ai,iab,bi->i", fit.directions, blocks, fit.directions)
    across = np.einsum("iaa->i", blocks) - along
    if not (np.isfinite(across).all() and (along >= 0).all() and (across >= -1e-12).all()):
        return None
    angles = np.sqrt(variance * np.maximum(across, 0.0)) / (core.order * np.maximum(np.abs(fit.weights), 1e-300))
    return StandardErrors(np.sqrt(variance * along) * core.size, angles)
