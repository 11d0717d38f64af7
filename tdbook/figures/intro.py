"""The picture of the Introduction that says why Algorithm 1 works."""

from __future__ import annotations

import math

import numpy as np

from tdbook import lemmas, validation
from tdbook.figures.fresh import sampled
from tdbook.figures.style import BLUE, DASHES, GREEN, GREY, ORANGE, Picture, new, power, style
from tdbook.objectives import loss, model
from tdbook.tensors import SymmetricCP

_VECTORS = 20_000


def why(epoch: lemmas.Epoch, target: SymmetricCP, regularization: float, seed: int = 0) -> Picture:
    """An epoch that leaves a bad local minimum: chance of a good direction, growth inside the span, and the loss.

    Parameters
    ----------
    epoch : Epoch
        Its first state has the fresh column; see :func:`tdbook.lemmas.one_epoch`.
    target : SymmetricCP
        T*, of unit norm.
    regularization : float
    seed : int
        Of the random vectors of the first panel.
    """
    rng = np.random.default_rng(validation.integer("seed", seed, 0))
    d, order = target.dimension, target.order
    basis, j = target.span(), epoch.states[0].reinitialized
    s = basis.shape[1]
    residual = (model(epoch.before.parameters, order) - target).in_basis(basis)
    whole, shadow = sampled(residual, d, _VECTORS, rng)
    inside = [float(np.linalg.norm(basis.T @ state.parameters.U[:, j])) for state in epoch.states]
    outside = [math.sqrt(lemmas.outside_mass(state.parameters, target)) for state in epoch.states]
    losses = [loss(state.parameters, target, regularization) for state in epoch.states]
    means = [float(np.sqrt(np.mean(values**2))) for values in (whole, shadow)]
    with style():
        figure = new(7.4, 2.9)
        left, middle, right = figure.subplots(1, 3)
        for values, colour, words, x in ((whole, ORANGE, f"in $\\mathbb{{R}}^{{{d}}}$", means[0]),
                                         (shadow, BLUE, "in $S$", means[1])):  # fmt: skip
            left.hist(np.log10(values), np.linspace(-9, 0, 46), color=colour, alpha=0.75)
            left.annotate(words, (math.log10(x), 1.01), xycoords=("data", "axes fraction"), color=colour, ha="center")
        left.set(xlabel="correlation, $\\log_{10}$", yticks=[], xticks=[-8, -6, -4, -2, 0])
        middle.semilogy(inside, color=BLUE)
        middle.semilogy(outside, color=GREY, linestyle=DASHES[1])
        at = len(inside) // 2
        middle.annotate("in $S$", (at, inside[at]), (0, -14), textcoords="offset points", color=BLUE)
        middle.annotate("outside", (at, outside[at]), (0, 6), textcoords="offset points", color=GREY)
        middle.set(xlabel="step")
        middle.set_title("lengths")
        right.plot(losses, color=GREEN)
        right.set(xlabel="step", ylim=(0, 1.15 * max(losses)))
        right.set_title("loss")
    birth = float(epoch.states[0].parameters.norms[j])
    return Picture(
        figure,
        f"Three plots. Left, histograms of the correlation of {_VECTORS} random unit vectors with a residual of norm "
        f"1: in dimension {d} its root mean square is {means[0]:.1e}, for their parts in the span S of dimension {s}, "
        f"scaled to unit length, {means[1]:.2f}. Middle, a fresh column: its part in S grows from {inside[0]:.1e} to "
        f"{inside[-1]:.2f} in {len(inside) - 1} steps, while the parts of all columns outside S never exceed "
        f"{max(outside):.1e}. Right, the loss falls from {losses[0]:.2f} to {losses[-1]:.2f}.",
        caption=f"**A fresh column of length {power(birth)} leaves a bad local minimum in dimension {d}.** Left: how "
        f"random vectors correlate with what is missing, {power(means[0])} in $\\R^{{{d}}}$, and {means[1]:.2f} as "
        f"seen from $S$. Middle: the column's part in $S$ grows by a factor of {power(inside[-1] / inside[0])}; what "
        f"all columns have outside stays below {power(1.05 * max(outside))}. Right: the loss falls from "
        f"{losses[0]:.2f} to {losses[-1]:.2f}.",
    )
