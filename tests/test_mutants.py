"""The lists of what mutation testing left alive: kept in step with the code, each survivor with its reason."""

import re

import mutants
import pytest

LISTS = sorted(mutants.LISTS.glob("*.txt"))


def entries(path):
    """Head, and (file and function, change, reason) of each survivor."""
    head, *blocks = path.read_text(encoding="utf-8").strip().split("\n\n")
    found = []
    for block in blocks:
        title, *lines = block.splitlines()
        change = [line for line in lines if re.match(r"    [-+] ", line)]
        reason = " ".join(line.strip() for line in lines if line not in change)
        found.append((title, change, reason))
    return head, found


def stale(title, change):
    """Whether a survivor speaks of lines that its file no longer has."""
    file, function = title.split(" ", 1)
    name = function.rsplit(".", 1)[-1]  # the list writes FUNCTION for it
    source = {line.strip() for line in mutants.undecorated((mutants.ROOT / file).read_text()).splitlines()}
    return any(line[6:].strip().replace("FUNCTION", name) not in source for line in change if line.startswith("    - "))


def test_every_room_has_a_list():
    assert {path.stem for path in LISTS} == set(mutants.ROOMS)


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_each_survivor_is_of_this_code_and_has_a_reason(path):
    head, found = entries(path)
    killed = r"(\w+): (\d+) of (\d+) mutants killed \([0-9.]+%\), \d+ of them by running out of time"
    match = re.fullmatch(killed + r"; \d+ of \d+ not run; \d+ survivors have met the quick tests only", head)
    assert match, head
    assert match[1] == path.stem
    assert int(match[3]) - int(match[2]) == len(found)
    assert int(match[2]) >= 0.95 * int(match[3]), "write tests that notice more of them"
    for title, change, reason in found:
        assert change, title
        assert not stale(title, change), f"run `make mutants ROOMS={path.stem}` again: {title} has changed"
        assert reason.startswith("because ")
        assert mutants.NO_REASON not in reason, f"{title}: kill it or say why it changes nothing"
        assert "PENDING" not in reason, title


def test_a_stale_list_is_seen():
    assert stale("tdbook/tensors.py SymmetricCP.norm", ["    - no such line"])
    assert not stale("tdbook/tensors.py x", ["    + no such line"])


def test_decorators_are_moved_and_nothing_else_changes():
    text = "class A:\n  @property\n  def f(self):\n    return 1\n\n  @staticmethod\n  def g():\n    return 2"
    moved = mutants.undecorated(text)
    space = {}
    exec(moved, space)
    assert space["A"]().f == 1
    assert space["A"].g() == 2
    assert "  f = property(f)" in moved.splitlines()
    assert "@property" not in moved


def test_another_docstring_is_no_change_and_another_body_is():
    code = 'def f(x):\n    """{}"""\n    return x{}\n\nclass A:\n    def g(self):\n        """{}"""'
    bare = mutants.without_docstrings(code.format("One.", " + 1", "Two."))
    assert bare == mutants.without_docstrings(code.format("Three.", " + 1", "Four."))
    assert bare != mutants.without_docstrings(code.format("One.", " - 1", "Two."))
    assert "return x + 1" in bare and "Two" not in bare


def test_only_known_forms_are_called_harmless():
    assert (
        mutants.harmless('    - x = np.einsum("ij,ij->j", U, V)\n    + x = np.einsum("IJ,IJ->J", U, V)')
        != mutants.NO_REASON
    )
    assert mutants.harmless("    - return a * b\n    + return a / b") == mutants.NO_REASON
    assert (
        mutants.harmless('    - x = np.einsum("ij,ij->j", U, V)\n    + x = np.einsum("ij,ij->j", V)')
        == mutants.NO_REASON
    )
