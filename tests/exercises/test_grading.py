"""Grading: what a notebook computes counts, not what it printed; a broken or endless one harms nobody else."""

from __future__ import annotations

import csv
from pathlib import Path

import nbformat
import pytest

from tdbook.command_line import main
from tdbook.exercises import catalogue, find
from tools.handout_cells import proof_cell

IMPORT = "from tdbook.exercises import check"


def returned(path: Path, *sources: str, proof: str = "", saved: str = "") -> None:
    cells = [nbformat.v4.new_code_cell(source) for source in (IMPORT, *sources)]
    if saved:
        cells[-1].outputs = [nbformat.v4.new_output("stream", text=saved)]
    if proof:
        cell = proof_cell(find("tensors-4"))
        cell.source = proof
        cells.append(cell)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


def table(folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    with (folder / "grades.csv").open(encoding="utf-8", newline="") as file:
        return {(row["student"], row["exercise"]): row for row in csv.DictReader(file)}


def test_a_class_becomes_a_table_and_its_proofs_stand_beside_the_rubric(tmp_path, capsys):
    proof_of = next(e for e in catalogue() if e.proof_credit)
    returned(tmp_path / "one-tensors.ipynb", 'check("tensors-1", 6)', "1 / 0", 'print(check("tensors-1", 7))')
    returned(tmp_path / "two" / "tensors.ipynb", 'check("tensors-1", 6)', saved="tensors-1, right")
    cell = proof_cell(proof_of)
    cell.source = "By induction on the order."
    call = nbformat.v4.new_code_cell(f'{IMPORT}\ncheck("{proof_of.name}", ...)')
    three = nbformat.v4.new_notebook(cells=[call, cell])
    nbformat.write(three, tmp_path / f"three-{proof_of.name.rpartition('-')[0]}.ipynb")
    assert main(["grade", str(tmp_path)]) == 0
    found = table(tmp_path)
    assert len({exercise for student, exercise in found if student == "one"}) == len(catalogue("tensors"))
    first = found["one", "tensors-1"]
    assert (first["result"], first["hints"], int(first["points"])) == ("right", "1", find("tensors-1").check_credit)
    second = found["two", "tensors-1"]
    assert (second["result"], second["points"]) == ("keep working", "0")  # what it printed does not count
    assert found["two", "tensors-2"]["result"] == "missing"
    proofs = (tmp_path / "proofs.md").read_text(encoding="utf-8")
    assert "By induction on the order." in proofs and all(point in proofs for point in proof_of.rubric)
    said = capsys.readouterr().out
    assert "one, tensors: 1 of" in said
    assert f"1 texts to read, worth {proof_of.proof_credit}" in said


def test_data_beside_the_notebooks_is_there_and_the_folder_itself_is_out_of_reach(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "seven.csv").write_text("7", encoding="utf-8")
    write = 'from pathlib import Path\nPath("grades.csv").write_text("mine")'
    read = 'check("tensors-1", int(Path("data/seven.csv").read_text()))'
    returned(tmp_path / "one-tensors.ipynb", write, read)
    assert main(["grade", str(tmp_path)]) == 0
    assert table(tmp_path)["one", "tensors-1"]["result"] == "right"


@pytest.mark.parametrize("trap", ["while True: pass", "import os; os._exit(0)", "raise SystemExit", "x = (", "exit()"])
def test_a_cell_that_hangs_or_ends_keeps_what_came_before(tmp_path, trap):
    returned(tmp_path / "one-tensors.ipynb", 'check("tensors-1", 7)', trap)
    returned(tmp_path / "two-tensors.ipynb", 'check("tensors-1", 6)')
    assert main(["grade", str(tmp_path), "--seconds", "8"]) == 0
    found = table(tmp_path)
    assert found["one", "tensors-1"]["result"] == "right"
    assert found["two", "tensors-1"]["result"] == "keep working"


def test_bad_input_is_one_line(tmp_path, capsys):
    assert main(["grade", str(tmp_path / "nowhere")]) == 2
    assert main(["grade", str(tmp_path)]) == 2
    returned(tmp_path / "one-tensors.ipynb", 'check("tensors-1", 7)')
    for name, text in {"two": "{", "three": "[]", "four": '{"cells": [{}]}', "five": '{"cells": []}'}.items():
        (tmp_path / f"{name}.ipynb").write_text(text, encoding="utf-8")
    assert main(["grade", str(tmp_path)]) == 1
    assert table(tmp_path)["one", "tensors-1"]["result"] == "right"
    assert main(["grade", str(tmp_path)]) == 2
    assert main(["grade", str(tmp_path), "--force", "--seconds", "0"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 8 and all(line.startswith("tdbook: ") for line in said)
    assert "use --force" in said[6] and "--seconds" in said[7]


def test_a_name_is_no_formula_in_a_spreadsheet(tmp_path):
    returned(tmp_path / "=1+1-tensors.ipynb", 'check("tensors-1", 7)')
    assert main(["grade", str(tmp_path)]) == 0
    assert ("'=1+1", "tensors-1") in table(tmp_path)
