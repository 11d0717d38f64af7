"""The two tables of verdicts: their numbers by another way."""

import csv
import math
from collections import Counter

import pytest

from tdbook import lemmas
from tdbook.tables import verdict


def successes(root, dimension, components):
    """Of 20 runs of rank 3 and order 3 with 30 epochs at 5%, counted from the rows of the table."""
    count = Counter()
    for name in ("m-against-d-in-law.csv", "m-against-d-vectors.csv"):
        lines = [line for line in (root / "book" / "data" / name).read_text().splitlines() if not line.startswith("#")]
        for row in csv.DictReader(lines):
            if (row["order"], row["dimension"], row["epochs"], row["components"]) == (
                "3", str(dimension), "30", str(components)
            ):  # fmt: skip
                count[name] += row["converged"] in ("1", "True", "true")
    return max(count.values(), default=0)


def test_each_way_has_its_number(root):
    table = verdict.components([10, 1000, 10**6], 3, 0.05, root / "book" / "data")
    lazy, paper, patient, greedy, measured = (row[2:] for row in table.cells)
    for shown, d in zip(lazy[:2], (10, 1000), strict=True):
        # Theorem 1 for an exact fit, less the share that an error of 5% saves, which is below one in a hundred
        exact = math.comb(d + 2, 3) / d
        assert 0.99 * exact <= int(shown) <= exact + 1
    assert paper[0] == verdict.scale(lemmas.plan(10, 3, 3, 0.05).components)
    assert patient != paper
    assert greedy[0] == str(lemmas.guaranteed(10, 3, 3, 0.05, "boosted").components)
    for shown, d in zip(measured, (10, 1000, 10**6), strict=True):
        assert successes(root, d, int(shown)) >= 18
        assert successes(root, d, int(shown) - 1) < 18


def test_a_dimension_without_runs_is_refused(root):
    with pytest.raises(ValueError, match=r"dimensions must be among .*, got \[17\]"):
        verdict.components([10, 17], 3, 0.05, root / "book" / "data")


def test_numbers_are_short():
    assert [verdict.scale(x) for x in (22, 166748, 1.7e11, 1234.4)] == [
        "22", "166748", "2e+11", "1234"
    ]  # fmt: skip


def test_each_part_has_its_count():
    names = ["as designed", "no re-initialisation", "vanilla from 0.01", "no boost", "no switch", "no regulariser",
             "large start"]  # fmt: skip
    counts = {name: (k, 20) for k, name in enumerate(names)}
    facts = dict.fromkeys(("waiting", "divided", "tied", "bias", "outside"), "said")
    shown = verdict.ingredients(counts, facts)._repr_markdown_()
    assert all(f"{k} of 20" in shown for k in range(len(names)))
