"""Write each chapter as two notebooks for a class: for students with blanks, for instructors with everything.

    python -m tools.handout [CHAPTER.ipynb …] [--out FOLDER]      all chapters with exercises, into _build/handout

Both come from the one source, the chapter itself. In the student's notebook a solution is left out; in its place stands
a blank for each part that is handed in (:mod:`tools.handout_cells`): an assertion fails until it is filled in, and
another until ``check`` calls the answer right. The instructor's notebook keeps the solutions and shows, from the
catalogue, what people usually get wrong. The directives of the book become plain Markdown, which any Jupyter shows.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import yaml
from nbformat import NotebookNode

from tdbook.statements import CHAPTERS
from tools.handout_cells import HandoutError, prediction_cell, proof_cell, student_cells
from tools.handout_zip import common, pack
from tools.notebooks import text_of, write_whole

ROOT = Path(__file__).resolve().parents[1]
OPEN = re.compile(r"^(:{3,}|`{3,})\{([^}]+)\}\s*(.*)$")
LISTING = re.compile(r"^```\{literalinclude\} (\S+)\n:pyobject: (\S+)\n(?::.*\n)*```$", re.M)
PREDICT = re.compile(r"\*Predict\b", re.I)
TITLES = {
    "prf:theorem": "Theorem", "prf:lemma": "Lemma", "prf:proposition": "Proposition", "prf:corollary": "Corollary",
    "prf:definition": "Definition", "prf:remark": "Remark", "prf:example": "Example", "prf:algorithm": "Algorithm",
    "prf:conjecture": "Conjecture", "prf:assumption": "Assumption", "exercise": "Exercise",
}  # fmt: skip


# --- the pieces of a chapter ------------------------------------------------------------------------------------------


@dataclass
class Piece:
    """A cell or a part of one: "text", "exercise", "solution", "code" or "answer", and of which exercise it is."""

    kind: str
    source: str
    label: str = ""
    title: str = ""
    cell: NotebookNode | None = None
    name: str = ""


@dataclass
class Chapter:
    """A chapter in pieces, and the names of its exercises by their labels."""

    path: Path
    pieces: list[Piece] = field(default_factory=list)

    @property
    def answers(self) -> list[Piece]:
        """The code cells that hand in an answer."""
        return [piece for piece in self.pieces if piece.kind == "answer"]

    @property
    def exercises(self) -> list[Piece]:
        """The exercises' texts."""
        return [piece for piece in self.pieces if piece.kind == "exercise"]


def blocks(text: str) -> Iterator[tuple[str, str, str, str]]:
    """A Markdown cell as (directive, argument, body, text): plain text between directives has directive ""."""
    lines, plain, position = text.split("\n"), [], 0
    while position < len(lines):
        found = OPEN.match(lines[position])
        if not found or found[2] not in ("exercise", "solution", "solution-start", "solution-end"):
            plain.append(lines[position])
            position += 1
            continue
        if any(line.strip() for line in plain):
            yield "", "", "", "\n".join(plain).strip("\n")
        plain = []
        end = next((i for i in range(position + 1, len(lines)) if lines[i].strip() == found[1]), None)
        if end is None:
            raise HandoutError(f"{found[0]!r} is never closed")
        body = "\n".join(lines[position + 1 : end])
        yield found[2], found[3].strip(), body, "\n".join(lines[position : end + 1])
        position = end + 1
    if any(line.strip() for line in plain):
        yield "", "", "", "\n".join(plain).strip("\n")


def option(body: str, name: str) -> str:
    """The value of ``:name:`` at the head of a directive's body."""
    found = re.search(rf"^:{name}:\s*(\S+)\s*$", body, re.M)
    return found[1] if found else ""


def without_options(body: str) -> str:
    """A directive's body without its options."""
    return re.sub(r"\A(\s*:[\w-]+:.*\n?)*", "", body).strip("\n")


