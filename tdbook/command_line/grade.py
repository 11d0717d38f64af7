"""``tdbook grade``: a table of points from returned notebooks."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tdbook import validation


def add(commands: Any) -> None:
    """Add the command to the parser."""
    grade = commands.add_parser(
        "grade",
        help="a table of points from returned notebooks",
        description="Run each notebook below FOLDER (NAME-CHAPTER.ipynb, or CHAPTER.ipynb in a folder of the student's "
        "name) anew, in a process with limits, and write grades.csv, and proofs.md with the proofs beside the rubric. "
        "Nothing reads the proofs but you. Tables that chapters read are taken from FOLDER/data. Receipts that the "
        "book's pages have written (NAME.receipt.json) are read, too, their answers checked anew. Exits with 1 when "
        "some file is no notebook with exercises and no receipt.",
    )
    grade.set_defaults(command=run)
    grade.add_argument("folder", metavar="FOLDER", help="the returned notebooks and receipts")
    grade.add_argument("-o", "--output", metavar="OUT", help="where to write the two files (FOLDER)")
    grade.add_argument("--force", action="store_true", help="overwrite existing results")
    grade.add_argument("--seconds", type=int, default=300, help="at most so long for a notebook (300)")


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    from tdbook.exercises import grading

    seconds = validation.integer("--seconds", options.seconds, 1)
    options.loaded()
    return grading.grade(Path(options.folder), options.output, options.force, seconds)
