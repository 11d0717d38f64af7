"""Whole runs: the loop over epochs, its history, and what is said at the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tdbook import validation
from tdbook.descent.buffered import _Epoch
from tdbook.descent.coordinates import Ambient, InLaw, Space, choose
from tdbook.descent.results import EpochRecord, History, Run
from tdbook.descent.settings import Settings
from tdbook.descent.steps import State, begun, renewed, smallest_column
from tdbook.objectives import loss, model
from tdbook.tensors import SymmetricCP, SymmetricTensor, check_tensor

# A run's history holds this many points in each epoch.
_TRACE_POINTS = 50


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
    rng = validation.generator(rng)
    unit_target, norm = _unit(target)
    _for_dimension(settings, target.dimension)
    validation.flag("trace", trace)
    started = time.perf_counter()
    return _follow(choose(unit_target, settings.components, rng), settings, rng, norm, started, progress, trace)


def run_in_ambient_space(target: SymmetricTensor, settings: Settings, rng: int | np.random.Generator = 0) -> Run:
    """:func:`run` with every component kept by its d entries: what lossless coordinates are compared with."""
    rng = validation.generator(rng)
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
        T* in coordinates of its own span, of dimension q: see :func:`tdbook.descent.coordinates.core_in_law`.
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
    rng = validation.generator(rng)
    unit_core, norm = _unit(core)
    validation.instance("settings", settings, Settings)
    validation.flag("trace", trace)
    started = time.perf_counter()
    space = InLaw(unit_core, settings.components, settings.dimension, rng)
    return _follow(space, settings, rng, norm, started, progress, trace)


def _for_dimension(settings: Settings, dimension: int) -> None:
    if validation.instance("settings", settings, Settings).dimension != dimension:
        raise ValueError(f"settings must be for dimension {dimension}, got {settings.dimension}")


def _unit(target: SymmetricTensor) -> tuple[SymmetricTensor, float]:
    """The target scaled to unit norm, and its norm."""
    norm = check_tensor("target", target).norm()
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
