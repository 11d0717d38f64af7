"""Compute the tables of chapters 4 and 5 again, in minutes: `python -m tools.data_landscape [TABLE …]`."""

from __future__ import annotations

import sys
from pathlib import Path

from tdbook.tables.landscape import write

if __name__ == "__main__":
    write(Path(__file__).parent.parent / "book" / "data", sys.argv[1:] or None)
