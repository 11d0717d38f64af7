"""``tdbook waring``: a tensor in a file as a sum of few powers."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tdbook.command_line.targets import add_symmetrize, read_target

SHOWN = 20  # components of which the weights are printed


def add(commands: Any) -> None:
    """Add the command to the parser."""
    waring = commands.add_parser(
        "waring",
        help="write a tensor file as a sum of few powers",
        description="Write the tensor in FILE, an .npz or .npy as for `tdbook decompose`, as a sum of as few powers as "
        "can be found, and say how few are possible. Entries are taken for exact; for noisy ones give a rank or a "
        "tolerance. Prints the components and writes them to an .npz that tdbook.load reads. Exits with 0 when the "
        "decomposition is exact, within the tolerance, or the best fit; 1 when not, 2 on bad input.",
    )
    waring.set_defaults(command=run)
    waring.add_argument("file", metavar="FILE", help=".npz or .npy")
    waring.add_argument("-o", "--output", metavar="OUT", help="where to write the result (FILE-waring.npz)")
    waring.add_argument("--csv", metavar="OUT", help="write weights and entries as a table as well")
    waring.add_argument("--force", action="store_true", help="overwrite existing results")
    waring.add_argument("--rank", metavar="R", help='number of components of the best fit, or "bic" to have it chosen')
    waring.add_argument("--tolerance", type=float, metavar="T", help="the fewest components within this relative error")
    waring.add_argument("--seed", type=int, default=0, help="random seed (0)")
    waring.add_argument("--seconds", type=float, default=60.0, help="searches begin nothing new after that (60)")
    add_symmetrize(waring)


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    from tdbook.archives import check_output
    from tdbook.decomposition import waring
    from tdbook.files import save, save_csv

    options.loaded()
    source = Path(options.file)
    output = Path(options.output) if options.output else source.with_name(f"{source.stem}-waring.npz")
    target = read_target(source, options.symmetrize)
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
    for i, weight in enumerate(found.tensor.weights[:SHOWN]):
        spread = "" if errors is None else f" ± {errors.weights[i]:.2g}, direction ± {errors.angles[i]:.2g} rad"
        print(f"  weight    {weight:.6g}{spread}")
    if found.tensor.rank > SHOWN:
        print(f"  and {found.tensor.rank - SHOWN} more")
    print(f"seconds     {found.seconds:.2f}")
    print(f"written to  {output}" + (f" and {options.csv}" if options.csv else ""))
    print(found.reason)
    return 0 if found.converged else 1
