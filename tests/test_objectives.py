"""Losses and gradients against dense einsum and finite differences, and what they refuse."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdbook import objectives
from tdbook.objectives import (
    Parameters,
    frozen_gradient,
    hessian_form,
    loss,
    model,
    regularizer,
    residual_contraction,
    tied_gradient,
    vanilla_gradient,
    vanilla_loss,
    vanilla_model,
)
from tdbook.tensors import DenseSymmetric, SymmetricCP, random_target
from tests.support import dense
from tests.support.exact import Exact, column, dot, exact
from tests.support.refusals import refused

# size of the components, kappa, order; the last ones have kappa^{l-2} up to 1e36
CASES = [
    (1e-12, 1.0, 3), (1e-12, 1.0, 8), (1e-40, 1.0, 8), (1e-12, 1e3, 8), (1e-3, 1e6, 4), (1.0, 1e6, 8), (1e-150, 1.0, 3),
    (1e10, 1.0, 8), (1e-12, 1e6, 8),
]  # fmt: skip


LAM = 0.01


def point(size, kappa, order, d=3, m=3):
    rng = np.random.default_rng([order, m])
    U = size * rng.standard_normal((d, m))
    return Parameters.two_homogeneous(U, [1.0, -1.0, 1.0], kappa), random_target(d, 2, order, rng=1)


@pytest.mark.second_opinion(
    "tdbook.objectives.regularizer", "tdbook.objectives.loss", "tdbook.objectives.frozen_gradient",
    "tdbook.objectives.tied_gradient",
)  # fmt: skip
@pytest.mark.parametrize(("size", "kappa", "order"), CASES)
def test_loss_and_gradients(size, kappa, order):
    p, target = point(size, kappa, order)
    with mpmath.workdps(60):
        truth = Exact(p, target)
        lam = mpmath.mpf(LAM)
        assert loss(p, target, LAM) == pytest.approx(float(truth.loss(lam)), rel=1e-11, abs=0.0)
        assert regularizer(p, order) == pytest.approx(float(truth.regularizer()), rel=1e-13, abs=0.0)
        frozen, tied = frozen_gradient(p, target, LAM), tied_gradient(p, target, LAM)
        for j in range(len(p.a)):
            g, u = truth.gradient(lam, j), truth.u[j]
            largest = max(abs(x) for x in g)
            assert all(abs(x - y) <= 1e-11 * largest for x, y in zip(frozen[:, j], g))
            # tied: g - (1 - 2/l) w <w, g>
            along = dot(u, g) / dot(u, u) * (1 - mpmath.mpf(2) / order)
            wanted = [x - along * y for x, y in zip(g, u)]
            assert all(abs(x - y) <= 1e-11 * largest for x, y in zip(tied[:, j], wanted))


@pytest.mark.second_opinion("tdbook.objectives.hessian_form")
@pytest.mark.parametrize(("size", "kappa", "order"), CASES)
def test_hessian_form(size, kappa, order):
    """Against the second derivative of the displayed loss along V, by differences at 600 digits."""
    p, target = point(size, kappa, order)
    V = size * np.random.default_rng(9).standard_normal(p.U.shape)
    with mpmath.workdps(600):
        truth, direction = Exact(p, target), exact(V)
        base = [list(u) for u in truth.u]

        def along(t):
            truth.u = [[x + t * direction[i][j] for i, x in enumerate(u)] for j, u in enumerate(base)]
            return truth.loss(mpmath.mpf(LAM))

        h = mpmath.mpf(10) ** -40
        second = (along(h) - 2 * along(0) + along(-h)) / h**2
        assert hessian_form(p, V, target, LAM) == pytest.approx(float(second), rel=1e-9, abs=0.0)


@pytest.mark.second_opinion("tdbook.objectives.vanilla_loss", "tdbook.objectives.vanilla_gradient")
@pytest.mark.parametrize("order", [3, 8])
@pytest.mark.parametrize("size", [1e-12, 1e-36, 1.0, 1e12])
def test_vanilla_model(size, order):
    """Here the powers of small norms are the model itself: 1e-36 to the eighth is 1e-288, and still held."""
    rng = np.random.default_rng(order)
    U, c = size * rng.standard_normal((3, 2)), np.array([1.5, -0.5])
    target = random_target(3, 2, order, rng=1)
    with mpmath.workdps(80):
        u = [column(exact(U), j) for j in range(2)]
        v = [column(exact(target.factors), k) for k in range(2)]
        terms = [(mpmath.mpf(x), y) for x, y in zip(c, u)]
        terms += [(-mpmath.mpf(float(w)), y) for w, y in zip(target.weights, v)]
        square = mpmath.fsum(x * y * dot(a, b) ** order for x, a in terms for y, b in terms)
        assert vanilla_loss(U, c, target) == pytest.approx(float(square / 2), rel=1e-11, abs=0.0)
        in_u, in_c = vanilla_gradient(U, c, target)
        for j in range(2):
            slope = mpmath.fsum(x * dot(y, u[j]) ** order for x, y in terms)
            assert in_c[j] == pytest.approx(float(slope), rel=1e-10, abs=0.0)
            for i in range(3):
                part = order * c[j] * mpmath.fsum(x * dot(y, u[j]) ** (order - 1) * y[i] for x, y in terms)
                assert in_u[i, j] == pytest.approx(float(part), rel=1e-9, abs=1e-13 * float(np.abs(in_u[:, j]).max()))


def test_what_cannot_be_held_is_refused_by_name():
    U = np.array([[1.0], [1.0]])
    target = random_target(2, 1, 8)
    huge = Parameters.two_homogeneous(U, [1.0], 1e60)  # kappa^6 = 1e360
    for function in (loss, frozen_gradient, tied_gradient):
        with pytest.raises(ValueError, match=r"kappa|gradient"):
            function(huge, target, LAM)
    with refused("weights"):
        SymmetricCP([1.0], U * 1e60, 8)
    assert model(Parameters.two_homogeneous(U * 1e-170, [1.0]), 8).norm() == 0.0  # 2e-340


def test_the_naive_formula_would_fail_here():
    """Negative control: powers of the norm itself lose everything at the sizes above."""
    p, _ = point(1e-150, 1.0, 3)
    with np.errstate(over="ignore"):
        naive = p.a * p.c ** (3 - 2) * np.linalg.norm(p.U, axis=0) ** 3
    assert (naive == 0.0).all()
    assert (model(p, 3).weights != 0.0).all()


ORDERS = [2, 3, 4, 5]


def dense_loss(U, a, c, c_hat, target, lam):
    """f as Section 4 displays it, from arrays of d^l entries."""
    order = target.order
    letters = "abcdefgh"[:order]
    spec = ",".join(f"{letter}z" for letter in letters) + ",z->" + letters
    residual = np.einsum(spec, *[U] * order, a * c ** (order - 2)) - target.to_dense()
    return 0.5 * np.sum(residual**2) + lam * np.sum(c_hat ** (order - 2) * np.linalg.norm(U, axis=0) ** order)


def point_drawn(order, seed=0, d=4, m=5):
    rng = np.random.default_rng(seed)
    parameters = Parameters(
        rng.standard_normal((d, m)), rng.choice([-1.0, 1.0], m), rng.uniform(0.5, 2, m), rng.uniform(0.5, 2, m)
    )
    return parameters, random_target(d, 3, order, "mixed-sign", rng), 0.3, rng.standard_normal((d, m))


def slope(f, step=1e-5):
    """f'(0) by Richardson extrapolation of central differences, error O(step^4)."""
    wide, narrow = ((f(h) - f(-h)) / (2 * h) for h in (2 * step, step))
    return (4 * narrow - wide) / 3