def read(path: Path) -> Chapter:
    """Take a chapter apart; raises :class:`HandoutError` where its exercises are not of the expected form."""
    chapter, inside = Chapter(path), ""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code":
            for directive, argument, body, text in blocks(cell.source):
                if directive == "exercise":
                    chapter.pieces.append(Piece("exercise", without_options(body), option(body, "label"), argument))
                elif directive == "solution":
                    chapter.pieces.append(Piece("solution", without_options(body), argument))
                elif directive == "solution-start":
                    inside = argument
                elif directive == "solution-end":
                    inside = ""
                else:
                    chapter.pieces.append(Piece("solution" if inside else "text", text, inside))
            continue
        task = cell.metadata.get("exercise")
        if task is not None and not inside:
            raise HandoutError(f"{path.name}: the cell of {task.get('name')} stands in no solution")
        kind = "answer" if task is not None else "solution" if inside else "code"
        piece = Piece(kind, cell.source, inside, cell=cell)
        if task is not None:
            piece.name = task["name"]
        chapter.pieces.append(piece)
    return chapter


# --- plain Markdown ---------------------------------------------------------------------------------------------------


def numbering(paths: list[Path]) -> dict[str, str]:
    """What a reference to each label reads as: "(3.2)", "Theorem 3.1", "Figure 3.2"."""
    known: dict[str, str] = {}
    for path in paths:
        chapter = str(CHAPTERS.index(path.stem) + 1) if path.stem in CHAPTERS else path.stem
        known[f"chapter-{path.stem}"] = f"Chapter {chapter}"
        text = "\n".join(c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown")
        counts: dict[str, int] = {}
        for found in re.finditer(r"^\$\$\s*\((eq-[\w-]+)\)|^:{3,}\{([\w:]+)\}.*\n:label: (\S+)", text, re.M):
            kind = "eq" if found[1] else found[2]
            counts[kind] = counts.get(kind, 0) + 1
            here = f"{chapter}.{counts[kind]}"
            known[found[1] or found[3]] = f"({here})" if found[1] else f"{TITLES.get(kind, 'Section')} {here}"
        for k, name in enumerate(figures(path), start=1):
            known.setdefault(name, f"Figure {chapter}.{k}")
    return known


def figures(path: Path) -> list[str]:
    """The names of a chapter's figures, as `book/_ext/bookfigures.py` gives them, in their order."""
    found: list[str] = []
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            said = str(output.get("data", {}).get("text/plain", ""))
            if said.startswith("Live figure:"):
                found += re.findall(r"^#(live-[\w-]+):", said, re.M)[:1]
            elif said.startswith("Figure:"):
                drawn = ast.unparse(ast.parse(cell.source).body[-1]).partition("(")[0].rpartition(".")[2]
                found.append(f"fig-{path.stem}-{drawn.replace('_', '-')}")
    return found


def listing(path: Path, name: str) -> str:
    """The source of a function, or of a class's method, as a fenced block."""
    source = path.resolve().read_text(encoding="utf-8")
    body = ast.parse(source).body
    for word in name.split("."):
        node = next((n for n in body if isinstance(n, ast.FunctionDef | ast.ClassDef) and n.name == word), None)
        if node is None:
            raise HandoutError(f"{path.name} has no object {name!r}")
        body = node.body
    assert node is not None
    return f"```python\n{textwrap.dedent(ast.get_source_segment(source, node, padded=True) or '')}\n```"


def plain(text: str, known: dict[str, str]) -> str:
    """A Markdown text of the book without directives and roles."""
    text = re.sub(r"^\((sec-)?[\w-]+\)=\n", "", text, flags=re.M)
    text = re.sub(
        r"^\$\$\s*\((eq-[\w-]+)\)$",
        lambda m: f"\\tag{{{known[m[1]].strip('()')}}}\n$$" if m[1] in known else "$$",
        text,
        flags=re.M,
    )
    text = LISTING.sub(lambda m: listing(ROOT / "book" / m[1], m[2]), text)
    stack: list[tuple[str, str]] = []
    out: list[str] = []
    options = False
    for line in text.split("\n"):
        found = OPEN.match(line)
        if found:
            kind, title = found[2], found[3]
            stack.append((found[1], kind))
            options = True
            if kind == "dropdown":
                out += [f"<details><summary>{title}</summary>", ""]
            elif kind in TITLES:
                out += [f"**{TITLES[kind]}{f' ({title})' if title else ''}.**", ""]
            elif kind in ("note", "tip", "warning", "admonition", "margin", "important", "seealso", "prf:proof"):
                word = title or {"prf:proof": "Proof", "margin": "Aside"}.get(kind, kind.capitalize())
                out += [f"**{word}.**", ""]
            continue
        if stack and line.strip() == stack[-1][0]:
            if stack.pop()[1] == "dropdown":
                out += ["", "</details>"]
            options = False
            continue
        if options:
            label = re.match(r":label:\s*(\S+)", line)
            if label and out and label[1] in known:
                # the heading was written two lines ago, when its number was not known yet
                out[-2] = re.sub(r"^\*\*\w+", f"**{known[label[1]]}", out[-2])
            if re.match(r":[\w-]+:", line):
                continue
            options = False
        out.append(line)
    text = "\n".join(out)
    text = re.sub(
        r"\{(?:ref|numref|prf:ref|eq|term|claim)\}`([^`<]+) <([^>]+)>`",
        lambda m: m[1].replace("{number}", known.get(m[2], m[2]).rpartition(" ")[2]),
        text,
    )
    text = re.sub(r"\{(?:ref|numref|prf:ref|eq|term)\}`([^`]+)`", lambda m: known.get(m[1], m[1]), text)
    text = re.sub(r"\{cite(?::\w+)?\}`([^`]+)`", r"[\1]", text)
    text = re.sub(r"\{[\w:]+\}`([^`]+)`", r"\1", text)
    # a link to another page, or to a place that only the page has, would lead nowhere
    return re.sub(r"\[([^\]]+)\]\((?:#|[\w./-]+\.(?:ipynb|md|html|py))[^)]*\)", r"\1", text)


def macros() -> str:
    """The book's LaTeX macros, for a notebook that does not know its configuration."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    found = config["sphinx"]["config"]["mathjax3_config"]["tex"]["macros"]
    lines = []
    for name, value in found.items():
        body, arguments = (value, 0) if isinstance(value, str) else (value[0], value[1])
        # \def, because it is understood by every MathJax and does not mind a name that is taken, such as \Pr
        lines.append(f"\\def\\{name}{''.join(f'#{i + 1}' for i in range(arguments))}{{{body}}}")
    return "$$\n" + "\n".join(lines) + "\n$$"


# --- the two notebooks ------------------------------------------------------------------------------------------------


def _markdown(source: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell(source)


def _is_card(piece: Piece) -> bool:
    """Whether a code cell only shows a card of the ledger, which belongs to the page."""
    return piece.kind == "code" and re.fullmatch(r"ledger\.card\([^)]*\)", piece.source.strip()) is not None


def handout(chapter: Chapter, kind: str, known: dict[str, str]) -> NotebookNode:
    """The chapter for a "student", an "instructor", or a "reader": with solutions and without notes."""
    from tdbook.exercises import catalogue

    by_label = {exercise.label: exercise for exercise in catalogue()}
    for_students = kind == "student"
    cells = [_markdown(macros())]
    solved: set[str] = set()
    for piece in chapter.pieces:
        if _is_card(piece):
            continue
        if piece.kind == "exercise":
            exercise = by_label[piece.label]
            text = f"### {known[piece.label]}. {piece.title}\n\n{plain(piece.source, known)}"
            points = "" if kind == "reader" else f"\n\n{worth(exercise)}"
            cells.append(_markdown(f"{text}\n\n{listed(exercise.task())}{points}"))
            if kind == "instructor":
                cells.append(_markdown(note(exercise)))
            if for_students and PREDICT.search(piece.source):
                cells.append(prediction_cell(exercise.name))
        elif piece.kind == "solution":
            if for_students:
                continue
            if piece.label not in solved:
                solved.add(piece.label)
                cells.append(_markdown("**Solution.**"))
            cells.append(copy.deepcopy(piece.cell) if piece.cell else _markdown(plain(piece.source, known)))
        elif piece.kind == "answer":
            if not for_students:
                cells.append(nbformat.v4.new_code_cell(piece.source))
                continue
            exercise = by_label[piece.label]
            if exercise.proof_credit:
                cells.append(proof_cell(exercise))
            cells += student_cells(piece.source, piece.name, exercise.check_credit)
        elif piece.kind == "code":
            cells.append(nbformat.v4.new_code_cell(piece.source))
        else:
            cells.append(_markdown(plain(piece.source, known)))
    for position, cell in enumerate(cells):
        cell["source"] = here(cell.source)
        marks = cell.metadata.get("nbgrader")
        cell["id"] = f"handout-{position}"
        cell["metadata"] = nbformat.from_dict({"nbgrader": marks} if marks else {})
        if cell.cell_type == "code":
            cell["outputs"], cell["execution_count"] = [], None
    made = nbformat.v4.new_notebook(cells=cells)
    made.metadata = nbformat.from_dict(
        {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    )
    return made


def here(source: str) -> str:
    """A cell whose files lie beside the notebook, as they do in a zip, and not a folder above it."""
    return source.replace("../examples/", "examples/")


def listed(task: str) -> str:
    """What is to be handed in, as Markdown: a sentence, and a list of points."""
    first, *rest = task.split("\n")
    bulleted = [f"\n{line}\n" if line.endswith(":") else f"- {line.removeprefix('- ')}" for line in rest]
    return "\n".join([f"*{first}*", "", *bulleted]).strip()


def worth(exercise: Any) -> str:
    """How many points an exercise gives, and for what."""
    if not exercise.proof_credit:
        return f"*{exercise.check_credit} points.*"
    return f"*{exercise.proof_credit} points for the {exercise.text}, {exercise.check_credit} for the answer.*"


def note(exercise: Any) -> str:
    """What only the instructor's notebook shows: minutes, a note, the usual mistakes and their hints."""
    lines = [f"> **For whoever teaches** ({exercise.minutes} minutes). {exercise.note}"]
    if exercise.rubric:
        lines += [">", f"> A full {exercise.text} says:", ">", *(f"> - {point}" for point in exercise.rubric)]
    if explained := exercise.judge.explained():
        lines += [">", *(f"> - {point}" for point in explained)]
    hints = exercise.judge.hints()
    if hints:
        lines += [">", "> Mistakes that `check` knows, by the hints it gives:", ">"]
        lines += [f"> - {hint}" for hint in hints]
    return "\n".join(lines)


def write(paths: list[Path], folder: Path) -> list[Path]:
    """Write both notebooks of each chapter that has answers to hand in, a zip of each and one of all of a kind."""
    known, beside = numbering(sorted((ROOT / "book").glob("*.ipynb"))), common()
    chapters = [chapter for chapter in map(read, paths) if chapter.answers]
    written = []
    for kind in ("student", "instructor"):
        texts = {c.path.name: text_of(handout(c, kind, known)) for c in chapters}
        for name, text in texts.items():
            target = folder / kind / name
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, text)
            chapter = known.get(f"chapter-{target.stem}", target.stem)
            written += [target, pack(target.with_suffix(".zip"), chapter, {name: text}, beside)]
        if len(texts) > 1:
            written.append(pack(folder / kind / f"course-{kind}.zip", "All chapters", texts, beside))
    return written


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write student and instructor notebooks from the chapters.")
    parser.add_argument("chapters", nargs="*", type=Path, help="notebooks; all of book/ by default")
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "handout", help="the folder to write to")
    options = parser.parse_args(arguments)
    paths = options.chapters or sorted((ROOT / "book").glob("*.ipynb"))
    if missing := [path for path in paths if not path.is_file()]:
        parser.error(f"no such notebook: {', '.join(map(str, missing))}")
    try:
        written = write(paths, options.out)
    except HandoutError as error:
        print(error, file=sys.stderr)
        return 1
    for path in written:
        print(os.path.relpath(path))
    return 0


if __name__ == "__main__":
    sys.exit(main())
