"""Section 5.2 and Theorem 3: Lemmas 1 and 5 to 9 against dense tensors and closed forms."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import mpmath
import numpy as np
import pytest
from scipy.special import erf

from tdbook import SymmetricCP, lemmas, random_target
from tdbook.descent import practical_settings
from tdbook.objectives import Parameters, frozen_gradient, model
from tests.support.refusals import refused


def point(seed: int, order: int, d: int = 5, m: int = 3) -> tuple[Parameters, SymmetricCP]:
    rng = np.random.default_rng(seed)
    U = rng.standard_normal((d, m)) * 0.6
    kappa = rng.uniform(0.5, 3.0, m)
    return Parameters.two_homogeneous(U, rng.choice([-1.0, 1.0], m), kappa), random_target(d, 2, order, rng=rng)


def contract(tensor: np.ndarray, vectors: list[np.ndarray]) -> np.ndarray:
    for vector in vectors:
        tensor = np.tensordot(vector, tensor, axes=(0, 0))
    return tensor


@pytest.mark.parametrize("order", [3, 4])
def test_outside_matrix_moves_the_outside_part(order: int) -> None:
    p, target = point(1, order)
    lam, basis = 0.1, target.span()
    outside = np.eye(5) - basis @ basis.T
    G = frozen_gradient(p, target, lam)
    Q = lemmas.outside_matrix(p, order, lam)
    assert np.allclose(outside @ G, order * outside @ p.U @ Q, atol=1e-12)
    assert np.linalg.eigvalsh(Q)[0] >= lam * (1 - 1e-12)
    assert lemmas.outside_mass(p, target) == pytest.approx(np.linalg.norm(outside @ p.U) ** 2)


@pytest.mark.second_opinion("tdbook.lemmas.lemma5_identity")
@pytest.mark.parametrize("order", [3, 4])
def test_lemma5_identity_against_the_dense_tensor(order: int) -> None:
    p, target = point(2, order)
    lam, basis = 0.1, target.span()
    outside = np.eye(5) - basis @ basis.T
    dense = model(p, order).to_dense() @ outside  # the last index projected
    frozen, squares, tied = lemmas.lemma5_identity(p, target, lam)
    ridge = float((p.c_hat * p.norms) ** (order - 2) @ (np.linalg.norm(outside @ p.U, axis=0) ** 2))
    assert frozen == pytest.approx(squares, rel=1e-10)
    assert squares == pytest.approx(order * np.sum(dense**2) + lam * order * ridge, rel=1e-10)
    radial = np.einsum("ij,ij->j", p.U, frozen_gradient(p, target, lam)) / p.norms**2
    lost = (order - 2) / order * float(radial @ np.linalg.norm(outside @ p.U, axis=0) ** 2)
    assert tied == pytest.approx(frozen - lost, rel=1e-9)


def test_the_tied_gradient_can_push_outwards_and_the_frozen_one_cannot() -> None:
    target = SymmetricCP([1.0], [[1.0], [0.0]], 3)
    p = Parameters.two_homogeneous([[0.03], [0.04]], [-1.0])
    frozen, _, tied = lemmas.lemma5_identity(p, target, 0.0)
    assert tied < 0 < frozen


def test_lemma5_condition_is_sharp_for_one_column() -> None:
    target = SymmetricCP([1.0], [[1.0], [0.0]], 3)
    p = Parameters.two_homogeneous([[0.5], [0.3]], [1.0])
    edge = 2 / (3 * lemmas.outside_matrix(p, 3, 0.1)[0, 0])
    below, above = (lemmas.lemma5(p, target, 0.1, edge * (1 + sign * 1e-6)) for sign in (-1, 1))
    assert below.hypothesis and below.holds
    assert not above.hypothesis and not above.holds


@pytest.mark.second_opinion("tdbook.lemmas.sphere_moment_bounds")
@pytest.mark.parametrize("order", [2, 3, 4, 5, 6])
def test_sphere_moment_bounds_are_the_extreme_eigenvalues_on_the_circle(order: int) -> None:
    """E vec(w^l) vec(w^l)^T on symmetric tensors, by equally spaced points: exact for trigonometric polynomials."""
    angles = 2 * np.pi * np.arange(64) / 64
    w = np.stack([np.cos(angles), np.sin(angles)])
    powers = [math.sqrt(math.comb(order, k)) * w[0] ** k * w[1] ** (order - k) for k in range(order + 1)]
    eigenvalues = np.linalg.eigvalsh(np.stack(powers) @ np.stack(powers).T / 64)
    assert lemmas.sphere_moment_bounds(2, order) == pytest.approx((eigenvalues[0], eigenvalues[-1]), rel=1e-10)


def test_sphere_moment_bounds_on_a_line_meet() -> None:
    assert lemmas.sphere_moment_bounds(1, 3) == pytest.approx((6 / 15, 1.0))
    assert lemmas.gaussian_moment(1, 3) == 15.0
    assert lemmas.gaussian_moment(4, 0) == 1.0


def test_correlation_quantile_of_a_rank_one_residual_on_the_circle() -> None:
    """|cos|^l: P[|cos| >= x] = (2/pi) arccos x, and the sign halves it."""
    order, chance = 3, 0.2
    expected = math.cos(math.pi * chance) ** order / math.sqrt(lemmas.sphere_moment_bounds(2, order)[0])
    found = lemmas.correlation_quantile(SymmetricCP([1.0], [[1.0], [0.0]], order), chance, 200_000, 0)
    assert found == pytest.approx(expected, rel=0.02)
    hits, count = lemmas.lemma6_chance(SymmetricCP([1.0], [[1.0], [0.0]], order), expected, 200_000, 1)
    assert hits / count == pytest.approx(chance, abs=0.005)


def test_anticoncentration() -> None:
    assert lemmas.anticoncentration(3, 0.5) == pytest.approx(0.5 * 0.75**2 / 729)
    assert lemmas.anticoncentration(3, 0.0, 2) > lemmas.anticoncentration(3, 0.5, 2) > lemmas.anticoncentration(3, 0.5)
    for s, order in itertools.product(range(1, 7), (3, 4)):
        assert 0 < lemmas.anticoncentration(order, 0.5, s) <= 0.5
        assert lemmas.anticoncentration(order, 0.5, s) > lemmas.anticoncentration(order, 0.5)


@pytest.mark.parametrize(("s", "order"), [(2, 3), (3, 4), (5, 3)])
def test_the_square_of_a_form_is_at_most_n_times_its_mean(s: int, order: int) -> None:
    """The zonal form of degree l attains it: the kernel's value N at its pole, so no smaller N would do."""
    forms = [p for p in itertools.product(range(order + 1), repeat=s) if sum(p) == order]
    w = np.random.default_rng(s).standard_normal((200_000, s))
    w /= np.linalg.norm(w, axis=1)[:, None]
    values = np.stack([np.prod(w ** np.array(p), axis=1) for p in forms])
    gram = values @ values.T / w.shape[0]
    pole = np.array([1.0 if p[0] == order else 0.0 for p in forms])
    assert float(pole @ np.linalg.solve(gram, pole)) == pytest.approx(len(forms), rel=0.03)


