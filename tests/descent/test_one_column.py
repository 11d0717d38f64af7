"""Tests of ``tdbook.descent.one_column``."""

from dataclasses import replace

import numpy as np
import pytest

from tdbook import decomposition
from tdbook.decomposition import approximate, decompose, refined
from tdbook.decomposition.refinement import GOAL, Refinement
from tdbook.descent import practical_settings, run
from tdbook.descent.coordinates import InLaw, core_in_law
from tdbook.tensors import from_samples, random_target, unit_columns
from tests.support import dense


def test_errors_are_relative_and_the_result_is_in_the_targets_scale():
    target = random_target(10, 2, 3, rng=0)
    large = target.scaled(1e6)
    small, big = (decompose(T, 8, rng=1, progress=False) for T in (target, large))
    assert big.error == pytest.approx(small.error, rel=1e-6)
    assert big.tensor.distance(large) == pytest.approx(1e6 * small.error, rel=1e-6)


TARGET = random_target(12, 2, 3, rng=1)


SETTINGS = replace(practical_settings(TARGET, 3, epochs=2, iterations=60), literal=True)


def test_a_refinement_that_fails_is_tried_again_from_closer(monkeypatch):
    """Twice more, to a fifth of epsilon each time, and the best of the three is returned."""
    asked, errors, given_run = [], [], run(TARGET, SETTINGS)

    def pretended(target, settings, rng, show=None, *, patience):
        assert target is TARGET and isinstance(rng, np.random.Generator)
        asked.append(settings.accuracy)
        return replace(given_run, settings=settings)

    def refining(tensor, target, goal):
        assert target is TARGET and goal == GOAL
        error = errors[len(asked) - 1]
        if error == 0.7:
            raise KeyboardInterrupt
        return Refinement(tensor, error, 1, False, False, 1.0, [])

    monkeypatch.setattr(approximate, "run", pretended)
    monkeypatch.setattr(approximate, "refine_tensor", refining)
    cases = {
        (0.3, 0.2, 0.25): (3, 0.2),
        (0.3, 0.4, 0.1): (3, 0.1),
        (0.3, 0.0, 0.0): (2, 0.0),
        (0.0, 0.0, 0.0): (1, 0.0),
        (0.7, 0.1, 0.1): (1, given_run.error),
        (0.3, 0.7, 0.1): (2, given_run.error),
        (0.3, 0.3, 0.3): (3, 0.3),
    }
    for given, (runs, error) in cases.items():
        asked, errors = [], given
        result = decompose(TARGET, accuracy=0.05, refine=True, progress=False)
        assert asked == pytest.approx([0.05, 0.01, 0.002][:runs])
        assert result.error == error
    asked, errors = [], (0.3, 0.3, 0.3)
    assert decompose(TARGET, accuracy=0.05, refine=True, progress=False).settings.accuracy == 0.05


@pytest.mark.second_opinion("tdbook.decomposition.decompose", "tdbook.decomposition.refined")
def test_a_decomposition_is_as_near_as_it_says():
    target = random_target(6, 2, 3, rng=1).scaled(7.0)
    goal = dense.tensor(target.weights, target.factors, 3)
    result = decomposition.decompose(target, 6, rng=0, progress=False)
    error = np.linalg.norm(dense.tensor(result.tensor.weights, result.tensor.factors, 3) - goal) / np.linalg.norm(goal)
    assert result.error == pytest.approx(error, rel=1e-9)
    finer = refined(result, target)
    close = np.linalg.norm(dense.tensor(finer.tensor.weights, finer.tensor.factors, 3) - goal) / np.linalg.norm(goal)
    assert finer.error == pytest.approx(close, abs=1e-13)
    assert close < 1e-10 < error


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


def test_redundant_components_cost_no_more_than_their_span():
    samples = np.random.default_rng(0).standard_normal((5000, 3))
    result = decompose(from_samples(samples, 3), rng=0, refine=True, progress=False)
    assert result.settings.components == 12
    assert result.converged and result.tensor.rank <= 5 and result.tensor.dimension == 3
