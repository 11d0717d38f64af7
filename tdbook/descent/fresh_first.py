"""One column at a time: a greedy relative of Algorithm 1 (no part of the paper).

The re-initialised column is trained alone, all others frozen, and then joins them. Matching pursuit does the same with
the best rank-one term; here the term is found by descent from a tiny random start. Line by line, and why:

1. The fresh column moves alone: what it takes off the loss is then of the order of its squared correlation.
2. There is no regulariser (it can be kept, and costs the linear rate): an epoch takes a *share* off the loss.
3. Nothing is removed: a fresh column gets an empty place. ``merged`` makes do with dim Sym^l(S) + 1 of them.
4. The column is its birth vector plus what it has learned; the switch drops the birth vector, so that T stays in
   Sym^l(S), without anybody knowing S. That is not a gradient step, and can be left out at the price of a tiny delta.
5. There is no boost c ||u|| = sqrt(d (m+K)): c = 1/||u||, or a boost that is read from what has been learned.
6. The step size is divided by the norm of the residual R, and delta^2 multiplied: an epoch is the same in all scales.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from tdbook import validation
from tdbook.descent.merging import joint_step, merged
from tdbook.descent.one_column import FreshFirst, born, length, training
from tdbook.descent.results import EpochRecord, History, Run, StopReason
from tdbook.descent.running import unit_tensor
from tdbook.tensors import SymmetricCP, SymmetricTensor, check_tensor, random_unit_vectors
from tdbook.validation import Array


@dataclass(frozen=True)
class FreshEpoch:
    """What one epoch did.

    Attributes
    ----------
    epoch : int
    before, after : float
        ||T - T*|| at its beginning and at its end, for a target of norm 1.
    correlation : float
        A_0 = -a <R, w^{(x) l}> / ||R|| for the direction w of P_S u_0.
    share : float
        X = sqrt(d) ||P_S u_0|| / ||u_0||.
    mass : float
        What the column adds to T, relative to ||R||; 0 if it never switched.
    switched : int or None
        The step at which it did.
    """

    epoch: int
    before: float
    after: float
    correlation: float
    share: float
    mass: float
    switched: int | None


class _Place:
    """Where a run's columns are kept: in coordinates of the span of the target, and one more for the birth vector.

    All columns of T lie in S, and of a birth vector only P_S u_0 and ||P_B u_0|| count: the coordinates are lossless.
    Without a switch columns keep their birth vectors, and R^d itself is the place.
    """

    def __init__(self, target: SymmetricTensor, settings: FreshFirst, in_law: bool) -> None:
        self.settings, self.in_law = settings, in_law
        self.basis = np.eye(target.dimension) if in_law else target.span()
        self.ambient = settings.growth is None
        if self.ambient:
            self.target, self.inside = target, self.basis
            return
        own = self.basis.shape[1]
        self.inside = np.eye(own + 1, own)
        self.target = target.in_basis(self.basis).padded(own + 1)

    def draw(self, rng: np.random.Generator) -> Array:
        """A uniform unit vector of R^d in the coordinates of the place."""
        d = self.settings.dimension
        if self.in_law:
            own = self.basis.shape[1]
            outside = math.sqrt(rng.chisquare(d - own)) if d > own else 0.0
            drawn = np.append(rng.standard_normal(own), outside)
            return drawn / length(drawn)
        drawn = random_unit_vectors(d, 1, rng)[:, 0]
        if self.ambient:
            return drawn
        within = self.basis.T @ drawn
        return np.append(within, length(drawn - self.basis @ within))

    def lift(self, tensor: SymmetricCP) -> SymmetricCP:
        """The tensor in the coordinates that the target came in."""
        if self.ambient:
            return tensor
        return SymmetricCP(tensor.weights, self.basis @ tensor.factors[:-1], tensor.order)


def run_fresh_first(
    target: SymmetricTensor,
    plan: FreshFirst,
    rng: int | np.random.Generator = 0,
    *,
    in_law: bool = False,
    stop: bool = True,
    merge: bool = False,
    joint: int = 0,
    observe: Callable[[FreshEpoch], None] | None = None,
) -> Run:
    """One column at a time on ``target``, which is scaled to unit norm for the run.

    Parameters
    ----------
    target : SymmetricTensor
        T*, not zero, of the plan's order and dimension.
    plan : FreshFirst
        For instance :func:`tdbook.lemmas.guaranteed`, whose promise holds if dim S is at most the plan's ``span``.
    rng : int or numpy.random.Generator
    in_law : bool
        The target is written in coordinates of its own span, and of R^d no vector is ever formed; see ``InLaw``.
    stop, merge, joint
        See :func:`fresh_first`.
    observe : callable, optional
        Called with what each epoch did.

    Returns
    -------
    Run
        Of the *last* epoch: no epoch raises ||T - T*|| by more than the proof allows. Ctrl-C ends the run before that.
    """
    plan, generator = validation.instance("plan", plan, FreshFirst), validation.generator(rng)
    check_tensor("target", target)
    if target.order != plan.order:
        raise ValueError(f"plan must be for a tensor of order {target.order}, got {plan.order}")
    if plan.dimension != target.dimension and not (in_law and plan.dimension > target.dimension):
        raise ValueError(f"plan must be for dimension {target.dimension}, got {plan.dimension}")
    if in_law and plan.growth is None:
        raise ValueError("in_law must be False for a plan without a switch, got True")
    for name, value in (("in_law", in_law), ("stop", stop), ("merge", merge)):
        validation.flag(name, value)
    validation.integer("joint", joint, 0)
    started, history, interrupted = time.perf_counter(), History(), False
    tensor, error = _nothing(target), 1.0
    unit, norm = unit_tensor(target)
    try:
        for found, reached in fresh_first(unit, plan, generator, in_law=in_law, stop=stop, merge=merge, joint=joint):
            tensor, error = reached, found.after
            switches = int(found.switched is not None)
            history.epochs.append(EpochRecord(found.epoch, found.epoch - 1, switches, error**2 / 2, error))
            if observe is not None:
                observe(found)
    except KeyboardInterrupt:
        interrupted = True
    done, converged = len(history.epochs), error <= plan.accuracy
    finished = StopReason.ACCURACY if converged else StopReason.EPOCHS
    begin = "Interrupted after" if interrupted else "Ran"
    reason = f"{begin} {done} of at most {plan.epochs} epochs; the last has relative error {error:.3g}."
    return Run(
        tensor=tensor.scaled(norm),
        error=error,
        converged=converged,
        stop=StopReason.INTERRUPTED if interrupted else finished,
        reason=reason,
        epochs=done,
        best_epoch=done,
        seconds=time.perf_counter() - started,
        settings=plan.settings,
        history=history,
    )


def fresh_first(
    target: SymmetricTensor,
    settings: FreshFirst,
    rng: int | np.random.Generator = 0,
    *,
    in_law: bool = False,
    stop: bool = True,
    merge: bool = False,
    joint: int = 0,
) -> Iterator[tuple[FreshEpoch, SymmetricCP]]:
    """One column at a time as a stream of epochs: what each did, and T at its end in the target's coordinates.

    Parameters
    ----------
    target : SymmetricTensor
        T*, of norm 1.
    settings : FreshFirst
        For instance a ``tdbook.lemmas.guaranteed``.
    rng : int or numpy.random.Generator
    in_law : bool
        The target is written in coordinates of its span, and d is only a number.
    stop : bool
        End with the first epoch within the accuracy; otherwise all K epochs, or until nothing is left.
    merge : bool
        Keep at most dim Sym^l(S) columns after each epoch, without a change of T.
    joint : int
        After each epoch so many steps of all columns together, as far as they do not raise ||R||.
    """
    rng = validation.generator(rng)
    place = _Place(target, settings, in_law)
    target, l = place.target, settings.order
    tensor = _nothing(target)
    norm = tensor.distance(target)
    for epoch in range(1, settings.epochs + 1):
        before = norm

        def pull(w: Array) -> Array:
            column = w[:, None]
            return (tensor.contract_unchecked(column) - target.contract_unchecked(column))[:, 0] / before  # noqa: B023

        direction = place.draw(rng)
        within = place.inside.T @ direction
        share = length(within)
        w = place.inside @ (within / share)
        pulled = float(w @ pull(w))
        sign = float(rng.choice([-1.0, 1.0]))
        if settings.looking:
            sign = -1.0 if direction @ pull(direction) > 0 else 1.0
        switched = None
        for step, column in enumerate(training(born(direction, sign, settings, before), pull, settings, before)):
            if column.switched and switched is None:
                switched = step
        joined = settings.growth is None or column.switched
        if joined:
            tensor = _with(tensor, sign * before * column.mass, column.direction)
        if merge:
            tensor = merged(tensor, place.inside)
        for _ in range(joint):
            tensor = joint_step(tensor, target, 1.0 / l**2)
        norm = tensor.distance(target)
        mass = column.mass if joined else 0.0
        share *= math.sqrt(settings.dimension)
        yield FreshEpoch(epoch, before, norm, -sign * pulled, share, mass, switched), place.lift(tensor)
        if norm == 0.0 or (stop and norm <= settings.accuracy):
            return


def _nothing(target: SymmetricTensor) -> SymmetricCP:
    first = np.zeros((target.dimension, 1))
    first[0] = 1.0
    return SymmetricCP([0.0], first, target.order)


def _with(tensor: SymmetricCP, weight: float, direction: Array) -> SymmetricCP:
    kept = tensor.weights != 0.0
    return SymmetricCP(
        np.append(tensor.weights[kept], weight), np.column_stack([tensor.factors[:, kept], direction]), tensor.order
    )
