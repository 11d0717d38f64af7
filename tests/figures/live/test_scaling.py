"""The live figure of chapter 8: what is drawn is what the searches found, with honest intervals and honest gaps."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from tdbook.experiments import Cell, Search, searched
from tdbook.figures.live import LIMIT
from tdbook.figures.live import scaling as enough
from tdbook.lazy import components_forced, flatness
from tdbook.tensors import symmetric_dimension

DATA = Path(__file__).parents[3] / "book" / "data"
OLD = ("m-against-d-vectors.csv", "m-against-d-in-law.csv")
NEW = [DATA / f"m-against-{what}-{how}.csv" for what in ("accuracy", "order") for how in ("vectors", "in-law")]


@pytest.fixture(scope="module")
def searches():
    return [search for path in (*(DATA / name for name in OLD), *NEW) for search in searched(path)]


@pytest.fixture(scope="module")
def figure(searches):
    old = [search for name in OLD for search in searched(DATA / name)]
    return enough.enough(searches, old)


def test_the_interval_is_clopper_and_pearsons_also_when_sampling_stops_early():
    for good, runs in ((18, 20), (18, 18), (0, 3), (7, 10)):
        low, high = enough.chance(good, runs)
        exact = stats.binomtest(good, runs).proportion_ci(0.95, "exact")
        assert (low, high) == pytest.approx((exact.low, exact.high), abs=1e-9)
    # a search stops at its third failure, here in run 10: a chance p makes it stop so early with probability ...
    low, high = enough.chance(7, 10)
    assert stats.nbinom.cdf(10 - 3, 3, 1 - high) == pytest.approx(0.025, abs=1e-9)
    # ... and at its eighteenth success, here in run 19
    low, high = enough.chance(18, 19)
    assert stats.nbinom.cdf(19 - 18, 18, low) == pytest.approx(0.025, abs=1e-9)
    # negative control: the limit for one failure less is another one
    assert abs(stats.nbinom.cdf(10 - 3, 3, 1 - enough.chance(8, 10)[1]) - 0.025) > 0.005


def test_an_m_is_ruled_out_by_early_failures_only():
    cell = Cell(3, 10, 3, "generic", 0.05, 1, 10, False, 1, 0)
    # three failures in three runs rule 0.9 out, three in eleven do not
    assert enough.not_ruled_out(Search(cell, 6, ((4, 0, 3), (5, 8, 11), (6, 18, 20)))) == 5
    assert enough.not_ruled_out(Search(cell, 6, ((4, 0, 3), (5, 1, 4), (6, 18, 20)))) == 6


def test_every_search_is_drawn_and_nothing_else(figure, searches):
    for search in searches:
        cell = search.cell
        state = {"l": str(cell.order), "accuracy": f"{cell.accuracy:g}", "epochs": str(cell.epochs)}
        state["d"] = str(cell.dimension)
        where = "law" if cell.in_law else "vectors"
        assert figure.at(where, **state) == search.components
        assert figure.at(f"{where}_low", **state) == enough.not_ruled_out(search) <= search.components
        if not cell.in_law:
            assert figure.at("m", **state) == search.components
            assert f"m = {search.components} is enough" in figure.say(**state)
    drawn = sum(int(np.isfinite(figure.series[name].values).sum()) for name in ("vectors", "law"))
    assert drawn == len(searches)
    read = np.isfinite(figure.series["m"].values)
    keys = {(s.cell.order, s.cell.accuracy, s.cell.epochs, s.cell.dimension) for s in searches}
    assert read.sum() == len(keys) < read.size
    assert "was not measured" in figure.say(l="5", accuracy="0.6", d="100")


def test_the_lazy_line_is_theorem_1_at_the_squared_accuracy(figure):
    for order, d, eps in ((3, 10, 0.6), (4, 10**6, 0.2), (5, 10, 0.05)):
        m = components_forced(d, order, eps**2)
        state = {"l": str(order), "accuracy": f"{eps:g}", "d": str(d)}
        assert figure.at("lazy", **state) == pytest.approx(m, rel=0.01)
        # the theorem itself: with m columns the lower bound is at most eps^2, with one less it is above
        size, kappa = symmetric_dimension(d, order), float(flatness(d, order))
        assert kappa * (1 - min(1.0, d * m / size)) <= eps**2 * (1 + 1e-9)
        assert kappa * (1 - d * (m - 1) / size) > eps**2 * (1 - 1e-9)
        # negative control: the accuracy itself in place of its square
        if eps == 0.6:
            assert components_forced(d, order, eps) < 0.6 * m


def test_with_restarts_m_stays_at_the_rank_and_with_one_epoch_it_costs_more(searches):
    many = [s.components for s in searches if s.cell.epochs == 30 and s.cell.accuracy <= 0.2]
    once = [s.components for s in searches if s.cell.epochs == 1 and s.cell.accuracy <= 0.2]
    assert set(many) == {3} and min(once) > 3
    fifth = [s.components for s in searches if (s.cell.order, s.cell.epochs, s.cell.accuracy) == (5, 1, 0.05)]
    third = [s.components for s in searches if (s.cell.order, s.cell.epochs, s.cell.accuracy) == (3, 1, 0.05)]
    assert (min(fifth), max(fifth)) == (min(third), max(third)) == (7, 11)  # as the chapter says of both odd orders
    coarse = {s.components for s in searches if s.cell.epochs == 30 and s.cell.accuracy == 0.6}
    assert coarse <= {1, 2}


def test_the_figure_is_small(figure):
    assert figure.size < LIMIT / 5
    assert figure.picture.alt.startswith("Smallest number of components against dimension")
