"""Live figure of the chapter on the escape: a fresh column leaves a bad local minimum, in the page.

The page's script is book/_static/live-escape.js; here is what it starts from, and the same epoch by the library.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from tdbook import lemmas
from tdbook.descent import Settings, State, exact_gradient, step, with_fresh_component
from tdbook.figures.live.intro import BOUND, RunInPage
from tdbook.figures.live.parts import Choice, Control, Switch
from tdbook.figures.live.series import spoken
from tdbook.figures.style import BLUE, DASHES, GREEN, GREY, Picture, new, style
from tdbook.objectives import loss
from tdbook.tensors import SymmetricCP

ORDER, PLANE, COMPONENTS = 3, 2, 4
EPOCHS, ITERATIONS, STEP_SIZE, SIZE, LAMBDA = 1, 200, 0.04, 1e-5, 0.01
ROUNDING = 1e-9  # a correlation below this is zero
CONTROLS: tuple[Control, ...] = (
    Choice("angle", "direction", range(0, 360, 5), [f"{angle}°" for angle in range(0, 360, 5)], start=24),
    Choice("d", "dimension *d*", (10, 100, 1000), start=1),
    Switch("boost", "boost", start=1),
    Switch("switch", "switch", start=1),
    Choice("done", "epochs done", (0, 1)),
)


@dataclass(frozen=True)
class Setup:
    """What the reader has chosen."""

    angle: int = 120
    d: int = 100
    boost: bool = True
    switch: bool = True

    @classmethod
    def of(cls, state: dict[str, str]) -> Setup:
        chosen = {control.name: state.get(control.name, control.keys[control.start]) for control in CONTROLS}
        return cls(int(chosen["angle"]), int(chosen["d"]), chosen["boost"] == "on", chosen["switch"] == "on")

    @cached_property
    def settings(self) -> Settings:
        return Settings(
            dimension=self.d, components=COMPONENTS, epochs=EPOCHS, iterations=ITERATIONS, step_size=STEP_SIZE,
            init_scale=SIZE, regularization=LAMBDA, accuracy=0.05, literal=True, switch=self.switch,
            boost=None if self.boost else 1.0,
        )  # fmt: skip

    @cached_property
    def minimum(self) -> tuple[SymmetricCP, State]:
        """The bad local minimum in the plane and one direction outside it, where the fresh column will stand."""
        return lemmas.bad_minimum(PLANE + 1, ORDER, COMPONENTS, LAMBDA)

    def states(self) -> Iterator[State]:
        """The state with the fresh column, and the one after each step; no more once a column has left all bounds."""
        target, stuck = self.minimum
        share, turn = math.sqrt(PLANE / self.d), math.radians(self.angle)
        U = stuck.parameters.U.copy()
        U[:, 0] = SIZE * np.array([share * math.cos(turn), share * math.sin(turn), math.sqrt(1.0 - share**2)])
        inside = replace(self.settings, dimension=PLANE + 1, boost=self.settings.initial_kappa)
        state = with_fresh_component(stuck, inside, U, 0, 1.0)
        gradient = exact_gradient(target, LAMBDA)
        yield state
        for _ in range(ITERATIONS):
            state = step(state, gradient, inside)
            yield state
            if state.parameters.norms.max() > BOUND:
                return


@dataclass(frozen=True)
class Facts:
    """What the lemmas bound, after some steps of an epoch: numbers of the library.

    Attributes
    ----------
    born : float
        Correlation at birth, in units of the residual's norm.
    inside, outside, losses : list of float
        ||P_S u||, ||P_B U||_F and f after each step.
    """

    born: float
    inside: list[float]
    outside: list[float]
    losses: list[float]

    @classmethod
    def of(cls, setup: Setup, states: list[State]) -> Facts:
        target = setup.minimum[0]
        points = [state.parameters for state in states]
        size = lemmas.projected_model(points[0], ORDER, np.eye(PLANE + 1, PLANE)).distance(target)
        born = lemmas.correlation(points[0], target, 0) / size
        return cls(
            born if abs(born) > ROUNDING else 0.0,
            [float(np.linalg.norm(point.U[:PLANE, 0])) for point in points],
            [math.sqrt(lemmas.outside_mass(point, target)) for point in points],
            [loss(point, target, LAMBDA) for point in points],
        )


def strength() -> float:
    """The correlation from which on a birth counts as lucky: one in five is, whatever the residual."""
    return lemmas.measured_strength(ORDER, PLANE)


def said(state: dict[str, str]) -> str:
    """The sentence of a state; the page's script says it alike."""
    setup = Setup.of(state)
    states = list(setup.states())
    if state.get("done", "0") == "0":
        states = states[:1]
    if states[-1].parameters.norms.max() > BOUND:
        return (
            f"The run is lost: in step {len(states) - 1} a column became longer than {BOUND:.0f}. Without the switch "
            f"the boost of {spoken(setup.settings.initial_kappa, 2)} stays in the gradient for ever, and steps of this "
            "size are too long for it: leave out the boost as well, or neither."
        )
    facts = Facts.of(setup, states)
    lucky = "lucky" if facts.born <= -strength() else "not lucky"
    first = (
        f"A fresh column at {setup.angle} degrees in dimension {setup.d} starts with a correlation of "
        f"{spoken(facts.born, 2)}, which is {lucky}."
    )
    if len(states) == 1:
        return (
            f"{first} Its part in the plane is {spoken(facts.inside[0], 2)} long, and the loss is "
            f"{spoken(facts.losses[0], 2)}."
        )
    fall = facts.losses[0] - facts.losses[-1]
    fell = "hardly moved" if abs(fall) < 0.005 else f"{'fallen' if fall > 0 else 'risen'} by {abs(fall):.2f}"
    return (
        f"{first} After {len(states) - 1} steps its part in the plane is "
        f"{spoken(facts.inside[-1] / facts.inside[0], 2)} times as long, and the loss has {fell}."
    )


