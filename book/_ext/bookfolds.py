"""What a page shows and what waits in a fold: code by one rule for all chapters, answers by tags.

Open stays code that a reader should read: short cells that compute more than they print, and every cell tagged
``open``. Imports, pictures and printing wait in a fold whose label says what it holds. Exercises keep their code: it
stands in a solution, which is a fold already.

A cell tagged ``predict`` asks the reader first: what it prints or draws waits in a fold, together with the first
paragraph of the Markdown cell after it if that is tagged ``answer``. After a cell without that tag, such as a figure
that readers move themselves, an ``answer`` has a fold of its own. Folds open without a script, and are open on paper.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

LONGEST = 12  # lines of code that stay open without the tag


def inner(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that hold no others, however deep they stand."""
    for statement in statements:
        bodies = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
        bodies += [handler.body for handler in getattr(statement, "handlers", [])]
        if not any(bodies):
            yield statement
        for body in bodies:
            yield from inner(body)


def prints(statement: ast.stmt) -> bool:
    """Whether a statement shows something: prints it, or puts it into a table."""
    calls = (node for node in ast.walk(statement) if isinstance(node, ast.Call))
    return any(isinstance(call.func, ast.Name) and call.func.id in ("print", "Table") for call in calls)


def lines(statement: ast.stmt) -> int:
    return (statement.end_lineno or statement.lineno) - statement.lineno + 1


def kind(source: str, *, draws: bool) -> str:
    """What the code of a cell does, if a fold should hold it; "" if a reader should see it."""
    tree = ast.parse(source)
    statements = list(inner(tree.body))
    if "getsource(" in source:
        return "listing"
    if all(isinstance(statement, ast.Import | ast.ImportFrom) for statement in statements):
        return "imports"
    if draws:
        return "figure"
    printing = sum(lines(statement) for statement in statements if prints(statement))
    whole = sum(lines(statement) for statement in statements)
    if 2 * printing >= whole:
        return "printing"
    return "code" if len(source.strip().splitlines()) > LONGEST else ""


LABELS = {
    "imports": "the imports",
    "figure": "the code of this figure",  # `bookfigures` puts its number there
    "printing": "the code that prints this",
    "listing": "the library's code",
    "code": "the code",
}


def draws_picture(cell: nodes.Element) -> bool:
    """A figure, or the markup of a live one, is among the outputs."""
    return any("drawn_by" in image for image in cell.findall(nodes.image)) or any(
        "td-live" in node.astext() for node in cell.findall(nodes.raw)
    )


class Folds(SphinxTransform):
    """Marks the cells for MyST-NB, which folds them on pages; the PDF leaves folded code out."""

    default_priority = 830

    def apply(self, **options: Any) -> None:
        for cell in self.document.findall(nodes.container):
            if cell.get("nb_element") != "cell_code" or "hide_mode" in cell or not cell.children:
                continue
            about = cell.get("cell_metadata", {})
            if "open" in about.get("tags", []) or "exercise" in about:
                continue
            source = cell.children[0]
            if source.get("nb_element") != "cell_code_source":
                continue
            if found := kind(source.astext(), draws=draws_picture(cell)):
                cell["hide_mode"] = "all" if found == "listing" else "input"  # a listing is code too, though printed
                cell["prompt_show"], cell["prompt_hide"] = f"Show {LABELS[found]}", f"Hide {LABELS[found]}"


# --- predict, then look -----------------------------------------------------------------------------------------


class details(nodes.General, nodes.Element):
    """A fold with a summary, in HTML; elsewhere what it holds."""


def visit_details(self: Any, node: details) -> None:
    self.body.append(f'<details class="{node["look"]}"><summary>{escape(node["summary"])}</summary>\n')


def depart_details(self: Any, node: details) -> None:
    self.body.append("</details>\n")


def pass_through(self: Any, node: details) -> None:
    """Other builders write the content alone."""


def cell_of(node: nodes.Node) -> int:
    """The number of the Markdown cell that a node comes from: MyST-NB counts the lines of cell k from 10000 (k + 1)."""
    return (node.line or 0) // 10_000 - 1


class Answers(SphinxTransform):
    """Puts outputs and answers into their folds; after the folds of code, since the output stays in its cell."""

    default_priority = 835

    def apply(self, **options: Any) -> None:
        path = Path(self.env.doc2path(self.env.docname))
        if path.suffix != ".ipynb":
            return
        cells = nbformat.read(path, as_version=4).cells
        tagged = [set(cell.metadata.get("tags", [])) for cell in cells]
        folds: dict[int, details] = {}  # by the number of the cell that asks
        for cell in list(self.document.findall(nodes.container)):
            if cell.get("nb_element") == "cell_code" and "predict" in cell.get("cell_metadata", {}).get("tags", []):
                output = next((part for part in cell.children if part.get("nb_element") == "cell_code_output"), None)
                if output is not None:
                    folds[cell["cell_index"]] = fold = details(summary="What happens", look="td-answer")
                    cell.replace(output, fold)
                    fold += output
        firsts: dict[int, nodes.Node] = {}  # the paragraph, or the list or box that it stands in
        for paragraph in self.document.findall(nodes.paragraph):
            if (number := cell_of(paragraph)) not in firsts:
                firsts[number] = paragraph
                while not isinstance(firsts[number].parent, nodes.section | nodes.document):
                    firsts[number] = firsts[number].parent
        for number in (k for k, tags in enumerate(tagged) if "answer" in tags and k in firsts):
            answer = firsts[number]
            if number - 1 in folds:
                answer.parent.remove(answer)
                folds[number - 1] += answer
            else:  # a figure that the reader moves stays open; what it shows waits
                fold = details(summary="What happens", look="td-answer")
                answer.parent.replace(answer, fold)
                fold += answer


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(details, html=(visit_details, depart_details), latex=(pass_through, pass_through))
    app.add_transform(Folds)
    app.add_transform(Answers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
