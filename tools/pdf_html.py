r"""HTML outputs of the chapters (claims' cards, the ledger's tables and graph) as LaTeX, for the PDF.

The library writes its outputs as HTML and as plain text. The plain text leaves formulas as source, so the PDF is made
from the HTML: formulas stand in it as ``\(…\)`` already, and what is left are paragraphs, lists, tables and one SVG.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString
from sphinx.util import texescape

INLINE = {
    "strong": r"\textbf{%s}", "b": r"\textbf{%s}", "em": r"\emph{%s}", "i": r"\emph{%s}",
    "code": r"\bookcode{%s}", "kbd": r"\bookcode{%s}", "sub": r"\textsubscript{%s}", "sup": r"\textsuperscript{%s}",
}  # fmt: skip
LISTS = {"ul": "itemize", "ol": "enumerate"}
# Things on a page that paper cannot use.
SILENT = {"script", "style", "button", "input", "select", "template", "noscript"}
_FORMULA = re.compile(r"^\\[(\[].*\\[)\]]$", re.DOTALL)
_CARD = re.compile(r"(?:(?P<page>[^/#]+)\.html)?#claim-(?P<claim>[\w-]+)$")
_LINE, _LONG = 82, 60  # letters in a line of a table, and the length from which a text does not ask for more room
_POINT = 0.75  # one pixel of a page, in points


def escape(text: str) -> str:
    """Plain text as LaTeX."""
    if not hasattr(texescape, "_tex_escape_map") or not texescape._tex_escape_map:
        texescape.init()
    return texescape.escape(text, "xelatex")


def claim_link(address: str, text: str) -> str | None:
    """A link to the card of a claim, or to a chapter, within the PDF; None for any other address."""
    if found := _CARD.search(address):
        return rf"\hyperref[claim:{found['claim']}]{{{text}}}"
    if found := re.fullmatch(r"([\w-]+)\.html(?:#.*)?", address):
        return rf"\hyperref[\detokenize{{book/{found[1]}::doc}}]{{{text}}}"
    return None


def latex(html: str) -> str:
    """A piece of HTML as LaTeX."""
    return block(BeautifulSoup(html, "html.parser").children).strip() + "\n"


def block(nodes: Iterable[object]) -> str:
    return "".join(_one(node) for node in nodes)


def _one(node: object) -> str:
    if isinstance(node, NavigableString):
        if type(node) is not NavigableString:  # a comment or a declaration
            return ""
        # Formulas stand in elements of their own, or in a text that MathJax is told to read.
        pieces = re.split(r"(\\\(.*?\\\))", str(node), flags=re.DOTALL)
        return "".join(piece if piece.startswith(r"\(") else escape(re.sub(r"\s+", " ", piece)) for piece in pieces)
    if not isinstance(node, Tag) or node.name in SILENT or node.get("aria-hidden") == "true":
        return ""
    css = classes(node)
    if "math" in css and _FORMULA.match(node.get_text().strip()):
        return node.get_text().strip()
    if "td-claim" in css:
        return card(node)
    if node.name == "a":
        return anchor(node)
    if node.name in INLINE:
        return INLINE[node.name] % block(node.children)
    if "td-claim__status" in css:
        return status(node)
    handler = {"table": table, "svg": graph, "dl": definitions, "br": lambda _: r"\\ ", "pre": preformatted}
    if node.name in handler:
        return handler[node.name](node)
    if node.name in LISTS:
        return listing(LISTS[node.name], node)
    if node.name == "summary":
        return ""
    if re.fullmatch("h[1-6]", node.name):
        return f"\n\n\\textbf{{{block(node.children)}}}\n\n"
    inside = block(node.children)
    if node.name == "figcaption":
        return f"\n\n{{\\small {inside.strip()}\\par}}\n\n"
    if "td-live__title" in css:
        return f"\n\n\\textbf{{{inside.strip()}}}\n\n"
    return f"\n\n{inside.strip()}\n\n" if node.name in {"p", "div", "details", "section", "figure"} else inside


def classes(node: Tag) -> set[str]:
    return set(node.get_attribute_list("class")) - {None}


def anchor(node: Tag) -> str:
    text, address = block(node.children), str(node.get("href") or "")
    if inside := claim_link(address, text):
        return inside
    return rf"\href{{{address.replace('%', chr(92) + '%').replace('#', chr(92) + '#')}}}{{{text}}}" if address else text


def status(node: Tag) -> str:
    """The badge: a word and a sign in the colour of that status."""
    kind = next((name.removeprefix("td-status--") for name in classes(node) if name.startswith("td-status--")), "cited")
    sign = node.select_one("[aria-hidden=true]")
    word = "".join(str(part) for part in node.children if isinstance(part, NavigableString)).strip()
    return rf"\bookstatus{{td-{kind}}}{{{escape(sign.get_text()) if sign else ''}}}{{{escape(word)}}}"


def card(node: Tag) -> str:
    """A claim's card: a box with the statement, the evidence as hanging paragraphs, and what had to be refused."""
    kind = next((name.removeprefix("td-claim--") for name in classes(node) if name.startswith("td-claim--")), "cited")
    ident = str(node.get("id") or "").removeprefix("claim-")
    parts = []
    for child in node.find_all(recursive=False):
        css = classes(child)
        if "td-claim__head" in css:
            head = block(child.children).strip()
            parts.append(rf"\bookcardhead{{{head}}}" + "\n\n")
        elif "td-claim__evidence" in css:
            parts.append(evidence(child))
        elif "td-claim__id" in css:
            parts.append(rf"\bookcardfoot{{{block(child.children).strip()}}}" + "\n")
        elif "td-claim__remark" in css:
            parts.append(rf"{{\small {block(child.children).strip()}\par}}" + "\n")
        else:
            parts.append(block([child]))
    return f"\n\\begin{{bookcard}}{{td-{kind}}}{{claim:{ident}}}\n{''.join(parts)}\\end{{bookcard}}\n\n"


