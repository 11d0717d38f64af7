"""What small faults in tensors.py would change: each test here was written for mutants that lived without it."""

import mpmath
import numpy as np
import pytest

from tdbook import tensors
from tdbook.tensors import DenseSymmetric, SymmetricCP, integer_power, random_target, symmetric, unit_columns
from tests.support.refusals import refused


def test_powers_are_written_where_they_are_wanted():
    base, out = np.array([2.0, -3.0]), np.zeros(2)
    for exponent in (0, 1, 5):
        assert integer_power(base, exponent, out=out) is out
        assert out.tolist() == [2.0**exponent, (-3.0) ** exponent]


@pytest.mark.second_opinion("tdbook.tensors.unit_columns")
def test_each_column_is_scaled_by_itself():
    factors = np.array([[3e-200, 3e200, 0.3, 0.0], [4e-200, 4e200, 0.4, 0.0]])
    norms, directions = unit_columns(factors)
    assert norms == pytest.approx([5e-200, 5e200, 0.5, 0.0], rel=1e-15, abs=0.0)
    assert np.allclose(directions, [[0.6, 0.6, 0.6, 0.0], [0.8, 0.8, 0.8, 0.0]], rtol=1e-15, atol=0)


def test_the_limit_of_dense_arrays_is_exact(monkeypatch):
    monkeypatch.setattr(symmetric, "_DENSE_LIMIT", 2**6)
    tensor = SymmetricCP([1.0], [[1.0], [2.0]], 6)
    assert tensor.to_dense().size == 2**6
    with refused("to_dense"):
        SymmetricCP([1.0], [[1.0], [2.0]], 7).to_dense()
    assert SymmetricCP([3.0], [[1.0]], 20).to_dense().ravel().tolist() == [3.0]  # d = 1 has one entry at any order


def test_arrays_cannot_be_changed_from_outside():
    tensor = random_target(3, 2, 3)
    assert not tensor.weights.flags.writeable
    assert not tensor.factors.flags.writeable
    dense = DenseSymmetric(tensor.to_dense())
    assert not dense.array.flags.writeable
    assert dense.to_dense().flags.writeable  # a copy


def test_the_component_out_of_range_is_named():
    with refused("component 1"):
        SymmetricCP([1.0, 2.0], [[1.0, 1e200]], 3)
    with refused("array"):
        DenseSymmetric(np.zeros((2, 3)))
    with refused("array"):
        DenseSymmetric(np.zeros((0, 0)))


def test_tensors_times_a_number():
    target = random_target(3, 2, 3, rng=1)
    for tensor in (target, DenseSymmetric(target.to_dense())):
        for factor in (-2.0, 0.0, 0.25):
            assert np.allclose(tensor.scaled(factor).to_dense(), factor * target.to_dense(), rtol=1e-15)
        for bad in (np.inf, -np.inf, np.nan):
            with refused("factor"):
                tensor.scaled(bad)


def test_the_span_leaves_out_what_has_no_weight_and_nothing_else():
    axes = np.eye(4)
    assert np.allclose(np.abs(SymmetricCP([1.0, 0.0, 0.5], axes[:, :3], 3).span()), axes[:, [0, 2]])
    for scale in (1e-20, 1e-8, 1.0, 1e8, 1e20):
        dense = DenseSymmetric(scale * SymmetricCP([1.0, 0.5], axes[:, :2], 3).to_dense())
        assert dense.span().shape == (4, 2)
    assert SymmetricCP([0.0], axes[:, :1], 3).span().shape == (4, 0)
    assert DenseSymmetric(np.zeros((4, 4, 4))).span().shape == (4, 0)


def test_asymmetry_is_measured_against_the_largest_entry():
    array = np.full((2, 2), 1e3)
    array[0, 1] += 1e-8
    assert DenseSymmetric(array).norm() == pytest.approx(2e3)
    array[0, 1] += 1e-6
    with refused("array"):
        DenseSymmetric(array)
    assert DenseSymmetric(np.zeros((2, 2, 2))).norm() == 0.0
    lopsided = np.zeros((2, 2, 2))
    lopsided[0, 1, 0] = 1.0  # the same read backwards, and yet not symmetric
    with refused("array"):
        DenseSymmetric(lopsided)


@pytest.mark.second_opinion("tdbook.tensors.random_target")
def test_random_targets_are_drawn_as_described():
    drawn = np.random.default_rng(0).uniform(0.5, 1.5, 5)
    for kind in tensors.KINDS:
        weights = random_target(6, 5, 3, kind, rng=0).weights
        assert np.allclose(np.abs(weights) / np.abs(weights[0]), drawn / drawn[0])
        assert (weights[::2] > 0).all()
        assert (weights[1::2] < 0).all() == (kind == "mixed-sign")
        again = random_target(6, 5, 3, kind)
        assert np.array_equal(again.weights, weights)  # the seed is 0 by default
    assert random_target(3, 3, 3, "orthogonal").rank == 3
    assert random_target(3, 3, 3, "correlated").rank == 3
    assert random_target(4, 2, 4, "mixed-sign").rank == 2
    assert random_target(6, 3, 3, "dependent").span().shape == (6, 2)
    assert random_target(6, 5, 3, "dependent").span().shape == (6, 3)
    with refused("rank"):
        random_target(3, 4, 3, "correlated")


