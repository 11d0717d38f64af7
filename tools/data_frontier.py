"""Compute the tables of the chapter `frontier` again, in minutes: `python -m tools.data_frontier [TABLE …]`."""

from __future__ import annotations

import sys
from pathlib import Path

from tdbook.tables.frontier import write

if __name__ == "__main__":
    write(Path(__file__).parent.parent / "book" / "data", sys.argv[1:] or None)
