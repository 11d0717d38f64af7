"""Tests of ``tdbook.tensors.sources``."""

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

import tdbook
from tdbook.decomposition import merge, polish
from tdbook.proofs import polynomials
from tdbook.tensors import SymmetricCP, from_polynomial, from_samples, sources
from tests.support.refusals import refused


def test_tensors_from_polynomials_and_samples():
    cubic = from_polynomial({(3, 0): 1.0, (1, 2): -3.0})  # Re (x + iy)^3
    angles = np.array([0.3, 1.1, 2.0])
    circle = np.vstack([np.cos(angles), np.sin(angles)])
    assert np.allclose(cubic.evaluate(circle), np.cos(3 * angles))
    X = np.random.default_rng(0).standard_normal((50, 4))
    moments = from_samples(X, 3)
    assert np.allclose(moments.to_dense(), np.einsum("na,nb,nc->abc", X, X, X) / 50)


def evaluate(coefficients, point):
    return sum(
        float(c) * math.prod(p**e for p, e in zip(point, alpha, strict=True)) for alpha, c in coefficients.items()
    )


@st.composite
def forms(draw):
    d, order = draw(st.integers(1, 3)), draw(st.integers(2, 4))
    monomials = list(map(tuple, tdbook.tensors.monomials(d, order).tolist()))
    chosen = draw(st.lists(st.sampled_from(monomials), min_size=1, max_size=5, unique=True))
    return {alpha: draw(st.integers(-9, 9).filter(bool)) for alpha in chosen}


@pytest.mark.second_opinion("tdbook.tensors.from_polynomial", "tdbook.tensors.cp_polynomial")
@given(forms())
def test_a_polynomial_and_its_tensors_take_the_same_values(coefficients):
    d = len(next(iter(coefficients)))
    points = np.random.default_rng(0).standard_normal((d, 5))
    wanted = [evaluate(coefficients, point) for point in points.T]
    assert np.allclose(sources.from_polynomial(coefficients).evaluate(points), wanted, atol=1e-9)
    assert np.allclose(sources.cp_polynomial(coefficients).evaluate(points), wanted, atol=1e-9)


@pytest.mark.second_opinion("tdbook.tensors.polarized")
@given(forms())
def test_polarisation_is_exact(coefficients):
    symbols = sympy.symbols(f"v0:{len(next(iter(coefficients)))}")
    polynomial = sympy.Add(
        *[c * sympy.prod([v**e for v, e in zip(symbols, a, strict=True)]) for a, c in coefficients.items()]
    )
    weights, linear, order = sources.polarized(polynomials.coefficients(polynomial, symbols))
    assert polynomials.equal(polynomials.power_sum(weights, linear, symbols, order), polynomial)
    weights[0] += Fraction(1, 10**9)
    assert not polynomials.equal(polynomials.power_sum(weights, linear, symbols, order), polynomial)


x, y, z = sympy.symbols("x y z")


CUBIC = sympy.expand((x + 2 * y) ** 3 + 2 * (x - z) ** 3 + (2 * x - y + z) ** 3 / 2)


@pytest.mark.second_opinion("tdbook.tensors.rational_powers")
def test_a_cubic_is_found_and_checked_exactly():
    coefficients = polynomials.coefficients(CUBIC, (x, y, z))
    target = sources.from_polynomial(coefficients)
    result = tdbook.decompose(target, 9, accuracy=0.01, rng=0)
    atoms = merge(result.tensor).normalized()
    start = SymmetricCP(atoms.weights[:3], atoms.factors[:, :3], 3)
    exact = sources.rational_powers(polish(start, target), coefficients)
    assert exact is not None
    assert len(exact[0]) == 3
    assert polynomials.equal(polynomials.power_sum(*exact, (x, y, z), 3), CUBIC)
    assert sources.rational_powers(start, coefficients) is None  # unpolished, the forms are rounded wrongly


def test_rounding_never_returns_something_false():
    coefficients = {(3, 0): 1, (0, 3): 1}
    assert sources.rational_powers(SymmetricCP([1.0, 1.0], [[1.0, 0.2], [0.1, 1.0]], 3), coefficients) is None
    weights, linear = sources.rational_powers(SymmetricCP([0.5, 2.0], [[1.0, 0.001], [0.001, 1.0]], 3), coefficients)
    assert weights == [1, 1]
    assert linear == [(1, 0), (0, 1)]


def test_the_number_of_equal_linear_forms_is_reduced():
    weights, linear, order = sources.polarized({(3, 0): Fraction(5, 7)})
    assert (weights, linear, order) == ([Fraction(5, 7)], [(1, 0)], 3)


@pytest.mark.second_opinion("tdbook.tensors.from_samples")
@pytest.mark.parametrize("order", [2, 3, 4])
@pytest.mark.parametrize("centered", [False, True])
def test_moments_are_means_of_powers(order, centered):
    X = np.random.default_rng(1).normal([1.0, 0.0, -2.0], size=(40, 3))
    tensor = sources.from_samples(X, order, centered=centered)
    Y = X - X.mean(axis=0) if centered else X
    letters = "abcd"[:order]
    dense = np.einsum(",".join(f"n{a}" for a in letters) + "->" + letters, *[Y] * order) / 40
    assert np.allclose(tensor.to_dense(), dense)
    assert tensor.rank == 40


def test_moments_of_many_dimensions_are_never_formed():
    X = np.random.default_rng(2).standard_normal((200, 3000))
    tensor = sources.from_samples(X, 3)  # 2.7e10 entries
    assert tensor.contract(np.ones((3000, 1))).shape == (3000, 1)
    assert tensor.evaluate(np.eye(3000)[:, :1])[0] == pytest.approx(np.mean(X[:, 0] ** 3))


