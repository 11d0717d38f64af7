"""Sweeps of Algorithm 1 over sizes and seeds: parallel, resumable, one tidy table out.

A *cell* is one run: an order, a dimension, a rank, a kind of target, m, epsilon, K, H and a seed. Its *outcome*
is one line of a table. A table on the disk grows by a line as each run ends, so a sweep that was killed goes on
where it stopped; no cell is ever computed twice.

Seeds mean the same everywhere: the target is drawn from ``[seed, d, 0]`` and the run from ``[seed, d, 1]``, so
that runs at different dimensions share no random numbers.
"""

from __future__ import annotations

import csv
import io
import os
import platform
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, astuple, dataclass, fields, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from tdbook import _check, statements
from tdbook.coordinates import core_in_law
from tdbook.descent import practical_settings, run, run_in_law
from tdbook.landscape import trap_target
from tdbook.tensors import KINDS, SymmetricCP, random_target

HARD_KINDS = ("strongly-correlated", "close-pairs", "border", "trap")
ALL_KINDS = (*KINDS, *HARD_KINDS)
# The cosine of every pair for "strongly-correlated", and within each pair for "close-pairs".
_STRONG, _CLOSE = 0.9, 0.98


@dataclass(frozen=True, order=True)
class Cell:
    """One run of Algorithm 1 with the practical settings.

    Attributes
    ----------
    order, dimension, rank : int
        l, d and r; for what r counts in the hard kinds see :func:`hard_core`.
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
        _check.integer("order", self.order, 2)
        for name in ("dimension", "rank", "epochs", "iterations", "components"):
            _check.integer(name, getattr(self, name), 1)
        _check.choice("kind", self.kind, ALL_KINDS)
        _check.real("accuracy", self.accuracy)
        _check.flag("in_law", self.in_law)
        _check.integer("seed", self.seed, 0)


@dataclass(frozen=True)
class Outcome:
    """What came of a cell: relative error of the best epoch, whether it is within epsilon, epochs done, seconds."""

    cell: Cell
    error: float
    converged: bool
    epochs_done: int
    seconds: float


_CELL = tuple(field.name for field in fields(Cell))
_FOUND = ("error", "converged", "epochs_done", "seconds")
HEADER = (*_CELL, *_FOUND)


# --- targets ----------------------------------------------------------------------------------------------


@_check.guarded()
def hard_core(rank: int, order: int, kind: str, rng: int | np.random.Generator = 0) -> SymmetricCP:
    """A target that Algorithm 1 may find hard, of unit norm, in coordinates of its own span.

    * strongly-correlated: r unit vectors with all cosines 0.9, weights uniform in [1/2, 3/2];
    * close-pairs: r/2 orthogonal pairs of unit vectors with cosine 0.98, same weights (r even);
    * border: r/2 terms S(x^{l-1} y) with orthonormal x, y: limits of differences of two powers, so of border
      rank r, while each term alone has rank l (r even);
    * trap: the target of Theorem 2 with r missing directions, of rank at most r (l - 1) + 1.
    """
    r = _check.integer("rank", rank, 1)
    kind = _check.choice("kind", kind, HARD_KINDS)
    if kind in ("close-pairs", "border") and r % 2:
        raise ValueError(f"rank must be even for kind {kind!r}, got {r}")
    generator = _check.generator(rng)
    if kind == "trap":
        target = trap_target(order, r, r + 1)
    elif kind == "border":
        nodes = np.arange(order + 1) - order / 2.0
        weights = np.linalg.solve(np.vander(nodes, increasing=True).T, np.eye(order + 1)[1])
        factors = np.zeros((r, r // 2, order + 1))
        for k in range(r // 2):  # sum_j w_j (x + t_j y)^l has only its part linear in y
            factors[2 * k, k], factors[2 * k + 1, k] = 1.0, nodes
        target = SymmetricCP(np.tile(weights, r // 2), factors.reshape(r, -1), order)
    else:
        if kind == "close-pairs":
            gram = np.kron(np.eye(r // 2), np.array([[1.0, _CLOSE], [_CLOSE, 1.0]]))
        else:
            gram = (1.0 - _STRONG) * np.eye(r) + _STRONG
        target = SymmetricCP(generator.uniform(0.5, 1.5, size=r), np.linalg.cholesky(gram).T, order)
    return target.scaled(1.0 / target.norm())


def _target(cell: Cell) -> SymmetricCP:
    """T* of a cell: in R^d, or in coordinates of its own span if the run is in law."""
    rng = np.random.default_rng([cell.seed, cell.dimension, 0])
    if cell.kind in KINDS:
        make = core_in_law if cell.in_law else random_target
        return make(cell.dimension, cell.rank, cell.order, cell.kind, rng)
    core = hard_core(cell.rank, cell.order, cell.kind, rng)
    if cell.in_law:
        return core
    if core.dimension > cell.dimension:
        raise ValueError(f"dimension must be at least {core.dimension} for this target, got {cell.dimension}")
    # components are drawn without any preferred direction, so one place in R^d is as good as another
    factors = np.vstack([core.factors, np.zeros((cell.dimension - core.dimension, core.rank))])
    return SymmetricCP(core.weights, factors, cell.order)


def measure(cell: Cell) -> Outcome:
    """Run one cell."""
    target = _target(cell)
    settings = practical_settings(
        target,
        cell.components,
        cell.accuracy,
        epochs=cell.epochs,
        iterations=cell.iterations,
        dimension=cell.dimension,
    )
    follow = run_in_law if cell.in_law else run
    result = follow(target, settings, np.random.default_rng([cell.seed, cell.dimension, 1]), trace=False)
    return Outcome(cell, result.error, result.converged, result.epochs, result.seconds)


# --- tables -----------------------------------------------------------------------------------------------


def _line(values: Iterable[Any]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow(values)
    return stream.getvalue()


def _row(outcome: Outcome) -> str:
    found = (f"{outcome.error:.6e}", int(outcome.converged), outcome.epochs_done, f"{outcome.seconds:.3f}")
    cell = (int(value) if isinstance(value, bool) else value for value in astuple(outcome.cell))
    return _line((*cell, *found))


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
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"path must name a text file in UTF-8, got {str(path)!r}: {error.reason}") from error
    lines = text.split("\n")[:-1]  # what follows the last line break was torn off while it was written
    found: dict[Cell, Outcome] = {}
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
        found[outcome.cell] = outcome
    return list(found.values())


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
    text = "".join(f"# {note}\n" for note in about) + _line(HEADER)
    text += "".join(_row(outcome) for outcome in sorted(outcomes, key=lambda outcome: outcome.cell))
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(temporary).chmod(file.stat().st_mode & 0o777 if file.exists() else 0o644)
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def columns(outcomes: Sequence[Outcome]) -> dict[str, np.ndarray]:
    """The table by columns, as any plotting or data-frame library takes it."""
    outcomes = _check.instances("outcomes", outcomes, Outcome)
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


# --- sweeps -----------------------------------------------------------------------------------------------


def grid(
    order: Iterable[int] | int = 3,
    dimension: Iterable[int] | int = 30,
    rank: Iterable[int] | int = 3,
    components: Iterable[int] | int = 12,
    accuracy: Iterable[float] | float = 0.05,
    kind: Iterable[str] | str = "generic",
    seed: Iterable[int] | int = range(20),
    *,
    epochs: int = 30,
    iterations: int = 1500,
    in_law: bool = False,
) -> list[Cell]:
    """All combinations, as cells; every argument may be one value or several.

    >>> len(grid(order=(3, 4), dimension=(10, 100), components=range(3, 9), seed=range(5)))
    120
    """

    def several(values: Any) -> list[Any]:
        return [values] if isinstance(values, str) or not isinstance(values, Iterable) else list(values)

    axes = (several(values) for values in (order, dimension, rank, kind, accuracy, components, seed))
    return [
        Cell(order, dimension, rank, kind, _check.real("accuracy", eps), epochs, iterations, in_law, components, seed)
        for order, dimension, rank, kind, eps, components, seed in product(*axes)
    ]


def sweep(
    cells: Iterable[Cell],
    path: str | os.PathLike[str] | None = None,
    *,
    jobs: int | None = None,
    progress: bool | None = None,
    about: Iterable[str] | None = None,
) -> list[Outcome]:
    """Run every cell that is not in the table yet.

    Parameters
    ----------
    cells : iterable of Cell
    path : str or path, optional
        The table: read first, one line longer with each run, sorted at the end. Without it nothing is kept.
    jobs : int, optional
        Processes; one for each core by default. 1 stays in this process. Under
        ``joblib.parallel_config(backend="dask")`` the same call runs on a Dask cluster.
    progress : bool, optional
        A progress bar on stderr; by default only where a person is watching.
    about : iterable of str, optional
        Notes for the head of a new table; see :func:`notes`.

    Returns
    -------
    list of Outcome
        In the order of ``cells``.
    """
    from tqdm import tqdm

    wanted = list(dict.fromkeys(cells))
    known: dict[Cell, Outcome] = {}
    if path is not None:
        known = _opened(Path(path), notes() if about is None else about)
    missing = [cell for cell in wanted if cell not in known]
    hidden = None if progress is None else not _check.flag("progress", progress)
    with tqdm(total=len(wanted), initial=len(wanted) - len(missing), unit="run", disable=hidden, leave=False) as bar:
        for outcome in _measured(missing, jobs):
            known[outcome.cell] = outcome
            if path is not None:
                with Path(path).open("a", encoding="utf-8") as stream:
                    stream.write(_row(outcome))
            bar.update()
    if path is not None and missing:
        write_table(path, known.values(), read_notes(path))
    return [known[cell] for cell in wanted]


def _measured(cells: Sequence[Cell], jobs: int | None) -> Iterator[Outcome]:
    """Outcomes as they come."""
    if not cells:
        return
    if jobs == 1:
        yield from map(measure, cells)
        return
    from joblib import Parallel, delayed

    jobs = -1 if jobs is None else _check.integer("jobs", jobs, 1)
    yield from Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)(map(delayed(measure), cells))


def _opened(path: Path, about: Iterable[str]) -> dict[Cell, Outcome]:
    """What a table holds, ready to be appended to: made if it is not there, a torn last line cut off."""
    if not path.exists() or not path.read_bytes().strip():
        write_table(path, (), about)
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    outcomes = read_table(path)
    if whole != content:
        print(f"tdbook: cut an incomplete last line off {path.name}", file=sys.stderr)
        with path.open("r+b") as stream:
            stream.truncate(len(whole))
    if not any(line and not line.startswith(b"#") for line in whole.split(b"\n")):
        write_table(path, (), read_notes(path) or about)  # torn within its header
    return {outcome.cell: outcome for outcome in outcomes}


# --- the smallest m ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Search:
    """The smallest m with which a kind of target is decomposed, and how it was found.

    Attributes
    ----------
    cell : Cell
        A cell of it; its ``components`` and ``seed`` mean nothing.
    components : int or None
        The first m that passed; None when none up to the limit did.
    tried : tuple of (m, successes, runs)
        In the order tried.
    """

    cell: Cell
    components: int | None
    tried: tuple[tuple[int, int, int], ...]


@_check.guarded()
def ladder(start: int, limit: int) -> list[int]:
    """The values of m that a search tries: every integer up to 16, then steps of about a tenth."""
    values = [start]
    while values[-1] < limit:
        values.append(max(values[-1] + 1, round(1.1 * values[-1]) if values[-1] >= 16 else 0))
    return [m for m in values if m <= limit]


@statements.stated
def smallest(
    cells: Iterable[Cell],
    path: str | os.PathLike[str] | None = None,
    *,
    limit: int = 200,
    seeds: int = 20,
    needed: int = 18,
    jobs: int | None = None,
    progress: bool | None = None,
    about: Iterable[str] | None = None,
    only_known: bool = False,
) -> list[Search]:
    """The smallest m for each cell, whose ``components`` says where to start.

    The rule: climb the :func:`ladder`; an m passes when at least ``needed`` of the seeds 0, ..., ``seeds`` - 1
    reach the accuracy. It is given up at the first failure that makes this impossible, and accepted at the
    success that makes it certain, so the verdict is the one that all seeds would have given. The first m to pass
    is the answer; larger ones are not tried.

    Parameters
    ----------
    cells, path, jobs, progress, about
        As in :func:`sweep`.
    limit : int
        Largest m tried.
    seeds, needed : int
    only_known : bool
        Answer from the table and compute nothing; a search that is not finished there raises ``ValueError``.

    Claim: thm3-scaling
    """
    needed = _check.integer("needed", needed, 1, seeds)
    outcomes: dict[Cell, Outcome] = {}
    if path is not None and Path(path).exists():
        outcomes = {outcome.cell: outcome for outcome in read_table(path)}
    climbs = [_Climb(cell, ladder(cell.components, limit), seeds, needed) for cell in cells]
    while True:
        asked = list(dict.fromkeys(cell for climb in climbs for cell in climb.next(outcomes)))
        if not asked:
            return [climb.result() for climb in climbs]
        if only_known:
            raise ValueError(f"path must name a table with every run of the search, got none for {asked[0]}")
        for outcome in sweep(asked, path, jobs=jobs, progress=progress, about=about):
            outcomes[outcome.cell] = outcome


def searched(path: str | os.PathLike[str], *, seeds: int = 20, needed: int = 18) -> list[Search]:
    """The searches that a table holds, judged again from its runs; nothing is computed."""
    outcomes = {outcome.cell: outcome for outcome in read_table(path)}
    largest: dict[Cell, int] = {}
    for cell in outcomes:
        question = replace(cell, components=1, seed=0)
        largest[question] = max(largest.get(question, 1), cell.components)
    climbs = [_Climb(question, ladder(1, m), seeds, needed) for question, m in sorted(largest.items())]
    for climb in climbs:
        if climb.next(outcomes):
            raise ValueError(f"path must name a table of whole searches, got {str(path)!r}: {climb.cell} is not done")
    return [climb.result() for climb in climbs]


def exponent(sizes: Sequence[float], components: Sequence[float]) -> tuple[float, float]:
    """Slope of log m against log size by least squares, and the half-width of its 95% interval.

    The interval speaks of the scatter about a straight line; with a handful of sizes it says little of what comes
    beyond them.
    """
    from scipy.stats import linregress, t

    size, m = _check.array("sizes", sizes, ("n",)), _check.array("components", components, ("n",))
    if len(size) < 3 or len(size) != len(m):
        raise ValueError(f"sizes must be three or more, one for each m, got {len(size)} and {len(m)}")
    if not ((size > 0).all() and (m > 0).all() and np.ptp(size) > 0):
        raise ValueError("sizes and components must be positive, and not all sizes the same")
    if np.ptp(m) == 0:
        return 0.0, 0.0  # a level line without scatter, of which linregress makes 0/0
    fit = linregress(np.log(size), np.log(m))
    return float(fit.slope), float(t.ppf(0.975, len(sizes) - 2) * fit.stderr)


class _Climb:
    """One search: which cells it has to see next, and what it has found."""

    def __init__(self, cell: Cell, rungs: Sequence[int], seeds: int, needed: int) -> None:
        self.cell, self.rungs, self.seeds, self.needed = cell, list(rungs), seeds, needed
        self.tried: list[tuple[int, int, int]] = []
        self.found: int | None = None

    def next(self, known: dict[Cell, Outcome]) -> list[Cell]:
        while self.found is None and len(self.tried) < len(self.rungs):
            m = self.rungs[len(self.tried)]
            good = runs = 0
            while good < self.needed and runs - good <= self.seeds - self.needed:
                cell = self._at(m, runs)
                if cell not in known:
                    # as many as a rejection needs at least, more once the first ones went well
                    ahead = max(self.seeds - self.needed + 1 - (runs - good), min(good, self.needed - good))
                    return [self._at(m, seed) for seed in range(runs, min(runs + ahead, self.seeds))]
                good += int(known[cell].converged)
                runs += 1
            self.tried.append((m, good, runs))
            if good >= self.needed:
                self.found = m
        return []

    def _at(self, m: int, seed: int) -> Cell:
        return replace(self.cell, components=m, seed=seed)

    def result(self) -> Search:
        return Search(self.cell, self.found, tuple(self.tried))
