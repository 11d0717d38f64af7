"""Pictures of runs of Algorithm 1."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tdbook.descent import Run
from tdbook.figures.style import BLUE, COLOURS, DASHES, GREY, ORANGE, Picture, new, style


def run(result: Run) -> Picture:
    """One run: the norms of all components, the loss, and ||P_B U||^2 against its bound, over iterations."""
    history, settings = result.history, result.settings
    time = np.array(history.time)
    norms = np.array(history.norms)
    bound = (settings.components + settings.epochs) * settings.init_scale**2
    with style():
        figure = new(7.2, 6.6)
        top, middle, bottom = figure.subplots(3, 1, sharex=True, gridspec_kw={"height_ratios": [2.2, 1, 1]})
        top.semilogy(time, norms, color=BLUE, alpha=0.65, linewidth=1.2)
        top.axhline(settings.switch_norm, color=ORANGE, linestyle=DASHES[1], linewidth=1.4)
        top.annotate(
            r"switch at $2\sqrt{m+K}\,\delta$", (time[-1], settings.switch_norm), xytext=(-4, 4),
            textcoords="offset points", ha="right", color=ORANGE,
        )
        starts = [(record.epoch - 1) * settings.iterations for record in history.epochs]
        chosen = [record.reinitialized for record in history.epochs]
        marked = [(start, settings.init_scale) for start, j in zip(starts, chosen, strict=True) if j is not None]
        if marked:
            top.plot(*zip(*marked, strict=True), "v", color=GREY, markersize=6, label="re-initialised")
            top.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.1)
        top.set_ylabel(r"$\|u_i\|$")
        top.set_title("norms of all components")
        middle.semilogy(time, history.loss, color=BLUE)
        middle.set_ylabel("loss $f$")
        bottom.semilogy(time, np.maximum(history.outside, np.finfo(float).tiny), color=BLUE)
        bottom.axhline(bound, color=ORANGE, linestyle=DASHES[1], linewidth=1.4)
        bottom.annotate(
            r"$(m+K)\delta^2$", (time[-1], bound), xytext=(-4, -13), textcoords="offset points", ha="right",
            color=ORANGE,
        )
        bottom.set_ylabel(r"$\|P_BU\|_F^2$")
        bottom.set_xlabel("iteration")
    epochs = len(history.epochs)
    grown = int((norms[-1] > settings.switch_norm).sum())
    return Picture(
        figure,
        f"Three stacked plots over {int(time[-1])} iterations in {epochs} epochs. The norms of the "
        f"{settings.components} components start at {settings.init_scale:.1e}; {grown} of them end above the switching "
        f"norm {settings.switch_norm:.1e}. The loss falls from {history.loss[0]:.2g} to {history.loss[-1]:.2g}. The mass "
        f"outside the span of the target stays below its bound {bound:.1e}.",
    )


def errors(runs: Mapping[str, list[Run]], accuracy: float) -> Picture:
    """Relative error at the end of each epoch for several variants: median line, all runs as a band."""
    with style():
        figure = new(7.2, 4.2)
        axes = figure.subplots()
        ends = {}
        for index, (name, group) in enumerate(runs.items()):
            table = np.array([[record.error for record in result.history.epochs] for result in group])
            epochs = np.arange(1, table.shape[1] + 1)
            colour, dash = COLOURS[index % len(COLOURS)], DASHES[index % len(DASHES)]
            axes.fill_between(epochs, table.min(axis=0), table.max(axis=0), color=colour, alpha=0.12, linewidth=0)
            axes.semilogy(epochs, np.median(table, axis=0), color=colour, linestyle=dash, label=name)
            ends[name] = float(np.median(table[:, -1]))
        axes.axhline(accuracy, color=GREY, linewidth=1.0)
        axes.set_xlabel("epoch")
        axes.set_ylabel("relative error")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    last = "; ".join(f"{name} {value:.1g}" for name, value in ends.items())
    return Picture(figure, f"Relative error against epochs, one line for each variant. Median at the end: {last}.")
