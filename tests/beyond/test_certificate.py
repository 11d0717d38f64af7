"""Tests of ``tdbook.beyond.certificate``."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from tdbook import beyond
from tdbook.decomposition import merge
from tdbook.descent import practical_settings, run
from tdbook.landscape import homogeneous_trap
from tdbook.objectives import Parameters, loss, model
from tdbook.tensors import DenseSymmetric, SymmetricCP, random_target, random_unit_vectors
from tests.support import dense
from tests.support.beyond import entries, random_cp
from tests.support.refusals import refused

ORDERS = [2, 3, 4]


@pytest.mark.second_opinion("tdbook.beyond.sphere_values", "tdbook.beyond.overlaps", "tdbook.beyond.nuclear_loss")
@pytest.mark.parametrize("order", ORDERS)
def test_tensors_on_the_sphere_on_all_entries(order):
    """difference, restricted, sphere_values, overlaps and nuclear_loss."""
    one, two = random_cp(3, 2, order, 0), random_cp(3, 3, order, 1)
    R = entries(one) - entries(two)
    for pair in ((one, two), (DenseSymmetric(entries(one)), two)):
        assert np.abs((pair[0] - pair[1]).to_dense() - R).max() < 1e-12
    basis = np.linalg.qr(np.random.default_rng(2).standard_normal((3, 2)))[0]
    wanted = dense.projected(R, basis.T)
    for T in (one - two, DenseSymmetric(R)):
        assert np.abs(T.in_basis(basis).to_dense() - wanted).max() < 1e-12
    points = np.random.default_rng(3).standard_normal((3, 5))
    values = [dense.seen(entries(one), *[w] * order) for w in points.T]
    assert beyond.sphere_values(one, points) == pytest.approx(values, rel=1e-11)
    unit = two.factors / np.linalg.norm(two.factors, axis=0)
    tau = two.weights * np.linalg.norm(two.factors, axis=0) ** order
    shares = [dense.seen(entries(one), *[v] * order) / x for v, x in zip(unit.T, tau, strict=True)]
    assert beyond.overlaps(one, two) == pytest.approx(shares, rel=1e-11)
    masses = sum(abs(w) * np.linalg.norm(u) ** order for w, u in zip(one.weights, one.factors.T, strict=True))
    assert beyond.nuclear_loss(one, two, 0.3) == pytest.approx(0.5 * np.sum(R**2) + 0.3 * masses, rel=1e-12)


@pytest.mark.second_opinion(
    "tdbook.beyond.largest_by_grid", "tdbook.beyond.largest_by_ascent", "tdbook.beyond.sphere_grid",
)  # fmt: skip
@pytest.mark.parametrize("order", [2, 3, 4, 5])
def test_the_largest_value_on_the_circle_is_scipys(order):
    """grid and ascent bracket what a bounded minimiser finds from every hundredth of a turn."""
    T = random_cp(2, 3, order, order)
    R = entries(T)

    def minus(angle):
        return -abs(dense.seen(R, *[np.array([math.cos(angle), math.sin(angle)])] * order))

    ends = np.linspace(0, math.pi, 51)
    best = max(-minimize_scalar(minus, bounds=ends[k : k + 2], method="bounded").fun for k in range(50))
    low, high = beyond.largest_by_grid(T, 60)
    assert low <= best * (1 + 1e-12) and best <= high <= low * 1.01
    assert beyond.largest_by_ascent(T, 10)[0] == pytest.approx(best, rel=1e-8)
    points, radius = beyond.sphere_grid(2, 60)
    gaps = np.diff(np.sort(np.arctan2(points[1], points[0]) % math.pi))
    assert np.abs(gaps - 2 * radius).max() < 1e-12


@pytest.mark.second_opinion("tdbook.beyond.certify", "tdbook.beyond.violating_share")
@pytest.mark.parametrize("order", [3, 4])
def test_a_certificate_by_a_fine_circle(order):
    target, tensor, lam = random_target(2, 2, order, rng=1), random_cp(2, 3, order, 4).scaled(0.2), 0.1
    R = entries(tensor) - entries(target)
    found = beyond.certify(tensor, target, lam)
    angles = np.linspace(0, 2 * math.pi, 20_001)
    values = np.array([dense.seen(R, *[np.array([math.cos(a), math.sin(a)])] * order) for a in angles])
    assert found.largest == pytest.approx(np.abs(values).max(), rel=1e-6)
    assert found.bound >= np.abs(values).max()
    lengths = np.linalg.norm(tensor.factors, axis=0)
    at = [dense.seen(R, *[u] * order) / n**order for u, n in zip(tensor.factors.T, lengths, strict=True)]
    assert found.at_components == pytest.approx(-np.sign(tensor.weights) * at / lam, rel=1e-10)
    assert found.masses == pytest.approx(np.abs(tensor.weights) * lengths**order, rel=1e-12)
    # the best multiple of -R that is feasible for the dual: t <= lambda / max |R|
    scale = min(1.0, lam / found.bound)
    dual = -scale * np.sum(R * entries(target)) - 0.5 * scale**2 * np.sum(R**2)
    assert found.gap == pytest.approx(0.5 * np.sum(R**2) + lam * found.masses.sum() - dual, rel=1e-9)
    share = beyond.violating_share(tensor, target, lam, 40_000, 0)
    assert share == pytest.approx(0.5 * np.mean(np.abs(values) > lam), abs=0.01)


@pytest.mark.parametrize("dimension", [2, 3])
def test_grid_leaves_no_point_farther_away_than_it_says(dimension):
    points, radius = beyond.sphere_grid(dimension, 20)
    assert np.allclose(np.linalg.norm(points, axis=0), 1.0)
    probes = random_unit_vectors(dimension, 3000, np.random.default_rng(0))
    probes = np.hstack([probes, np.eye(dimension), points[:, :1]])
    angles = np.arccos(np.minimum(np.abs(points.T @ probes).max(axis=0), 1.0))
    assert angles.max() <= radius + 1e-12
    assert angles.max() > radius / 2  # and says no more than needed


@pytest.mark.parametrize(("dimension", "order"), [(2, 2), (2, 3), (2, 5), (3, 2), (3, 3), (3, 4)])
def test_grid_and_ascent_agree(dimension, order):
    for seed in range(4):
        tensor = random_cp(dimension, 4, order, seed)
        low, high = beyond.largest_by_grid(tensor, 40)
        value, point = beyond.largest_by_ascent(tensor, rng=seed)
        assert low - 1e-9 <= value <= high
        assert high <= low * 1.02
        assert abs(tensor.evaluate(point[:, None])[0]) == pytest.approx(value)
        assert np.linalg.norm(point) == pytest.approx(1.0)


def re_z3(angle=0.0):
    """Re (z e^{i angle})^3 as a tensor: |T(w^3)| has six equal peaks of height 1."""
    turns = angle + np.array([0.0, 2.0, 4.0]) * math.pi / 3
    return SymmetricCP(np.full(3, 4 / 3), np.vstack([np.cos(turns), np.sin(turns)]), 3)


def test_the_margin_of_the_grid_is_needed_and_enough():
    # turned through half a grid step, the six peaks of Re z^3 fall between the points of the coarse grid
    fineness = 9
    worst = min(beyond.largest_by_grid(re_z3(angle), fineness)[0] for angle in np.linspace(0, 0.2, 60))
    assert worst < 1 - 1e-3
    for angle in np.linspace(0, 0.2, 60):
        low, high = beyond.largest_by_grid(re_z3(angle), fineness)
        assert low <= 1 + 1e-12
        assert high >= 1 - 1e-12


def test_matrix_case_is_the_spectral_norm():
    matrix = np.random.default_rng(1).standard_normal((6, 6))
    matrix = matrix + matrix.T
    value, _ = beyond.largest_by_ascent(DenseSymmetric(matrix), steps=5000)
    assert value == pytest.approx(np.linalg.norm(matrix, 2), rel=1e-6)


@pytest.mark.parametrize("order", [2, 3, 4, 5])
def test_orthogonal_targets_are_solved_by_shrinking(order):
    target = SymmetricCP([1.0, 0.7, 0.4], np.eye(5)[:, :3], order)
    lam = 0.1
    solution = SymmetricCP([0.9, 0.6, 0.3], np.eye(5)[:, :3], order)
    certificate = beyond.certify(solution, target, lam)
    assert certificate.holds(1e-3)
    assert certificate.loss == pytest.approx(lam * 2.1 - 3 * lam**2 / 2)
    assert 0 <= certificate.gap < 1e-3
    for wrong in ([1.0, 0.7, 0.4], [0.8, 0.5, 0.2], [0.9, 0.6, 0.31]):
        assert not beyond.certify(SymmetricCP(wrong, np.eye(5)[:, :3], order), target, lam).holds(1e-3)


def test_gap_is_a_true_bound():
    """No decomposition found by any run lies below loss - gap, wherever the certificate is taken."""
    target = random_target(6, 3, 3, rng=3)
    lam = 0.05
    settings = practical_settings(target, 12, regularization=lam, literal=True, epochs=4, iterations=900)
    solved = run(target, settings, 0).tensor
    best = beyond.certify(solved, target, lam)
    assert best.holds()
    rng = np.random.default_rng(4)
    for _ in range(40):
        other = SymmetricCP(rng.uniform(-0.5, 0.5, 5), random_unit_vectors(6, 5, rng), 3)
        certificate = beyond.certify(other, target, lam, fineness=40)
        assert certificate.loss - certificate.gap <= best.loss + 1e-12
        assert other.distance(solved) <= certificate.radius + best.radius


def test_certificate_covers_what_lies_outside_the_span():
    target = SymmetricCP([1.0], np.eye(4)[:, :1], 3)
    leaking = SymmetricCP([0.9, 0.05], np.eye(4)[:, :2], 3)
    certificate = beyond.certify(leaking, target, 0.1)
    whole, _ = beyond.largest_by_ascent(leaking - target, rng=1)
    assert certificate.bound >= whole
    assert not certificate.holds()  # the atom at e_2 has R = 0.05, not -0.1


def test_no_bound_is_claimed_beyond_three_dimensions():
    target = random_target(6, 4, 3, rng=0)
    certificate = beyond.certify(target, target, 0.1)
    assert certificate.bound == math.inf
    assert not certificate.holds()
    assert certificate.largest < 1e-8


def test_dense_targets_give_the_same_certificate():
    target = random_target(4, 2, 3, rng=2)
    tensor = random_cp(4, 3, 3, 5)
    first, second = (beyond.certify(tensor, T, 0.1) for T in (target, DenseSymmetric(target.to_dense())))
    assert first.largest == pytest.approx(second.largest, rel=1e-6)
    assert first.loss == pytest.approx(second.loss)
    assert np.allclose(first.at_components, second.at_components)


def test_nuclear_loss_is_the_loss_of_the_model():
    rng = np.random.default_rng(6)
    target = random_target(5, 2, 4, "mixed-sign", 1)
    point = Parameters.two_homogeneous(rng.standard_normal((5, 3)), [1, -1, 1])
    assert beyond.nuclear_loss(model(point, 4), target, 0.3) == pytest.approx(loss(point, target, 0.3))
    boosted = Parameters.two_homogeneous(point.U, point.a, 2.0)  # the two differ before the switch
    assert beyond.nuclear_loss(model(boosted, 4), target, 0.3) != pytest.approx(loss(boosted, target, 0.3))


def test_theorem_2s_minimum_satisfies_the_equality_and_violates_the_bound():
    lam = 0.1
    trap = homogeneous_trap(3, 1, 5, 3, lam)
    tensor = model(Parameters.two_homogeneous(trap.U, trap.c), 3)
    certificate = beyond.certify(tensor, trap.target, lam)
    assert certificate.defect < 1e-12
    # R(w^3) = 3 w_1 w_2^2 - lambda w_1^3: its maximum over x = w_1 of 3x - (3 + lambda) x^3
    x = 1 / math.sqrt(3 + lam)
    assert certificate.largest == pytest.approx(2 * x, rel=1e-6)
    share = beyond.violating_share(tensor, trap.target, lam, 40_000, 1)
    angles = np.linspace(0, 2 * math.pi, 100_001)
    exact = 0.5 * (np.abs(3 * np.cos(angles) - (3 + lam) * np.cos(angles) ** 3) > lam).mean()
    assert trap.target.span().shape[1] == 2
    assert share == pytest.approx(exact, abs=0.01)


def test_nuclear_atoms_are_not_always_the_components():
    """Two equal unit cubes more than 120 degrees apart have a shorter decomposition by mass, with three atoms."""
    for degrees, atoms in ((110, 2), (140, 3)):
        angle = math.radians(degrees)
        target = SymmetricCP([1.0, 1.0], [[1.0, math.cos(angle)], [0.0, math.sin(angle)]], 3)
        target = target.scaled(1 / target.norm())
        settings = practical_settings(target, 12, regularization=0.01, literal=True, epochs=6, iterations=1500)
        tensor = run(target, settings, 0).tensor
        assert beyond.certify(tensor, target, 0.01).holds()
        assert merge(tensor, 0.95, 0.01).rank == atoms
        mass = float(np.abs(tensor.weights).sum())
        given = float(target.weights.sum())
        assert (mass < 0.95 * given) == (atoms == 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda T: beyond.sphere_grid(4), "dimension"),
        (lambda T: beyond.certify(T, T, 0.0), "regularization"),
        (lambda T: beyond.certify(T, random_target(7, 2, 3), 0.1), "other"),
        (lambda T: beyond.largest_by_grid(random_cp(2, 2, 9, 0), 3), "fineness"),
        (lambda T: beyond.small_step_factors([1.0], [1.0, 2.0], 3, step_size=0.1), "coordinates"),
        (lambda T: merge(T, cosine=2.0), "cosine"),
        (lambda T: beyond.sphere_values(T, np.ones((2, 2))), "points"),
    ],
)
def test_bad_input_is_refused_in_one_line(call, message):
    with refused(message):
        call(random_target(6, 2, 3))


def test_a_dense_decomposition_has_no_atoms():
    target = random_target(3, 2, 3)
    with refused("tensor", TypeError):
        beyond.certify(DenseSymmetric(target.to_dense()), target, 0.1)
