"""One column at a time: a greedy relative of Algorithm 1 (no part of the paper)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tdbook import _check


@dataclass(frozen=True)
class FreshFirst:
    """The inputs of one column at a time.

    Attributes
    ----------
    dimension, components : int
        d and the number of columns.
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
