"""Mutation testing: small faults are put into the core one at a time, and the tests must notice each.

    python tools/mutants.py [ROOM …]           run what has not been run yet, room by room, and write the lists
    python tools/mutants.py --survivors ROOM   run again those that survived, after a test was added
    python tools/mutants.py --quick ROOM       leave out the tests that take more than half a second
    python tools/mutants.py --sample N ROOM    run at most N, by lot with a fixed seed
    python tools/mutants.py --list [ROOM …]    only write the lists from what was run

mutmut makes the mutants (an operator, a number, an argument, a string at a time); mutants_runner.py runs, for each,
the tests that reach the changed function, in a process forked after everything is imported. Each room has a sandbox
of its own under _build/mutants and its own tests, so that a run can be stopped and goes on where it was. What survived
stands in tests/mutants/ROOM.txt with the reason why it changes nothing; reasons are written there by hand and kept.

mutmut leaves decorated functions alone. In the sandbox, `@property def f` therefore becomes `def f`, `f = property(f)`,
and the same for the other decorators of this project. Not among the mutants: what stands outside functions (constants
of a module) and the text of f-strings.

The order is by lot, with a fixed seed: where the head of a list says that not all were run, those that were are a
sample, and the share killed among them is an estimate.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import filecmp
import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SANDBOXES = ROOT / "_build" / "mutants"
LISTS = ROOT / "tests" / "mutants"
NO_REASON = "NONE YET"


@dataclass(frozen=True)
class Room:
    """Files of tdbook that are changed together, and the tests (patterns of files in tests/) that must notice."""

    sources: tuple[str, ...]
    tests: tuple[str, ...]
    left_out: tuple[str, ...] = ()  # tests of these files that are too slow to run some hundred times


# The smallest first. Tests that start processes cannot see a mutant; nothing relies on them.
ROOMS = {
    "tensors": Room(("tensors.py",), ("test_tensors*.py",), ("test_the_public_names_are_there",)),
    "objectives": Room(("objectives.py",), ("test_objectives*.py",)),
    "descent": Room(
        ("descent/*.py",),
        ("test_descent*.py", "test_refine.py", "test_opinions_descent.py"),
        ("test_decompose_finds_every_kind_of_target", "test_ten_digits", "test_local_methods_alone"),
    ),
    "coordinates": Room(
        ("coordinates.py",),
        ("test_coordinates*.py", "test_opinions_descent.py"),
        ("test_runs_in_law_end_like_direct_ones",),
    ),
    "lazy": Room(
        ("lazy.py", "lazy_moments.py", "lazy_rank.py", "lazy_reduction.py"),
        ("test_lazy.py", "test_lazy_rank.py", "test_lazy_faults.py", "test_opinions_lazy.py"),
        ("test_thirty_dimensions_in_one_factorisation",),
    ),
    "lazy_descent": Room(
        ("lazy_descent.py", "lazy_table.py"),
        ("test_lazy_descent*.py", "test_lazy_table.py", "test_opinions_lazy.py"),
        ("test_the_committed_table",),
    ),
    "landscape": Room(
        ("landscape.py", "landscape_tables.py", "trap_targets.py"),
        ("test_landscape.py", "test_landscape_faults.py", "test_landscape_tables.py", "test_opinions_landscape.py"),
        ("test_kept_tables_are_complete",),
    ),
    "escape": Room(
        ("escape.py", "stuck.py"),
        ("test_landscape.py", "test_landscape_escape*.py", "test_landscape_stuck*.py", "test_opinions_landscape.py"),
    ),
    "lemmas": Room(("lemmas/*.py",), ("test_lemmas_[!f]*.py", "test_opinions_*lemmas.py")),
    "proofs": Room(("proofs/*.py",), ("test_proofs*.py",)),
}

# Mutants that change nothing, by the form of the change: (what was taken out, what was put in, why).
HARMLESS = (
    (r'einsum\(\s*"[^"]+"', r'einsum\(\s*"[A-Z.,>-]+"', "indices of einsum are bound names"),
    (r"reshape\((.*)-1\b", r"reshape\(.*-2\b", "NumPy takes any negative length for the one to be found"),
    (r"(strict|full_matrices|copy|writeable|kept)(=| = )False", r"(=| = )None", "None is false as well"),
    (r"raise .*\.describe\(\w+\)", r"raise .*\.describe\(None\)", "what came is no longer said; what was wanted is"),
    (r"axes=\(self\.order - 1, 0\)", r"axes=\(self\.order - 2, 0\)", "the core is symmetric in its indices"),
    (r"singular > ", r"singular >= ", "a singular value is the rounding threshold itself with probability zero"),
    (r"full_matrices=False", r"reshape\(self\.dimension, -1\)(, full_matrices=True)?,? ?\)", "d x d either way"),
    (r"max\(initial=0\.0\)", r"max\(initial=None\)", "the array is never empty here"),
    (r"self\.factors\.shape.*initial=0\.0", r"initial=1\.0", "of unit columns it is at least 1"),
    (r"weights\[1::2\] \*= -1\.0", r"weights\[1::2\] /= -1\.0", "the same change of sign"),
    (r'_check\.real\("\w+", \w+, 0\.0, ', r'_check\.real\("\w+", \w+, strict', "0 is the limit by default"),
    (r"_prepare\(parameters, target, 0\.0\)", r"_prepare\(parameters, target, 1\.0\)", "its lambda is not used"),
    (r"np\.where\(norms > 0, 1\.0 / norms, 1\.0\)", r"norms, 2\.0\)", "a zero column is refused a line later"),
    (r"range\(2, \(order \+ 1\) // 2 \+ 1\)", r"range\(2, ", "roots of higher powers are made and not used"),
    (r"block = max|range\(0, triangle\.shape\[0\], block\)", r"block", "other portions of rows, the same R"),
    (r"self\.dimension = given\.shape\[0\]", r"given\.shape\[1\]", "all sides are equal"),
    (r"if 1e-140 < peak", r"if (1\.0|1e-140) <=? peak <=? 1e", "both routes are right at the border between them"),
    (r"peak < np\.inf", r"peak <= np\.inf", "what is infinite is refused by the caller, as inf or as nan"),
    (r"np\.where\(peak > 0, peak, 1\.0\)", r"where\(peak > 0, peak, 2\.0\)", "of a zero column, 0 is divided"),
    (r"np\.where\(norms > 0, norms, 1\.0\)", r"where\(norms > 1, norms, 1", "scaled norms are at least 1, or 0"),
    (r"np\.where\(norms > 0, norms, 1\.0\)", r"where\(norms > 0, norms, 2", "of a zero column, 0 is divided"),
    (r"np\.errstate\(over", r"np\.errstate\(", "of two nested contexts the other does it; underflow is always let by"),
    (r"SymmetricTensor, \"a SymmetricCP or", r"SymmetricTensor, ", "the same words are kept in _check for this class"),
    (r"square > _CANCELLATION", r"square >= _CANCELLATION", "both routes are right at the border between them"),
    (r"sum\(.*Fraction\(0\)\)", r"sum\(.*, \)", "a sum of fractions may begin with the integer 0"),
    (r'order="F"', r'order="f"|order=None|np\.array\(B, \)|, 0\), \)', "only the layout in memory"),
    (r"\*= signs", r"/= signs", "signs are their own inverses"),
    (
        r"np\.linalg\.qr\(outside / np\.where",
        r"qr\(outside [/*] np\.where\((sizes >=? [01]|None), sizes, ([12]\.0|None)\)",
        "Householder's Q does not depend on the lengths of columns",
    ),
    (r"zip\(.*strict=True\)", r"strict=(False|None)\)|, \)", "what is zipped has one length by construction"),
    (r'newline=""', r'newline=None|open\("w", \)', "the same where lines end with one character"),
    (r"Dummy\(\w+\.name, integer=True\)", r"Dummy\(", "bound indices are named anew before anything is compared"),
    (r'Dummy\("k", integer=True\)', r"Dummy\(", "bound indices are named anew before anything is compared"),
    (r'Symbol\(f"\{letter\}_.*integer=True', r"Symbol\(f", "their names tell bound indices apart"),
    (r"\* parameters\.a\b", r"/ parameters\.a\b", "signs are their own inverses"),
)

# Exit codes of mutmut's workers. Everything that ends a worker before its tests pass is a kill.
SURVIVED, UNTESTED, WAITING = 0, 33, 40  # waiting: slow tests are to come
TIMEOUTS = {-24, -14, -9}


def configuration(room: Room) -> str:
    """The sandbox's pyproject.toml."""

    def array(values: list[str]) -> str:
        return "[" + ", ".join(json.dumps(value) for value in values) + "]"

    patterns = (*room.tests, "test_hostile_input.py")
    tests = sorted(str(path.relative_to(ROOT)) for pattern in patterns for path in (ROOT / "tests").glob(pattern))
    sources = [f"tdbook/{name}" for name in room.sources]
    # of the hostile calls those of the room; and none of the tests that look at the library's own text or names
    own = " or ".join(f"{source.split('/')[0].removesuffix('.py')}." for source in room.sources)
    unwanted = (*room.left_out, "left_out_for_a_reason", "test_the_judge", "test_the_ledger_page")
    chosen = f"(not an_answer_or_one_clear_line or {own}) and not {' and not '.join(unwanted)}"
    return textwrap.dedent(
        f"""\
        [tool.mutmut]
        source_paths = ["tdbook"]
        only_mutate = {array(sources)}
        also_copy = ["book"]
        pytest_add_cli_args_test_selection = {array(tests)}
        pytest_add_cli_args = {array(["-p", "no:xdist", "-p", "no:nbval", f"-k={chosen}"])}
        [tool.pytest.ini_options]
        pythonpath = ["tools"]
        xfail_strict = true
        filterwarnings = ["error"]
        """
    )


