"""Cells of a sweep, their outcomes, and the table that holds them."""

from __future__ import annotations

import csv
import io
import os
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from tdbook import archives, validation
from tdbook.experiments.targets import ALL_KINDS


@dataclass(frozen=True, order=True)
class Cell:
    """One run of Algorithm 1 with the practical settings.

    Attributes
    ----------
    order, dimension, rank : int
        l, d and r; for what r counts in the hard kinds see :func:`hard_target`.
    kind : str
        One of ``ALL_KINDS``.
    accuracy : float
        epsilon.
    epochs, iterations : int
        K and H.
    in_law : bool
        Coordinates drawn in law instead of vectors of R^d.
    components : int
        m.
    seed : int
    """

    order: int
    dimension: int
    rank: int
    kind: str
    accuracy: float
    epochs: int
    iterations: int
    in_law: bool
    components: int
    seed: int

    def __post_init__(self) -> None:
        validation.order(self.order, 2)
        for name in ("dimension", "rank", "epochs", "iterations", "components"):
            validation.integer(name, getattr(self, name), 1)
        validation.choice("kind", self.kind, ALL_KINDS)
        validation.real("accuracy", self.accuracy)
        validation.flag("in_law", self.in_law)
        validation.integer("seed", self.seed, 0)


@dataclass(frozen=True)
class Outcome:
    """The result of a cell: relative error of the best epoch, whether it is within epsilon, epochs done, seconds."""

    cell: Cell
    error: float
    converged: bool
    epochs_done: int
    seconds: float


_CELL = tuple(field.name for field in fields(Cell))


_FOUND = ("error", "converged", "epochs_done", "seconds")


HEADER = (*_CELL, *_FOUND)


