"""Where lines of text may break: not between a formula and its full stop, but within a long name of the library.

Both are mended in the written pages, since formulas stand in the text, in the claims and in the tables alike.
"""

from __future__ import annotations

import re

# An inline formula, with what touches it: a bracket before it; after it "." but also "-homogeneous" or ").".
FORMULA = re.compile(
    r'(?P<done><span class="td-glued">)?(?P<before>[(\[“‘]?)'
    r'(?P<formula><span class="math notranslate nohighlight">\\\(.*?\\\)</span>)(?P<after>[.,;:!?)\]’”…-][^\s<]*)?',
    re.DOTALL,
)
LITERAL = re.compile(r'(<code class="docutils literal notranslate">)(.*?)(</code>)', re.DOTALL)
JOINT = re.compile(r"(?<=\w)([._])(?=\w)")


def glued(page: str) -> str:
    """The HTML of a page, in which each inline formula stays on one line with its punctuation."""

    def one(found: re.Match[str]) -> str:
        alone = not found["before"] and not found["after"]
        return found[0] if found["done"] or alone else f'<span class="td-glued">{found[0]}</span>'

    return FORMULA.sub(one, page)


def breakable(page: str) -> str:
    """The HTML of a page, in which names in code may break after an underscore or a full stop."""
    return LITERAL.sub(lambda found: found[1] + JOINT.sub(r"\1<wbr>", found[2]) + found[3], page)