def copy_if_changed(source: Path, target: Path) -> None:
    """Copy a file, leaving one of the same content with its old time, so that nothing is done twice."""
    if not (target.is_file() and filecmp.cmp(source, target, shallow=False)):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


# Decorators that can as well be applied below the function.
AFTERWARDS = ("property", "cached_property", "_check.guarded", "lru_cache", "statements.stated")


def undecorated(text: str) -> str:
    """Source in which a function's only decorator is applied after the function instead of above it."""
    lines = text.splitlines()
    found = [
        (node, node.decorator_list[0])
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and len(node.decorator_list) == 1
    ]
    for node, decorator in sorted(found, key=lambda pair: -pair[0].lineno):
        words = ast.unparse(decorator)
        if words.split("(")[0] not in AFTERWARDS:
            continue
        assert node.end_lineno is not None
        assert decorator.end_lineno is not None
        lines.insert(node.end_lineno, f"{' ' * node.col_offset}{node.name} = {words}({node.name})")
        del lines[decorator.lineno - 1 : decorator.end_lineno]
    return "\n".join(lines) + "\n"


def without_docstrings(text: str) -> str:
    """The same code with nothing said about it."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def write_if_changed(text: str, target: Path) -> None:
    if not (target.is_file() and target.read_text() == text):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def sandbox(name: str) -> Path:
    """A folder with the library, the tests and a configuration for one room."""
    folder = SANDBOXES / name
    folder.mkdir(parents=True, exist_ok=True)
    mutated = {path for pattern in ROOMS[name].sources for path in (ROOT / "tdbook").glob(pattern)}
    for part in ("tdbook", "tests"):
        wanted = {path.relative_to(ROOT) for path in (ROOT / part).rglob("*.py") if "pages" not in path.parts}
        for path in wanted:
            if ROOT / path in mutated:
                write_if_changed(undecorated((ROOT / path).read_text()), folder / path)
            else:
                copy_if_changed(ROOT / path, folder / path)
        for path in (folder / part).rglob("*.py"):
            if path.relative_to(folder) not in wanted:
                path.unlink()
    for path in (
        *(ROOT / "tests").rglob("*.txt"),
        *(ROOT / "tests").rglob("*.json"),
        *(ROOT / "tdbook" / "statements").glob("*.md"),  # docstrings show them, so that imports read them
        *(ROOT / "book" / "data").iterdir(),
    ):
        copy_if_changed(path, folder / path.relative_to(ROOT))
    (folder / "pyproject.toml").write_text(configuration(ROOMS[name]))
    return folder


def run(folder: Path, options: list[str]) -> int:
    """Run mutants of a sandbox on one thread, one at a time."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = "."  # `tdbook` is the sandbox's, and in mutants/ the mutated one
    command = [sys.executable, str(Path(__file__).with_name("mutants_runner.py")), *options]
    return subprocess.run(command, cwd=folder, env=environment).returncode


