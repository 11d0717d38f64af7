"""Figures of the chapter on constants that run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from tdbook.descent import Column, FreshEpoch
from tdbook.figures.style import (
    BLUE,
    COLOURS,
    DASHES,
    GREEN,
    GREY,
    ORANGE,
    Picture,
    new,
    power,
    rounded_down,
    rounded_up,
    style,
)
from tdbook.lemmas import Guarantee
from tdbook.validation import Array


def columns_needed(dimensions: Sequence[float], curves: Mapping[str, Sequence[float]]) -> Picture:
    """m against d on two logarithmic axes: what can be proved, beside the lazy threshold."""
    with style():
        figure = new(7.2, 4.2)
        axes = figure.subplots()
        for k, (name, values) in enumerate(curves.items()):
            axes.loglog(
                dimensions, values, color=COLOURS[k], linestyle=DASHES[k], marker="os^Dvp"[k], markersize=4, label=name
            )
        axes.set_xlabel("dimension $d$")
        axes.set_ylabel("columns $m$")
        axes.set_ylim(1.0, 1e8)
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    words = "; ".join(f"{name}: from {values[0]:.3g} to {values[-1]:.3g}" for name, values in curves.items())
    return Picture(
        figure,
        f"Columns against dimensions from {dimensions[0]:.0e} to {dimensions[-1]:.0e}. {words}.",
        caption=f"**Columns at $d=$ {power(dimensions[-1])}: "
        + ", ".join(f"{power(values[-1])} ({name})" for name, values in curves.items())
        + f".** At $d=$ {power(dimensions[0])} they are {', '.join(power(values[0]) for values in curves.values())}.",
    )


def one_epoch(plan: Guarantee, columns: Sequence[Column], correlations: Sequence[float]) -> Picture:
    """A lucky epoch step by step: norm and correlation above, the fall of the loss and the proved one below."""
    mass = np.array([column.mass for column in columns])
    A = np.array(correlations)
    gain = 2.0 * mass * A - mass**2  # what ||R||^2 has lost, relative
    steps = np.arange(len(columns))
    switch = next(k for k, column in enumerate(columns) if column.switched)
    proved = plan.proved_fall(float(A[0]))
    n_1, n_2, _ = plan.stages
    with style():
        figure = new(7.2, 5.2)
        above, below = figure.subplots(2, 1, sharex=True)
        above.semilogy(steps, np.sqrt(mass), color=BLUE, label=r"norm $\|u\|$")
        above.semilogy(steps, A, color=ORANGE, linestyle=DASHES[1], label="correlation $A$")
        above.axvline(switch, color=GREY, linewidth=1.0)
        above.annotate("switch", (switch, float(np.sqrt(mass).min())), xytext=(4, 2), textcoords="offset points")
        above.legend(loc="lower right")
        below.plot(steps, gain, color=GREEN, label=r"lost by $\|R\|^2$")
        below.axhline(proved, color=GREY, linestyle=DASHES[1], label="proved after $H$ steps")
        for name, n in (("$n_1$", n_1), ("$n_1+n_2$", n_1 + n_2)):
            below.axvline(n, color=GREY, linewidth=1.0, linestyle=DASHES[2])
            below.annotate(name, (n, 0.0), xytext=(-4, 12), textcoords="offset points", ha="right")
        below.set_xlabel("step")
        below.legend(loc=(0.62, 0.58))
    there = int(np.argmax(gain >= proved)) if (gain >= proved).any() else None
    falls = [k for k in np.flatnonzero(np.diff(A) < -1e-9) + 1 if k != switch]
    course = "never falls but at the switch" if not falls else f"falls at {len(falls)} steps"
    return Picture(
        figure,
        f"A column is born with norm {math.sqrt(mass[0]):.0e}, switches at step {switch} and "
        f"{'does not reach' if there is None else 'has'} the proved fall at step "
        f"{plan.iterations if there is None else there} of {plan.iterations}. Its correlation begins at {A[0]:.2f}, "
        f"ends at {A[-1]:.2f} and {course}; "
        f"the residual loses {100 * gain[-1]:.0f}% of its squared norm, {100 * proved:.0f}% are proved.",
    )


def falls(plan: Guarantee, epochs: Sequence[FreshEpoch]) -> Picture:
    """Every epoch's relative fall of ||R||^2 against the correlation of its draw, with the proved curve."""
    A = np.array([epoch.correlation for epoch in epochs])
    fall = np.array([1.0 - (epoch.after / epoch.before) ** 2 for epoch in epochs])
    lucky = plan.lucky(A, np.array([epoch.share for epoch in epochs]))
    curve = np.linspace(plan.threshold, 1.0, 100)
    with style():
        figure = new(7.2, 4.4)
        axes = figure.subplots()
        axes.scatter(A[~lucky], fall[~lucky], s=12, color=GREY, alpha=0.6, linewidth=0, label="other draws")
        axes.scatter(A[lucky], fall[lucky], s=18, color=BLUE, marker="^", linewidth=0, label="lucky draws")
        axes.plot(curve, plan.proved_fall(1.0) * curve**2, color=ORANGE, label="proved for lucky draws")
        axes.axvline(plan.threshold, color=GREY, linewidth=1.0, linestyle=DASHES[2])
        axes.set_xlabel("correlation $A_0$ at the start")
        axes.set_ylabel(r"relative fall of $\|R\|^2$ in the epoch")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    least = rounded_down(float((fall[lucky] / (plan.proved_fall(1.0) * A[lucky] ** 2)).min()), 3)
    return Picture(
        figure,
        f"{len(epochs)} epochs, {int(lucky.sum())} of them with a lucky draw. Every lucky one falls by at least "
        f"{least:g} times what is proved. Of the others {int((fall[~lucky] > 0.01).sum())} fall by more than 1% all "
        "the same.",
        caption=f"**Every lucky epoch falls by at least {least:g} times what is proved.** {int(lucky.sum())} of "
        f"{len(epochs)} epochs are lucky; "
        f"of the others {int((fall[~lucky] > 0.01).sum())} fall by more than 1% all the same.",
    )


def residuals(plan: Guarantee, curves: Mapping[str, Array]) -> Picture:
    """Root mean squares of ||R|| after each epoch for several kinds of targets, with the proved bound of the mean."""
    with style():
        figure = new(7.2, 4.2)
        axes = figure.subplots()
        longest = max(len(values) for values in curves.values())
        for k, (name, values) in enumerate(curves.items()):
            axes.semilogy(values, color=COLOURS[k % 6], linestyle=DASHES[k % 6], label=name)
        epochs = np.arange(longest)
        axes.semilogy(epochs, (1.0 - plan.rate) ** (epochs / 2), color=GREY, linewidth=2.5, label="proved")
        axes.axhline(plan.accuracy, color=GREY, linewidth=1.0, linestyle=DASHES[2])
        axes.set_xlabel("epoch")
        axes.set_ylabel(r"root mean square of $\|T-T^*\|$")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    ends = ", ".join(f"{name} {values[-1]:.1e}" for name, values in curves.items())
    return Picture(
        figure,
        f"After {longest - 1} epochs the root mean squares are: {ends}. "
        f"Proved is {(1 - plan.rate) ** ((longest - 1) / 2):.2f}.",
        caption=f"**After {longest - 1} epochs every kind is below "
        f"{power(rounded_up(max(float(values[-1]) for values in curves.values()), 1))}; "
        f"proved is {(1 - plan.rate) ** ((longest - 1) / 2):.2f}.** Root mean squares over the runs of each kind "
        "of target.",
    )
