"""Pictures for a fresh component: the mass outside the span, and the chance of a good direction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tdbook import validation
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
from tdbook.tensors import SymmetricTensor
from tdbook.validation import Array


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
        first.append(f"{100 * rounded_up(max(curves[name]) / bound):g}%")
    peaks = "; ".join(told)
    return Picture(
        figure,
        f"Mass outside the span of the target along runs, left its change in the first {shown} steps, right all steps "
        f"in units of the bound. {sentence(peaks)}. Largest shares of the bound: {', '.join(first)}.",
        caption=f"**{sentence(peaks)}.** Left the first {shown} steps, right all of them against the bound, of which "
        f"the runs use {' and '.join(first)} at most.",
    )


def chance(thetas: Sequence[float], curves: Mapping[str, Sequence[float]], proved: Sequence[float]) -> Picture:
    """The chance of a correlation of theta sqrt(l!/M_s) ||R||, for several residuals, and what is proved.

    The chances fall with theta; a dot marks where one falls below the 1/5 of the paper.
    """
    grid = np.asarray(thetas, dtype=float)
    crossings = {}
    with style():
        figure = new(7.2, 4.0)
        axes = figure.subplots()
        for k, (name, values) in enumerate(curves.items()):
            axes.plot(grid, values, color=COLOURS[k], linestyle=DASHES[k], label=name)
            below = np.asarray(values) < 0.2
            if below.any() and not below[0]:
                first = int(np.argmax(below))
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
    told = [f"{name} falls below 1/5 at theta = {rounded_down(theta):g}" for name, theta in crossings.items()]
    told += [
        f"{name} {'is below 1/5 throughout' if values[0] < 0.2 else 'stays above 1/5'}"
        for name, values in curves.items()
        if name not in crossings
    ]
    said, most = "; ".join(told), rounded_up(max(proved))
    typeset = sentence(said).replace("theta =", r"$\theta=$")
    return Picture(
        figure,
        f"Probability of a good direction against theta: {said}. The proved probability is at most {most:g}.",
        caption=f"**{typeset}; at most {most:g} is proved (grey).**",
    )


def sampled(residual: SymmetricTensor, dimension: int, count: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """|R(u, ..., u)| / ||R|| for random unit vectors of R^d, and the same for their parts in S, scaled to unit length.

    ``residual`` is given in coordinates of S; no vector of R^d is formed. Two arrays of shape (count,).
    """
    s = residual.dimension
    validation.integer("dimension", dimension, s)
    drawn = rng.standard_normal((s, count))
    lengths = np.linalg.norm(drawn, axis=0)
    inside = np.abs(residual.evaluate(drawn / lengths)) / residual.norm()
    outside = rng.chisquare(dimension - s, count) if dimension > s else np.zeros(count)
    return inside * (lengths / np.sqrt(lengths**2 + outside)) ** residual.order, inside


def correlations(residual: SymmetricTensor, dimensions: Sequence[int], seed: int = 0) -> Picture:
    """How random vectors correlate with a residual in S, seen from R^d and from S, for several d.

    Parameters
    ----------
    residual : SymmetricTensor
        R, in coordinates of S.
    dimensions : sequence of int
        d >= s, one row each.
    seed : int
    """
    count, s, order = 20_000, residual.dimension, residual.order
    rng = np.random.default_rng(validation.integer("seed", seed, 0))
    found = {d: sampled(residual, d, count, rng) for d in dimensions}
    edges = np.linspace(-9, 0, 61)
    means = {d: [float(np.sqrt(np.mean(values**2))) for values in pair] for d, pair in found.items()}
    with style():
        figure = new(7.2, 1.0 + 0.9 * len(found))
        rows = np.atleast_1d(figure.subplots(len(found), 1, sharex=True))
        for axes, (d, pair) in zip(rows, found.items(), strict=True):
            for values, mean, colour, name in zip(pair, means[d], (ORANGE, BLUE), ("in $\\mathbb{R}^d$", "in $S$"),
                                                  strict=True):  # fmt: skip
                axes.hist(np.log10(values), edges, color=colour, alpha=0.75, label=name)
                axes.axvline(np.log10(mean), color=colour, linewidth=1.2, linestyle=DASHES[1])
            axes.set_yticks([])
            axes.set_ylabel(f"$d={d}$", rotation=0, ha="right", va="center")
        rows[0].legend(loc="upper left")
        rows[-1].set_xlabel("size of the correlation, $\\log_{10}$")
    by_d = ", ".join(f"{power(means[d][0])} at $d={d}$" for d in found)
    told = ", ".join(f"{means[d][0]:.1e} at d = {d}" for d in found)
    inside = sum(means[d][1] for d in found) / len(found)
    return Picture(
        figure,
        f"Histograms of the correlation of {count} random unit vectors with a residual of norm 1 and order {order} in "
        f"a space S of dimension {s}, a row for each dimension. Root mean square in the whole space: {told}; of the "
        f"parts in S, scaled to unit length: {inside:.2f} in every row.",
        caption=f"**Seen from $S$, a random vector is correlated alike in every dimension.** Root mean squares, "
        f"dashed: {by_d} in the whole space, and {inside:.2f} in $S$, where $s={s}$.",
    )
