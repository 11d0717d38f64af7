"""Norms of 1e-12 and below raised to powers, large kappa, order 8: against mpmath at 60 digits.

Every number here is right to rounding or refused by name. Results below 1e-308 come out as 0, as floating-point
numbers do.
"""

import mpmath
import numpy as np
import pytest

from tdbook.objectives import (
    Parameters,
    frozen_gradient,
    hessian_form,
    loss,
    model,
    regularizer,
    tied_gradient,
    vanilla_gradient,
    vanilla_loss,
)
from tdbook.tensors import SymmetricCP, random_target
from tests.support.refusals import refused

LAM = 0.01
# size of the components, kappa, order; the last ones have kappa^{l-2} up to 1e36
CASES = [
    (1e-12, 1.0, 3), (1e-12, 1.0, 8), (1e-40, 1.0, 8), (1e-12, 1e3, 8), (1e-3, 1e6, 4), (1.0, 1e6, 8), (1e-150, 1.0, 3),
    (1e10, 1.0, 8), (1e-12, 1e6, 8),
]  # fmt: skip


def point(size, kappa, order, d=3, m=3):
    rng = np.random.default_rng([order, m])
    U = size * rng.standard_normal((d, m))
    return Parameters.two_homogeneous(U, [1.0, -1.0, 1.0], kappa), random_target(d, 2, order, rng=1)


def exact(array):
    """The floating-point numbers of an array as exact ones."""
    return [[mpmath.mpf(float(x)) for x in row] for row in np.atleast_2d(array)]


def column(U, j):
    return [row[j] for row in U]


def dot(x, y):
    return mpmath.fsum(a * b for a, b in zip(x, y))


class Exact:
    """The model as Section 4 displays it, sum a c^{l-2} u^{(x) l}, in powers of the small norms themselves."""

    def __init__(self, p, target):
        self.l = target.order
        self.U, self.V = exact(p.U), exact(target.factors)
        m, r = len(p.a), target.rank
        self.u = [column(self.U, j) for j in range(m)]
        self.v = [column(self.V, k) for k in range(r)]
        self.a, self.c, self.c_hat = exact(p.a)[0], exact(p.c)[0], exact(p.c_hat)[0]
        self.b = [a * c ** (self.l - 2) for a, c in zip(self.a, self.c)]
        self.w = exact(target.weights)[0]

    def loss(self, lam):
        terms = [(b, u) for b, u in zip(self.b, self.u)] + [(-w, v) for w, v in zip(self.w, self.v)]
        square = mpmath.fsum(x * y * dot(u, v) ** self.l for x, u in terms for y, v in terms)
        return square / 2 + lam * self.regularizer()

    def regularizer(self):
        return mpmath.fsum(c ** (self.l - 2) * mpmath.sqrt(dot(u, u)) ** self.l for c, u in zip(self.c_hat, self.u))

    def gradient(self, lam, j):
        l, u = self.l, self.u[j]
        terms = [(b, v) for b, v in zip(self.b, self.u)] + [(-w, v) for w, v in zip(self.w, self.v)]
        pull = [mpmath.fsum(x * dot(v, u) ** (l - 1) * v[i] for x, v in terms) for i in range(len(u))]
        shrink = lam * l * self.c_hat[j] ** (l - 2) * mpmath.sqrt(dot(u, u)) ** (l - 2)
        return [l * self.b[j] * pull[i] + shrink * u[i] for i in range(len(u))]


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
