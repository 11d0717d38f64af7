"""Live figure: how long a small start waits, in the vanilla and in the 2-homogeneous model."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tdbook.figures.live.core import Live
from tdbook.figures.live.parts import Axis, Choice, Line, Plot, Points, Rule, Slider
from tdbook.figures.live.series import Series, spelt, spoken
from tdbook.figures.zero import escape_times
from tdbook.landscape import MODELS, escape_path
from tdbook.tables.landscape import ORDERS, REGULARIZATION, SCALES, Row, escape_table, escape_target

PATHS = SCALES[:9]  # 0.1 to 1e-5: beyond, floating-point time does not resolve the falls at order 5
FIRST = 0.03  # where the logarithmic time axis begins
_POINTS = 40


@dataclass(frozen=True, eq=False)
class Path:
    """A flow from zero: times from ``FIRST`` on, and the loss relative to its value at zero, both (n,)."""

    times: np.ndarray
    losses: np.ndarray


def path(order: int, scale: float, model: str, seed: int = 0) -> Path:
    """The flow of a start of the table of escape times, until nine tenths are fitted, drawn by ``_POINTS`` points."""
    lam = REGULARIZATION if model == "two-homogeneous" else 0.0
    times, losses = escape_path(escape_target(order), scale, model, regularization=lam, rng=seed)
    x = np.log10(np.maximum(times, FIRST))
    chosen = thinned(x / 16.0, losses, _POINTS)  # the panel is some sixteen decades wide
    return Path(10.0 ** x[chosen], losses[chosen])


def thinned(x: np.ndarray, y: np.ndarray, count: int) -> np.ndarray:
    """Indices of ``count`` points of a line that follow it well: time and again the point farthest from its chord.

    A line of fewer points comes back whole, its last point repeated.
    """
    kept = [0, len(x) - 1]
    while len(kept) < min(count, len(x)):
        found = []
        for first, last in pairwise(kept):
            inner = np.arange(first + 1, last)
            dx, dy = x[last] - x[first], y[last] - y[first]
            across = np.abs(dx * (y[inner] - y[first]) - dy * (x[inner] - x[first])) / (math.hypot(dx, dy) or 1.0)
            found += list(zip(across.tolist(), inner.tolist(), strict=True))
        insort(kept, max(found)[1])
    return np.array(kept + [len(x) - 1] * (count - len(kept)))


def escape(rows: Sequence[Row], seed: int = 0, scales: Sequence[float] = PATHS) -> Live:
    """The loss of both models against time from a start of size delta, and the measured escape times beside it.

    Parameters
    ----------
    rows : sequence of Row
        The table of escape times; see :mod:`tdbook.tables.landscape`.
    seed : int
        The start whose flows are followed.
    scales : sequence of float
        Sizes of the start, among those of the table and followed there by one ten times smaller.
    """
    flows = {(l, d, name): path(l, d, name, seed) for l in ORDERS for d in scales for name in MODELS}
    table = {(l, name): escape_table(rows, name, l) for l in ORDERS for name in MODELS}
    every = table[ORDERS[0], MODELS[0]][0]
    places = [int(np.argmin(np.abs(np.log(every / d)))) for d in scales]
    tenth = [int(np.argmin(np.abs(np.log(10.0 * every / d)))) for d in scales]
    median = {key: np.median(times, axis=0) for key, (_, times) in table.items()}
    at = ("l", "delta")
    series = {
        "inverse": Series(("size",), 1.0 / every, log=True),
        "now": Series(("delta",), 1.0 / every[places], log=True),
    }
    for name, short in zip(MODELS, ("vanilla", "cured"), strict=True):
        curves = [[flows[l, d, name] for d in scales] for l in ORDERS]
        spread = np.array([table[l, name][1] for l in ORDERS])  # (orders, starts, sizes)
        middle = np.array([median[l, name] for l in ORDERS])
        series |= {
            f"{short}_t": Series((*at, "point"), [[one.times for one in line] for line in curves], log=True),
            f"{short}_f": Series((*at, "point"), [[one.losses for one in line] for line in curves], 0.002),
            f"{short}_low": Series(("l", "size"), spread.min(axis=1), log=True),
            f"{short}_high": Series(("l", "size"), spread.max(axis=1), log=True),
            f"{short}_median": Series(("l", "size"), middle, log=True),
            f"{short}_all": Series(("each", "size"), middle, log=True),
            f"{short}_now": Series(at, middle[:, places], log=True),
            f"{short}_wait": spelt(at, middle[:, places], ".2f"),
        }
    series["factor"] = spelt(at, [_ratios(median[l, MODELS[0]], places, tenth) for l in ORDERS], "3")
    series["more"] = Series(at, [_differences(median[l, MODELS[1]], places, tenth) for l in ORDERS], 0.01)
    waits = [[spoken(float(f"{time:.1e}"), 2) for time in median[l, MODELS[0]][places]] for l in ORDERS]
    series["waits"] = Series(at, waits)
    names = [f"{d:.2g}" for d in scales]
    times = [
        Line(x="inverse", y="vanilla_all", along="size", each="each", colour="grey", width=0.8, label="other orders"),
        Line(x="inverse", y="vanilla_median", along="size", colour="orange", width=2.2),
        Points(x="inverse", y="vanilla_median", low="vanilla_low", high="vanilla_high", along="size",
               colour="orange", size=3),
    ]  # fmt: skip
    cured = [
        Line(x="inverse", y="cured_median", along="size", width=2.2),
        Points(x="inverse", y="cured_median", low="cured_low", high="cured_high", along="size", size=3),
        Points(x="now", y="cured_now", size=7, colour="ink", hollow=True),
    ]
    now = [Points(x="now", y="vanilla_now", size=7, colour="ink", hollow=True)]
    wide = Axis("1/*δ*", 7.0, 1.5e6, "log")
    return Live(
        "escape",
        "Waiting at zero, and the cure",
        picture=escape_times(rows),
        controls=[
            Slider("delta", "size of the start *δ*", names, [spoken(d, 2) for d in scales],
                   start=min(2, len(scales) - 1), play=8),
            Choice("l", "order *l*", ORDERS),
            Choice("axis", "waiting time", ("log", "linear"), ["both, logarithmic", "2-homogeneous, linear"]),
        ],
        series=series,
        panels=[
            Plot(
                "the loss from one start",
                [
                    Rule(y=0.9, label="a tenth is fitted", dash=2),
                    Line(x="vanilla_t", y="vanilla_f", along="point", colour="orange", width=2.6, label="vanilla"),
                    Line(x="cured_t", y="cured_f", along="point", width=2.6, dash=1, label="2-homogeneous"),
                ],
                Axis("time *t*", FIRST, 1e15, "log"),
                Axis("loss, in units of its value at zero", 0, 1.05),
                height=240,
                share=1.25,
            ),
            Plot("waiting time against 1/*δ*", [*times, *cured, *now], wide, Axis("time", 0.1, 1e18, "log"),
                 height=260, when={"axis": ("log",)}),
            Plot("waiting time against 1/*δ*", cured, wide, Axis("time", 0), height=260, when={"axis": ("linear",)}),
        ],
        say="From a start of size {delta} at order {l}, the vanilla model waits for {waits} units of "
        "time and the 2-homogeneous one for {cured_wait}, medians of ten starts. A start ten times smaller "
        "multiplies the first by {factor} and adds {more:.2f} to the second.",
        caption=r"<p>Gradient flow from six columns of length \(\delta\); at orders 4 and 5 the vanilla curve "
        r"falls twice, because the second component starts as small as the first and has to wait again. "
        r"<b>Try</b> to make \(\delta\) smaller: at order 3 each decade moves the first fall by one decade, at "
        r"order 5 by three, while the 2-homogeneous curve hardly stirs. Dots and bars are the median and the "
        r"range of ten starts. <b>Switch</b> to the linear axis, and the 2-homogeneous times lie on a straight "
        r"line against \(\log(1/\delta)\).</p>",
        source="tdbook.figures.live.zero.escape",
        tell=[{"delta": names[-1]}, {"delta": names[-1], "l": "5"}],
    )  # fmt: skip


def _ratios(times: np.ndarray, places: list[int], later: list[int]) -> np.ndarray:
    return times[later] / times[places]


def _differences(times: np.ndarray, places: list[int], later: list[int]) -> np.ndarray:
    return times[later] - times[places]