def outcomes(name: str) -> dict[str, tuple[str, int | None]]:
    """Source file and exit code (None: not run) of each mutant of a room."""
    folder = SANDBOXES / name
    found: dict[str, tuple[str, int | None]] = {}
    for meta in sorted((folder / "mutants").rglob("*.meta")):
        source = str(meta.relative_to(folder / "mutants")).removesuffix(".meta")
        if any(fnmatch.fnmatch(source, f"tdbook/{pattern}") for pattern in ROOMS[name].sources):
            for mutant, code in json.loads(meta.read_text())["exit_code_by_key"].items():
                found[mutant] = (source, code)
    return found


def function_of(mutant: str) -> str:
    """``SymmetricCP.norm`` for the name that mutmut gives its third mutant, and ``_follow`` for a function's."""
    mangled = mutant.rsplit(".", 1)[1].split("__mutmut_")[0]
    if mangled.startswith("xǁ"):
        return ".".join(mangled.split("ǁ")[1:])
    return mangled.removeprefix("x_")


def change_of(folder: Path, source: str, mutant: str) -> str:
    """The lines that a mutant takes out and puts in, without context."""
    text = (folder / "mutants" / source).read_text()
    lines = text.splitlines()
    spans = json.loads((folder / "mutants" / f"{source}.spans").read_text())["spans"]
    own = mutant.rsplit(".", 1)[1]
    original = re.sub(r"__mutmut_\d+$", "__mutmut_orig", own)

    def body(function: str) -> list[str]:
        start, end = spans[function]
        return [line.strip().replace(function, "FUNCTION") for line in lines[start - 1 : end]]

    changed = [
        line
        for line in difflib.unified_diff(body(original), body(own), n=0, lineterm="")
        if not line.startswith(("---", "+++", "@@"))
    ]
    return "\n".join(f"    {line[0]} {line[1:]}" for line in changed)


