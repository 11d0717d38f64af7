"""Algorithm 1 started from a bad local minimum."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from tdbook import validation
from tdbook.descent import BufferedLoop, State, drive, practical_settings
from tdbook.descent.running import trace_interval
from tdbook.landscape.traps import Trap
from tdbook.objectives import Parameters, loss, model
from tdbook.tensors import random_unit_vectors, unit_columns
from tdbook.validation import Array


@dataclass(frozen=True, eq=False)
class TrapRun:
    """Algorithm 1 from a trap.

    Attributes
    ----------
    time : ndarray of int
        Iterations since the start, for each row of the trace.
    losses : ndarray
        f in the units of the trap (the run itself works on the target scaled to unit norm).
    ends : ndarray of shape (K,)
        f at the end of each epoch.
    errors : ndarray of shape (K,)
        Relative error at the end of each epoch.
    escaped : int or None
        The first epoch that ends below the trap by more than ``margin``; None if none does.
    margin : float
    """

    time: np.ndarray
    losses: Array
    ends: Array
    errors: Array
    escaped: int | None
    margin: float


def algorithm_from_trap(
    trap: Trap,
    rng: int | np.random.Generator = 0,
    *,
    reinitialize_component: bool = True,
    epochs: int = 10,
    iterations: int = 2000,
    step_size: float | None = None,
    boost: float | None = None,
    nudge: float = 0.1,
    stop: bool = False,
) -> TrapRun:
    """Epochs of Algorithm 1 from a 2-homogeneous trap, with or without the re-initialisation of a component.

    The start is the trap moved at random by ``nudge`` times its certified radius (times min ||u_i|| where that
    radius is infinite), so that plain descent is not excused by starting on a stationary point.

    Parameters
    ----------
    trap : Trap
        Of the 2-homogeneous model.
    rng : int or numpy.random.Generator
        The same seed gives the same start with and without re-initialisation.
    reinitialize_component : bool
    epochs, iterations : int
        K and H.
    step_size : float, optional
        eta, by default 1 / (2 l^2): the components of these targets weigh more, together, than the tensor they
        make, and 1/l^2 can diverge.
    boost : float, optional
        c ||u|| of a fresh component, as in :class:`~tdbook.descent.Settings`; 1 leaves the paper's boost out.
    nudge : float
        In (0, 1).
    stop : bool
        End at the first epoch that escapes.
    """
    validation.instance("trap", trap, Trap)
    if trap.model == "vanilla":
        raise TypeError(f"trap must be a Trap of the two-homogeneous model, got {validation.describe(trap)}")
    validation.flag("reinitialize_component", reinitialize_component)
    validation.flag("stop", stop)
    nudge = validation.real("nudge", nudge, maximum=1.0)
    generator = validation.generator(rng)
    norm = trap.target.norm()
    unit = trap.target.scaled(1.0 / norm)
    settings = practical_settings(
        unit,
        trap.U.shape[1],
        epochs=epochs,
        iterations=iterations,
        step_size=0.5 / trap.order**2 if step_size is None else step_size,
        regularization=trap.regularization / norm,
    )
    settings = replace(settings, boost=boost, reinitialize=reinitialize_component)
    reach = trap.certified_radius
    reach = reach if math.isfinite(reach) else float(unit_columns(trap.U)[0].min())
    U = trap.U + nudge * reach * random_unit_vectors(trap.U.size, 1, generator).reshape(trap.U.shape)
    # f / ||T*||^2 is the loss for T*/||T*||, U/sqrt(||T*||) and lambda/||T*||
    point = Parameters.two_homogeneous(U / math.sqrt(norm), trap.c)
    start = State(point, np.zeros(len(trap.c), dtype=bool))
    margin, escaped = 0.01 * trap.value, None
    time, losses, ends, errors = [], [], [], []
    for state in drive(start, BufferedLoop(unit, settings, trace_interval(settings)), settings, generator):
        time.append((state.epoch - 1) * settings.iterations + state.iteration)
        losses.append(norm**2 * loss(state.parameters, unit, settings.regularization))
        if state.iteration < settings.iterations:
            continue
        ends.append(losses[-1])
        errors.append(model(state.parameters, unit.order).distance(unit))
        if escaped is None and ends[-1] < trap.value - margin:
            escaped = state.epoch
            if stop:
                break
    return TrapRun(np.array(time), np.array(losses), np.array(ends), np.array(errors), escaped, margin)
