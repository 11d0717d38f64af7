"""Live figure of the chapter on constants that run: one epoch of one column, from any direction of the plane."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tdbook.descent import Column
from tdbook.descent.one_column import born, training
from tdbook.figures.live.core import Live
from tdbook.figures.live.parts import Axis, Choice, Line, Plot, Rule, Slider
from tdbook.figures.live.series import Series
from tdbook.figures.runnable import one_epoch
from tdbook.lemmas import Guarantee, guaranteed
from tdbook.tables.runnable import core

KINDS = ("harmonic", "dependent", "difference")
ANGLES = tuple(range(0, 360, 15))  # degrees
SHARE = 1.5  # X, in the middle of its window
EVERY = 4  # steps between two points of a line


@dataclass(frozen=True, eq=False)
class Trained:
    """A column's epoch: the column and its correlation after each step, H + 1 of each."""

    columns: list[Column]
    correlations: np.ndarray


def trained(plan: Guarantee, kind: str, angle: float, seed: int = 1) -> Trained:
    """The epoch of a column with sign +1 born at ``angle`` degrees, against -T* for a target of the plane."""
    target = core(kind, 2, plan.order, seed)

    entries = target.to_dense()

    def pull(w: np.ndarray) -> np.ndarray:
        found = entries
        for _ in range(plan.order - 1):
            found = found @ w[:2]
        return np.append(-found, 0.0)

    inside = SHARE / math.sqrt(plan.dimension)
    turn = math.radians(angle)
    birth = np.array([inside * math.cos(turn), inside * math.sin(turn), math.sqrt(1.0 - inside**2)])
    columns = list(training(born(birth, 1.0, plan, 1.0), pull, plan))
    w = np.array([column.direction[:2] for column in columns]).T
    return Trained(columns, target.evaluate(w / np.linalg.norm(w, axis=0)))


def fresh_column() -> Live:
    """Norm, correlation and fall of the loss in one epoch, for an initial vector that the reader turns."""
    plan = guaranteed(10, 2, 3, 0.1)
    runs = {(kind, angle): trained(plan, kind, angle) for kind in KINDS for angle in ANGLES}

    def over(values: dict[tuple[str, int], np.ndarray]) -> np.ndarray:
        return np.array([[values[kind, angle] for angle in ANGLES] for kind in KINDS])

    mass = {key: np.array([column.mass for column in run.columns]) for key, run in runs.items()}
    gain = {key: 2.0 * mass[key] * run.correlations - mass[key] ** 2 for key, run in runs.items()}
    joined = {key: run.columns[-1].switched for key, run in runs.items()}
    start = over({key: run.correlations[0] for key, run in runs.items()})
    lucky = start >= plan.threshold
    proved = np.where(lucky, plan.proved_fall(1.0) * start**2, math.nan)
    lost = over({key: np.where(joined[key], gain[key][-1], 0.0) for key in runs})
    at = ("kind", "angle")
    series = {
        "step": Series(("point",), np.arange(0, plan.iterations + 1, EVERY, dtype=float), 1.0),
        "norm": Series((*at, "point"), over({key: np.sqrt(m[::EVERY]) for key, m in mass.items()}), log=True),
        "A": Series((*at, "point"), over({key: run.correlations[::EVERY] for key, run in runs.items()}), 0.005),
        "gain": Series((*at, "point"), over({key: np.maximum(g[::EVERY], 0.0) for key, g in gain.items()}), 0.002),
        "proved": Series(at, proved, 0.001),
        "begin": Series(at, start, 0.01),
        "lost": Series(at, 100.0 * lost, 1.0),
        "promise": Series(
            at,
            np.array(
                [
                    [
                        f"the draw is lucky, and {100 * proved[k, j]:.0f}% are proved" if lucky[k, j]
                        else "the draw is not lucky, and nothing is promised but that the loss does not rise"
                        for j in range(len(ANGLES))
                    ]
                    for k in range(len(KINDS))
                ]
            ),
        ),
    }  # fmt: skip
    first = runs[KINDS[0], 15]
    steps = Axis("step", 0, plan.iterations)
    return Live(
        "fresh-column",
        "A fresh column, trained alone",
        picture=one_epoch(plan, first.columns, first.correlations.tolist()),
        controls=[
            Choice("kind", "residual", KINDS),
            Slider("angle", "initial direction", ANGLES, [f"{angle}°" for angle in ANGLES], start=1, play=8),
        ],
        series=series,
        panels=[
            Plot("norm of the column", [Line(x="step", y="norm", along="point")], steps,
                 Axis("‖*u*‖", 5e-8, 2.0, "log"), height=200),
            Plot(
                "its correlation with the residual",
                [
                    Rule(y=plan.threshold, label="lucky if above at the start", dash=2),
                    Line(x="step", y="A", along="point", colour="orange"),
                ],
                steps, Axis("*A*", -1.0, 1.0), height=180,
            ),
            Plot(
                "what ‖*R*‖² has lost",
                [
                    Rule(y="proved", label="proved", dash=2, side="left"),
                    Line(x="step", y="gain", along="point", colour="green"),
                ],
                steps, Axis("share", 0.0, 1.0), height=200,
            ),
        ],
        say="A column that starts at {angle} against the {kind} residual begins with a correlation of {begin:.2f}: "
        f"{{promise}}. After {plan.iterations} steps " + "the residual has lost {lost:.0f}% of its squared norm.",
        caption=r"<p>One epoch at \(d=10\), \(s=2\), \(l=3\), with the theorem's parameters for \(\varepsilon=0.1\) "
        r"and \(X=1.5\). <b>Turn</b> the initial vector: the correlation never falls but for the switch, whatever it "
        r"was at first, and many unlucky draws win as much as lucky ones. <b>Choose</b> another residual: the harmonic "
        r"one is the hardest, for its highest tops are the lowest.</p>",
        source="tdbook.figures.live.runnable.fresh_column",
        tell=[{"angle": "60"}, {"kind": "difference"}],
    )  # fmt: skip
