"""Certificates, deflation, networks, sources and sweeps against arrays of all entries, SciPy and NumPy's Hermites."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import t

from tdbook import beyond, experiments, statistics
from tdbook.beyond import mixture, networks
from tdbook.decomposition import merge, polish
from tdbook.descent import exact_gradient, initialize
from tdbook.experiments import sweeps
from tdbook.objectives import Parameters
from tdbook.tensors import DenseSymmetric, SymmetricCP, random_target, sources
from tests.support import dense


def random_cp(d, r, order, seed):
    rng = np.random.default_rng(seed)
    return SymmetricCP(rng.standard_normal(r), rng.standard_normal((d, r)), order)


def entries(T):
    return dense.tensor(T.weights, T.factors, T.order)


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


@pytest.mark.second_opinion("tdbook.decomposition.merge", "tdbook.decomposition.polish")
@pytest.mark.parametrize("order", [3, 4])
def test_atoms_on_all_entries(order):
    target = random_target(3, 2, order, rng=3)
    split = SymmetricCP(np.append(target.weights / 2, target.weights / 2), np.hstack([target.factors] * 2), order)
    assert np.abs(entries(merge(split)) - entries(target)).max() < 1e-13
    rough = SymmetricCP(0.95 * target.weights, target.factors + 0.02, order)
    assert np.linalg.norm(entries(polish(rough, target)) - entries(target)) < 1e-12


@pytest.mark.second_opinion(
    "tdbook.beyond.small_step_factors", "tdbook.beyond.deflation_rate", "tdbook.beyond.predicted_winner",
)  # fmt: skip
@pytest.mark.parametrize("order", [2, 3, 4, 5])
def test_small_columns_of_an_orthogonal_target_on_all_entries(order):
    """Where R is -T* the step of the dense gradient multiplies each coordinate; the rates are its logarithms."""
    tau, w, kappa, eta, lam = np.array([1.0, 0.6, 0.3]), np.array([0.6, -0.64, 0.48]), 1.7, 1e-6, 0.05
    goal = dense.tensor(tau, np.eye(3), order)
    for sign in (1.0, -1.0):
        p = Parameters.two_homogeneous(1e-9 * w[:, None], [sign], kappa)
        moved = p.U - eta * dense.frozen(p, goal, lam)
        factors = (moved / p.U).ravel()
        found = beyond.small_step_factors(tau, w, order, sign, step_size=eta, regularization=lam, kappa=kappa)
        assert found == pytest.approx(factors, rel=1e-12)
        rates = np.log(factors) / eta / kappa ** (order - 2)
        law = beyond.deflation_rate(tau, w, order, sign)
        assert law - law[0] == pytest.approx(rates - rates[0], abs=1e-4)
        # followed until one coordinate is left
        u, steps = w.copy(), 0
        while steps < 4000 and not (u**2 > 0.99 * u @ u).any():
            u = u + 0.01 * sign * order * tau * (u / np.linalg.norm(u)) ** (order - 1) * np.linalg.norm(u)
            steps += 1
        winner = beyond.predicted_winner(tau, w, order, sign)
        assert winner is None or winner == np.argmax(np.abs(u))
        assert (winner is None) == (law <= 0).all()


@pytest.mark.second_opinion("tdbook.beyond.direction_shares", "tdbook.beyond.nearest_direction")
def test_shares_of_directions_by_hand():
    p = Parameters.two_homogeneous([[3.0, 0.0], [4.0, 1.0], [0.0, 2.0]], [1.0, -1.0])
    assert beyond.direction_shares(p, np.eye(3)) == pytest.approx(np.array([[9 / 25, 0], [16 / 25, 0.2], [0, 0.8]]))
    assert list(beyond.nearest_direction(p, np.eye(3))) == [1, 2]


# --- networks -------------------------------------------------------------------------------------------------------


@pytest.mark.second_opinion("tdbook.beyond.neurons", "tdbook.beyond.outputs", "tdbook.beyond.hermite_ladder")
@pytest.mark.parametrize("order", [2, 3, 4])
def test_neurons_and_outputs_are_numpys_hermite_polynomials(order):
    tensor = random_cp(3, 2, order, 1)
    X = np.random.default_rng(0).standard_normal((7, 3))
    lengths = np.linalg.norm(tensor.factors, axis=0)
    unit = np.zeros(order + 1)
    unit[order] = 1 / math.sqrt(math.factorial(order))
    wanted = lengths**order * np.polynomial.hermite_e.hermeval(X @ (tensor.factors / lengths), unit)
    assert networks.neurons(tensor.factors, X, order) == pytest.approx(wanted, rel=1e-10, abs=1e-12)
    assert networks.outputs(tensor, X) == pytest.approx(wanted @ tensor.weights, rel=1e-10, abs=1e-12)
    ladder = networks.hermite_ladder(order, X, 2.0)
    for k, values in zip((order - 2, order - 1, order), ladder, strict=True):
        one = np.zeros(k + 1)
        one[k] = 2.0 ** (k / 2)
        assert values == pytest.approx(np.polynomial.hermite_e.hermeval(X / math.sqrt(2.0), one), rel=1e-10, abs=1e-12)


@pytest.mark.second_opinion("tdbook.statistics.mean_of", "tdbook.beyond.network_loss")
def test_means_and_their_intervals():
    values = np.random.default_rng(0).standard_normal(20)
    found = statistics.mean_of(values)
    half = 1.96 * np.sqrt(np.sum((values - values.sum() / 20) ** 2) / 19 / 20)
    assert (found.value, found.half_width) == pytest.approx((values.sum() / 20, half))
    student, teacher = random_cp(2, 2, 3, 0), random_cp(2, 1, 3, 1)
    X = np.random.default_rng(1).standard_normal((9, 2))
    gaps = networks.outputs(student, X) - networks.outputs(teacher, X)
    assert networks.network_loss(student, teacher, X).value == pytest.approx(np.mean(gaps**2) / 2)


@pytest.mark.second_opinion(
    "tdbook.descent.exact_gradient", "tdbook.beyond.path", "tdbook.beyond.separation", "tdbook.beyond.Mixture",
    "tdbook.beyond.mixture_run", "tdbook.beyond.network_settings",
)  # fmt: skip
@pytest.mark.parametrize("order", [2, 3, 4])
def test_paths_and_mixtures_on_all_entries(order):
    """exact_gradient, path and separation; gradient, loss and error of a mixture; its run."""
    teacher = random_target(3, 2, order, rng=2)
    goal = dense.tensor(teacher.weights, teacher.factors, order)
    settings = networks.network_settings(teacher, 3, 10, 0.02)
    assert settings.init_scale == pytest.approx(0.3 / math.sqrt(3))
    exact = list(networks.path(exact_gradient(teacher, 0.02), settings, 5))
    p = initialize(settings, np.random.default_rng(5)).parameters
    for found in exact:
        assert np.abs(found.U - p.U).max() < 1e-13
        U = p.U - settings.step_size * dense.frozen(p, goal, 0.02)
        shrink = np.linalg.norm(p.U, axis=0) / np.linalg.norm(U, axis=0)
        p = Parameters(U, p.a, p.c * shrink, p.c_hat * shrink)
    apart = mixture.separation(exact[:2], exact[1:3], order)
    wanted = [np.linalg.norm(dense.model(x, order) - dense.model(y, order)) for x, y in pairwise(exact[:3])]
    assert apart == pytest.approx(wanted, rel=1e-9)

    mixed = mixture.Mixture({order: 0.7, order + 1: 0.2}, teacher.weights, 2 * teacher.factors)
    unit = teacher.factors / np.linalg.norm(teacher.factors, axis=0)
    goals = {k: dense.tensor(teacher.weights, unit, k) for k in (order, order + 1)}
    loss = sum(s * dense.loss(p, goals[k], 0.1) for k, s in mixed.squares.items())
    assert mixed.loss(p, 0.1) == pytest.approx(loss, rel=1e-12)
    gradient = sum(s * dense.frozen(p, goals[k], 0.1) for k, s in mixed.squares.items())
    assert np.abs(mixed.gradient(0.1)(p) - gradient).max() < 1e-13
    norm = math.sqrt(sum(s * np.sum(goals[k] ** 2) for k, s in mixed.squares.items()))
    gap = math.sqrt(sum(s * np.sum((dense.model(p, k) - goals[k]) ** 2) for k, s in mixed.squares.items()))
    assert (mixed.norm(), mixed.error(p)) == pytest.approx((norm, gap / norm), rel=1e-12)

    short = replace(settings, iterations=6, regularization=0.1, step_size=0.02, accuracy=1e-9)
    q = initialize(short, np.random.default_rng(1)).parameters
    for _ in range(6):
        U = q.U - 0.02 * sum(s * dense.frozen(q, goals[k], 0.1) for k, s in mixed.squares.items())
        shrink = np.linalg.norm(q.U, axis=0) / np.linalg.norm(U, axis=0)
        q = Parameters(U, q.a, q.c * shrink, q.c_hat * shrink)
    gap = math.sqrt(sum(s * np.sum((dense.model(q, k) - goals[k]) ** 2) for k, s in mixed.squares.items()))
    assert mixture.mixture_run(mixed, short, 1) == pytest.approx([gap / norm], rel=1e-10)


# --- sources and sweeps ---------------------------------------------------------------------------------------------


@pytest.mark.second_opinion("tdbook.tensors.principal_space")
def test_the_principal_space_of_points_whose_moments_are_exact():
    """Two centres, each moved by +- sigma sqrt(d) along every axis: covariance sigma^2 I exactly."""
    d, sigma, centres = 5, 0.3, np.array([[2.0, 0, 0, 1, 0], [0, 1.5, 0, 0, 1]])
    shifts = sigma * math.sqrt(d) * np.vstack([np.eye(d), -np.eye(d)])
    X = np.vstack([centre + shifts for centre in centres])
    basis, noise = sources.principal_space(X, 2)
    assert noise == pytest.approx(sigma**2, rel=1e-12)
    assert np.abs(basis @ (basis.T @ centres.T) - centres.T).max() < 1e-13


@pytest.mark.second_opinion("tdbook.statistics.exponent")
def test_slopes_of_a_table_are_numpys():
    rng = np.random.default_rng(0)
    sizes, m = np.array([2.0, 3, 5, 8, 13]), rng.uniform(2, 50, 5)
    (slope, offset), covariance = np.polyfit(np.log(sizes), np.log(m), 1, cov=True)
    found = statistics.exponent(sizes, m)
    assert found == pytest.approx((slope, t.ppf(0.975, 3) * math.sqrt(covariance[0, 0])), rel=1e-9)
    assert offset != 0.0


@pytest.mark.second_opinion("tdbook.experiments.successes", "tdbook.experiments.columns")
def test_successes_counted_by_hand_and_columns_row_by_row():
    cells = experiments.grid(3, (10, 20), 2, 4, seed=range(5))
    outcomes = [experiments.Outcome(cell, 0.01 * k, k % 3 > 0, k, 1.0) for k, cell in enumerate(cells)]
    counts = experiments.successes(outcomes)
    for key, (good, runs) in counts.items():
        mine = [o for o in outcomes if o.cell.dimension == key[1]]
        assert (good, runs) == (sum(o.error % 0.03 > 1e-9 for o in mine), 5)
    table = experiments.columns(outcomes)
    assert [tuple(table[name][7] for name in ("dimension", "seed", "error"))] == [(20, 2, 0.07)]


@pytest.mark.second_opinion("tdbook.experiments.measure")
def test_a_measured_cell_on_all_entries(monkeypatch):
    """measure: the error of the run's own tensor, formed whole."""
    kept = {}
    original = sweeps.run
    monkeypatch.setattr(
        sweeps, "run", lambda target, *rest, **more: kept.setdefault(target, original(target, *rest, **more))
    )
    outcome = experiments.measure(experiments.Cell(3, 6, 2, "generic", 0.05, 3, 300, False, 6, 4))
    ((target, run),) = kept.items()
    goal = entries(target)
    assert outcome.error == pytest.approx(np.linalg.norm(entries(run.tensor) - goal) / np.linalg.norm(goal), rel=1e-9)
    assert outcome.converged == (outcome.error <= 0.05)
    assert outcome.epochs_done == run.epochs
