"""Tests of ``tdbook.lazy.descent``."""

import numpy as np
import pytest

from tdbook import lazy
from tdbook.lazy import (
    Start,
    coordinates,
    lazy_descent,
    linearise,
    paired_start,
    shifted_target,
    squared_errors,
    tangent_matrix,
)
from tdbook.tensors import SymmetricCP, random_target, random_unit_vectors
from tests.support import dense
from tests.support.refusals import refused


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


@pytest.mark.second_opinion("tdbook.lazy.lazy_descent", "tdbook.lazy.paired_start")
@pytest.mark.parametrize("order", [2, 3, 4])
def test_lazy_descent_on_all_entries(order):
    start, target, alpha, eta = paired_start(3, 2, rng=order), random_target(3, 2, order, rng=1), 3.0, 0.05
    goal = dense.tensor(target.weights, target.factors, order)
    U, c = start.U.copy(), start.c
    h = dense.tensor(c, U, order)
    assert np.abs(h).max() < 1e-15
    assert np.abs(start.model(alpha, order).to_dense() - alpha * h).max() < 1e-15
    run = lazy_descent(start, target, alpha, [1, 7, 30], eta)
    for k in range(31):
        if k in run.steps:
            row = list(run.steps).index(k)
            T = dense.tensor(alpha * c, U, order)
            assert run.losses[row] == pytest.approx(0.5 * np.sum((T - goal) ** 2), rel=1e-11)
            assert run.moved[row] == pytest.approx(np.linalg.norm(U - start.U) / np.linalg.norm(start.U), abs=1e-13)
        U = U - eta * dense.vanilla_gradient(U, alpha * c, goal)[0] / alpha**2
    assert run.slow_time == pytest.approx(eta * np.array([0, 1, 7, 30]) / 9)


@pytest.mark.second_opinion("tdbook.lazy.shifted_target", "tdbook.lazy.Start")
@pytest.mark.parametrize("order", [2, 3, 4])
def test_a_shifted_target_on_all_entries(order):
    rng = np.random.default_rng(0)
    start, target = Start(rng.standard_normal((3, 2)), rng.standard_normal(2)), random_target(3, 2, order, rng=1)
    wanted = dense.tensor(target.weights, target.factors, order) + 2.5 * dense.tensor(start.c, start.U, order)
    assert np.abs(shifted_target(start, target, 2.5).to_dense() - wanted).max() < 1e-13
    assert np.abs(start.model(2.5, order).to_dense() - 2.5 * dense.tensor(start.c, start.U, order)).max() < 1e-13


def dense_of_descent(tensor, order):
    return coordinates(tensor.factors, order) @ tensor.weights


@pytest.mark.parametrize(("order", "paired"), [(3, True), (3, False), (4, True), (2, True)])
def test_closed_form_against_dense_linear_descent(order, paired):
    """Iterate the linear model in all D coordinates, with a matrix J; no eigenvalues."""
    begin = paired_start(4, 3, rng=2)
    if not paired:
        begin = Start(begin.U[:, :3] * [1.0, 0.7, 1.4], np.array([1.0, -0.5, 2.0]))
    target, scale = random_target(4, 2, order, rng=1), 3.0
    line = linearise(begin, target)
    eta = 0.8 / line.eigenvalues[-1]
    J = order * tangent_matrix(begin.U, order) * np.repeat(begin.c, 4)
    goal, origin = dense_of_descent(target, order), scale * dense_of_descent(begin.model(1.0, order), order)
    delta = np.zeros(J.shape[1])
    for step in range(41):
        if step in (0, 1, 40):
            value = origin + scale * J @ delta
            loss = 0.5 * np.sum((value - goal) ** 2)
            assert line.loss(scale, eta, step) == pytest.approx(loss, rel=1e-10)
            np.testing.assert_allclose(dense_of_descent(line.tensor(scale, eta, step), order), value, atol=1e-11)
            np.testing.assert_allclose(line.displacement(scale, eta, step).T.ravel(), delta, atol=1e-11)
        delta -= eta / scale * J.T @ (origin + scale * J @ delta - goal)


def test_floor_is_the_distance_from_the_span():
    target = random_target(5, 1, 3, rng=4)
    begin = paired_start(5, 2, rng=0)
    expected = 0.5 * squared_errors(begin.U, 3, target.factors)[0]
    assert linearise(begin, target).floor(1.0) == pytest.approx(expected, abs=1e-12)


