"""Pictures of the opening chapters: the paper in one picture, tensors, and the objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes

from tdbook.figures.style import (
    AMBER,
    BLUE,
    COLOURS,
    DASHES,
    GREY,
    ORANGE,
    PINK,
    SKY,
    Picture,
    few,
    new,
    power,
    style,
)
from tdbook.tensors import SymmetricTensor

_SURFACE = "cividis"  # read alike by all eyes, and without a page-white or page-black end
_FEW = 12  # more local minima than this on a grid are drawn as a line


def slices(targets: Mapping[str, SymmetricTensor], extent: float = 1.5) -> Picture:
    """f_v(u) with one component of coefficient 1 over the plane, one panel a target of dimension 2.

    By the Gram form the loss of u^{(x) l} is (||T*||^2 - 2 T*(u, ..., u) + ||u||^{2l}) / 2.
    """
    side = np.linspace(-extent, extent, 201)
    X, Y = np.meshgrid(side, side)
    points = np.vstack([X.ravel(), Y.ravel()])
    squares = np.einsum("ij,ij->j", points, points)
    with style():
        figure = new(7.4, 3.0)
        panels = figure.subplots(1, len(targets), squeeze=False, sharey=True)[0]
        lowest = {}
        for axes, (name, target) in zip(panels, targets.items(), strict=True):
            values = 0.5 * (target.norm() ** 2 - 2.0 * target.evaluate(points) + squares**target.order)
            surface = values.reshape(X.shape)
            _fill(axes, X, Y, surface, np.quantile(values, np.linspace(0.0, 0.8, 16)))
            minima = _local_minima(surface)
            if len(minima) <= _FEW:
                for i, j in minima:
                    axes.plot(side[j], side[i], "o", color="white", markeredgecolor="black", markersize=6)
            else:  # a valley floor: the grid's own minima on it are accidents of rounding
                axes.contour(X, Y, surface, levels=[values.min() + 2e-3], colors="white", linewidths=1.6)
            axes.plot(0.0, 0.0, "x", color="white", markersize=7, markeredgewidth=2)
            axes.set_aspect("equal")
            axes.set_title(name)
            axes.set_xlabel("$u_1$")
            axes.grid(False)
            heights = [float(surface[place]) for place in minima]
            lowest[name] = (min(heights), max(heights), len(minima))
        panels[0].set_ylabel("$u_2$")
    found = "; ".join(
        f"{name.replace('$', '')}: {count if count <= _FEW else 'a ring of'} minima of value {low:.2f}"
        + (f" to {high:.2f}" if f"{high:.2f}" != f"{low:.2f}" else "")
        for name, (low, high, count) in lowest.items()
    )
    return Picture(
        figure,
        f"Level sets of the loss of a single component over the plane, darker is lower, minima as white dots and zero "
        f"as a cross. {found}.",
        caption=f"**Where a single component is best (white): {found}.** Darker is lower, the cross is zero.",
    )


def _fill(axes: Axes, X: np.ndarray, Y: np.ndarray, surface: np.ndarray, levels: Sequence[float] | np.ndarray) -> None:
    """Filled level sets whose colours go evenly from level to level, whatever the levels' values."""
    levels = np.unique(np.append(levels, surface.max()))
    colours = colormaps[_SURFACE](np.linspace(0.0, 1.0, len(levels) - 1))
    axes.contourf(X, Y, surface, levels=levels, colors=colours)


def _local_minima(surface: np.ndarray) -> list[tuple[int, int]]:
    """Grid points not above any of their eight neighbours, edges left out."""
    centre = surface[1:-1, 1:-1]
    neighbours = [
        surface[1 + i : surface.shape[0] - 1 + i, 1 + j : surface.shape[1] - 1 + j]
        for i in (-1, 0, 1)
        for j in (-1, 0, 1)
        if i or j
    ]
    lowest = np.all([centre <= other for other in neighbours], axis=0)
    return [(int(i) + 1, int(j) + 1) for i, j in np.argwhere(lowest)]


def rescaling(order: int, paths: Sequence[Any], extent: float = 2.0) -> Picture:
    """The loss (1 - c n^l)^2 / 2 of one aligned component over (n, c), its valley, and paths of gradient descent.

    Each path is an array of shape (steps, 2) with rows (n, c). Thin lines are the level sets of n^2 - l c^2.
    """
    n = np.linspace(0.01, extent, 241)
    c = np.linspace(-0.6, extent, 241)
    N, C = np.meshgrid(n, c)
    surface = 0.5 * (1.0 - C * N**order) ** 2
    with style():
        figure = new(6.4, 4.4)
        axes = figure.subplots()
        _fill(axes, N, C, surface, [0.0, 0.005, 0.02, 0.06, 0.12, 0.2, 0.3, 0.4, 0.47, 0.5, 0.55, 0.8, 2.0, 8.0])
        conserved = N**2 - order * C**2
        axes.contour(N, C, conserved, levels=np.arange(-9.5, 4.0, 1.0), colors="white", linewidths=0.6, alpha=0.6)
        axes.plot(n, n ** (-float(order)), color="white", linestyle=DASHES[1], linewidth=2.2)
        ends = []
        for path, colour in zip(few(paths, 4), (ORANGE, AMBER, PINK, SKY), strict=False):
            path = np.asarray(path)
            axes.plot(path[:, 0], path[:, 1], color=colour, linewidth=2.4)
            axes.plot(*path[0], "o", color=colour, markeredgecolor="black", markersize=7)
            axes.plot(*path[-1], "s", color=colour, markeredgecolor="black", markersize=7)
            ends.append(f"({path[-1, 0]:.2f}, {path[-1, 1]:.2f})")
        axes.set_xlim(0.0, extent)
        axes.set_ylim(-0.6, extent)
        axes.set_xlabel(r"length $n=\|u\|$")
        axes.set_ylabel("coefficient $c$")
        axes.grid(False)
    return Picture(
        figure,
        f"The loss over length and coefficient of one component of order {order}, with the curved valley on which "
        f"the coefficient times the length to the power {order} is 1. Paths of descent, from a dot to a square, end at "
        f"(n, c) = {', '.join(ends)}.",
        caption=f"**Descent ends on the valley $c\\,n^{{{order}}}=1$, where depends on the start.** From a dot to a "
        f"square, the paths end at "
        f"$(n,c)=$ {', '.join(ends)}.",
    )


