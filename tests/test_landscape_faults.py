"""What the landscape rooms promise beside numbers: sweeps as kept, names of directions, borders, other coefficients."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tdbook import landscape
from tdbook.tables import landscape as tables
from tests.support.refusals import refused

FOLDER = Path(__file__).parent.parent / "book" / "data"
ROWS = {
    "escape-times": ("escape_row", tables.escape_rows, ("model", "order", "seed", "scale")),
    "perturbations": ("perturbation_row", tables.perturbation_rows, ("kind", "order", "share")),
    "escape-probability": ("probability_row", tables.probability_rows, ("order", "dimension", "boosted")),
    "stuck": ("stuck_row", tables.stuck_rows, ("order", "rank", "factor")),
}
CODES = {"model": tables.MODELS, "kind": tables.KINDS}


@pytest.mark.parametrize("name", ROWS)
def test_a_sweep_asks_what_the_kept_table_holds(name, monkeypatch):
    """The kept file says which rows there are, and in which order."""
    row, sweep, columns = ROWS[name]
    monkeypatch.setattr(tables, row, lambda *given: given)
    asked = [
        tuple(CODES[key].index(value) if key in CODES else value for key, value in zip(columns, given, strict=True))
        for given in sweep()
    ]
    kept = [tuple(line[key] for key in columns) for line in tables.read(FOLDER / f"{name}.csv")]
    assert np.allclose(np.array(asked, float), kept, rtol=1e-7)
    assert not np.allclose(np.array(asked[::-1], float), kept, rtol=1e-7)


def test_rows_have_the_columns_of_the_kept_tables(monkeypatch):
    calls = []

    def recorded(result):
        return lambda *given, **named: calls.append((given, named)) or result

    found = SimpleNamespace(below=3, below_in_cone=2, lowest=0.123456789)
    monkeypatch.setattr(tables, "escape_time", recorded(7.5))
    monkeypatch.setattr(tables, "perturb", recorded(found))
    monkeypatch.setattr(tables, "plain_descent", recorded(SimpleNamespace(reached=60, stalled=30, unfinished=10)))
    vanilla = tables.escape_row("vanilla", 4, 2, 0.01)
    homogeneous = tables.escape_row("two-homogeneous", 4, 2, 0.01)
    assert vanilla == {"model": 0, "order": 4, "seed": 2, "scale": 0.01, "time": 7.5}
    assert homogeneous == {**vanilla, "model": 1}
    for (given, named), model, lam in zip(calls, tables.MODELS, (0.0, 0.05), strict=True):
        assert (given[0].dimension, given[0].rank, given[0].order, *given[1:]) == (4, 2, 4, 0.01, model)
        assert named == {"regularization": lam, "rng": 2}
    moved = tables.perturbation_row("two-homogeneous", 3, 1.5)
    assert list(moved.values()) == [1, 3, 1.5, 200_000, 3, 2, 0.123457]
    (trap, radius, samples), named = calls[-1]
    assert (radius, samples, named) == (1.5 * trap.certified_radius, 200_000, {"rng": 1500})
    fates = tables.stuck_row(3, 4, 2)
    assert list(fates.values()) == [3, 4, 2, 100, 60, 30, 10]
    (target, components, starts), named = calls[-1]
    assert (target.dimension, target.rank, components, starts, named) == (4, 4, 8, 100, {"rng": 7})
    for row, name in ((vanilla, "escape-times"), (moved, "perturbations"), (fates, "stuck")):
        assert list(row) == list(tables.read(FOLDER / f"{name}.csv")[0])


@pytest.mark.parametrize("boosted", [False, True])
def test_a_row_of_chances_counts_the_runs_that_leave(monkeypatch, boosted):
    calls = []

    def every_fourth(trap, seed, **named):
        calls.append((trap, seed, named))
        return SimpleNamespace(escaped=None if seed % 4 else 0)

    monkeypatch.setattr(tables, "algorithm_from_trap", every_fourth)
    row = tables.probability_row(4, 6, boosted)
    assert row == {"order": 4, "dimension": 6, "boosted": boosted, "trials": 200, "escaped": 50}
    assert list(row) == list(tables.read(FOLDER / "escape-probability.csv")[0])
    assert [seed for _, seed, _ in calls] == list(range(200))
    trap, _, named = calls[0]
    assert (trap.order, trap.r, trap.U.shape, trap.regularization) == (4, 1, (6, 12), 0.05)
    assert named == {"epochs": 1, "iterations": 1000, "boost": None if boosted else 1.0, "nudge": 0.01}


def test_a_table_of_times_is_sorted_whatever_the_order_of_its_rows():
    rows = [
        {"model": model, "order": order, "seed": seed, "scale": scale, "time": model + 10 * order + 100 * seed + scale}
        for model in (0, 1)
        for order in (3, 4)
        for seed in (1, 0)
        for scale in (0.1, 0.001, 0.01)
    ]
    for model in (1, tables.MODELS[1]):
        scales, times = tables.escape_table(rows, model, 4)
        assert scales.tolist() == [0.1, 0.01, 0.001]
        assert np.allclose(times, [[41.1, 41.01, 41.001], [141.1, 141.01, 141.001]])
    # rows of the other model or of the other order that come later do not replace these
    assert np.allclose(tables.escape_table(rows, 0, 3)[1], [[30.1, 30.01, 30.001], [130.1, 130.01, 130.001]])


def test_a_kept_time_is_of_this_target():
    kept = tables.read(FOLDER / "escape-times.csv")
    for model in tables.MODELS:
        row = tables.escape_row(model, 3, 0, 0.1)
        assert tables.agrees(kept, row)
        assert not tables.agrees(kept, {**row, "time": 1.01 * row["time"]})


def test_traps_that_are_perturbed():
    for kind, shape, poles in (("vanilla", (2, 4), 1), ("two-homogeneous", (2, 4), 1), ("mixed-sign", (3, 4), 2)):
        trap = tables.perturbed_trap(kind, 4)
        assert (trap.order, trap.r, trap.U.shape, trap.poles) == (4, 1, shape, poles)
        assert trap.model == ("vanilla" if kind == "vanilla" else "two-homogeneous")
        assert trap.regularization == (0.0 if kind == "vanilla" else tables.REGULARIZATION)


def test_directions_of_a_spectrum_are_named():
    for trap in (landscape.vanilla_trap(3, 1, 3, 4), landscape.homogeneous_trap(3, 1, 3, 4, 0.1)):
        assert [name for _, _, name in trap.spectrum()] == [
            "along the pole, together",
            "along the pole, trading size",
            "missing direction, together",
            "missing direction, against each other",
            "unused direction, together",
            "unused direction, against each other",
        ]


def test_the_border_belongs_to_the_cone():
    trap = landscape.vanilla_trap(3, 1, 2, 2)
    border = trap.U.copy()
    border[0, 0] = 0.0
    assert trap.in_cone(border)
    assert trap.in_cone(border, [0.0, 1.0])
    assert trap.in_cone(trap.U, [0.0, 1.0])
    assert not trap.in_cone(trap.U, [-1e-9, 1.0])
    border[0, 0] = -1e-100  # outside however little, although its higher powers vanish
    assert not trap.in_cone(border)


def test_the_spectrum_of_one_component_in_the_plane_and_beyond():
    """c u^{(x) 4} at u = e_1, c = 1: in (u_1, c) the Hessian is p p^T with p = (4, 1); in u_j it is 12 + 4, or 4."""
    pole = [(17.0, 1, "along the pole, together"), (0.0, 1, "along the pole, trading size")]
    missing, unused = (16.0, 1, "missing direction, together"), (4.0, 2, "unused direction, together")
    assert landscape.vanilla_trap(4, 1, 1, 2).spectrum() == [*pole, missing]
    assert landscape.vanilla_trap(4, 1, 1, 4).spectrum() == [*pole, missing, unused]


def with_coefficients(order, c):
    """The plane's vanilla trap with two components of the same terms and coefficients ``c``."""
    given = landscape.vanilla_trap(order, 1, 2, 2)
    return landscape.Trap(given.target, 1, given.U * np.array(c) ** (-1.0 / order), np.array(c), "vanilla")


