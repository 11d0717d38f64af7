"""Tiny norms, large kappa and order 8 in the rooms above the objectives: against mpmath, or refused in one line."""

import math
from dataclasses import replace
from types import SimpleNamespace

import mpmath
import numpy as np
import pytest

from tdbook import landscape, lazy
from tdbook.decomposition import decompose, local_search
from tdbook.descent import BufferedLoop, Settings, State, exact_gradient, step
from tdbook.descent.coordinates import Lossless
from tdbook.landscape import escape_time
from tdbook.lazy import Start, linearise
from tdbook.lemmas import escape, outside, plan, rise
from tdbook.objectives import Parameters
from tdbook.tensors import SymmetricCP, random_target, random_unit_vectors
from tests.support.refusals import refused
from tests.test_extremes import Exact, column, dot, exact

LAM = 0.01


def fresh_beside_grown(order, kappa, size=1e-12, d=4):
    """Two columns that were just drawn, with norm delta and kappa large, beside two that have switched."""
    rng = np.random.default_rng([order, 7])
    U = rng.standard_normal((d, 4)) * np.array([size, 0.5, size, 0.8]) / 2
    return Parameters.two_homogeneous(U, [1.0, 1.0, -1.0, 1.0], [kappa, 1.0, kappa, 1.0]), random_target(
        d, 2, order, rng=1
    )


# size, kappa, order; eta is chosen so that a fresh column moves by its own length
CASES = [(1e-12, 20.0, 3), (1e-12, 1e3, 8), (1e-12, 1e5, 8), (1e-40, 1e3, 5), (1e-150, 1e6, 4)]


@pytest.mark.parametrize(("size", "kappa", "order"), CASES)
@pytest.mark.parametrize("fast", [False, True])
def test_a_step_of_an_epoch(size, kappa, order, fast):
    """The readable step and the fast loop, column by column to 1e-10 of its own length."""
    p, target = fresh_beside_grown(order, kappa, size)
    eta = 0.05 / kappa ** (order - 2)
    settings = Settings(4, 4, 1, 1, eta, size, LAM, 0.1, boost=kappa)
    state = State(p, np.array([True, False, True, False]))
    if fast:
        loop = BufferedLoop(target, settings)
        loop.load(state)
        loop.step()
        after = loop.state(state).parameters
    else:
        after = step(state, exact_gradient(target, settings.regularization), settings).parameters
    with mpmath.workdps(80):
        truth = Exact(p, target)
        for j in range(4):
            wanted = [x - mpmath.mpf(eta) * g for x, g in zip(truth.u[j], truth.gradient(mpmath.mpf(LAM), j))]
            length = mpmath.sqrt(dot(wanted, wanted))
            assert all(abs(x - y) <= 1e-10 * length for x, y in zip(after.U[:, j], wanted))
            kept = mpmath.sqrt(dot(truth.u[j], truth.u[j])) / length
            assert after.c_hat[j] == pytest.approx(float(kept * truth.c_hat[j]), rel=1e-10, abs=0)
            crossed = state.fresh[j] and length > mpmath.mpf(settings.switch_norm)
            c = kept * truth.c[j] / (mpmath.mpf(kappa) if crossed else 1)
            assert after.c[j] == pytest.approx(float(c), rel=1e-10, abs=0)


