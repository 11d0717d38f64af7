"""Names and numbers of figures, and the link from each to the listing of the function that drew it.

``tdbook.figures`` writes the function's name into the metadata of the output. A figure is called
``fig-CHAPTER-FUNCTION``, and a live one as in its address, ``live-NAME``; by that name a text refers to it with
``{numref}``. ``sphinx.ext.viewcode`` makes the listings, as ``_modules/tdbook/figures/….html``; this extension tells it
which functions are used, and where.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any

import nbformat
from bookrender import live_figure
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform

HOME = "tdbook.figures."
PNG_IMAGE = re.compile(r'<img [^>]*?src="(?P<src>[^":]*_images/[^"]+\.png)"[^>]*?>')


def code_cells(doctree: nodes.document) -> list[nodes.container]:
    return [node for node in doctree.findall(nodes.container) if node.get("nb_element") == "cell_code"]


def give_cells_anchors(app: Sphinx, doctree: nodes.document) -> None:
    """``#cell-ID`` leads to the code cell of that id in the notebook."""
    path = Path(app.env.doc2path(app.env.docname))
    if path.suffix != ".ipynb":
        return
    cells = nbformat.read(path, as_version=4).cells
    for node in code_cells(doctree):
        if ident := cells[node["cell_index"]].get("id"):
            node["ids"].append(f"cell-{ident}")


# --- names and numbers --------------------------------------------------------------------------------------------


class Names(SphinxTransform):
    """Names every picture that a cell draws, before Sphinx gives figures ids of its own (210)."""

    default_priority = 200

    def apply(self, **options: Any) -> None:
        stem, used = self.env.docname.rpartition("/")[2], dict[str, int]()
        for cell in code_cells(self.document):
            for figure in cell.findall(lambda node: isinstance(node, nodes.figure | live_figure)):
                if isinstance(figure, live_figure):
                    found = re.search(r' id="(live-[^"]+)"', figure.astext())
                    name = found[1] if found else ""
                else:
                    drawn = next(
                        (image["drawn_by"] for image in figure.findall(nodes.image) if "drawn_by" in image), ""
                    )
                    function = drawn.rpartition(".")[2].replace("_", "-")
                    used[function] = used.get(function, 0) + 1
                    name = f"fig-{stem}-{function}" + (f"-{used[function]}" if used[function] > 1 else "")
                figure["names"].append(name)
                self.document.note_explicit_target(figure, figure)


def number(env: Any, docname: str, figure: nodes.Element) -> str:
    """``Figure 7.2``, as Sphinx counts."""
    known = env.toc_fignumbers.get(docname, {}).get("figure", {})
    found = next((known[ident] for ident in figure["ids"] if ident in known), ())
    return str(env.config.numfig_format["figure"]) % ".".join(map(str, found))


class Numbers(SphinxPostTransform):
    """Writes numbers where Sphinx does not: before the caption of a live figure, and on the fold of a figure's code.

    MyST-NB folds code at 199.
    """

    default_priority = 190

    def run(self, **options: Any) -> None:
        for cell in code_cells(self.document):
            page = cell
            while page.parent is not None and not isinstance(page, addnodes.start_of_file):
                page = page.parent
            docname = page["docname"] if isinstance(page, addnodes.start_of_file) else self.env.docname
            figures = list(cell.findall(lambda node: isinstance(node, nodes.figure | live_figure)))
            for live in (figure for figure in figures if isinstance(figure, live_figure)):
                after = live.children[-1]
                said = f'<b class="caption-number">{number(self.env, docname, live)}</b> '
                html = re.sub(
                    "(<figcaption[^>]*>(?:<p>)?)", lambda tag, said=said: tag[1] + said, after.astext(), count=1
                )
                after.replace_self(nodes.raw("", html, format="html"))
            for prompt in ("prompt_show", "prompt_hide"):
                if figures and prompt in cell:
                    cell[prompt] = cell[prompt].replace("this figure", number(self.env, docname, figures[0]))


