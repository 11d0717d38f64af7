"""The paper's own numbers as links: "Lemma 5" in a text leads to the box of this book that states it.

A box says in its title what it is in the paper: ``:::{prf:lemma} Lemma 5, as a matrix identity``. Of several boxes for
one statement the first is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import yaml
from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

BOX = re.compile(r"^:::\{prf:\w+\} (Lemma|Theorem) (\d)\b.*\n:label: (\S+)", re.MULTILINE)
# "Lemma 5", "Lemmas 5, 7 and 9"; not "Lemma 10.3", which would be a number of this book.
CITED = re.compile(r"(?P<kind>Lemma|Theorem)s?\s\d(?![.\d])(?:(?:,| and| to|, and)\s\d(?![.\d]))*")
NUMBER = re.compile(r"(?:(?:Lemma|Theorem)s?\s)?\d")
OTHERWISE = (nodes.reference, nodes.title, nodes.literal, nodes.math, nodes.raw, nodes.literal_block, pending_xref)


@cache
def boxes(root: Path) -> dict[tuple[str, str], str]:
    """The labels of the boxes of the paper's statements, by kind and number."""
    found: dict[tuple[str, str], str] = {}
    contents = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    for part in contents.get("parts", ()):
        for entry in part["chapters"]:
            cells = nbformat.read(root / f"{entry['file']}.ipynb", as_version=4).cells
            for kind, number, label in BOX.findall("\n".join(cell.source for cell in cells)):
                found.setdefault((kind, number), label)
    return found


def linked(text: str, known: dict[tuple[str, str], str], here: set[str], docname: str) -> Iterator[nodes.Node]:
    """The text in parts, each mention of a statement a reference; none to the box that the text stands in."""
    end = 0
    for cited in CITED.finditer(text):
        for mention in NUMBER.finditer(text, cited.start(), cited.end()):
            label = known.get((cited["kind"], mention[0][-1]))
            if label is None or label in here:
                continue
            yield nodes.Text(text[end : mention.start()])
            link = pending_xref(refdomain="prf", reftype="ref", reftarget=label, refdoc=docname, refexplicit=True)
            link += nodes.inline("", mention[0], classes=["td-paper"])
            yield link
            end = mention.end()
    yield nodes.Text(text[end:])


class Mentions(SphinxTransform):
    default_priority = 840

    def apply(self, **options: Any) -> None:
        known = boxes(Path(self.env.srcdir))
        for text in list(self.document.findall(nodes.Text)):
            if not CITED.search(text):
                continue
            around: list[nodes.Element] = []
            parent = text.parent
            while parent is not None:
                around.append(parent)
                parent = parent.parent
            if any(isinstance(node, OTHERWISE) or node.get("nb_element") == "cell_code_source" for node in around):
                continue
            here = {node["label"] for node in around if "label" in node}
            parts = [part for part in linked(str(text), known, here, self.env.docname) if part.astext()]
            if len(parts) > 1 or not isinstance(parts[0], nodes.Text):
                text.parent.replace(text, parts)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_transform(Mentions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
