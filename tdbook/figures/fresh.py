"""Pictures for a fresh component: the mass outside the span, and the chance of a good direction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tdbook.figures.style import COLOURS, DASHES, GREY, Picture, new, rounded_down, rounded_up, sentence, style


def outside(curves: Mapping[str, Sequence[float]], bound: float) -> Picture:
    """||P_B U||^2 along runs: left its change in the first steps, right all steps against (m + K) delta^2."""
    changes = {name: 100 * (np.asarray(values) / values[0] - 1) for name, values in curves.items()}
    last = max((int(np.flatnonzero(change > 0).max(initial=0)) for change in changes.values()), default=0)
    shown = max(8, 2 * last)
    with style():
        figure = new(7.4, 3.6)
        left, right = figure.subplots(1, 2)
        for k, (name, values) in enumerate(curves.items()):
            left.plot(
                changes[name][: shown + 1], color=COLOURS[k], linestyle=DASHES[k], marker="o", markersize=3, label=name
            )
            right.plot(np.asarray(values) / bound, color=COLOURS[k], linestyle=DASHES[k], label=name)
        left.axhline(0.0, color=GREY, linewidth=1.0)
        highest = max(float(change.max()) for change in changes.values())
        left.set_ylim(min(-2.5 * highest, -1.0), max(1.6 * highest, 1.0))
        left.set_title("change since the start, in percent")
        right.axhline(1.0, color=GREY, linewidth=1.0)
        right.set_ylim(0.0, 1.1)
        right.set_title(r"$\|P_BU\|_F^2$ in units of $(m+K)\delta^2$")
        for axes in (left, right):
            axes.set_xlabel("iteration")
        right.legend(loc="upper right", bbox_to_anchor=(1.0, 0.88))
    told, first = [], []
    for name, change in changes.items():
        rising = int((np.diff(change) > 1e-9).sum())
        told.append(
            f"{name}: the mass outside rises in {rising} steps, to {change.max():.1f}% above the start"
            if rising
            else f"{name}: the mass outside rises in no step"
        )
        first.append(f"{100 * rounded_up(max(curves[name]) / bound):g}%")
    peaks = "; ".join(told)
    return Picture(
        figure,
        f"Mass outside the span of the target along runs, left its change in the first {shown} steps, right all steps "
        f"in units of the bound. {sentence(peaks)}. Largest shares of the bound: {', '.join(first)}.",
        caption=f"**{sentence(peaks)}.** Left the first {shown} steps, right all of them against the bound, of which "
        f"the runs use {' and '.join(first)} at most.",
    )


def chance(thetas: Sequence[float], curves: Mapping[str, Sequence[float]], proved: Sequence[float]) -> Picture:
    """The chance of a correlation of theta sqrt(l!/M_s) ||R||, for several residuals, and what is proved.

    The chances fall with theta; a dot marks where one falls below the 1/5 of the paper.
    """
    grid = np.asarray(thetas, dtype=float)
    crossings = {}
    with style():
        figure = new(7.2, 4.0)
        axes = figure.subplots()
        for k, (name, values) in enumerate(curves.items()):
            axes.plot(grid, values, color=COLOURS[k], linestyle=DASHES[k], label=name)
            below = np.asarray(values) < 0.2
            if below.any() and not below[0]:
                first = int(np.argmax(below))
                share = (values[first - 1] - 0.2) / (values[first - 1] - values[first])
                crossings[name] = float(grid[first - 1] + share * (grid[first] - grid[first - 1]))
                axes.plot(crossings[name], 0.2, "o", color=COLOURS[k], markersize=7)
        axes.plot(grid, proved, color=GREY, linewidth=2.4, label="proved")
        axes.axhline(0.2, color=GREY, linewidth=0.9)
        axes.annotate("1/5", (grid.min(), 0.2), xytext=(-2, -13), textcoords="offset points")
        axes.set_ylim(0.0, 0.55)
        axes.set_xlabel(r"$\theta$")
        axes.set_ylabel("probability")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    told = [f"{name} falls below 1/5 at theta = {rounded_down(theta):g}" for name, theta in crossings.items()]
    told += [
        f"{name} {'is below 1/5 throughout' if values[0] < 0.2 else 'stays above 1/5'}"
        for name, values in curves.items()
        if name not in crossings
    ]
    said, most = "; ".join(told), rounded_up(max(proved))
    typeset = sentence(said).replace("theta =", r"$\theta=$")
    return Picture(
        figure,
        f"Probability of a good direction against theta: {said}. The proved probability is at most {most:g}.",
        caption=f"**{typeset}; at most {most:g} is proved (grey).**",
    )
