"""Pictures for a fresh component: the mass outside the span, and the chance of a good direction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tdbook import validation
from tdbook.figures.style import BLUE, COLOURS, DASHES, GREY, ORANGE, Picture, new, power, rounded_up, sentence, style
from tdbook.tensors import SymmetricTensor
from tdbook.validation import Array


def outside(curves: Mapping[str, Sequence[float]], bound: float) -> Picture:
    """||P_B U||^2 along runs, against (m + K) delta^2."""
    with style():
        figure = new(7.2, 3.8)
        axes = figure.subplots()
        for k, (name, values) in enumerate(curves.items()):
            axes.semilogy(values, color=COLOURS[k], linestyle=DASHES[k], label=name)
        axes.axhline(bound, color=GREY, linewidth=1.0)
        axes.annotate(r"$(m+K)\delta^2$", (0, bound), xytext=(2, 4), textcoords="offset points")
        axes.set_xlabel("iteration")
        axes.set_ylabel(r"$\|P_BU\|_F^2$")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    peaks = "; ".join(
        f"{name}: at most {rounded_up(max(values) / bound):g} of the bound" for name, values in curves.items()
    )
    return Picture(
        figure,
        f"Mass outside the span of the target along runs. {peaks}.",
        caption=f"**How much mass lies outside the span, against the bound.** {sentence(peaks)}.",
    )


def chance(thetas: Sequence[float], curves: Mapping[str, Sequence[float]], proved: Sequence[float]) -> Picture:
    """The chance of a correlation of theta sqrt(l!/M_s) ||R||, for several residuals, and what is proved."""
    with style():
        figure = new(7.2, 4.0)
        axes = figure.subplots()
        for k, (name, values) in enumerate(curves.items()):
            axes.semilogy(thetas, np.maximum(values, 1e-5), color=COLOURS[k], linestyle=DASHES[k], label=name)
        axes.semilogy(thetas, proved, color=GREY, linewidth=2.4, label="proved")
        axes.axhline(0.2, color=GREY, linewidth=0.9)
        axes.annotate("1/5", (min(thetas), 0.2), xytext=(0, -13), textcoords="offset points")
        axes.set_ylim(1e-5, 1.0)
        axes.set_xlabel(r"$\theta$")
        axes.set_ylabel("probability")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    crossings = []
    for name, values in curves.items():
        above = [theta for theta, value in zip(thetas, values, strict=True) if value >= 0.2]
        crossings.append(
            f"{name} down to 1/5 at theta about {max(above):.1f}" if above else f"{name} below 1/5 throughout"
        )
    return Picture(
        figure,
        f"Probability of a good direction against theta. {'; '.join(crossings)}; the proved curve lies far below.",
        caption=f"**How likely a draw is good.** {sentence('; '.join(crossings))}. Grey is what is proved.",
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
