"""The listing of an algorithm and its pseudocode lead to each other, line by line.

A code cell tagged ``listing`` says in comments which line of the pseudocode begins there, as in ``# 2.2.1``. The last
statement of the kind ``prf:algorithm`` before it, whose numbered lists are nested in the same way, is its pseudocode.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

MARK = re.compile(r"#\s*(\d+(?:\.\d+)*)\s*$", re.MULTILINE)
# As Pygments writes such a comment.
COMMENT = re.compile(r'<span class="c1">#\s*(\d+(?:\.\d+)*)\s*</span>')


def numbered(node: nodes.Element, before: str = "") -> Iterator[tuple[str, nodes.list_item]]:
    """The items of the numbered lists in a node, with their full numbers."""
    for items in node.children:
        if isinstance(items, nodes.enumerated_list):
            for number, item in enumerate(items.children, start=items.get("start", 1)):
                yield f"{before}{number}", item
                yield from numbered(item, f"{before}{number}.")
        elif isinstance(items, nodes.section):
            yield from numbered(items, before)


def link_lines(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Give each line of the pseudocode its full number, which leads to the line of code that has it in a comment."""
    if app.builder.format != "html":
        return
    algorithm = None
    for node in doctree.findall(nodes.Element):
        if node.tagname == "algorithm_node" or "algorithm" in node.get("classes", []):
            algorithm = node
        listing = node.get("nb_element") == "cell_code" and "listing" in node["cell_metadata"].get("tags", [])
        if not listing or algorithm is None:
            continue
        label = algorithm["ids"][0] if algorithm.get("ids") else algorithm["label"]
        marked = set(MARK.findall(node.children[0].astext()))
        for number, item in numbered(algorithm):
            item["ids"].append(f"{label}-{number}")
            sign: nodes.Node = nodes.inline("", number, classes=["td-line"])
            if number in marked:
                sign = nodes.reference("", number, refuri=f"#line-{number}", internal=True, classes=["td-line"])
            item.children[0].insert(0, sign)
        algorithm["classes"].append("td-lines")
        node["classes"].append(f"td-listing-{label}")


def anchor_lines(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Make each such comment the target of that link, and a link back."""
    parts = re.split(r'(?=<div class="[^"]*td-listing-)', context.get("body") or "")
    for k, part in enumerate(parts[1:], start=1):
        label = re.search(r"td-listing-([\w-]+)", part)[1]
        code, end, rest = part.partition("</pre>")
        anchor = rf'<a class="td-line" id="line-\1" href="#{label}-\1" title="Line \1 of the algorithm">\g<0></a>'
        parts[k] = COMMENT.sub(anchor, code) + end + rest
    if len(parts) > 1:
        context["body"] = "".join(parts)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-resolved", link_lines)
    app.connect("html-page-context", anchor_lines)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