def known_reasons(path: Path) -> dict[tuple[str, str], str]:
    """Reasons written earlier, by function and change: numbers of mutants move when a function is edited."""
    reasons: dict[tuple[str, str], str] = {}
    if not path.is_file():
        return reasons
    for entry in path.read_text().split("\n\n")[1:]:
        lines = entry.strip().splitlines()
        change = "\n".join(line for line in lines[1:] if re.match(r"    [-+] ", line))
        reason = " ".join(line.strip() for line in lines[1:] if not re.match(r"    [-+] ", line))
        reasons[lines[0], change] = reason.removeprefix("because ")
    return reasons


def harmless(change: str) -> str:
    """The reason why a change of this form changes nothing, if it has one of the known forms."""
    out = "\n".join(line[6:] for line in change.splitlines() if line.startswith("    - "))
    put = "\n".join(line[6:] for line in change.splitlines() if line.startswith("    + "))
    for before, after, reason in HARMLESS:
        if re.search(before, out) and re.search(after, put):
            return reason
    return NO_REASON


def write_list(name: str) -> str:
    """Write tests/mutants/ROOM.txt; returns its first line."""
    folder, path = SANDBOXES / name, LISTS / f"{name}.txt"
    found = outcomes(name)
    codes = [code for _, code in found.values()]
    survivors = [mutant for mutant, (_, code) in found.items() if code in (SURVIVED, UNTESTED, WAITING)]
    tried = sum(code is not None for code in codes)
    timeouts = sum(code in TIMEOUTS for code in codes)
    killed = tried - len(survivors)
    share = 100.0 * killed / tried if tried else 0.0
    head = (
        f"{name}: {killed} of {tried} mutants killed ({share:.1f}%), {timeouts} of them by running out of time; "
        f"{len(found) - tried} of {len(found)} not run; {codes.count(WAITING)} survivors have met the quick tests only"
    )
    reasons = known_reasons(path)
    entries = []
    for mutant in survivors:
        source, _ = found[mutant]
        title = f"{source} {function_of(mutant)}"
        change = change_of(folder, source, mutant)
        reason = reasons.get((title, change), NO_REASON)
        if reason == NO_REASON:
            reason = harmless(change)
        entries.append(f"{title}\n{change}\n{textwrap.fill(f'because {reason}', 120)}")
    LISTS.mkdir(exist_ok=True)
    path.write_text("\n\n".join([head, *entries]) + "\n")
    return head


def main() -> int:
    parser = argparse.ArgumentParser(description="Mutation testing of the core; see the head of this file.")
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=", ".join(ROOMS))
    parser.add_argument("--survivors", action="store_true", help="run again those that survived")
    parser.add_argument("--quick", action="store_true", help="leave out tests that take more than half a second")
    parser.add_argument("--sample", type=int, metavar="N", help="at most N mutants of a room, by lot")
    parser.add_argument("--list", action="store_true", help="only write the lists")
    options = parser.parse_args()
    unknown = set(options.rooms) - set(ROOMS)
    if unknown:
        parser.error(f"ROOM must be one of {', '.join(ROOMS)}, got {', '.join(sorted(unknown))}")
    missing = 0
    for name in options.rooms or ROOMS:
        started = time.monotonic()
        if not options.list:
            folder = sandbox(name)
            flags = [f"--{flag}" for flag in ("survivors", "quick") if getattr(options, flag)]
            code = run(folder, flags + (["--sample", str(options.sample)] if options.sample else []))
            if code:
                print(f"{name}: the run ended with {code}", file=sys.stderr)
                return 2
        if outcomes(name):
            print(write_list(name), f"[{time.monotonic() - started:.0f} s]")
            missing += (LISTS / f"{name}.txt").read_text().count(f"because {NO_REASON}")
    print(f"{missing} survivors without a reason")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
