"""Live figure of the chapter on real descent: how long it is lazy."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tdbook.figures.lazydescent import plateau
from tdbook.figures.live.core import Live
from tdbook.figures.live.lazy import _count
from tdbook.figures.live.parts import Axis, Choice, Line, Plot, Rule, Slider
from tdbook.figures.live.series import Series
from tdbook.lazy import LazyRun


def scales(runs: Sequence[LazyRun], floor: float, shown: Sequence[float] = (2.0, 4.0, 8.0, 16.0)) -> Live:
    """Real descent at an output scale beside its linearisation, counted in steps or in slow time eta k / alpha^2.

    Parameters
    ----------
    runs : sequence of LazyRun
        One for each output scale, all recorded at the same steps.
    floor : float
        The loss below which no point of the linearised model is.
    shown : sequence of float
        Output scales of the static picture.
    """
    steps = runs[0].steps[1:].astype(float)
    losses = np.array([run.losses[1:] for run in runs])
    linear = np.array([run.linear_losses[1:] for run in runs])
    moved = np.array([run.moved[1:] for run in runs])
    slow = np.array([run.slow_time[1:] for run in runs])
    half = [_first_below(run, 0.5 * floor) for run in runs]
    words = [
        f"falls to half of the lazy floor after {_count(float(_two_digits(k)))} steps, in slow time {t:.2f}"
        if math.isfinite(k)
        else "does not fall to half of the lazy floor within these steps"
        for k, t in half
    ]
    names = [f"{run.scale:g}" for run in runs]
    series = {
        "k": Series(("k_",), steps, log=True),
        "slow": Series(("alpha", "k_"), slow, log=True),
        "loss": Series(("alpha", "k_"), losses, 0.001),
        "linear": Series(("alpha", "k_"), linear, 0.001),
        "moved": Series(("alpha", "k_"), moved, log=True),
        "others": Series(("other", "k_"), losses, 0.001),
        "others_slow": Series(("other", "k_"), slow, log=True),
        "end": Series(("alpha",), losses[:, -1], 0.001),
        "linear_end": Series(("alpha",), linear[:, -1], 0.001),
        "percent": Series(("alpha",), 100.0 * moved[:, -1], log=True),
        "floor": Series((), floor, 0.0001),
        "last": Series((), steps[-1], 1),
        "half": Series(("alpha",), words),
    }
    clocks = {
        "steps": ("k", "k", "steps *k*", (1.0, float(steps[-1]))),
        "slow": ("slow", "others_slow", "slow time *ηk*/*α*²", (1e-3, 30.0)),
    }
    panels = []
    for clock, (x, others, label, ends) in clocks.items():
        axis = Axis(label, *ends, "log")
        loss = [
            Rule(y="floor", label="lazy floor", dash=2),
            Line(x=others, y="others", along="k_", each="other", colour="grey", width=0.8, label="other scales"),
            Line(x=x, y="linear", along="k_", colour="orange", dash=1, width=2.6, label="linearised"),
            Line(x=x, y="loss", along="k_", width=2.8, label="real descent"),
        ]
        panels.append(
            Plot("real descent and its linearisation", loss, axis, Axis("loss", 0, 0.5), height=300, share=1.5,
                 when={"clock": (clock,)})
        )  # fmt: skip
        movement = [Line(x=x, y="moved", along="k_", colour="green", width=2.4)]
        panels.append(
            Plot("how far the columns have moved", movement, axis, Axis("‖*U*−*U*₀‖ / ‖*U*₀‖", 1e-5, 1.0, "log"),
                 height=190, when={"clock": (clock,)})
        )  # fmt: skip
    return Live(
        "rich-to-lazy",
        "The lazy floor is a plateau",
        picture=plateau([run for run in runs if run.scale in shown], floor),
        controls=[
            Slider("alpha", "output scale *α*", names, start=len(names) // 2, play=9),
            Choice("clock", "clock", ("steps", "slow"), ["steps", "slow time"]),
        ],
        series=series,
        panels=panels,
        say="At output scale {alpha}, after {last} steps, the loss is {end:.3f} and that of the linearised model "
        "{linear_end:.3f}; the columns have moved by {percent:2}% of their norm. The real loss {half}.",
        caption=r"<p>Four pairs of columns, \(d=6\), \(l=3\), a target of rank one; blue is real gradient "
        r"descent, the dashed line its linearisation, which never falls below the lazy floor. <b>Try</b> to push "
        r"\(\alpha\) up while you count steps: each doubling makes the plateau four times longer, until the end "
        r"of the run lies on it and the model looks lazy for good. Then switch to slow time: from \(\alpha=4\) "
        r"on the falls lie on one another. <b>Go</b> down to \(\alpha=0.5\), where no plateau is left and the "
        r"columns move by half of their length.</p>",
        source="tdbook.figures.live.lazydescent.scales",
        tell=[{"alpha": names[0]}, {"alpha": names[-1], "clock": "slow"}],
    )


def _first_below(run: LazyRun, level: float) -> tuple[float, float]:
    """Steps and slow time at which the loss first falls to a level, between recorded steps; inf if it does not."""
    below = np.flatnonzero(run.losses <= level)
    if not len(below):
        return math.inf, math.inf
    i = int(below[0])
    steps = float(np.interp(-level, -run.losses[i - 1 : i + 1], run.steps[i - 1 : i + 1]))
    return steps, run.step_size * steps / run.scale**2


def _two_digits(value: float) -> float:
    return float(f"{value:.1e}")