class EscapeInPage(RunInPage):
    """An epoch from a bad local minimum, computed by the page."""

    script = "escape"
    controls = CONTROLS

    def say(self, **state: str) -> str:
        return said(state)

    def packed(self) -> dict[str, Any]:
        target, stuck = Setup().minimum
        return {
            "title": self.title,
            "controls": [control.packed() for control in CONTROLS],
            "target": {"weights": target.weights.tolist(), "columns": target.factors[:PLANE].T.tolist()},
            "stuck": stuck.parameters.U[:PLANE].T.tolist(),
            "fixed": {"size": SIZE, "lambda": LAMBDA}, "gamma": strength(),
            "order": ORDER, "plane": PLANE, "epochs": EPOCHS, "iterations": ITERATIONS, "stepSize": STEP_SIZE,
            "bound": BOUND, "rounding": ROUNDING,
        }  # fmt: skip


def escape() -> EscapeInPage:
    """A fresh column leaves a bad local minimum; the reader turns its direction."""
    return EscapeInPage(
        "leaving",
        "The escape of a fresh column",
        _still(Setup()),
        r"<p><b>A tiny column finds a way out of a bad local minimum, and its part outside the plane stays tiny.</b> "
        r"The plane is \(S\), the height is what lies outside; both are logarithmic. Four columns sit in the minimum, "
        r"along the grey line; one of them is re-initialised, in blue. A direction in the green part of the rim would "
        r"be lucky now. The numbers are those of Lemmas 5 to 9, green once there is something to see. <b>Turn</b> the "
        r"triangle and <b>play</b>: a lucky start escapes in every dimension, and some unlucky ones do. Then leave out "
        r"the <b>boost</b> at \(d=1000\).</p>",
        "tdbook.figures.live.escape.escape",
        [
            {"done": "1"},
            {"angle": "45", "done": "1"},
            {"angle": "60", "done": "1"},
            {"angle": "90", "done": "1"},
            {"d": "1000", "done": "1"},
            {"d": "1000", "boost": "off", "done": "1"},
        ],
    )


def _still(setup: Setup) -> Picture:
    """Lengths in the plane and outside, and the loss, through the epoch."""
    facts = Facts.of(setup, list(setup.states()))
    with style():
        figure = new(7.2, 2.8)
        left, right = figure.subplots(1, 2)
        left.semilogy(facts.inside, color=BLUE, label="in the plane")
        left.semilogy(facts.outside, color=GREY, linestyle=DASHES[1], label="outside")
        left.legend()
        left.set(xlabel="step")
        left.set_title("length of the fresh column")
        right.plot(facts.losses, color=GREEN)
        right.set(xlabel="step", ylim=(0, 0.5))
        right.set_title("loss")
    return Picture(
        figure,
        f"Two plots over {ITERATIONS} steps in dimension {setup.d}. Left, a fresh column: its part in the plane of the "
        f"target grows from {facts.inside[0]:.1e} to {facts.inside[-1]:.2f}, what is outside the plane never exceeds "
        f"{max(facts.outside):.1e}. Right, the loss falls from {facts.losses[0]:.2f} to {facts.losses[-1]:.2f}.",
    )
