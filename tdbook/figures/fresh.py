"""Pictures for a fresh component: the mass outside the span, and the chance of a good direction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tdbook.figures.style import COLOURS, DASHES, GREY, Picture, new, sentence, style


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
        first.append(f"{100 * max(curves[name]) / bound:.0f}%")
    peaks = "; ".join(told)
    return Picture(
        figure,
        f"Mass outside the span of the target along runs, left its change in the first {shown} steps, right all steps "
        f"in units of the bound. {sentence(peaks)}. Largest shares of the bound: {', '.join(first)}.",
        caption=f"**{sentence(peaks)}.** Left the first {shown} steps, right all of them against the bound, of which "
        f"the runs use {' and '.join(first)} at most.",
    )


def chance(thetas: Sequence[float], curves: Mapping[str, Sequence[float]], proved: Sequence[float]) -> Picture:
    """The chance of a correlation of theta sqrt(l!/M_s) ||R||, for several residuals, and what is proved."""
    grid = np.asarray(thetas, dtype=float)
    crossings = {}
    with style():
        figure = new(7.2, 4.0)
        axes = figure.subplots()
        for k, (name, values) in enumerate(curves.items()):
            axes.plot(grid, values, color=COLOURS[k], linestyle=DASHES[k], label=name)
            above = np.asarray(values) >= 0.2
            if above.all() or not above.any():
                continue
            first = int(np.argmin(above))  # the first that is below
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
    fallen = "; ".join(f"{name} at theta = {theta:.2f}" for name, theta in crossings.items())
    kept = [name for name, values in curves.items() if min(values) >= 0.2]
    kept_told = f" The others ({', '.join(kept)}) stay above 1/5." if kept else ""
    hardest = min(crossings, key=lambda name: crossings[name]) if crossings else ""
    lead = (
        f"Every residual is good with probability 1/5 up to $\\theta={crossings[hardest]:.2f}$; at most "
        f"{max(proved):.2f} is proved."
        if crossings
        else f"No residual crosses 1/5; at most {max(proved):.2f} is proved."
    )
    return Picture(
        figure,
        f"Probability of a good direction against theta. It falls below 1/5: {fallen or 'nowhere'}.{kept_told} The "
        f"proved probability is at most {max(proved):.2f}.",
        caption=f"**{lead}** Dots mark where a curve falls below 1/5: "
        f"{fallen.replace('theta = ', '$').replace(';', '$;') + '$' if fallen else 'nowhere'}.{kept_told} Grey is "
        "what is proved.",
    )
