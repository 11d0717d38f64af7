"""Tests of ``tdbook.exercises.lazy``."""

import numpy as np

from tdbook.exercises import lazy as lazy_exercises
from tdbook.lazy import lazy_error, squared_errors
from tdbook.lazy import rank as lazy_rank
from tdbook.tensors import random_unit_vectors
from tests.support.exercises import value


def test_the_dimension_of_the_matrix_span_is_a_rank():
    ranks = lazy_rank.tangent_ranks(7, 2, 7)
    assert [value(lazy_exercises.DIMENSION, d=7, m=m) for m in range(1, 8)] == ranks.tolist()
    assert value("d*m", d=7, m=2) != ranks[1]


def test_most_targets_are_missed_as_often_as_the_bound_says():
    U = random_unit_vectors(8, 3, np.random.default_rng(0))
    errors = squared_errors(U, 3, random_unit_vectors(8, 4000, np.random.default_rng(1)))
    assert abs(errors.mean() - lazy_error(U, 3)) < 0.01
    # with the mean itself in place of kappa (1 - rho); the mean minus t alone would be too little to be of use
    bound = value(lazy_exercises.BOUND, kappa=errors.mean(), rho=0, t=0.6)
    assert np.mean(errors > 0.6) >= bound > errors.mean() - 0.6
