"""Figures of the chapter on the saddle at zero."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tdbook.figures.style import COLOURS, DASHES, GREY, Picture, few, new, rounded_up, style
from tdbook.objectives import vanilla_loss
from tdbook.statistics import fitted_slope
from tdbook.tables.landscape import Row, escape_table
from tdbook.tensors import SymmetricTensor


def rays(targets: Sequence[SymmetricTensor], scales: Any, regularization: float = 0.0) -> Picture:
    """The loss along one ray from zero, s -> f(sU), for the vanilla and the 2-homogeneous model, one panel for each.

    The ray points at a component of the target, so that there is a way down; f is in units of ||T*||^2 / 2.
    """
    scales = np.asarray(scales, dtype=float)
    depths = []
    with style():
        figure = new(7.4, 3.4)
        axes = figure.subplots(1, 2, sharey=True)
        for target, colour, dash in zip(few(targets), COLOURS, DASHES, strict=False):
            w = _best_direction(target)[:, None]
            unit = target.norm() ** 2 / 2.0
            sign = np.sign(target.evaluate(w)[0])
            vanilla = np.array([vanilla_loss(s * w, [sign], target) for s in scales]) / unit
            # 2-homogeneous: the component s w weighs s^2
            tied = np.array([vanilla_loss(w, [sign * s**2], target) + regularization * s**2 for s in scales]) / unit
            for panel, values in zip(axes, (vanilla, tied), strict=True):
                panel.plot(scales, values, color=colour, linestyle=dash, label=f"$l={target.order}$")
            depths.append((target.order, *(float(np.interp(0.3, scales, values)) for values in (vanilla, tied))))
        for panel, name in zip(axes, ("vanilla", "2-homogeneous"), strict=True):
            panel.set_title(f"{name} model")
            panel.set_xlabel("$s$")
        axes[0].set_ylabel(r"$f(sU)\;/\;f(0)$")
        axes[0].set_ylim(0.3, 1.1)
        axes[0].legend(loc="lower left")
    told = "; ".join(f"order {order}: {v:.3f} and {t:.3f}" for order, v, t in depths)
    return Picture(
        figure,
        "Loss along a ray from zero, in units of its value there, first the vanilla model, "
        "then the 2-homogeneous one. In the first the curves start flat, the flatter the higher the order; "
        "in the second they all bend down at once. "
        f"At s = 0.3 — {told}.",
        caption="**The vanilla loss starts flat, the flatter the higher the order; the 2-homogeneous one bends down "
        "at once.** "
        f"At $s=0.3$, vanilla and 2-homogeneous: {told}.",
    )


def _best_direction(target: SymmetricTensor) -> np.ndarray:
    """The direction of the target's span on which |T*| is largest, by some fixed-point steps."""
    basis = target.span()
    angles = np.random.default_rng(0).standard_normal((basis.shape[1], 64))
    points = basis @ (angles / np.linalg.norm(angles, axis=0))
    for _ in range(200):
        pulled = target.contract(points)
        points = points + np.sign(target.evaluate(points)) * pulled
        points /= np.linalg.norm(points, axis=0)
    return points[:, int(np.argmax(np.abs(target.evaluate(points))))]


def escape_times(rows: Sequence[Row]) -> Picture:
    """Escape times from a table of :mod:`tdbook.tables.landscape`: medians, all starts as a band, fitted slopes."""
    with style():
        figure = new(7.4, 4.2)
        axes = figure.subplots()
        told = []
        orders = sorted({int(row["order"]) for row in rows})
        for order, colour in zip(few(orders), COLOURS, strict=False):
            for model, dash, marker in ((0, DASHES[0], "o"), (1, DASHES[1], "s")):
                scales, times = escape_table(rows, model, order)
                median = np.median(times, axis=0)
                axes.loglog(scales, median, color=colour, linestyle=dash, marker=marker, markersize=4)
                axes.fill_between(scales, times.min(axis=0), times.max(axis=0), color=colour, alpha=0.15, linewidth=0)
                if model == 0:
                    slope = fitted_slope(np.log10(scales), np.log10(times))
                    axes.annotate(
                        f"$l={order}$, slope {slope.value:.2f}", (scales[-1], median[-1]), xytext=(6, 0),
                        textcoords="offset points", color=colour, va="center",
                    )  # fmt: skip
                    told.append(f"order {order} rises to {median[-1]:.0e} with slope {slope.value:.2f}")
                elif order == orders[-1]:
                    axes.annotate(
                        "2-homogeneous", (scales[-1], median[-1]), xytext=(6, 2), textcoords="offset points",
                        color=GREY, va="center",
                    )  # fmt: skip
        axes.invert_xaxis()
        axes.set_xlim(right=scales[-1] / 60)
        axes.set_xlabel(r"size of the start $\delta$ (smaller to the right)")
        axes.set_ylabel("time to escape")
    slowest = max(np.median(escape_table(rows, 1, order)[1], axis=0)[-1] for order in orders)
    return Picture(
        figure,
        "Time to escape from zero against the size of the start, both axes logarithmic. Vanilla "
        f"model: {'; '.join(told)}. "
        f"2-homogeneous model: the medians of all orders stay below {rounded_up(slowest):g}, at the "
        "smallest start too.",
    )