def evidence(node: Tag) -> str:
    rows = []
    for row in node.find_all("tr"):
        cells = [block(cell.children).strip() for cell in row.find_all("td")]
        if len(cells) == 3:
            kind, what, seen = cells
            rows.append(rf"\bookevidence{{{kind}}}{{{what}}}{{{seen}}}" + "\n")
    controls = [block(item.children).strip() for item in node.select(".td-claim__controls > li")]
    listed = "".join(rf"\bookcontrol{{{control}}}" + "\n" for control in controls)
    return "".join(rows) + (rf"\bookrefused{{{listed}}}" + "\n" if listed else "")


def table(node: Tag) -> str:
    """A table over pages, its columns as wide as what stands in them asks for."""
    head = [block(cell.children).strip() for cell in node.select("thead th")]
    rows = [[block(cell.children).strip() for cell in row.find_all(["td", "th"])] for row in node.find_all("tr")]
    rows = [row for row in rows if row and row != head]
    count = max((len(row) for row in rows), default=len(head))
    if not count:
        return ""
    share = _shares([list(row.find_all(["td", "th"])) for row in node.find_all("tr")], count)
    columns = "".join(rf">{{\raggedright\arraybackslash}}p{{{part:.3f}\bookwidth}}" for part in share)
    lines = [" & ".join([*row, *[""] * (count - len(row))]) + r" \\" for row in rows]
    title = " & ".join(rf"\textbf{{{cell}}}" for cell in head) + r" \\ \midrule\endhead" if head else ""
    body = "\n".join(lines)
    return (
        "\n\n{\\small\\setlength\\bookwidth{\\dimexpr\\linewidth-"
        f"{2 * (count - 1)}\\tabcolsep\\relax}}\\begin{{longtable}}{{@{{}}{columns}@{{}}}}\n\\toprule\n"
        f"{title}\n{body}\n\\bottomrule\n\\end{{longtable}}}}\n\n"
    )


