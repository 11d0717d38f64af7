"""Atoms of least mass: two opposite powers, and the ring."""

import math

import numpy as np
import pytest

from tdbook.beyond.atoms import (
    dual_form,
    few_or_many,
    least_atoms,
    least_mass,
    least_mass_on,
    mass,
    on_circle,
    opposite_powers,
    other_ring_atoms,
    ring_form,
    ring_points,
    shrunk_atoms,
)
from tdbook.beyond.certificate import certify
from tdbook.tensors import SymmetricCP

CASES = [
    (3, 0.5),
    (3, 1.04),
    (3, 1.06),
    (3, 3.0),
    (4, 0.7),
    (4, 0.9),
    (4, 1.57),
    (5, 0.3),
    (6, 0.5),
    (6, 1.2),
    (7, 2.9),
]


@pytest.mark.parametrize("order, angle", CASES)
@pytest.mark.parametrize("first, second", [(1.0, 1.0), (0.3, 2.0)])
def test_atoms_mass_and_certificate_agree(order, angle, first, second):
    target = opposite_powers(order, angle, first, second)
    atoms = least_atoms(order, angle, first, second)
    assert atoms.distance(target) < 1e-10
    assert atoms.rank == (order if angle < math.pi / order else 2)
    grid = np.linspace(0, math.pi, 3601)
    assert np.abs(dual_form(order, angle, grid, first, second)).max() <= 1 + 1e-12
    at = dual_form(order, angle, np.array([0.0, angle]), first, second)
    assert np.isclose(first * at[0] - second * at[1], mass(atoms))
    assert np.isclose(least_mass(order, angle, first, second), mass(atoms))


def test_the_certificate_is_a_form_of_the_order():
    # a form of degree l on the circle has the frequencies l, l - 2, ... only
    for order, angle in CASES:
        values = dual_form(order, angle, 2 * math.pi * np.arange(64) / 64)
        spectrum = np.abs(np.fft.fft(values))[:33]
        allowed = set(range(order, -1, -2))
        assert max(spectrum[k] for k in range(33) if k not in allowed) < 1e-10


@pytest.mark.parametrize("order", [3, 4])
def test_linear_programming_finds_no_lighter_decomposition(order):
    for angle in (0.6 * math.pi / order, 1.3 * math.pi / order):
        grid = np.hstack([on_circle(np.linspace(0, math.pi, 400)), least_atoms(order, angle).factors])
        found = least_mass_on(opposite_powers(order, angle), grid)
        assert found.distance(opposite_powers(order, angle)) < 1e-7
        assert np.isclose(mass(found), least_mass(order, angle), atol=1e-7)


@pytest.mark.parametrize("order", [3, 4, 5])
def test_with_a_regulariser_the_same_atoms_are_lighter(order):
    angle, lam = 0.5 * math.pi / order, 0.01
    target, lighter = opposite_powers(order, angle), shrunk_atoms(order, angle, lam)
    assert certify(lighter, target, lam).holds(1e-3)
    assert not certify(least_atoms(order, angle), target, lam).holds(1e-3)
    at = np.linspace(0, math.pi, 50)
    residual = lighter.evaluate(on_circle(at)) - target.evaluate(on_circle(at))
    assert np.allclose(residual, -lam * dual_form(order, angle, at))


def test_a_regulariser_that_removes_atoms_is_refused():
    with pytest.raises(ValueError, match="regularization"):
        shrunk_atoms(3, 0.1, 0.5)
    with pytest.raises(ValueError, match="angle"):
        shrunk_atoms(3, 1.2, 0.01)


def test_directions_that_do_not_span_are_refused():
    with pytest.raises(ValueError, match="directions"):
        least_mass_on(opposite_powers(3, 0.5), on_circle(np.linspace(0.1, 0.2, 3)))


def test_an_even_order_knows_lines_only():
    with pytest.raises(ValueError, match="angle"):
        least_atoms(4, 2.0)
    assert few_or_many(3, 1.0) and not few_or_many(3, 2.0)


def test_the_ring_is_touched_and_never_crossed():
    points = np.random.default_rng(0).standard_normal((3, 5000))
    points /= np.linalg.norm(points, axis=0)
    for height in (0.5, 0.6, 0.9):
        assert np.abs(ring_form(height, points)).max() <= 1
        assert np.allclose(ring_form(height, ring_points(height, np.linspace(0, 6, 7))), 1)
    assert np.abs(ring_form(0.4, points)).max() > 1
    assert np.isclose(ring_form(0.5, np.array([[0.0], [0.0], [1.0]]))[0], 1)


@pytest.mark.parametrize("first", [0.4, 2.0, 4.0, 5.5])
def test_every_point_of_the_ring_can_be_an_atom(first):
    angles, weights = np.array([0.1, 1.5, 3.3, 4.9]), np.array([1.0, 0.7, 0.5, 0.9])
    target = SymmetricCP(weights, ring_points(0.6, angles), 3)
    at, masses = other_ring_atoms(angles, weights, first)
    assert at[0] == first and (masses > 0).all()
    assert SymmetricCP(masses, ring_points(0.6, at), 3).distance(target) < 1e-12
    assert np.isclose(masses.sum(), weights.sum())
