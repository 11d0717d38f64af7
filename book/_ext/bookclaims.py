"""Claims of the ledger on the pages: a role that links to them, their status in boxes, the index."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from html import escape
from typing import Any

from bookrender import claim_card
from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

GREEK = re.compile(
    r"\\(?:var)?(alpha|beta|gamma|delta|epsilon|eta|theta|kappa|lambda|mu|sigma|tau|chi|Gamma|Delta)(?![a-z])"
)
NOTATION = "book/notation"
NUMBERED = re.compile(r"(Lemma|Theorem) \d+")

logger = logging.getLogger(__name__)


def claims() -> Any:
    """The ledger's claims; imported late, since a page without claims needs no ledger."""
    from tdbook.ledger import CLAIMS

    return CLAIMS


def claim_role(
    name: str, rawtext: str, text: str, lineno: int, inliner: Any, options: Any = None, content: Any = None
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """``{claim}`gradient` `` links to the card of that claim, wherever it stands, and is called by its title;
    ``{claim}`other words <gradient>` `` by these. An unknown claim is a warning."""
    words = re.fullmatch(r"(.+?)\s*<([\w-]+)>", text, re.DOTALL)
    ident = words[2] if words else text
    claim = claims().get(ident)
    if claim is None or not claim.chapter:
        why = "is not in the ledger" if claim is None else "has no chapter with its card"
        problem = inliner.reporter.warning(f"claim {ident!r} {why}", line=lineno)
        return [inliner.problematic(rawtext, rawtext, problem)], [problem]
    return [link_to(ident, *called(words[1] if words else claim.title))], []


def called(title: str) -> list[nodes.Node]:
    """The title of a claim, formulas between dollar signs as formulas."""
    parts = title.split("$")
    return [nodes.math("", part) if k % 2 else nodes.Text(part) for k, part in enumerate(parts) if part]


def link_to(ident: str, *shown: nodes.Node) -> nodes.reference:
    """A link to the card of a claim, in the chapter that has it."""
    link = nodes.reference("", "", internal=True, refuri=f"{claims()[ident].chapter}.html#claim-{ident}", claim=ident)
    link += shown
    return link


# --- the status in the boxes ------------------------------------------------------------------------------------


def statuses(env: BuildEnvironment) -> dict[str, dict[str, str]]:
    """For each page the claims whose cards stand on it, with their statuses; kept with Sphinx's environment."""
    return env.__dict__.setdefault("bookclaims_statuses", {})


def note_cards(app: Sphinx, doctree: nodes.document) -> None:
    """Remember the statuses on a page's cards; a card has formulas, so the page needs MathJax."""
    found = {card["claim"]: card["status"] for card in doctree.findall(claim_card)}
    statuses(app.env)[app.env.docname] = found
    if found:
        app.env.get_domain("math").data["has_equations"][app.env.docname] = True


def forget_cards(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    statuses(env).pop(docname, None)


def merge_cards(app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment) -> None:
    statuses(env).update({name: statuses(other)[name] for name in docnames if name in statuses(other)})


def state_status(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """At the end of each theorem, lemma or proposition that states claims: their statuses, linking to where they are
    shown to hold."""
    known = {ident: status for cards in statuses(app.env).values() for ident, status in cards.items()}
    if not known:
        return
    from tdbook.ledger import latex, views

    stated: dict[str, list[str]] = {}
    for claim in claims().values():
        for box in claim.boxes:
            stated.setdefault(box, []).append(claim.id)
    on_page = app.builder.format == "html"
    here = {card["claim"] for card in doctree.findall(claim_card)} if on_page else set()
    boxes = {ident: box for box in doctree.findall(nodes.Admonition) for ident in box.get("ids", [])}
    for box in list(doctree.findall(nodes.Admonition)):
        for ident in (ident for label in box.get("ids", []) for ident in stated.get(label, [])):
            if ident not in known:
                logger.warning(f"a box states the claim {ident!r}, but no page shows its card", location=box)
                continue
            if ident in here and home(claims()[ident], boxes) is box:
                continue  # its line comes from the card
            line = nodes.paragraph(classes=["td-box-status"])
            line += nodes.raw("", views.badge(known[ident]), format="html")
            line += nodes.raw("", latex.badge(known[ident]), format="latex")
            line += [nodes.Text(" "), link_to(ident, nodes.Text("claim "), nodes.literal(text=ident))]
            box += line
            box += place_in_proof(ident)


def place_cards(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Write each card in the language of the builder; on pages as one line at the foot of the box with its statement.

    A claim that no box of its page states gets a box without a number, which states it.
    """
    boxes = {ident: box for box in doctree.findall(nodes.Admonition) for ident in box.get("ids", [])}
    for card in list(doctree.findall(claim_card)):
        if app.builder.format != "html":
            card.replace_self(nodes.raw("", card.astext(), format="latex"))
            continue
        claim = claims()[card["claim"]]
        if box := home(claim, boxes):
            html = strip(claim, card["status"], statement(claim, boxes), card["below"])
            box += place_in_proof(claim.id)
            box += nodes.raw("", html, format="html")
            remove_with_cell(card)
        else:
            card.replace_self(nodes.raw("", unnumbered(claim, card["status"], card["below"]), format="html"))


def unnumbered(claim: Any, status: str, below: str) -> str:
    """A box that states a claim, with the same line at its foot as the boxes of the chapters."""
    from tdbook.ledger.views import mathematics, prose

    return (
        '<div class="proof proposition admonition td-unnumbered">'
        f'<p class="admonition-title">{mathematics(claim.title)} '
        f'<span class="td-claim__place">{escape(claim.place)}</span></p>'
        f"{prose(claim.statement)}{strip(claim, status, '', below)}</div>"
    )


def place_in_proof(ident: str) -> list[nodes.paragraph]:
    """A line that says where a claim stands in the proof: what it rests on, itself, what uses it."""
    from tdbook.ledger import place_in_proof as neighbours
    from tdbook.ledger.proofmap import short

    found = neighbours(ident)
    if found is None:
        return []

    def linked(idents: list[str]) -> Iterable[nodes.Node]:
        for k, other in enumerate(idents):
            if k:
                yield nodes.Text(", ")
            yield link_to(other, nodes.Text(short(claims()[other])))

    line = nodes.paragraph(classes=["td-place"])
    line += nodes.Text("In the proof: ")
    grounds, users = found
    if grounds:
        line += [*linked(grounds), nodes.Text(" → ")]
    line += nodes.strong(text=short(claims()[ident]))
    if users:
        line += [nodes.Text(" → "), *linked(users)]
    return [line]


def remove_with_cell(card: claim_card) -> None:
    """Take the card off its place, and the cell that showed it if it showed nothing else."""
    cell = card.parent
    card.parent.remove(card)
    while cell is not None and cell.get("nb_element") != "cell_code":
        cell = cell.parent
    shown = (nodes.raw, nodes.image, nodes.literal_block, claim_card)
    if cell is not None and not any(cell.findall(lambda node: isinstance(node, shown))):
        place = cell.parent.index(cell)
        cell.parent[place : place + 1] = list(cell.findall(addnodes.index))  # the search finds claims by these


def home(claim: Any, boxes: dict[str, nodes.Element]) -> nodes.Element | None:
    """The last box on a page that states the claim, where its line stands."""
    return next((boxes[label] for label in reversed(claim.boxes) if label in boxes), None)


def strip(claim: Any, status: str, statement: str, below: str) -> str:
    """One line that says how a claim was checked, as a fold: in it what its card has below the statement.

    What the box leaves out of the claim, or states in another box, is said in the fold.
    """
    from tdbook.ledger.views import badge

    kinds = escape(" · ".join(claim.kinds))
    refused = below.count("<strong>refused</strong>")
    counted = f"{refused} false variant{'' if refused == 1 else 's'} refused" if refused else "no false variant"
    inside = re.sub(
        r'<details class="td-claim__evidence"><summary>.*?</summary>(.*)</details>',
        r'<div class="td-claim__evidence">\1</div>',
        below,
        flags=re.DOTALL,
    )
    if statement.count("<a ") > 1 or "Besides" in statement:
        inside = f'<section class="td-claim__statement">{statement}</section>{inside}'
    return (
        f'<details class="td-strip" id="claim-{claim.id}"><summary>{badge(status)} {kinds}, {counted} '
        f"<code>{claim.id}</code></summary>{inside}</details>"
    )


def statement(claim: Any, boxes: dict[str, nodes.Element]) -> str:
    """What a card says the claim is, as HTML: links to the boxes on its page that state it, and what they leave out.

    In Jupyter a box is text for a program, so there the card says everything.
    """
    from tdbook import statements
    from tdbook.ledger.views import prose

    parts = [part for part in statements.parts() if part.claim == claim.id]
    shown = dict.fromkeys(part.label for part in parts if part.label in boxes)
    links = ", ".join(f'<a class="reference internal" href="#{label}">{title(boxes[label])}</a>' for label in shown)
    rest = "\n\n".join(statements.plain(part.body) for part in parts if part.label not in boxes)
    return f"<p>Stated on this page: {links}." + (f" Besides:</p>{prose(rest)}" if rest else "</p>")


def title(box: nodes.Element) -> str:
    """The title of a box, without the brackets around it."""
    heading = next(box.findall(nodes.title), None)
    return escape(heading.astext().strip().removeprefix("(").removesuffix(")")) if heading else "the box"


class ProofNumbers(SphinxDirective):
    """``{proof-numbers}``: the paper's lemmas on the map of the proof, and the boxes that state them."""

    def run(self) -> list[nodes.Node]:
        from tdbook.ledger.proofmap import short

        rows = ["| in the paper | in this book | what it says |", "|:--|:--|:--|"]
        named = [claim for claim in claims().values() if NUMBERED.fullmatch(short(claim)) and proof_has(claim.id)]
        for claim in sorted(named, key=lambda claim: claim.title):
            boxes = ", ".join(f"{{prf:ref}}`{label}`" for label in claim.boxes)
            rows.append(f"| {claim.place} | {boxes} | {claim.title.partition(':')[2].strip() or 'the result'} |")
        table = nodes.container()
        self.state.nested_parse(StringList(rows, "proof-numbers"), self.content_offset, table)
        return list(table.children)


def proof_has(ident: str) -> bool:
    from tdbook.ledger import place_in_proof

    return place_in_proof(ident) is not None


# --- the index ------------------------------------------------------------------------------------------------------


def letter(name: str) -> str:
    """The Greek letter of that TeX name; Unicode spells lambda without its b."""
    size = "CAPITAL" if name[0].isupper() else "SMALL"
    return unicodedata.lookup(f"GREEK {size} LETTER {name.upper().replace('LAMBDA', 'LAMDA')}")


def entries_of(*names: str, target: str) -> addnodes.index:
    return addnodes.index(entries=[("single", name, target, "main", None) for name in dict.fromkeys(names)])


def index_cards(doctree: nodes.document) -> None:
    """Put each claim, by its id and by its title, into the index and so into the search."""
    for card in list(doctree.findall(claim_card)):
        ident = card["claim"]
        title = re.sub(r"[$`\\{}]", "", claims()[ident].title)
        card.parent.insert(card.parent.index(card), entries_of(ident, title, target=f"claim-{ident}"))


def index_letters(doctree: nodes.document) -> None:
    """Make Greek letters findable, by name and by the letter itself: the notation page has them as TeX only."""
    for section in list(doctree.findall(nodes.section)):
        formulas = (math for child in section.children for math in child.findall(nodes.math))
        inside = {name for math in formulas for name in GREEK.findall(math.astext())}
        if inside and not any(child.children and isinstance(child, nodes.section) for child in section.children):
            names = [entry for name in sorted(inside) for entry in (name, letter(name))]
            section.insert(1, entries_of(*names, target=section["ids"][0]))


class IndexEntries(SphinxTransform):
    """Adds the entries before Sphinx collects them (at 850)."""

    default_priority = 840

    def apply(self, **options: Any) -> None:
        index_cards(self.document)
        if self.env.docname == NOTATION:
            index_letters(self.document)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_role("claim", claim_role)
    app.add_directive("proof-numbers", ProofNumbers)
    app.add_transform(IndexEntries)
    app.connect("doctree-read", note_cards)
    app.connect("env-purge-doc", forget_cards)
    app.connect("env-merge-info", merge_cards)
    app.connect("doctree-resolved", state_status, priority=600)
    app.connect("doctree-resolved", place_cards, priority=610)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