@pytest.mark.parametrize("order", ORDERS)
def test_loss_and_frozen_gradient_equal_the_dense_ones(order):
    p, target, lam, V = point_drawn(order)
    assert loss(p, target, lam) == pytest.approx(dense_loss(p.U, p.a, p.c, p.c_hat, target, lam), rel=1e-12)

    def along(t):
        return dense_loss(p.U + t * V, p.a, p.c, p.c_hat, target, lam)

    assert np.vdot(frozen_gradient(p, target, lam), V) == pytest.approx(slope(along), rel=1e-8)
    second = (along(1e-3) - 2 * along(0) + along(-1e-3)) / 1e-6
    assert hessian_form(p, V, target, lam) == pytest.approx(second, rel=1e-4)


@pytest.mark.parametrize("order", ORDERS)
def test_tied_gradient_moves_c_with_u(order):
    p, target, lam, V = point_drawn(order)
    kappa, kappa_hat = p.kappa, p.c_hat * p.norms

    def along(t):
        U = p.U + t * V
        norms = np.linalg.norm(U, axis=0)
        return dense_loss(U, p.a, kappa / norms, kappa_hat / norms, target, lam)

    assert np.vdot(tied_gradient(p, target, lam), V) == pytest.approx(slope(along), rel=1e-8)
    if order > 2:
        assert not np.allclose(tied_gradient(p, target, lam), frozen_gradient(p, target, lam))


