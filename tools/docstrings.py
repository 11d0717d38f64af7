"""Write the texts of the claims into the docstrings that name them; nothing is executed.

    python -m tools.docstrings --write   all of tdbook/
    python -m tools.docstrings --check   only say which docstrings are not as this tool would leave them

A docstring names a claim by a line ``Claim: id`` after everything else. The text follows it, up to the next such line
or the end of the docstring. It is edited in tdbook/statements alone, and stands in one docstring.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from tdbook import statements

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 120
CLAIM = re.compile(r"^[ ]*Claim: (?P<id>[\w-]+)[ ]*$", re.MULTILINE)


def nodes(source: str) -> Iterator[ast.Constant]:
    """The docstrings of a module, of its classes and of its functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                yield first.value


def claims(docstring: str) -> list[str]:
    """The claims that a docstring names."""
    return [found["id"] for found in CLAIM.finditer(docstring)]


def wrapped(text: str, indent: str) -> str:
    """A text within the width of a line. Displayed formulas keep their lines, and no other formula is broken."""

    def lines(block: str) -> str:
        if block.startswith("$$"):
            return textwrap.indent(block, indent)
        whole = re.sub(r"\$[^$]+\$", lambda formula: re.sub(r"\s+", "\0", formula[0]), block)
        filled = textwrap.fill(
            whole,
            WIDTH,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        return filled.replace("\0", " ")

    return "\n\n".join(map(lines, text.split("\n\n")))


def filled(literal: str, indent: str) -> str:
    """The source text of one docstring, with the texts of the claims that it names."""
    ids = claims(literal)
    if not ids:
        return literal
    before = literal[: CLAIM.search(literal).start()].rstrip()  # type: ignore[union-attr]
    parts = [f"{indent}Claim: {id}\n\n{wrapped(statements.statement(id), indent)}" for id in ids]
    if "\\" in before and not before.startswith("r"):
        raise ValueError(f'a docstring that names {ids[0]} must be raw (r""") or without backslashes')
    return "\n\n".join(["r" * (not before.startswith("r")) + before, *parts]) + f'\n{indent}"""'


def written(source: str) -> str:
    """The source of a module, with the texts of the claims in its docstrings."""
    starts = [0]
    for line in source.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    content = source.encode()
    for node in sorted(nodes(source), key=lambda node: -node.lineno):
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        literal = filled(content[begin:end].decode(), " " * node.col_offset)
        content = content[:begin] + literal.encode() + content[end:]
    return content.decode()


def modules() -> list[Path]:
    return sorted((ROOT / "tdbook").rglob("*.py"))


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the texts of the claims into the docstrings that name them.")
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--write", action="store_true", help="write the texts into the docstrings")
    mode.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if a docstring is not up to date"
    )
    check = parser.parse_args().check
    stale = False
    for path in modules():
        source = path.read_text(encoding="utf-8")
        try:
            text = written(source)
        except ValueError as error:
            print(f"{path.relative_to(ROOT)}: {error}")
            stale = True
            continue
        if text == source:
            continue
        if not check:
            path.write_text(text, encoding="utf-8")
        said = "a claim is not its text: run `python -m tools.docstrings --write`" if check else "written"
        print(f"{path.relative_to(ROOT)}: {said}")
        stale |= check
    return int(stale)


if __name__ == "__main__":
    sys.exit(main())
