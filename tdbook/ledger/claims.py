"""Claims, and the evidence that their checks return.

A check that raises, returns nothing, returns evidence without the negative controls that its kind needs, or returns
a negative control that was not refused, counts against its claim.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import islice
from typing import Any, TypeVar

import numpy as np

from tdbook import statements

KINDS = {
    "symbolic": "a SymPy identity with the sizes left symbolic",
    "exact": "rational or modular arithmetic at listed sizes",
    "bound": "a proof with explicit constants, stress-tested",
    "run": "checked at every step of real runs",
    "measured": "Monte Carlo with a 95% confidence interval",
    "cited": "outside the book's reach, cited",
}
# What a report says of a claim: computed from its findings, never written down.
ESTABLISHED = "established"
RESTS = "holds, but rests on what is not established"
PARTIAL = "checked in part"
UNCHECKED = "not yet checked"
CITED = "cited"
FAILED = "failed"
# The short name of each status, for style sheets, and its sign: no status is told by colour alone.
MARKS = {
    ESTABLISHED: ("established", "✓"),
    RESTS: ("holds-but", "◐"),
    PARTIAL: ("partial", "◔"),
    CITED: ("cited", "❞"),
    UNCHECKED: ("unchecked", "○"),
    FAILED: ("failed", "✗"),
}

# How many false variants each kind of evidence must be shown to refuse.
CONTROLS_NEEDED = {"symbolic": 2, "exact": 1, "bound": 1, "run": 1, "measured": 1, "cited": 0}

Thing = TypeVar("Thing")

_MOST = 1000  # pieces of evidence from one check; a check that yields more may never end


def _verdict(name: str, value: object) -> bool:
    """A truth value, NumPy's included; anything else (None, an array, a number) is no verdict."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise TypeError(f"{name} must be True or False, got {value!r}")


def _words(name: str, value: object) -> str:
    """Evidence and controls say what they are about."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} must say something, got {value!r}")
    return value


@dataclass(frozen=True)
class Control:
    """A negative control: something false that the check was given, and whether it refused it."""

    what: str
    refused: bool
    seen: str = ""


def _objects(name: str, things: Mapping[str, Thing]) -> Mapping[str, Thing]:
    """Named things to judge: a truth value among them would be a verdict that was reached elsewhere."""
    for what, thing in things.items():
        _words(f"the name of a {name} object", what)
        if isinstance(thing, bool | np.bool_):
            raise TypeError(f"{name} objects must be things to judge, not verdicts, got {thing!r} for {what!r}")
    return things


@dataclass(frozen=True, init=False)
class Evidence:
    """What one check found: a predicate that holds for true objects, and refuses false ones.

    Neither ``holds`` nor a refusal can be passed: the same predicate judges every object.

    Parameters
    ----------
    kind : str
        One of ``KINDS``.
    what : str
        What was checked, with sizes, seeds and constants really used.
    predicate : callable, optional
        From an object to True or False; only a citation has none.
    true, false : mapping of str to object
        Objects for which the predicate must hold, and those that it must refuse, by name. A false object differs from
        a true one in what its name says.
    seen : str
        The figures found, rounded to digits that survive another machine.
    tell : callable, optional
        What is to be said of one object: beside each control, and where a true object fails.
    """

    kind: str
    what: str
    holds: bool
    seen: str
    controls: tuple[Control, ...]

    def __init__(
        self,
        kind: str,
        what: str,
        predicate: Callable[[Any], bool] | None = None,
        true: Mapping[str, Any] | None = None,
        false: Mapping[str, Any] | None = None,
        seen: str = "",
        tell: Callable[[Any], str] | None = None,
    ) -> None:
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
        true, false = _objects("true", true or {}), _objects("false", false or {})
        if not callable(predicate) and (kind != "cited" or predicate is not None):
            raise TypeError(f"predicate must be given, except for a citation, got {predicate!r} for kind {kind!r}")
        if kind == "cited" and (predicate is not None or true or false):
            raise TypeError("predicate must not be given for a citation, which judges nothing")
        if not true and predicate is not None:
            raise ValueError("true must have an object at least, got none")
        say = tell or (lambda thing: "")
        failing, found = [], []
        if predicate is not None:
            failing = [name for name, thing in true.items() if not _verdict("predicate", predicate(thing))]
            found = [
                Control(name, not _verdict("predicate", predicate(thing)), say(thing)) for name, thing in false.items()
            ]
        told = [f"{name}: {said}" if (said := say(true[name])) else name for name in failing]
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "what", _words("what", what))
        object.__setattr__(self, "holds", not failing)
        object.__setattr__(self, "seen", "fails for " + "; ".join(told) if failing else seen)
        object.__setattr__(self, "controls", tuple(found))

    @property
    def objection(self) -> str:
        """Why this evidence does not count, or an empty string."""
        if not self.holds:
            return f"does not hold: {self.what}" + (f" ({self.seen})" if self.seen else "")
        different = len({(control.what, control.seen) for control in self.controls})  # a repeated control counts once
        if different < CONTROLS_NEEDED[self.kind]:
            return f"{self.kind} evidence needs {CONTROLS_NEEDED[self.kind]} negative controls, has {different}: {self.what}"
        for control in self.controls:
            if not control.refused:
                return f"negative control went through: {control.what}"
        return ""


# A check is called with fast=True (about a second) or fast=False (the sizes the ledger promises).
Check = Callable[[bool], Evidence | Iterable[Evidence]]


@dataclass(frozen=True)
class Claim:
    """One statement of the paper, or about it.

    Attributes
    ----------
    id : str
        Short and stable, lower-case with hyphens.
    title : str
        A few words.
    place : str
        Where in the paper, as in "Section 4, Lemma 3".
    kinds : tuple of str
        The kinds of evidence it must have before it is established.
    checks : tuple of callables
        See ``Check``.
    rests_on : tuple of str
        Ids of the claims whose truth it uses.
    note : str
        Where the printed text is off, or what remains open.
    statement : str
        What it says, in corrected form; by default the text that ``tdbook.statements`` has for its id.
    """

    id: str
    title: str
    place: str
    kinds: tuple[str, ...]
    checks: tuple[Check, ...] = ()
    rests_on: tuple[str, ...] = ()
    note: str = ""
    statement: str = ""

    def __post_init__(self) -> None:
        if not self.kinds or not set(self.kinds) <= set(KINDS):
            raise ValueError(f"kinds of claim {self.id!r} must be among {', '.join(KINDS)}, got {self.kinds}")
        if not self.statement:
            object.__setattr__(self, "statement", statements.statement(self.id))

    @property
    def chapter(self) -> str:
        """Stem of the chapter in which its statement stands; "" for a claim that is only cited."""
        return statements.chapter(self.id)

    @property
    def boxes(self) -> tuple[str, ...]:
        """Labels of the theorems, lemmas and propositions that state it in the chapters; the pages show its status there."""
        return statements.boxes(self.id)


@dataclass(frozen=True)
class Finding:
    """The result of a claim's own checks: evidence, objections, and the seconds they took."""

    evidence: tuple[Evidence, ...] = ()
    objections: tuple[str, ...] = ()
    seconds: float = 0.0


