"""The caller's generator reaches every run that ``decompose(refine=True)`` makes, the repeated ones as well."""

import dataclasses

import numpy as np

import tdbook
from tdbook.decomposition import approximate


def runs_of(rng, monkeypatch):
    """The factors that each of the three runs begins its refinement with, when no refinement is good enough."""
    target, seen = tdbook.random_target(8, 2, 3, rng=0), []

    def never(result, given, goal):
        seen.append(result.tensor.factors)
        return dataclasses.replace(result, converged=False), True

    monkeypatch.setattr(approximate, "_refined_from", never)
    tdbook.decompose(target, 5, 0.5, rng, epochs=2, iterations=40, refine=True, progress=False)
    return seen


def test_repeated_runs_depend_on_the_seed(monkeypatch):
    one, same, other = (runs_of(seed, monkeypatch) for seed in (1, 1, 2))
    assert len(one) == len(other) == 3
    assert all(np.array_equal(a, b) for a, b in zip(one, same))
    for k, (a, b) in enumerate(zip(one, other)):
        assert not np.array_equal(a, b), f"run {k} is the same for two seeds"
    assert not any(np.array_equal(one[0], again) for again in one[1:])  # nor is the first run made again


def test_a_generator_goes_on_where_it_was(monkeypatch):
    rng = np.random.default_rng(1)
    first, second = runs_of(rng, monkeypatch), runs_of(rng, monkeypatch)
    assert all(np.array_equal(a, b) for a, b in zip(first, runs_of(1, monkeypatch)))
    assert not np.array_equal(first[1], second[1])
