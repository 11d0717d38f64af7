"""Live figure: the norms of all components through the epochs of Algorithm 1, and its ablations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tdbook.descent import Run, Settings, practical_settings, run
from tdbook.descent.running import trace_interval
from tdbook.figures.live.core import Live
from tdbook.figures.live.parts import Axis, Choice, Line, Plot, Points, Rule, Slider
from tdbook.figures.live.series import Series, spelt
from tdbook.figures.style import COLOURS, DASHES, GREY, Picture, new, style
from tdbook.tensors import random_target

DIMENSION, RANK, COMPONENTS, ACCURACY, EPOCHS, ITERATIONS = 30, 3, 6, 0.02, 8, 240
ORDERS, SEEDS = (3, 4), (0, 3, 4)
# What each variant changes in the settings; "designed" is Algorithm 1.
VARIANTS: dict[str, dict[str, Any]] = {
    "designed": {},
    "no-redraw": {"reinitialize": False},
    "no-boost": {"boost": 1.0},
    "no-switch": {"switch": False},
}
NAMES = ("as designed", "no re-initialisation", "no boost", "no switch")
GROWN = 0.1
# One history point in so many makes a frame.
_EVERY = 3
_HIGHEST = 1e3


@dataclass(frozen=True, eq=False)
class Trace:
    """A run at the frames of the figure; what lies beyond the end of a run that blew up is NaN.

    Attributes
    ----------
    norms : ndarray of shape (m, frames)
    loss : ndarray of shape (frames,)
    switches : ndarray of shape (2, 2 m + K)
        Iteration and norm of each switch, then NaN.
    redrawn : ndarray of shape (K,)
        The component drawn anew in each epoch, or NaN.
    errors : ndarray of shape (K,)
        Relative error at the end of each epoch.
    """

    norms: np.ndarray
    loss: np.ndarray
    switches: np.ndarray
    redrawn: np.ndarray
    errors: np.ndarray


def settings_of(order: int, variant: str) -> Settings:
    """The settings of a variant: those of the chapter's run, with all epochs run."""
    target = random_target(DIMENSION, RANK, order, rng=100)
    base = practical_settings(target, COMPONENTS, ACCURACY, epochs=EPOCHS, iterations=ITERATIONS, literal=True)
    return replace(base, **VARIANTS[variant])


def frames() -> np.ndarray:
    """The iterations of the frames: within each epoch from its redraw on, and the end of the last."""
    every = _EVERY * trace_interval(settings_of(ORDERS[0], "designed"))
    return np.append(np.arange(0, EPOCHS * ITERATIONS, every), EPOCHS * ITERATIONS)


def trace(order: int, variant: str, seed: int) -> Trace:
    """Run a variant on the chapter's target of that order and look at it in the figure's frames."""
    result = run(random_target(DIMENSION, RANK, order, rng=100), settings_of(order, variant), seed)
    return _trace(result)


def _trace(result: Run) -> Trace:
    history, m = result.history, result.settings.components
    time, norms = np.array(history.time), np.array(history.norms)
    # of two points at the same iteration the later one is after the redraw, and that is the frame
    last = {int(iteration): index for index, iteration in enumerate(time)}
    chosen = [last.get(int(iteration)) for iteration in frames()]
    seen = np.array([np.full(m, np.nan) if k is None else norms[k] for k in chosen])
    loss = np.array([np.nan if k is None else history.loss[k] for k in chosen])
    seen[~(seen < _HIGHEST)], loss[~(loss < _HIGHEST)] = np.nan, np.nan
    rises = np.argwhere(np.diff(np.array(history.switched).astype(int), axis=0) > 0)
    switches = np.full((2, 2 * m + EPOCHS), np.nan)
    for place, (k, i) in enumerate(rises):
        switches[:, place] = time[k + 1], norms[k + 1, i]
    switches[:, ~(switches[1] < _HIGHEST)] = np.nan
    redrawn, errors = np.full(EPOCHS, np.nan), np.full(EPOCHS, np.nan)
    for record in history.epochs:
        errors[record.epoch - 1] = record.error
        if record.reinitialized is not None:
            redrawn[record.epoch - 1] = record.reinitialized
    return Trace(seen.T, loss, switches, redrawn, errors)