def descents(groups: Mapping[str, Sequence[Any]], every: int, stuck_above: float) -> Picture:
    """Loss at each ``every``-th step for several starts, a panel a group; orange if ending above ``stuck_above``."""
    with style():
        figure = new(7.4, 3.1)
        panels = figure.subplots(1, len(groups), squeeze=False, sharey=True)[0]
        found = []
        for axes, (name, curves) in zip(panels, groups.items(), strict=True):
            stalled = 0
            for curve in curves:
                curve = np.asarray(curve)
                high = bool(curve[-1] > stuck_above)
                stalled += high
                line = {"color": ORANGE, "linestyle": DASHES[1]} if high else {"color": BLUE, "linestyle": "-"}
                axes.semilogx(1 + every * np.arange(len(curve)), curve, linewidth=1.2, alpha=0.8, **line)
            axes.set_title(name)
            axes.set_xlabel("step, counted from 1")
            found.append(f"{name.replace('$', '')}: {stalled} of {len(curves)} stuck")
        panels[0].set_ylabel("loss $f_v$")
        panels[0].set_ylim(bottom=-0.05)
    return Picture(
        figure,
        f"Loss against steps of gradient descent from random starts; those that stay high are dashed. "
        f"{'; '.join(found)}.",
        caption=f"**Random starts that stay high (dashed): {'; '.join(found)}.** Loss against the steps of "
        "gradient descent.",
    )


def receding(steps: Any, losses: Any, coefficients: Any) -> Picture:
    """Loss and largest coefficient of a family of decompositions, against its parameter."""
    steps, losses, coefficients = (np.asarray(x) for x in (steps, losses, coefficients))
    with style():
        figure = new(7.2, 3.6)
        axes = figure.subplots()
        axes.loglog(steps, losses, "o-", color=BLUE, label="loss $f_v$")
        axes.loglog(steps, coefficients, "s--", color=ORANGE, label="largest coefficient")
        axes.invert_xaxis()
        axes.set_xlabel("parameter $t$")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return Picture(
        figure,
        f"As t falls from {steps[0]:.0e} to {steps[-1]:.0e} the loss falls from {losses[0]:.0e} to {losses[-1]:.0e} "
        f"while the largest coefficient rises from {coefficients[0]:.0e} to {coefficients[-1]:.0e}.",
        caption=f"**The loss falls to {power(losses[-1])} while the largest coefficient rises to "
        f"{power(coefficients[-1])}.**",
    )


def barrier(moves: Any, curves: Mapping[str, Any]) -> Picture:
    """Change of the loss when one component is tilted towards a missing direction; on the right, magnified."""
    moves = np.asarray(moves)
    tops, found = [], []
    for name, values in few(curves.items()):
        values = np.asarray(values)
        top = int(np.argmax(values))
        plain = name.replace("$", "")
        if values[1] < 0:
            found.append(f"{plain} falls from the start")
        elif values[-1] < values[top]:
            tops.append(float(values[top]))
            found.append(f"{plain} rises to {values[top]:.3f} at {moves[top]:.2f} before it falls")
        else:
            found.append(f"{plain} {'rises throughout' if (np.diff(values) >= 0).all() else 'ends at its highest'}")
    with style():
        figure = new(7.4, 3.6)
        whole, near = figure.subplots(1, 2)
        for axes in (whole, near):
            axes.axhline(0.0, color=GREY, linewidth=1.0)
            for index, (name, values) in enumerate(curves.items()):
                axes.plot(moves, values, color=COLOURS[index], linestyle=DASHES[index], label=name)
            axes.set_xlabel("tilt $x$")
        whole.set_ylabel("$f_v(x)-f_v(0)$")
        whole.legend(loc="upper left")
        near.set_title("magnified")
        if tops:
            near.set_ylim(-2.0 * max(tops), 2.0 * max(tops))
            near.set_xlim(0.0, 0.6 * float(moves[-1]))
    return Picture(
        figure,
        f"Change of the loss against the tilt of one component: {'; '.join(found)}.",
        caption=f"**When one component is tilted, the loss of {'; that of '.join(found)}.** Right, the same magnified.",
    )
