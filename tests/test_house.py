"""The house rules of CONTRIBUTING.md: imports run downwards, and heavy packages stay in their rooms."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "tdbook"
# The floor of each room, by the first part of its name below tdbook; rooms of the same floor may know each other.
FLOORS = {
    "_apart": 0,
    "_check": 0,
    "statements": 0,
    "tensors": 1,
    "notation": 1,
    "sources": 2,
    "objectives": 2,
    "lazy": 3,
    "lazy_reduction": 3,
    "lazy_rank": 3,
    "lazy_moments": 3,
    "lazy_descent": 3,
    "lazy_table": 3,
    "trap_targets": 3,
    "landscape": 3,
    "escape": 4,
    "stuck": 4,
    "landscape_tables": 4,
    "live_tables": 4,
    "coordinates": 2,
    "descent": 3,
    "refinement": 2,
    "experiments": 4,
    "sweep_command": 4,
    "ablations": 4,
    "beyond": 4,
    "networks": 4,
    "files": 4,
    "lemmas": 4,
    "figures": 5,
    "proofs": 5,
    "ledger": 6,
    "exercises": 6,
    "__main__": 7,
}
HEAVY = {"sympy": "proofs", "matplotlib": "figures", "PIL": "figures"}
FILES = sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    """The room a file belongs to: ``figures`` for tdbook/figures/style.py."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path, everywhere: bool) -> set[str]:
    """Dotted names imported by a file, at its top level or everywhere; type-checking imports are left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree)) if everywhere else tree.body
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    found = set()
    for node in nodes:
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ""
            if node.level:
                package = ["tdbook", *path.relative_to(PACKAGE).with_suffix("").parts]
                base = ".".join(package[: -node.level]) + "."
            module = (base + (node.module or "")).strip(".")
            # `from tdbook import tensors` names a room, `from tdbook.tensors import SymmetricCP` is in one
            found |= {f"{module}.{alias.name}" for alias in node.names} if module == "tdbook" else {module}
    return found


def test_every_room_has_a_floor():
    rooms = {room(path) for path in FILES} - {"__init__"}
    assert rooms <= set(FLOORS), f"say in test_house.py on which floor these stand: {sorted(rooms - set(FLOORS))}"


def offences(path: Path, here: str) -> set[str]:
    """What a file of room ``here`` imports and should not: rooms above it, heavy packages that live elsewhere."""
    found = set()
    for name in imports(path, everywhere=False):
        parts = name.split(".")
        if parts[0] == "tdbook" and len(parts) > 1 and parts[1] in FLOORS and FLOORS[parts[1]] > FLOORS[here]:
            found.add(name)
    for name in imports(path, everywhere=True):
        package = name.split(".")[0]
        if package in HEAVY and HEAVY[package] != here:
            found.add(name)
    return found


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(PACKAGE)) for path in FILES])
def test_imports_run_downwards_and_heavy_packages_stay_in_their_room(path):
    if room(path) != "__init__":
        assert offences(path, room(path)) == set()


def test_nothing_in_the_library_needs_the_exercises():
    """They stand on the top floor beside the ledger: whatever they know of the mathematics is told from below."""
    outside = [path for path in FILES if room(path) != "exercises"]
    guilty = {str(path) for path in outside for name in imports(path, everywhere=True) if "exercises" in name}
    assert guilty == set()
    # negative control: the rooms of the exercises do know each other
    assert any("exercises" in name for path in set(FILES) - set(outside) for name in imports(path, everywhere=True))


def test_the_rule_can_fail(tmp_path):
    """Negative control: a ground-floor file that reaches upwards, or for SymPy inside a function, is seen."""
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        "from tdbook import figures, _check\nfrom tdbook.ledger import verify\n\ndef f():\n    import sympy\n"
    )
    assert offences(wrong, "tensors") == {"tdbook.figures", "tdbook.ledger", "sympy"}


def test_numerical_work_loads_neither_sympy_nor_matplotlib():
    code = (
        "import sys, tdbook; target = tdbook.random_target(5, 1, 3);"
        "tdbook.decompose(target, 2, epochs=1, iterations=5, progress=False);"
        "late = ('sympy', 'matplotlib', 'tdbook.ledger', 'tdbook.proofs', 'tdbook.exercises');"
        "print([name for name in late if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


def test_no_room_is_too_large():
    lengths = {str(path.relative_to(PACKAGE)): len(path.read_text().splitlines()) for path in FILES}
    # a screenful or ten; the ledger's files are lists of sentences and may be longer
    large = {name: n for name, n in lengths.items() if n > (700 if name.startswith("ledger") else 550)}
    assert not large
