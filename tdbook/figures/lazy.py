"""Pictures of lazy training: the exact error, where it vanishes, long steps, and descent beside its linearisation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.ticker import LogLocator, NullFormatter

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
    rounded_up,
    style,
)
from tdbook.lazy import (
    LazyRun,
    Prefixes,
    checked_start,
    error_bounds,
    flatness,
    lazy_error,
    lazy_threshold,
    squared_errors,
)
from tdbook.tensors import symmetric_dimension
from tdbook.validation import Array

_MARKERS = "os^Dv"
_SURFACE = "cividis"  # read alike by all eyes, and without a page-white or page-black end


def _by_order(prefixes: Sequence[Prefixes]) -> dict[int, list[Prefixes]]:
    groups: dict[int, list[Prefixes]] = {}
    for item in sorted(prefixes, key=lambda item: (item.order, item.dimension)):
        groups.setdefault(item.order, []).append(item)
    return groups


def error_against_share(prefixes: Sequence[Prefixes]) -> Picture:
    """Exact error against rho' = dim S_U / D, one panel for each order, with Theorem 1's two bounds as bands."""
    groups = _by_order(prefixes)
    with style():
        figure = new(7.2, 4.3)
        panels = np.atleast_1d(figure.subplots(1, len(groups), sharey=True))
        for axes, (order, group) in zip(panels, groups.items(), strict=True):
            axes.plot([0, 1], [1, 0], color=GREY, linewidth=1.0)
            for index, item in enumerate(group):
                d, colour = item.dimension, COLOURS[index % len(COLOURS)]
                kappa = float(flatness(d, order))
                share = np.array([0.0, 1.0])
                axes.fill_between(share, kappa * (1 - share), 1 - kappa * share, color=colour, alpha=0.13, linewidth=0)
                axes.plot(share, kappa * (1 - share), color=colour, linewidth=1.0, linestyle=DASHES[1])
                axes.plot(share, 1 - kappa * share, color=colour, linewidth=1.0, linestyle=DASHES[2])
                every = max(1, len(item.errors) // 14)
                axes.plot(
                    item.shares, item.errors, _MARKERS[index] + "-", color=colour, markersize=4.5, linewidth=1.2,
                    markevery=every, label=f"$d={d}$",
                )  # fmt: skip
            axes.set_title(f"order {order}")
            axes.set_xlabel(r"share of the space $\rho'=\dim S_U/D$")
            axes.legend(loc="upper right")
        panels[0].set_ylabel("expected squared error")
    away = rounded_up(max(float(np.abs(item.errors - (1 - item.shares)).max()) for item in prefixes))
    outside = sum(
        not low - 1e-9 <= error <= high + 1e-9
        for item in prefixes
        for rank, error in zip(item.ranks, item.errors, strict=True)
        for low, high in [error_bounds(item.dimension, item.order, int(rank))]
    )
    sizes = "; ".join(f"order {order}, d = {_joined(p.dimension for p in group)}" for order, group in groups.items())
    return Picture(
        figure,
        f"Expected squared error against the share of the space that the lazy span fills ({sizes}). All curves fall "
        f"almost along the diagonal from 1 to 0, never further than {away:g} from it; {outside or 'none'} of the "
        f"points lie outside the bands between Theorem 1's bounds, which narrow as d grows.",
        caption=f"**The error is nearly the share that is missed: never further than {away:g} from the "
        f"diagonal.** The bands lie between "
        "the bounds of Theorem 1.",
    )


def error_against_components(prefixes: Sequence[Prefixes]) -> Picture:
    """Exact error against m / d^{l-1}; triangles mark the thresholds, the dotted line their limit 1/l!."""
    groups = _by_order(prefixes)
    with style():
        figure = new(7.2, 4.0)
        panels = np.atleast_1d(figure.subplots(1, len(groups), sharey=True))
        for axes, (order, group) in zip(panels, groups.items(), strict=True):
            limit = 1.0 / math.factorial(order)
            for index, item in enumerate(group):
                d, colour = item.dimension, COLOURS[index % len(COLOURS)]
                scale = float(d ** (order - 1))
                x = np.append(0.0, item.components / scale)
                axes.plot(x, np.append(1.0, item.errors), color=colour, linestyle=DASHES[index], label=f"$d={d}$")
                axes.plot(
                    lazy_threshold(d, order) / scale, 0.0, "v", color=colour, markersize=8, clip_on=False, zorder=5
                )
            axes.axvline(limit, color=GREY, linewidth=1.2, linestyle=DASHES[2])
            axes.annotate(
                f"$1/{order}!$", (limit, 0.05), xytext=(-4, 0), textcoords="offset points", ha="right", color=GREY
            )
            axes.set_title(f"order {order}")
            axes.set_xlabel(rf"components $m\,/\,d^{{{order - 1}}}$")
            axes.set_xlim(left=0)
            axes.set_ylim(0, 1.02)
            axes.legend(loc="upper right")
        panels[0].set_ylabel("expected squared error")
    ends = "; ".join(
        f"order {order}: "
        + ", ".join(
            f"{lazy_threshold(p.dimension, order) / p.dimension ** (order - 1):.2f} at d = {p.dimension}" for p in group
        )
        + f", limit {1 / math.factorial(order):.3f}"
        for order, group in groups.items()
    )
    return Picture(
        figure,
        f"Expected squared error against the number of components over d to the power l - 1. Each curve falls almost "
        f"in a straight line from 1 to 0 at its threshold, marked by a triangle, {ends}.",
    )


def error_on_sphere(starts: Sequence[tuple[int, Array]], resolution: int = 241) -> Picture:
    """||T* - P T*|| for u* on one half of the sphere of R^3, seen from above; one disc for each (order, U).

    The other half looks the same. The disc is Lambert's projection, which keeps areas; dots are columns of U. The
    colours are logarithmic, so that the curves on which the distance vanishes stand out.
    """
    grid = np.linspace(-1.0, 1.0, resolution)
    x, y = np.meshgrid(grid, grid)
    radius2 = x**2 + y**2
    inside = radius2 <= 1.0
    # Lambert: a point at distance R from the centre has height 1 - R^2, when the equator is at R = 1
    height = np.where(inside, 1.0 - radius2, 1.0)
    stretch = np.sqrt(np.maximum(2.0 - radius2, 0.0))
    points = np.stack([x * stretch, y * stretch, height])[:, inside]
    points = points / np.sqrt((points**2).sum(axis=0))
    rows, told, means = max(1, (len(starts) + 2) // 3), [], []
    with style():
        figure = new(7.2, 2.45 * rows)
        panels = np.atleast_1d(figure.subplots(rows, min(3, len(starts)))).ravel()
        colours = LogNorm(1e-3, 1.0, clip=True)
        for axes, (order, U) in zip(panels, starts, strict=False):
            distance = np.full(x.shape, np.nan)
            distance[inside] = np.maximum(np.sqrt(squared_errors(U, order, points)), 1e-16)
            picture = axes.pcolormesh(x, y, distance, cmap=_SURFACE, norm=colours, shading="nearest", rasterized=True)
            mean, m = lazy_error(U, order), U.shape[1]
            columns = checked_start(U)
            columns = columns * np.where(columns[2] < 0, -1.0, 1.0)
            flat = columns[:2] / np.sqrt(1.0 + columns[2])
            axes.plot(*flat, "o", color=ORANGE, markersize=6, markeredgecolor="white", markeredgewidth=0.8)
            axes.set_aspect("equal")
            axes.set_axis_off()
            axes.set_title(f"order {order}, $m={m}$\nmean {mean:.3f}", loc="center")
            means.append((order, m, mean))
            told.append(
                f"order {order}, {m} columns: mean squared error {mean:.3f}, largest distance {np.nanmax(distance):.2f}"
            )
        for axes in panels[len(starts) :]:
            axes.set_axis_off()
        bar = figure.colorbar(picture, ax=list(panels), shrink=0.75, aspect=30, extend="min")
        bar.set_label(r"distance $\|T^*-P\,T^*\|$", color=GREY)
        bar.outline.set_visible(False)
    return Picture(
        figure,
        "Discs that show half of the sphere from above, coloured by the distance between a rank-one target and the "
        f"lazy span, with the columns as dots: {'; '.join(told)}.",
        caption="**Mean squared error "
        + ", ".join(f"{mean:.3f} with $m={m}$ at order {order}" for order, m, mean in means)
        + ".** Half of the sphere seen from above, coloured by how far a target in that direction is from the lazy "
        "span; dots are the columns.",
    )


def displacements(lengths: Mapping[int, Array], order: int) -> Picture:
    """Root mean square of the least ||delta|| that fits P T*, against d m / D; one curve for each dimension d."""
    with style():
        figure = new(7.2, 3.9)
        axes = figure.subplots()
        told = []
        for index, (d, squares) in enumerate(lengths.items()):
            m = np.arange(1, len(squares) + 1)
            root = np.sqrt(squares)
            axes.semilogy(
                d * m / symmetric_dimension(d, order), root, marker=_MARKERS[index], color=COLOURS[index],
                linestyle=DASHES[index], markersize=4.5, label=f"$d={d}$",
            )  # fmt: skip
            told.append(
                f"d = {d}: {root[0]:.2f} for one column, about {_rounded(root.max())} at m = "
                f"{int(np.argmax(root)) + 1} (threshold {lazy_threshold(d, order)}), {root[-1]:.2f} for {len(m)}"
            )
        axes.axvline(1.0, color=GREY, linewidth=1.2, linestyle=DASHES[2])
        axes.set_xlabel("parameters over unknowns $d\\,m/D$")
        axes.set_ylabel(r"root mean square of $\|\delta\|$")
        axes.legend(loc="upper right")
    return Picture(
        figure,
        f"Length of the least displacement that fits the target's projection, order {order}, on a logarithmic axis. It "
        f"peaks where the parameters equal the unknowns: {'; '.join(told)}.",
        caption="**The step peaks where the parameters equal the unknowns: at "
        + ", ".join(f"$m={int(np.argmax(squares)) + 1}$ for $d={d}$" for d, squares in lengths.items())
        + f".** Root mean squares: {'; '.join(told)}.",
    )


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


def _joined(values: object) -> str:
    return ", ".join(str(value) for value in values)  # type: ignore[attr-defined]


def _rounded(value: float) -> str:
    """Two leading digits, so that the number is the same on another machine."""
    return f"{float(f'{value:.1e}'):.0f}"
