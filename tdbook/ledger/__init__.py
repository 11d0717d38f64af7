"""The ledger: every claim of the paper, how it was checked, and what would make the check fail.

>>> from tdbook import ledger
>>> report = ledger.verify(["tensor-inner"])   # runs its checks and negative controls
>>> report.status("tensor-inner")
'established'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module

from tdbook import statements, validation
from tdbook.ledger import dependencies, proofmap, views
from tdbook.ledger.claims import Claim, Control, Evidence, Finding, assemble
from tdbook.ledger.report import Report
from tdbook.ledger.runner import verify_claims

# The claims of each chapter, in the order of the book; each chapter has a module or a package of its own here.
SECTIONS: dict[str, tuple[Claim, ...]] = {
    stem: import_module(f"tdbook.ledger.{stem}").CLAIMS for stem in statements.CHAPTERS
}
CLAIMS = assemble(SECTIONS.values())

__all__ = ["CLAIMS", "Claim", "Control", "Evidence", "Finding", "Report", "card", "graph", "proof_map", "verify"]


def verify(
    ids: str | Iterable[str] | None = None,
    *,
    fast: bool = False,
    jobs: int = 1,
    time_limit: float = 600.0,
    progress: Callable[[str, Finding], None] | None = None,
) -> Report:
    """Check claims and whatever they rest on.

    Parameters
    ----------
    ids : str or iterable of str, optional
        All claims of the ledger by default.
    fast : bool
        Smaller sizes, about a second a claim.
    jobs : int
        Number of processes; with one, claims are checked in the process that calls.
    time_limit : float
        Seconds for each claim; a check that hangs fails.
    progress : callable, optional
        Called with the id and the finding of each claim examined.

    Returns
    -------
    Report
        ``report.ok`` is False when a claim failed, or one that it rests on; ``report.status(id)`` is computed, never stored.
    """
    wanted = [ids] if isinstance(ids, str) else ids
    return verify_claims(
        CLAIMS,
        wanted,
        fast=validation.flag("fast", fast),
        jobs=validation.processes("jobs", jobs),
        time_limit=validation.real("time_limit", time_limit),
        progress=progress,
    )


def card(id: str) -> views.View:
    """The card of one claim, its checks run now at their fast sizes."""
    return views.card(verify(id, fast=True), id)


def graph(report: Report) -> views.View:
    """The dependency graph of all claims: a column for each part of the book, chapter below chapter."""
    columns = {
        part: {title: [claim.id for claim in SECTIONS[stem]] for stem, title in chapters.items()}
        for part, chapters in statements.PARTS.items()
    }
    return dependencies.graph(report, columns)


def proof_map() -> views.View:
    """The map of the proof of Theorem 3: what it rests on in the proof's chapters, each box a link."""
    return proofmap.proof_map(CLAIMS, "thm3", tuple(statements.PARTS["The proof"]))


def place_in_proof(id: str) -> tuple[list[str], list[str]] | None:
    """The claims that a claim rests on and those that use it, on the map of the proof; None if it is not on it."""
    return proofmap.neighbours(CLAIMS, "thm3", tuple(statements.PARTS["The proof"]), id)
