"""Intervals, slopes and means: what a measurement says, with its uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from tdbook import validation


@dataclass(frozen=True)
class Slope:
    """A slope with its 95% interval (Student's t over the starts) and the number of starts."""

    value: float
    low: float
    high: float
    starts: int

    def __contains__(self, number: float) -> bool:
        return self.low <= number <= self.high

    def __str__(self) -> str:
        return f"{self.value:.3f} (95% interval {self.low:.3f} to {self.high:.3f}, {self.starts} starts)"


def fitted_slope(x: Any, y: Any) -> Slope:
    """Mean over the rows of y, shape (starts, n), of each row's least-squares slope against x, shape (n,)."""
    from scipy.stats import t

    x = validation.array("x", x, ("n",))
    y = validation.array("y", y, ("starts", len(x)), f"with n = {len(x)} points in x")
    if len(y) < 2 or len(x) < 2:
        raise ValueError(f"y must have at least 2 starts and 2 points for an interval, got {y.shape}")
    if (x == x[0]).all():
        raise ValueError(f"x must hold at least 2 different numbers, got {x[0]:g} alone")
    with validation.overflowing():
        centred = x - x.mean()
        slopes = y @ centred / (centred @ centred)
        mean, starts = float(slopes.mean()), len(slopes)
        half = float(t.ppf(0.975, starts - 1) * slopes.std(ddof=1) / math.sqrt(starts))
    validation.finite("the slope and its interval", abs(mean) + half, "x or y is too large or too small")
    return Slope(mean, mean - half, mean + half, starts)


@dataclass(frozen=True)
class Estimate:
    """A mean over samples, and the half-width of its 95% interval (1.96 standard errors)."""

    value: float
    half_width: float

    def covers(self, number: float, widths: float = 1.0) -> bool:
        """Whether ``number`` lies within so many half-widths."""
        return abs(self.value - number) <= widths * self.half_width

    def __repr__(self) -> str:
        return f"{self.value:.4g} ± {self.half_width:.1g}"


def mean_of(values: Any) -> Estimate:
    """The mean of independent values, shape (n,) with n >= 2, with its 95% half-width."""
    values = validation.array("values", values, ("n",))
    if len(values) < 2:
        raise ValueError(f"values must be at least 2 for an interval, got {len(values)}")
    with validation.overflowing():
        half_width = 1.96 * float(values.std(ddof=1)) / math.sqrt(len(values))
        mean = validation.finite("the mean of values", float(values.mean()), "values are too large")
    return Estimate(mean, validation.finite("the half-width", half_width, "values are too large"))


def proportion(successes: int, trials: int) -> tuple[float, float]:
    """95% Clopper-Pearson interval of a probability.

    From quantiles of the beta distribution, which takes a hundredth of the time that ``scipy.stats.binomtest`` needs to
    find roots; a test compares the two.
    """
    from scipy.special import betaincinv

    trials = validation.integer("trials", trials, 1)
    successes = validation.integer("successes", successes, 0, trials)
    failures = trials - successes
    low = betaincinv(successes, failures + 1, 0.025) if successes else 0.0
    high = betaincinv(successes + 1, failures, 0.975) if failures else 1.0
    return float(low), float(high)


def exponent(sizes: Any, components: Any) -> tuple[float, float]:
    """Slope of log m against log size by least squares, and the half-width of its 95% interval.

    The interval speaks of the scatter about a straight line; with a handful of sizes it says little of what comes
    beyond them.
    """
    from scipy.stats import linregress, t

    size, m = validation.array("sizes", sizes, ("n",)), validation.array("components", components, ("n",))
    if len(size) < 3 or len(size) != len(m):
        raise ValueError(f"sizes must be three or more, one for each m, got {len(size)} and {len(m)}")
    if not ((size > 0).all() and (m > 0).all() and np.ptp(size) > 0):
        raise ValueError("sizes and components must be positive, and not all sizes the same")
    if np.ptp(m) == 0:
        return 0.0, 0.0  # a level line without scatter, of which linregress makes 0/0
    fit = linregress(np.log(size), np.log(m))
    return float(fit.slope), float(t.ppf(0.975, len(sizes) - 2) * fit.stderr)