@pytest.mark.parametrize("size", [1e-12, 1e-100])
def test_coordinates_keep_tiny_columns_beside_large_ones(size):
    """A turn of the lossless basis: cosines of the columns that stay, and with the target, to 1e-12 in mpmath."""
    target, rng = random_target(12, 2, 3, rng=0), np.random.default_rng(1)
    space = Lossless(target, 4, rng)
    U = space.components * np.array([size, 1.0, 10 * size, 3.0])
    before = space.basis @ U
    redrawn = space.redraw(U, 1, size, rng)
    after, own = space.basis @ redrawn, space.basis[:, :2]
    with mpmath.workdps(60):

        def cosine(x, y):
            return dot(x, y) / mpmath.sqrt(dot(x, x) * dot(y, y))

        small, old, new = exact(redrawn), exact(before), exact(after)
        for i in (0, 2, 3):
            one = column(small, i)
            assert abs(mpmath.sqrt(dot(one, one)) / mpmath.sqrt(dot(column(old, i), column(old, i))) - 1) < 1e-12
            for j in (0, 2, 3):
                assert abs(cosine(one, column(small, j)) - cosine(column(old, i), column(old, j))) < 1e-12
            for q in range(2):
                axis = [mpmath.mpf(float(x)) for x in own[:, q]]
                assert abs(cosine(column(new, i), axis) - cosine(column(old, i), axis)) < 1e-12
        fresh = column(small, 1)
        assert abs(mpmath.sqrt(dot(fresh, fresh)) / mpmath.mpf(size) - 1) < 1e-14


# --- the lemmas -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "kappa", "order"), [*CASES, (1e-200, 1.0, 3), (1.0, 1e6, 8)])
def test_sizes_and_bounds_of_the_lemmas(size, kappa, order):
    p, target = fresh_beside_grown(order, kappa, size)
    with mpmath.workdps(60):
        truth = Exact(p, target)
        lengths = [mpmath.sqrt(dot(u, u)) for u in truth.u]
        kbar = [(c * n) ** (order - 2) for c, n in zip(truth.c, lengths)]
        assert rise.boosts(p, order) == pytest.approx([float(k) for k in kbar], rel=1e-13, abs=0)
        N = mpmath.sqrt(mpmath.fsum((k * n) ** 2 for k, n in zip(kbar, lengths)))
        assert rise.weighted_norm(p, order) == pytest.approx(float(N), rel=1e-13, abs=0)
        lam = mpmath.mpf(LAM)
        for j, cost in enumerate(rise.removal_cost(p, target, LAM)):
            # -<u, g>/l + kbar^2 ||u||^4 / 2
            pulled = -dot(truth.u[j], truth.gradient(lam, j)) / order
            wanted = pulled + kbar[j] ** 2 * lengths[j] ** 4 / 2
            size_of = abs(pulled) + kbar[j] ** 2 * lengths[j] ** 4 + lam * lengths[j] ** 2
            assert abs(cost - wanted) <= 1e-11 * size_of + mpmath.mpf("1e-307")


def test_directions_are_seen_below_the_range_of_squares():
    """A column of norm 1e-200: correlation, share and shift go with its direction and not with its size."""
    p, target = fresh_beside_grown(3, 1.0, 1e-200)
    larger = Parameters.two_homogeneous(p.U * np.array([1e190, 1.0, 1e190, 1.0]), p.a, p.kappa)
    for function in (escape.correlation, lambda p, T, j: escape.shift_step(p, T, LAM, j)):
        assert function(p, target, 0) == pytest.approx(function(larger, target, 0), rel=1e-9, abs=0)
    found, wanted = (escape.lemma8(x, target, LAM, 0.01, 0) for x in (p, larger))
    assert found.left == pytest.approx(wanted.left, rel=1e-9, abs=0)
    alone = Parameters(p.U[:, :1], p.a[:1], p.c[:1], p.c_hat[:1])
    assert outside.lemma5(alone, target, LAM, 0.01).right > 0
    with refused("parameters"):
        rise.descent_ratio(alone, target, LAM, 1e-3)


def test_the_bound_of_lemma_4_for_a_tiny_start():
    """kbar_0 delta^2 with kbar_0 = (d (m+K))^{(l-2)/2} = 1e9 and delta = 1e-12."""
    d, m, K, order, delta = 1000, 4, 996, 8, 1e-12
    settings = Settings(d, m, K, 1, 0.1, delta, LAM, 0.1)
    target = random_target(d, 2, order, rng=0)
    U = np.random.default_rng(0).standard_normal((d, m))
    point = Parameters.two_homogeneous(U * delta / np.linalg.norm(U, axis=0), np.ones(m))
    before = State(point, np.zeros(m, dtype=bool))
    found = rise.lemma4(before, replace(before, reinitialized=0), target, settings).right
    with mpmath.workdps(60):
        f = Exact(point, target).loss(mpmath.mpf(LAM))
        kbar = (mpmath.mpf(d) * (m + K)) ** (mpmath.mpf(order - 2) / 2)
        q, z = f / (mpmath.mpf(LAM) * m), kbar * mpmath.mpf(delta) ** 2
        root = mpmath.sqrt(2 * f)
        bound = root * q + q**2 / 2 + (root + q) * z + z**2 / 2 + mpmath.mpf(LAM) * mpmath.mpf(delta) ** 2
        assert found == pytest.approx(float(bound), rel=1e-12, abs=0)


