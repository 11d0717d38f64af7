"""The public names of tdbook, what is loaded for them, and what may import what."""

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_ERROR, EXIT_STATUS_SUCCESS, lint_imports

import tdbook

LIBRARY = (
    "validation statistics tensors objectives lazy descent decomposition landscape lemmas beyond experiments files"
).split()


# What a numerical user does not need: SymPy, what draws, and the book's machinery.
NEVER = (
    "sympy matplotlib PIL tdbook.statements tdbook.proofs tdbook.ledger tdbook.exercises tdbook.figures tdbook.tables"
).split()


ROOT = Path(__file__).resolve().parents[1]


def loaded(code: str) -> set[str]:
    """Which of the modules that the library must not load a fresh interpreter loads for a piece of code."""
    code = f"{code}\nimport sys; print(*sorted(set({NEVER}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def submodules(part: str) -> list[str]:
    module = importlib.import_module(f"tdbook.{part}")
    within = pkgutil.walk_packages(getattr(module, "__path__", ()), f"tdbook.{part}.")
    return [f"tdbook.{part}", *(info.name for info in within)]


def test_the_library_loads_neither_sympy_nor_matplotlib_nor_the_books_machinery():
    use = "import tdbook; " + "; ".join(f"tdbook.{name}" for name in LIBRARY if name != "validation")
    use += "; tdbook.decompose(tdbook.random_target(4, 1, 3, rng=0), 2, epochs=1, iterations=1)"
    modules = [name for part in LIBRARY for name in submodules(part)]
    assert loaded(use) == set()
    assert loaded("import " + ", ".join(modules)) == set()
    assert loaded("import tdbook; tdbook.proofs") == {"sympy", "tdbook.proofs"}  # a negative control
    assert "matplotlib" in loaded("import tdbook; tdbook.figures")


def test_every_public_name_is_there_and_listed():
    assert set(dir(tdbook)) == set(tdbook.__all__)
    for name in tdbook.__all__:
        assert getattr(tdbook, name) is not None
    packages = {info.name for info in pkgutil.iter_modules(tdbook.__path__)}
    private = {"validation", "statements", "tables", "command_line", "archives", "processes", "wording"}
    public = {name for name in packages if not name.startswith("_")} - private
    assert public <= set(tdbook.__all__)
    assert {"decompose", "random_target", "load", "save", "verify", "lazy_error", "lazy_threshold"} <= set(dir(tdbook))
    with pytest.raises(AttributeError, match="nowhere"):
        tdbook.__getattr__("nowhere")


def advertised(part: str) -> dict[str, object]:
    """The names of a package or a module of the library that its users import from it."""
    module = importlib.import_module(f"tdbook.{part}")
    names = getattr(module, "__all__", [name for name in vars(module) if not name.startswith("_")])
    return {name: getattr(module, name) for name in names}


def test_no_advertised_name_is_private():
    assert [name for part in LIBRARY for name in advertised(part) if name.startswith("_")] == []


def test_no_two_public_functions_have_one_name():
    homes: dict[str, set[str]] = {}
    for name, thing in (item for part in LIBRARY for item in advertised(part).items()):
        module = getattr(thing, "__module__", "")
        if callable(thing) and module.startswith("tdbook."):
            homes.setdefault(name, set()).add(module)
    assert len(homes) > 200
    assert {name: modules for name, modules in homes.items() if len(modules) > 1} == {}


def lint(config: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "path", list(sys.path))
    return lint_imports(config_filename=str(config), cache_dir=None, no_logo=True)


def test_imports_run_downwards(capsys, monkeypatch):
    status = lint(ROOT / "pyproject.toml", monkeypatch)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ('  "landscape",\n', "tdbook.landscape is not allowed to import"),
        ('ignore_imports = ["tdbook.proofs.** -> sympy"]\n', "tdbook is not allowed to import sympy"),
    ],
)
def test_a_wrong_import_would_be_seen(line, wrong, tmp_path, capsys, monkeypatch):
    """The contracts with landscape below everything, or without the exception for proofs, are broken."""
    config = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert config.count(line) == 1
    changed = config.replace(line, "")
    if "landscape" in line:
        changed = changed.replace('  "validation",\n', '  "validation",\n  "landscape",\n')
    copy = tmp_path / "pyproject.toml"
    copy.write_text(changed, encoding="utf-8")
    assert lint(copy, monkeypatch) == EXIT_STATUS_ERROR
    assert wrong in capsys.readouterr().out


def test_the_public_names_are_there():
    for name in ("SymmetricCP", "DenseSymmetric", "random_target", "decompose", "load", "verify", "figures", "ledger"):
        assert getattr(tdbook, name) is not None
    with pytest.raises(AttributeError, match="decomposed"):
        tdbook.decomposed  # noqa: B018