def eigenvalues(spectrum):
    return np.sort(np.concatenate([[value] * count for value, count, _ in spectrum]))


@pytest.mark.parametrize("order", [3, 4, 5])
def test_spectra_of_other_coefficients_and_of_the_frozen_gradient(order):
    two = with_coefficients(order, [2.0, 2.0])
    assert np.abs(eigenvalues(two.spectrum()) - np.linalg.eigvalsh(two.hessian())).max() < 1e-8
    trap = landscape.homogeneous_trap(order, 1, 2, 2, 0.2, [1.0, 3.0])
    for tied in (True, False):
        claimed = eigenvalues(trap.spectrum(tied=tied))
        assert np.abs(claimed - np.linalg.eigvalsh(trap.hessian(tied=tied))).max() < 1e-8
    assert np.abs(eigenvalues(trap.spectrum(tied=True)) - claimed).max() > 1.0


def test_what_has_no_spectrum_and_no_parameters():
    """Unequal lengths or unequal coefficients, each alone; two poles; another model."""
    given = landscape.vanilla_trap(3, 1, 2, 2)
    longer = landscape.Trap(given.target, 1, given.U * [1.0, 1.0 + 1e-9], given.c, "vanilla")
    heavier = landscape.Trap(given.target, 1, given.U, given.c * [1.0, 1.0 + 1e-9], "vanilla")
    for call, words in (
        (longer.spectrum, "spectrum"),
        (heavier.spectrum, "spectrum"),
        (landscape.mixed_sign_trap(4, 1, 2, 3).spectrum, "spectrum"),
        (given.parameters, "parameters"),
    ):
        with refused(words):
            call()


