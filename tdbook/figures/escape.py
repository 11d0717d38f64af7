"""Pictures for the lemmas of Section 5 and for the proof of Theorem 3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tdbook.figures.style import BLUE, COLOURS, DASHES, GREEN, GREY, ORANGE, Picture, new, power, sentence, style
from tdbook.lemmas import EpochOutcome


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


def growth(
    inside: Sequence[float], guaranteed: Sequence[float], correlation: Sequence[float], switch: int | None
) -> Picture:
    """||P_S u|| of one component over an epoch, the growth that Lemma 7 guarantees, and its correlation."""
    with style():
        figure = new(7.2, 5.2)
        top, bottom = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [1.5, 1]})
        top.semilogy(inside, color=BLUE, label=r"$\|P_Su\|$")
        top.semilogy(guaranteed, color=ORANGE, linestyle=DASHES[1], label="guaranteed by Lemma 7")
        bottom.plot(correlation, color=GREEN)
        bottom.axhline(0.0, color=GREY, linewidth=0.9)
        for axes in (top, bottom):
            if switch is not None:
                axes.axvline(switch, color=GREY, linewidth=1.0, linestyle=DASHES[2])
        top.legend(loc="lower right")
        top.set_ylabel("length")
        bottom.set_ylabel(r"$a\,\langle R_S,w^{\otimes l}\rangle$")
        bottom.set_xlabel("iteration of the epoch")
    return Picture(
        figure,
        f"A re-initialised component over {len(inside) - 1} iterations: its length in S grows from {inside[0]:.0e} to "
        f"{inside[-1]:.1g}, never below what Lemma 7 guarantees ({guaranteed[-1]:.1g} at the end). Its correlation "
        f"with the residual begins at {correlation[0]:.2f}, reaches {min(correlation):.2f} and ends at "
        f"{correlation[-1]:.2f}.",
        caption=f"**Inside $S$ the component grows from {power(inside[0])} to {inside[-1]:.1g}; Lemma 7 guarantees "
        f"{guaranteed[-1]:.1g}.** Its "
        f"correlation begins at {correlation[0]:.2f}, reaches {min(correlation):.2f} and ends at "
        f"{correlation[-1]:.2f}.",
    )


def path(iterations: Sequence[int], moved: Sequence[float], bound: Sequence[float]) -> Picture:
    """The accumulated path of T in an epoch and the bound of Lemma 9, at some iterations."""
    with style():
        figure = new(7.2, 3.6)
        axes = figure.subplots()
        axes.plot(
            iterations, bound, color=ORANGE, linestyle=DASHES[1], marker="s", markersize=4, label="bound of Lemma 9"
        )
        axes.plot(iterations, moved, color=BLUE, marker="o", markersize=4, label=r"$\sum\|T_\tau-T_{\tau-1}\|_F$")
        axes.set_ylim(bottom=0.0)
        axes.set_xlabel("iteration of the epoch")
        axes.set_ylabel("length of the path")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return Picture(
        figure,
        f"The accumulated path of the tensor reaches {moved[-1]:.1f} after {iterations[-1]} iterations; the bound of "
        f"Lemma 9 reaches {bound[-1]:.0f}.",
        caption=f"**After {iterations[-1]} iterations the path is {moved[-1]:.1f} long; the bound of Lemma 9 is "
        f"{bound[-1]:.0f}.**",
    )


def outcomes(groups: Mapping[str, Sequence[EpochOutcome]]) -> Picture:
    """In how many epochs from one state the loss fell, by the sign of their fresh component's correlation."""
    rows, told = [], []
    for name, found in groups.items():
        counts = []
        for good in (True, False):
            fell = [outcome.decrease > 0.01 for outcome in found if (outcome.correlation < 0) == good]
            rows.append((f"{name}, {'good' if good else 'wrong'} sign", sum(fell), len(fell)))
            counts.append(f"{sum(fell)} of {len(fell)} epochs with a {'good' if good else 'wrong'} sign")
        told.append(f"{name}: {counts[0]} lower the loss, and {counts[1]}")
    with style():
        figure = new(7.2, 0.5 * len(rows) + 1.1)
        axes = figure.subplots()
        for place, (_, hits, count) in enumerate(reversed(rows)):
            axes.barh(place, count, height=0.62, color=GREY, alpha=0.25, label="no fall" if not place else None)
            axes.barh(place, hits, height=0.62, color=BLUE, label="the loss falls" if not place else None)
            axes.annotate(
                f"{hits} of {count}",
                (count, place),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                fontsize=10,
            )
        axes.set_yticks(range(len(rows)), [name for name, _, _ in reversed(rows)])
        axes.set_xlim(0, 1.2 * max(count for _, _, count in rows))
        axes.grid(axis="y", visible=False)
        axes.set_axisbelow(True)
        axes.set_xlabel("epochs")
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, borderaxespad=0.1)
    return Picture(
        figure,
        "How many epochs from one state lower the loss, by order and by the sign of the fresh component's "
        f"correlation, good when negative. {sentence('; '.join(told))}.",
        caption=f"**{sentence('; '.join(told))}.** A sign is good when the fresh component's correlation with the "
        "residual is negative.",
    )