def examine(claim: Claim, fast: bool = False) -> Finding:
    """Run a claim's checks; an exception in one of them becomes an objection."""
    evidence: list[Evidence] = []
    objections: list[str] = []
    started = time.perf_counter()
    for check in claim.checks:
        name = getattr(getattr(check, "func", check), "__name__", repr(check)).lstrip("_")
        try:
            returned: Any = check(fast)  # a check may return something else than its annotation says
            items = [returned] if isinstance(returned, Evidence) else list(islice(returned or (), _MOST + 1))
        except (Exception, SystemExit) as error:
            # a broken check counts against its claim, and the others go on
            where = traceback.extract_tb(error.__traceback__)[-1]
            objections.append(f"{name} raised {type(error).__name__}: {error} ({where.name}, line {where.lineno})")
            continue
        if not items:
            objections.append(f"{name} returned no evidence")
        if len(items) > _MOST:
            objections.append(f"{name} returned more than {_MOST} pieces of evidence")
            items = []
        for item in items:
            if type(item) is Evidence:  # a derived class could override `objection`
                evidence.append(item)
                if item.objection:
                    objections.append(item.objection)
            else:
                objections.append(f"{name} returned {type(item).__name__} instead of Evidence")
    return Finding(tuple(evidence), tuple(objections), time.perf_counter() - started)


def closure(claims: Mapping[str, Claim], ids: Iterable[str]) -> list[str]:
    """The given ids and all that they rest on, in the order of ``claims``."""
    wanted: set[str] = set()
    waiting = list(ids)
    while waiting:
        current = waiting.pop()
        if current not in claims:
            raise ValueError(f"ids must be claims of the ledger, got {current!r}; `tdbook verify --list` names them")
        if current not in wanted:
            wanted.add(current)
            waiting.extend(claims[current].rests_on)
    return [id for id in claims if id in wanted]


def assemble(groups: Iterable[Iterable[Claim]]) -> dict[str, Claim]:
    """One mapping from the sections' claims; refuses doubled ids, grounds that do not exist, and circles."""
    claims: dict[str, Claim] = {}
    for group in groups:
        for claim in group:
            if claim.id in claims:
                raise ValueError(f"claim ids must be unique, got {claim.id!r} twice")
            claims[claim.id] = claim
    for claim in claims.values():
        for other in claim.rests_on:
            if other not in claims:
                raise ValueError(f"rests_on of {claim.id!r} must name claims, got {other!r}")
    try:
        TopologicalSorter({claim.id: claim.rests_on for claim in claims.values()}).prepare()
    except CycleError as error:
        raise ValueError(f"rests_on must not run in a circle, got {' -> '.join(error.args[1])}") from error
    return claims
