"""The command line: ``tdbook decompose``, ``waring``, ``sweep``, ``verify`` and ``grade``."""

from __future__ import annotations

import argparse
import codecs
import contextlib
import io
import json
import math
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tdbook import __version__, validation

if TYPE_CHECKING:
    from tdbook.tensors import SymmetricTensor

_SHOWN = 20  # components of which `tdbook waring` prints the weights


def main(arguments: Sequence[str] | None = None, loaded: Callable[[], object] = bool) -> int:
    """Run a command; returns the exit code: 0 done, 1 not converged or a claim failed, 2 bad input, 130 after Ctrl-C.

    ``loaded`` is called when the modules that the command needs are there and its work begins.
    """
    codecs.register_error("tdbook-plain", _plain)
    if isinstance(sys.stdout, io.TextIOWrapper):  # a console's code page may lack the marks of the ledger
        sys.stdout.reconfigure(errors="tdbook-plain")
    try:
        options = _parser().parse_args(arguments)
        options.loaded = loaded
        code = int(options.command(options))
        sys.stdout.flush()  # a full disk shows here, if not before
        return code
    except BrokenPipeError:  # the reader of a pipe has seen enough, as `head` does
        _drop_output()
        return 141
    except (ValueError, TypeError, OSError) as error:
        print(f"tdbook: {_one_line(error)}", file=sys.stderr)
        if isinstance(error, OSError) and error.filename is None:
            _drop_output()  # it may be the output itself that cannot be written
        return 2
    except MemoryError:
        print("tdbook: the input is too large for this machine's memory", file=sys.stderr)
        return 2
    except BaseException as error:
        if not _interrupted(error):
            raise
        print("tdbook: interrupted", file=sys.stderr)
        return 130


def _interrupted(error: BaseException | None) -> bool:
    """Whether an exception is Ctrl-C, or came of it: a compiled module whose loading it ends raises ImportError."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _drop_output() -> None:
    """Send what is still unwritten nowhere, so that Python does not try to write it when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


PLAIN = {
    "✓": "+", "✗": "x", "◐": "~", "◔": "-", "○": "o", "❞": "c", "≤": "<=", "≥": ">=", "≠": "!=", "×": "x", "·": "*",
    "−": "-", "–": "-", "—": "-", "…": "...", "’": "'", "“": '"', "”": '"', "‖": "||", "√": "sqrt", "∞": "inf",
    "→": "->", "²": "^2", "³": "^3",
}  # fmt: skip