@pytest.mark.parametrize(("order", "s"), [(2, 2), (3, 2), (3, 6), (4, 3), (5, 10)])
def test_the_explicit_strength_by_another_quadrature(order: int, s: int) -> None:
    with mpmath.workdps(30):
        a = mpmath.mpf(2) / 5
        tail = mpmath.quad(
            lambda t: order * mpmath.sinh(2 * order * t) * a ** ((1 + mpmath.cosh(t)) / 2), [0, 2, 5, 12]
        )
        moment = mpmath.factorial(order) / mpmath.fprod(s + 2 * j for j in range(order))
        wanted = mpmath.sqrt(moment * s / (s + 2 * order) / (1 + tail))
    assert lemmas.explicit_strength(order, s) == pytest.approx(float(wanted), rel=1e-9)


@pytest.mark.parametrize(("order", "s"), [(3, 2), (3, 4), (4, 3)])
def test_the_explicit_strength_has_its_chance(order: int, s: int) -> None:
    """Also at the hardest residual that descent finds; and a larger chance leaves a smaller strength."""
    strength = lemmas.explicit_strength(order, s)
    theta = strength / math.sqrt(lemmas.sphere_moment_bounds(s, order)[0])
    hits, count = lemmas.lemma6_chance(lemmas.hard_residual(s, order, 0, rounds=40), theta, 20_000, 1)
    assert hits / count > 0.2
    assert lemmas.explicit_strength(order, s, 0.45) < lemmas.explicit_strength(order, s, 0.3) < strength


