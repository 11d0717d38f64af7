"""Live figure: the trap of Re z^3, with a component that starts where the reader puts it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tdbook import validation
from tdbook.descent import BufferedLoop, State, drive, practical_settings
from tdbook.figures.live.core import Live
from tdbook.figures.live.parts import Arrows, Axis, Choice, Field, Line, Plane, Plot, Points, Rule, Slider, Switch, Text
from tdbook.figures.live.series import Series
from tdbook.figures.style import BLUE, DASHES, GREY, ORANGE, Picture, new, style
from tdbook.figures.traps import added_to, disk, hills
from tdbook.landscape import arrows_minimum, homogeneous_trap, three_arrows
from tdbook.objectives import Parameters

TRAPPED = 3  # components in the trap; the reader's is one more
EPOCHS, ITERATIONS, EVERY = 5, 160, 8
REACH = 1.5
# 0 and 180 degrees are left out: there rounding alone decides on which side a component leaves the axis.
ANGLES = tuple(range(15, 360, 30))
RADII = (0.2, 0.8)
REGULARIZATIONS = (0.05, 0.1, 0.3)


@dataclass(frozen=True, eq=False)
class Flow:
    """A run from a start in the plane, looked at every few iterations.

    Attributes
    ----------
    points : ndarray of shape (frames, 2, m)
        a_i u_i: for odd order a component of sign -1 is one of sign +1 on the other side. NaN for a component in the
        frame in which it is thrown away.
    losses : ndarray of shape (frames,)
    residuals : ndarray of shape (frames, 4)
        Entries 111, 112, 122, 222 of T* - T.
    held : ndarray of int, shape (frames,)
        How many of the three arrows carry at least half of what the minimum gives them.
    """

    points: np.ndarray
    losses: np.ndarray
    residuals: np.ndarray
    held: np.ndarray


def frames() -> np.ndarray:
    """The iterations of the frames."""
    return np.arange(0, EPOCHS * ITERATIONS + 1, EVERY)


def flows(angle: float, radius: float, regularization: float, seed: int = 0) -> tuple[Flow, Flow]:
    """Descent of four components, three in the trap of Re z^3 and one at a chosen point; without and with redraws.

    The first epoch is the same in both. Then, in the second flow, the shortest component is drawn anew at the start of
    each epoch, as Algorithm 1 does. The boost is left out, so that the movement is nearly a gradient flow.

    Parameters
    ----------
    angle, radius : float
        Degrees, and norm, of the fourth component at the start.
    regularization : float
        lambda.
    seed : int
        Of the redraws.
    """
    trap = homogeneous_trap(3, 1, TRAPPED, 2, regularization)
    norm = trap.target.norm()
    unit = trap.target.scaled(1.0 / norm)
    settings = practical_settings(
        unit,
        TRAPPED + 1,
        epochs=EPOCHS,
        iterations=ITERATIONS,
        step_size=0.5 / trap.order**2,
        init_scale=0.01,
        regularization=regularization / norm,
    )
    turn = math.radians(angle)
    added = validation.real("radius", radius) * np.array([[math.cos(turn)], [math.sin(turn)]])
    # f / ||T*||^2 is the loss for T*/||T*||, U/sqrt(||T*||) and lambda/||T*||
    point = Parameters.two_homogeneous(np.hstack([trap.U, added]) / math.sqrt(norm), np.ones(TRAPPED + 1))
    start = State(point, np.zeros(TRAPPED + 1, dtype=bool))
    settings = replace(settings, boost=1.0, reinitialize=False)
    loop = BufferedLoop(unit, settings, EVERY)
    first = [start, *loop(start)]

    def following(redraw: bool) -> Flow:
        rest = drive(
            replace(first[-1], epoch=1), loop, replace(settings, reinitialize=redraw), np.random.default_rng(seed)
        )
        return _flow([*first, *rest], norm, regularization)

    return following(False), following(True)


def _flow(states: list[State], scale: float, regularization: float) -> Flow:
    """The frames of a run on T*/||T*||, in units of T*: where an epoch begins, its first state and not the last one."""
    trap = homogeneous_trap(3, 1, TRAPPED + 1, 2, regularization)
    states = [state for state in states if state.iteration < ITERATIONS] + states[-1:]
    gone = [
        (frame, state.reinitialized)
        for frame, state in enumerate(states)
        if state.iteration == 0 and state.reinitialized is not None
    ]
    U = math.sqrt(scale) * np.array([state.parameters.U for state in states])
    signs = np.array([state.parameters.a for state in states])
    T = np.einsum("fm,fim,fjm,fkm->fijk", trap.term_weights(U, signs)[0], U, U, U)
    residuals = (trap.target.to_dense() - T)[:, (0, 0, 0, 1), (0, 0, 1, 1), (0, 1, 1, 1)]
    shown = signs[:, None] * U
    arrows = three_arrows(1, 2)
    along = np.einsum("ik,fim->fkm", arrows.factors, shown)
    near = np.where(along > 0.9 * np.linalg.norm(shown, axis=1)[:, None], along**2, 0.0).sum(axis=2)
    held = (near > 0.5 * arrows.weights * (1.0 - regularization)).sum(axis=1)
    losses = trap.loss(U, signs)
    for frame, component in gone:
        shown[frame, :, component] = math.nan
    return Flow(shown, losses, residuals, held)


def _cubic(entries: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """w -> R(w, w, w) for the symmetric R in the plane with entries 111, 112, 122, 222."""
    return lambda w: sum(math.comb(3, k) * entries[k] * w[0] ** (3 - k) * w[1] ** k for k in range(4))


def _grids(side: int = 33) -> np.ndarray:
    """What one more component changes, as a sum: a grid for each entry of T* - T, for 1 and for lambda."""
    axis = np.linspace(-REACH, REACH, side)
    points = np.vstack([part.ravel() for part in np.meshgrid(axis, axis)])
    made = [added_to(_cubic(unit), points, 0.0) for unit in np.eye(4)]
    plain = added_to(_cubic(np.zeros(4)), points, 0.0)
    made = [one - plain for one in made] + [plain, added_to(_cubic(np.zeros(4)), points, 1.0) - plain]
    return np.array(made).reshape(6, side, side)


_HELD = (
    "no arrow is held",
    "only the first arrow is held",
    "two of the three arrows are held",
    "all three arrows are held",
)


def re_z3(
    angles: Sequence[float] = ANGLES,
    radii: Sequence[float] = RADII,
    regularizations: Sequence[float] = REGULARIZATIONS,
    seed: int = 0,
) -> Live:
    """Where a component that joins the trap of Re z^3 goes, and what drawing one anew changes."""
    runs = [[[flows(angle, radius, lam, seed) for lam in regularizations] for radius in radii] for angle in angles]
    shape = (len(angles), len(radii), len(regularizations), 2)
    every = [flow for by_radius in runs for by_lambda in by_radius for pair in by_lambda for flow in pair]
    points = np.array([flow.points for flow in every]).reshape(*shape, len(frames()), 2, TRAPPED + 1)
    points = np.moveaxis(points, 4, -1)  # the smoothest dimension last: ..., coordinate, component, frame
    residuals = np.array([flow.residuals for flow in every]).reshape(*shape, len(frames()), 4)
    constants = np.ones((*shape, len(frames()), 1))
    weights = np.concatenate(
        [residuals, constants, constants * np.array(regularizations)[None, None, :, None, None, None]], axis=-1
    )
    held = np.array([flow.held for flow in every]).reshape(*shape, -1)
    start = ("angle", "radius", "lambda", "renew")
    turns, arrows = np.radians(angles), three_arrows(1, 2).factors
    series = {
        "x": Series((*start, "time"), points[..., 0, TRAPPED, :], 0.01),
        "y": Series((*start, "time"), points[..., 1, TRAPPED, :], 0.01),
        "others_x": Series((*start, "other", "time"), points[..., 0, :TRAPPED, :], 0.01),
        "others_y": Series((*start, "other", "time"), points[..., 1, :TRAPPED, :], 0.01),
        "loss": Series((*start, "time"), np.array([flow.losses for flow in every]).reshape(*shape, -1), 0.01),
        "held": Series((*start, "time"), np.array(_HELD)[held]),
        "time_": Series(("time",), frames(), 1),
        "trap": Series(("lambda",), [homogeneous_trap(3, 1, 1, 2, lam).value for lam in regularizations], 0.01),
        "minimum": Series(("lambda",), [arrows_minimum(1, lam) for lam in regularizations], 0.01),
        "grids": Series(("term", "row", "column"), _grids(), 0.01),
        "weights": Series((*start, "term", "time"), np.moveaxis(weights, -1, -2), 0.02),
        "start_x": Series(("angle", "radius"), np.outer(np.cos(turns), radii), 0.001),
        "start_y": Series(("angle", "radius"), np.outer(np.sin(turns), radii), 0.001),
        "all_x": Series(("start",), np.outer(np.cos(turns), radii).ravel(), 0.001),
        "all_y": Series(("start",), np.outer(np.sin(turns), radii).ravel(), 0.001),
        "arrow_x": Series(("arrow",), arrows[0], 0.001),
        "arrow_y": Series(("arrow",), arrows[1], 0.001),
    }
    controls = [
        Slider("time", "iteration", frames().tolist(), start=0, play=14),
        Slider("angle", "angle of yours", angles, [f"{angle:g}°" for angle in angles], start=1),
        Choice("radius", "its norm", radii, start=len(radii) - 1),
        Choice("lambda", "*λ*", regularizations, start=0),
        Switch("renew", "re-initialise the shortest at each epoch"),
    ]
    plane = Plane(
        "one more component, placed here, brings",
        [
            Field(grids="grids", weights="weights", along="term", reach=REACH, top=0.75, ceiling=3.0, line=-0.01,
                  label=("a gain", "a loss")),
            Arrows(x="arrow_x", y="arrow_y", along="arrow", colour="ink", width=2.4),
            Text(x=0.72, y=-0.36, text="the trap", colour="ink"),
            Points(x="all_x", y="all_y", along="start", size=2, colour="grey", hollow=True),
            Line(x="others_x", y="others_y", along="time", each="other", colour="amber", cut="hide", width=1.6),
            Points(x="others_x", y="others_y", along="other", colour="amber", shape="diamond", size=5,
                   label="three components from the trap"),
            Line(x="x", y="y", along="time", colour="pink", cut="hide", width=2.4),
            Points(x="x", y="y", colour="pink", size=6.5, label="yours"),
        ],
        reach=REACH,
        pick=("start_x", "start_y"),
    )  # fmt: skip
    fit = Plot(
        "the loss",
        [
            *(Rule(x=float(epoch * ITERATIONS), dash=2, when={"renew": ("on",)}) for epoch in range(1, EPOCHS)),
            Rule(y="trap", label="the trap", colour="orange"),
            Rule(y="minimum", label="global minimum", colour="green"),
            Line(x="time_", y="loss", along="time", cut="faint", width=2.4),
        ],
        Axis("iteration", 0, EPOCHS * ITERATIONS),
        Axis("loss *f*", 0.0, 3.2),
        height=300,
    )
    return Live(
        "re-z3",
        "Stuck in the trap, freed by a redraw",
        picture=_still(runs, angles, radii, regularizations),
        controls=controls,
        series=series,
        panels=[plane, fit],
        say="Your component started at {angle} with norm {radius}, λ = {lambda}, re-initialisation {renew}. "
        "After {time} iterations the loss is {loss:.2f}, the trap lies at {trap:.2f}, the global minimum at "
        "{minimum:.2f}; {held}.",
        caption=r"<p>Three components lie in the trap, on the first of three arrows; yours starts at the small ring "
        r"nearest to where you press the disk, or where the controls say. <b>Try</b> all angles at both norms. Within "
        r"\(55^\circ\) of the trap your component falls back into it, beyond that it finds an arrow; the other arrow "
        r"stays missing, for a component that has settled leaves no other one free. Then <b>switch on</b> the "
        r"re-initialisation: at every dotted line the shortest component is thrown away, and a new one begins at zero, "
        r"where all directions meet.</p>",
        source="tdbook.figures.live.traps.re_z3",
        tell=_telling(angles, radii, regularizations),
    )


def _telling(angles: Sequence[float], radii: Sequence[float], lams: Sequence[float]) -> list[dict[str, str]]:
    """The ends of the reader's first start, without and with redraws, and of one that finds an arrow by itself."""
    end = str(EPOCHS * ITERATIONS)
    late = f"{angles[min(2, len(angles) - 1)]:g}"
    return [{"time": end}, {"time": end, "renew": "on"}, {"time": end, "angle": late}]