@pytest.mark.second_opinion("tdbook.lemmas.plan")
@pytest.mark.parametrize("sizes", [(10, 2, 3, 0.1), (10**6, 5, 4, 0.01), (10**4, 3, 5, 0.05), (10**4, 3, 8, 0.05)])
def test_the_plan_of_theorem_3(sizes):
    """Its conditions at 60 digits from its parameters alone: (d (m+K))^{(l-2)/2} reaches 1e100 and more."""
    found = plan(*sizes)
    d, _, l, eps = sizes
    with mpmath.workdps(60):
        m, K, H, eta, delta, lam, tau, gain = (
            mpmath.mpf(float(x))
            for x in (
                found.components, found.epochs, found.iterations, found.step_size, found.init_scale,
                found.regularization, found.threshold, found.decrease,
            )
        )  # fmt: skip
        f, share, p = mpmath.mpf(0.62), mpmath.mpf(0.2), mpmath.mpf(found.chance) * 5 / 6
        kbar = (d * (m + K)) ** (mpmath.mpf(l - 2) / 2)
        root, q, N = mpmath.sqrt(2 * f), f / (lam * m), mpmath.sqrt(mpmath.mpf(1.01) * f / lam)
        L, most = mpmath.sqrt(3 * l**2 - 6 * l + 4), max(4, l)
        G = l * (root * N + mpmath.sqrt(lam * f))
        M = L * kbar * root / 2 + most * N**2 + lam + (L * kbar * eta * G) ** 2 / 4
        B = mpmath.sqrt(m + K) * delta
        rho0 = min(mpmath.mpf(0.99) * share, mpmath.sqrt(3) / 2) ** (l - 2)
        growth = mpmath.log(f * d / lam) - 2 * mpmath.log(share * delta)
        thin = B * mpmath.sqrt(d) / (share * delta)
        turn = 2 * l**2 * (l - 1) ** 2 * kbar * N * root * B * thin / ((l - 2) * (1 - eta * l * lam))
        jump, z = 16 * kbar * (m + K) * delta**2, kbar * delta**2
        switches = m * (root * jump + m * jump**2 / 2)
        rising = root * q + q**2 / 2 + (root + q) * z + z**2 / 2 + lam * delta**2 + switches
        wanted = {
            "Lemma 3: eta l M <= 1": (eta * l * M, 1),
            "Lemma 5: eta l ||Q|| <= 2": (eta * l * (N**2 + lam), 2),
            "Lemma 8: shift": (eta * l * (l - 1) * kbar * root, 1 - eta * l * lam),
            "Lemma 7: lambda and leak": (lam + (l - 1) * kbar * N * B * thin, rho0 * tau / 2),
            "the residual lies in S": (mpmath.sqrt(l) * N * B, mpmath.mpf(0.01) * eps),
            "H steps of Lemma 8": (H * eta * turn, mpmath.mpf(0.01) * tau),
            "growth in H steps passes f/lambda": (growth, H * mpmath.log1p(eta * l * rho0 * tau)),
            "an unlucky epoch costs p Delta / 8": (rising, p * gain / 8),
            "a lucky epoch pays Delta": (
                gain + switches,
                (mpmath.mpf(0.98) * tau) ** 2 / (l * most * N**2 * eta * H),
            ),
            "an unswitched column weighs no more": (4 * kbar * (m + K) * delta**2, q),
        }
        seen = {condition.name: condition for condition in found.conditions}
        for name, (left, right) in wanted.items():
            assert (seen[name].left, seen[name].right) == pytest.approx((float(left), float(right)), rel=1e-9, abs=0)
            assert left <= right
        assert found.rise == pytest.approx(float(rising), rel=1e-9, abs=0)
    assert math.isfinite(found.components)
    with refused("l = 16"):
        plan(10**4, 3, 16, 0.05)