def _plain(error: UnicodeError) -> tuple[str, int]:
    """What is printed in the place of letters that the terminal, or the file it is sent to, cannot take."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    return "".join(PLAIN.get(letter, "?") for letter in letters), error.end


def _one_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename is not None else error.strerror
    return " ".join(str(error).split())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tdbook", description="Over-parametrised tensor decomposition: run Algorithm 1, check the ledger's claims."
    )
    parser.add_argument("--version", action="version", version=f"tdbook {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    _add_decompose(commands)
    _add_waring(commands)
    _add_sweep(commands)
    _add_verify(commands)
    _add_grade(commands)
    return parser


# --- decompose ----------------------------------------------------------------------------------------------


def _add_decompose(commands: Any) -> None:
    decompose = commands.add_parser(
        "decompose",
        help="run Algorithm 1 on a tensor file",
        description="Run Algorithm 1 on FILE: an .npz with weights (r,), factors (d, r) and order, or an .npy with a "
        "dense symmetric array of shape (d, ..., d). Prints what was found and writes it to an .npz that tdbook.load "
        "reads. Exits with 0 when the accuracy was reached, 1 when not, 2 on bad input.",
    )
    decompose.set_defaults(command=_decompose)
    decompose.add_argument("file", metavar="FILE", help=".npz or .npy")
    decompose.add_argument("-o", "--output", metavar="OUT", help="where to write the result (FILE-decomposed.npz)")
    decompose.add_argument("--force", action="store_true", help="overwrite an existing result")
    decompose.add_argument("--accuracy", type=float, default=0.05, help="relative error to reach (0.05)")
    decompose.add_argument("--components", type=int, metavar="M", help="m (four times the target's components)")
    decompose.add_argument("--seed", type=int, default=0, help="random seed (0)")
    decompose.add_argument("--epochs", type=int, default=30, metavar="K", help="at most so many epochs (30)")
    decompose.add_argument("--iterations", type=int, default=1500, metavar="H", help="iterations an epoch (1500)")
    decompose.add_argument("--step-size", type=float, metavar="ETA", help="eta (1/l^2)")
    decompose.add_argument("--init-scale", type=float, metavar="DELTA", help="delta (see practical_settings)")
    decompose.add_argument("--regularization", type=float, metavar="LAMBDA", help="lambda (0.3 accuracy s^(-l/2))")
    decompose.add_argument("--literal", action="store_true", help="exactly K epochs, return the last, as printed")
    decompose.add_argument("--patience", type=int, default=10, help="stop after so many epochs that gain nothing (10)")
    decompose.add_argument("--refine", action="store_true", help="then merge, drop and polish, to the goal")
    decompose.add_argument("--goal", type=float, default=1e-10, help="relative error of a refinement (1e-10)")
    _add_symmetrize(decompose)


def _add_symmetrize(command: argparse.ArgumentParser) -> None:
    command.add_argument("--symmetrize", action="store_true", help="take the symmetric part of an .npy array")


def _read_target(path: Path, symmetrize: bool) -> SymmetricTensor:
    """The tensor in a file; of a saved run, what it found."""
    from tdbook.files import load
    from tdbook.tensors import SymmetricTensor

    content = load(path, symmetrize=symmetrize)
    return content if isinstance(content, SymmetricTensor) else content.tensor


def _decompose(options: argparse.Namespace) -> int:
    from tdbook.archives import check_output
    from tdbook.decomposition import decompose
    from tdbook.descent import StopReason
    from tdbook.files import save

    options.loaded()
    source = Path(options.file)
    output = Path(options.output) if options.output else source.with_name(f"{source.stem}-decomposed.npz")
    target = _read_target(source, options.symmetrize)
    check_output(output, ".npz", overwrite=options.force)
    print(f"target      {target!r}, norm {target.norm():.6g}")
    result = decompose(
        target,
        options.components,
        options.accuracy,
        options.seed,
        epochs=options.epochs,
        iterations=options.iterations,
        step_size=options.step_size,
        init_scale=options.init_scale,
        regularization=options.regularization,
        literal=options.literal,
        refine=options.refine,
        goal=options.goal,
        patience=options.patience,
    )
    save(result, output, overwrite=options.force)
    print(f"components  {result.tensor.rank}")
    for record in result.history.refinement:
        print(f"  {record.stage:<20} {record.components:>4} components, error {record.error:.3e}")
    print(f"error       {result.error:.3e} relative, accuracy {options.accuracy:g} asked for")
    print(f"epochs      {result.epochs}, best {result.best_epoch}")
    print(f"seconds     {result.seconds:.2f}")
    print(f"written to  {output}")
    print(result.reason)
    if result.stop is StopReason.INTERRUPTED:
        return 130
    return 0 if result.converged else 1


# --- waring -------------------------------------------------------------------------------------------------


def _add_waring(commands: Any) -> None:
    waring = commands.add_parser(
        "waring",
        help="write a tensor file as a sum of few powers",
        description="Write the tensor in FILE, an .npz or .npy as for `tdbook decompose`, as a sum of as few powers as "
        "can be found, and say how few are possible. Entries are taken for exact; for noisy ones give a rank or a "
        "tolerance. Prints the components and writes them to an .npz that tdbook.load reads. Exits with 0 when the "
        "decomposition is exact, within the tolerance, or the best fit; 1 when not, 2 on bad input.",
    )
    waring.set_defaults(command=_waring)
    waring.add_argument("file", metavar="FILE", help=".npz or .npy")
    waring.add_argument("-o", "--output", metavar="OUT", help="where to write the result (FILE-waring.npz)")
    waring.add_argument("--csv", metavar="OUT", help="write weights and entries as a table as well")
    waring.add_argument("--force", action="store_true", help="overwrite existing results")
    waring.add_argument("--rank", metavar="R", help='number of components of the best fit, or "bic" to have it chosen')
    waring.add_argument("--tolerance", type=float, metavar="T", help="the fewest components within this relative error")
    waring.add_argument("--seed", type=int, default=0, help="random seed (0)")
    waring.add_argument("--seconds", type=float, default=60.0, help="searches begin nothing new after that (60)")
    _add_symmetrize(waring)


def _waring(options: argparse.Namespace) -> int:
    from tdbook.archives import check_output
    from tdbook.decomposition import waring
    from tdbook.files import save, save_csv

    options.loaded()
    source = Path(options.file)
    output = Path(options.output) if options.output else source.with_name(f"{source.stem}-waring.npz")
    target = _read_target(source, options.symmetrize)
    check_output(output, ".npz", overwrite=options.force)
    if options.csv:
        check_output(options.csv, ".csv", overwrite=options.force)
    print(f"target      {target!r}, norm {target.norm():.6g}")
    rank = int(options.rank) if options.rank and options.rank.isdecimal() else options.rank
    found = waring(target, rank, tolerance=options.tolerance, rng=options.seed, seconds=options.seconds)
    save(found.tensor, output, overwrite=options.force)
    if options.csv:
        save_csv(found.tensor, options.csv, overwrite=options.force)
    print(f"components  {found.tensor.rank}, at least {found.lower_bound}: {found.proof}")
    print(f"error       {found.error:.3e} relative")
    proved = [word for word, true in (("as few as possible", found.minimal), ("unique", found.unique)) if true]
    print(f"proved      {', '.join(proved) or 'neither minimal nor unique'}")
    errors = found.standard_errors
    for i, weight in enumerate(found.tensor.weights[:_SHOWN]):
        spread = "" if errors is None else f" ± {errors.weights[i]:.2g}, direction ± {errors.angles[i]:.2g} rad"
        print(f"  weight    {weight:.6g}{spread}")
    if found.tensor.rank > _SHOWN:
        print(f"  and {found.tensor.rank - _SHOWN} more")
    print(f"seconds     {found.seconds:.2f}")
    print(f"written to  {output}" + (f" and {options.csv}" if options.csv else ""))
    print(found.reason)
    return 0 if found.converged else 1


# --- sweep --------------------------------------------------------------------------------------------------


def _add_sweep(commands: Any) -> None:
    sweep = commands.add_parser(
        "sweep",
        help="run Algorithm 1 over a grid of sizes and seeds",
        description="Run Algorithm 1 on random targets for every combination of the values given, in parallel, and "
        "append a line to TABLE as each run ends. What TABLE already holds is not run again, so a sweep that was "
        "stopped goes on where it was. With --smallest, look for the smallest m at which 18 of 20 seeds reach the "
        "accuracy. Exits with 0 when done, 2 on bad input.",
    )
    sweep.set_defaults(command=_sweep)
    sweep.add_argument("table", metavar="TABLE", help="the .csv file of outcomes, made or continued")
    sweep.add_argument("--order", type=int, nargs="+", default=[3], metavar="L", help="orders (3)")
    sweep.add_argument("--dimension", type=_size, nargs="+", default=[30], metavar="D", help="1000 or 1e6 (30)")
    sweep.add_argument("--rank", type=int, nargs="+", default=[3], metavar="R", help="ranks (3)")
    sweep.add_argument("--components", type=int, nargs="+", metavar="M", help="values of m (four times the rank)")
    sweep.add_argument("--accuracy", type=float, nargs="+", default=[0.05], metavar="EPS", help="epsilon (0.05)")
    sweep.add_argument("--kind", nargs="+", default=["generic"], metavar="KIND", help="kinds of target (generic)")
    sweep.add_argument("--seeds", type=int, default=20, metavar="N", help="seeds 0 to N - 1 (20)")
    sweep.add_argument("--epochs", type=int, nargs="+", default=[30], metavar="K", help="at most so many epochs (30)")
    sweep.add_argument("--iterations", type=int, default=1500, metavar="H", help="iterations an epoch (1500)")
    sweep.add_argument("--in-law", action="store_true", help="draw coordinates in law: no vector of d entries")
    sweep.add_argument("--smallest", action="store_true", help="the smallest m, from 1 up, with 9 of 10 seeds")
    sweep.add_argument("--limit", type=int, default=200, metavar="M", help="the largest m of --smallest (200)")
    sweep.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (one a core)")


def _size(text: str) -> int:
    """An integer, also written as 1e6."""
    try:
        return int(text)
    except ValueError:
        value = float(text) if text else math.nan
    if not math.isfinite(value) or value != int(value):
        raise ValueError(text)
    return int(value)


def _sweep(options: argparse.Namespace) -> int:
    import joblib  # noqa: F401 - used by the sweep
    import tqdm  # noqa: F401

    from tdbook import experiments

    options.loaded()
    if options.smallest and options.components:
        raise ValueError("components must not be given with --smallest, which looks for it")
    seeds = validation.integer("seeds", options.seeds, 1)
    cells = [
        cell
        for rank in options.rank
        for epochs in options.epochs
        for cell in experiments.grid(
            options.order,
            options.dimension,
            rank,
            1 if options.smallest else options.components or 4 * rank,
            options.accuracy,
            options.kind,
            0 if options.smallest else range(seeds),
            epochs=epochs,
            iterations=options.iterations,
            in_law=options.in_law,
        )
    ]
    about = experiments.notes(_command_of(options))
    if options.smallest:
        # 18 of 20, and the same share of any other number, rounded up
        needed = -(-9 * seeds // 10)
        searches = experiments.smallest(
            cells, options.table, limit=options.limit, seeds=seeds, needed=needed, jobs=options.jobs, about=about
        )
        print(f"{'l':>3} {'d':>14} {'r':>4} {'kind':<20} {'accuracy':>8} {'K':>4} {'smallest m':>11}")
        for search in searches:
            cell, smallest = search.cell, search.components
            m = f"> {options.limit}" if smallest is None else str(smallest)
            print(f"{_head(cell)} {m:>11}")
        return 0
    outcomes = experiments.sweep(cells, options.table, jobs=options.jobs, about=about)
    print(f"{'l':>3} {'d':>14} {'r':>4} {'kind':<20} {'accuracy':>8} {'K':>4} {'m':>5} {'reached':>9}")
    shown: dict[tuple[str, int], list[bool]] = {}
    for outcome in outcomes:
        shown.setdefault((_head(outcome.cell), outcome.cell.components), []).append(outcome.converged)
    for (head, components), reached in shown.items():
        print(f"{head} {components:>5} {f'{sum(reached)}/{len(reached)}':>9}")
    return 0


def _head(cell: Any) -> str:
    return f"{cell.order:>3} {cell.dimension:>14} {cell.rank:>4} {cell.kind:<20} {cell.accuracy:>8g} {cell.epochs:>4}"


def _command_of(options: argparse.Namespace) -> str:
    """The command that would do the same again, without the table's place and the number of processes."""
    words = ["tdbook", "sweep", os.path.basename(options.table)]  # noqa: PTH119 - the text as it was given
    for name in ("order", "dimension", "rank", "components", "accuracy", "kind", "epochs"):
        values = getattr(options, name)
        if values:
            words += [f"--{name}", *(str(value) for value in values)]
    words += ["--seeds", str(options.seeds), "--iterations", str(options.iterations)]
    if options.in_law:
        words.append("--in-law")
    if options.smallest:
        words += ["--smallest", "--limit", str(options.limit)]
    return shlex.join(words)