def test_the_least_strength_of_the_plane_is_certified_from_both_sides() -> None:
    assert lemmas.holds_in_the_plane(0.226, points=8000)
    hardest = 0.5391534  # where the chance of 0.2273 falls below 1/5
    t = (np.arange(200_000) + 0.5) * np.pi / 100_000
    values = np.cos(hardest) / 2 * np.cos(3 * t) + np.sqrt(0.75) * np.sin(hardest) * np.cos(t)
    assert np.mean(np.abs(values) >= 0.2273) < 0.4 < np.mean(np.abs(values) >= 0.226)
    assert not lemmas.holds_in_the_plane(0.2273, points=8000)
    # the form has norm 1: its entries against the quadrature of its square
    harmonic = SymmetricCP([np.cos(hardest) / 2 * 4 / 3] * 3, [[1, -0.5, -0.5], [0, np.sqrt(0.75), -np.sqrt(0.75)]], 3)
    directions = np.stack([np.cos(t), np.sin(t)])
    assert np.allclose(harmonic.evaluate(directions), np.cos(hardest) / 2 * np.cos(3 * t))
    assert harmonic.norm() == pytest.approx(np.cos(hardest))


@pytest.mark.parametrize(("order", "s"), [(3, 1), (3, 2), (4, 5)])
def test_the_proved_pair_is_proved_and_the_best_of_those(order: int, s: int) -> None:
    strength, chance = lemmas.proved_pair(order, s)
    theta = strength / math.sqrt(lemmas.sphere_moment_bounds(s, order)[0])
    assert chance == pytest.approx(lemmas.anticoncentration(order, theta, s))
    old = 0.75 * strength / theta, lemmas.anticoncentration(order, 0.75, s)
    assert chance * strength**5 >= old[1] * old[0] ** 5


def test_hard_residual_is_harder_than_rank_one() -> None:
    hard = lemmas.hard_residual(3, 3, 0, rounds=80)
    assert hard.norm() == pytest.approx(1.0)
    rank_one = SymmetricCP([1.0], np.eye(3)[:, :1], 3)
    assert lemmas.correlation_quantile(hard, 0.2, 20_000, 1) < 0.6 * lemmas.correlation_quantile(
        rank_one, 0.2, 20_000, 1
    )


def test_fresh_share() -> None:
    assert lemmas.fresh_share(2, 1, 0.2) == pytest.approx(1 - 2 / math.pi * math.asin(0.2 / math.sqrt(2)))
    assert lemmas.fresh_share(10**7, 1, 0.2) == pytest.approx(1 - erf(0.2 / math.sqrt(2)), abs=1e-6)
    assert lemmas.fresh_share(5, 5, 0.9) == 1.0
    assert min(lemmas.fresh_share(d, 1, 0.2) for d in range(1, 200)) >= 5 / 6


@pytest.mark.second_opinion("tdbook.lemmas.lemma7_decomposition")
@pytest.mark.parametrize("order", [3, 4])
def test_lemma7_decomposition_against_dense_tensors(order: int) -> None:
    p, target = point(4, order)
    lam, j = 0.1, 1
    basis = target.span()
    inside = basis @ basis.T
    u = p.U[:, j]
    x = inside @ u
    T, star = model(p, order).to_dense(), target.to_dense()
    b = p.a[j] * p.c[j] ** (order - 2)
    parts = lemmas.lemma7_decomposition(p, target, lam, j)
    in_span = float(contract(T, [x] * order) - contract(star, [x] * order))
    leak = order * b * float(contract(T, [u] * (order - 1) + [x]) - contract(T, [x] * order))
    assert parts.main == pytest.approx(order * b * in_span + lam * order * x @ x, rel=1e-10)
    assert parts.leak == pytest.approx(leak, rel=1e-9)
    assert parts.total == pytest.approx(parts.main + parts.leak, rel=1e-10)
    assert abs(parts.leak) <= parts.leak_bound