# --- lazy training, traps, escapes, refinement ------------------------------------------------------------------------


@pytest.mark.parametrize("order", [3, 8])
def test_the_lazy_error_does_not_know_lengths(order):
    U = np.random.default_rng(order).standard_normal((4, 3))
    for route in ("basis", "gram"):
        unit = lazy.lazy_error(U, order, route)
        for sizes in (1e-12, 1e150, [1e-200, 1.0, 1e200]):
            assert lazy.lazy_error(U * sizes, order, route) == pytest.approx(unit, rel=1e-9)
    moved = [lazy.expected_displacement(U * size, 3) for size in (1.0, 1e-150)]
    assert moved[1] == pytest.approx(moved[0], rel=1e-9)


@pytest.mark.parametrize(("size", "order"), [(1e-12, 3), (1e-12, 8), (1e-20, 8), (1e20, 8)])
def test_gram_matrices_of_tiny_and_huge_columns(size, order):
    U = size * np.random.default_rng(1).standard_normal((3, 2))
    found = lazy.tangent_gram(U, order)
    A = lazy.tangent_matrix(U, order)
    with mpmath.workdps(60):
        u = [column(exact(U), i) for i in range(2)]
        for i in range(2):
            for j in range(2):
                inner = dot(u[i], u[j])
                for p in range(3):
                    for q in range(3):
                        wanted = inner ** (order - 2) * ((order - 1) * u[j][p] * u[i][q] + (inner if p == q else 0))
                        scale = (dot(u[i], u[i]) * dot(u[j], u[j])) ** (mpmath.mpf(order - 1) / 2)
                        assert abs(found[3 * i + p, 3 * j + q] - wanted / order) <= 1e-13 * scale
                        product = mpmath.fsum(
                            mpmath.mpf(float(x)) * mpmath.mpf(float(y))
                            for x, y in zip(A[:, 3 * i + p], A[:, 3 * j + q])
                        )
                        assert abs(product - wanted / order) <= 1e-12 * scale


def mean_square_left(U, target):
    """||T* - P T*||^2 by least squares in the coordinates of the symmetric tensors."""
    goal = lazy.coordinates(target.factors, target.order) @ target.weights
    A = lazy.tangent_matrix(U, target.order)
    return float(np.sum((goal - A @ np.linalg.lstsq(A, goal, rcond=1e-12)[0]) ** 2))


def test_a_linearisation_is_right_or_refused():
    """The floor does not know lengths, even where eigenvalues lie 1e14 apart; what is out of range is named."""
    target = random_target(3, 2, 8, rng=1)
    U = random_unit_vectors(3, 2, np.random.default_rng(0))
    even = linearise(Start(U, np.ones(2)), target)
    floor = even.floor(1.0)
    assert floor == pytest.approx(0.5 * mean_square_left(U, target), rel=1e-9)
    for sizes in (1e-12, 1e12, [1.0, 0.5], [1.0, 0.1], [1e-9, 1.0]):
        uneven = linearise(Start(U * sizes, np.ones(2)), target)
        assert uneven.floor(1.0) == pytest.approx(floor, rel=1e-9)
    # the column that is too slow to be seen stays where it is
    slow, fast = linearise(Start(U * [1.0, 1e-9], np.ones(2)), target), linearise(Start(U[:, :1], np.ones(1)), target)
    eta = 0.5 / fast.eigenvalues[-1]
    assert slow.loss(1.0, eta, 50) == pytest.approx(fast.loss(1.0, eta, 50), rel=1e-9)
    assert np.abs(slow.displacement(1.0, eta, 50)[:, 1]).max() < 1e-9
    for size in (1e-40, 1e40):
        with refused("U"):
            linearise(Start(size * U, np.ones(2)), target)
    # a column without weight has no tangent, and is no reason to refuse
    one = linearise(Start(U, np.array([1.0, 0.0])), target).floor(1.0)
    assert one == pytest.approx(linearise(Start(U[:, :1], np.ones(1)), target).floor(1.0), rel=1e-9)
    with refused("c"):
        linearise(Start(U, np.zeros(2)), target)


