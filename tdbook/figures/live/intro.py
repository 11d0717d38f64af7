"""Live figure of the Introduction: Algorithm 1 runs in the page, on a target in a plane of R^d.

The page's script (book/_static/live-run.js) takes its random numbers from here, so the library can make the same run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np

from tdbook.descent import Settings, State, exact_gradient, step
from tdbook.descent.coordinates import InLaw
from tdbook.descent.steps import smallest_column, with_fresh_component
from tdbook.figures.live.page import OnPage
from tdbook.figures.live.parts import Choice, Control, Switch
from tdbook.figures.live.series import spoken
from tdbook.figures.style import COLOURS, GREY, Picture, new, style
from tdbook.objectives import Parameters, model
from tdbook.tensors import SymmetricCP, unit_columns
from tdbook.validation import Array

ORDER, PLANE, MOST = 3, 2, 6  # l, s, and the largest m
EPOCHS, ITERATIONS, STEP_SIZE = 6, 100, 1 / 9
GROWN, BOUND = 0.1, 1e3  # a grown norm, and one that has left all bounds
ANGLES = {"1": (40,), "2": (20, 110), "3": (20, 90, 160)}  # degrees
DIMENSIONS = (10, 100, 1000)
# The first draw misses a target in its first epoch, as every other one does with three columns.
SEEDS = (7, 0, 1, 2, 3, 4)
CONTROLS: tuple[Control, ...] = (
    Choice("targets", "target directions *r*", tuple(ANGLES), start=1),
    Choice("m", "columns *m*", range(1, MOST + 1), start=2),
    Choice("d", "dimension *d*", DIMENSIONS, start=1),
    Choice("lambda", "*λ*", (0.0, 0.002, 0.005, 0.02, 0.1, 0.3), start=2),
    Choice("size", "initial size *δ*", (1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1),
           [spoken(10.0**k, 1) for k in range(-6, 0)], start=1),
    Choice("draw", "random numbers", range(1, len(SEEDS) + 1), [f"draw {k + 1}" for k in range(len(SEEDS))]),
    Switch("renewal", "re-initialisation", start=1),
    Switch("boost", "boost", start=1),
    Switch("switch", "switch", start=1),
    Choice("done", "epochs done", range(EPOCHS + 1)),
)  # fmt: skip


@dataclass(frozen=True)
class Draw:
    """The random numbers of a run: normal ones, lengths outside the span for each dimension, and signs."""

    start: list[list[float]]
    lengths: dict[int, list[float]]
    fresh: list[list[float]]
    fresh_lengths: dict[int, list[float]]
    signs: list[int]
    fresh_signs: list[int]

    @classmethod
    def of(cls, seed: int) -> Draw:
        """In three decimals, as the page has them."""
        rng = np.random.default_rng(seed)

        def normal(count: int) -> list[float]:
            return rng.standard_normal(count).round(3).tolist()

        def lengths(freedom: list[int]) -> list[float]:
            return [round(math.sqrt(rng.chisquare(k)), 3) for k in freedom]

        return cls(
            [normal(PLANE + i) for i in range(MOST)],
            {d: lengths([d - PLANE - i for i in range(MOST)]) for d in DIMENSIONS},
            [normal(PLANE + MOST) for _ in range(EPOCHS)],
            {d: lengths([d - PLANE - MOST] * EPOCHS) for d in DIMENSIONS},
            rng.choice([-1, 1], MOST).tolist(),
            rng.choice([-1, 1], EPOCHS).tolist(),
        )


class Given(InLaw):
    """The space of :class:`~tdbook.descent.coordinates.InLaw` with the numbers of a :class:`Draw`."""

    def __init__(self, target: SymmetricCP, components: int, dimension: int, draw: Draw) -> None:
        self.own, self.dimension, self.draw = PLANE, dimension, draw
        self.target, self.epoch = target.padded(PLANE + components), 0
        first = np.zeros((PLANE + components, components))
        for i in range(components):
            first[: PLANE + i, i] = draw.start[i]
            first[PLANE + i, i] = draw.lengths[dimension][i]
        self.components = unit_columns(first)[1]

    def fresh(self, U: Array, j: int, size: float) -> Array:
        """U with column j replaced by the draw's next vector."""
        numbers, inside = np.array(self.draw.fresh[self.epoch]), PLANE + U.shape[1]
        rest = math.hypot(*numbers[inside:], self.draw.fresh_lengths[self.dimension][self.epoch])
        direction = unit_columns(np.append(numbers[:inside], rest)[:, None])[1][:, 0]
        self.epoch += 1
        return self._replace(U, j, size * direction)[0]


