"""Pictures of real descent at a large output scale, beside its linearisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter

from tdbook.figures.lazy import _rounded
from tdbook.figures.style import (
    BLUE,
    COLOURS,
    DASHES,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    Picture,
    new,
    power,
    style,
)
from tdbook.lazy import (
    LazyRun,
)

_MARKERS = "os^Dv"


def descent_beside_line(
    runs: Sequence[LazyRun], gaps: Mapping[str, tuple[Sequence[float], Sequence[float]]]
) -> Picture:
    """Left: losses at several output scales beside the linearised loss. Right: largest gap against the scale.

    ``gaps`` maps the name of a setting to its scales and gaps.
    """
    with style():
        figure = new(7.4, 3.9)
        left, right = figure.subplots(1, 2)
        for index, run in enumerate(runs):
            left.semilogx(
                run.steps[1:], run.losses[1:], color=COLOURS[index], linestyle=DASHES[index],
                label=rf"$\alpha={run.scale:g}$",
            )  # fmt: skip
        left.semilogx(
            runs[-1].steps[1:], runs[-1].linear_losses[1:], color=GREY, linewidth=4.0, alpha=0.45, zorder=0,
            label="linearised",
        )  # fmt: skip
        left.set_xlabel("steps")
        left.set_ylabel(r"loss $\frac{1}{2}\|T-T^*\|^2$")
        left.set_ylim(bottom=0)
        left.legend(loc="lower left")
        told = []
        for index, (name, (scales, values)) in enumerate(gaps.items()):
            exponent = float(np.polyfit(np.log(scales), np.log(values), 1)[0])
            right.loglog(
                scales, values, marker=_MARKERS[index], color=(BLUE, GREEN, ORANGE, PINK)[index],
                linestyle=DASHES[index], label=f"{name}: slope {exponent:.1f}".replace("-", "−"),
            )  # fmt: skip
            told.append(f"{name} with slope {exponent:.1f}")
        _decades(right)
        right.set_xlabel(r"output scale $\alpha$")
        right.set_ylabel(r"gap $\|T_k-T_{\mathrm{lin},k}\|$")
        right.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.0)
    ends = ", ".join(f"{run.losses[-1]:.2f} at scale {run.scale:g}" for run in runs)
    return Picture(
        figure,
        f"Left: loss against steps. The linearised model falls to {runs[-1].linear_losses[-1]:.2f} and stays; the real "
        f"descent ends at {ends}. Right: distance between the two models against the output scale, both axes "
        f"logarithmic: {'; '.join(told)}.",
        caption=f"**The linearised model stops at {runs[-1].linear_losses[-1]:.2f}; the real descent ends at "
        f"{ends}.** Right, the distance "
        f"between the two against the output scale: {'; '.join(told)}.",
    )


def plateau(runs: Sequence[LazyRun], floor: float) -> Picture:
    """Losses at several output scales against steps, and again against the slow time eta k / alpha^2."""
    with style():
        figure = new(7.2, 3.6)
        left, right = figure.subplots(1, 2, sharey=True)
        for index, run in enumerate(runs):
            for axes, clock in ((left, run.steps.astype(float)), (right, run.slow_time)):
                axes.semilogx(
                    clock[1:], run.losses[1:], color=COLOURS[index], linestyle=DASHES[index],
                    label=rf"$\alpha={run.scale:g}$",
                )  # fmt: skip
        for axes in (left, right):
            axes.axhline(floor, color=GREY, linewidth=1.2, linestyle=DASHES[2])
            axes.set_ylim(bottom=0)
        left.annotate("lazy floor", (runs[-1].steps[-1], floor), xytext=(0, 4), textcoords="offset points",
                      ha="right", color=GREY)  # fmt: skip
        left.set_xlabel("steps $k$")
        left.set_ylabel(r"loss $\frac{1}{2}\|T-T^*\|^2$")
        right.set_xlabel(r"slow time $\eta k/\alpha^2$")
        left.legend(loc="lower left")
    half = [float(np.interp(-0.5 * floor, -run.losses, run.steps)) for run in runs]
    slow = [run.step_size * k / run.scale**2 for run, k in zip(runs, half, strict=True)]
    told = ", ".join(f"{_rounded(k)} steps at scale {run.scale:g}" for run, k in zip(runs, half, strict=True))
    return Picture(
        figure,
        f"Left: loss against steps; each curve rests near the lazy floor {floor:.2f} and then falls, reaching half of "
        f"it after about {told}. Right: the same curves against slow time fall on one another, at half the floor "
        f"between {min(slow):.2f} and {max(slow):.2f}.",
    )


def rich_to_lazy(runs: Sequence[LazyRun], floor: float) -> Picture:
    """Final loss and relative movement of the columns after a fixed number of steps, against the output scale."""
    scales = np.array([run.scale for run in runs])
    losses = np.array([run.losses[-1] for run in runs])
    moved = np.array([run.moved[-1] for run in runs])
    with style():
        figure = new(7.2, 3.4)
        left, right = figure.subplots(1, 2)
        left.loglog(scales, losses, "o-", color=BLUE)
        left.axhline(floor, color=GREY, linewidth=1.2, linestyle=DASHES[2])
        left.annotate("lazy floor", (scales[0], floor), xytext=(0, 4), textcoords="offset points", color=GREY)
        left.set_ylabel("loss at the end")
        right.loglog(scales, moved, "s-", color=ORANGE)
        right.loglog(scales, moved[-1] * scales[-1] / scales, color=GREY, linewidth=1.2, linestyle=DASHES[1])
        right.annotate(r"$\propto1/\alpha$", (scales[1], moved[-1] * scales[-1] / scales[1]), xytext=(6, 2),
                       textcoords="offset points", color=GREY)  # fmt: skip
        right.set_ylabel(r"movement $\|U-U_0\|/\|U_0\|$")
        for axes in (left, right):
            axes.set_xlabel(r"output scale $\alpha$")
            _decades(axes)
    return Picture(
        figure,
        f"After {int(runs[0].steps[-1])} steps: the loss rises from {losses[0]:.1g} at scale {scales[0]:g} to "
        f"{losses[-1]:.2f}, the lazy floor, at scale {scales[-1]:g}; the columns move by {moved[0]:.0%} of their norm "
        f"at the one end and by {100 * moved[-1]:.1g}% at the other.",
        caption=f"**From scale {scales[0]:g} to {scales[-1]:g} the loss that is left rises from {power(losses[0])} "
        f"to {losses[-1]:.2f}.** The columns "
        f"move by {moved[0]:.0%} of their norm at the one end and by {100 * moved[-1]:.1g}% at the other.",
    )


def _decades(axes: Axes) -> None:
    """Labels at powers of ten only."""
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(10.0, numticks=6))
        axis.set_minor_formatter(NullFormatter())
