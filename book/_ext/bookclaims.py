"""Claims of the ledger on the pages: a role that links to them, their status in boxes, the index."""

from __future__ import annotations

import re
import unicodedata
from html import escape
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

CARD = re.compile(r'<div class="td-claim td-claim--(?P<look>[\w-]+)" id="claim-(?P<id>[\w-]+)"')
GREEK = re.compile(
    r"\\(?:var)?(alpha|beta|gamma|delta|epsilon|eta|theta|kappa|lambda|mu|sigma|tau|chi|Gamma|Delta)(?![a-z])"
)
STATEMENT = re.compile(
    r'(?P<head><div class="td-claim [^>]*id="claim-(?P<id>[\w-]+)".*?)'
    r'<section class="td-claim__statement">.*?</section>',
    re.DOTALL,
)
NOTATION = "book/notation"

logger = logging.getLogger(__name__)


def claims() -> Any:
    """The ledger's claims; asked for late, since a page without claims needs no ledger."""
    from tdbook.ledger import CLAIMS

    return CLAIMS


def claim_role(
    name: str, rawtext: str, text: str, lineno: int, inliner: Any, options: Any = None, content: Any = None
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """``{claim}`gradient` `` links to the card of that claim, wherever it stands; an unknown claim is a warning."""
    claim = claims().get(text)
    if claim is None or not claim.chapter:
        why = "is not in the ledger" if claim is None else "has no chapter with its card"
        problem = inliner.reporter.warning(f"claim {text!r} {why}", line=lineno)
        return [inliner.problematic(rawtext, rawtext, problem)], [problem]
    link = nodes.reference(rawtext, text, internal=True, refuri=f"{claim.chapter}.html#claim-{text}")
    return [link], []


# --- the status in the boxes ------------------------------------------------------------------------------------


def seen_cards(env: BuildEnvironment) -> dict[str, dict[str, str]]:
    """For each page the claims whose cards stand on it, and how they look; kept with Sphinx's environment."""
    return env.__dict__.setdefault("bookclaims_cards", {})


def note_cards(app: Sphinx, doctree: nodes.document) -> None:
    """Remember what the executed cards of a page say."""
    cards = [card for node in doctree.findall(nodes.raw) for card in CARD.finditer(node.astext())]
    seen_cards(app.env)[app.env.docname] = {card["id"]: card["look"] for card in cards}


def forget_cards(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    seen_cards(env).pop(docname, None)


def merge_cards(app: Sphinx, env: BuildEnvironment, docnames: Any, other: BuildEnvironment) -> None:
    seen_cards(env).update({name: seen_cards(other)[name] for name in docnames if name in seen_cards(other)})


def state_status(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """At the end of each theorem, lemma or proposition that states claims: their statuses, linking to the cards."""
    looks = {ident: look for cards in seen_cards(app.env).values() for ident, look in cards.items()}
    if not looks:
        return
    from tdbook.ledger.views import badge_of_look

    stated: dict[str, list[str]] = {}
    for claim in claims().values():
        for box in claim.boxes:
            stated.setdefault(box, []).append(claim.id)
    for box in list(doctree.findall(nodes.Admonition)):
        for ident in (ident for label in box.get("ids", []) for ident in stated.get(label, [])):
            if ident not in looks:
                logger.warning(f"a box states the claim {ident!r}, but no page shows its card", location=box)
                continue
            chapter = claims()[ident].chapter
            where = "" if docname.endswith(f"/{chapter}") else f"{chapter}.html"
            html = (
                f'<p class="td-box-status">{badge_of_look(looks[ident])} '
                f'<a class="reference internal" href="{where}#claim-{ident}">claim <code>{ident}</code></a></p>'
            )
            box += nodes.raw("", html, format="html")


def shorten_cards(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """On a page whose boxes state a claim its card links to them, and states only what they leave out.

    In Jupyter a box is text for a program, so there the card says everything.
    """
    if app.builder.format != "html":
        return
    boxes = {ident: box for box in doctree.findall(nodes.Admonition) for ident in box.get("ids", [])}

    def shorter(card: re.Match[str]) -> str:
        from tdbook import statements
        from tdbook.ledger.views import prose

        parts = [part for part in statements.parts() if part.claim == card["id"]]
        shown = dict.fromkeys(part.label for part in parts if part.label in boxes)
        if not shown:
            return card[0]
        links = ", ".join(f'<a class="reference internal" href="#{label}">{title(boxes[label])}</a>' for label in shown)
        rest = "\n\n".join(statements.plain(part.body) for part in parts if part.label not in boxes)
        besides = f" Besides:</p>{prose(rest)}" if rest else "</p>"
        return f'{card["head"]}<section class="td-claim__statement"><p>Stated on this page: {links}.{besides}</section>'

    for node in list(doctree.findall(nodes.raw)):
        text = node.astext()
        if (said := STATEMENT.sub(shorter, text)) != text:
            node.replace_self(nodes.raw("", said, **node.attributes))


def title(box: nodes.Element) -> str:
    """The title of a box, without the brackets in which it stands behind the number."""
    heading = next(box.findall(nodes.title), None)
    return escape(heading.astext().strip().removeprefix("(").removesuffix(")")) if heading else "the box"


# --- the index ------------------------------------------------------------------------------------------------------


def letter(name: str) -> str:
    """The Greek letter of that TeX name; Unicode spells lambda without its b."""
    size = "CAPITAL" if name[0].isupper() else "SMALL"
    return unicodedata.lookup(f"GREEK {size} LETTER {name.upper().replace('LAMBDA', 'LAMDA')}")


def entries_of(*names: str, target: str) -> addnodes.index:
    return addnodes.index(entries=[("single", name, target, "main", None) for name in dict.fromkeys(names)])


def index_cards(doctree: nodes.document) -> None:
    """Put each claim, by its id and by its title, into the index and so into the search."""
    for node in list(doctree.findall(nodes.raw)):
        for card in CARD.finditer(node.astext()):
            ident = card["id"]
            title = re.sub(r"[$`\\{}]", "", claims()[ident].title) if ident in claims() else ident
            node.parent.insert(node.parent.index(node), entries_of(ident, title, target=f"claim-{ident}"))


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
    app.add_transform(IndexEntries)
    app.connect("doctree-read", note_cards)
    app.connect("env-purge-doc", forget_cards)
    app.connect("env-merge-info", merge_cards)
    app.connect("doctree-resolved", state_status, priority=600)
    app.connect("doctree-resolved", shorten_cards, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