def pass_through(self: Any, node: nodes.Element) -> None:
    """A live figure is its content; its markup gives it its place on a page."""


def count_in_latex(self: Any, node: nodes.Element) -> None:
    """On paper a live figure floats nowhere, but it takes a number and can be referred to."""
    self.body.append("\n\\refstepcounter{figure}" + self.hypertarget_to(node, anchor=False) + "\n")


# --- who drew it --------------------------------------------------------------------------------------------------


def module_and_function(name: str) -> tuple[str, str]:
    """``tdbook.figures.lazy.plateau`` is the function ``plateau`` of ``tdbook.figures.lazy``."""
    module, _, function = name.rpartition(".")
    if not module.startswith(HOME) or not function.isidentifier():
        raise ValueError(f"drawn_by must name a function of a module in {HOME[:-1]}, got {name!r}")
    return module, function


def note_source(env: Any, name: str) -> None:
    """Ask viewcode for a listing of the module, with an anchor at the function and a link back to the figure."""
    module, function = module_and_function(name)
    known = env.__dict__.setdefault("_viewcode_modules", {})
    if not known.get(module):
        analyzer = ModuleAnalyzer.for_module(module)
        analyzer.find_tags()
        known[module] = (analyzer.code, analyzer.tags, {}, module)
    _, tags, used, _ = known[module]
    if function not in tags:
        raise ValueError(f"a figure was drawn by {name}, which its module does not define")
    used.setdefault(function, env.docname)


def say_who_drew(app: Sphinx, doctree: nodes.document) -> None:
    """Say at the end of each caption which function drew the figure, and which cell called it."""
    seen: set[str] = set()
    for cell in code_cells(doctree):
        for image in list(cell.findall(nodes.image)):
            name = image.get("drawn_by")
            if not name:
                continue
            note_source(app.env, name)
            module, function = module_and_function(name)
            # Where the listing links back to: the first figure of this function on the page.
            line = nodes.paragraph(classes=["td-drawn"], ids=[] if name in seen else [name])
            seen.add(name)
            source = nodes.reference("", "", internal=True, drawn_by=name)
            source += nodes.literal(text=f"{module.removeprefix('tdbook.')}.{function}")
            place = nodes.reference("", "this cell", internal=True, refid=cell["ids"][0]) if cell["ids"] else None
            line += [nodes.Text("Drawn by "), source]
            if place is not None:
                line += [nodes.Text(" in "), place]
            if isinstance(image.parent, nodes.figure):
                image.parent += nodes.legend("", line)
            else:
                image.parent.insert(image.parent.index(image) + 1, line)


def resolve_sources(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Point the lines at the listings, or leave the name alone where there are none."""
    for reference in list(doctree.findall(nodes.reference)):
        if name := reference.get("drawn_by"):
            module, function = module_and_function(name)
            if app.builder.name == "html":
                page = f"_modules/{module.replace('.', '/')}"
                reference["refuri"] = f"{app.builder.get_relative_uri(docname, page)}#{function}"
            else:
                reference.replace_self(reference.children)


def sizes_of_images(page: Path, text: str) -> str:
    """Write each picture's size into its element, so that the text below does not jump when it arrives."""

    def sized(match: re.Match[str]) -> str:
        tag, image = match.group(0), page.parent / match["src"]
        if " width=" in tag or not image.is_file():
            return tag
        with image.open("rb") as file:
            width, height = struct.unpack(">II", file.read(24)[16:24])
        return tag.replace("<img ", f'<img width="{width}" height="{height}" ', 1)

    return PNG_IMAGE.sub(sized, text)


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("sphinx.ext.viewcode")
    app.add_enumerable_node(
        live_figure, "figure", html=(pass_through, pass_through), latex=(count_in_latex, pass_through)
    )
    app.add_transform(Names)
    app.add_post_transform(Numbers)
    app.connect("doctree-read", give_cells_anchors, priority=600)
    app.connect("doctree-read", say_who_drew, priority=610)
    app.connect("doctree-resolved", resolve_sources)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