# --- verify -------------------------------------------------------------------------------------------------


def _add_verify(commands: Any) -> None:
    verify = commands.add_parser(
        "verify",
        help="check the ledger's claims",
        description="Run the checks and negative controls of the claims named, and of those they rest on; all by "
        "default. Exits with 1 when one fails.",
    )
    verify.set_defaults(command=_verify)
    verify.add_argument("ids", nargs="*", metavar="ID", help="claims, as in `tdbook verify --list`")
    verify.add_argument("--list", action="store_true", help="list the claims without running anything")
    verify.add_argument("--json", action="store_true", help="print the report as JSON")
    verify.add_argument("--fast", action="store_true", help="smaller sizes, about a second a claim")
    verify.add_argument("--details", action="store_true", help="print evidence and controls of each claim")
    verify.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (one a core)")


def _verify(options: argparse.Namespace) -> int:
    from tqdm import tqdm

    from tdbook import ledger
    from tdbook.ledger import views
    from tdbook.ledger.claims import Finding, closure

    ids = options.ids or None
    todo = closure(ledger.CLAIMS, ids or ledger.CLAIMS)
    if options.list:
        for id in todo:
            print(f"{id:<22} {ledger.CLAIMS[id].title}")
        return 0
    import tdbook.proofs  # noqa: F401 - many checks need it

    options.loaded()
    with tqdm(total=len(todo), unit="claim", disable=True if options.json else None, leave=False) as bar:

        def show(id: str, finding: Finding) -> None:
            bar.set_postfix_str(id)
            bar.update()

        report = ledger.verify(ids, fast=options.fast, jobs=options.jobs, progress=show)
    if options.json:
        print(json.dumps(views.as_json(report), indent=1))
    elif options.details:
        print("\n\n".join(views.details(report, id) for id in report.asked))
        print(views.summary(report))
    else:
        print(views.text(report))
    return 0 if report.ok else 1


