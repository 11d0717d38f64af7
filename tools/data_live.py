"""Compute the tables behind the live figures of chapter 3 again, in minutes: `python -m tools.data_live [TABLE …]`."""

from __future__ import annotations

import sys
from pathlib import Path

from tdbook.tables.lazy import write

if __name__ == "__main__":
    write(Path(__file__).parent.parent / "book" / "data", sys.argv[1:] or None)
