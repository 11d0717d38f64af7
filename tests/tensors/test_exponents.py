"""Tests of ``tdbook.tensors.exponents``."""

from itertools import permutations, product

import numpy as np
import pytest

from tdbook import tensors
from tdbook.tensors import monomials, symmetric_dimension


@pytest.mark.second_opinion("tdbook.tensors.symmetric_dimension")
@pytest.mark.parametrize(("d", "order"), [(1, 3), (2, 4), (3, 3), (4, 2), (3, 0)])
def test_monomials_are_counted_one_by_one(d, order):
    listed = [alpha for alpha in product(range(order + 1), repeat=d) if sum(alpha) == order]
    assert symmetric_dimension(d, order) == len(listed)
    assert sorted(map(tuple, monomials(d, order).tolist())) == sorted(listed)


def test_exponents_are_shared_and_cannot_be_written_to():
    assert monomials(3, 2) is monomials(3, 2)
    with pytest.raises(ValueError, match="read-only"):
        monomials(3, 2)[0, 0] = 7


@pytest.mark.second_opinion("tdbook.tensors.multinomials")
@pytest.mark.parametrize("alpha", [(3, 0), (2, 1), (1, 1, 2), (2, 2, 1)])
def test_multinomials_count_words(alpha):
    word = [letter for letter, times in enumerate(alpha) for _ in range(times)]
    assert tensors.multinomials(np.array([alpha]))[0] == len(set(permutations(word)))