# --- grade --------------------------------------------------------------------------------------------------


def _add_grade(commands: Any) -> None:
    grade = commands.add_parser(
        "grade",
        help="a table of points from returned notebooks",
        description="Run each notebook below FOLDER (NAME-CHAPTER.ipynb, or CHAPTER.ipynb in a folder of the student's "
        "name) anew, in a process with limits, and write grades.csv, and proofs.md with the proofs beside the rubric. "
        "Nothing reads the proofs but you. Tables that chapters read are taken from FOLDER/data. Receipts that the "
        "book's pages have written (NAME.receipt.json) are read, too, their answers checked anew. Exits with 1 when "
        "some file is no notebook with exercises and no receipt.",
    )
    grade.set_defaults(command=_grade)
    grade.add_argument("folder", metavar="FOLDER", help="the returned notebooks and receipts")
    grade.add_argument("-o", "--output", metavar="OUT", help="where to write the two files (FOLDER)")
    grade.add_argument("--force", action="store_true", help="overwrite existing results")
    grade.add_argument("--seconds", type=int, default=300, help="at most so long for a notebook (300)")


def _grade(options: argparse.Namespace) -> int:
    from tdbook.exercises import grading

    seconds = validation.integer("--seconds", options.seconds, 1)
    options.loaded()
    return grading.grade(Path(options.folder), options.output, options.force, seconds)
