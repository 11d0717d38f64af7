"""Make the table behind the chapter on constants that run: book/data/one-column.csv.

    .venv/bin/python tools/data_runnable.py

Takes about two minutes on one core. Same seeds, same table.
"""

from __future__ import annotations

from pathlib import Path

from tdbook.tables.runnable import write_table

DATA = Path(__file__).resolve().parents[1] / "book" / "data"

if __name__ == "__main__":
    write_table(DATA / "one-column.csv")