@pytest.mark.parametrize("order", [2, 3])
def test_the_part_of_the_noise_is_taken_out_exactly(order):
    """Four points with noise: E (mu + sigma g)^l over g is known, here by the symmetric two-point law in each axis."""
    sigma, mu = 0.7, np.array([1.0, -0.5])
    # (+-sigma sqrt(d) e_j) has covariance sigma^2 I and no odd moments: enough for orders 2 and 3
    shifts = math.sqrt(2) * sigma * np.vstack([np.eye(2), -np.eye(2)])
    clean = SymmetricCP([1.0], mu[:, None], order)
    assert sources.from_samples(mu + shifts, order, noise=sigma**2).distance(clean) < 1e-13
    assert sources.from_samples(mu + shifts, order).distance(clean) > 0.1
    assert sources.from_samples(mu + shifts, order, noise=1.1 * sigma**2).distance(clean) > 0.01


def mixture(n, seed=0, d=15, noise=0.6):
    rng = np.random.default_rng(seed)
    centres = 2 * np.linalg.qr(rng.standard_normal((d, 3)))[0] + 0.3 * rng.standard_normal((d, 3))
    labels = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    return centres, centres.T[labels] + noise * rng.standard_normal((n, d))


def test_centres_of_a_mixture_from_its_third_moment():
    centres, X = mixture(20_000)
    basis, noise = sources.principal_space(X, 3)
    assert noise == pytest.approx(0.36, rel=0.02)
    second, third = (sources.from_samples(X @ basis, order, noise=noise) for order in (2, 3))
    target = tdbook.DenseSymmetric(third.to_dense())
    atoms = merge(tdbook.decompose(target, 9, accuracy=0.02, rng=0).tensor)
    assert atoms.rank == 3
    found, chances = sources.mixture_centres(atoms, second)
    distances = np.linalg.norm((basis @ found)[:, :, None] - centres[:, None, :], axis=0)
    assert sorted(distances.argmin(axis=1)) == [0, 1, 2]
    assert distances.min(axis=1).max() < 0.15
    assert chances[np.argsort(distances.argmin(axis=1))] == pytest.approx([0.5, 0.3, 0.2], abs=0.03)
    # without taking the noise out, or with the second moment alone, it fails
    noisy = sources.from_samples(X @ basis, 2)
    wrong, _ = sources.mixture_centres(atoms, noisy)
    assert np.linalg.norm((basis @ wrong)[:, :, None] - centres[:, None, :], axis=0).min(axis=1).max() > 0.15


@pytest.mark.second_opinion("tdbook.tensors.mixture_centres")
def test_centres_are_exact_from_exact_moments():
    centres = np.array([[1.0, 0.5, 0.0], [0.0, 2.0, 0.3], [0.2, 0.0, -1.5]])
    chances = np.array([0.2, 0.5, 0.3])
    lengths = np.linalg.norm(centres, axis=0)
    atoms = SymmetricCP(chances * lengths**3, centres / lengths, 3)
    found, weights = sources.mixture_centres(atoms, SymmetricCP(chances, centres, 2))
    assert np.allclose(found, centres)
    assert np.allclose(weights, chances)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: sources.from_polynomial({}), TypeError, "coefficients"),
        (lambda: sources.from_polynomial({(1, 1): 1, (1, 2): 1}), ValueError, "coefficients"),
        (lambda: sources.from_polynomial({(2, 1): 1, (3,): 1}), ValueError, "coefficients"),
        (lambda: sources.from_polynomial({(2, -1): 1}), TypeError, "coefficients"),
        (lambda: sources.from_polynomial({(2, 1): "a"}), TypeError, "coefficients"),
        (lambda: sources.from_polynomial({(2, 1): math.nan}), ValueError, "coefficients"),
        (lambda: sources.from_polynomial({(1, 0): 1}), ValueError, "coefficients"),
        (lambda: sources.from_samples(np.ones(3), 3), ValueError, "X"),
        (lambda: sources.from_samples(np.ones((3, 2)), 5, noise=0.1), ValueError, "noise"),
        (lambda: sources.from_samples(np.ones((3, 2)), 3, noise=-1), ValueError, "noise"),
        (lambda: sources.principal_space(np.ones((3, 2)), 2), ValueError, "count"),
        (lambda: polynomials.coefficients(sympy.sin(x), (x, y)), ValueError, "expression"),
        (lambda: sources.rational_powers(SymmetricCP([1.0], [[1.0]], 3), {(3, 0): 1}), ValueError, "tensor"),
    ],
)
def test_bad_input_is_refused_in_one_line(call, kind, message):
    with refused(message, kind):
        call()


@pytest.mark.second_opinion("tdbook.tensors.principal_space")
def test_the_principal_space_of_points_whose_moments_are_exact():
    """Two centres, each moved by +- sigma sqrt(d) along every axis: covariance sigma^2 I exactly."""
    d, sigma, centres = 5, 0.3, np.array([[2.0, 0, 0, 1, 0], [0, 1.5, 0, 0, 1]])
    shifts = sigma * math.sqrt(d) * np.vstack([np.eye(d), -np.eye(d)])
    X = np.vstack([centre + shifts for centre in centres])
    basis, noise = sources.principal_space(X, 2)
    assert noise == pytest.approx(sigma**2, rel=1e-12)
    assert np.abs(basis @ (basis.T @ centres.T) - centres.T).max() < 1e-13