def test_lemma7_stops_where_lambda_is_too_large() -> None:
    target = SymmetricCP([1.0], [[1.0], [0.0]], 3)
    p = Parameters.two_homogeneous([[0.01], [0.0]], [1.0])
    good, heavy = (lemmas.lemma7(p, target, lam, 0.1, 0) for lam in (0.3, 1.5))
    assert good.hypothesis and good.holds
    assert not heavy.hypothesis and not heavy.holds


@pytest.mark.parametrize("order", [3, 4])
def test_lemma8_in_S_is_a_shifted_power_step(order: int) -> None:
    rng = np.random.default_rng(8)
    target = random_target(3, 4, order, rng=rng)
    assert target.span().shape[1] == 3
    p = Parameters.two_homogeneous(rng.standard_normal((3, 2)), [1.0, -1.0])
    lam, j = 0.05, 1
    eta = lemmas.shift_step(p, target, lam, j) * (1 - 1e-9)
    inequality = lemmas.lemma8(p, target, lam, eta, j)
    assert inequality.hypothesis and inequality.holds
    assert not lemmas.lemma8(p, target, lam, eta * (1 + 1e-6), j).hypothesis
    # by hand: w' is proportional to shift * w - a R(w^{l-1})
    R = model(p, order).to_dense() - target.to_dense()
    w = p.U[:, j] / p.norms[j]
    shift = (1 - eta * order * lam) / (eta * order)
    turned = shift * w - p.a[j] * contract(R, [w] * (order - 1))
    turned /= np.linalg.norm(turned)
    assert inequality.left == pytest.approx(p.a[j] * float(contract(R, [turned] * order)), rel=1e-9)
    assert lemmas.correlation(p, target, j) == pytest.approx(p.a[j] * float(contract(R, [w] * order)), rel=1e-9)


def test_telescoping_and_lemma9_along_a_run() -> None:
    target = random_target(8, 2, 3, rng=2)
    settings = practical_settings(target, 5, 0.1, epochs=2, iterations=60)
    for epoch in lemmas.epochs(target, settings, 5):
        j = epoch.states[0].reinitialized
        assert j is not None
        display = lemmas.telescoping(epoch.states, target, j)
        assert display.holds
        ends = [lemmas.correlation(state.parameters, target, j) for state in (epoch.states[0], epoch.states[-1])]
        assert display.left == pytest.approx(ends[1] - ends[0], abs=1e-12)
        path = lemmas.lemma9(epoch, target, settings)
        assert path.left == pytest.approx(lemmas.tensor_path(epoch.states, 3).sum())
        assert not path.violated
        assert lemmas.lemma5_total(epoch.states[-1], target, settings).holds


def test_telescoping_as_printed_fails_for_a_negative_sign() -> None:
    from tdbook.descent import State

    target = SymmetricCP([1.0, 1e-9], np.eye(2), 3)
    walk = [
        State(Parameters.two_homogeneous(1e-6 * np.array([[math.cos(t)], [math.sin(t)]]), [-1.0]), np.zeros(1, bool))
        for t in (1.2, 0.9, 0.6)
    ]
    assert lemmas.telescoping(walk, target, 0).holds
    assert not lemmas.telescoping(walk, target, 0, printed=True).holds


def test_lemma1_reads_an_epoch() -> None:
    target = random_target(8, 2, 3, rng=2)
    settings = practical_settings(target, 5, 0.1, epochs=1, iterations=150)
    outcome = lemmas.lemma1(next(lemmas.epochs(target, settings, 5)), target, settings)
    assert outcome.error == pytest.approx(1.0, abs=1e-2)
    assert outcome.decrease > 0.4
    assert -1 <= outcome.correlation <= 1
    assert 0 < outcome.share <= math.sqrt(8)


