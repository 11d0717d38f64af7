"""Direct second opinions on the coordinates of the lazy span."""

from itertools import product

import numpy as np
import pytest

from tdbook.lazy import coordinates, tangent_matrix
from tdbook.lazy_moments import monomials, symmetric_dimension


@pytest.mark.parametrize(("d", "order"), [(2, 2), (3, 3), (4, 3), (3, 5), (1, 4)])
def test_tangents_meet_powers_as_derivatives_do(d, order):
    """<v^{(x) l}, P_sym(u^{(x) l-1} (x) e_q)> = <u, v>^{l-1} v_q, for every column and every q."""
    rng = np.random.default_rng(order)
    U, V = rng.standard_normal((d, 3)), rng.standard_normal((d, 4))
    found = coordinates(V, order).T @ tangent_matrix(U, order)
    inner = (V.T @ U) ** (order - 1)
    wanted = np.stack([inner[:, i] * V[q] for i in range(3) for q in range(d)], axis=1)
    assert np.allclose(found, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("d", "order"), [(1, 3), (2, 4), (3, 3), (4, 2), (3, 0)])
def test_monomials_are_counted_one_by_one(d, order):
    listed = [alpha for alpha in product(range(order + 1), repeat=d) if sum(alpha) == order]
    assert symmetric_dimension(d, order) == len(listed)
    assert sorted(map(tuple, monomials(d, order).tolist())) == sorted(listed)
