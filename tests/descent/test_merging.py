"""Tests of ``tdbook.descent.merging``."""

import numpy as np

from tdbook.decomposition import merge
from tdbook.tensors import SymmetricCP


def test_merging_adds_what_agrees_and_drops_what_idles():
    e = np.eye(4)
    near = np.array([1.0, 0.01, 0.0, 0.0])
    tensor = SymmetricCP([1.0, 2.0, -0.5, 1e-5], np.column_stack([e[0], near, -e[1], e[2]]), 3)
    merged = merge(tensor)
    assert merged.rank == 2
    assert sorted(np.abs(merged.weights).round(3)) == [0.5, 3.0]
    assert merged.distance(tensor) < 0.05
    cancel = SymmetricCP([1.0, 1.0, 1.0], np.column_stack([e[0], -e[0], e[1]]), 3)
    assert merge(cancel).rank == 1
    assert merge(SymmetricCP([1.0, 1.0, 1.0], np.column_stack([e[0], -e[0], e[1]]), 4)).rank == 2
