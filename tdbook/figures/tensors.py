"""Figures of the chapter on tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tdbook.descent import Run
from tdbook.figures.style import BLUE, DASHES, GREEN, GREY, ORANGE, Picture, few, new, power, sentence, style
from tdbook.tensors import SymmetricCP, unit_columns


def widths(runs: Mapping[int, Sequence[Run]], lazy: Mapping[int, int]) -> Picture:
    """Components that lazy training cannot do without, and components with which Algorithm 1 was run, against d.

    ``runs`` and ``lazy`` are keyed by the dimension; a dimension's point is filled when all its runs converged.
    """
    dimensions = sorted(runs)
    used = {d: runs[d][0].settings.components for d in dimensions}
    solved = {d: all(result.converged for result in runs[d]) for d in dimensions}
    forced = np.array([lazy[d] for d in sorted(lazy)])
    with style():
        figure = new(7.2, 4.2)
        axes = figure.subplots()
        axes.loglog(sorted(lazy), forced, color=ORANGE, linestyle=DASHES[1], label="lazy training needs at least")
        axes.loglog(dimensions, [used[d] for d in dimensions], color=BLUE, linewidth=1.0)
        for done, fill in ((True, BLUE), (False, "none")):
            group = [d for d in dimensions if solved[d] is done]
            label = "Algorithm 1, every run reached the accuracy" if done else "Algorithm 1, some run did not"
            if group:
                axes.loglog(
                    group, [used[d] for d in group], "o", color=BLUE, markerfacecolor=fill, markersize=8, label=label
                )
        axes.set_xlabel("dimension $d$")
        axes.set_ylabel("components $m$")
        axes.set_ylim(bottom=1)
        axes.legend(loc="upper left")
    last = max(lazy)
    return Picture(
        figure,
        f"Components against dimension, both axes logarithmic. The number that lazy training needs rises from "
        f"{lazy[min(lazy)]} at d = {min(lazy)} to {lazy[last]} at d = {last}. Algorithm 1 was run with "
        f"{used[dimensions[0]]} components at d = {dimensions[0]} and {used[dimensions[-1]]} at d = {dimensions[-1]}; "
        f"every run reached the accuracy at {sum(solved.values())} of {len(dimensions)} dimensions.",
        caption=f"**Lazy training needs {lazy[last]} components at $d={last}$; Algorithm 1 was run with "
        f"{used[dimensions[-1]]}.** "
        f"Every run reached the accuracy at {sum(solved.values())} of {len(dimensions)} dimensions.",
    )


def storage(dimensions: Any, counts: Mapping[str, Sequence[int]], order: int) -> Picture:
    """How many numbers each way of holding a tensor takes, against d, with the memory of one computer as a line."""
    dimensions = np.asarray(dimensions)
    memory = 16e9 / 8.0  # float64 numbers in 16 GB
    with style():
        figure = new(7.2, 4.0)
        axes = figure.subplots()
        for (name, values), colour, dash in zip(few(counts.items(), 3), (ORANGE, GREEN, BLUE), DASHES, strict=False):
            axes.loglog(dimensions, [float(value) for value in values], color=colour, linestyle=dash, label=name)
        axes.axhline(memory, color=GREY, linewidth=1.0)
        axes.text(dimensions[0], memory * 1.4, "16 GB of numbers", color=GREY, fontsize=10)
        axes.set_xlabel("dimension $d$")
        axes.set_ylabel("numbers stored")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    ends = "; ".join(f"{name}: {float(values[-1]):.1e}" for name, values in counts.items())
    return Picture(
        figure,
        f"Numbers stored for a tensor of order {order} against the dimension, both axes logarithmic. "
        f"At d = {dimensions[-1]} — {ends.replace('$', '')}.",
        caption=f"**Numbers stored at $d={dimensions[-1]}$: "
        + ", ".join(f"{power(float(values[-1]))} ({name})" for name, values in counts.items())
        + f".** A tensor of order {order}; the grey line is what 16 GB hold.",
    )


def distances(steps: Any, exact: Any, routes: Mapping[str, Any]) -> Picture:
    """Distances between a tensor and its neighbour at distance ~ t, as several routes compute them, against t."""
    steps, exact = np.asarray(steps), np.asarray(exact)
    floor = 0.3 * exact.min()
    with style():
        figure = new(7.2, 4.2)
        axes = figure.subplots()
        axes.loglog(steps, exact, color=GREY, linewidth=1.0, label="exact")
        blind = {}
        for (name, values), colour, mark in zip(few(routes.items(), 2), (ORANGE, BLUE), "xo", strict=False):
            values = np.asarray(values)
            axes.loglog(
                steps, np.maximum(values, floor), mark, color=colour, markersize=6, markerfacecolor="none", label=name
            )
            wrong = np.abs(values - exact) > 0.5 * exact
            blind[name] = float(steps[wrong].max()) if wrong.any() else 0.0
        axes.invert_xaxis()
        axes.set_xlabel("perturbation $t$")
        axes.set_ylabel(r"computed $\|T-T'\|_F$")
        axes.legend(loc="lower left")
    found = "; ".join(
        f"{name}: more than half off from about 1e{round(np.log10(value)):+03d} on"
        if value
        else f"{name}: never half off"
        for name, value in blind.items()
    )
    return Picture(
        figure,
        f"Computed distance against the size t of a perturbation, from {steps[0]:.0e} down to {steps[-1]:.0e}, both "
        f"axes logarithmic. {found}. Smaller values are drawn at the lower edge.",
        caption="**"
        + sentence(
            "; ".join(
                f"{name}: the distance is more than half off from {power(value)} on"
                if value
                else f"{name}: never half off"
                for name, value in blind.items()
            )
        )
        + f".** From $t=$ {power(float(steps[0]))} down to {power(float(steps[-1]))}; smaller values are drawn at the "
        "lower edge.",
    )


def cosines(targets: Mapping[str, SymmetricCP]) -> Picture:
    """The cosines between the components of several tensors, one square a tensor."""
    with style():
        figure = new(7.4, 2.0)
        panels = figure.subplots(1, len(targets), squeeze=False)[0]
        largest = {}
        for axes, (name, target) in zip(panels, targets.items(), strict=True):
            directions = unit_columns(target.factors)[1]
            table = directions.T @ directions
            image = axes.imshow(table, cmap="RdBu_r", vmin=-1.0, vmax=1.0)
            axes.set_title(name, fontsize=10.5)
            axes.set_xticks([])
            axes.set_yticks([])
            axes.grid(False)
            largest[name] = float(np.abs(table - np.eye(len(table))).max())
        bar = figure.colorbar(image, ax=list(panels), shrink=0.7, ticks=[-1, 0, 1], aspect=12)
        bar.outline.set_edgecolor(GREY)
        bar.set_label("cosine")
    found = "; ".join(f"{name} {value:.2f}" for name, value in largest.items())
    return Picture(
        figure,
        f"The cosines between the components as a table in colours, one for each kind of target. Largest cosine off "
        f"the diagonal in absolute value: {found}.",
        caption=f"**Largest cosine between two components: {found}.** A table in colours for each kind of target; on "
        "the diagonal it is 1.",
    )


def cube(tensor: SymmetricCP) -> Picture:
    """A tensor of order 3 as a cube cut into slices, equal to the sum of its terms, each a cube of its own.

    Parameters
    ----------
    tensor : SymmetricCP
        Of order 3 and a small dimension, with few terms.
    """
    if tensor.order != 3:
        raise ValueError(f"tensor must have order 3, got {tensor.order}")
    d, r = tensor.dimension, tensor.rank
    terms = [SymmetricCP(tensor.weights[[i]], tensor.factors[:, [i]], 3).to_dense() for i in range(r)]
    whole = tensor.to_dense()
    top = max(float(np.abs(entries).max()) for entries in (whole, *terms))
    with style():
        figure = new(7.2, 2.2)
        axes = figure.subplots()
        place = 0.0
        for name, entries in zip(("T", *(f"w_{i + 1}\\,u_{i + 1}^{{\\otimes 3}}" for i in range(r))), (whole, *terms),
                                 strict=True):  # fmt: skip
            for k in range(d):
                for i in range(d):
                    for j in range(d):
                        x, y = place + 0.8 * k * d + 0.6 * j, -i + 0.5 * j
                        value = entries[i, j, k] / top
                        axes.fill(
                            [x, x + 0.6, x + 0.6, x], [y, y + 0.5, y - 0.5, y - 1.0],
                            facecolor=ORANGE if value > 0 else BLUE, alpha=min(1.0, 0.06 + 0.94 * abs(value)),
                            edgecolor="none",
                        )  # fmt: skip
                        axes.plot(
                            [x, x + 0.6, x + 0.6, x, x], [y, y + 0.5, y - 0.5, y - 1.0, y], color=GREY, linewidth=0.5
                        )
            width = 0.8 * d * (d - 1) + 0.6 * d
            axes.annotate(f"${name}$", (place + width / 2, -d - 0.9), ha="center", va="top", fontsize=13)
            place += width + 1.7
            if name == f"w_{r}\\,u_{r}^{{\\otimes 3}}":
                break
            axes.annotate("$=$" if name == "T" else "$+$", (place - 0.85, -d / 2 + 0.3), ha="center", fontsize=15)
        axes.set_aspect("equal")
        axes.set_ylim(-d - 1.9, 0.5 * d + 0.2)
        axes.axis("off")
    rank = [int(np.linalg.matrix_rank(entries.reshape(d, -1))) for entries in (whole, *terms)]
    return Picture(
        figure,
        f"A symmetric tensor with {d} x {d} x {d} entries as {d} slices, equal to the sum of {r} tensors of the same "
        "shape. Orange entries are positive, blue ones negative, and pale ones small. As matrices of "
        f"{d} rows the terms have rank {', '.join(map(str, rank[1:]))}, and the sum has rank {rank[0]}.",
        caption=f"**A tensor of ${d}^3$ entries is the sum of {r} terms, each made of one vector.** Each cube is cut "
        "into slices. Within a term all slices are multiples of one matrix. Orange is positive, blue negative, and "
        "pale is small.",
    )
