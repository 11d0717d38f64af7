"""Intervals, slopes and means: what a measurement says, with its uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from scipy import stats

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


@validation.guarded()
def fitted_slope(x: Any, y: Any) -> Slope:
    """Mean over the rows of y, shape (starts, n), of each row's least-squares slope against x, shape (n,)."""
    x = validation.array("x", x, ("n",))
    y = validation.array("y", y, ("starts", len(x)), f"with n = {len(x)} points in x")
    if len(y) < 2 or len(x) < 2:
        raise ValueError(f"y must have at least 2 starts and 2 points for an interval, got {y.shape}")
    centred = x - x.mean()
    slopes = y @ centred / (centred @ centred)
    mean, starts = float(slopes.mean()), len(slopes)
    half = float(stats.t.ppf(0.975, starts - 1) * slopes.std(ddof=1) / math.sqrt(starts))
    return Slope(mean, mean - half, mean + half, starts)
