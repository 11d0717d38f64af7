"""Pictures of how many components are enough, and of a refinement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tdbook.descent import Run
from tdbook.experiments import Search
from tdbook.figures.style import BLUE, COLOURS, DASHES, GREEN, GREY, ORANGE, Picture, few, new, power, style

_MARKS = "os^Dv*"


def against_dimension(
    searches: Sequence[Search],
    lazy: Mapping[int, Mapping[int, int]],
    top: float = 1e6,
    proved: Mapping[int, Mapping[int, int]] | None = None,
) -> Picture:
    """Smallest m against d, for one epoch and for many, one panel an order, beside the lazy threshold.

    ``lazy`` holds {order: {dimension: threshold}}, ``proved`` in the same form what one column at a time is proved to
    need; open marks are runs in law; the picture ends at m = ``top``.
    """
    orders = sorted(lazy)
    told = []
    with style():
        figure = new(7.4, 4.0)
        panels = np.atleast_1d(figure.subplots(1, len(orders), sharex=True))
        for axes, order in zip(panels, orders, strict=True):
            threshold = lazy[order]
            axes.loglog(
                list(threshold),
                [float(m) for m in threshold.values()],
                color=ORANGE,
                linestyle=DASHES[1],
                label="lazy training",
            )
            if proved:
                axes.loglog(
                    list(proved[order]),
                    [float(m) for m in proved[order].values()],
                    color=GREY,
                    linestyle=DASHES[2],
                    label="greedy, proved",
                )
                told.append(f"l = {order}, a greedy relative is proved with m up to {max(proved[order].values())}")
            for K, colour, mark in ((1, GREEN, "s"), (30, BLUE, "o")):
                found = {
                    (s.cell.dimension, s.cell.in_law): s.components
                    for s in searches
                    if s.cell.order == order and s.cell.epochs == K and s.components is not None
                }
                for (d, in_law), m in found.items():
                    axes.plot(d, m, mark, color=colour, markerfacecolor="none" if in_law else colour, markersize=6)
                label = f"{K} epochs" if K > 1 else "1 epoch"
                axes.plot([], [], mark, color=colour, linestyle="none", label=label)
                values = list(found.values())
                told.append(f"l = {order}, K = {K}: m from {min(values)} to {max(values)}")
            axes.set_title(f"order {order}")
            axes.set_xlabel("dimension $d$")
            axes.set_ylim(1, top)
        panels[0].set_ylabel("components $m$")
        panels[0].legend(loc="upper right")
    ends = "; ".join(
        f"l = {order}: {threshold[min(threshold)]} at d = {min(threshold)}, {float(threshold[max(threshold)]):.1e} at "
        f"d = {max(threshold):.0e}"
        for order, threshold in lazy.items()
    )
    return Picture(
        figure,
        f"Smallest number of components against dimension, both axes logarithmic, one panel an order. The line of "
        f"lazy training climbs out of sight ({ends}). The points of Algorithm 1 lie flat at the bottom: "
        f"{'; '.join(told)}. Open marks are runs in law.",
    )


def against_rank(groups: Mapping[str, Mapping[int, int]], order: int) -> Picture:
    """Smallest m against r for several kinds of target, with lines for m = r and for r^{2.5 l}."""
    with style():
        figure = new(7.2, 4.2)
        axes = figure.subplots()
        ranks = np.array(sorted({r for found in groups.values() for r in found}), dtype=float)
        axes.loglog(ranks, ranks, color=GREY, linewidth=1.0, label="$m=r$")
        axes.loglog(
            ranks,
            ranks ** (2.5 * order),
            color=ORANGE,
            linestyle=DASHES[1],
            label=rf"$r^{{2.5l}}=r^{{{2.5 * order:g}}}$",
        )
        for (name, found), colour, mark in zip(few(groups.items()), COLOURS, _MARKS, strict=False):
            values = list(found.values())
            axes.plot(list(found), values, mark + ":", color=colour, markersize=6, linewidth=1.2, label=name)
        axes.set_ylim(0.8, 3 * max(max(found.values()) for found in groups.values()))
        axes.set_xticks(ranks, [f"{r:g}" for r in ranks])
        axes.minorticks_off()
        axes.set_xlabel("rank $r$ of the target")
        axes.set_ylabel("smallest $m$")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    told = "; ".join(
        f"{name}: {found[min(found)]} at r = {min(found)}, {found[max(found)]} at r = {max(found)}"
        for name, found in groups.items()
    )
    return Picture(
        figure,
        f"Smallest number of components against the rank at order {order}, both axes logarithmic. {told}. "
        f"The line r^{2.5 * order:g} leaves the picture at once.",
        caption="**Components that are enough at the largest rank: "
        + ", ".join(f"{found[max(found)]} for {name}" for name, found in groups.items())
        + f".** The line of the theorem, $r^{{{2.5 * order:g}}}$, leaves the picture at once.",
    )


def refinement(result: Run) -> Picture:
    """Relative error of a refined run: the epochs of Algorithm 1, then the stages of the refinement."""
    history = result.history
    epochs = [record.error for record in history.epochs]
    stages = history.refinement[1:]
    errors = epochs + [max(record.error, 1e-17) for record in stages]
    labels = [f"epoch {record.epoch}" for record in history.epochs]
    labels += [f"{record.stage},\n{record.components} left" for record in stages]
    with style():
        figure = new(7.2, 3.8)
        axes = figure.subplots()
        axes.semilogy(range(len(epochs)), epochs, "o-", color=BLUE, label="Algorithm 1")
        start = max(0, len(epochs) - 1)
        axes.semilogy(range(start, len(errors)), errors[start:], "--", color=GREEN, zorder=1)
        axes.semilogy(range(len(epochs), len(errors)), errors[len(epochs) :], "s", color=GREEN)
        axes.semilogy([], [], "s--", color=GREEN, label="refinement")
        axes.axhline(1e-10, color=GREY, linewidth=1.0)
        axes.text(0, 2e-10, "$10^{-10}$, asked for", color=GREY, fontsize=10)
        axes.set_xticks(range(len(errors)), labels, fontsize=10)
        axes.set_ylabel("relative error")
        axes.legend(loc="lower left")
    end = "below 1e-13" if errors[-1] < 1e-13 else f"at {errors[-1]:.0e}"
    end_typeset = f"below {power(1e-13)}" if errors[-1] < 1e-13 else f"at {power(errors[-1])}"
    given = history.refinement[0].components
    return Picture(
        figure,
        f"Relative error, logarithmic, against stages. Algorithm 1 ends at {epochs[-1]:.1g} after {len(epochs)} "
        f"epoch{'s' if len(epochs) > 1 else ''} with {given} components; the refinement ends {end} with "
        f"{stages[-1].components}.",
        caption=f"**Algorithm 1 ends at {epochs[-1]:.1g} with {given} components, the refinement {end_typeset} with "
        f"{stages[-1].components}.**",
    )


def shares(dimensions: Sequence[int], counts: Mapping[str, Sequence[int]], runs: int) -> Picture:
    """Of ``runs`` runs, how many reached the accuracy, against d, for several methods."""
    with style():
        figure = new(7.2, 3.6)
        axes = figure.subplots()
        for (name, values), colour, dash, mark in zip(few(counts.items()), COLOURS, DASHES, _MARKS, strict=False):
            axes.semilogx(dimensions, values, mark, color=colour, linestyle=dash, label=name)
        axes.set_ylim(-0.03 * runs, 1.06 * runs)
        axes.set_xlabel("dimension $d$")
        axes.set_ylabel(f"runs of {runs} that reach it")
        axes.legend(loc="lower left")
    told = "; ".join(
        f"{name}: {', '.join(f'{value} at d = {d}' for d, value in zip(dimensions, values, strict=True))}"
        for name, values in counts.items()
    )
    return Picture(
        figure,
        f"Runs of {runs} that reach the accuracy, against the dimension. {told}.",
        caption=f"**Of {runs} runs at $d={dimensions[-1]}$ "
        + ", ".join(f"{values[-1]} reach the accuracy with {name}" for name, values in counts.items())
        + ".**",
    )
