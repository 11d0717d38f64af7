"""Tests of ``tdbook.exercises.escape``."""

import pytest
from scipy.stats import binom

from tdbook.exercises import escape as chapter


@pytest.mark.parametrize("p", [0.5, 1 / 6, 0.01, chapter.proved_chance()])
def test_the_number_of_epochs_is_the_smallest_that_suffices(p: float):
    enough = chapter.epochs_for(p)
    assert binom.sf(19, enough, p) >= 0.99
    assert binom.sf(19, enough - 1, p) < 0.99
