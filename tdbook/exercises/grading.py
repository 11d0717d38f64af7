"""A table of points from the notebooks or receipts that students return, and their proofs beside the rubric.

Each notebook is run anew, in a process with limits and in an empty folder, so what counts is what its cells compute and
not what they once printed. The limits guard against loops and slips. They are no wall against a student who means to
deceive: the answers and ``check`` live in one process, and right answers can be read from the package.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from tdbook.exercises import STEMS, catalogue, check, sheet
from tdbook.exercises.engine import Degree, Exercise

UNTOUCHED = "Write your"
RECEIPT = ".receipt.json"  # how the name of a file ends that a page has written
UNREAD = "not read yet"


@dataclass(frozen=True)
class Row:
    """One exercise of one student; ``proof`` says what is left for a reader, worth ``proof_points`` more."""

    student: str
    exercise: str
    result: str
    hints: int
    points: int
    out_of: int
    proof: str
    proof_points: int


@dataclass(frozen=True)
class Returned:
    """A returned notebook: its student, its chapter's key, its code cells, the proofs and the hints it shows."""

    path: Path
    student: str
    key: str
    sources: list[str]
    proofs: dict[str, str]
    shown: set[tuple[str, str]]


def student_of(path: Path, folder: Path, stem: str) -> str:
    """The name before the chapter's in ``NAME-STEM.ipynb``, or the folder that ``STEM.ipynb`` lies in."""
    name = path.stem.removesuffix(stem).rstrip("-_ ") if path.stem.endswith(stem) else path.stem
    above = path.parent.relative_to(folder).parts
    return name or "/".join(above) or path.stem


def read(path: Path, folder: Path) -> Returned:
    """Read a notebook; raises ``ValueError`` when it is none, or hands nothing in."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        texts = [(cell["cell_type"], "".join(cell["source"]), cell) for cell in cells]
    except (ValueError, KeyError, TypeError, OSError, RecursionError):
        raise ValueError(f"{path.name} is not a notebook") from None
    sources = [text for kind, text, _ in texts if kind == "code"]
    keys = re.findall(r'check\(\s*["\']([a-z]+)-\d+["\']', "\n".join(sources))
    known = [key for key in keys if key in STEMS]
    if not known:
        raise ValueError(f"{path.name} hands in no exercise: it has no cell with check(...)")
    key = max(set(known), key=known.count)
    proofs, shown = {}, set()
    for _, text, cell in texts:
        mark = _mark(cell)
        if mark.endswith("-proof") and text.strip() and not text.startswith(f"*{UNTOUCHED} "):
            proofs[mark.removesuffix("-proof")] = text.strip()
        said = json.dumps(cell.get("outputs", []), ensure_ascii=False)
        shown |= {(name, _start(hint)) for name, hint in re.findall(r"\b([a-z]+-\d+), keep working: ([^\"]*)", said)}
    return Returned(path, student_of(path, folder, STEMS[key]), key, sources, proofs, shown)


def _mark(cell: Any) -> str:
    marks = cell.get("metadata", {}).get("nbgrader", {}) if isinstance(cell.get("metadata"), dict) else {}
    return str(marks.get("grade_id", "")) if isinstance(marks, dict) else ""


def _start(hint: str) -> str:
    """The first words of a hint, in which a printed one and a fresh one agree."""
    return "".join(re.findall(r"\w", hint.replace("\\n", " ")))[:30]


def replies(returned: Returned, data: Path, seconds: int) -> list[dict[str, str]]:
    """What ``check`` replies when the notebook is run in a process of its own, for at most so many seconds."""
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        work, said, cells = place / "work", place / "replies.json", place / "cells.json"
        work.mkdir()
        if data.is_dir():
            shutil.copytree(data, work / "data")
        cells.write_text(json.dumps(returned.sources), encoding="utf-8")
        command = [sys.executable, "-m", "tdbook.exercises.replay", str(cells), str(said), str(seconds)]
        root = str(Path(__file__).resolve().parents[2])
        environment = os.environ | {"PYTHONPATH": root, "MPLBACKEND": "Agg"}
        process = subprocess.Popen(
            command, cwd=work, env=environment, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
        finally:
            _end(process)
        try:
            return list(json.loads(said.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return []


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process with all that it has begun."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def rows(returned: Returned, said: list[dict[str, str]]) -> Iterator[Row]:
    """One row for each exercise of the chapter; the best reply counts, for one may try as often as one likes."""
    for exercise in catalogue(returned.key):
        mine = [reply for reply in said if reply["name"] == exercise.name]
        degrees = {reply["degree"] for reply in mine}
        best = next((d for d in (Degree.RIGHT, Degree.KEEP_WORKING) if d in degrees), Degree.MISSING)
        hints = {_start(reply["message"]) for reply in mine if reply["degree"] == Degree.KEEP_WORKING}
        hints |= {hint for name, hint in returned.shown if name == exercise.name}
        yield Row(
            returned.student, exercise.name, str(best), len(hints),
            exercise.check_credit if best is Degree.RIGHT else 0, exercise.check_credit,
            _proof(exercise, returned), exercise.proof_credit,
        )  # fmt: skip


def _proof(exercise: Exercise, returned: Returned) -> str:
    if not exercise.proof_credit:
        return ""
    return UNREAD if exercise.name in returned.proofs else "missing"


def write_table(target: Path, table: list[Row]) -> None:
    """Write the rows as CSV; a name that a spreadsheet would take for a formula gets an apostrophe."""
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([field.name for field in fields(Row)])
        for row in table:
            student, *rest = astuple(row)
            writer.writerow([f"'{student}" if student[:1] in "=+-@" else student, *rest])


def proofs_text(every: list[Returned]) -> str:
    """The proofs by exercise: the rubric, and below it each student's text."""
    lines = ["# Proofs to be read", ""]
    for key in STEMS:
        for exercise in catalogue(key):
            texts = [(r.student, r.proofs[exercise.name]) for r in every if exercise.name in r.proofs]
            if texts and exercise.proof_credit:
                lines += [f"## {exercise.name}: {exercise.title} ({exercise.proof_credit} points)", ""]
                share = f"{exercise.proof_credit}/{len(exercise.rubric)}"
                lines += [f"Each is worth {share} of a point; round the sum up to half a point.", ""]
                lines += [*(f"- [ ] {point}" for point in exercise.rubric), ""]
                for student, text in texts:
                    lines += [f"### {student}", "", text, ""]
    return "\n".join(lines)


