"""The one call for users: settings, a run of Algorithm 1, and a refinement on request."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from tdbook import validation
from tdbook.decomposition.core import Core, core_of
from tdbook.decomposition.levenberg_marquardt import Objective, levenberg_marquardt
from tdbook.decomposition.noise import settled
from tdbook.decomposition.refinement import GOAL, Refinement, refine_tensor
from tdbook.decomposition.result import counted, on_divergence, on_generic_count
from tdbook.descent import EpochRecord, Run, Settings, StopReason, practical_settings, run
from tdbook.tensors import DenseSymmetric, SymmetricCP, SymmetricTensor, check_tensor
from tdbook.tensors.exponents import symmetric_dimension

# Shares of the accuracy that a refinement falls back to when the first region does not lead to the target.
_CLOSER = (0.2, 0.04)
_NO_NEARER = 0.98  # a best fit whose error is above this share of a run's error is what the run has found


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
    goal: float = GOAL,
    patience: int | None = 10,
    progress: bool | None = None,
) -> Run:
    """Approximate a symmetric tensor by m rank-one terms with Algorithm 1.

    Parameters
    ----------
    target : SymmetricCP or DenseSymmetric
        T*, not zero, of any norm (it is scaled to unit norm for the run), of order l >= 3 for the paper's
        guarantees; matrices, l = 2, are taken too.
    components : int, optional
        m; by default four times the number of components of the target, or four times the dimension s of its span
        where it is dense, or has more components than there are symmetric tensors of S to need them.
    accuracy : float
        epsilon, relative: stop at the first epoch with ||T - T*||_F <= epsilon ||T*||_F.
    rng : int or numpy.random.Generator
        The same seed gives the same run.
    epochs, iterations, step_size, init_scale, regularization
        K, H, eta, delta, lambda; see :func:`practical_settings` for the defaults.
    literal : bool
        As printed: exactly K epochs, and the last one is returned.
    refine : bool
        Afterwards merge, drop and polish components, to a relative error of ``goal`` with as few as are found to
        do; see :mod:`tdbook.decomposition.refinement`. Where that fails, Algorithm 1 is run again to a fifth of
        epsilon, and to a fifth of that. ``converged`` then tells whether the goal was reached.
    goal : float
        For ``refine``; 1e-10 is for exact entries. For entries with noise take its relative size, or
        :func:`tdbook.waring` with a rank.
    patience : int or None
        Stop when so many epochs together have lowered the best error by less than a hundredth; None never does.
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
    goal = validation.real("goal", goal)
    core = _written_out(check_tensor("target", target))
    given = target if core is None else core.tensor

    def settings_for(epsilon: float) -> Settings:
        return practical_settings(
            given,
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

        result = run(given, settings, rng, show, patience=patience)
    if refine:
        result, enough = _refined_from(result, given, goal)
        for share in _CLOSER:  # the region was not near enough: Algorithm 1 once more, with less to be content with
            if result.converged or not enough or result.stop is StopReason.INTERRUPTED:
                break
            again = run(given, settings_for(share * accuracy), rng, patience=patience)
            again = replace(again, reason=f"Run again, to a smaller error than asked for. {again.reason}")
            closer, _ = _refined_from(again, given, goal)
            if closer.error < result.error or closer.stop is StopReason.INTERRUPTED:
                result = closer
    elif result.stop in (StopReason.EPOCHS, StopReason.STAGNATED):
        result = _at_the_optimum(result, given)
    if core is not None:
        result = replace(result, tensor=core.lift(*result.tensor.components()))
    return result


def _written_out(target: SymmetricTensor) -> Core | None:
    """The dense core of a target with more components than symmetric tensors of its span need; None of others."""
    if not isinstance(target, SymmetricCP):
        return None
    s = target.span().shape[1]
    if s == 0 or target.rank <= symmetric_dimension(s, target.order):
        return None
    core = core_of(target)
    return core if isinstance(core.tensor, DenseSymmetric) else None


def _at_the_optimum(result: Run, target: SymmetricTensor) -> Run:
    """A run that missed its accuracy, with better advice where it has found the best fit that there is nearby."""
    core = core_of(target)
    inside = result.tensor.in_basis(core.basis).components()
    objective = Objective(core.tensor)
    start = levenberg_marquardt(objective, inside[1], inside[0] / core.size, progress=1e-6)
    fit, diverging = settled(objective, start)
    if diverging or fit.error <= result.settings.accuracy or fit.error < _NO_NEARER * result.error:
        return result
    m = result.settings.components
    reason = (
        f"Ended after {result.epochs} epochs with relative error {result.error:.3g}, accuracy "
        f"{result.settings.accuracy:g} was asked for. No fit nearby with {counted(m)} is better than {fit.error:.3g}: "
        f"if the entries carry noise, this is the answer, and a larger m (now {m}) would fit the noise."
    )
    return replace(result, reason=reason)


def refined(result: Run, target: SymmetricTensor, goal: float = GOAL) -> Run:
    """The run with its decomposition refined to a relative error of ``goal``; its history holds both stages."""
    validation.instance("result", result, Run)
    return _refined_from(result, target, goal)[0]


def _refined_from(result: Run, target: SymmetricTensor, goal: float) -> tuple[Run, bool]:
    """The run refined, and whether its components were enough for the goal, as far as a flattening shows."""
    started = time.perf_counter()
    try:
        found = refine_tensor(result.tensor, target, goal)
    except KeyboardInterrupt:
        reason = f"Interrupted while refining; {result.reason}"
        return replace(result, stop=StopReason.INTERRUPTED, reason=reason), False
    finished = replace(
        result,
        tensor=found.tensor,
        error=found.error,
        converged=found.error <= goal,
        reason=f"{result.reason} {_outcome(found, target, goal)}",
        seconds=result.seconds + time.perf_counter() - started,
        history=replace(result.history, refinement=found.records),
    )
    return finished, result.tensor.rank >= found.lower_bound


def _outcome(found: Refinement, target: SymmetricTensor, goal: float) -> str:
    """What a refinement came to, and what to try where it missed its goal."""
    m = found.tensor.rank
    said = f"Refined to {counted(m)}, relative error {found.error:.1e}"
    if found.error <= goal:
        generic = on_generic_count(m, target.span().shape[1], target.order)
        return f"{said}." + (f" {generic} For entries with noise give a goal." if generic else "")
    said += f", above {goal:.0e}"
    if found.diverging:
        return f"{said}. {on_divergence(m, found.cancellation)}"
    if m < found.lower_bound:
        return (
            f"{said}: at least {found.lower_bound} components are needed for that, by the rank of a flattening. If the "
            "entries carry noise, give a goal, or a rank to tdbook.waring."
        )
    if found.stationary:
        return f"{said}, and no fit nearby is better: try another rng, or give a goal if the entries carry noise."
    return f"{said}: try more components for Algorithm 1, or another rng."
