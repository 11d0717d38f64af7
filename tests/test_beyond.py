"""The nuclear norm and the order of discovery: against brute force, closed forms and exact counterexamples."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tdbook import beyond
from tdbook.decomposition import merge, polish
from tdbook.descent import exact_gradient, initialize, practical_settings, run, step
from tdbook.landscape import homogeneous_trap
from tdbook.objectives import Parameters, loss, model
from tdbook.tensors import DenseSymmetric, SymmetricCP, random_target, random_unit_vectors, unit_columns
from tests.support.refusals import refused


def random_cp(d, r, order, seed):
    rng = np.random.default_rng(seed)
    return SymmetricCP(rng.standard_normal(r), rng.standard_normal((d, r)), order)


def re_z3(angle=0.0):
    """Re (z e^{i angle})^3 as a tensor: |T(w^3)| has six equal peaks of height 1."""
    turns = angle + np.array([0.0, 2.0, 4.0]) * math.pi / 3
    return SymmetricCP(np.full(3, 4 / 3), np.vstack([np.cos(turns), np.sin(turns)]), 3)


# --- the largest value on the sphere ----------------------------------------------------------------------


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


# --- the certificate --------------------------------------------------------------------------------------


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


# --- gathering and polishing -------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [3, 4])
def test_gathering_puts_split_atoms_together(order):
    basis = np.eye(3)
    flip = -1.0 if order == 3 else 1.0
    split = SymmetricCP(
        [0.5, flip * 0.3, 0.2, -0.4, 1e-9],
        np.column_stack([basis[0], -basis[0], basis[1], basis[2], basis[1] + basis[2]]),
        order,
    )
    atoms = merge(split).normalized()
    assert atoms.rank == 3
    assert atoms.distance(split) < 1e-6
    assert abs(atoms.weights[0]) == pytest.approx(0.8)


@pytest.mark.parametrize(("order", "kind"), [(3, "generic"), (4, "mixed-sign"), (5, "generic"), (2, "orthogonal")])
def test_polishing_reaches_rounding_level(order, kind):
    target = random_target(6, 3, order, kind, 8)
    rng = np.random.default_rng(9)
    near = SymmetricCP(target.weights * 0.9, target.factors + 0.05 * rng.standard_normal((6, 3)), order)
    assert near.distance(target) > 0.05
    assert polish(near, target).distance(target) < 1e-12


def test_polishing_never_goes_up():
    target = random_target(5, 4, 3, rng=1)
    for seed in range(5):
        rough = random_cp(5, 2, 3, seed)
        assert polish(rough, target).distance(target) <= rough.distance(target)


# --- deflation ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [2, 3, 4, 5])
@pytest.mark.parametrize("kappa", [1.0, 3.0])
def test_one_small_step_multiplies_coordinates_by_their_factors(order, kappa):
    target = random_target(6, 3, order, "orthogonal", 2)
    settings = replace(practical_settings(target, 1), boost=kappa, init_scale=1e-9, reinitialize=False)
    for seed in range(5):
        state = initialize(settings, np.random.default_rng(seed))
        after = step(state, exact_gradient(target, settings.regularization), settings).parameters.U
        point = state.parameters
        strengths, basis = target.components()
        w = basis.T @ unit_columns(point.U)[1]
        factors = beyond.small_step_factors(
            strengths,
            w[:, 0],
            order,
            point.a[0],
            step_size=settings.step_size,
            regularization=settings.regularization,
            kappa=kappa,
        )
        assert np.allclose((basis.T @ after)[:, 0], (basis.T @ point.U)[:, 0] * factors, rtol=1e-9)


def test_the_law_is_the_limit_of_small_steps():
    tau, w = np.array([1.0, 0.5]), np.array([0.6, 0.8])
    rates = beyond.deflation_rate(tau, w, 3)
    assert rates[0] - rates[1] == pytest.approx(3 * (0.6 - 0.4))
    gaps = []
    for eta in (1e-2, 1e-3):
        factors = beyond.small_step_factors(tau, w, 3, step_size=eta, regularization=0.3)
        gaps.append(abs(np.log(factors[0] / factors[1]) / eta - (rates[0] - rates[1])))
    assert gaps[1] == pytest.approx(gaps[0] / 10, rel=0.2)  # first order in eta
    assert gaps[1] < 2e-3


def test_predicted_winner():
    assert beyond.predicted_winner([1.0, 0.8], [0.1, 0.9], 2) == 0  # the strongest, wherever it starts
    assert beyond.predicted_winner([1.0, 0.8], [0.1, 0.9], 3) == 1
    assert beyond.predicted_winner([1.0, 0.8], [-0.5, -0.9], 3) is None
    assert beyond.predicted_winner([1.0, 0.8], [-0.5, -0.9], 3, sign=-1.0) == 1
    assert beyond.predicted_winner([1.0, 0.8], [0.0, 0.9], 2) == 1  # what starts at zero stays there
    assert beyond.predicted_winner([1.0, 0.8], [0.5, 0.5], 4, sign=-1.0) is None


def test_chance_of_each_winner_in_the_plane():
    """l = 3: (pi/2 + arctan(tau_1 / tau_2)) / 2 pi for the stronger; one time in four nothing grows."""
    tau = np.array([1.0, 0.5])
    w = random_unit_vectors(2, 40_000, np.random.default_rng(0))
    ends = [beyond.predicted_winner(tau, column, 3) for column in w.T[:20_000]]
    share = ends.count(0) / len(ends)
    assert share == pytest.approx((math.pi / 2 + math.atan(2.0)) / (2 * math.pi), abs=0.015)
    assert ends.count(None) / len(ends) == pytest.approx(0.25, abs=0.015)


def test_overlaps_of_shrunken_components():
    target = SymmetricCP([1.0, 0.5], np.eye(3)[:, :2], 3)
    assert beyond.overlaps(SymmetricCP([0.9, 0.4], np.eye(3)[:, :2], 3), target) == pytest.approx([0.9, 0.8])


# --- refusals ---------------------------------------------------------------------------------------------------


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