def _still(runs: list, angles: Sequence[float], radii: Sequence[float], lams: Sequence[float]) -> Picture:
    """The first start at its end, with redraws: the ways of all components, and the loss of both runs."""
    angle, lam = angles[min(1, len(angles) - 1)], lams[0]
    stuck, freed = runs[min(1, len(angles) - 1)][-1][0]
    with style():
        figure = new(7.4, 3.9)
        left, right = figure.subplots(1, 2, width_ratios=(1, 1.05))
        X, Y = disk(left, REACH)
        points = np.vstack([X.ravel(), Y.ravel()])
        gain = added_to(_cubic(freed.residuals[0]), points, lam)
        hills(left, X, Y, gain.reshape(X.shape), 0.75, REACH)
        for tip in three_arrows(1, 2).factors.T:
            left.annotate("", tip, xytext=(0, 0), arrowprops={"arrowstyle": "-|>", "color": "#222222", "linewidth": 2})
        for i in range(TRAPPED + 1):
            mine = i == TRAPPED
            colour = "#a84a86" if mine else "#e0a100"
            left.plot(*freed.points[:, :, i].T, color=colour, linewidth=2 if mine else 1.4)
            left.plot(
                *freed.points[-1, :, i], "o" if mine else "D", color=colour, markeredgecolor="#222222", markersize=8
            )
        left.set_title("what one more component gains", fontsize=11)
        for flow, name, colour, dash in (
            (stuck, "descent alone", ORANGE, DASHES[0]),
            (freed, "with redraws", BLUE, DASHES[1]),
        ):
            right.plot(frames(), flow.losses, color=colour, linestyle=dash, label=name)
        for level, name in (
            (homogeneous_trap(3, 1, 1, 2, lam).value, "the trap"),
            (arrows_minimum(1, lam), "global minimum"),
        ):
            right.axhline(level, color=GREY, linewidth=1)
            right.annotate(name, (EPOCHS * ITERATIONS, level), xytext=(0, 4), textcoords="offset points", ha="right")
        right.set_xlabel("iteration")
        right.set_ylabel("loss $f$")
        right.legend(loc="upper right")
    return Picture(
        figure,
        f"Left: a disk with three arrows 120 degrees apart; a component that starts at {angle:g} degrees beside three "
        f"in the trap, and the ways of all four with redraws. Right: the loss over {EPOCHS * ITERATIONS} iterations, "
        f"from {stuck.losses[0]:.2f}: descent alone ends at {stuck.losses[-1]:.2f}, "
        f"with redraws at {freed.losses[-1]:.2f}.",
    )
