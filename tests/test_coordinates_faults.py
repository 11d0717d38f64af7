"""Second opinions on coordinates: laws that are written down in textbooks, and what the class names promise."""

import numpy as np
import pytest
from scipy.stats import beta, kstest

from tdbook.descent import coordinates
from tdbook.descent.coordinates import InLaw, Lossless, core_in_law
from tdbook.tensors import DenseSymmetric, random_target, random_unit_vectors, unit_columns
from tests.support.refusals import refused


@pytest.mark.parametrize("dimension", [7, 12])
def test_first_draws_in_law_are_a_triangle_with_the_law_of_a_uniform_frame(dimension):
    """Of a uniform unit vector, the squared length of the part outside k directions is Beta((d-k)/2, k/2)."""
    q, m = 3, 4
    core = core_in_law(dimension, q, 3, "orthogonal", 0)
    draws = np.array([InLaw(core, m, np.random.default_rng(seed), dimension).components for seed in range(400)])
    assert draws.shape == (400, q + m, m)
    assert np.allclose(np.linalg.norm(draws, axis=1), 1.0)
    for i in range(m):
        assert not draws[:, q + i + 1 :, i].any()
        assert draws[:, q + i, i].min() > 0
        outside = draws[:, q + i, i] ** 2
        assert kstest(outside, beta((dimension - q - i) / 2, (q + i) / 2).cdf).pvalue > 1e-3
        # negative control: the law of the next column is another one
        assert kstest(outside, beta((dimension - q - i + 1) / 2, (q + i - 1) / 2).cdf).pvalue < 1e-3
    for i, k in ((0, 1), (1, 3), (2, 3)):
        cosines = np.einsum("sp,sp->s", draws[:, :, i], draws[:, :, k])
        assert kstest(cosines**2, beta(0.5, (dimension - 1) / 2).cdf).pvalue > 1e-3


@pytest.mark.parametrize("kind", ["generic", "mixed-sign"])
def test_components_of_a_core_have_the_law_of_a_uniform_frame(kind):
    draws = np.array([unit_columns(core_in_law(5, 4, 3, kind, seed).factors)[1] for seed in range(400)])
    assert np.allclose(np.abs(draws[:, 0, 0]), 1.0)
    for i in range(1, 4):
        assert not draws[:, i + 1 :, i].any()
        assert kstest(draws[:, i, i] ** 2, beta((5 - i) / 2, i / 2).cdf).pvalue > 1e-3


@pytest.mark.parametrize("rank", [3, 4, 5])
def test_a_core_is_as_large_as_its_span(rank):
    for kind in ("generic", "dependent"):
        core = core_in_law(30, rank, 3, kind)
        assert core.dimension == core.span().shape[1] == random_target(30, rank, 3, kind).span().shape[1]
        again = core_in_law(30, rank, 3, kind, 0)
        assert np.array_equal(core.factors, again.factors)
        assert np.array_equal(core.weights, again.weights)
    assert core_in_law(3, rank, 3).dimension == 3
    assert core_in_law(30, rank - 1, 3).dimension == rank - 1


def test_the_basis_is_turned_portion_by_portion(monkeypatch):
    target = random_target(40, 3, 3, rng=0)

    def turned(rows):
        monkeypatch.setattr(coordinates, "_ROWS", rows)
        rng = np.random.default_rng(1)
        space = Lossless(target, 5, rng)
        U = space.components
        for j in (0, 3, 3, 1):
            U = space.redraw(U, j, 0.5, rng)
        return space.basis, U

    (whole, U), (portions, V) = turned(1000), turned(7)
    assert np.abs(whole - portions).max() < 1e-14
    assert np.array_equal(U, V)
    assert np.abs(whole.T @ whole - np.eye(8)).max() < 1e-13
    assert np.allclose(np.linalg.norm(U, axis=0), [0.5, 0.5, 1.0, 0.5, 1.0])


@pytest.mark.parametrize("length", [1.0, 1e-6, 1e-12, 0.0])
def test_a_replaced_column_keeps_all_inner_products(length):
    """However little of the fresh column lies outside: inner products of R^d before and after are compared."""
    rng = np.random.default_rng(3)
    space = InLaw(core_in_law(30, 2, 3, rng=0), 4, rng, 30)
    for trial in range(20):
        U = space.components * rng.uniform(0.1, 10.0, 4)
        j = trial % 4
        fresh = np.append(rng.standard_normal(6), length * rng.choice([-1.0, 1.0]))
        wanted = np.vstack([U, np.zeros(4)])
        wanted[:, j] = fresh
        found = space._replace(U, j, fresh)[0]
        assert found.shape == U.shape
        assert np.array_equal(found[:2], wanted[:2])
        assert np.abs(found.T @ found - wanted.T @ wanted).max() < 1e-12 * np.abs(wanted.T @ wanted).max()
        space.components = unit_columns(found)[1]


def test_renewals_where_nothing_is_left_outside():
    space = InLaw(core_in_law(6, 2, 3, rng=0), 4, np.random.default_rng(1), 6)
    U = space.components
    for turn in range(12):
        U = space.redraw(U, turn % 4, 2.0, np.random.default_rng(turn))
    assert np.allclose(np.linalg.norm(U, axis=0), 2.0)


def test_room_for_all_components_is_asked_for():
    target = random_target(5, 3, 3)
    assert Lossless(target, 2, np.random.default_rng(0)).basis.shape == (5, 5)
    with refused("components"):
        Lossless(target, 3, np.random.default_rng(0))


def test_coordinates_of_a_dense_target_stand_for_its_entries():
    target = DenseSymmetric(random_target(9, 2, 3, "mixed-sign", 4).to_dense())
    space = Lossless(target, 3, np.random.default_rng(5))
    drawn = random_unit_vectors(9, 3, np.random.default_rng(5))
    assert np.allclose(space.basis @ space.components, drawn, atol=1e-14)
    whole = space.target.to_dense()
    for _ in range(3):
        whole = np.tensordot(whole, space.basis, axes=(0, 1))
    assert np.allclose(whole, target.array, atol=1e-14)