@pytest.mark.parametrize("order", ORDERS)
def test_vanilla_gradients_in_u_and_c(order):
    p, target, _, V = point_drawn(order)
    q = np.random.default_rng(1).standard_normal(5)
    weights = p.a * p.c
    in_u, in_c = vanilla_gradient(p.U, weights, target)

    def along(t):
        return vanilla_loss(p.U + t * V, weights + t * q, target)

    assert np.vdot(in_u, V) + in_c @ q == pytest.approx(slope(along), rel=1e-7)


@pytest.mark.parametrize("order", ORDERS)
def test_dense_and_component_targets_give_the_same(order):
    p, target, lam, V = point_drawn(order)
    same = DenseSymmetric(target.to_dense())
    assert loss(p, same, lam) == pytest.approx(loss(p, target, lam), rel=1e-12)
    assert np.allclose(frozen_gradient(p, same, lam), frozen_gradient(p, target, lam), rtol=1e-10, atol=1e-10)
    assert hessian_form(p, V, same, lam) == pytest.approx(hessian_form(p, V, target, lam), rel=1e-10)


@pytest.mark.parametrize("order", [3, 4, 8])
def test_tiny_components_are_not_lost(order):
    """Norms of 1e-40 to the power l would vanish; the 2-homogeneous model weighs them by their squares."""
    size = 1e-40
    U = size * np.array([[0.6], [0.8]])
    p = Parameters.two_homogeneous(U, [1.0])
    assert model(p, order).norm() == pytest.approx(size**2, rel=1e-12, abs=0.0)
    assert regularizer(p, order) == pytest.approx(size**2, rel=1e-12, abs=0.0)
    target = random_target(2, 1, order, rng=0)
    big = Parameters.two_homogeneous(U / size, [1.0])
    ratio = frozen_gradient(p, target, 0.0) / size
    without_own_pull = frozen_gradient(big, target, 0.0) - order * big.U
    assert np.allclose(ratio, without_own_pull, rtol=1e-10, atol=1e-14)


@given(st.integers(3, 6), st.floats(0.01, 100.0), st.integers(0, 50))
def test_two_homogeneity(order, factor, seed):
    p, target, _, _ = point_drawn(order, seed)
    scaled = Parameters.two_homogeneous(factor * p.U, p.a, p.kappa)
    plain = Parameters.two_homogeneous(p.U, p.a, p.kappa)
    assert model(scaled, order).inner(target) == pytest.approx(
        factor**2 * model(plain, order).inner(target), rel=1e-9, abs=0
    )


GOOD = np.eye(3)[:, :2]