def _shares(rows: list[list[Tag]], count: int) -> list[float]:
    """What part of the line each column gets: room for its longest word first, the rest by the length of its texts."""
    words, texts = [3.0] * count, [3.0] * count
    for row in rows:
        for i, cell in enumerate(row[:count]):
            text = cell.get_text().strip()
            # The badge of a status stays in one piece, and is bold.
            whole = [1.2 * len(text)] if cell.select(".td-claim__status") else map(len, re.split(r"[\s-]", text))
            words[i] = max(words[i], 1.0 + max(whole, default=0.0))
            texts[i] = max(texts[i], min(len(text), _LONG))
    more = [max(text - word, 0.0) for text, word in zip(texts, words, strict=True)]
    rest = max(_LINE - sum(words), 0.0)
    wide = [word + rest * part / (sum(more) or 1.0) for word, part in zip(words, more, strict=True)]
    return [0.99 * width / max(sum(wide), _LINE) for width in wide]


def listing(environment: str, node: Tag) -> str:
    items = [rf"\item {block(item.children).strip()}" + "\n" for item in node.find_all("li", recursive=False)]
    return f"\n\\begin{{{environment}}}\n{''.join(items)}\\end{{{environment}}}\n" if items else ""


def definitions(node: Tag) -> str:
    items = []
    for name in node.find_all("dt"):
        meaning = name.find_next_sibling("dd")
        said = block(meaning.children).strip() if meaning else ""
        items.append(rf"\item[{{{block(name.children).strip()}}}] {said}" + "\n")
    return "\n\\begin{description}\n" + "".join(items) + "\\end{description}\n"


def preformatted(node: Tag) -> str:
    lines = node.get_text().rstrip("\n").split("\n")
    return "\n\n{\\small\\ttfamily\\obeyspaces " + r"\\ ".join(map(escape, lines)) + "\\par}\n\n"


# --- the graph of the ledger --------------------------------------------------------------------------------


def graph(node: Tag) -> str:
    """An SVG of boxes, labels and curves as TikZ, turned and scaled to a page of its own."""
    parts = []
    for shape in node.find_all(["path", "rect", "text"]):
        if shape.find_parent("defs"):
            continue
        css = " ".join(sorted(classes(shape)))
        if shape.name == "path":
            numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", str(shape["d"]))]
            if len(numbers) != 8 or not re.match(r"M[^A-Z]*C[^A-Z]*$", str(shape["d"])):
                continue
            a, b, c, d = (_at(numbers[i], numbers[i + 1]) for i in (0, 2, 4, 6))
            parts.append(rf"\draw[bookedge] {a} .. controls {b} and {c} .. {d};")
        elif shape.name == "rect":
            kind = css.rpartition("td-graph__node--")[2] if "td-graph__node--" in css else "cited"
            x, y, width, height = (float(str(shape[name])) for name in ("x", "y", "width", "height"))
            parts.append(
                rf"\draw[draw=td-{kind},fill=td-{kind}!9,rounded corners=2pt] "
                rf"{_at(x, y)} rectangle {_at(x + width, y + height)};"
            )
        else:
            link = shape.find_parent("a")
            label = escape(shape.get_text())
            if link is not None:
                label = claim_link(str(link.get("href")), label) or label
            style = "booknode" if link is not None or "label" in css else "bookhead"
            parts.append(rf"\node[{style}] at {_at(float(str(shape['x'])), float(str(shape['y'])))} {{{label}}};")
    return "\n\\begin{bookgraph}\n" + "\n".join(parts) + "\n\\end{bookgraph}\n"


def _at(x: float, y: float) -> str:
    return f"({_POINT * x:.2f}pt,{-_POINT * y:.2f}pt)"
