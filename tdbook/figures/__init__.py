"""The one place that imports matplotlib: a shared style, and the plots that chapters call.

A plot is a function that takes results of the library and returns a :class:`Picture`, which a notebook
displays when it is a cell's last expression.
"""

from tdbook.figures.algorithm import counts, errors, growth, run
from tdbook.figures.model import curvatures, taylor, two_bowls, two_gradients
from tdbook.figures.style import Picture, new, style

__all__ = [
    "Picture",
    "counts",
    "curvatures",
    "errors",
    "growth",
    "new",
    "run",
    "style",
    "taylor",
    "two_bowls",
    "two_gradients",
]
