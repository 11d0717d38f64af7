"""One text for each claim: the ledger, the boxes of the chapters and docstrings show it, and nobody keeps a copy."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
import yaml

from tdbook import ledger, statements
from tdbook.ledger import views
from tdbook.statements import parse, plain
from tools import boxes, build, docstrings
from tools.refresh import faults

ROOT = Path(__file__).resolve().parents[2]
FORMULA = re.compile(r"\$\$(.+?)\$\$|\$([^$]+)\$", re.DOTALL)
EQUATION = re.compile(r"^\$\$ \(([\w-]+)\)$", re.MULTILINE)
REFERENCE = re.compile(r"\{eq\}`([\w-]+)`")
MACROS = yaml.safe_load((ROOT / "_config.yml").read_text())["sphinx"]["config"]["mathjax3_config"]["tex"]["macros"]
CHAPTERS = {path.stem: nbformat.read(path, as_version=4) for path in build.chapters(ROOT)}


# --- claims, texts, boxes ---------------------------------------------------------------------------------------


def loose_ends(texts: set[str], claims: set[str], labels: set[str], shown: list[str]) -> list[str]:
    """Texts without a claim, claims without a text, and boxes that stand on no page or on several."""
    return [
        *(f"{id} has a text but is no claim" for id in sorted(texts - claims)),
        *(f"claim {id} has no text" for id in sorted(claims - texts)),
        *(
            f"box {label} stands {shown.count(label)} times in the chapters"
            for label in sorted(labels)
            if shown.count(label) != 1
        ),
    ]


def test_claims_texts_and_boxes_belong_together():
    texts = {part.claim for part in statements.parts()}
    labels = {part.label for part in statements.parts()} - {""}
    shown = [label for notebook in CHAPTERS.values() for label in boxes.labels(notebook)]
    assert loose_ends(texts, set(ledger.CLAIMS), labels, shown) == []
    # negative controls
    assert len(loose_ends({"a", "b"}, {"a"}, set(), [])) == 1
    assert len(loose_ends({"a"}, {"a", "c"}, set(), [])) == 1
    assert len(loose_ends({"a"}, {"a"}, {"thm", "lem"}, ["lem", "lem"])) == 2


def test_no_claim_is_worded_anywhere_else():
    """Each claim stands in the file of its chapter, and the ledger says what stands there."""
    files = {part.claim: part.file for part in statements.parts()}
    for id, claim in ledger.CLAIMS.items():
        assert claim.statement == statements.statement(id)
        assert files[id] == f"{claim.chapter or 'cited'}.md"
        assert claim.boxes == statements.boxes(id)
    for path in (ROOT / "tdbook" / "ledger").glob("*.py"):
        assert not re.search(r"^\s+statement=", path.read_text(), re.MULTILINE), path.name


def test_a_claim_without_a_text_is_refused():
    with pytest.raises(ValueError, match="thm-nowhere"):
        ledger.Claim("thm-nowhere", "title", "place", ("run",))


def test_parts_are_told_apart():
    text = (
        "## a\n\nFirst.\n\n### thm-a\n\nSecond\n\n$$\nx\n$$ (eq-x)\n\n### in no box\n\nThird.\n\n"
        "## b\n\n### thm-a\n\nFourth.\n"
    )
    found = [(part.claim, part.label, part.body) for part in parse(text)]
    assert found == [
        ("a", "", "First."),
        ("a", "thm-a", "Second\n\n$$\nx\n$$ (eq-x)"),
        ("a", "", "Third."),
        ("b", "thm-a", "Fourth."),
    ]
    assert plain(found[1][2]) == "Second\n\n$$\nx\n$$"


def test_a_text_in_two_files_is_refused(tmp_path, monkeypatch):
    (tmp_path / "one.md").write_text("## a\n\nText.\n")
    monkeypatch.setattr(statements, "FOLDER", tmp_path)
    monkeypatch.setattr(statements, "CHAPTERS", ("one",))
    (tmp_path / "cited.md").write_text("## a\n\nText.\n")
    with pytest.raises(ValueError, match=r"claim 'a' must have one home, got one\.md and cited\.md"):
        statements.parts.__wrapped__()


def unreadable(text: str) -> list[str]:
    """What Jupyter, a terminal or LaTeX would not understand in a text."""
    used = {name for formula in FORMULA.findall(plain(text)) for name in re.findall(r"\\([A-Za-z]+)", "".join(formula))}
    return [
        *(f"the macro \\{name}" for name in sorted(used & (set(MACROS) - {"Pr"}))),  # \Pr is LaTeX's own, too
        *(f"the role {role}" for role in re.findall(r"\{[\w:]+\}`", text)),
        *(["dollars that do not pair"] if text.count("$") % 2 or text.count("$$") % 2 else []),
        *(["braces that do not pair"] if text.count("{") != text.count("}") else []),
        *(["emphasis or a list"] if re.search(r"\*|^(?:[-+]|\d+\.) ", FORMULA.sub("", text), re.MULTILINE) else []),
    ]


def test_texts_can_be_read_everywhere():
    assert {part.claim: found for part in statements.parts() if (found := unreadable(part.body))} == {}
    for wrong in (r"$\norm x$", "see {eq}`eq-x`", "$x$ and $y", "$x_{i$", "*all* of them"):
        assert len(unreadable(wrong)) == 1, wrong


# --- the boxes of the chapters ----------------------------------------------------------------------------------


def test_every_box_says_what_its_text_says():
    assert [fault for notebook in CHAPTERS.values() for fault in boxes.faults(notebook)] == []


def test_a_changed_box_is_refused_with_a_line_that_says_where_to_edit(tmp_path):
    source = ROOT / "book" / "lazy.ipynb"
    right, copy = source.read_text(encoding="utf-8"), tmp_path / source.name
    copy.write_text(right, encoding="utf-8")
    assert faults(copy) == []
    wrong = right.replace("An expected squared error of at most", "An error of at most", 1)  # a card says it as well
    assert wrong != right
    copy.write_text(wrong, encoding="utf-8")
    said = faults(copy)
    assert said == [
        "the box thm-lazy-law is not its text: edit tdbook/statements/lazy.md, then run `python -m tools.boxes`"
    ]
    # filling mends it, and only it
    notebook = nbformat.read(copy, as_version=4)
    assert boxes.fill(notebook)
    assert not boxes.fill(notebook)
    assert nbformat.writes(notebook) == nbformat.writes(nbformat.read(source, as_version=4))


def test_boxes_that_state_no_claim_are_left_alone():
    free = "Before.\n\n:::{prf:lemma} Title\n:label: lem-nowhere\n\nAnything.\n:::\n\nAfter."
    assert boxes.filled(free) == free
    claimed = free.replace("lem-nowhere", "thm-tensors-inner")
    text = statements.box("thm-tensors-inner")
    assert boxes.filled(claimed) == claimed.replace("Anything.", text)
    wide = claimed.replace(":::", "::::")
    assert boxes.filled(wide) == wide.replace("Anything.", text)


def unresolved(sources: list[str]) -> set[str]:
    """Labels of equations that are referred to and stand nowhere, or stand twice."""
    there = [label for source in sources for label in EQUATION.findall(source)]
    asked = {label for source in sources for label in REFERENCE.findall(source)}
    return (asked - set(there)) | {label for label in there if there.count(label) > 1}


def test_equations_of_the_boxes_keep_their_labels():
    cells = [cell.source for book in CHAPTERS.values() for cell in book.cells if cell.cell_type == "markdown"]
    assert unresolved(cells) == set()
    inside = {label for part in statements.parts() for label in EQUATION.findall(part.body)}
    assert {"eq-lazy-law", "eq-trap-identity"} <= inside
    assert not any(EQUATION.search(claim.statement) for claim in ledger.CLAIMS.values())
    assert unresolved(["$$\nx\n$$ (eq-a)", "{eq}`eq-b`", "$$\ny\n$$ (eq-c)", "$$\ny\n$$ (eq-c)"]) == {"eq-b", "eq-c"}


# --- docstrings -------------------------------------------------------------------------------------------------


# LaTeX to the plain signs in which docstrings are written.
SIGNS = (
    (r"\\[lr]Vert|\\\|", "||"), (r"\\langle", "<"), (r"\\rangle", ">"), (r"\\leq?(?![a-z])", "<="),
    (r"\\geq?(?![a-z])", ">="), (r"\\otimes", "(x)"), (r"\\hat c", "chat"), (r"\\bar\\kappa", "kbar"),
    (r"\\cdot(?![a-z])", "."), (r"\\(?:big|Big|tfrac|frac|mathbb|mathrm|q?quad)(?![a-z])", ""), (r"\\[,;! ]|\\", ""),
    (r"[{}\s&]", ""),
)  # fmt: skip


def plainly(text: str) -> str:
    for pattern, sign in SIGNS:
        text = re.sub(pattern, sign, text)
    return text.strip(".,;:")


def phrases(body: str) -> set[str]:
    """The formulas of a text that say something, and its sentences, in plain signs."""
    formulas = {plainly("".join(found)) for found in FORMULA.findall(plain(body))}
    sentences = {plainly(words) for words in re.split(r"\.\s|\n\n", plain(body))}
    return {f for f in formulas if len(f) >= 18 and re.search("=|>=", f)} | {s for s in sentences if len(s) >= 40}


def displays(body: str) -> set[str]:
    """The displayed formulas among them."""
    return phrases("\n\n".join(found[0] for found in re.findall(r"(\$\$.+?\$\$)()", plain(body), re.DOTALL)))


def copies(source: str, every: set[str], own: dict[str, set[str]]) -> list[str]:
    """Docstrings of a file that hold, above the texts that tools/docstrings.py writes, such a text in other signs."""
    said = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            doc = ast.get_docstring(node) or ""
            words = plainly(docstrings.CLAIM.split(doc)[0])
            forbidden = every.union(*(own[id] for id in docstrings.claims(doc)))
            said += [f"{getattr(node, 'name', 'module')}: {phrase}" for phrase in forbidden if phrase in words]
    return said


def test_no_docstring_keeps_a_copy():
    own: dict[str, set[str]] = {id: set() for id in ledger.CLAIMS}
    every: set[str] = set()
    for part in statements.parts():
        own[part.claim] |= phrases(part.body)
        every |= displays(part.body)
    assert len(every) > 25
    rooms = [
        path for path in (ROOT / "tdbook").rglob("*.py") if "proofs" not in path.parts
    ]  # a proof writes its identity
    assert {path.name: found for path in rooms if (found := copies(path.read_text(), every, own))} == {}
    # negative controls: what docstrings once said
    gradient = '"""g_i = l a_i c_i^{l-2} R(u_i^{(x) l-1}, .) + lambda l chat_i^{l-2} ||u_i||^{l-2} u_i,  R = T - T*."""'
    total = '"""||P_B U||_F^2 <= (m + K) delta^2.{}"""'
    assert copies(gradient, every, own)
    assert copies(total.format("\n\nClaim: lemma5"), every, own)
    assert not copies(total.format(""), every, own)  # an inline formula, in a docstring about something else


# --- where they are shown ---------------------------------------------------------------------------------------


def test_a_text_as_html_has_paragraphs_and_displayed_formulas():
    html = views.prose("Let $a<b$.\n\n$$\nx&=y\\\\\n$$\n\nAnd so\non.")
    assert html == (
        '<p>Let <span class="math notranslate nohighlight">\\(a&lt;b\\)</span>.</p>'
        '<div class="math notranslate nohighlight">\\[x&amp;=y\\\\\\]</div><p>And so on.</p>'
    )
    for claim in ledger.CLAIMS.values():
        assert "$" not in views.prose(claim.statement)


def test_the_ledger_states_every_claim_in_full():
    html = views.statements(ledger.CLAIMS.values()).html
    for claim in ledger.CLAIMS.values():
        assert views.prose(claim.statement) in html
        assert views.mathematics(claim.title) in html


def test_the_texts_are_installed(tmp_path):
    """They are in the wheel that pip makes; without the line in pyproject.toml they are not."""
    for name, config in (("with", str), ("without", lambda text: text.replace('"tdbook.statements" = ["*.md"]', ""))):
        folder = tmp_path / name
        shutil.copytree(ROOT / "tdbook", folder / "tdbook", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "pyproject.toml").write_text(config((ROOT / "pyproject.toml").read_text()))
        for licence in ("LICENSE", "LICENSE-text.md"):
            shutil.copy(ROOT / licence, folder / licence)
        code = "from setuptools import build_meta; build_meta.build_wheel('.')"
        subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, capture_output=True)
        held = {Path(entry).name for entry in zipfile.ZipFile(next(folder.glob("*.whl"))).namelist()}
        texts = {path.name for path in statements.FOLDER.glob("*.md")}
        assert (texts <= held) == (name == "with")