def _words(one: Trace) -> dict[str, list[str]]:
    """For each frame: what the present epoch drew anew, what is reached, and how many components have grown."""
    drawn, reached, grown = [], [], []
    for k, iteration in enumerate(frames()):
        epoch = min(int(iteration) // ITERATIONS, EPOCHS - 1)
        alive = np.isfinite(one.loss[k])
        j = one.redrawn[epoch]
        drawn.append(
            f"component {j + 1:.0f} was drawn anew in it" if np.isfinite(j) else "nothing was drawn anew in it"
        )
        done = one.errors[: int(iteration) // ITERATIONS]
        if not alive:
            reached.append("the norms have blown up")
        elif not done.size:
            reached.append("no epoch has ended yet")
        else:
            within = "within" if done[-1] <= ACCURACY else "above"
            reached.append(f"the last full epoch ended with a relative error {within} {ACCURACY}")
        long = int((one.norms[:, k] > GROWN).sum())
        grown.append(
            f"{long} of {COMPONENTS} components are longer than {GROWN}" if alive else "nothing is finite any more"
        )
    return {"drawn": drawn, "reached": reached, "grown": grown}


def norms(orders: Sequence[int] = ORDERS, seeds: Sequence[int] = SEEDS) -> Live:
    """The norms of six components through eight epochs, with switches and redraws, and the loss below."""
    keys, middle = list(VARIANTS), len(seeds) // 2
    traces = [[[trace(order, variant, seed) for seed in seeds] for variant in keys] for order in orders]
    shape = (len(orders), len(keys), len(seeds))
    every = [one for by_variant in traces for by_seed in by_variant for one in by_seed]
    told = [_words(one) for one in every]
    state = ("order", "variant", "seed")
    starts, ends = ITERATIONS * np.arange(EPOCHS), ITERATIONS * np.arange(1, EPOCHS + 1)
    redrawn = np.array([one.redrawn for one in every]).reshape(*shape, 1, EPOCHS)
    numbers = np.arange(COMPONENTS)[:, None]
    scale = np.array([settings_of(order, "designed").init_scale for order in orders])
    triangles = np.where(redrawn == numbers, scale[:, None, None, None, None], np.nan)
    threshold = [settings_of(order, "designed").switch_norm for order in orders]

    def collected(name: str, *rest: int) -> np.ndarray:
        return np.array([getattr(one, name) for one in every]).reshape(*shape, *rest)

    def words(name: str) -> np.ndarray:
        return np.array([one[name] for one in told]).reshape(*shape, -1)

    series = {
        "time_": Series(("time",), frames(), 1),
        "norm": Series((*state, "component", "time"), collected("norms", COMPONENTS, -1), 0.01, log=True),
        "loss": Series((*state, "time"), collected("loss", -1), 0.005, log=True),
        "loss_said": spelt((*state, "time"), collected("loss", -1), "2"),
        "switch_time": Series((*state, "event"), collected("switches", 2, -1)[..., 0, :], 1),
        "switch_norm": Series((*state, "event"), collected("switches", 2, -1)[..., 1, :], 0.01, log=True),
        "start": Series(("epoch",), starts, 1),
        "end": Series(("epoch",), ends, 1),
        "redraw": Series((*state, "component", "epoch"), triangles, 0.01, log=True),
        "error": Series((*state, "epoch"), collected("errors", -1), 0.005, log=True),
        "threshold": Series(("order",), threshold, log=True),
        "number": Series(("time",), np.minimum(frames() // ITERATIONS + 1, EPOCHS), 1),
        **{name: Series((*state, "time"), words(name)) for name in ("drawn", "reached", "grown")},
    }
    rules = [Rule(x=float(start), dash=2) for start in starts[1:]]
    axis = Axis("iteration", 0, EPOCHS * ITERATIONS)
    panels = [
        Plot(
            "norms of the six components",
            [
                *rules,
                Rule(y="threshold", dash=1, label="switching norm 2√(*m*+*K*) *δ*"),
                Line(x="time_", y="norm", along="time", each="component", colour="each", cut="faint", width=1.8),
                Points(x="start", y="redraw", along="epoch", each="component", colour="each", shape="down", size=5,
                       until="time", label="drawn anew"),
                Points(x="switch_time", y="switch_norm", along="event", colour="grey", hollow=True, size=4.5,
                       until="time", label="scalar mode switch"),
            ],
            axis,
            Axis("‖*u*ᵢ‖", 1e-7, 10.0, scale="log"),
            height=300,
            share=2,
        ),
        Plot(
            "loss, and relative error at the end of each epoch",
            [
                *rules,
                Rule(y=ACCURACY, dash=1, label="*ε*", colour="orange", side="left"),
                Line(x="time_", y="loss", along="time", cut="faint", label="loss *f*"),
                Points(x="end", y="error", along="epoch", colour="orange", shape="diamond", size=4.5, until="time",
                       label="relative error"),
            ],
            axis,
            Axis("", 3e-4, 3.0, scale="log"),
            height=190,
            share=2,
        ),
    ]  # fmt: skip
    return Live(
        "norms",
        "Six components through eight epochs",
        picture=_still(traces[-1][0][middle], traces[-1][1][middle], orders[-1], seeds[middle]),
        controls=[
            Slider("time", "iteration", frames().tolist(), start=len(frames()) - 1, play=16),
            Choice("variant", "Algorithm 1", keys, NAMES),
            Choice("order", "order *l*", orders, start=len(orders) - 1),
            Choice("seed", "seed", seeds, start=middle),
        ],
        series=series,
        panels=panels,
        say="Order {order}, seed {seed}, {variant}: at iteration {time}, in epoch {number}, {grown}, and the "
        "loss is {loss_said}; {drawn}; {reached}.",
        caption=r"<p>The target has rank 3, so three long components are enough. <b>Try</b> to play a run from its "
        r"start: all components leap, most fall back, and each epoch a triangle marks the shortest one as it is drawn "
        r"anew. Then leave out the <b>re-initialisation</b> and compare the seeds: what is missing after the first "
        r"epoch stays missing. Without the <b>boost</b> nothing leaps, and growth takes longer; without the "
        r"<b>switch</b> the run is over at once.</p>",
        source="tdbook.figures.live.algorithm.norms",
        tell=[
            {"variant": "no-redraw"},
            {"variant": "no-boost", "time": str(ITERATIONS)},
            {"variant": "no-switch"},
            {"order": str(orders[0]), "variant": "no-redraw", "seed": str(seeds[0])},
        ],
    )


def _still(designed: Trace, without: Trace, order: int, seed: int) -> Picture:
    """Norms of one seed, as designed and without re-initialisation, side by side."""
    with style():
        figure = new(7.4, 3.6)
        panels = figure.subplots(1, 2, sharey=True)
        for axes, one, name in zip(panels, (designed, without), NAMES[:2], strict=True):
            for start in range(ITERATIONS, EPOCHS * ITERATIONS, ITERATIONS):
                axes.axvline(start, color=GREY, linewidth=0.6, alpha=0.5)
            for i, line in enumerate(one.norms):
                axes.semilogy(frames(), line, color=COLOURS[i], linestyle=DASHES[i], linewidth=1.5)
                born = np.flatnonzero(one.redrawn == i) * ITERATIONS
                axes.plot(born, np.interp(born, frames(), line), "v", color=COLOURS[i], markersize=7)
            axes.axhline(settings_of(order, "designed").switch_norm, color=GREY, linestyle=DASHES[1], linewidth=1.2)
            axes.set_title(f"{name}: error {one.errors[-1]:.2g}")
            axes.set_xlabel("iteration")
        panels[0].set_ylabel(r"$\|u_i\|$")
    grown = [int((one.norms[:, -1] > GROWN).sum()) for one in (designed, without)]
    return Picture(
        figure,
        f"Norms of {COMPONENTS} components over {EPOCHS} epochs of {ITERATIONS} iterations for a target of rank {RANK} "
        f"and order {order}, seed {seed}. Left, as designed: {grown[0]} components end longer than {GROWN}, the "
        f"relative error is {designed.errors[-1]:.2g}. Right, without re-initialisation: {grown[1]} components, error "
        f"{without.errors[-1]:.2g}.",
    )