@dataclass(frozen=True)
class Setup:
    """What the reader has chosen: the controls' keys."""

    keys: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.keys.get(name, next(c.keys[c.start] for c in CONTROLS if c.name == name))

    @property
    def angles(self) -> tuple[int, ...]:
        return ANGLES[self["targets"]]

    @cached_property
    def target(self) -> SymmetricCP:
        """Equal powers of the directions, of unit norm."""
        turns = np.radians(self.angles)
        found = SymmetricCP(np.ones(len(turns)), np.array([np.cos(turns), np.sin(turns)]), ORDER)
        return found.scaled(1 / found.norm())

    @cached_property
    def settings(self) -> Settings:
        return Settings(
            dimension=int(self["d"]), components=int(self["m"]), epochs=EPOCHS, iterations=ITERATIONS,
            step_size=STEP_SIZE, init_scale=float(self["size"]), regularization=float(self["lambda"]), accuracy=0.05,
            literal=True, reinitialize=self["renewal"] == "on", switch=self["switch"] == "on",
            boost=None if self["boost"] == "on" else 1.0,
        )  # fmt: skip

    def states(self) -> Iterator[State]:
        """The states of the run, the first one and that after each step; it ends before a step that leaves bounds."""
        draw = Draw.of(SEEDS[int(self["draw"]) - 1])
        settings, m = self.settings, self.settings.components
        space = Given(self.target, m, settings.dimension, draw)
        kappa = settings.initial_kappa
        inside = replace(settings, dimension=PLANE + m, boost=kappa)
        U, gradient = settings.init_scale * space.components, exact_gradient(space.target, settings.regularization)
        signs = np.array(draw.signs[:m], dtype=float)
        state = State(Parameters.two_homogeneous(U, signs, kappa), np.ones(m, dtype=bool))
        yield state
        for epoch in range(EPOCHS):
            if settings.reinitialize:
                j, point = smallest_column(state.parameters.norms), state.parameters
                U = space.fresh(point.U, j, settings.init_scale)
                state = with_fresh_component(state, inside, U, j, float(draw.fresh_signs[epoch]))
            for _ in range(ITERATIONS):
                state = step(state, gradient, inside)
                yield state
                if state.parameters.norms.max() > BOUND:
                    return


def joined(parts: list[str]) -> str:
    """1, 2 and 3."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def left(setup: Setup, state: State) -> Array:
    """T* - T along each target direction, shape (r,)."""
    directions = np.pad(setup.target.factors, ((0, setup.settings.components), (0, 0)))
    whole, present = setup.target.padded(len(directions)), model(state.parameters, ORDER)
    return whole.evaluate(directions) - present.evaluate(directions)


def said(setup: Setup) -> str:
    """The sentence of a setup after ``done`` epochs; the page's script says it alike."""
    settings, wanted = setup.settings, int(setup["done"]) * ITERATIONS
    m = settings.components
    *_, (steps, state) = enumerate(islice(setup.states(), wanted + 1))
    size, kappa = spoken(settings.init_scale, 1), spoken(settings.initial_kappa, 2)
    columns = "1 column" if m == 1 else f"{m} columns"
    if steps == 0:
        return f"Before the first step: {columns} of length {size} in dimension {settings.dimension}, and a relative " \
               "error of 100%."  # fmt: skip
    if state.parameters.norms.max() > BOUND:
        kept = not settings.switch and settings.boost is None
        why = (
            f"Without the switch the boost of {kappa} stays in the gradient for ever, and steps of this size are too "
            "long for it: leave out the boost as well, or neither."
            if kept
            else f"Columns that begin with length {size} are too long for these steps."
        )
        return f"The run is lost: in step {steps} a column became longer than {BOUND:.0f}. {why}"
    norms = state.parameters.norms
    error = 100 * model(state.parameters, ORDER).distance(setup.target.padded(PLANE + m))
    grown = int((norms > GROWN).sum())
    missing = [str(k + 1) for k in np.flatnonzero(left(setup, state) > setup.target.weights / 2)]
    one = len(missing) == 1
    if not grown:
        found = "All columns are still short."
    elif missing:
        hope = f"; a fresh column may find {'it' if one else 'one'}"
        found = f"Target{'' if one else 's'} {joined(missing)} {'is' if one else 'are'} still missing" + (
            f"{hope if settings.reinitialize else ', and no fresh column will come'}."
        )
    else:
        found = "No target is missing."
    exact = "below 0.01" if error < 0.01 else spoken(error, 2)
    return (
        f"Step {steps} of {EPOCHS * ITERATIONS}: {grown} of {columns} "
        f"{'is' if grown == 1 else 'are'} longer than {GROWN}, and the relative error is {exact}%. {found}"
    )


class RunInPage(OnPage):
    """A figure that computes its states itself, with the kernel of Algorithm 1 (book/_static/kernel.js)."""

    script = "run"
    kind = "it runs in the page"
    controls = CONTROLS

    def say(self, **state: str) -> str:
        return said(Setup(state))

    def address(self, **state: str) -> str:
        first = {control.name: control.keys[control.start] for control in self.controls}
        parts = [f"{name}={state[name]}" for name, key in first.items() if state.get(name, key) != key]
        return f"#live-{self.name}" + (f"?{'&'.join(parts)}" if parts else "")

    def packed(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "controls": [control.packed() for control in CONTROLS],
            "angles": ANGLES,
            "draws": [
                {"start": draw.start, "lengths": draw.lengths, "signs": draw.signs, "fresh": draw.fresh,
                 "freshLengths": draw.fresh_lengths, "freshSigns": draw.fresh_signs}
                for draw in map(Draw.of, SEEDS)
            ],
            "order": ORDER, "plane": PLANE, "most": MOST, "epochs": EPOCHS, "iterations": ITERATIONS,
            "stepSize": STEP_SIZE, "grown": GROWN, "bound": BOUND,
        }  # fmt: skip


