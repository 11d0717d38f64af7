"""One column at a time, the inner loop: a fresh column is trained alone, beside the residual of all others.

Every move but the switch is a gradient step of the loss in that column, with its coefficient c held constant.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from tdbook import validation
from tdbook.descent.settings import Settings
from tdbook.validation import Array


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
        validation.order(self.order, 3)
        validation.integer("init_exponent", self.init_exponent, -(10**6), 0)
        for name in ("dimension", "components", "epochs", "iterations"):
            validation.integer(name, getattr(self, name), 1)
        for name in ("step_size", "accuracy"):
            validation.real(name, getattr(self, name))
        validation.real("regularization", self.regularization, strict=False)
        for name in ("growth", "boost"):
            if getattr(self, name) is not None:
                validation.real(name, getattr(self, name))
        for name in ("looking", "scaled"):
            validation.flag(name, getattr(self, name))

    @property
    def log_init_scale(self) -> float:
        """ln delta."""
        return self.init_exponent * math.log(10.0)

    @property
    def settings(self) -> Settings:
        """The same numbers as the inputs of Algorithm 1, for the record of a run."""
        return Settings(
            dimension=self.dimension,
            components=self.components,
            epochs=self.epochs,
            iterations=self.iterations,
            step_size=self.step_size,
            init_scale=max(self.init_scale, math.ulp(0.0)),
            regularization=self.regularization,
            accuracy=self.accuracy,
            switch=self.growth is not None,
            boost=1.0,
        )

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
        return self.log_scale + math.log(length(self.shape))

    @property
    def mass(self) -> float:
        """beta = ||u||^2, the norm of what the column adds to T."""
        return math.exp(2.0 * self.log_norm)

    @property
    def direction(self) -> Array:
        """u / ||u||."""
        shape = self.shape
        return shape / length(shape)


def length(vector: Array) -> float:
    """The Euclidean norm."""
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
    size = length(u)
    fresh = settings.growth is not None and not column.switched
    reach = 1.0  # c ||u||
    if settings.boost is not None and fresh:
        delta = math.exp(settings.log_birth(norm) - column.log_scale)
        reach = size / (length(column.learned) + settings.boost * delta / math.sqrt(settings.dimension))
    decay = reach ** (2 * (l - 2)) * (size * math.exp(column.log_scale)) ** 2
    if not fresh:
        decay += settings.regularization / norm
    alpha = l * settings.step_size * (1.0 if settings.scaled else norm)
    keep = 1.0 - alpha * decay
    learned = keep * column.learned - (alpha * column.sign * reach ** (l - 2) * size) * pull(u / size)
    share, switched = keep * column.share, column.switched
    if fresh:
        assert settings.growth is not None
        switched = length(learned) >= settings.growth * math.exp(settings.log_birth(norm) - column.log_scale)
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
