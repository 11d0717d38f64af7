r"""HTML of the chapters as LaTeX, for the PDF: the titles and captions of live figures.

Formulas stand in it as ``\(…\)`` already; what is left are paragraphs, lists and words in italics.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from tdbook.ledger.latex import plain

INLINE = {
    "strong": r"\textbf{%s}", "b": r"\textbf{%s}", "em": r"\emph{%s}", "i": r"\emph{%s}",
    "code": r"\bookcode{%s}", "kbd": r"\bookcode{%s}", "sub": r"\textsubscript{%s}", "sup": r"\textsuperscript{%s}",
}  # fmt: skip
LISTS = {"ul": "itemize", "ol": "enumerate"}
# Things on a page that paper cannot use.
SILENT = {"script", "style", "button", "input", "select", "template", "noscript"}


def latex(html: str) -> str:
    """A piece of HTML as LaTeX."""
    return block(BeautifulSoup(html, "html.parser").children).strip() + "\n"


def block(nodes: Iterable[object]) -> str:
    return "".join(_one(node) for node in nodes)


def _one(node: object) -> str:
    if isinstance(node, NavigableString):
        if type(node) is not NavigableString:  # a comment or a declaration
            return ""
        pieces = re.split(r"(\\\(.*?\\\))", str(node), flags=re.DOTALL)
        return "".join(piece if piece.startswith(r"\(") else plain(re.sub(r"\s+", " ", piece)) for piece in pieces)
    if not isinstance(node, Tag) or node.name in SILENT:
        return ""
    if node.name in LISTS:
        items = [rf"\item {block(item.children).strip()}" + "\n" for item in node.find_all("li", recursive=False)]
        return f"\n\\begin{{{LISTS[node.name]}}}\n{''.join(items)}\\end{{{LISTS[node.name]}}}\n"
    inside = block(node.children)
    if node.name in INLINE:
        return INLINE[node.name] % inside
    if node.name == "figcaption":
        return f"\n\n{{\\small {inside.strip()}\\par}}\n\n"
    if "td-live__title" in node.get_attribute_list("class"):
        return f"\n\n\\textbf{{{inside.strip()}}}\n\n"
    return f"\n\n{inside.strip()}\n\n" if node.name in {"p", "div", "figure"} else inside
