"""Pictures of the 2-homogeneous model and of runs of Algorithm 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.ticker import NullFormatter

from tdbook.descent import Run, Settings, State
from tdbook.figures.style import (
    BLUE,
    COLOURS,
    DASHES,
    GREY,
    ORANGE,
    Picture,
    new,
    power,
    rounded_down,
    rounded_up,
    sentence,
    style,
)

_SURFACE = "cividis"  # read alike by all eyes, and without a page-white or page-black end
_MARKERS = "os^DvP"


# --- the model --------------------------------------------------------------------------------------------


# --- runs -------------------------------------------------------------------------------------------------


def run(result: Run) -> Picture:
    """One run over its iterations: norms of all components, loss and errors, ||P_B U||^2 against its bound.

    Triangles mark re-initialisations, open circles scalar mode switches, thin lines the starts of epochs.
    """
    history, settings = result.history, result.settings
    time, norms = np.array(history.time), np.array(history.norms)
    switched = np.array(history.switched)
    bound = (settings.components + settings.epochs) * settings.init_scale**2
    starts = [(record.epoch - 1) * settings.iterations for record in history.epochs]
    ends = [record.epoch * settings.iterations for record in history.epochs]
    few = norms.shape[1] <= len(COLOURS)
    jumps = 0
    with style():
        figure = new(7.2, 6.8)
        panels = figure.subplots(3, 1, sharex=True, gridspec_kw={"height_ratios": [2.3, 1.1, 1]})
        top, middle, bottom = panels
        for axes in panels:
            for start in starts[1:]:
                axes.axvline(start, color=GREY, linewidth=0.8, alpha=0.6)
        for i in range(norms.shape[1]):
            # The thinner over the wider: components that grow alike are seen side by side.
            colour, dash, width = (COLOURS[i], DASHES[i], 3.4 - 0.4 * i) if few else (BLUE, "-", 1.2)
            top.semilogy(time, norms[:, i], color=colour, linestyle=dash, linewidth=width, alpha=0.9)
            crossing = np.flatnonzero(np.diff(switched[:, i].astype(int)) > 0) + 1
            top.plot(time[crossing], norms[crossing, i], "o", color=colour, markerfacecolor="none", markersize=7)
            jumps += len(crossing)
        top.axhline(settings.switch_norm, color=GREY, linestyle=DASHES[1], linewidth=1.4)
        top.annotate(
            r"$2\sqrt{m+K}\,\delta$", (time[-1], settings.switch_norm), xytext=(-4, 4), textcoords="offset points",
            ha="right", fontsize=10,
        )  # fmt: skip
        top.plot([], [], "o", color=GREY, markerfacecolor="none", markersize=7, label="scalar mode switch")
        drawn = [(start, record.reinitialized) for start, record in zip(starts, history.epochs, strict=True)]
        marked = [(start, j) for start, j in drawn if j is not None]
        for start, j in marked:
            top.plot(start, settings.init_scale, "v", color=COLOURS[j] if few else GREY, markersize=8)
        if marked:
            top.plot([], [], "v", color=GREY, markersize=8, label="re-initialisation")
        top.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.1, ncols=2)
        top.set_ylabel(r"$\|u_i\|$")
        top.set_title("norms of the components")
        middle.semilogy(time, history.loss, color=BLUE)
        reached = [record.error for record in history.epochs]
        middle.semilogy(ends, reached, "D:", color=ORANGE, linewidth=1.0, markersize=6, clip_on=False)
        middle.axhline(settings.accuracy, color=ORANGE, linestyle=DASHES[1], linewidth=1.2)
        middle.annotate(
            r"$\varepsilon$", (time[0], settings.accuracy), xytext=(2, 3), textcoords="offset points", color=ORANGE
        )
        middle.set_title("loss $f$ (line), relative error at the end of each epoch (diamonds)")
        bottom.plot(time, np.array(history.outside) / bound, color=BLUE)
        bottom.axhline(1.0, color=ORANGE, linestyle=DASHES[1], linewidth=1.4)
        bottom.set_ylim(0.0, max(1.1, 1.1 * max(history.outside) / bound))
        bottom.set_title(r"mass outside the span, $\|P_BU\|_F^2$, in units of its bound $(m+K)\delta^2$")
        bottom.set_xlabel("iteration")
        for axes in (top, middle):
            axes.yaxis.set_minor_formatter(NullFormatter())
    epochs = len(history.epochs)
    grown = int((norms[-1] > settings.switch_norm).sum())
    highest = max(history.outside) / bound
    length = f"{int(time[-1])} iterations in {epochs} epoch{'' if epochs == 1 else 's'}"
    course = "falls" if history.loss[-1] < history.loss[0] else "rises"
    ended = f"the relative error ends at {reached[-1]:.2g}" if reached else "no epoch was done"
    return Picture(
        figure,
        f"Three stacked plots over {length}. The norms of the {settings.components} components start at "
        f"{settings.init_scale:.1e}; there are {jumps} switches, and {grown} components end above the switching norm "
        f"{settings.switch_norm:.1e}. The loss {course} from {history.loss[0]:.2g} to {history.loss[-1]:.2g}, "
        f"{ended}. The mass outside the span of the target reaches {highest:.0%} of its "
        "bound.",
        caption=f"**{grown} of {settings.components} components end above the switching norm; {ended}.** Circles mark "
        f"the {jumps} switches, grey lines the ends of epochs. The loss ends at {history.loss[-1]:.2g}; the mass "
        f"outside the span of the target reaches {highest:.0%} of its bound.",
    )


def errors(runs: Mapping[str, Sequence[Run]], accuracy: float) -> Picture:
    """Relative error at the end of each epoch for several variants: median line, all runs as a band.

    A run that stopped early keeps its last error; one that diverged counts with error 1 or more, as it left off.
    """
    with style():
        figure = new(7.2, 4.2)
        axes = figure.subplots()
        ends = {}
        for index, (name, group) in enumerate(runs.items()):
            longest = max(result.settings.epochs for result in group)
            table = np.array([_continued(result, longest) for result in group])
            epochs = np.arange(1, longest + 1)
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


def _continued(result: Run, epochs: int) -> list[float]:
    """The errors of a run's epochs, its last one repeated."""
    found = [record.error for record in result.history.epochs] or [max(1.0, result.error)]
    return found + [found[-1]] * (epochs - len(found))