def test_norms_of_light_tensors():
    assert SymmetricCP([3e-200, 4e-200], np.eye(2), 3).norm() == pytest.approx(5e-200, rel=1e-14, abs=0.0)
    assert DenseSymmetric(np.array([[3e-200, 0.0], [0.0, 4e-200]])).norm() == pytest.approx(5e-200, rel=1e-14, abs=0.0)
    assert DenseSymmetric(np.array([[3e200, 0.0], [0.0, 4e200]])).norm() == pytest.approx(5e200, rel=1e-14, abs=0.0)


def test_many_components_that_nearly_cancel():
    """Sixty components against sixty near ones: a hundred-millionth of the sum of all is left, and is right."""
    rng = np.random.default_rng(3)
    U = unit_columns(rng.standard_normal((5, 60)))[1]
    near = U + 2e-6 * rng.standard_normal(U.shape)
    weights = np.ones(60)
    with mpmath.workdps(50):

        def gram(A, B):
            cosines = mpmath.matrix(A.T.tolist()) * mpmath.matrix(B.tolist())
            return mpmath.fsum(x**3 for x in cosines)

        exact = float(mpmath.sqrt(gram(U, U) - 2 * gram(U, near) + gram(near, near)))
    found = SymmetricCP(weights, U, 3).distance(SymmetricCP(weights, near, 3))
    assert 1e-5 < exact < 1e-3
    assert found == pytest.approx(exact, rel=1e-9, abs=0.0)


HUGE = SymmetricCP([1.7e308], [[1.0], [0.0]], 3)
WIDE = SymmetricCP([1.7e308, 1.7e308], [[1.0, 1.0], [0.0, 1e-3]], 3)
DENSE = DenseSymmetric(HUGE.to_dense())
EVEN = DenseSymmetric(np.full((2, 2, 2), 1.7e308))
LONG = ": the tensor is too large, or the columns of U are too long for their powers"
LARGE = ": the tensors are too large"
BY = ": the factor is too large"


@pytest.mark.parametrize(
    ("call", "what", "why"),
    [
        (lambda: HUGE.contract([[2.0], [0.0]]), "T(u^{l-1}, .)", LONG),
        (lambda: HUGE.evaluate([[2.0], [0.0]]), "T(u, ..., u)", LONG),
        (lambda: DENSE.contract([[2.0], [0.0]]), "T(u^{l-1}, .)", LONG),
        (lambda: HUGE.curvature([[2.0], [0.0]], [[1.0], [0.0]]), "T(u^{l-2}, v, v)", LONG),
        (lambda: DENSE.curvature([[2.0], [0.0]], [[1.0], [0.0]]), "T(u^{l-2}, v, v)", LONG),
        (lambda: HUGE.inner(HUGE), "<T, T'>", LARGE),
        (lambda: DENSE.inner(DENSE), "<T, T'>", LARGE),
        (lambda: HUGE.inner(DENSE), "<T, T'>", LARGE),
        (lambda: WIDE.norm(), "||T||", LARGE),
        (lambda: EVEN.norm(), "||T||", LARGE),
        (lambda: HUGE.distance(HUGE.scaled(-1.0)), "||T - T'||", LARGE),
        (lambda: DENSE.distance(HUGE.scaled(-1.0)), "||T - T'||", LARGE),
        (lambda: WIDE.to_dense(), "the entries of T", LARGE),
        (lambda: HUGE.scaled(2.0), "the weights of the tensor", BY),
        (lambda: DENSE.scaled(2.0), "the entries of the tensor", BY),
    ],
)
def test_what_left_the_range_is_named(call, what, why):
    with pytest.raises(ValueError, match="within floating-point range") as caught:
        call()
    assert str(caught.value).startswith(f"{what} must be within floating-point range, got ")
    assert str(caught.value).endswith(why)


def test_the_largest_order():
    assert SymmetricCP([1.0], [[1.0]], 1000).norm() == 1.0
    with refused("order"):
        SymmetricCP([1.0], [[1.0]], 1001)


def test_lists_of_different_lengths():
    with refused("array"):
        DenseSymmetric([1, [2]])


@pytest.mark.parametrize("entry", [1.7e308, 1e200])
def test_a_component_beyond_the_range_is_refused_without_a_warning(entry):
    """Where already the norm of a column is infinite, and where only its power is."""
    with refused("factors"):
        SymmetricCP([1.0], [[entry], [entry]], 3)


def test_a_small_difference_of_many_components():
    """Among 400 numbers of size 1 a change of 1e-3 keeps ten digits, which a sum of their squares would lose."""
    T = random_target(6, 400, 3, rng=0)
    T = T.scaled(1.0 / T.weights.max())
    near = SymmetricCP(T.weights + 1e-3 * (np.arange(400) == 7), T.factors, 3)
    assert near.distance(T) == pytest.approx(1e-3, rel=1e-9)


def test_a_tensor_made_of_unit_columns_is_as_one_made_the_usual_way():
    weights, directions = np.array([2.0, -1.0]), np.array([[0.6, 0.0], [0.8, 1.0]])
    tensor = SymmetricCP.from_unit_columns(weights, directions, 3)
    assert tensor.components()[0] is weights  # and are not found anew
    assert tensor.components()[1] is directions
    for array in (tensor.weights, tensor.factors):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0.0
    assert tensor.distance(SymmetricCP([2.0, -1.0], [[0.6, 0.0], [0.8, 1.0]], 3)) < 1e-15
