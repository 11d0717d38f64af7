"""Whole runs: the loop over epochs, its history, and what is said at the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from tdbook import _check
from tdbook._check import Array
from tdbook.coordinates import Ambient, InLaw, Space, choose
from tdbook.descent.epoch import _Epoch
from tdbook.descent.settings import Settings, practical_settings
from tdbook.descent.steps import State, begun, renewed, smallest_column
from tdbook.objectives import loss, model
from tdbook.refinement import GOAL, PolishRecord, refine_tensor
from tdbook.tensors import SymmetricCP, SymmetricTensor, symmetric

# Shares of the accuracy that a refinement falls back to when the first region does not lead to the target.
_CLOSER = (0.2, 0.04)
# A run's history holds this many points in each epoch.
_TRACE_POINTS = 50


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch did: the component re-initialised, switches in it, loss and relative error at its end."""

    epoch: int
    reinitialized: int | None
    switches: int
    loss: float
    error: float


@dataclass(eq=False)
class History:
    """A run's record. Row k of the arrays belongs to ``time[k]``, counted in iterations from the start.

    Attributes
    ----------
    epochs : list of EpochRecord
    time : list of int
        The first point of an epoch is taken right after its re-initialisation, at the same time as the
        last point of the epoch before.
    norms : list of ndarray, shape (m,)
        ||u_i||.
    switched : list of ndarray of bool, shape (m,)
    loss : list of float
        f, for the target scaled to unit norm.
    outside : list of float
        ||P_B U||_F^2, the mass outside the span S of the target.
    refinement : list of PolishRecord
        The stages after Algorithm 1, if the run was refined.
    """

    epochs: list[EpochRecord] = field(default_factory=list)
    time: list[int] = field(default_factory=list)
    norms: list[Array] = field(default_factory=list)
    switched: list[np.ndarray] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    outside: list[float] = field(default_factory=list)
    refinement: list[PolishRecord] = field(default_factory=list)

    def drop_half_a_row(self) -> None:
        """Leave only rows that all lists have: an interrupt may fall between two of them."""
        lists: tuple[list, ...] = (self.time, self.norms, self.switched, self.loss, self.outside)
        whole = min(map(len, lists))
        for values in lists:
            del values[whole:]


@dataclass(frozen=True, eq=False)
class Run:
    """What a run found.

    Attributes
    ----------
    tensor : SymmetricCP
        The decomposition, m components, in the scale of the target.
    error : float
        ||T - T*||_F / ||T*||_F.
    converged : bool
        Whether error <= accuracy.
    reason : str
        A sentence: why it stopped, and what to try if it failed.
    epochs : int
        Epochs done.
    best_epoch : int
        The epoch that ``tensor`` comes from.
    seconds : float
    settings : Settings
    history : History
    """

    tensor: SymmetricCP
    error: float
    converged: bool
    reason: str
    epochs: int
    best_epoch: int
    seconds: float
    settings: Settings
    history: History

    def __repr__(self) -> str:
        return (
            f"Run({self.tensor.rank} components, relative error {self.error:.2e}, {self.epochs} epochs)\n{self.reason}"
        )

    def save(self, path: str, *, overwrite: bool = False) -> None:
        """Write the decomposition, settings and history to an .npz file; see :func:`tdbook.load`.

        The file is written whole or not at all; an existing one is kept unless ``overwrite``.
        """
        from tdbook.files import save

        save(self, path, overwrite=overwrite)


def run(
    target: SymmetricTensor,
    settings: Settings,
    rng: int | np.random.Generator = 0,
    progress: Callable[[EpochRecord], None] | None = None,
    trace: bool = True,
) -> Run:
    """Algorithm 1 on ``target``, which is scaled to unit norm for the run.

    Parameters
    ----------
    target : SymmetricTensor
        T*, not zero.
    settings : Settings
    rng : int or numpy.random.Generator
    progress : callable, optional
        Called with each epoch's record.
    trace : bool
        False keeps only the ends of epochs in the history.

    Returns
    -------
    Run
        Ctrl-C ends the run and returns the best epoch so far.
    """
    rng = _check.generator(rng)
    unit_target, norm = _unit(target)
    _for_dimension(settings, target.dimension)
    _check.flag("trace", trace)
    started = time.perf_counter()
    return _follow(choose(unit_target, settings.components, rng), settings, rng, norm, started, progress, trace)