@pytest.mark.parametrize("order", [3, 8])
@pytest.mark.parametrize("share", [1.0, 1e-24, 1e-60])
def test_traps_with_a_tiny_component(order, share):
    """One component of norm sqrt(share): the loss of the 2-homogeneous model at 60 digits, near the trap."""
    trap = landscape.homogeneous_trap(order, 1, 2, 3, 0.1, [1.0, share])
    rng = np.random.default_rng(0)
    U = trap.U * (1 + 0.1 * rng.standard_normal(2)) + 0.1 * rng.standard_normal((3, 2)) * np.abs(trap.U).max(axis=0)
    p = Parameters.two_homogeneous(U, trap.c)
    with mpmath.workdps(60):
        truth = Exact(SimpleNamespace(U=p.U, a=p.a, c=p.c, c_hat=p.c_hat), trap.target)
        wanted = float(truth.loss(mpmath.mpf(0.1)))
    # the target of order 8 is a sum of terms much larger than it
    size = max(1.0, float(np.abs(trap.target.components()[0]).max()))
    assert float(trap.loss(U)) == pytest.approx(wanted, rel=1e-11 * size)
    assert float(trap.rise(U)) == pytest.approx(wanted - trap.value, abs=1e-11 * size)
    assert np.abs(trap.gradient()).max() < 1e-11 * size


def test_a_trap_whose_component_is_too_short_for_its_powers_is_refused():
    trap = landscape.homogeneous_trap(8, 1, 2, 3, 0.1, [1.0, 1e-120])
    with refused("loss"):
        trap.loss(trap.U)


@pytest.mark.parametrize(("order", "delta"), [(3, 1e-12), (8, 1e-12), (8, 1e-40)])
def test_the_time_to_leave_zero(order, delta):
    """One component on the axis: the integral of dn / (l n^{l-1} (1 - n^l)) by mpmath, up to 1e238."""
    with mpmath.workdps(40):
        end = (1 - mpmath.sqrt(mpmath.mpf(9) / 10)) ** (mpmath.mpf(1) / order)
        # 1 / (n^{l-1} (1 - n^l)) = n^{1-l} + n / (1 - n^l)
        rest = mpmath.quad(lambda n: n / (1 - n**order), [0, end])
        exact_time = ((mpmath.mpf(delta) ** (2 - order) - end ** (2 - order)) / (order - 2) + rest) / order
    target = SymmetricCP([1.0], [[1.0]], order)
    seeds = [s for s in range(20) if np.random.default_rng(s).standard_normal() > 0]
    found = escape_time(target, delta, components=1, rng=seeds[0], signs=[1.0])
    assert found == pytest.approx(float(exact_time), rel=1e-4)
    with refused("scale"):
        escape_time(SymmetricCP([1.0], [[1.0]], 8), 1e-60, components=1)


@pytest.mark.parametrize("size", [1e-250, 1e-100, 1e100, 1e250])
def test_refinement_at_any_scale(size):
    target = random_target(5, 2, 4, "mixed-sign", rng=1)
    result = decompose(target.scaled(size), 6, rng=0, refine=True, progress=False)
    assert result.converged and result.tensor.rank == 2
    apart = result.tensor.scaled(1 / size).distance(target)
    assert apart < 1e-13
    ends = [local_search(T, 4, 0, patient=True).distance(T) / T.norm() for T in (target, target.scaled(size))]
    assert ends[1] == pytest.approx(ends[0], rel=1e-3, abs=1e-12)
