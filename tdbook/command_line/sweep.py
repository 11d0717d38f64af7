"""``tdbook sweep``: Algorithm 1 over a grid of sizes and seeds."""

from __future__ import annotations

import argparse
import math
import os
import shlex
from typing import Any

from tdbook import validation


def add(commands: Any) -> None:
    """Add the command to the parser."""
    sweep = commands.add_parser(
        "sweep",
        help="run Algorithm 1 over a grid of sizes and seeds",
        description="Run Algorithm 1 on random targets for every combination of the values given, in parallel, and "
        "append a line to TABLE as each run ends. What TABLE already holds is not run again, so a sweep that was "
        "stopped goes on where it was. With --smallest, look for the smallest m at which 18 of 20 seeds reach the "
        "accuracy. Exits with 0 when done, 2 on bad input.",
    )
    sweep.set_defaults(command=run)
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


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
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
