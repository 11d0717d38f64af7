"""Whole runs of Algorithm 1: the fast loop, driven epoch by epoch, its history, and why it stopped."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from tdbook import validation
from tdbook.descent.buffered import BufferedLoop, Diverged
from tdbook.descent.coordinates import Space, choose
from tdbook.descent.driver import drive
from tdbook.descent.results import EpochRecord, History, Run, StopReason
from tdbook.descent.settings import Settings
from tdbook.descent.steps import State, initial_state
from tdbook.objectives import loss, model
from tdbook.tensors import SymmetricCP, SymmetricTensor, check_tensor

# A history holds this many points in each epoch.
_TRACE_POINTS = 50


def run(
    target: SymmetricTensor,
    settings: Settings,
    rng: int | np.random.Generator = 0,
    progress: Callable[[EpochRecord], None] | None = None,
    trace: bool = True,
    *,
    patience: int | None = None,
    space: Callable[[SymmetricTensor, int, np.random.Generator, int], Space] = choose,
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
    patience : int, optional
        Stop when so many epochs together have lowered the best error by less than a hundredth.
    space : callable
        Where the components are kept: ``Ambient``, ``Lossless`` or ``InLaw``; see :mod:`tdbook.descent.coordinates`.
        By default, lossless coordinates where they save work. With ``InLaw`` no vector of R^d, d =
        ``settings.dimension``, is ever formed: T* is given in coordinates of its own span, of dimension q, every number
        in the result has the law that it has in R^d, and the result's tensor is written in q + m coordinates, of which
        the first q are those of T*.

    Returns
    -------
    Run
        Ctrl-C ends the run and returns the best epoch so far.
    """
    rng = validation.generator(rng)
    unit, norm = unit_tensor(target)
    validation.instance("settings", settings, Settings)
    trace = validation.flag("trace", trace)
    if patience is not None:
        patience = validation.integer("patience", patience, 1)
    started = time.perf_counter()
    where = space(unit, settings.components, rng, settings.dimension)
    recorder = Recorder(where, settings)
    every = trace_interval(settings) if trace else settings.iterations
    loop = BufferedLoop(where.target, settings, every)
    ended = None
    try:
        for state in drive(initial_state(where.components, settings, rng), loop, settings, rng, where):
            ends = state.iteration == settings.iterations
            if trace or ends:
                recorder.trace(state)
            if not ends:
                continue
            record = recorder.close_epoch(state)
            if progress is not None:
                progress(record)
            if settings.literal:
                continue
            if record.error <= settings.accuracy:
                break
            if patience is not None and recorder.stagnates(patience):
                ended = StopReason.STAGNATED
                break
    except KeyboardInterrupt:
        ended = StopReason.INTERRUPTED
    except Diverged:
        ended = StopReason.DIVERGED
    return recorder.result(norm, ended, time.perf_counter() - started)


def trace_interval(settings: Settings) -> int:
    """Iterations between two points of a history."""
    return max(1, settings.iterations // _TRACE_POINTS)


def unit_tensor(target: SymmetricTensor) -> tuple[SymmetricTensor, float]:
    """The target scaled to unit norm, and its norm, which must not be zero."""
    norm = check_tensor("target", target).size()
    return target.scaled(1.0 / norm), norm


class Recorder:
    """An observer of a run: its history, and the best epoch, or the last one if the settings are ``literal``."""

    def __init__(self, space: Space, settings: Settings) -> None:
        self.space, self.target, self.settings, self.history = space, space.target, settings, History()
        self.span = self.target.span()
        self.switches = 0
        # what an interrupt in the first epoch leaves: the zero tensor, of relative error 1
        first = np.eye(self.target.dimension, 1)
        self.error, self.epoch = 1.0, 0
        self.tensor = space.lift(SymmetricCP([0.0], first, self.target.order))

    def trace(self, state: State) -> None:
        """Add a row to the history."""
        point, history = state.parameters, self.history
        history.time.append((state.epoch - 1) * self.settings.iterations + state.iteration)
        history.norms.append(point.norms)
        history.switched.append(~state.fresh)
        history.loss.append(loss(point, self.target, self.settings.regularization))
        outside = point.U - self.span @ (self.span.T @ point.U)
        history.outside.append(float(np.vdot(outside, outside)))

    def close_epoch(self, state: State) -> EpochRecord:
        """The record of the epoch that ends with a state, whose row is in the history."""
        tensor = model(state.parameters, self.target.order)
        error = tensor.distance(self.target)
        switches = state.switches - self.switches
        record = EpochRecord(state.epoch, state.reinitialized, switches, self.history.loss[-1], error)
        self.history.epochs.append(record)
        self.switches = state.switches
        if self.settings.literal or error < self.error or self.epoch == 0:
            self.error, self.epoch, self.tensor = error, state.epoch, tensor
            self.tensor = self.space.lift(tensor)  # now, for the coordinates turn with the next re-initialisation
        return record

    def stagnates(self, patience: int) -> bool:
        """Whether the last so many epochs have lowered the best error by less than a hundredth."""
        errors = [record.error for record in self.history.epochs]
        return len(errors) > patience and min(errors) > 0.99 * min(errors[:-patience])

    def result(self, norm: float, ended: StopReason | None, seconds: float) -> Run:
        """The run, with its tensor in the target's scale."""
        settings, done = self.settings, len(self.history.epochs)
        self.history.keep_whole_rows()
        converged = self.error <= settings.accuracy
        stop = ended or (
            StopReason.ACCURACY if converged else StopReason.AS_PRINTED if settings.literal else StopReason.EPOCHS
        )
        found = f"the best epoch so far, {self.epoch}, has relative error {self.error:.3g}"
        reason = stop.sentence.format(
            error=self.error,
            epoch=self.epoch,
            epochs=done,
            unfinished=done + 1,
            accuracy=settings.accuracy,
            components=settings.components,
            step_size=settings.step_size,
            found=found if self.epoch else "no epoch was done",
        )
        return Run(
            tensor=self.tensor.scaled(norm),
            error=self.error,
            converged=converged,
            stop=stop,
            reason=reason,
            epochs=done,
            best_epoch=self.epoch,
            seconds=seconds,
            settings=settings,
            history=self.history,
        )
