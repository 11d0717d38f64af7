"""Figures of the chapter on how little the loss rises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tdbook.figures.style import (
    BLUE,
    COLOURS,
    DASHES,
    GREEN,
    GREY,
    ORANGE,
    VIOLET,
    Picture,
    new,
    power,
    rounded_down,
    rounded_up,
    style,
)


def descent(multiples: Sequence[float], ratios: Mapping[str, Sequence[float]], order: int) -> Picture:
    """The fall of F per eta ||G||^2 against the step, in units of the largest step of Lemma 3."""
    with style():
        figure = new(7.2, 4.0)
        axes = figure.subplots()
        for k, (name, values) in enumerate(ratios.items()):
            axes.semilogx(
                multiples, values, color=COLOURS[k], linestyle=DASHES[k], marker="o", markersize=3, label=name
            )
        for level, text, under in (
            (2 / order, "sharp: $2/l$", True), (1 / order, "the paper: $1/l$", False), (0.0, "no fall", False),
        ):  # fmt: skip
            axes.axhline(level, color=GREY, linewidth=0.9)
            axes.annotate(text, (multiples[0], level), xytext=(2, -13 if under else 3), textcoords="offset points")
        axes.axvline(1.0, color=ORANGE, linestyle=DASHES[1], linewidth=1.4)
        axes.annotate(
            "largest step\nof Lemma 3", (1.0, -0.45), xytext=(-6, 0), textcoords="offset points", color=ORANGE,
            ha="right", va="center",
        )  # fmt: skip
        axes.set_ylim(-0.6, 1.3)
        axes.set_xlabel("step, in units of the largest one of Lemma 3")
        axes.set_ylabel(r"fall of $F$ over $\eta\,\|G\|^2$")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    at_one = [float(np.interp(0.0, np.log(multiples), values)) for values in ratios.values()]
    worst = np.min(list(ratios.values()), axis=0)
    held = multiples[: int(np.argmax(np.append(worst < 1 / order, True)))]
    last = rounded_down(held[-1]) if len(held) else 0.0
    below = sum(values[-1] < 0 for values in ratios.values())
    return Picture(
        figure,
        f"Fall of the loss per unit of eta ||G||^2 for {len(ratios)} points, order {order}. Small steps give values "
        f"between {2 / order:.2f} and 1. At the largest step of Lemma 3 the values lie between {min(at_one):.2f} and "
        f"{max(at_one):.2f}, above {1 / order:.2f}; all stay above it up to {last:g} times that step; at "
        f"{max(multiples):.3g} times {below} of them are below zero.",
        caption=f"**At the largest step of Lemma 3 the loss falls by {min(at_one):.2f} to {max(at_one):.2f} times "
        f"$\\eta\\lVert G\\rVert^2$.** The paper's $1/l$ holds up to {last:g} times that step.",
    )


def reinitialisations(measured: Sequence[float], exact: Sequence[float], printed: Sequence[float]) -> Picture:
    """What each re-initialisation added to f, the exact expression, and the bound of Lemma 4."""
    epochs = np.arange(1, len(measured) + 1)
    with style():
        figure = new(7.2, 4.0)
        axes = figure.subplots()
        axes.semilogy(epochs, printed, color=ORANGE, linestyle=DASHES[1], label="printed bound")
        axes.axhline(0.5, color=GREY, linewidth=0.9)
        axes.annotate(
            "the whole loss of T = 0", (epochs[-1], 0.5), xytext=(0, 4), textcoords="offset points", ha="right"
        )
        floor = 1e-12
        axes.semilogy(epochs, np.maximum(np.abs(exact), floor), color=BLUE, label="exact expression")
        axes.semilogy(epochs, np.maximum(np.abs(measured), floor), "o", color=GREEN, fillstyle="none", label="measured")
        axes.set_xlabel("epoch")
        axes.set_ylabel("size of the change of $f$")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    most = rounded_up(float(max(np.abs(measured))), 1)
    return Picture(
        figure,
        f"Change of the loss at {len(epochs)} re-initialisations. The printed bound lies between {min(printed):.1g} "
        f"and {max(printed):.1g}; the measured change is at most {most:g} in size and lies on the "
        "exact expression.",
        caption=f"**The printed bound is never below {power(rounded_down(min(printed), 1))}; the change is at most "
        f"{power(most)}.** What is "
        "measured lies on the exact expression.",
    )


def loss_by_events(
    time: Sequence[float], loss: Sequence[float], redraws: Sequence[int], switches: Sequence[int]
) -> Picture:
    """The loss along a run, with its re-initialisations and switches marked."""
    times, values = np.asarray(time), np.asarray(loss)
    with style():
        figure = new(7.2, 3.8)
        axes = figure.subplots()
        axes.semilogy(times, values, color=BLUE)
        axes.semilogy(times[list(switches)], values[list(switches)], "o", color=VIOLET, markersize=5, label="switch")
        axes.semilogy(
            times[list(redraws)], values[list(redraws)], "v", color=ORANGE, markersize=8, label="re-initialisation"
        )
        axes.set_xlabel("iteration")
        axes.set_ylabel("loss $f$")
        axes.legend(loc="upper right")
    return Picture(
        figure,
        f"The loss over {times[-1] - times[0]} iterations falls from {values[0]:.2g} to {values[-1]:.2g}; "
        f"{len(redraws)} re-initialisations and {len(switches)} switches are marked.",
        caption=f"**The loss falls from {values[0]:.2g} to {values[-1]:.2g} through {len(redraws)} "
        f"re-initialisations and {len(switches)} "
        "switches.**",
    )
