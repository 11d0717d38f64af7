"""Run by compile.mjs inside Pyodide: a zip of sources becomes a zip of bytecode without docstrings.

Parsing SymPy takes a browser ten times as long as reading its bytecode. Nothing is compressed inside: the whole is.
"""

import ast
import sys
import warnings
import zipfile
from importlib._bootstrap_external import _code_to_hash_pyc  # type: ignore[attr-defined]

UNCHECKED = b"\0" * 8  # no source lies beside it to compare with
sys.setrecursionlimit(10_000)


def without_docstrings(tree: ast.Module) -> ast.Module:
    """The same program; an assert stays."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            node.body[:1] = [] if len(node.body) > 1 else [ast.copy_location(ast.Pass(), first)]
    return tree


def compile_zip(source: str, target: str) -> None:
    """Compile each .py of a zip; other files stay as they are."""
    with zipfile.ZipFile(source) as given, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as made:
        for entry in given.infolist():
            name, content = entry.filename, given.read(entry)
            if name.endswith(".py"):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    tree = without_docstrings(ast.parse(content))
                    code = compile(tree, name, "exec", dont_inherit=True)
                name, content = f"{name}c", bytes(_code_to_hash_pyc(code, UNCHECKED, False))
            made.writestr(zipfile.ZipInfo(name), content)