def test_paired_start_is_zero():
    assert paired_start(6, 4, rng=1).model(1.0, 3).norm() < 1e-14


def slope(x, y):
    return np.polyfit(np.log(x), np.log(y), 1)[0]


@pytest.mark.parametrize("order", [3, 4])
def test_gap_falls_with_the_square_of_the_scale(order):
    target, begin = random_target(5, 1, order, rng=3), paired_start(5, 3, rng=1)
    scales = np.array([20.0, 40.0, 80.0, 160.0])
    gaps = [lazy_descent(begin, target, scale, 100).gaps[-1] for scale in scales]
    assert slope(scales, gaps) == pytest.approx(-2.0, abs=0.1)
    moves = [lazy_descent(begin, target, scale, 100, gaps=False).moved[-1] for scale in scales]
    assert slope(scales, moves) == pytest.approx(-1.0, abs=0.1)


def test_without_pairs_only_the_first_power():
    """T_0 subtracted by hand instead of by pairs: the second-order terms no longer cancel."""
    begin = Start(paired_start(5, 3, rng=1).U[:, :3], np.ones(3))
    target = random_target(5, 1, 3, rng=3)
    gaps, scales = [], np.array([40.0, 80.0, 160.0])
    for scale in scales:
        shifted = shifted_target(begin, target, scale)
        gaps.append(lazy_descent(begin, shifted, scale, 100).gaps[-1])
    assert slope(scales, gaps) == pytest.approx(-1.0, abs=0.1)


def test_large_norm_alone_is_not_lazy():
    begin = Start(paired_start(5, 6, rng=1).U[:, :6], np.ones(6))
    target = random_target(5, 1, 3, rng=3)
    runs = [lazy_descent(begin, target, scale, 300) for scale in (10.0, 100.0)]
    assert runs[1].moved[-1] > 0.9 * runs[0].moved[-1] > 0.2
    assert runs[1].gaps[-1] > 5 * runs[0].gaps[-1]


def test_a_large_norm_is_a_large_output_scale():
    target, begin, scale = random_target(4, 1, 3, rng=2), paired_start(4, 2, rng=1), 8.0
    run = lazy_descent(begin, target, scale, 25, step_size=0.01)
    grown = Start(begin.U * scale ** (1 / 3), begin.c)
    plain = lazy_descent(grown, target, 1.0, 25, step_size=0.01 * scale ** (2 / 3 - 2))
    assert plain.losses[-1] == pytest.approx(run.losses[-1], rel=1e-12)
    np.testing.assert_allclose(plain.final.U, run.final.U * 2.0, rtol=1e-12)


def test_plateau_grows_with_the_square_of_the_scale():
    target, begin = random_target(6, 1, 3, rng=3), paired_start(6, 4, rng=1)
    line = linearise(begin, target)
    ends, scales = [], np.array([4.0, 8.0, 16.0])
    for scale in scales:
        eta = 1.0 / line.eigenvalues[-1]
        steps = np.unique(np.linspace(1, 1.2 * scale**2 / eta, 200).astype(int))
        run = lazy_descent(begin, target, scale, steps, eta, gaps=False)
        ends.append(np.interp(-0.5 * line.floor(scale), -run.losses, run.steps))
    assert slope(scales, ends) == pytest.approx(2.0, abs=0.1)


def test_on_the_slow_clock_the_columns_descend_their_lazy_floor():
    """Loss = floor of the middles s of the pairs, and ds/dtau = -(1/2) grad of that floor, tau = eta k / alpha^2."""
    target, begin, scale = random_target(5, 1, 3, rng=3), paired_start(5, 3, rng=1), 24.0

    def floor(middles):
        return squared_errors(middles, 3, target.factors)[0] / 2.0

    eta = 0.5 / linearise(begin, target).eigenvalues[-1]
    first, second = (round(tau * scale**2 / eta) for tau in (0.2, 0.24))
    runs = [lazy_descent(begin, target, scale, k, eta, gaps=False) for k in (first, second)]
    middles = [(run.final.U[:, :3] + run.final.U[:, 3:]) / 2.0 for run in runs]
    assert runs[0].losses[-1] == pytest.approx(floor(middles[0]), rel=1e-3)
    speed = (middles[1] - middles[0]) / (eta * (second - first) / scale**2)
    centre, step = (middles[0] + middles[1]) / 2.0, 1e-5
    gradient = np.zeros_like(centre)
    for index in np.ndindex(centre.shape):
        moved = np.zeros_like(centre)
        moved[index] = step
        gradient[index] = (floor(centre + moved) - floor(centre - moved)) / (2 * step)
    np.testing.assert_allclose(speed, -gradient / 2.0, atol=0.02 * np.abs(gradient).max())


