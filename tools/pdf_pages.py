r"""What Sphinx's LaTeX writer does not do for this book: parts, numbers by chapter, HTML outputs, folded boxes.

A Sphinx extension, loaded by ``tools/pdf.py`` only. The pages of the HTML book do not know it.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.transforms.post_transforms import SphinxPostTransform

from tdbook.ledger.latex import plain
from tools import pdf_html


def raw(text: str) -> nodes.raw:
    return nodes.raw("", text, format="latex")


class BookStructure(SphinxPostTransform):
    """Make parts and chapters of what was assembled from the table of contents.

    The first page gives its title to the book, so that its sections would become chapters: they go into a chapter of
    their own. LaTeX counts the chapters, from the number that Sphinx gave each; pages without a number are chapters
    without one.
    """

    default_priority = 650

    def run(self, **kwargs: Any) -> None:
        if self.app.builder.name != "latex" or self.document.get("docname") != self.app.config.root_doc:
            return
        root = next(iter(self.document.findall(nodes.section)))
        contents = [child for child in root.children if "toctree-wrapper" in child.get("classes", [])]
        opening = [child for child in root.children[1:] if child not in contents]
        first = nodes.section("", nodes.title("", "Introduction"), *opening, ids=["introduction"])
        first["docname"] = self.app.config.root_doc
        root.children = [root.children[0]]
        root.extend([raw("\\plainpages\n"), first, *contents])

        captions = {part[0]: caption for caption, part in parts(self.app)}
        for page in list(self.document.findall(addnodes.start_of_file)):
            where, docname = page.parent, page["docname"]
            before = []
            if docname in captions:
                before.append(raw(f"\\part{{{plain(captions[docname])}}}\n"))
            number = self.env.toc_secnumbers.get(docname, {}).get("")
            before.append(raw(f"\\numberedpages{{{number[0]}}}\n" if number else "\\plainpages\n"))
            where.children[where.index(page) : where.index(page)] = before
            for node in before:
                node.parent = where


def parts(app: Sphinx) -> list[tuple[str, list[str]]]:
    """Captions and files of the table of contents."""
    trees = app.config.external_site_map.root.subtrees
    return [(tree.caption or "", [str(item) for item in tree.items]) for tree in trees]


def write_outputs(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Turn HTML of live figures into LaTeX, links to cards into references, folded proofs into open boxes.

    Code that a page keeps folded, because it only prepares what is shown, is left out.
    """
    for node in list(doctree.findall(nodes.raw)):
        if "html" in node.get("format", "").split():
            node.replace_self(raw(pdf_html.latex(node.astext())))
    for node in list(doctree.findall(nodes.reference)):
        if claim := node.get("claim"):
            node.replace_self(raw(rf"\hyperref[claim:{claim}]{{{plain(node.astext())}}}"))
    for node in list(doctree.findall(addnodes.number_reference)):
        number_exercise(app, node)
    for node in list(doctree.findall(nodes.container)):
        if node.get("hide_mode") in ("input", "input+output", "all"):
            for cell_input in [c for c in node.findall(nodes.container) if "cell_input" in c["classes"]]:
                cell_input.parent.remove(cell_input)
        if node.get("design_component") == "dropdown" or "sd-dropdown" in node["classes"]:
            open_box(node)


def number_exercise(app: Sphinx, node: nodes.Element) -> None:
    """Write the number of an exercise of another chapter out: exercises carry no counter of LaTeX to refer to."""
    found = re.fullmatch(r"%(.+)#(.+)", node.get("refuri", ""))
    number = found and app.env.toc_fignumbers.get(found[1], {}).get("exercise", {}).get(found[2])
    if found and number:
        text = re.sub(r"%s|\{number\}", ".".join(map(str, number)), node["title"])
        node.replace_self(raw(f"\\hyperref[exercise:{found[2]}]{{{plain(text)}}}"))


def open_box(node: nodes.Element) -> None:
    """A folded box as an open one with its title."""
    title = next((t for t in node.findall(nodes.rubric)), None) or next(iter(node.findall(nodes.title)), None)
    text = plain(title.astext()) if title is not None else "Details"
    if title is not None:
        title.parent.remove(title)
    node.insert(0, raw(f"\\begin{{bookproof}}{{{text}}}\n"))
    node.append(raw("\\end{bookproof}\n"))


def visit_math_block(self: Any, node: nodes.Element) -> None:
    """A displayed formula, made smaller where it would reach over the margin: see \\fitline in pdf.tex."""
    label = f"\\label{{equation:{node['docname']}:{node['label']}}}" if node.get("label") else ""
    if node.get("nowrap"):
        self.body.append(label + node.astext())
        raise nodes.SkipNode
    environment, command = ("equation", "fitnumbered") if label else ("equation*", "fitline")
    formula = re.sub(r"\n\s*\n", "\n", node.astext().strip())
    outside = re.sub(r"\\begin\{.*?\\end\{\w+\*?\}", "", formula, flags=re.DOTALL)
    if r"\\" in outside or "&" in outside:
        formula = f"\\begin{{aligned}}{formula}\\end{{aligned}}"
    self.body.append(f"\n\\begin{{{environment}}}{label}\n\\{command}{{%\n{formula}}}\n\\end{{{environment}}}\n")
    raise nodes.SkipNode


def macros(config: Config) -> str:
    """The macros of the pages' mathematics, which stand in the configuration of MathJax, for LaTeX."""
    lines = []
    for name, meaning in config.mathjax3_config["tex"]["macros"].items():
        body, count = (meaning, 0) if isinstance(meaning, str) else (meaning[0], int(meaning[1]))
        lines.append(f"\\let\\{name}\\undefined\\newcommand{{\\{name}}}{f'[{count}]' if count else ''}{{{body}}}")
    return "\n".join(lines)


def add_macros(app: Sphinx, config: Config) -> None:
    """Early, because the builder copies the preamble when it is made."""
    config.latex_elements["preamble"] += f"\n{macros(config)}\n"


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_post_transform(BookStructure)
    app.add_node(nodes.math_block, override=True, latex=(visit_math_block, None))
    app.connect("config-inited", add_macros)
    app.connect("doctree-resolved", write_outputs, priority=990)  # after all who still add to the pages
    return {"parallel_read_safe": True, "parallel_write_safe": True}
