"""Sweeps over sizes and seeds, their table, and the smallest number of components that succeeds."""

from tdbook.experiments.search import Search, ladder, searched, smallest
from tdbook.experiments.sweeps import grid, measure, sweep
from tdbook.experiments.table import (
    HEADER,
    Cell,
    Outcome,
    columns,
    notes,
    read_notes,
    read_table,
    successes,
    write_table,
)
from tdbook.experiments.targets import (
    ALL_KINDS,
    HARD_KINDS,
    UNEQUAL_KINDS,
    hard_target,
    power_law_target,
    weak_target,
)

__all__ = [
    "ALL_KINDS",
    "HARD_KINDS",
    "HEADER",
    "UNEQUAL_KINDS",
    "Cell",
    "Outcome",
    "Search",
    "columns",
    "grid",
    "hard_target",
    "ladder",
    "measure",
    "notes",
    "power_law_target",
    "read_notes",
    "read_table",
    "searched",
    "smallest",
    "successes",
    "sweep",
    "weak_target",
    "write_table",
]
