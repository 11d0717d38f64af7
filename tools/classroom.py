"""Sheets for a class, as HTML for print: problems and solutions, tests of short questions, an exam, board scripts.

python -m tools.classroom [--out FOLDER]      into _build/handout/sheets; `make handout` does it as well
"""

from __future__ import annotations

import argparse
import html
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from tdbook.exercises import STEMS, Exercise, catalogue
from tools import lectures, questions
from tools.handout import Chapter, listed, numbering, plain, read, worth
from tools.notebooks import write_whole
from tools.sheets import copy_mathjax, page

ROOT = Path(__file__).resolve().parents[1]
SOLUTION = re.compile(r"^:::solution\n(.*?)^:::$", re.M | re.S)
KEYS = {stem: key for key, stem in STEMS.items()}


def known() -> dict[str, str]:
    """What references of the book read as."""
    return numbering(sorted((ROOT / "book").glob("*.ipynb")))


def head(*more: str, names: bool = False) -> str:
    """The line below a title: the lecturer and the term, if given, and room for a name."""
    given = lectures.course()
    parts = [given["lecturer"], given["term"], *more, *(["Name: ______________________________"] if names else [])]
    return " ".join(f"<span>{html.escape(part)}</span>" for part in parts if part)


def _reading(chapter: Chapter, exercise: Exercise, references: dict[str, str]) -> str:
    """The text of an exercise without the line that names the call of ``check``."""
    piece = next(piece for piece in chapter.exercises if piece.label == exercise.label)
    signature, _, text = plain(piece.source, references).partition("\n")
    if not signature.startswith(f"*{exercise.signature}"):
        text = f"{signature}\n{text}"
    return text.strip()


def problem(chapter: Chapter, exercise: Exercise, references: dict[str, str]) -> str:
    """An exercise as a problem on paper, with its points."""
    title = f"### {references[exercise.label]}. {exercise.title}"
    task = listed(exercise.task()) if exercise.judge.points() else ""
    parts = [title, f"*{exercise.signature}, {exercise.minutes} minutes.* {worth(exercise)}"]
    return "\n\n".join([*parts, _reading(chapter, exercise, references), *([task] if task else [])])


def solution(chapter: Chapter, exercise: Exercise, references: dict[str, str]) -> str:
    """The solution of an exercise: the book's text and code, and the rubric of what is read."""
    lines = [f"### {references[exercise.label]}. {exercise.title}"]
    for piece in chapter.pieces:
        if piece.label != exercise.label or piece.kind not in ("solution", "answer"):
            continue
        if piece.cell is None:
            lines.append(plain(piece.source, references))
            continue
        printed = "".join(output.get("text", "") for output in piece.cell.outputs)
        lines.append(f"```\n{piece.source}\n```")
        lines += [f"```\n{printed.rstrip()}\n```"] if printed.strip() else []
    if exercise.rubric:
        share = f"{exercise.proof_credit}/{len(exercise.rubric)}"
        lines.append(f"*{exercise.text.capitalize()}, {exercise.proof_credit} points: each is worth {share}.*")
        lines.append("\n".join(f"- {point}" for point in exercise.rubric))
    return "\n\n".join(lines)


def problems(number: int, lecture: Path, stems: Iterable[str], references: dict[str, str]) -> tuple[str, str]:
    """The sheet of problems of a lecture, homework first, and that of their solutions."""
    chosen = lectures.homework(lecture)
    chapters = {stem: read(ROOT / "book" / f"{stem}.ipynb") for stem in stems}
    every = [exercise for stem in chapters for exercise in catalogue(KEYS[stem])]
    parts = {"Homework": chosen, "More problems": [e for e in every if e.name not in {c.name for c in chosen}]}
    sheets = []
    for form, name in ((problem, "Problems"), (solution, "Solutions")):
        body = []
        for part, exercises in parts.items():
            body += [f"## {part}"] if exercises else []
            body += [form(_home(e, chapters), e, references) for e in exercises]
        title = f"{name}, lecture {number}: {lectures.title(lecture)}"
        hand_in = lectures.course()["hand_in"] if form is problem else ""
        sheets.append(page(title, "\n\n".join(body), head=head(hand_in)))
    return sheets[0], sheets[1]


def _home(exercise: Exercise, chapters: dict[str, Chapter]) -> Chapter:
    stem = STEMS[exercise.name.rpartition("-")[0]]
    return chapters[stem] if stem in chapters else read(ROOT / "book" / f"{stem}.ipynb")


def exam() -> tuple[str, str]:
    """The exam, and the same with its solutions and their points."""
    text = questions.filled((ROOT / "slides" / "sheets" / "exam.md").read_text(encoding="utf-8"))
    title, body = re.split(r"\n+", text.removeprefix("# "), maxsplit=1)
    with_solutions = SOLUTION.sub(lambda found: f"**Solution.** {found[1]}", body)
    return page(title, SOLUTION.sub("", body), head=head(names=True)), page(f"{title}: solutions", with_solutions)


def board() -> str:
    """The scripts of what is proved at the board."""
    text = (ROOT / "slides" / "sheets" / "board.md").read_text(encoding="utf-8")
    title, body = re.split(r"\n+", text.removeprefix("# "), maxsplit=1)
    return page(title, body, head=head())


def tests() -> dict[str, str]:
    """The tests of short questions: one of each chapter before and after the course, and all of each lecture."""
    bank, made = questions.bank(), {}
    asked = {
        "test-before-and-after": ("Test before and after the course", [group[0] for group in bank.values() if group])
    }
    sources = lectures.sources()
    for number, stems in enumerate(lectures.chapters(sources), start=1):
        title = f"Short questions, lecture {number}: {lectures.title(sources[number - 1])}"
        asked[f"questions-{number}"] = title, [question for stem in stems for question in bank[stem]]
    for name, (title, chosen) in asked.items():
        made[name] = page(title, questions.sheet(chosen), head=head(names=True))
        made[f"{name}-key"] = page(f"{title}: key", questions.key(chosen), head=head())
    return made


def write(folder: Path) -> list[Path]:
    """Write all sheets and what they need; returns the pages."""
    pages, references, sources = tests(), known(), lectures.sources()
    for number, (lecture, stems) in enumerate(zip(sources, lectures.chapters(sources), strict=True), start=1):
        pages[f"problems-{number}"], pages[f"solutions-{number}"] = problems(number, lecture, stems, references)
    pages["exam"], pages["exam-solutions"] = exam()
    pages["board"] = board()
    folder.mkdir(parents=True, exist_ok=True)
    copy_mathjax(folder)
    for name, text in pages.items():
        write_whole(folder / f"{name}.html", text)
    return [folder / f"{name}.html" for name in pages]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write the sheets for a class, as HTML for print.")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "_build" / "handout" / "sheets", help="the folder to write to"
    )
    for path in write(parser.parse_args(arguments).out):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