def run_in_ambient_space(target: SymmetricTensor, settings: Settings, rng: int | np.random.Generator = 0) -> Run:
    """:func:`run` with every component kept by its d entries: what lossless coordinates are compared with."""
    rng = _check.generator(rng)
    unit_target, norm = _unit(target)
    _for_dimension(settings, target.dimension)
    started = time.perf_counter()
    return _follow(Ambient(unit_target, settings.components, rng), settings, rng, norm, started)


def run_in_law(
    core: SymmetricTensor,
    settings: Settings,
    rng: int | np.random.Generator = 0,
    progress: Callable[[EpochRecord], None] | None = None,
    trace: bool = True,
) -> Run:
    """Algorithm 1 in R^d with d = ``settings.dimension``, of which no vector is ever formed.

    Every number in the result has the law that it has for a :func:`run`; a seed gives another sample of it.

    Parameters
    ----------
    core : SymmetricTensor
        T* in coordinates of its own span, of dimension q: see :func:`tdbook.coordinates.core_in_law`.
    settings : Settings
        Of dimension d >= q + m; ``practical_settings(core, ..., dimension=d)``.
    rng : int or numpy.random.Generator
    progress : callable, optional
        Called with each epoch's record.
    trace : bool
        False keeps only the ends of epochs in the history.

    Returns
    -------
    Run
        Its tensor is written in q + m coordinates, of which the first q are those of ``core``.
    """
    rng = _check.generator(rng)
    unit_core, norm = _unit(core)
    _check.instance("settings", settings, Settings)
    _check.flag("trace", trace)
    started = time.perf_counter()
    space = InLaw(unit_core, settings.components, settings.dimension, rng)
    return _follow(space, settings, rng, norm, started, progress, trace)


def _for_dimension(settings: Settings, dimension: int) -> None:
    if _check.instance("settings", settings, Settings).dimension != dimension:
        raise ValueError(f"settings must be for dimension {dimension}, got {settings.dimension}")


def _unit(target: SymmetricTensor) -> tuple[SymmetricTensor, float]:
    """The target scaled to unit norm, and its norm."""
    norm = symmetric("target", target).norm()
    if norm == 0.0:
        raise ValueError("target must not be zero, got a tensor of norm 0")
    return target.scaled(1.0 / norm), norm


def _follow(
    space: Space,
    settings: Settings,
    rng: np.random.Generator,
    norm: float,
    started: float,
    progress: Callable[[EpochRecord], None] | None = None,
    trace: bool = True,
) -> Run:
    """The epochs of Algorithm 1 in the coordinates of a space."""
    recorder = _Recorder(space, settings)
    state = begun(space.components, settings, rng)
    epoch_loop = _Epoch(space.target, settings)
    ended = ""
    try:
        for epoch in range(1, settings.epochs + 1):
            state = replace(state, epoch=epoch, iteration=0)
            if settings.reinitialize:
                recorder.keep()  # before the coordinates turn
                j = smallest_column(state.parameters.norms)
                U = space.renew(state.parameters.U, j, settings.init_scale, rng)
                state = renewed(state, settings, U, j, rng.choice([-1.0, 1.0]))
            switches_before = state.switches
            state = _advance(epoch_loop, state, recorder, trace)
            record = recorder.close_epoch(state, state.switches - switches_before)
            if progress is not None:
                progress(record)
            if record.error <= settings.accuracy and not settings.literal:
                break
    except KeyboardInterrupt:
        ended = "Interrupted"
    except _Diverged as failure:
        ended = str(failure)
    recorder.keep()
    return recorder.result(norm, ended, time.perf_counter() - started)


class _Diverged(Exception):
    """The norms left the range of floating-point numbers."""