def test_shares_of_the_components_of_each_sign():
    """(1 - lambda) s_i^2 / sum of its own pole: 1 : 3 on e_1, 2 : 2 on e_2."""
    trap = landscape.mixed_sign_trap(4, 1, 4, 3, 0.2, [1.0, 2.0, 3.0, 2.0])
    assert np.allclose(trap.U**2, [[0.2, 0.0, 0.6, 0.0], [0.0, 0.4, 0.0, 0.4], [0.0] * 4])
    assert trap.c.tolist() == [1.0, -1.0, 1.0, -1.0]


@pytest.mark.parametrize("order", [3, 4])
def test_the_path_out_of_a_trap_with_other_coefficients(order):
    given, trap = landscape.vanilla_trap(order, 1, 2, 2), with_coefficients(order, [2.0, 0.5])
    assert float(trap.loss(trap.U)) == pytest.approx(given.value)
    path = landscape.level_path(trap, 9)
    assert path.values[path.stage < 2] == pytest.approx(given.value, abs=1e-12)
    assert path.values[-1] == pytest.approx(landscape.level_path(given, 9).values[-1])
    with refused("flip", TypeError):
        landscape.level_path(trap, 9, flip=1)


@pytest.mark.parametrize("order", [3, 4])
def test_the_stages_of_the_path_out_of_a_trap(order):
    trap = with_coefficients(order, [2.0, 0.5])
    path = landscape.level_path(trap, 5, flip=True)
    assert path.stage.tolist() == [0] * 5 + [1] * 5 + [2] * 5
    assert path.c[path.stage == 0].tolist() == [[2.0, 0.5]] * 5
    assert path.c[path.stage == 1].tolist() == [[first, 0.5] for first in (2.0, 1.0, 0.0, -1.0, -2.0)]
    assert path.c[path.stage == 2].tolist() == [[-2.0, 0.5]] * 5
    # by default the coefficient changes its sign where it must, and 41 points make a stage
    usual, asked = landscape.level_path(trap), landscape.level_path(trap, 41, order == 4)
    assert np.array_equal(usual.U, asked.U) and np.array_equal(usual.c, asked.c)


@pytest.mark.parametrize("order", [3, 4, 5])
def test_on_which_side_of_the_pole_the_first_component_grows_again(order):
    """Either a negative coefficient or, for odd l, a negative side lowers the loss: by the same amount."""
    trap = landscape.vanilla_trap(order, 1, 2, 2)
    for flip in (True, False):
        path = landscape.level_path(trap, 5, flip=flip)
        assert np.sign(path.U[-1, 0, 0]) == (1 if flip or order == 4 else -1)
        fall = trap.value - path.values[-1]
        if flip or order != 4:
            depth = (order - 1) * ((order - 2) / order) ** (order / 2 - 1)
            assert fall == pytest.approx(depth**2 / 2)
        else:
            assert fall < 0


@pytest.mark.parametrize("order", [3, 5, 7])
def test_an_even_number_of_nodes_takes_the_smallest_integers(order):
    reciprocals = sorted(1 / slope for slope in landscape.nodes(order))
    half = (order - 1) // 2
    assert reciprocals == [Fraction(k) for k in range(-half, half + 1) if k]


@pytest.mark.parametrize("order", [4, 6, 8])
def test_an_odd_number_of_nodes_reaches_no_further_than_it_must(order):
    """Of the n + 1 integers up to (n+1)/2 in size, n leave out one, and their sum is not zero: one more is needed."""
    reciprocals = [1 / slope for slope in landscape.nodes(order)]
    assert sum(reciprocals) == 0 and len(set(reciprocals)) == order - 1
    assert max(map(abs, reciprocals)) == order / 2 + 1


@pytest.mark.parametrize("order", [3, 4, 5, 6])
def test_the_papers_terms_need_no_multiple_of_the_pole(order):
    rest, weights, slopes = landscape.missing_direction(order, "paper")
    assert rest == sum(weights) == 0
    assert slopes == [Fraction(k) for k in range(1, order + 2)]
    short = landscape.missing_direction(order, "short")
    assert landscape.missing_direction(order) == short
    assert short[0] == sum(short[1]) != 0


def test_the_target_of_the_papers_terms():
    for terms, count in (("short", 7), ("paper", 11)):
        assert landscape.trap_target(4, 2, 3, terms).rank == count
    assert landscape.trap_target(4, 2, 3).distance(landscape.trap_target(4, 2, 3, "paper")) < 1e-11