REFUSED = [
    (lambda: Parameters(np.zeros((3, 1)), [1.0], [1.0], [1.0]), "U"),
    (lambda: Parameters.two_homogeneous(np.zeros((3, 2)), [1.0, 1.0]), "U"),
    (lambda: Parameters(GOOD, [1.0, 0.5], [1.0, 1.0], [1.0, 1.0]), "a"),
    (lambda: Parameters(GOOD, [1.0], [1.0, 1.0], [1.0, 1.0]), "a"),
    (lambda: Parameters(GOOD, [1.0, 1.0], [1.0, 0.0], [1.0, 1.0]), "c"),
    (lambda: Parameters(GOOD, [1.0, 1.0], [1.0, 1.0], [1.0, -2.0]), "c_hat"),
    (lambda: Parameters(GOOD * np.nan, [1.0, 1.0], [1.0, 1.0], [1.0, 1.0]), "U"),
    (lambda: loss(point_drawn(3)[0], random_target(5, 2, 3), 0.1), "U"),
    (lambda: loss(point_drawn(3)[0], "T", 0.1), "target"),
    (lambda: loss("p", random_target(4, 2, 3), 0.1), "parameters"),
    (lambda: loss(point_drawn(3)[0], random_target(4, 2, 3), -1.0), "regularization"),
    (lambda: hessian_form(point_drawn(3)[0], np.ones((4, 2)), random_target(4, 2, 3), 0.1), "V"),
    (lambda: model(point_drawn(3)[0], 1), "order"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_bad_input_gets_one_line_that_names_it(call, message):
    with refused(message, (ValueError, TypeError)):
        call()


@pytest.mark.second_opinion("tdbook.objectives.vanilla_gradient_unchecked")
@pytest.mark.parametrize("order", [3, 4, 5])
def test_the_gradient_for_loops_is_the_gradient(order):
    rng = np.random.default_rng(order)
    U, c, target = rng.standard_normal((5, 4)), rng.standard_normal(4), random_target(5, 2, order, rng=1)
    fast = objectives.vanilla_gradient_unchecked(U, c, target)
    for found, wanted in zip(fast, vanilla_gradient(U, c, target), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-10)


TWO = np.array([[1.0, 0.0], [2.0, 0.0]])


def test_the_column_that_is_zero_is_named():
    with refused("column 1"):
        Parameters(TWO, [1.0, 1.0], [1.0, 1.0], [1.0, 1.0])
    with refused("column 1"):
        Parameters.two_homogeneous(TWO, [1.0, 1.0])
    assert Parameters(TWO + 1.0, [1.0, 1.0], [1.0, 1.0], [1.0, 1.0]).norms.shape == (2,)


def test_what_came_is_said():
    target = random_target(2, 2, 3)
    with refused("parameters", TypeError):
        loss("p", target, 0.0)
    with refused("target", TypeError):
        loss(Parameters(TWO + 1.0, [1.0, 1.0], [1.0, 1.0], [1.0, 1.0]), "T", 0.0)


@pytest.mark.second_opinion("tdbook.objectives.Parameters")
def test_kappa_is_one_number_or_one_for_each_column():
    U = np.array([[3.0, 0.0], [4.0, 2.0]])
    same = Parameters.two_homogeneous(U, [1.0, -1.0], 2)
    assert same.c == pytest.approx([0.4, 1.0])
    assert same.c_hat == pytest.approx([0.2, 0.5])
    each = Parameters.two_homogeneous(U, [1.0, -1.0], [2.0, 3.0])
    assert each.c == pytest.approx([0.4, 1.5])
    assert each.kappa == pytest.approx([2.0, 3.0])
    with refused("kappa"):
        Parameters.two_homogeneous(U, [1.0, -1.0], [1.0, 2.0, 3.0])


def test_the_residual_seen_along_each_direction():
    target = random_target(3, 2, 4, rng=2)
    point = Parameters.two_homogeneous(np.diag([1.0, 2.0, 3.0]), [1.0, -1.0, 1.0], 1.5)
    found = residual_contraction(point, target)
    residual = model(point, 4).to_dense() - target.to_dense()
    assert np.allclose(found, np.stack([residual[i, i, i] for i in range(3)], axis=1), atol=1e-12)


@pytest.mark.parametrize("part", ["U", "c", "c_hat"])
def test_what_is_out_of_range_is_refused_and_not_infinite(part):
    values = {"U": TWO + 1.0, "a": [1.0, 1.0], "c": np.ones(2), "c_hat": np.ones(2)}
    point = Parameters(**{**values, part: values[part] * 1e200})
    with refused("c_hat"):
        loss(point, random_target(2, 2, 4), 1.0)


ONE = np.array([[1.0], [1.0]])


TARGET = random_target(2, 1, 3, rng=0)


TOO_LARGE = ": U, c, c_hat, the target or the regularization are too large"


TOO_SHORT = ": a column of U is too short, or kappa too large"


def plain(size, c=1.0, c_hat=1.0):
    return Parameters(size * ONE, [1.0], [c], [c_hat])


@pytest.mark.parametrize(
    ("call", "what", "why"),
    [
        (lambda: Parameters.two_homogeneous(1e-20 * ONE, [1.0], 1e300), "c = kappa / ||u||", TOO_SHORT),
        (lambda: Parameters.two_homogeneous(1e-310 * ONE, [1.0], 1e-10), "c = kappa / ||u||", TOO_SHORT),
        (lambda: model(plain(1.0, c=1e200), 4), "kappa^{l-2} ||u||^2", TOO_LARGE),
        (lambda: regularizer(plain(1.0, c_hat=1e200), 4), "the regulariser", TOO_LARGE),
        (lambda: loss(plain(10.0), TARGET, 1e308), "f", TOO_LARGE),
        (
            lambda: residual_contraction(plain(0.866e154, c=0.8165e-154), SymmetricCP([-1.7e308], ONE / 2**0.5, 3)),
            "R(w^{l-1}, .)",
            TOO_LARGE,
        ),
        (lambda: frozen_gradient(plain(10.0), TARGET, 1e308), "the gradient", TOO_LARGE),
        (lambda: tied_gradient(plain(1.0, c_hat=2**-0.5), TARGET, 5.6e307), "the gradient", TOO_LARGE),
        (lambda: hessian_form(plain(1.0), 1e150 * ONE, TARGET, 1e10), "the Hessian form", TOO_LARGE),
        (lambda: vanilla_loss(1e60 * ONE, [1.0], TARGET), "f_v", TOO_LARGE),
        (lambda: vanilla_gradient(ONE, [1e200], TARGET), "the gradient in U", TOO_LARGE),
        (lambda: vanilla_gradient(1e50 * ONE, [1e50], TARGET), "the gradient in c", TOO_LARGE),
    ],
)
def test_what_left_the_range_is_named(call, what, why):
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value).startswith(f"{what} must ")
    assert str(caught.value).endswith(why)


def test_points_hold_arrays_of_their_own():
    U, a = [[1, 2], [3, 4]], [1, -1]
    p = Parameters(U, a, [1, 1], [1, 1])
    for value in (p.U, p.a, p.c, p.c_hat):
        assert isinstance(value, np.ndarray)
        assert value.dtype == float


@pytest.mark.second_opinion("tdbook.objectives.model")
@pytest.mark.parametrize("order", [2, 3, 5])
def test_the_model_entry_by_entry(order):
    rng = np.random.default_rng(order)
    p = Parameters(rng.standard_normal((2, 3)), [1.0, -1.0, 1.0], rng.uniform(0.5, 2, 3), np.ones(3))
    wanted = np.zeros((2,) * order)
    for i in range(3):
        power = p.U[:, i]
        for _ in range(order - 1):
            power = np.multiply.outer(power, p.U[:, i])
        wanted += p.a[i] * p.c[i] ** (order - 2) * power
    assert np.allclose(model(p, order).to_dense(), wanted, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", ["U", "norms", "directions"])
def test_what_is_remembered_of_a_point_cannot_be_written_to(name):
    given = TWO + 1.0
    point = Parameters(given, [1.0, 1.0], [1.0, 1.0], [1.0, 1.0])
    with pytest.raises(ValueError, match="read-only"):
        getattr(point, name)[...] = 7.0
    given[...] = 7.0  # whose own array stays free, and is another one
    assert np.allclose(getattr(point, name), getattr(Parameters(TWO + 1.0, *[[1.0, 1.0]] * 3), name))


@pytest.mark.second_opinion("tdbook.objectives.vanilla_model")
@pytest.mark.parametrize("order", [2, 3, 4])
def test_vanilla_models_on_all_entries(order):
    rng = np.random.default_rng(order)
    U, c = rng.standard_normal((3, 4)), rng.standard_normal(4)
    assert np.abs(vanilla_model(U, c, order).to_dense() - dense.tensor(c, U, order)).max() < 1e-12
