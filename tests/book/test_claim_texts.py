"""Docstrings hold the texts of the claims that they name, and each text stands once in the library."""

from collections import Counter
from pathlib import Path

import pytest

from tdbook import ledger, statements
from tools import docstrings

SOURCES = {path: path.read_text(encoding="utf-8") for path in docstrings.modules()}


def named(source: str) -> list[str]:
    return [id for node in docstrings.nodes(source) for id in docstrings.claims(str(node.value))]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: Path(path).stem)
def test_docstrings_are_as_the_tool_writes_them(path):
    assert docstrings.written(SOURCES[path]) == SOURCES[path], "run `python -m tools.docstrings --write`"


def test_docstrings_name_claims_of_the_ledger_once():
    ids = Counter(id for source in SOURCES.values() for id in named(source))
    assert set(ids) <= set(ledger.CLAIMS)
    assert {id for id, times in ids.items() if times > 1} == set()
    assert {"lemma3", "gradient", "thm1-spectrum", "tensor-inner", "thm2"} <= set(ids)
    assert len(ids) > 35


BARE = '''
class Thing:
    """Something."""

    def method(self):
        """A method.

        Claim: lemma3
        """
'''


def test_a_text_is_written_below_the_line_that_names_it():
    source = docstrings.written(BARE)
    assert docstrings.written(source) == source
    text = next(str(node.value) for node in docstrings.nodes(source) if "lemma3" in str(node.value))
    words = "".join(statements.statement("lemma3").split())
    assert words in "".join(text.split())
    assert max(map(len, source.splitlines())) <= 120
    # a text that was edited by hand, or is out of date, is written again
    assert docstrings.written(source.replace("Then", "So")) == docstrings.written(source)
    assert docstrings.written(source.replace(r"\frac", r"\tfrac", 1)) == source


def test_what_names_no_claim_stays_and_what_names_a_wrong_one_is_refused():
    free = BARE.replace("Claim: lemma3", "The claim is lemma3.")
    assert docstrings.written(free) == free
    with pytest.raises(ValueError, match="lemma99"):
        docstrings.written(BARE.replace("lemma3", "lemma99"))
    with pytest.raises(ValueError, match="raw"):
        docstrings.written(BARE.replace("A method.", r"A \\method."))
