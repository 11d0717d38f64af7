"""Alternating least squares: what an update minimises, what a run may not do, and where it gets stuck."""

from itertools import islice

import numpy as np
import pytest

from tdbook.decomposition.als import (
    als,
    deflated,
    khatri_rao,
    lightest,
    model_errors,
    random_factors,
    redrawn,
    swept,
    updated,
    updates,
    without_lightest,
)
from tdbook.tensors import SymmetricCP, random_target


def weak(rank, ratio):
    weights = np.ones(rank)
    weights[-1] = 1 / ratio
    return SymmetricCP(weights, np.eye(rank), 3)


def dense(factors, start):
    letters = "abcde"[: len(factors)]
    parts = [f"{letter}m" for letter in letters]
    return np.einsum(f"{','.join(parts)}->{letters}", *(factor[start] for factor in factors))


@pytest.mark.parametrize("order", [2, 3, 4])
def test_the_error_is_the_distance_of_the_dense_tensors(order):
    target = random_target(4, 3, order, "generic", 0)
    factors = random_factors(4, order, 5, 3, 1)
    seen = model_errors(factors, target)
    for start in range(3):
        assert np.isclose(seen[start], np.linalg.norm(dense(factors, start) - target.to_dense()))


@pytest.mark.parametrize("order", [3, 4])
@pytest.mark.parametrize("mode", [0, 2])
@pytest.mark.parametrize("scaled", [True, False])
def test_an_update_is_the_least_squares_solution(order, mode, scaled):
    target = random_target(3, 2, order, "generic", 0)
    factors = random_factors(3, order, 4, 2, 1)
    new = updated(factors, target, mode, scaled)
    best = model_errors(new, target)
    for start in range(2):
        K = khatri_rao(np.stack([factors[k, start] for k in range(order) if k != mode]))
        wanted = np.moveaxis(target.to_dense(), mode, 0).reshape(3, -1)
        residual = wanted.T - K @ np.linalg.lstsq(K, wanted.T, rcond=None)[0]
        assert np.isclose(best[start], np.linalg.norm(residual))


def test_scaling_the_fixed_columns_changes_no_model():
    target = random_target(4, 3, 3, "generic", 2)
    factors = random_factors(4, 3, 6, 4, 3)
    plain, scaled = swept(factors, target, 5, scaled=False), swept(factors, target, 5, scaled=True)
    for start in range(4):
        assert np.allclose(dense(plain, start), dense(scaled, start), atol=1e-9)


def test_no_update_raises_the_error():
    target = random_target(4, 4, 3, "mixed-sign", 5)
    factors = random_factors(4, 3, 6, 5, 6)
    before = model_errors(factors, target)
    for moved in islice(updates(factors, target), 30):
        after = model_errors(moved, target)
        assert (after <= before + 1e-12).all()
        before = after


def test_from_the_square_of_the_rank_on_one_sweep_is_exact():
    target = random_target(3, 3, 3, "orthogonal", 7)
    run = als(target, 9, 1, starts=4, rng=0)
    assert (run.errors[1] < 1e-8).all()
    assert (als(target, 8, 1, starts=4, rng=0).errors[1] > 1e-4).all()


def test_a_weak_term_is_missed_up_to_the_square_and_found_in_the_jump():
    ratio, rank = 1e4, 3
    target = weak(rank, ratio)
    missed = als(target, (rank - 1) ** 2, 60, starts=5, rng=1)
    assert np.allclose(ratio * missed.errors[-1], 1.0, atol=1e-6)
    found = als(target, rank * (rank - 1) + 1, 60, starts=5, rng=1, stop_below=0.1 / ratio)
    assert None not in found.sweeps_until(0.1 / ratio)
    assert missed.sweeps_until(0.1 / ratio) == [None] * 5


def test_a_run_is_repeatable_and_stops_at_the_error_asked_for():
    target = random_target(3, 2, 3, "orthogonal", 0)
    one, two = (als(target, 4, 8, starts=3, rng=4, stop_below=0.05) for _ in range(2))
    assert np.array_equal(one.errors, two.errors)
    for start, sweep in enumerate(one.sweeps_until(0.05)):
        if sweep is not None:
            assert (one.errors[sweep:, start] == one.errors[sweep, start]).all()


def test_the_lightest_component_is_the_one_redrawn_and_left_out():
    factors = random_factors(4, 3, 5, 3, 0)
    factors[:, [0, 1, 2], :, [4, 0, 2]] *= 1e-2
    assert list(lightest(factors)) == [4, 0, 2]
    changed = (redrawn(factors, 1) != factors).any(axis=(0, 2))
    assert changed.tolist() == [[k == j for k in range(5)] for j in (4, 0, 2)]
    left = without_lightest(factors)
    for start, out in enumerate((4, 0, 2)):
        assert np.array_equal(left[:, start], np.delete(factors[:, start], out, axis=-1))


def test_deflation_finds_what_alternating_alone_misses():
    target = weak(4, 1e3)
    run = als(target, 5, 150, starts=6, rng=2)
    cured = deflated(run.factors, target, 150, 5, rng=3)
    fitted = cured.errors[1] < 1.001e-3  # the other columns have fitted all but the weak term
    assert fitted.sum() >= 3
    assert (1e3 * cured.errors[2][fitted] < 0.05).all()
    assert (1e3 * run.errors[-1][fitted] > 0.99).all()


@pytest.mark.parametrize(
    "change",
    [
        {"components": 0},
        {"sweeps": 0},
        {"starts": 0},
        {"rng": -1},
        {"redraw_every": 0},
        {"scale": 0.0},
        {"stop_below": -1.0},
    ],
)
def test_bad_input_names_its_parameter(change):
    (name,) = change
    arguments = {"components": 3, "sweeps": 2} | change
    with pytest.raises(ValueError, match=name):
        als(weak(3, 2.0), **arguments)


def test_factors_of_another_space_are_refused():
    with pytest.raises(ValueError, match="factors"):
        model_errors(random_factors(4, 3, 2, 1), weak(3, 2.0))
    with pytest.raises(TypeError, match="target"):
        als(np.zeros((3, 3, 3)), 2)
