"""The link from each figure to the listing of the function that drew it.

``tdbook.figures`` writes the function's name into the metadata of the output. ``sphinx.ext.viewcode`` makes the
listings, as ``_modules/tdbook/figures/….html``; this extension tells it which functions are used, and where.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer

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
    """Put a line below each figure: the function that drew it, and the cell that called it."""
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
    app.connect("doctree-read", give_cells_anchors, priority=600)
    app.connect("doctree-read", say_who_drew, priority=610)
    app.connect("doctree-resolved", resolve_sources)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