def test_refusals():
    target, begin = random_target(4, 1, 3), paired_start(4, 2)
    with refused("steps"):
        lazy_descent(begin, target, 1.0, [5, 5])
    with refused("scale"):
        lazy_descent(begin, target, 0.0, 5)
    with refused("U"):
        lazy_descent(paired_start(5, 2), target, 1.0, 5)
    with refused("U"):
        Start(np.zeros((3, 1)), np.ones(1))
    with refused("c"):
        Start(np.eye(2), np.ones(3))
    with refused("pairs"):
        paired_start(4, 0)
    with refused("step_size"):
        lazy_descent(begin, target, 1.0, 400, step_size=50.0)


def one(u, c):
    return Start([[u]], [c])


def test_a_start_keeps_arrays_of_its_own():
    U, c = np.eye(3)[:, :2], np.array([1, -2])
    begin = Start(U, c)
    U[:], c[:] = 7.0, 7
    assert np.array_equal(begin.U, np.eye(3)[:, :2])
    assert np.array_equal(begin.c, [1.0, -2.0]) and begin.c.dtype == float
    assert isinstance(one(1.0, 2.0).U, np.ndarray) and isinstance(one(1.0, 2.0).c, np.ndarray)


def test_the_seed_of_pairs_is_zero_unless_given():
    assert np.array_equal(paired_start(5, 2).U, paired_start(5, 2, 0).U)
    assert not np.array_equal(paired_start(5, 2).U, paired_start(5, 2, 1).U)


def number(weight, order=3):
    """T* in one dimension: the number ``weight``."""
    return SymmetricCP([weight], [[1.0]], order)


@pytest.mark.parametrize("order", [2, 3, 5])
def test_in_one_dimension_everything_is_a_number(order):
    """K = (l c u^{l-1})^2, and the residual alpha c u^l - w shrinks by 1 - eta K at each step."""
    u, c, alpha, weight, eta = 1.3, -0.6, 2.5, 3.0, 0.02
    line = linearise(one(u, c), number(weight, order))
    slope = order * c * u ** (order - 1)
    assert line.eigenvalues == pytest.approx([slope**2], rel=1e-14)
    residual = alpha * c * u**order - weight
    kept = [(1.0 - eta * slope**2) ** k for k in (0, 1, 7)]
    losses = [0.5 * (residual * share) ** 2 for share in kept]
    assert line.loss(alpha, eta, [0, 1, 7]) == pytest.approx(losses, rel=1e-13)
    assert line.floor(alpha) == pytest.approx(0.0, abs=1e-13)
    for k, share in zip((0, 1, 7), kept, strict=True):
        assert line.displacement(alpha, eta, k) == pytest.approx((share - 1.0) * residual / (alpha * slope), rel=1e-12)
        tensor = line.tensor(alpha, eta, k)
        assert tensor.weights @ tensor.factors[0] ** order == pytest.approx(weight + residual * share, rel=1e-12)


def test_all_tangents_of_one_dimension_are_one():
    U, c = np.array([[1.1, -0.7, 1.9]]), np.array([0.5, 2.0, -1.5])
    line = linearise(Start(U, c), number(3.0))
    assert line.eigenvalues == pytest.approx([9 * np.sum((c * U[0] ** 2) ** 2)], rel=1e-13)


