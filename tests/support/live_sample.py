"""A small live figure with something of everything, for the tests of the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tdbook.figures.live import (
    Arrows,
    Axis,
    Band,
    Bars,
    Choice,
    Field,
    Line,
    Live,
    Plane,
    Plot,
    Points,
    Ring,
    Rule,
    Series,
    Slider,
    Switch,
    Text,
)
from tdbook.figures.style import Picture, new, style

TIMES = np.arange(5)


def sample(
    name: str = "sample",
    title: str = "A sample",
    say: str = "At {t} for {kind} the value is {value:.2f}, square {square:3}, {parity}.",
    marks: Sequence | None = None,
    more: Mapping[str, Series] | None = None,
    tell: Sequence[Mapping[str, str]] = ({"t": "3", "kind": "two"},),
    factor: float = -2.0,
) -> Live:
    """A value that runs with t, once for each of two kinds, in a plot and in a plane."""
    value = np.outer([1.0, factor], TIMES)
    m = np.array([1.0, 2.0, 4.0])
    axis = np.linspace(-1, 1, 9)
    grids = np.array([np.add.outer(0 * axis, axis), np.add.outer(axis, 0 * axis)])
    series = {
        "t_": Series(("t",), TIMES, 1),
        "value": Series(("kind", "t"), value, 0.01),
        "square": Series(("kind", "t"), value**2, 0.01),
        "parity": Series(("t",), np.where(TIMES % 2, "odd", "even")),
        "m": Series(("m",), m, 1),
        "line": Series(("kind", "m"), np.outer([1, 2], 1 / m), log=True),
        "x": Series(("t", "kind"), np.outer(np.cos(TIMES), [0.5, 0.9]), 0.01),
        "y": Series(("t", "kind"), np.outer(np.sin(TIMES), [0.5, 0.9]), 0.01),
        "grids": Series(("term", "row", "column"), grids, 0.01),
        "weights": Series(("t", "term"), np.vstack([np.cos(TIMES), np.sin(TIMES)]).T, 0.01),
        **(more or {}),
    }
    plot = Plot(
        "value against t",
        [
            Line(x="t_", y="value", along="t", cut="faint", label="value", dash=1),
            Points(x="t_", y="value", along="t", until="t", low=-1.0, high=1.0, colour="orange", label="seen"),
            Bars(x="t_", y="value", along="t", colour="grey", when={"loud": ("on",)}),
            Band(x="t_", low=-2.0, high="value", along="t", colour="sky"),
            Rule(y=2.0, label="two *t*"),
            Rule(x="t_", label="now"),
        ]
        if marks is None
        else marks,
        Axis("*t*"),
        Axis("value"),
    )
    plane = Plane(
        "a plane",
        [
            Field(grids="grids", weights="weights", along="term", reach=1.0, top=1.0, line=0.0, label=("low", "high")),
            Ring(radius=0.5),
            Arrows(x=[0.5, -0.5], y=[0.5, 0.5], along="tip"),
            Points(x="x", y="y", shape="diamond", colour="each", each="kind"),
            Text(x=0.0, y=-0.8, text="below"),
        ],
        pick=("x", "y"),
    )
    with style():
        figure = new(5.0, 2.0)
        figure.subplots().plot(TIMES, value[0])
    return Live(
        name,
        title,
        picture=Picture(figure, "A line that rises from 0 to 4."),
        controls=[
            Slider("t", "time *t*", TIMES.tolist(), play=0.4),
            Choice("kind", "kind", ["one", "two"]),
            Switch("loud", "bars"),
        ],
        series=series,
        panels=[plot, plane],
        say=say,
        caption=r"<p>Move \(t\) and see. <b>Try</b> the end.</p>",
        source="tests.support.live_sample.sample",
        tell=tell,
    )
