"""Tests of ``tdbook.lazy.reduction``."""

import numpy as np
import pytest

from tdbook.lazy import reduce_blocks
from tdbook.lazy import reduction as lazy_reduction


@pytest.mark.second_opinion("tdbook.lazy.reduce_blocks")
def test_reduced_blocks_have_numpys_ranks_and_the_distances_from_the_span():
    rng = np.random.default_rng(0)
    A = rng.standard_normal((9, 12))
    A[:, 3:5] = A[:, :2] @ rng.standard_normal((2, 2))  # a block that brings only one new direction
    A[:, 6:9] = A[:, :3] + A[:, 3:6]
    B = rng.standard_normal((9, 4))
    found = reduce_blocks(A.copy(), B.copy(), 3)
    assert list(found.ranks) == [np.linalg.matrix_rank(A[:, :k]) for k in (3, 6, 9, 12)] == [3, 4, 4, 7]
    rest = B - A @ np.linalg.lstsq(A, B, rcond=1e-12)[0]
    assert np.linalg.norm(found.rotated[7:], axis=0) == pytest.approx(np.linalg.norm(rest, axis=0), rel=1e-12)
    assert np.linalg.norm(found.rotated, axis=0) == pytest.approx(np.linalg.norm(B, axis=0), rel=1e-12)
    assert found.most_dropped < 1e-13 < 1e-3 < found.least_kept


def test_panels_of_columns_give_the_reduction_of_one_piece(monkeypatch):
    """Several panels: ranks against NumPy's, and what is left of B against least squares."""
    rng = np.random.default_rng(4)
    A, B = rng.standard_normal((14, 15)), rng.standard_normal((14, 2))
    A[:, 6:9] = A[:, :3] @ rng.standard_normal((3, 3))  # the third block is dependent
    A[:, 10] = A[:, 9]
    for panel in (3, 6, 128):
        monkeypatch.setattr(lazy_reduction, "_PANEL", panel)
        found = lazy_reduction.reduce_blocks(A.copy(), B, 3)
        assert found.ranks.tolist() == [np.linalg.matrix_rank(A[:, : 3 * k]) for k in range(1, 6)] == [3, 6, 6, 8, 11]
        for k, rank in enumerate(found.ranks, 1):
            rest = B - A[:, : 3 * k] @ np.linalg.lstsq(A[:, : 3 * k], B)[0]
            assert found.rotated[rank:].T @ found.rotated[rank:] == pytest.approx(rest.T @ rest, rel=1e-9)
        assert found.most_dropped < 1e-13 < found.least_kept
    assert A[0, 0] == np.random.default_rng(4).standard_normal()
