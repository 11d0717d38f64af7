"""``tdbook decompose``: Algorithm 1 on a tensor in a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tdbook.command_line.targets import add_symmetrize, read_target


def add(commands: Any) -> None:
    """Add the command to the parser."""
    decompose = commands.add_parser(
        "decompose",
        help="run Algorithm 1 on a tensor file",
        description="Run Algorithm 1 on FILE: an .npz with weights (r,), factors (d, r) and order, or an .npy with a "
        "dense symmetric array of shape (d, ..., d). Prints what was found and writes it to an .npz that tdbook.load "
        "reads. Exits with 0 when the accuracy was reached, 1 when not, 2 on bad input.",
    )
    decompose.set_defaults(command=run)
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
    add_symmetrize(decompose)


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    from tdbook.archives import check_output
    from tdbook.decomposition import decompose
    from tdbook.descent import StopReason
    from tdbook.files import save

    options.loaded()
    source = Path(options.file)
    output = Path(options.output) if options.output else source.with_name(f"{source.stem}-decomposed.npz")
    target = read_target(source, options.symmetrize)
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
