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
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from tdbook import _check
from tdbook._check import Array
from tdbook.descent.merging import joint_step, merged
from tdbook.tensors import DenseSymmetric, SymmetricCP, SymmetricTensor, random_unit_vectors


@dataclass(frozen=True)
class FreshFirst:
    """The inputs of one column at a time.

    Attributes
    ----------
    dimension, order, components : int
        d, l and the number of columns.
    epochs, iterations : int
        K and H.
    step_size : float
        eta ||R|| if ``scaled``, else eta: the first is the step in units in which the residual has norm 1.
    init_exponent : int
        A fresh column has the norm delta sqrt(||R||) if ``scaled``, else delta, with delta = 10 ** init_exponent.
    accuracy : float
    regularization : float
        lambda, after the switch only.
    growth : float or None
        Lambda: a column drops its birth vector when what it has learned has the norm Lambda delta. None: it never does.
    boost : float or None
        M: before the switch c = 1 / (||z|| + M delta / sqrt(d)). None: c = 1/||u||.
    looking : bool
        The sign a is -sign R(u_0, ..., u_0) instead of a fair coin.
    scaled : bool
    """

    dimension: int
    order: int
    components: int
    epochs: int
    iterations: int
    step_size: float
    init_exponent: int
    accuracy: float
    regularization: float = 0.0
    growth: float | None = None
    boost: float | None = None
    looking: bool = False
    scaled: bool = True

    def __post_init__(self) -> None:
        _check.integer("order", self.order, 3)
        for name in ("dimension", "components", "epochs", "iterations"):
            _check.integer(name, getattr(self, name), 1)
        for name in ("step_size", "accuracy"):
            _check.real(name, getattr(self, name))
        _check.real("regularization", self.regularization, strict=False)
        for name in ("growth", "boost"):
            if getattr(self, name) is not None:
                _check.real(name, getattr(self, name))
        for name in ("looking", "scaled"):
            _check.flag(name, getattr(self, name))

    @property
    def log_init_scale(self) -> float:
        """ln delta."""
        return self.init_exponent * math.log(10.0)

    @property
    def init_scale(self) -> float:
        """delta; 0 where it leaves floating-point range."""
        return math.exp(self.log_init_scale)

    def log_birth(self, norm: float) -> float:
        """ln of the norm that a column is born with, in units in which the residual, of the given norm, has norm 1."""
        return self.log_init_scale - (0.0 if self.scaled else 0.5 * math.log(norm))


@dataclass(frozen=True, eq=False)
class Column:
    """A column on its way, u = exp(log_scale) (share * birth + learned), in units in which the residual has norm 1.

    The logarithm lets it be born at any delta, 10^-1000 included.

    Attributes
    ----------
    birth, learned : ndarray of shape (d,)
        The direction it was drawn in, and all that the residual has added.
    share : float
        What is left of the birth vector: 0 after the switch.
    log_scale : float
    sign : float
        a.
    switched : bool
    """

    birth: Array
    learned: Array
    share: float
    log_scale: float
    sign: float
    switched: bool = False

    @property
    def shape(self) -> Array:
        """u / exp(log_scale)."""
        return self.share * self.birth + self.learned

    @property
    def log_norm(self) -> float:
        """ln ||u||."""
        return self.log_scale + math.log(_length(self.shape))

    @property
    def mass(self) -> float:
        """beta = ||u||^2, the norm of what the column adds to T."""
        return math.exp(2.0 * self.log_norm)

    @property
    def direction(self) -> Array:
        """u / ||u||."""
        shape = self.shape
        return shape / _length(shape)


def _length(vector: Array) -> float:
    return math.sqrt(float(vector @ vector))


def born(direction: Array, sign: float, settings: FreshFirst, norm: float) -> Column:
    """A column in the given direction, beside a residual of the given norm."""
    return Column(direction, np.zeros_like(direction), 1.0, settings.log_birth(norm), sign)


def column_step(column: Column, pull: Callable[[Array], Array], settings: FreshFirst, norm: float = 1.0) -> Column:
    """One gradient step of the loss in this column alone, c held constant, and the switch.

    Parameters
    ----------
    column : Column
    pull : callable
        w -> R(w^{(x) l-1}, .) / ||R|| for the residual R of all other columns.
    settings : FreshFirst
    norm : float
        ||R||; only one step size for all epochs and the regulariser depend on it.
    """
    l, u = settings.order, column.shape
    size = _length(u)
    fresh = settings.growth is not None and not column.switched
    reach = 1.0  # c ||u||
    if settings.boost is not None and fresh:
        delta = math.exp(settings.log_birth(norm) - column.log_scale)
        reach = size / (_length(column.learned) + settings.boost * delta / math.sqrt(settings.dimension))
    decay = reach ** (2 * (l - 2)) * (size * math.exp(column.log_scale)) ** 2
    if not fresh:
        decay += settings.regularization / norm
    alpha = l * settings.step_size * (1.0 if settings.scaled else norm)
    keep = 1.0 - alpha * decay
    learned = keep * column.learned - (alpha * column.sign * reach ** (l - 2) * size) * pull(u / size)
    share, switched = keep * column.share, column.switched
    if fresh:
        assert settings.growth is not None
        switched = _length(learned) >= settings.growth * math.exp(settings.log_birth(norm) - column.log_scale)
        share = 0.0 if switched else share
    # in new units, so that neither the shape nor the scale leaves floating-point range
    return Column(column.birth, learned / size, share / size, column.log_scale + math.log(size), column.sign, switched)


def training(
    column: Column, pull: Callable[[Array], Array], settings: FreshFirst, norm: float = 1.0
) -> Iterator[Column]:
    """The column at birth and after each of H steps."""
    yield column
    for _ in range(settings.iterations):
        column = column_step(column, pull, settings, norm)
        yield column


# --- whole runs ----------------------------------------------------------------------------------------------


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
        if isinstance(target, SymmetricCP):
            factors = np.vstack([self.basis.T @ target._unit[1], np.zeros((1, target.rank))])
            self.target = SymmetricCP(target._unit[0], factors, target.order)
        else:
            core = target.to_dense()
            for _ in range(target.order):
                core = np.tensordot(core, self.basis, axes=(0, 0))
            self.target = DenseSymmetric(np.pad(core, (0, 1)))

    def draw(self, rng: np.random.Generator) -> Array:
        """A uniform unit vector of R^d in the coordinates of the place."""
        d = self.settings.dimension
        if self.in_law:
            own = self.basis.shape[1]
            outside = math.sqrt(rng.chisquare(d - own)) if d > own else 0.0
            drawn = np.append(rng.standard_normal(own), outside)
            return drawn / _length(drawn)
        drawn = random_unit_vectors(d, 1, rng)[:, 0]
        if self.ambient:
            return drawn
        within = self.basis.T @ drawn
        return np.append(within, _length(drawn - self.basis @ within))

    def lift(self, tensor: SymmetricCP) -> SymmetricCP:
        """The tensor in the coordinates that the target came in."""
        if self.ambient:
            return tensor
        return SymmetricCP(tensor.weights, self.basis @ tensor.factors[:-1], tensor.order)


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
    rng = _check.generator(rng)
    place = _Place(target, settings, in_law)
    target, l = place.target, settings.order
    tensor = _nothing(target)
    norm = tensor.distance(target)
    for epoch in range(1, settings.epochs + 1):
        before = norm

        def pull(w: Array) -> Array:
            column = w[:, None]
            return (tensor._contract(column) - target._contract(column))[:, 0] / before  # noqa: B023

        direction = place.draw(rng)
        within = place.inside.T @ direction
        share = _length(within)
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