def test_descent_and_its_linear_model_on_all_entries():
    """Three columns with coefficients that are no signs, of different lengths: both iterated on all d^l entries."""
    d, order, alpha, steps = 3, 3, 1.7, [2, 3, 9]
    begin = Start(np.random.default_rng(4).standard_normal((d, 3)), [0.8, -0.5, 1.4])
    target = SymmetricCP([2.0, -1.0], np.random.default_rng(5).standard_normal((d, 2)), order)
    goal = dense.tensor(target.weights, target.factors, order)
    tangents = [
        c * order * dense.moved_slot(u, e, order) for u, c in zip(begin.U.T, begin.c, strict=True) for e in np.eye(d)
    ]
    J = np.array([tangent.ravel() for tangent in tangents]).T
    run = lazy_descent(begin, target, alpha, steps)
    eta = 1.0 / np.linalg.eigvalsh(J @ J.T)[-1]
    assert run.step_size == pytest.approx(eta, rel=1e-12)
    assert run.scale == alpha and run.steps.tolist() == [0, *steps]
    assert run.slow_time == pytest.approx(eta * run.steps / alpha**2, rel=1e-12)
    origin = alpha * dense.tensor(begin.c, begin.U, order)
    U, delta = begin.U.copy(), np.zeros(3 * d)
    record = []
    for k in range(10):
        model, linear = alpha * dense.tensor(begin.c, U, order), origin + alpha * (J @ delta).reshape(goal.shape)
        if k in run.steps:
            moved = np.linalg.norm(U - begin.U) / np.linalg.norm(begin.U)
            losses = [0.5 * np.sum((T - goal) ** 2) for T in (model, linear)]
            record.append([*losses, np.linalg.norm(model - linear), moved])
            last = U.copy()
        U -= eta / alpha**2 * dense.vanilla_gradient(U, alpha * begin.c, goal)[0]
        delta -= eta / alpha * J.T @ (linear - goal).ravel()
    found = np.array([run.losses, run.linear_losses, run.gaps, run.moved]).T
    np.testing.assert_allclose(found, record, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(run.final.U, last, rtol=1e-10)
    assert np.array_equal(run.final.c, begin.c)


def test_gaps_are_nan_unless_asked_for():
    target, begin = random_target(3, 1, 3, rng=1), paired_start(3, 2)
    assert np.isnan(lazy_descent(begin, target, 2.0, [1, 2], gaps=False).gaps).tolist() == [True] * 3
    assert np.isfinite(lazy_descent(begin, target, 2.0, [1, 2]).gaps).tolist() == [True] * 3


def test_the_rest_of_the_loss_is_the_distance_from_the_tangents():
    """For a target of norm other than 1, which the tangents reach in part."""
    begin = Start(np.random.default_rng(6).standard_normal((3, 2)), [0.7, -1.2])
    target = SymmetricCP([3.0], [[0.4], [-1.1], [0.9]], 3)
    goal = dense.tensor(target.weights, target.factors, 3).ravel()
    J = np.array([dense.moved_slot(u, e, 3).ravel() for u in begin.U.T for e in np.eye(3)]).T
    rest = goal - J @ np.linalg.lstsq(J, goal)[0]
    line = linearise(begin, target)
    assert 0.5 * rest @ rest > 0.1
    assert line.floor(1.0) == pytest.approx(0.5 * rest @ rest, rel=1e-9)
    assert line.loss(1.0, 1.0 / line.eigenvalues[-1], 10**7) == pytest.approx(0.5 * rest @ rest, rel=1e-9)


@pytest.mark.parametrize("factor", [1e-60, 1e-6, 1e6, 1e60])
def test_coefficients_scale_the_speeds_and_no_relation_is_counted(factor):
    """Pairs have each tangent twice, so that half of the eigenvalues are relations, however fast the columns are."""
    begin, target = paired_start(4, 3, rng=2), random_target(4, 2, 3, rng=1)
    J = np.array([3 * dense.moved_slot(u, e, 3).ravel() for u in begin.U.T for e in np.eye(4)]).T
    speeds = np.linalg.svd(J, compute_uv=False) ** 2
    found = linearise(Start(begin.U, factor * begin.c), target).eigenvalues
    assert np.linalg.matrix_rank(J) == 12 == len(found)
    np.testing.assert_allclose(found, factor**2 * np.sort(speeds)[-12:], rtol=1e-9)


def test_tensors_of_the_linear_model_keep_their_digits_at_high_order():
    """Derivatives by values at l + 1 points lose digits with the order where the points stand badly."""
    order, begin = 10, Start([[1.0, 0.6], [0.0, -0.8]], [1.0, -0.5])
    target = random_target(2, 1, order, rng=3)
    line = linearise(begin, target)
    eta = 1.0 / line.eigenvalues[-1]
    delta = line.displacement(2.0, eta, 5)
    moves = zip(begin.c, begin.U.T, delta.T, strict=True)
    wanted = 2.0 * dense.tensor(begin.c, begin.U, order)
    wanted = wanted + sum(2.0 * c * order * dense.moved_slot(u, v, order) for c, u, v in moves)
    tensor = line.tensor(2.0, eta, 5)
    found = dense.tensor(tensor.weights, tensor.factors, order)
    assert np.linalg.norm(found - wanted) < 1e-12 * np.linalg.norm(wanted)


def test_speeds_up_to_the_border_of_the_range():
    for u, c in ((1.0, 1e140), (1.0, 1e-140), (1e69, 1.0), (1e60, 1e-40)):
        square = 9 * (c * u**2) ** 2
        assert linearise(one(u, c), number(1.0)).eigenvalues == pytest.approx([square], rel=1e-12, abs=0.0)
    with refused("U"):
        linearise(one(1e71, 1.0), number(1.0))
    with refused("U"):
        linearise(Start([[1.0, 1.0, 1.0]], [1.0, 1e-150, 1e9]), number(1.0))
    with refused("U"):
        linearise(one(1e50, 1e4), number(1.0, order=4))


def test_columns_that_do_not_move_are_no_matter():
    """With c = 0 a column neither learns nor is refused for its length."""
    target = random_target(3, 1, 3, rng=2)
    line = linearise(Start(np.eye(3)[:, :2] * [1.0, 1e72], [0.5, 0.0]), target)
    alone = linearise(Start(np.eye(3)[:, :1], [0.5]), target)
    np.testing.assert_allclose(line.eigenvalues, alone.eigenvalues, rtol=1e-12)
    assert line.floor(1.0) == pytest.approx(alone.floor(1.0), rel=1e-12)
    with refused("c"):
        linearise(Start(np.eye(3), np.zeros(3)), target)


def test_growth_is_measured_by_the_norm_at_the_start():
    """From u = 2 with l = 3 and eta = alpha = 1 the first step leads to 2 + 12 (w - 8)."""
    for end in (1990.0, -1990.0):
        run = lazy_descent(one(2.0, 1.0), number(8.0 + (end - 2.0) / 12.0), 1.0, 1, step_size=1.0)
        assert run.final.U.item() == pytest.approx(end)
    words = "step_size"
    for end in (2010.0, -2010.0):
        with refused(words):
            lazy_descent(one(2.0, 1.0), number(8.0 + (end - 2.0) / 12.0), 1.0, 1, step_size=1.0)


def test_numbers_of_steps():
    target, begin = random_target(3, 1, 3, rng=1), paired_start(3, 2)
    assert lazy_descent(begin, target, 2.0, [3, 4, 6]).steps.tolist() == [0, 3, 4, 6]
    assert lazy_descent(begin, target, 2.0, 4).steps.tolist() == [0, 4]
    assert lazy_descent(begin, target, 2.0, np.array([0, 1], dtype=np.uint8)).steps.tolist() == [0, 1]
    for wrong in ([5, 5], [[1, 2]], [4, 2]):
        with refused("steps"):
            lazy_descent(begin, target, 1.0, wrong)
    for wrong in (-1, 2.0, True):
        with refused("steps"):
            lazy_descent(begin, target, 1.0, wrong)


def test_what_is_said_of_a_wrong_start():
    for wrong, words in (
        (np.ones(3), "U"),
        ([[1.0], [np.inf]], "U"),
        ([[1.0], [2.0, 3.0]], "U"),
        ([[1.0, 0.0]], "U"),
    ):
        with refused(words):
            Start(wrong, np.ones(1))
    with refused("c"):
        Start(np.eye(2), np.ones(3))


def test_what_is_said_of_a_wrong_target_or_step():
    begin, target = paired_start(5, 2), random_target(4, 1, 3)
    with refused("U"):
        linearise(begin, target)
    for function in (linearise, lambda start, goal: lazy_descent(start, goal, 1.0, 1)):
        with refused("target", TypeError):
            function(begin, "T*")
    with refused("step_size"):
        lazy_descent(paired_start(4, 2), target, 1.0, 1, step_size=0.0)


def test_a_shifted_target_moves_with_the_scale():
    begin, target = Start([[2.0]], [0.5]), number(3.0)
    shifted = shifted_target(begin, target, 10.0)
    assert shifted.weights @ shifted.factors[0] ** 3 == pytest.approx(3.0 + 10.0 * 0.5 * 8.0, rel=1e-14)