def run_in_page() -> RunInPage:
    """A run of Algorithm 1 that the page makes itself, and its readers change."""
    return RunInPage(
        "run",
        "Algorithm 1, running in this page",
        _still(Setup({})),
        r"<p><b>Tiny columns find what a tensor is made of.</b> The target is a sum of powers of directions in one "
        r"plane of \(\mathbb R^d\), the diamonds. The disc is that plane: a line is the part of a column in it, and "
        r"its distance from the centre is its length, on a logarithmic scale. <b>Play</b>: the first columns miss a "
        r"target, and a fresh one finds it. Then leave out the <b>re-initialisation</b>, or the <b>switch</b>. "
        r"<b>Turn</b> a diamond, or the triangle, which shows where the next fresh column points; a press in the disc "
        r"starts one there at once.</p>",
        "tdbook.figures.live.intro.run_in_page",
        [
            {"done": "1"},
            {"done": str(EPOCHS)},
            {"renewal": "off", "done": str(EPOCHS)},
            {"boost": "off", "done": "1"},
            {"switch": "off", "done": "1"},
            {"targets": "3", "m": "6", "d": "1000", "draw": "2", "done": "2"},
            {"targets": "1", "m": "1", "size": "0.001", "d": "10", "lambda": "0"},
        ],
    )


def _still(setup: Setup) -> Picture:
    """The whole run: the columns' ways in the plane, their norms, and the error."""
    states = list(setup.states())
    m, delta = setup.settings.components, setup.settings.init_scale
    whole = setup.target.padded(PLANE + m)
    norms = np.array([state.parameters.norms for state in states]).T
    errors = [model(state.parameters, ORDER).distance(whole) for state in states]
    low, high = math.log10(delta / 100), 0.5
    with style():
        figure = new(7.4, 3.5)
        disc = figure.add_subplot(1, 2, 1, aspect="equal")
        right = [figure.add_subplot(2, 2, 2), figure.add_subplot(2, 2, 4)]
        for decade in range(math.ceil(low), 1, 2):
            turns = np.linspace(0, 2 * np.pi, 200)
            disc.plot(*((decade - low) / (high - low) * np.array([np.cos(turns), np.sin(turns)])), color=GREY,
                      linewidth=0.6, alpha=0.6)  # fmt: skip
        for i in range(m):
            ways = np.array([(s.parameters.a * s.parameters.U)[:PLANE, i] for s in states]).T
            lengths = np.hypot(*ways)
            radii = np.clip((np.log10(lengths) - low) / (high - low), 0, None)
            points = radii * ways / lengths
            fresh = [e * ITERATIONS + 1 for e in range(EPOCHS) if states[e * ITERATIONS + 1].reinitialized == i]
            for part in np.split(points, fresh, axis=1):  # a re-initialisation is no way
                disc.plot(*part, color=COLOURS[i], linewidth=1.4)
            disc.plot(*points[:, -1], "o", color=COLOURS[i], markersize=5)
            right[0].semilogy(norms[i], color=COLOURS[i], linewidth=1.5)
        for k, angle in enumerate(setup.angles):
            radius = (0.5 * math.log10(float(setup.target.weights[k])) - low) / (high - low)
            x, y = math.cos(math.radians(angle)), math.sin(math.radians(angle))
            disc.plot(radius * x, radius * y, "D", color=GREY, markersize=9, fillstyle="none", markeredgewidth=1.6)
            disc.annotate(str(k + 1), (1.12 * x, 1.12 * y), ha="center", va="center")
        disc.set(xlim=(-1.2, 1.2), ylim=(-1.2, 1.2))
        disc.axis("off")
        disc.set_title("the plane of the target")
        right[1].semilogy(errors, color=COLOURS[0])
        right[0].set_title("norms of the columns")
        right[1].set_title("relative error")
        right[1].set_xlabel("step")
    ends = norms[:, -1] > GROWN
    return Picture(
        figure,
        f"A run of {len(states) - 1} steps in dimension {setup.settings.dimension}. Left, the plane of the target in "
        f"logarithmic polar coordinates: {m} columns that begin with length {spoken(delta, 1)} near the centre turn to "
        f"{len(setup.angles)} target directions. Right, their norms and the relative error: {ends.sum()} of them end "
        f"longer than {GROWN}, the error is {errors[ITERATIONS]:.2g} after the first epoch and {errors[-1]:.2g} at "
        "the end.",
    )
