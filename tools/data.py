"""Compute the tables of book/data again: python -m tools.data [TABLE ...], all by default, in some minutes.

The same seeds give the same tables. A module of ``tdbook.tables`` lists its makers as ``TABLES``; a new one is named in
``MODULES``. The tables of runs (``m-against-*.csv``) are those of ``tdbook sweep``, whose command stands in each file.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tdbook.tables import csv_table, frontier, landscape, lazy, lemmas, prefixes, runnable
from tdbook.tables.csv_table import Maker

DATA = Path(__file__).resolve().parents[1] / "book" / "data"
MODULES = (prefixes, lazy, landscape, lemmas, runnable, frontier)


def tables() -> dict[str, Maker]:
    """All tables that this tool makes, by file name."""
    return {name: maker for module in MODULES for name, maker in module.TABLES.items()}


def main(arguments: list[str] | None = None, folder: Path = DATA) -> None:
    makers = tables()
    parser = argparse.ArgumentParser(description="Compute the tables of book/data again.")
    parser.add_argument("names", nargs="*", metavar="TABLE", help=f"one of {', '.join(makers)}; all by default")
    names = parser.parse_args(arguments).names
    unknown = [name for name in names if name not in makers]
    if unknown:
        parser.error(f"TABLE must be one of {', '.join(makers)}, got {unknown[0]!r}")
    for name in names or makers:
        print(name, file=sys.stderr)
        csv_table.write(folder / name, makers[name]())


if __name__ == "__main__":
    main()
