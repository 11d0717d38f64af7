"""Live figures: states computed by the library, packed into the page, moved by one small script (live.js).

To add one, write a function in a file of this package that computes states with the library and returns a
:class:`Live`; a chapter's cell calls it as its last expression. It needs

* **series**, arrays with named dimensions. A dimension named like a control is picked by the state; other ones are
  what marks run along::

      m = np.array([...])                                              # the values along a free dimension "m"
      series = {
          "m": Series(("m",), m, quantum=1),
          "error": Series(("d", "l", "m"), errors),                    # d and l are controls
          "threshold": Series(("d", "l"), D / d, log=True),
          "verdict": Series(("d", "l"), [["below", ...], ...]),        # words, for the sentence
      }

* **controls**, each with a value for every entry along its dimension::

      controls = [Slider("d", "dimension d", [4, 8, 16]), Choice("l", "order l", [3, 4])]

* **panels** with marks (parts.py lists them: Line, Points, Bars, Band, Rule, Text, Arrows, Ring, Field)::

      Plot("error of lazy training", marks=[
          Line(x="m", y="error", along="m", label="exact"),
          Rule(x="threshold", label="D/d"),
      ], x=Axis("components m", scale="log"), y=Axis("error", 0, 1))

  A ``*letter*`` in a label is set in italics. Axes left without bounds get those of all states;

* **say**, the sentence of a state: ``"With d = {d} and m = {components} the error is {error_now:3}: {verdict}."``.
  Screen readers hear it, tests compare it, and it is what the committed notebook keeps, for the states in ``tell``;

* a **picture**, drawn by matplotlib as for any figure, of a telling state; a **caption** in HTML that says what to
  try; and ``source``, the dotted name of the function.

A time slider is ``Slider("time", "iteration", times, play=8)``: lines ``along="time", cut="faint"`` are then drawn up
to the present, and points ``until="time"`` appear when their x is reached.

Two figures compute their states in the page instead: :mod:`.intro` and :mod:`.escape`. Their scripts, ``live-run.js``
and ``live-escape.js``, take steps of Algorithm 1 by ``kernel.js``, which tests hold equal to the library, and
:class:`~.intro.RunInPage` gives them what they start from and says what the library's own run says.

The address of a state is ``#live-name?control=key&…`` (several figures: joined by ``;``); a link to it in a
chapter's text is ``<a href="#live-name?control=key">…</a>``. Data above 300 kB are refused: round with ``quantum``, use
``log`` for what is drawn on a logarithmic axis, put the smoothest dimension last (differences along it are stored).
"""

from tdbook.figures.live.core import LIMIT, Live
from tdbook.figures.live.parts import (
    Arrows,
    Axis,
    Band,
    Bars,
    Choice,
    Field,
    Line,
    Plane,
    Plot,
    Points,
    Ring,
    Rule,
    Slider,
    Switch,
    Text,
)
from tdbook.figures.live.series import Series

__all__ = [
    "LIMIT",
    "Arrows",
    "Axis",
    "Band",
    "Bars",
    "Choice",
    "Field",
    "Line",
    "Live",
    "Plane",
    "Plot",
    "Points",
    "Ring",
    "Rule",
    "Series",
    "Slider",
    "Switch",
    "Text",
]
