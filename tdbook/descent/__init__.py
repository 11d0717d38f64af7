"""Algorithm 1 (Section 4 of the paper), line by line, and a fast loop held equal to it.

The readable version is ``initialize``, ``reinitialize`` and ``step`` (steps.py), functions from state to state, put
together by ``drive`` (driver.py), the double loop of the pseudocode; ``iterate`` is all of it as a stream of states.
``run`` (running.py) drives the same epochs through preallocated buffers (buffered.py), in lossless coordinates
(coordinates.py) where these are fewer than the entries, and keeps a history.
``run_fresh_first`` (fresh_first.py, one_column.py) is another algorithm: a greedy relative, one column at a time.

How this differs from the pseudocode as printed:

1. The last line of the loop assigns C-hat <- C-hat' (printed without the prime), and the gradient is taken
   at the current coefficients, grad_U f(U, C-bar).
2. lambda, missing from the printed list of inputs, is a setting.
3. Among columns of equal norm (all of them at the first re-initialisation) the lowest index is taken.
4. Unless ``literal``, a run stops at the first epoch that ends within the accuracy, and the best epoch is
   returned rather than the last one: Theorem 3 is a statement about the best epoch.
"""

from tdbook.descent.buffered import BufferedLoop, Diverged
from tdbook.descent.coordinates import Ambient, InLaw, Lossless, Space, core_in_law
from tdbook.descent.driver import PlainLoop, drive, drive_epoch, iterate
from tdbook.descent.fresh_first import FreshEpoch, run_fresh_first
from tdbook.descent.one_column import Column, FreshFirst
from tdbook.descent.results import EpochRecord, History, PolishRecord, Run, StopReason
from tdbook.descent.running import run
from tdbook.descent.settings import Settings, practical_settings
from tdbook.descent.steps import (
    Gradient,
    State,
    exact_gradient,
    initialize,
    reinitialize,
    smallest_column,
    step,
    with_components,
    with_fresh_component,
)

__all__ = [
    "Ambient",
    "BufferedLoop",
    "Column",
    "Diverged",
    "EpochRecord",
    "FreshEpoch",
    "FreshFirst",
    "Gradient",
    "History",
    "InLaw",
    "Lossless",
    "PlainLoop",
    "PolishRecord",
    "Run",
    "Settings",
    "Space",
    "State",
    "StopReason",
    "core_in_law",
    "drive",
    "drive_epoch",
    "exact_gradient",
    "initialize",
    "iterate",
    "practical_settings",
    "reinitialize",
    "run",
    "run_fresh_first",
    "smallest_column",
    "step",
    "with_components",
    "with_fresh_component",
]
