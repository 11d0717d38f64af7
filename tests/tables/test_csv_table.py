"""Tables as text, and the one tool that makes those of book/data."""

import re
from itertools import islice

import pytest

from tdbook.tables import csv_table
from tests.support.refusals import refused
from tools import data


def test_a_table_as_text(tmp_path):
    path = tmp_path / "table.csv"
    rows = [{"order": 3, "share": 1 / 3, "start": "a, b"}, {"order": True, "share": 2.0, "start": ""}]
    csv_table.write(path, iter(rows))
    assert path.read_bytes() == b'order,share,start\n3,0.33333333,"a, b"\n1,2,\n'
    assert csv_table.read(path, ["order", "share", "start"])[0] == {
        "order": "3",
        "share": "0.33333333",
        "start": "a, b",
    }


@pytest.mark.parametrize("text", ["", "a,b\n", "b,a\n1,2\n", "a,b\n1\n", "a,b\n1,2,3\n", "a,b\n1,x\n"])
def test_what_is_no_table_of_numbers_is_refused(tmp_path, text):
    path = tmp_path / "table.csv"
    path.write_text(text)
    with refused("path"):
        csv_table.numbers(path, ["a", "b"])


def test_the_tool_makes_the_tables_that_are_asked_for(tmp_path, monkeypatch, capsys):
    made = {name: lambda k=k: iter([{"order": k}]) for k, name in enumerate(("a.csv", "b.csv"))}
    monkeypatch.setattr(data, "tables", lambda: made)
    data.main(["b.csv"], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["b.csv"]
    data.main([], tmp_path)
    assert csv_table.read(tmp_path / "a.csv") == [{"order": "0"}]
    with pytest.raises(SystemExit):
        data.main(["c.csv"], tmp_path)
    said = capsys.readouterr().err
    assert "TABLE must " in said and "a.csv" in said and "b.csv" in said


def test_every_table_in_the_book_has_a_maker_or_is_one_of_a_sweep():
    kept = {path.name for path in data.DATA.glob("*.csv")}
    swept = {name for name in kept if re.match("# made by: tdbook sweep", (data.DATA / name).read_text())}
    assert kept - swept == set(data.tables())


@pytest.mark.parametrize("name", ["stuck.csv", "escape-times.csv", "perturbations.csv"])
def test_kept_tables_begin_as_their_makers_do(name, tmp_path):
    csv_table.write(tmp_path / name, islice(data.tables()[name](), 1))
    assert csv_table.read(tmp_path / name)[0] == csv_table.read(data.DATA / name)[0]