def _line(values: Iterable[Any]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow(values)
    return stream.getvalue()


def _row(outcome: Outcome) -> str:
    result = (f"{outcome.error:.6e}", int(outcome.converged), outcome.epochs_done, f"{outcome.seconds:.3f}")
    cell = (int(value) if isinstance(value, bool) else value for value in astuple(outcome.cell))
    return _line((*cell, *result))


def _outcome(values: Sequence[str]) -> Outcome:
    if len(values) != len(HEADER):
        raise ValueError(f"{len(values)} fields instead of {len(HEADER)}")
    order, dimension, rank, kind, accuracy, epochs, iterations, in_law, components, seed = values[: len(_CELL)]
    cell = Cell(
        int(order),
        int(dimension),
        int(rank),
        kind,
        float(accuracy),
        int(epochs),
        int(iterations),
        bool(int(in_law)),
        int(components),
        int(seed),
    )
    error, converged, epochs_done, seconds = values[len(_CELL) :]
    return Outcome(cell, float(error), bool(int(converged)), int(epochs_done), float(seconds))


def _ordinary(path: str | os.PathLike[str]) -> Path:
    """The path, if there is no file yet or an ordinary one: a pipe would be waited for without end."""
    file = Path(path)
    if file.exists() and not file.is_file():
        raise ValueError(f"path must name an ordinary file, got {str(path)!r}")
    return file


def read_table(path: str | os.PathLike[str]) -> list[Outcome]:
    """The outcomes in a table; lines that begin with # are notes, and a last line without its end is left out.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not such a table; the message names the line.
    """
    try:
        text = _ordinary(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"path must name a text file in UTF-8, got {str(path)!r}: {error.reason}") from error
    lines = text.split("\n")[:-1]  # what follows the last line break was torn off while it was written
    outcomes: dict[Cell, Outcome] = {}
    header = False
    for number, line in enumerate(lines, start=1):
        if line.startswith("#") or not line:
            continue
        values = next(csv.reader([line]))
        if not header:
            if tuple(values) != HEADER:
                raise ValueError(f"path must name a table with columns {', '.join(HEADER)}, got {str(path)!r}")
            header = True
            continue
        try:
            outcome = _outcome(values)
        except (ValueError, TypeError) as error:
            raise ValueError(f"path must name a readable table, got {str(path)!r}: line {number}, {error}") from error
        outcomes[outcome.cell] = outcome
    return list(outcomes.values())


def read_notes(path: str | os.PathLike[str]) -> list[str]:
    """The notes at the head of a table: how it was made."""
    with Path(path).open(encoding="utf-8") as stream:
        return [line[1:].strip() for line in stream if line.startswith("#")]


def notes(command: str = "") -> list[str]:
    """What made a table: the command and the versions of Python, NumPy and tdbook."""
    from tdbook import __version__

    return [
        *([f"made by: {command}"] if command else []),
        f"versions: tdbook {__version__}, NumPy {np.__version__}, Python {platform.python_version()}",
        "seeds: the target is drawn from [seed, d, 0], the run from [seed, d, 1]",
    ]


def write_table(path: str | os.PathLike[str], outcomes: Iterable[Outcome], about: Iterable[str] = ()) -> None:
    """The whole table, sorted by cell, in one stroke: the old file stays until the new one is complete."""
    file = Path(path)
    text = "".join(f"# {' '.join(note.splitlines())}\n" for note in about) + _line(HEADER)
    text += "".join(_row(outcome) for outcome in sorted(outcomes, key=lambda outcome: outcome.cell))
    with archives.replacing(file) as stream:
        stream.write(text.encode())


def append_outcome(path: str | os.PathLike[str], outcome: Outcome) -> None:
    """Append one line to a table, whatever other processes do with it; on a full disk the table stays as it was."""
    file = Path(path)
    with archives.locked(file):
        if not _ends_whole(file):
            _make_ready(file, ())
        with archives.naming(file), file.open("r+b", buffering=0) as stream:
            end = stream.seek(0, os.SEEK_END)
            rest = memoryview(_row(outcome).encode())
            try:
                while rest:  # a disk that is nearly full takes a part
                    rest = rest[stream.write(rest) :]
            except OSError:
                stream.truncate(end)
                raise


def open_table(path: str | os.PathLike[str], about: Iterable[str] = ()) -> dict[Cell, Outcome]:
    """What a table holds, ready to be appended to: made if it is not there, a torn last line cut off."""
    file = _ordinary(path)
    with archives.locked(file):
        _make_ready(file, about)
        return {outcome.cell: outcome for outcome in read_table(file)}


def merge_table(path: str | os.PathLike[str], outcomes: Iterable[Outcome]) -> None:
    """Sort a table, with these outcomes and all that it holds, other processes' as well."""
    file = Path(path)
    with archives.locked(file):
        _make_ready(file, ())
        merged = {outcome.cell: outcome for outcome in (*outcomes, *read_table(file))}
        write_table(file, merged.values(), read_notes(file))


def _make_ready(file: Path, about: Iterable[str]) -> None:
    """Make a table if there is none, and cut off what a process that was killed left of a line; the lock is held."""
    content = file.read_bytes() if file.exists() else b""
    whole = content[: content.rfind(b"\n") + 1]
    if content:
        read_table(file)  # raises if it is no such table, which is left as it is
    if whole != content:
        print(f"tdbook: cut an incomplete last line off {file.name}", file=sys.stderr)
        with file.open("r+b") as stream:
            stream.truncate(len(whole))
    if not any(line and not line.startswith(b"#") for line in whole.split(b"\n")):  # no header yet
        write_table(file, (), (read_notes(file) if whole else ()) or about)


def _ends_whole(file: Path) -> bool:
    """Whether there is a file whose last line is complete."""
    if not file.exists() or not file.stat().st_size:
        return False
    with file.open("rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read() == b"\n"


def columns(outcomes: Sequence[Outcome]) -> dict[str, np.ndarray]:
    """The table by columns, as any plotting or data-frame library takes it."""
    outcomes = validation.instances("outcomes", outcomes, Outcome)
    rows = [{**asdict(outcome.cell), **{name: getattr(outcome, name) for name in _FOUND}} for outcome in outcomes]
    return {name: np.array([row[name] for row in rows]) for name in HEADER}


def successes(outcomes: Iterable[Outcome]) -> dict[tuple, tuple[int, int]]:
    """(converged, runs) over the seeds of each cell; keys are the cell's other fields, in its order."""
    counts: dict[tuple, tuple[int, int]] = {}
    for outcome in outcomes:
        key = astuple(outcome.cell)[:-1]
        good, runs = counts.get(key, (0, 0))
        counts[key] = (good + int(outcome.converged), runs + 1)
    return counts
