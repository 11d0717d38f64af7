"""Local minima of the sum of orthogonal cubes: the chain, the bound, and where it ends."""

from fractions import Fraction

import numpy as np
import pytest

from tdbook.landscape.orthogonal import (
    cube_chain,
    cubes_loss,
    missed_term_bound,
    orthogonal_minimum,
    three_cubes,
    weakest_square,
)


def cubic(weights, vectors):
    """The dense tensor of weighted cubes, in fractions."""
    total = 0
    for weight, vector in zip(weights, vectors):
        v = np.array([Fraction(x) for x in vector], dtype=object)
        total = total + weight * np.einsum("i,j,k->ijk", v, v, v)
    return total


@pytest.mark.parametrize("alpha, beta", [(1, 1), (Fraction(-2), Fraction(1, 3)), (Fraction(8, 3), Fraction(-5))])
def test_two_cubes_are_three(alpha, beta):
    pairs = three_cubes(Fraction(alpha), Fraction(beta))
    weights, vectors = zip(*((c, (t, Fraction(1))) for c, t in pairs))
    assert (cubic(weights, vectors) == cubic([alpha, beta], [(1, 0), (0, 1)])).all()


def test_nodes_may_not_coincide():
    with pytest.raises(ValueError, match="nodes"):
        three_cubes(Fraction(1), Fraction(1), (Fraction(1), Fraction(1)))
    with pytest.raises(ValueError, match="nodes"):
        three_cubes(Fraction(1), Fraction(1), (Fraction(0), Fraction(1)))


@pytest.mark.parametrize("dimension", [2, 3, 4])
def test_the_chain_is_exact_and_its_squares_are_independent_as_long_as_they_can_be(dimension):
    axes = cubic([1] * dimension, np.eye(dimension, dtype=int).tolist())
    top = dimension * (dimension + 1) // 2
    for m in range(dimension, top + 2):
        weights, vectors = cube_chain(dimension, m)
        assert len(weights) == len(vectors) == m
        assert (cubic(weights, vectors) == axes).all()
        sigma = weakest_square(orthogonal_minimum(dimension + 1, m)[:-1])
        assert (sigma > 1e-6) == (m <= top)


@pytest.mark.parametrize("last", [0.5, 1.0, 3.0])
def test_the_loss_is_that_of_the_missed_term_and_its_gradient_vanishes(last):
    U = orthogonal_minimum(4, 6)
    assert np.isclose(cubes_loss(U, last), last**2 / 2)
    for index in np.ndindex(U.shape):
        step = np.zeros_like(U)
        step[index] = 1e-4
        assert abs(cubes_loss(U + step, last) - cubes_loss(U - step, last)) < 1e-9


def test_the_bound_holds_and_is_sharp_at_the_minimum():
    U = orthogonal_minimum(3, 3)
    rng = np.random.default_rng(0)
    for size in (0.0, 1e-3, 1e-2, 0.3):
        value, bound = missed_term_bound(U + size * rng.standard_normal(U.shape), 1.0)
        assert value >= bound - 1e-12
    assert np.allclose(missed_term_bound(U, 1.0), 0.5)


def test_with_one_component_more_a_null_vector_leads_downhill():
    U = orthogonal_minimum(4, 7)
    squares = (U[:-1].T @ U[:-1]) ** 2
    null = np.linalg.eigh(squares)[1][:, 0]
    lowest = min(cubes_loss(np.vstack([U[:-1], t * null]), 1.0) for t in np.linspace(-1, 1, 41))
    assert lowest < 0.49


@pytest.mark.parametrize("rank, components", [(2, 2), (4, 2)])
def test_sizes_that_make_no_sense_are_refused(rank, components):
    with pytest.raises(ValueError, match=r"rank|components"):
        orthogonal_minimum(rank, components)
