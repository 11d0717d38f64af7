"""What an exercise is, what a mistake is, and the three degrees in which an answer is replied to."""

from __future__ import annotations

import html
import signal
import textwrap
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tdbook import wording


class Degree(StrEnum):
    """How far an answer has come."""

    MISSING = "missing"
    KEEP_WORKING = "keep working"
    RIGHT = "right"


class Level(StrEnum):
    """How hard an exercise is."""

    EASY = "easy"
    MEDIUM = "medium"
    RESEARCH = "research-like"


class Sort(StrEnum):
    """What an exercise asks: to compute something, to prove it, or to change one thing, predict and run."""

    COMPUTE = "compute"
    PROVE = "prove"
    BREAK = "break"


CREDIT = {Level.EASY: 2, Level.MEDIUM: 4, Level.RESEARCH: 6}
SECONDS = 60


class Hangs(BaseException):
    """A student's code did not come to an end; no Exception, so that code which catches those does not catch it."""


@contextmanager
def stopped_after(seconds: float) -> Iterator[None]:
    """Raise :class:`Hangs` in a block that takes longer, where the system has alarms and in its main thread only."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: Any) -> None:
        raise Hangs

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)  # again each second, for code that catches everything
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


@dataclass(frozen=True)
class Verdict:
    """What a judge says of an answer: right or not, and a hint; ``missing`` when there was nothing to judge."""

    right: bool = False
    hint: str = ""
    missing: bool = False


RIGHT = Verdict(right=True)
MISSING = Verdict(missing=True)


@dataclass(frozen=True)
class Reply:
    """What :func:`tdbook.exercises.check` answers: a degree and a message; true only when the answer is right."""

    name: str
    degree: Degree
    message: str

    def __bool__(self) -> bool:
        return self.degree is Degree.RIGHT

    def __str__(self) -> str:
        text = f"{self.name}, {self.degree}: {self.message}" if self.message else f"{self.name}, {self.degree}"
        # as wide as a page of the book shows without scrolling
        return "\n".join(textwrap.fill(line, 80, break_long_words=False) for line in text.split("\n"))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        sign = {Degree.MISSING: "○", Degree.KEEP_WORKING: "…", Degree.RIGHT: "✓"}[self.degree]
        message = html.escape(self.message, quote=False).replace("\n", "<br>")
        return (
            f'<p class="td-reply"><span aria-hidden="true">{sign}</span> '
            f"<strong>{self.name}, {self.degree}</strong>{': ' if message else ''}{message}</p>"
        )


@dataclass(frozen=True)
class Mistake:
    """A usual mistake and what helps against it.

    Either ``value``, the wrong answer itself (a function, where a function is asked for), or ``change``, which makes
    the wrong answer out of the right one (or computes it, ignoring what it is given). Exactly one of the two.
    """

    hint: str
    value: Any = None
    change: Callable[[Any], Any] | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.change is None):
            raise ValueError("a Mistake takes either value or change, and not both")

    def answer(self, right: Any) -> Any:
        """The wrong answer that goes with the right one."""
        return self.value if self.change is None else self.change(right)

    def seen(self, answer: Any, right: Any, same: Callable[[Any, Any], bool]) -> bool:
        """Whether this mistake explains the answer; ``same`` says which answers count as equal."""
        wrong = self.answer(right)
        return same(answer, wrong) and not same(right, wrong)


def is_missing(answer: Any) -> bool:
    """Whether nothing was handed in: ``...``, None, an empty text, list, dict or array."""
    if answer is ... or answer is None:
        return True
    if isinstance(answer, str):
        return not answer.strip()
    if isinstance(answer, list | tuple | set | dict):
        # a tuple of blanks is a blank; so is what a blanked line leaves in a list
        return all(is_missing(part) for part in (answer.values() if isinstance(answer, dict) else answer))
    return wording.is_array(answer) and answer.size == 0


class Judge(ABC):
    """Says whether an answer is right; one for each kind of answer, in :mod:`.judges`."""

    mistakes: Sequence[Mistake] = ()

    @property
    @abstractmethod
    def wanted(self) -> str:
        """What to hand in, as the end of "hand in …"."""

    @abstractmethod
    def verdict(self, answer: Any) -> Verdict:
        """Right, or a hint that fits. Never raises for anything a student may hand in."""

    def points(self) -> list[str]:
        """What may be said before an answer is there."""
        return []

    def rubric(self) -> Sequence[str]:
        """What a written proof or report says, where the judge itself knows it."""
        return ()

    def explained(self) -> list[str]:
        """What is said with "right", and to whoever teaches, of answers that were to be refused."""
        return []

    def known_mistakes(self, sample: Any) -> Iterator[tuple[Any, str]]:
        """For every usual mistake an answer that makes it, and the hint it must get: the tests try them all.

        ``sample`` is a right answer, for judges that have several parts.
        """
        return iter(())

    def hints(self) -> list[str]:
        """The hints for the usual mistakes, for whoever teaches."""
        return [mistake.hint for mistake in self.mistakes]


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """An exercise of the book, without its text: that stands in the chapter.

    ``points`` are what a full proof contains, or a report of what was found.

    ``right`` and ``wrong`` are samples for the tests, made when asked for: answers that must be accepted, in the types
    a student may use, and answers that must be refused, each with a word or two of the hint it must get. ``moral`` is
    said with "right"; ``note`` and ``minutes`` are for whoever teaches.
    """

    label: str
    title: str
    level: Level
    sort: Sort
    judge: Judge
    right: Callable[[], Sequence[Any]]
    wrong: Callable[[], Sequence[tuple[Any, str]]]
    note: str
    minutes: int
    points: tuple[str, ...] = ()
    moral: str = ""
    name: str = field(default="", compare=False)  # chapter key and position, given by the catalogue

    @property
    def rubric(self) -> tuple[str, ...]:
        """What a person looks for in the written text; empty where the judge reads everything that is handed in."""
        return self.points or tuple(self.judge.rubric())

    @property
    def text(self) -> str:
        """What the written text is: "proof", or "report" where something else than a proof is asked for."""
        return "proof" if self.points or self.sort is Sort.PROVE else "report"

    @property
    def check_credit(self) -> int:
        """The points for what the judge accepts: of :data:`CREDIT` by the level, with a written text half of it."""
        return CREDIT[self.level] // 2 if self.rubric else CREDIT[self.level]

    @property
    def proof_credit(self) -> int:
        """The points that a reader of the proof or report gives; 0 where there is none to be read."""
        return self.check_credit if self.rubric else 0

    @property
    def praise(self) -> str:
        """What is said with "right"; where a text is wanted as well, that nobody has read it."""
        unread = [f"Your {self.text} was not read: only the answer was checked."] if self.rubric else []
        return "\n".join([*([self.moral] if self.moral else []), *self.judge.explained(), *unread])

    @property
    def signature(self) -> str:
        """The words with which the exercise opens on its page, as in "Easy · compute"."""
        return f"{self.level.capitalize()} · {self.sort}"

    def reply(self, answer: Any) -> Reply:
        """The reply in three degrees; never raises.

        An answer that does not come to an end is stopped after :data:`SECONDS` in the main thread of a system with
        alarms (Linux, macOS); on Windows, and in other threads, it has to be interrupted by hand.
        """
        try:
            with stopped_after(SECONDS):
                verdict = MISSING if is_missing(answer) else self.judge.verdict(answer)
        except Hangs:
            verdict = Verdict(hint=f"your answer was still at work after {SECONDS} seconds: does a loop never end?")
        except (Exception, SystemExit) as error:  # what an object of a class of one's own may do when it is looked at
            verdict = Verdict(hint=f"{self.judge.wanted} is wanted; looking at yours raised {type(error).__name__}")
        if verdict.right:
            return Reply(self.name, Degree.RIGHT, self.praise)
        if verdict.missing:
            return Reply(self.name, Degree.MISSING, self.task())
        return Reply(self.name, Degree.KEEP_WORKING, verdict.hint)

    def task(self) -> str:
        """What is to be handed in; for a proof, too, nothing that the proof would have to find."""
        return "\n".join([f"Hand in {self.judge.wanted}.", *self.judge.points()])
