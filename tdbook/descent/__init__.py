"""Algorithm 1 (Section 4 of the paper), line by line, and a fast loop held equal to it.

The readable version is ``initialize``, ``reinitialize`` and ``step`` (steps.py), functions from state to state,
put together by ``iterate``, which reads like the pseudocode. ``run`` (running.py) does the same arithmetic
through preallocated buffers (epoch.py), in lossless coordinates (tdbook.descent.coordinates) where these are fewer than
the entries, and keeps a history.

How this differs from the pseudocode as printed:

1. The last line of the loop assigns C-hat <- C-hat' (printed without the prime), and the gradient is taken
   at the current coefficients, grad_U f(U, C-bar).
2. lambda, missing from the printed list of inputs, is a setting.
3. Among columns of equal norm (all of them at the first re-initialisation) the lowest index is taken.
4. Unless ``literal``, a run stops at the first epoch that ends within the accuracy, and the best epoch is
   returned rather than the last one: Theorem 3 is a statement about the best epoch.
"""

from tdbook.descent.approximate import decompose, refined
from tdbook.descent.buffered import _Epoch
from tdbook.descent.driver import _advance, _Recorder, run, run_in_ambient_space, run_in_law
from tdbook.descent.fresh_first import FreshEpoch, run_fresh_first
from tdbook.descent.one_column import FreshFirst
from tdbook.descent.results import EpochRecord, History, Run
from tdbook.descent.settings import Settings, practical_settings
from tdbook.descent.steps import State, initialize, iterate, reinitialize, smallest_column, step

__all__ = [
    "EpochRecord",
    "FreshEpoch",
    "FreshFirst",
    "History",
    "Run",
    "Settings",
    "State",
    "_Epoch",
    "_Recorder",
    "_advance",
    "decompose",
    "initialize",
    "iterate",
    "practical_settings",
    "refined",
    "reinitialize",
    "run",
    "run_fresh_first",
    "run_in_ambient_space",
    "run_in_law",
    "smallest_column",
    "step",
]