def notebooks(folder: Path) -> list[Path]:
    """The notebooks below a folder; raises ``ValueError`` when there is none."""
    if not folder.is_dir():
        raise ValueError(f"FOLDER must be a folder of returned notebooks, got {str(folder)!r}")
    found = sorted(p for p in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)
    found += sorted(folder.rglob(f"*{RECEIPT}"))
    if not found:
        raise ValueError(
            f"FOLDER must hold returned notebooks (.ipynb) or receipts ({RECEIPT}), there is none in {str(folder)!r}"
        )
    return found


def handed_in(path: Path, folder: Path, seconds: int) -> list[tuple[Returned, list[dict[str, str]]]]:
    """What a file hands in, by chapters, and what ``check`` replies: of a receipt's answers, or of a notebook run anew.

    Raises ``ValueError`` when the file is neither.
    """
    if not path.name.endswith(RECEIPT):
        returned = read(path, folder)
        return [(returned, replies(returned, folder / "data", seconds))]
    try:
        found = sheet.read_receipt(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise ValueError(f"{path.name}: {error}") from None
    known = {exercise.name: exercise for exercise in catalogue()}
    if strange := [name for name in (*found.answers, *found.hints) if name not in known]:
        raise ValueError(f"{path.name}: there is no exercise {strange[0]}")
    shown = {(name, _start(hint)) for name, hints in found.hints.items() for hint in hints}
    chapters = []
    for key in dict.fromkeys(name.rpartition("-")[0] for name in found.answers):
        said = [check(name, *texts) for name, texts in found.answers.items() if name.rpartition("-")[0] == key]
        answers = [{"name": reply.name, "degree": str(reply.degree), "message": reply.message} for reply in said]
        chapters.append((Returned(path, found.student, key, [], {}, shown), answers))
    return chapters


def grade(folder: Path, output: str | None, force: bool, seconds: int) -> int:
    """Write ``grades.csv`` and ``proofs.md``, a line for each file meanwhile; 1 when one hands nothing in."""
    found = notebooks(folder)
    out = Path(output) if output else folder
    table, proofs = out / "grades.csv", out / "proofs.md"
    for path in (table, proofs):
        if path.exists() and not force:
            raise ValueError(f"{path} exists already: use --force to overwrite it")
    out.mkdir(parents=True, exist_ok=True)
    every: list[Returned] = []
    graded: list[Row] = []
    refused = 0
    for path in found:
        try:
            parts = handed_in(path, folder, seconds)
        except ValueError as error:
            print(f"tdbook: {error}", file=sys.stderr)
            refused += 1
            continue
        for returned, said in parts:
            every.append(returned)
            mine = list(rows(returned, said))
            graded += mine
            right = sum(row.result == Degree.RIGHT for row in mine)
            points = f"{sum(row.points for row in mine)} of {sum(row.out_of for row in mine)} points"
            unread = [row.proof_points for row in mine if row.proof == UNREAD]
            proofs_left = f", {len(unread)} texts to read, worth {sum(unread)}" if unread else ""
            print(f"{returned.student}, {returned.key}: {right} of {len(mine)} right, {points}{proofs_left}")
    write_table(table, graded)
    proofs.write_text(proofs_text(every), encoding="utf-8")
    print(f"{table}, {proofs}")
    return 1 if refused else 0
