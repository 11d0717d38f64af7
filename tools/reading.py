"""How long a chapter takes to read and to run, and whether its head says so.

    python -m tools.reading            what the heads say, what is counted, what was measured in the last build
    python -m tools.reading --write    put the counted, planned and measured times into the heads

A count is for a reader with a pencil: see `minutes_to_read`. Exercises are not in it; their time is the sum of the
minutes that the catalogue of exercises plans for each.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from nbformat import NotebookNode

from tdbook.exercises import STEMS, catalogue
from tdbook.statements import CHAPTERS
from tools.build import chapters

WORDS_A_MINUTE = 130.0
SECONDS = {"formula": 4.0, "display": 30.0, "code": 6.0, "figure": 30.0}
WORKED = re.compile(r"^## Exercises\s*$", re.MULTILINE)  # from here on times are planned, not counted

DISPLAY = re.compile(r"\$\$.+?\$\$", re.DOTALL)
FORMULA = re.compile(r"\$[^$]+\$")
WORD = re.compile(r"[^\W\d_][\w’'-]*")
HEAD = re.compile(
    r"\*Reading (?P<reading>[^,*]+), exercises (?P<exercises>[^,*]+), running (?P<running>[^.*]+)\.\s+"
    r"Needed: (?P<needed>.+?)\.\s+New: (?P<new>.+?)\.\*",
    re.DOTALL,
)
RUNNING = (
    (10, "a few seconds"),
    (20, "up to 20 seconds"),
    (35, "half a minute"),
    (75, "a minute"),
    (150, "two minutes"),
)
HOURS = ("", "an hour", "two hours", "three hours", "four hours")


@dataclass(frozen=True)
class Head:
    """What a chapter promises in its first cell."""

    minutes: int
    exercises: str
    running: str
    needed: str
    new: str


def head(source: str) -> Head | None:
    """The times and needs in a chapter's first cell; None if they do not have the form that all chapters share."""
    found = HEAD.search(source)
    if found is None or not (minutes := re.fullmatch(r"(\d+) minutes", found["reading"])):
        return None
    rest = {name: " ".join(found[name].split()) for name in ("exercises", "running", "needed", "new")}
    return Head(int(minutes[1]), **rest)


def minutes_to_read(notebook: NotebookNode) -> float:
    """Words, formulas, code and figures of a chapter up to its exercises, each at its own pace."""
    words = 0
    count = dict.fromkeys(SECONDS, 0)
    for cell in notebook.cells:
        source = cell.source
        ends = WORKED.search(source) if cell.cell_type == "markdown" else None
        if ends:
            source = source[: ends.start()]
        hidden = {"remove-input", "remove-cell"} & set(cell.metadata.get("tags", []))
        if cell.cell_type == "markdown":
            count["display"] += len(DISPLAY.findall(source))
            source = DISPLAY.sub(" ", source)
            count["formula"] += len(FORMULA.findall(source))
            words += len(WORD.findall(FORMULA.sub(" ", source)))
        else:
            count["code"] += 0 if hidden else sum(bool(line.strip()) for line in source.splitlines())
            texts = (str(output.get("data", {}).get("text/plain", "")) for output in cell.outputs)
            count["figure"] += sum(text.startswith("Figure:") for text in texts)
        if ends:
            break
    return words / WORDS_A_MINUTE + sum(count[kind] * seconds for kind, seconds in SECONDS.items()) / 60.0


def rounded(minutes: float) -> int:
    """To five minutes, as a head says it."""
    return max(5, 5 * round(minutes / 5.0))


def running(seconds: float) -> str:
    """A running time in words, rounded up: another machine may be slower than the one that measured."""
    return next((words for limit, words in RUNNING if seconds <= limit), "several minutes")


def planned(minutes: float) -> str:
    """The time for exercises in words, to half an hour."""
    halves = max(1, round(minutes / 30.0))
    if halves == 1:
        return "half an hour"
    whole, half = HOURS[halves // 2], halves % 2
    if not half:
        return whole
    return "an hour and a half" if halves == 3 else f"{whole.removesuffix(' hours')} and a half hours"


def minutes_of_exercises(path: Path) -> int:
    """What the catalogue plans for the exercises of a numbered chapter."""
    key = next(key for key, stem in STEMS.items() if stem == path.stem)
    return sum(exercise.minutes for exercise in catalogue(key))


def seconds_to_run(root: Path) -> dict[str, float]:
    """What the last build measured, by the stem of the chapter; empty before the first build."""
    folder = root / "_build" / ".jupyter_cache"
    if not folder.is_dir():
        return {}
    cache = get_cache(folder)
    times: dict[str, float] = {}
    for path in chapters(root):
        try:
            record = cache.match_cache_notebook(nbformat.read(path, as_version=4))
        except KeyError:
            continue
        times[path.stem] = float(record.data["execution_seconds"])
    cache.db.dispose()
    return times


def numbered(root: Path) -> list[Path]:
    """The chapters with a number: these have a head with times."""
    return [path for path in chapters(root) if path.stem in CHAPTERS]


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the heads of the chapters with their lengths.")
    parser.add_argument("--write", action="store_true", help="put the times into the heads")
    write = parser.parse_args().write
    root = Path(__file__).parents[1]
    measured = seconds_to_run(root)
    for path in numbered(root):
        notebook = nbformat.read(path, as_version=4)
        first = notebook.cells[0]
        said, counted = head(first.source), minutes_to_read(notebook)
        if said is None:
            print(f"{path.stem:<28} its head has no times in the common form")
            continue
        seconds = measured.get(path.stem)
        took = "not measured" if seconds is None else f"{seconds:.0f} s"
        exercises = minutes_of_exercises(path)
        print(f"{path.stem}: says {said.minutes} min, counted {counted:.1f};", end=" ")
        print(f"says {said.running}, took {took}; says {said.exercises}, planned {exercises} min")
        if write:
            words = said.running if seconds is None else running(seconds)
            source = re.sub(r"\*Reading [^,*]+,", f"*Reading {rounded(counted)} minutes,", first.source, count=1)
            source = re.sub(r"exercises [^,*]+,", f"exercises {planned(exercises)},", source, count=1)
            source = re.sub(r"running [^.*]+\.", f"running {words}.", source, count=1)
            if source != first.source:
                text = path.read_text(encoding="utf-8")
                raw = nbformat.reads(text, as_version=4)
                raw.cells[0].source = source
                path.write_text(nbformat.writes(raw, indent=1).rstrip("\n") + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