def counts(table: Mapping[str, tuple[int, int]], interval: Mapping[str, tuple[float, float]]) -> Picture:
    """Shares of successful runs with their intervals, one row a variant; ``table`` holds (successes, trials)."""
    names = list(table)
    with style():
        figure = new(7.2, 0.45 * len(names) + 1.0)
        axes = figure.subplots()
        for row, name in enumerate(reversed(names)):
            successes, trials = table[name]
            low, high = interval[name]
            colour = ORANGE if high < 0.75 else BLUE
            axes.plot([low, high], [row, row], color=colour, linewidth=2.2)
            axes.plot(successes / trials, row, "o", color=colour, markersize=8)
            axes.annotate(f"{successes} of {trials}", (1.04, row), va="center", annotation_clip=False)
        axes.set_yticks(range(len(names)), list(reversed(names)))
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.set_xlabel("share of runs that reach the accuracy, 95% interval")
    found = "; ".join(f"{name}: {a} of {n}" for name, (a, n) in table.items())
    return Picture(
        figure,
        f"Share of successful runs with its 95% interval, one row for each variant. {found}.",
        caption=f"**From {min(a / n for a, n in table.values()):.0%} to {max(a / n for a, n in table.values()):.0%} "
        f"of the runs succeed, by "
        "what is left out.** Dots are shares, lines their 95% intervals.",
    )


def growth(dimensions: Sequence[int], times: Mapping[str, Sequence[float]]) -> Picture:
    """Iterations until a first component has grown, against the dimension, one line for each variant."""
    with style():
        figure = new(7.2, 4.0)
        axes = figure.subplots()
        for index, (name, values) in enumerate(times.items()):
            axes.loglog(
                dimensions, values, marker=_MARKERS[index % len(_MARKERS)], color=COLOURS[index % len(COLOURS)],
                linestyle=DASHES[index % len(DASHES)], label=name, markersize=6,
            )  # fmt: skip
        axes.set_xlabel("dimension $d$")
        axes.set_ylabel("iterations until the first has grown")
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    factors = [values[-1] / values[0] for values in times.values()]
    found = "; ".join(
        f"{name.replace('$', '')}: from {values[0]:.0f} to {values[-1]:.0f}" for name, values in times.items()
    )
    return Picture(
        figure,
        f"Iterations until the first component has grown, against the dimension from {dimensions[0]} to "
        f"{dimensions[-1]}, both axes logarithmic. {found}.",
        caption=f"**From $d={dimensions[0]}$ to ${dimensions[-1]}$ the waiting time changes by a factor between "
        f"{rounded_down(min(factors)):g} and {rounded_up(max(factors)):g}.** "
        f"{sentence(found)}.",
    )


def life(states: Sequence[State], j: int, settings: Settings) -> Picture:
    """One component from its re-initialisation on: its length, kappa, and its share in the span of the target.

    Parameters
    ----------
    states : sequence of State
        An epoch that begins with the re-initialised component j, in the coordinates of a run.
    j : int
    settings : Settings
    """
    norms = [float(state.parameters.norms[j]) for state in states]
    kappas = [float(state.parameters.kappa[j]) for state in states]
    switch = next((k for k, state in enumerate(states) if not state.fresh[j]), None)
    grown = next((k for k, norm in enumerate(norms) if norm > 0.9 * max(norms)), len(norms) - 1)
    with style():
        figure = new(7.2, 3.6)
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        top.semilogy(norms, color=BLUE)
        top.axhline(settings.switch_norm, color=GREY, linestyle=DASHES[1], linewidth=1.2)
        top.annotate("switching norm", (len(norms) - 1, settings.switch_norm), (0, -13), textcoords="offset points",
                     ha="right")  # fmt: skip
        top.set_ylabel(r"$\|u\|$")
        bottom.semilogy(kappas, color=ORANGE, drawstyle="steps-post")
        bottom.set_ylabel("$\\kappa=c\\,\\|u\\|$")
        bottom.set_xlabel("iteration since the re-initialisation")
        for axes in (top, bottom):
            for place in (switch, grown):
                if place is not None:
                    axes.axvline(place, color=GREY, linewidth=0.8)
        if switch is not None:
            top.set_title(f"boosted until iteration {switch}, then growing, then at its place from {grown} on")
    said = "it never switches" if switch is None else f"at iteration {switch} it switches and kappa falls to 1"
    symbols = said.replace("kappa", r"$\kappa$")
    return Picture(
        figure,
        f"Two plots of one component over {len(norms) - 1} iterations. Its norm begins at {norms[0]:.1e} and ends at "
        f"{norms[-1]:.2f}; kappa begins at {kappas[0]:.1f}; {said}; 90% of the largest norm is reached at iteration "
        f"{grown}.",
        caption=f"**The life of a component: boosted, switched, grown.** It is born with length {power(norms[0])} and "
        f"$\\kappa={kappas[0]:.1f}$; {symbols}; from iteration {grown} on it carries its "
        "part of the target.",
    )
