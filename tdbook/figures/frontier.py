"""Pictures of the chapter on the open question: who needs how many components."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
from matplotlib import colormaps
from matplotlib.patches import Circle

from tdbook.beyond.atoms import dual_form, least_atoms, least_mass, ring_form, ring_points
from tdbook.beyond.emergence import FlowRun
from tdbook.decomposition.als import AlternatingRun
from tdbook.figures.style import BLUE, COLOURS, DASHES, GREY, ORANGE, Picture, new, power, style
from tdbook.validation import Array


def _plain(label: str) -> str:
    """A label of a curve as it is read aloud, without TeX."""
    return label.replace("$", "").replace(r"\kappa", "κ")


def three_for_two(pairs: Sequence[tuple[Fraction, Fraction]], lines: Mapping[str, tuple[Array, Array]]) -> Picture:
    """Left: three directions t x + y whose cubes replace those of the axes. Right: the loss along lines.

    ``pairs`` are (c_j, t_j); ``lines`` holds for each name the steps and the losses less the value at the point.
    """
    with style():
        figure = new(7.6, 3.5)
        left, right = figure.subplots(1, 2)
        turn = np.linspace(0, 2 * math.pi, 400)
        left.plot(np.cos(turn), np.sin(turn), color=GREY, linewidth=0.8)
        for axis, name in (((1, 0), "$x$"), ((0, 1), "$y$")):
            left.annotate("", axis, (0, 0), arrowprops={"arrowstyle": "->", "color": BLUE, "linewidth": 1.8})
            left.annotate(name, (1.12 * axis[0], 1.12 * axis[1]), color=BLUE, ha="center", va="center")
        for weight, t in pairs:
            vector = np.array([float(t), 1.0]) / math.hypot(float(t), 1.0)
            left.annotate("", vector, (0, 0), arrowprops={"arrowstyle": "->", "color": ORANGE, "linewidth": 1.8})
            left.annotate(f"${weight}$", 1.17 * vector, color=ORANGE, ha="center", va="center")
        left.set(xlim=(-0.25, 1.35), ylim=(-0.25, 1.35), aspect="equal", xticks=[], yticks=[])
        left.set_title(r"$x^3+y^3=\sum c_j(t_jx+y)^3$")
        left.grid(visible=False)
        for index, (name, (steps, losses)) in enumerate(lines.items()):
            right.plot(steps, losses, color=COLOURS[index], linestyle=DASHES[index], label=name)
        right.axhline(0, color=GREY, linewidth=0.8)
        right.set(xlabel="step $t$ along the last coordinate", ylabel=r"loss $-\ \tau^2/2$")
        right.legend(loc="upper center")
    lowest = {_plain(name): round(losses.min(), 3) + 0.0 for name, (_, losses) in lines.items()}
    told = "; ".join(f"{name}: lowest {low:.3f}" for name, low in lowest.items())
    return Picture(
        figure,
        "Left, the two axes and the three directions whose weighted cubes add up to the same cubic, all in one "
        f"quarter of the plane. Right, the loss along lines through the point, less its value there. {told}.",
        caption="**Beside the point the loss sinks by "
        + ", ".join(f"{max(0.0, -low):.3f} with ${name}$" for name, low in lowest.items())
        + ".** Left, the two axes and the three directions whose weighted cubes add up to the same cubic. Right, the "
        "loss along lines through the point, less its value there.",
    )


def exponents(levels: Mapping[str, Sequence[float]]) -> Picture:
    """The power of tau in the largest weak coordinate after every update, one line for each number of components."""
    with style():
        figure = new(7.2, 3.7)
        axes = figure.subplots()
        for index, (name, values) in enumerate(levels.items()):
            updates = np.arange(1, len(values) + 1)
            axes.semilogy(updates, values, color=COLOURS[index], linestyle=DASHES[index], marker="o", label=name)
        axes.set(xlabel="update", ylabel=r"$a$, the largest weak coordinate being $\tau^a$")
        ticks = [1, 2, 4, 7, 12, 20, 33, 54, 88, 143]
        axes.set_yticks(ticks, [str(a) for a in ticks])
        axes.minorticks_off()
        axes.legend(loc="upper left")
    told = "; ".join(f"{_plain(name)}: {values[-1]:.0f} at the end" for name, values in levels.items())
    return Picture(
        figure,
        f"Exponents of the weak coordinate over the updates, on a logarithmic scale. {told}.",
        caption=f"**After {len(next(iter(levels.values())))} updates the weak coordinate is $\\tau^a$ with "
        + ", ".join(f"$a={values[-1]:.0f}$ for {name}" for name, values in levels.items())
        + ".** The larger $a$, the smaller the coordinate.",
    )


def bands(rank: int, sweeps: Mapping[str, Mapping[int, Sequence[float]]], cap: int) -> Picture:
    """Sweeps until the weak term is found, over m: median and all starts, in the four bands.

    ``sweeps`` holds for each name and each m the numbers of all starts, infinite where it never was found.
    """
    edges = [(rank - 1) ** 2 + 0.5, rank * (rank - 1) + 0.5, rank**2 - 0.5]
    names = ["missed", "slow", "jumps", "exact"]
    told, never = [], {}
    with style():
        figure = new(7.4, 3.9)
        axes = figure.subplots()
        for index, (name, found) in enumerate(sweeps.items()):
            colour, shift = COLOURS[index], 0.12 * (index - (len(sweeps) - 1) / 2)
            m = np.array(sorted(found))
            medians = np.array([np.median(np.minimum(found[k], 2 * cap)) for k in m])
            axes.semilogy(m + shift, medians, color=colour, linestyle=DASHES[index], label=name)
            for k in m:
                values = np.minimum(found[k], 2 * cap)
                axes.semilogy(np.full(len(values), k + shift), values, ".", color=colour, alpha=0.45, markersize=6)
            missed = [int(k) for k in m if np.isinf(found[k]).all()]
            told.append(f"{_plain(name)}: no start found it at m = {', '.join(map(str, missed)) or 'none of these'}")
            never[name] = missed
        axes.axhline(cap, color=GREY, linewidth=0.8, linestyle=":")
        first, last = axes.get_xlim()
        for low, high, name in zip([first, *edges], [*edges, last], names, strict=True):
            axes.axvspan(low, high, color=GREY, alpha=0.16 if name in ("missed", "jumps") else 0.05, linewidth=0)
            axes.annotate(name, ((low + high) / 2, 1.02), xycoords=("data", "axes fraction"), ha="center", color=GREY)
        axes.set_xlim(first, last)
        axes.set_yticks([1, 10, 100, 2 * cap], ["1", "10", "100", "never"])
        axes.minorticks_off()
        axes.set(xlabel="components $m$", ylabel="sweeps until found")
        axes.legend(loc="lower left")
    return Picture(
        figure,
        f"Sweeps until all {rank} terms are found against the number of components, every start a dot, medians as "
        f"lines, with the four bands shaded. {'; '.join(told)}.",
        caption=f"**No start finds all {rank} terms "
        + "; ".join(
            f"at $m=$ {', '.join(map(str, missed)) or 'none of these'} with {name}" for name, missed in never.items()
        )
        + ".** Every start is a dot, lines are medians; the four bands are shaded.",
    )


def thresholds(found: Mapping[str, tuple[Sequence[int], Sequence[int]]]) -> Picture:
    """The smallest m with which ALS finds all terms, over r, one line for each kind of weights."""
    told = []
    with style():
        figure = new(7.0, 3.9)
        axes = figure.subplots()
        for index, (name, (ranks, components)) in enumerate(found.items()):
            axes.loglog(ranks, components, color=COLOURS[index], linestyle=DASHES[index], marker="o", label=name)
            told.append(f"{name}: {components[0]} at r = {ranks[0]}, {components[-1]} at r = {ranks[-1]}")
        r = np.array(next(iter(found.values()))[0], dtype=float)
        axes.loglog(r, (r - 1) ** 2 + 1, color=GREY, linewidth=1.0)
        axes.annotate(
            "$(r-1)^2+1$",
            (r[1], (r[1] - 1) ** 2 + 1),
            xytext=(-4, 8),
            textcoords="offset points",
            color=GREY,
            ha="right",
        )
        axes.loglog(r, r, color=GREY, linewidth=1.0)
        axes.annotate("$r$", (r[-1], r[-1]), xytext=(4, -4), textcoords="offset points", color=GREY)
        axes.set_xticks(r, [f"{x:.0f}" for x in r])
        axes.set_yticks([4, 10, 30, 100, 200], ["4", "10", "30", "100", "200"])
        axes.minorticks_off()
        axes.set(xlabel="rank $r$", ylabel="smallest $m$")
        axes.legend(loc="upper left")
    return Picture(
        figure,
        "Smallest number of components of ALS against the rank, on logarithmic scales. " + "; ".join(told) + ".",
        caption="**How many components ALS needs depends on the weights: at "
        + ", ".join(f"$r={ranks[-1]}$ {components[-1]} ({name})" for name, (ranks, components) in found.items())
        + ".** Grey lines are $r$ and $(r-1)^2+1$.",
    )


def drift(courses: Mapping[str, AlternatingRun], weak: float) -> Picture:
    """The error in units of the weak term over the sweeps, one panel for each target and one line for each start."""
    told = []
    with style():
        figure = new(7.6, 3.1)
        panels = figure.subplots(1, len(courses), sharey=True, squeeze=False)[0]
        for axes, (name, run) in zip(panels, courses.items(), strict=True):
            axes.semilogx(np.arange(1, len(run.errors)), run.errors[1:] / weak, color=BLUE, linewidth=1.2, alpha=0.8)
            axes.set(title=name, xlabel="sweep", ylim=(0, 1.6))
            told.append(f"{name.replace('$', '')}: median {np.median(run.errors[-1]) / weak:.2f} at the end")
        panels[0].set_ylabel("error / weak term")
    return Picture(
        figure,
        "Error of ALS in units of the weak term over the sweeps, one line for each start. " + "; ".join(told) + ".",
        caption="**The error that is left, in units of the weak term: median "
        + ", ".join(f"{np.median(run.errors[-1]) / weak:.2f} when {name}" for name, run in courses.items())
        + ".** One line for each start; at 1 the weak term is missed altogether.",
    )


def two_limits(dimensions: Sequence[int], scales: Sequence[float], shares: Mapping[str, Array]) -> Picture:
    """Maps over the dimension and the scale of the start, ``shares`` of shape (dimensions, scales) for each title."""
    told = []
    with style():
        figure = new(7.6, 3.4)
        panels = figure.subplots(1, len(shares), sharey=True, squeeze=False)[0]
        for axes, (title, values) in zip(panels, shares.items(), strict=True):
            axes.imshow(values, cmap=colormaps["cividis"], vmin=0, vmax=1, aspect="auto")
            for i, j in np.ndindex(values.shape):
                colour = "white" if values[i, j] < 0.6 else "black"
                axes.annotate(f"{values[i, j]:.2f}", (j, i), ha="center", va="center", color=colour)
            axes.set_xticks(range(len(scales)), [f"$10^{{{math.log10(s):.0f}}}$" for s in scales])
            axes.set_yticks(range(len(dimensions)), [str(d) for d in dimensions])
            axes.set(xlabel=r"length of a column at the start, $\delta$", title=title)
            axes.grid(visible=False)
            axes.spines[:].set_visible(False)
            told.append(f"{title}: {values[0, -1]:.2f} in the top right corner, {values[-1, 0]:.2f} at the bottom left")
        panels[0].set_ylabel("dimension $d$")
    return Picture(
        figure,
        "Shares of runs over the dimension, downwards, and the scale, to the right. " + "; ".join(told) + ".",
        caption=f"**Shares of runs at $d={dimensions[0]}$ from $\\delta=10^{{{math.log10(scales[-1]):.0f}}}$ (top "
        f"right), and at $d={dimensions[-1]}$ from $10^{{{math.log10(scales[0]):.0f}}}$ (bottom left): "
        + "; ".join(f"{title}, {values[0, -1]:.2f} and {values[-1, 0]:.2f}" for title, values in shares.items())
        + ".**",
    )


def times(seen: Mapping[str, tuple[Array, Array]]) -> Picture:
    """Times predicted and seen, one marker for each term; ``seen`` holds (predicted, seen)."""
    told = []
    with style():
        figure = new(6.4, 3.7)
        axes = figure.subplots()
        ends = [math.inf, 0.0]
        for index, (name, (predicted, found)) in enumerate(seen.items()):
            axes.loglog(predicted, found, "osD^"[index], color=COLOURS[index], label=name, markerfacecolor="none")
            ends = [min(ends[0], float(predicted.min())), max(ends[1], float(predicted.max()))]
            ratio = found / predicted
            told.append(f"{name.replace('$', '')}: quotients from {ratio.min():.3f} to {ratio.max():.3f}")
        axes.loglog(ends, ends, color=GREY, linewidth=1.0)
        axes.set(xlabel="time predicted", ylabel="time seen")
        axes.legend(loc="upper left")
    ratios = np.concatenate([found / predicted for predicted, found in seen.values()])
    return Picture(
        figure,
        "Times at which half of a term is found against their predictions. " + "; ".join(told) + ".",
        caption=f"**The times seen are {ratios.min():.3f} to {ratios.max():.3f} times those predicted.** A mark for "
        "each term, when half of it is found.",
    )


def opposite(orders: Sequence[int], share: float) -> Picture:
    """The form Y around the circle with its atoms, at ``share`` of pi / l, and the least mass over the angle."""
    told = []
    with style():
        figure = new(7.6, 3.5)
        left, right = figure.subplots(1, 2)
        turn = np.linspace(0, math.pi, 721)
        for index, l in enumerate(orders):
            angle, colour = share * math.pi / l, COLOURS[index]
            lift = -2.6 * index
            left.axhline(lift, color=GREY, linewidth=0.6)
            left.plot(np.degrees(turn), lift + dual_form(l, angle, turn), color=colour, linestyle=DASHES[index])
            atoms = least_atoms(l, angle)
            at = np.arctan2(atoms.factors[1], atoms.factors[0]) % math.pi
            left.plot(np.degrees(at), lift + dual_form(l, angle, at), "o", color=colour, markerfacecolor="none")
            for t, mark in ((0.0, "^"), (angle, "v")):
                left.plot(np.degrees(t), lift + dual_form(l, angle, np.array([t]))[0], mark, color=GREY)
            left.annotate(f"$l={l}$", (184, lift), color=colour, va="center", annotation_clip=False)
            top = np.linspace(1e-3, 1.6 * math.pi / l, 120)
            masses = [least_mass(l, min(x, math.pi if l % 2 else math.pi / 2)) for x in top]
            right.plot(top * l / math.pi, masses, color=colour, linestyle=DASHES[index], label=f"$l={l}$")
            told.append(f"order {l}: {atoms.rank} atoms below the border")
        left.set(xlabel="direction, degrees", yticks=[], xlim=(0, 180), xticks=[0, 45, 90, 135, 180])
        left.set_title("$Y$, the atoms (rings), and $v_1$, $v_2$", fontsize=10)
        right.axvline(1, color=GREY, linewidth=1.0)
        right.annotate("$l$ atoms", (0.95, 0.9), color=GREY, ha="right")
        right.annotate("2 atoms", (1.05, 0.9), color=GREY)
        right.set(xlabel=r"angle over $\pi/l$", ylabel="least mass", ylim=(0, 2.15))
        right.legend(loc="lower right")
    return Picture(
        figure,
        "Left, the forms that prove the least mass, waves between -1 and 1 with an atom at every crest and trough. "
        "Right, the least mass rises along a sine and stays at 2 beyond the angle pi / l. " + "; ".join(told) + ".",
        caption="**Below the angle $\\pi/l$ it takes $l$ atoms and a mass under 2; beyond it the two given ones are "
        "best.** Left, the forms $Y$ that prove it, with an atom (ring) at every crest and trough. Right, the least "
        "mass.",
    )


def ring(height: float, decompositions: Mapping[str, tuple[Array, Array]]) -> Picture:
    """The sphere seen from below, areas kept: |Y|, the ring where it is 1, and the atoms of decompositions.

    ``decompositions`` holds for each title the angles on the ring and the weights.
    """
    side = np.linspace(-1, 1, 241)
    x, y = np.meshgrid(side, side)
    radius2 = x**2 + y**2
    lift = np.sqrt(np.maximum(2.0 - radius2, 0.0))
    points = np.vstack([(x * lift).ravel(), (y * lift).ravel(), (radius2 - 1.0).ravel()])
    values = np.where(radius2 <= 1, np.abs(ring_form(height, points)).reshape(x.shape), np.nan)
    told = []
    with style():
        figure = new(7.6, 3.1)
        panels = figure.subplots(1, len(decompositions), squeeze=False)[0]
        for axes, (title, (angles, weights)) in zip(panels, decompositions.items(), strict=True):
            image = axes.pcolormesh(x, y, values, cmap=colormaps["cividis"], vmin=0, vmax=1, rasterized=True)
            axes.add_artist(
                Circle((0, 0), math.sqrt(1 - height), fill=False, edgecolor=ORANGE, linewidth=1.4, linestyle="--")
            )
            at = ring_points(height, angles)
            flat = at[:2] / math.sqrt(1 + height)
            axes.scatter(*flat, s=260 * weights / weights.max(), color="none", edgecolors="white", linewidths=2.4)
            axes.set(aspect="equal", xticks=[], yticks=[], title=title)
            axes.grid(visible=False)
            axes.spines[:].set_visible(False)
            told.append(f"{title}: {len(weights)} atoms of total mass {weights.sum():.2f}")
        bar = figure.colorbar(image, ax=list(panels), shrink=0.85)
        bar.set_label("$|Y|$")
        bar.outline.set_visible(False)
    return Picture(
        figure,
        "Maps of half the sphere coloured by the size of the form, which is 1 on a whole circle, with the atoms of "
        "different decompositions of one tensor on that circle. " + "; ".join(told) + ".",
        caption=f"**{len(decompositions)} decompositions of one tensor, all of mass "
        f"{max(weights.sum() for _, weights in decompositions.values()):.2f}.** Their atoms (rings) lie on the circle "
        "on which the form $Y$ is 1 (dashed).",
    )


def late(runs: Mapping[str, FlowRun], courses: Mapping[str, tuple[Array, Array]]) -> Picture:
    """Left: the error over time. Right: x and y of a shared term at order 3, on curves where y/x - log x is kept."""
    told = []
    with style():
        figure = new(7.6, 4.2)
        left, right = figure.subplots(1, 2)
        for index, (name, run) in enumerate(runs.items()):
            errors = np.maximum(run.errors(), 1e-16)
            left.loglog(run.times, errors, color=COLOURS[index], linestyle=DASHES[index], label=name)
            told.append(f"{name.replace('$', '')}: {errors[-1]:.1g} at t = {run.times[-1]:.0g}")
        t = np.array([1e2, 1e5])
        left.loglog(t, 3 / t, color=GREY, linewidth=1.0)
        left.annotate("$1/t$", (1e4, 3e-4), color=GREY, xytext=(4, 4), textcoords="offset points")
        left.set(xlabel="time $t$", ylabel=r"$\|T-T^*\|_F$", ylim=(1e-16, 3))
        figure.legend(*left.get_legend_handles_labels(), loc="outside lower left", ncols=3)
        for index, (name, (x, y)) in enumerate(courses.items()):
            right.plot(x / x[0], y / x[0], ".", color=COLOURS[index], label=name)
            kept = y[0] / x[0]
            end = math.exp(-kept)
            along = np.linspace(end, 1, 100)
            right.plot(along, along * (kept + np.log(along)), color=COLOURS[index], linewidth=1.0)
        right.set(xlabel="$x/x_0$, in the span", ylabel="$y/x_0$, outside it", xlim=(-0.03, 1.05))
        right.legend(loc="upper left")
    return Picture(
        figure,
        "Left, errors of late descent over time on logarithmic scales. Right, squares of two coordinates, dots of the "
        "full flow on curves that end at a positive x. " + "; ".join(told) + ".",
        caption=f"**At $t=$ {power(float(next(iter(runs.values())).times[-1]))} the error has fallen to "
        + ", ".join(f"{power(max(run.errors()[-1], 1e-16))} ({name})" for name, run in runs.items())
        + ".** Left, the grey line falls like $1/t$. Right, squares of two coordinates: dots of the full flow, "
        "on curves that end at a positive $x$.",
    )


def with_dimension(found: Mapping[str, tuple[Sequence[int], Sequence[float]]]) -> Picture:
    """The time until all directions are found, over the dimension."""
    told = []
    with style():
        figure = new(6.4, 3.4)
        axes = figure.subplots()
        for index, (name, (dimensions, seen)) in enumerate(found.items()):
            axes.loglog(dimensions, seen, color=COLOURS[index], linestyle=DASHES[index], marker="o", label=name)
            told.append(f"{name}: {seen[0]:.3g} at d = {dimensions[0]}, {seen[-1]:.3g} at d = {dimensions[-1]}")
        axes.set(xlabel="dimension $d$", ylabel="time until all are found")
        axes.legend(loc="upper left")
    return Picture(
        figure,
        "Time until the last direction is found against the dimension. " + "; ".join(told) + ".",
        caption="**From the smallest to the largest $d$ the time grows "
        + ", ".join(f"{seen[-1] / seen[0]:.1f}-fold for {name}" for name, (_, seen) in found.items())
        + f".** Time until all directions are found: {'; '.join(told)}.",
    )
