"""The cells of a student's notebook in which an answer is handed in.

The cell gets what a page shows before its solution is opened, and no more: the imports of the book's cell, a blank for
each part that is handed in, and the call of ``check``. Whatever the book's cell computes on the way to a part, and
whatever it computes from one, stays with the instructor, for either may spell the answer out.
"""

from __future__ import annotations

import ast
import re
from typing import Any

import nbformat
from nbformat import NotebookNode

from tdbook.exercises import Exercise
from tdbook.exercises.grading import UNTOUCHED


class HandoutError(Exception):
    """The chapter's exercises are not as a handout needs them; the message says where."""


def handed_in(source: str, name: str) -> ast.expr:
    """The expression that the last line of a cell, ``print(check(name, …))``, hands in."""
    last = source.rstrip("\n").split("\n")[-1]
    if re.fullmatch(rf'print\(check\("{re.escape(name)}", .+\)\)', last):
        (statement,) = ast.parse(last).body
        call: Any = statement.value.args[0]  # type: ignore[attr-defined]
        if isinstance(call, ast.Call) and len(call.args) == 2 and not call.keywords:
            return call.args[1]
    raise HandoutError(f'{name}: the cell must end with print(check("{name}", …)) on one line, ends with {last!r}')


def _bound(tree: ast.Module) -> set[str]:
    """The names that a cell binds outside of its functions' bodies."""
    found: set[str] = set()
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        todo += ast.iter_child_nodes(node)
    return found


def blanks(source: str, name: str) -> tuple[list[str], str]:
    """The lines of a student's cell without the call of ``check``, and the expression that it hands in.

    A part that is a name stays that name, a function keeps its first line. A name that the lecture has bound gets
    another, so that a blank takes nothing away from the cells below it; anything else is called ``answer``.
    """
    tree, wanted = ast.parse(source), handed_in(source, name)
    parts = wanted.elts if isinstance(wanted, ast.Tuple) else [wanted]
    if not all(isinstance(part, ast.Name) for part in parts):
        parts = [ast.Name("answer")]
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    bound = _bound(tree) | {"answer"}
    lines = [ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    plain = []
    for part in parts:
        word = part.id if part.id in bound else f"your_{part.id}"  # type: ignore[attr-defined]
        message = f'"{name}: fill in {word}"'
        if word in functions:
            lines += [
                *(["", ""] if lines else []),
                f"def {word}({ast.unparse(functions[word].args)}):",
                "    answer = ...  # what is to be returned?",
                f"    assert answer is not ..., {message}",
                "    return answer",
                "",
                "",
            ]
        else:
            lines += [f"{word} = ...  # your answer", f"assert {word} is not ..., {message}"]
        plain.append(word)
    return lines, plain[0] if len(plain) == 1 else f"({', '.join(plain)})"


def student_cells(source: str, name: str, points: int) -> list[NotebookNode]:
    """Two cells: the blanks, and the test of what was filled in, with the metadata by which nbgrader knows them."""
    lines, expression = blanks(source, name)
    test = [f'reply = check("{name}", {expression})', "print(reply)"]
    test.append(f'assert reply, "{name} is not right yet: read the hint above"')
    return [
        _graded(nbformat.v4.new_code_cell("\n".join(lines).rstrip()), name, None),
        _graded(nbformat.v4.new_code_cell("\n".join(test)), f"{name}-check", points),
    ]


def proof_cell(exercise: Exercise) -> NotebookNode:
    """A cell for the text of a proof or report, which a person reads."""
    text = f"*{UNTOUCHED} {exercise.text} for {exercise.name} here, in place of this line.*"
    cell = _graded(nbformat.v4.new_markdown_cell(text), f"{exercise.name}-proof", exercise.proof_credit)
    cell.metadata["nbgrader"].update(solution=True, locked=False)
    return cell


def prediction_cell(name: str) -> NotebookNode:
    """A cell that asks for a guess, in words or in numbers, before anything is computed; nobody grades it."""
    word = f"prediction_{name.replace('-', '_')}"
    blank = f"{word} = ...  # what do you expect, and why? Write it down before you compute anything"
    cell = nbformat.v4.new_code_cell(f'{blank}\nassert {word} is not ..., "{name}: write your prediction first"')
    return _graded(cell, f"{name}-prediction", None)


def _graded(cell: NotebookNode, name: str, points: int | None) -> NotebookNode:
    marks: dict[str, Any] = {"schema_version": 3, "grade_id": name, "task": False}
    marks |= {"grade": points is not None, "locked": points is not None, "solution": points is None}
    if points is not None:
        marks["points"] = points
    cell.metadata["nbgrader"] = nbformat.from_dict(marks)
    return cell
