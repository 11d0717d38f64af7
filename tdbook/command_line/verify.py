"""``tdbook verify``: the checks of the ledger's claims."""

from __future__ import annotations

import argparse
import json
import os
from typing import Any


def add(commands: Any) -> None:
    """Add the command to the parser."""
    verify = commands.add_parser(
        "verify",
        help="check the ledger's claims",
        description="Run the checks and negative controls of the claims named, and of those they rest on; all by "
        "default. Exits with 1 when one fails.",
    )
    verify.set_defaults(command=run)
    verify.add_argument("ids", nargs="*", metavar="ID", help="claims, as in `tdbook verify --list`")
    verify.add_argument("--list", action="store_true", help="list the claims without running anything")
    verify.add_argument("--json", action="store_true", help="print the report as JSON")
    verify.add_argument("--fast", action="store_true", help="smaller sizes, about a second a claim")
    verify.add_argument("--details", action="store_true", help="print evidence and controls of each claim")
    verify.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (one a core)")


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
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