def _advance(loop: _Epoch, state: State, recorder: _Recorder, trace: bool = True) -> State:
    """H iterations from ``state``, leaving a trace, or only its last point."""
    settings = loop.settings
    loop.load(state)
    every = max(1, settings.iterations // _TRACE_POINTS)
    if trace:
        recorder.trace(state)
    with np.errstate(over="ignore", invalid="ignore"):
        for iteration in range(1, settings.iterations + 1):
            loop.step()
            if iteration % every and iteration != settings.iterations:
                continue
            # beyond 1e30 a run never comes back, and squares and powers of norms would overflow next
            if not loop.norms.max() < 1e30:
                raise _Diverged(
                    f"The norms blew up in epoch {state.epoch}: try a step_size below {settings.step_size:.3g}"
                )
            if trace or iteration == settings.iterations:
                now = loop.state(replace(state, iteration=iteration))
                recorder.trace(now)
    return now


class _Recorder:
    """Collects history and keeps the best epoch."""

    def __init__(self, space: Space, settings: Settings) -> None:
        self.space, self.target, self.settings, self.history = space, space.target, settings, History()
        self.span = self.target.span()
        # error, epoch and tensor of what will be returned: the best epoch, or the last one if literal
        self.found: tuple[float, int, SymmetricCP] = (1.0, 0, _zero(self.target))
        self.kept = False  # its tensor is still written in the space's present coordinates

    def keep(self) -> None:
        """Take what will be returned out of the space's present coordinates."""
        if not self.kept:
            error, epoch, tensor = self.found
            self.found = (error, epoch, self.space.lift(tensor))
            self.kept = True

    def trace(self, state: State) -> None:
        point, history = state.parameters, self.history
        history.time.append((state.epoch - 1) * self.settings.iterations + state.iteration)
        history.norms.append(point.norms)
        history.switched.append(~state.fresh)
        history.loss.append(loss(point, self.target, self.settings.regularization))
        outside = point.U - self.span @ (self.span.T @ point.U)
        history.outside.append(float(np.vdot(outside, outside)))

    def close_epoch(self, state: State, switches: int) -> EpochRecord:
        tensor = model(state.parameters, self.target.order)
        error = tensor.distance(self.target)
        record = EpochRecord(state.epoch, state.reinitialized, switches, self.history.loss[-1], error)
        self.history.epochs.append(record)
        if self.settings.literal or error < self.found[0] or self.found[1] == 0:
            self.found, self.kept = (error, state.epoch, tensor), False
        return record

    def result(self, norm: float, ended: str, seconds: float) -> Run:
        settings = self.settings
        self.history.drop_half_a_row()
        error, epoch, tensor = self.found
        converged = error <= settings.accuracy
        return Run(
            tensor=tensor.scaled(norm),
            error=error,
            converged=converged,
            reason=_reason(settings, error, epoch, len(self.history.epochs), ended),
            epochs=len(self.history.epochs),
            best_epoch=epoch,
            seconds=seconds,
            settings=settings,
            history=self.history,
        )


def _zero(target: SymmetricTensor) -> SymmetricCP:
    """The zero tensor, relative error 1: what a run interrupted in its first epoch has found."""
    first = np.zeros((target.dimension, 1))
    first[0] = 1.0
    return SymmetricCP([0.0], first, target.order)


def _reason(settings: Settings, error: float, epoch: int, done: int, ended: str) -> str:
    if ended:
        found = f"the best epoch so far, {epoch}, has relative error {error:.3g}" if epoch else "no epoch was done"
        return f"{ended}; {found}."
    if error <= settings.accuracy:
        return f"Reached relative error {error:.3g} <= accuracy {settings.accuracy:g} in epoch {epoch}."
    if settings.literal:
        return f"Ran all {done} epochs as printed; the last one has relative error {error:.3g}."
    return (
        f"Ran all {done} epochs without reaching accuracy {settings.accuracy:g}: the best, epoch {epoch}, has "
        f"relative error {error:.3g}. Try more components (now {settings.components}), more epochs, or another rng."
    )


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
        do; see :mod:`tdbook.refinement`. Where that fails, Algorithm 1 is run again to a fifth of epsilon, and to
        a fifth of that. ``converged`` then tells whether 1e-10 was reached.
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
    literal = _check.flag("literal", literal)
    refine = _check.flag("refine", refine)

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

    settings, rng = settings_for(accuracy), _check.generator(rng)
    from tqdm import tqdm  # kept out of the import of tdbook

    hidden = None if progress is None else not _check.flag("progress", progress)
    with tqdm(total=settings.epochs, unit="epoch", disable=hidden, leave=False) as bar:

        def show(record: EpochRecord) -> None:
            bar.set_postfix_str(f"error {record.error:.2e}")
            bar.update()

        result = run(target, settings, rng, show)
    if not refine:
        return result
    result = refined(result, target)
    for share in _CLOSER:  # the region was not near enough: Algorithm 1 once more, with less to be content with
        if result.converged or "Interrupted" in result.reason:
            break
        closer = refined(run(target, settings_for(share * accuracy), rng), target)
        if closer.error < result.error or "Interrupted" in closer.reason:
            result = closer
    return result


def refined(result: Run, target: SymmetricTensor) -> Run:
    """The run with its decomposition refined to a relative error of 1e-10; its history holds both stages."""
    _check.instance("result", result, Run)
    started = time.perf_counter()
    try:
        tensor, records = refine_tensor(result.tensor, target)
    except KeyboardInterrupt:
        return replace(result, reason=f"Interrupted while refining; {result.reason}")
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