def test_rotating_everything_changes_nothing() -> None:
    p, target = point(9, 3)
    rotation = np.linalg.qr(np.random.default_rng(0).standard_normal((5, 5)))[0]
    turned = Parameters(rotation @ p.U, p.a, p.c, p.c_hat)
    turned_target = SymmetricCP(target.weights, rotation @ target.factors, 3)
    for function in (lemmas.lemma3, lemmas.lemma5):
        a, b = function(p, target, 0.1, 0.05), function(turned, turned_target, 0.1, 0.05)
        assert (a.left, a.right) == pytest.approx((b.left, b.right), rel=1e-9)
    for per_column in (lemmas.lemma7, lemmas.lemma8):
        a, b = per_column(p, target, 0.1, 0.05, 1), per_column(turned, turned_target, 0.1, 0.05, 1)
        assert (a.left, a.right) == pytest.approx((b.left, b.right), rel=1e-9)


def test_a_component_outside_the_span_has_no_correlation() -> None:
    target = SymmetricCP([1.0], [[1.0], [0.0]], 3)
    p = Parameters.two_homogeneous([[0.0], [1.0]], [1.0])
    with refused("column 0"):
        lemmas.correlation(p, target, 0)


# --- Theorem 3 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [(10, 2, 3, 0.1), (5, 1, 3, 0.5), (10**6, 5, 4, 0.01), (3, 3, 5, 0.2)])
def test_the_plan_meets_every_condition(sizes: tuple[int, int, int, float]) -> None:
    found = lemmas.plan(*sizes)
    assert found.holds, [c for c in found.conditions if not c.holds]
    assert found.components > 1e6 and found.epochs > 1e6


@pytest.mark.parametrize(
    ("name", "factor", "broken"),
    [
        ("components", 0.5, "an unlucky epoch"),
        ("epochs", 0.5, "K epochs suffice"),
        ("iterations", 0.5, "growth in H steps"),
        ("step_size", 3.0, "Lemma 3"),
        ("init_scale", 1e4, "H steps of Lemma 8"),
        ("regularization", 2.0, "Lemma 7"),
    ],
)
def test_each_parameter_is_needed(name: str, factor: float, broken: str) -> None:
    found = lemmas.plan(10, 2, 3, 0.1)
    changed = lemmas.plan(10, 2, 3, 0.1, **{name: factor * getattr(found, name)})
    assert any(c.name.startswith(broken) for c in changed.conditions if not c.holds)


def test_the_orders_of_theorem_3() -> None:
    def slope(attribute: str, order: int) -> float:
        coarse, fine = (getattr(lemmas.plan(10, 2, order, eps), attribute) for eps in (1e-2, 1e-4))
        return math.log(fine / coarse) / math.log(100.0)

    for order in (3, 4):
        assert slope("components", order) == pytest.approx(5.0, abs=0.3)
        assert slope("epochs", order) == pytest.approx(4.0, abs=0.3)
        assert slope("regularization", order) == pytest.approx(-1.0, abs=1e-6)
    near, far = (lemmas.plan(d, 2, 3, 0.1).components for d in (10, 10**9))
    assert near < far < 2 * near  # logarithmic in d


def test_plan_asks_for_sense() -> None:
    with refused("chance"):
        lemmas.plan(10, 2, 3, 0.1, chance=0.2)
    with refused("changes", TypeError):
        lemmas.plan(10, 2, 3, 0.1, rank=3.0)
    with refused("span"):
        lemmas.plan(3, 4, 3, 0.1)
    with refused("accuracy"):
        lemmas.plan(10, 2, 3, 1.5)
    assert not replace(lemmas.plan(10, 2, 3, 0.1), conditions=(lemmas.Condition("x", 2.0, 1.0),)).holds


@pytest.mark.parametrize("order", [3, 4, 5])
def test_the_bad_minimum_is_stationary_and_bad(order: int) -> None:
    target, state = lemmas.bad_minimum(6, order, 4, 0.02)
    assert target.norm() == pytest.approx(1.0)
    assert np.abs(frozen_gradient(state.parameters, target, 0.02)).max() < 1e-12
    assert model(state.parameters, order).distance(target) > 0.8
    with refused("regularization"):
        lemmas.bad_minimum(6, order, 4, 0.9)
