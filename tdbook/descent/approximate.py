"""The one call for users: settings, a run of Algorithm 1, and a refinement on request."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from tdbook import validation
from tdbook.descent.refinement import GOAL, refine_tensor
from tdbook.descent.results import EpochRecord, Run, StopReason
from tdbook.descent.running import run
from tdbook.descent.settings import Settings, practical_settings
from tdbook.tensors import SymmetricTensor

# Shares of the accuracy that a refinement falls back to when the first region does not lead to the target.
_CLOSER = (0.2, 0.04)


def decompose(
    target: SymmetricTensor,
    components: int | None = None,
    accuracy: float = 0.05,
    rng: int | np.random.Generator = 0,
    *,
    epochs: int = 30,
    iterations: int = 1500,
    step_size: float | None = None,
    init_scale: float | None = None,
    regularization: float | None = None,
    literal: bool = False,
    refine: bool = False,
    progress: bool | None = None,
) -> Run:
    """Approximate a symmetric tensor by m rank-one terms with Algorithm 1.

    Parameters
    ----------
    target : SymmetricCP or DenseSymmetric
        T*, not zero, of any norm (it is scaled to unit norm for the run), of order l >= 3 for the paper's
        guarantees; matrices, l = 2, are taken too.
    components : int, optional
        m; four times the number of components of the target by default.
    accuracy : float
        epsilon, relative: stop at the first epoch with ||T - T*||_F <= epsilon ||T*||_F.
    rng : int or numpy.random.Generator
        The same seed gives the same run.
    epochs, iterations, step_size, init_scale, regularization
        K, H, eta, delta, lambda; see :func:`practical_settings` for the defaults.
    literal : bool
        As printed: exactly K epochs, and the last one is returned.
    refine : bool
        Afterwards merge, drop and polish components, to a relative error of 1e-10 with as few as are found to
        do; see :mod:`tdbook.descent.refinement`. Where that fails, Algorithm 1 is run again to a fifth of epsilon,
        and to a fifth of that. ``converged`` then tells whether 1e-10 was reached.
    progress : bool, optional
        A progress bar on stderr; by default only where a person is watching.

    Returns
    -------
    Run

    Examples
    --------
    >>> import tdbook
    >>> target = tdbook.random_target(dimension=20, rank=2, order=3, rng=0)
    >>> result = tdbook.decompose(target, components=8, accuracy=0.05, rng=1)
    >>> result.converged and result.tensor.distance(target) <= 0.05
    True
    """
    literal = validation.flag("literal", literal)
    refine = validation.flag("refine", refine)

    def settings_for(epsilon: float) -> Settings:
        return practical_settings(
            target,
            components,
            epsilon,
            epochs=epochs,
            iterations=iterations,
            step_size=step_size,
            init_scale=init_scale,
            regularization=regularization,
            literal=literal,
        )

    settings, rng = settings_for(accuracy), validation.generator(rng)
    from tqdm import tqdm  # kept out of the import of tdbook

    hidden = None if progress is None else not validation.flag("progress", progress)
    with tqdm(total=settings.epochs, unit="epoch", disable=hidden, leave=False) as bar:

        def show(record: EpochRecord) -> None:
            bar.set_postfix_str(f"error {record.error:.2e}")
            bar.update()

        result = run(target, settings, rng, show)
    if not refine:
        return result
    result = refined(result, target)
    for share in _CLOSER:  # the region was not near enough: Algorithm 1 once more, with less to be content with
        if result.converged or result.stop is StopReason.INTERRUPTED:
            break
        closer = refined(run(target, settings_for(share * accuracy), rng), target)
        if closer.error < result.error or closer.stop is StopReason.INTERRUPTED:
            result = closer
    return result


def refined(result: Run, target: SymmetricTensor) -> Run:
    """The run with its decomposition refined to a relative error of 1e-10; its history holds both stages."""
    validation.instance("result", result, Run)
    started = time.perf_counter()
    try:
        tensor, records = refine_tensor(result.tensor, target)
    except KeyboardInterrupt:
        reason = f"Interrupted while refining; {result.reason}"
        return replace(result, stop=StopReason.INTERRUPTED, reason=reason)
    error = records[-1].error
    converged = error <= GOAL
    outcome = f"Refined to {tensor.rank} components, relative error {error:.1e}"
    if not converged:
        outcome += f", above {GOAL:.0e}: try more components for Algorithm 1, or another rng"
    return replace(
        result,
        tensor=tensor,
        error=error,
        converged=converged,
        reason=f"{result.reason} {outcome}.",
        seconds=result.seconds + time.perf_counter() - started,
        history=replace(result.history, refinement=records),
    )
