"""How the Python of the pages is packed, without fetching anything; the pages' own tests use the pack itself."""

from __future__ import annotations

import base64
import gzip
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from tools import browser

RECIPE = Path(browser.__file__).parent / "pyodide"


def test_the_lock_says_which_bytes_and_no_address():
    lock = (RECIPE / "package-lock.json").read_text()
    packages = {name: known for name, known in json.loads(lock)["packages"].items() if name}
    assert "node_modules/pyodide" in packages
    assert all(known["integrity"].startswith("sha512-") for known in packages.values())
    assert "resolved" not in lock and "://" not in lock
    wanted = json.loads((RECIPE / "package.json").read_text())["dependencies"]
    assert wanted == {"pyodide": packages["node_modules/pyodide"]["version"]}  # one version, no range


def test_a_zip_does_not_depend_on_the_day_or_the_order(monkeypatch):
    files = [("b.py", b"2"), ("a.py", b"1")]
    one = browser.zipped(files)
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    assert browser.zipped(files[::-1]) == one
    with zipfile.ZipFile(io.BytesIO(one)) as archive:
        assert archive.namelist() == ["a.py", "b.py"] and archive.read("b.py") == b"2"


def test_a_script_holds_what_was_put_in():
    content = bytes(range(256)) * 10
    text = browser.script("part", content)
    assert text == browser.script("part", content)
    packed = re.fullmatch(r'\(globalThis\.tdPython \?\?= \{\}\)\["part"\] = "([A-Za-z0-9+/=]+)";\n', text)
    assert packed and gzip.decompress(base64.b64decode(packed[1])) == content


def test_sympy_comes_without_its_tests_and_the_book_without_numpy(monkeypatch):
    monkeypatch.setattr(browser, "exercises", dict)  # to compute what is right takes a while
    with zipfile.ZipFile(io.BytesIO(browser.sympy())) as archive:
        names = archive.namelist()
    assert {"sympy/__init__.py", "sympy/core/add.py", "mpmath/__init__.py"} <= set(names)
    assert not [name for name in names if "/tests/" in name or name.startswith("sympy/physics/")]
    with zipfile.ZipFile(io.BytesIO(browser.book())) as archive:
        assert {"page.py", "tdbook/__init__.py", "tdbook/proofs/steps.py"} <= set(archive.namelist())
        for name in archive.namelist():
            assert not re.search(rb"^\s*(import|from) (numpy|scipy)", archive.read(name), re.M), name


def test_bytecode_says_the_same_without_docstrings(tmp_path):
    """The program that Pyodide runs, run by the Python at hand; an assert stays."""
    source = (
        '"""One."""\nfrom __future__ import annotations\ndef f(x):\n    """Two."""\n    assert x\n    return x + 1\n'
    )
    source += 'class C:\n    """Only this."""\n'
    (tmp_path / "in.zip").write_bytes(browser.zipped([("made.py", source.encode()), ("text.txt", b"as it is")]))
    spec = importlib.util.spec_from_file_location("compile_for_pages", RECIPE / "compile.py")
    module = importlib.util.module_from_spec(spec)
    limit = sys.getrecursionlimit()
    spec.loader.exec_module(module)
    sys.setrecursionlimit(limit)
    for name in ("one", "two"):
        module.compile_zip(str(tmp_path / "in.zip"), str(tmp_path / f"{name}.zip"))
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert sorted(archive.namelist()) == ["made.pyc", "text.txt"]
        assert archive.read("text.txt") == b"as it is"
    program = "import made; print(made.f(1), made.__doc__, made.f.__doc__, made.C.__doc__)\nmade.f(0)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONPATH": str(tmp_path / "one.zip")})  # fmt: skip
    assert done.stdout == "2 None None None\n" and "AssertionError" in done.stderr


def test_without_node_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(browser.shutil, "which", lambda name: None)
    monkeypatch.setattr(browser.importlib.util, "find_spec", lambda name: None)
    assert browser.main() == 1
    assert "Node.js with npm is needed" in capsys.readouterr().out


def test_the_licences_of_all_that_is_packed_are_named():
    text = browser.licences()
    for name in ("Pyodide 3", "Mozilla Public License", "Python Software Foundation", "sympy 1", "mpmath 1", "MIT"):
        assert name in text
    assert text.count("Redistribution and use in source and binary forms") >= 2
