"""The command line: ``tdbook decompose``, ``tdbook sweep`` and ``tdbook verify``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tdbook import __version__
from tdbook.sweep_command import add_sweep_parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code: 0 done, 1 not converged or a claim failed, 2 bad input."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except BrokenPipeError:  # the reader of a pipe has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (ValueError, TypeError, OSError) as error:
        print(f"tdbook: {_one_line(error)}", file=sys.stderr)
        return 2
    except MemoryError:
        print("tdbook: the input is too large for this machine's memory", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("tdbook: interrupted", file=sys.stderr)
        return 130


def _one_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}"
    return " ".join(str(error).split())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tdbook", description="Over-parametrised tensor decomposition: run Algorithm 1, check the ledger's claims."
    )
    parser.add_argument("--version", action="version", version=f"tdbook {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

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
    decompose.add_argument("--refine", action="store_true", help="then merge, drop and polish, to 1e-10")

    add_sweep_parser(commands)

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
    return parser


def _decompose(options: argparse.Namespace) -> int:
    from tdbook.descent import decompose
    from tdbook.files import check_output, load, save
    from tdbook.tensors import SymmetricTensor

    source = Path(options.file)
    output = Path(options.output) if options.output else source.with_name(f"{source.stem}-decomposed.npz")
    target = load(source)
    if not isinstance(target, SymmetricTensor):
        target = target.tensor  # a saved run: decompose what it found
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
    if result.reason.startswith("Interrupted"):
        return 130
    return 0 if result.converged else 1


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
    with tqdm(total=len(todo), unit="claim", disable=True if options.json else None, leave=False) as bar:

        def show(id: str, finding: Finding) -> None:
            bar.set_postfix_str(id)
            bar.update()

        report = ledger.verify(ids, fast=options.fast, jobs=options.jobs, progress=show)
    if options.json:
        print(json.dumps(views.as_json(report), indent=1, ensure_ascii=False))
    elif options.details:
        print("\n\n".join(views.details(report, id) for id in report.asked))
        print(views.summary(report))
    else:
        print(views.text(report))
    return 0 if report.ok else 1
