"""Tests of ``tdbook.exercises.theorem3``."""

import math

import mpmath
import numpy as np
import pytest

import tdbook
from tdbook.exercises import theorem3 as chapter11


def proved(d, s, l, eps, gamma=None, chance=None):
    """m, K and Delta of the proof from the displays of the chapter, by mpmath."""
    with mpmath.workdps(40):
        M = mpmath.mpf(2) ** l * mpmath.gamma(mpmath.mpf(s) / 2 + l) / mpmath.gamma(mpmath.mpf(s) / 2)
        if gamma is None:
            N = mpmath.binomial(s + l - 1, l)  # the kernel beats the fourth moment at these sizes
            pairs = [
                (mpmath.mpf(k) / 100, (1 - mpmath.mpf(k) ** 2 / 10**4) / (N - mpmath.mpf(k) ** 2 / 10**4) / 2)
                for k in range(1, 100)
            ]
            theta, chance = max(pairs, key=lambda pair: pair[1] * pair[0] ** 5)
            gamma = theta * mpmath.sqrt(mpmath.factorial(l) / M)
        f, share, p = mpmath.mpf("0.62"), mpmath.mpf("0.2"), mpmath.mpf(chance) * 5 / 6
        rho0 = (mpmath.mpf("0.99") * share) ** (l - 2)
        tau = mpmath.mpf("0.49") * gamma * eps
        lam = mpmath.mpf("0.49") * rho0 * tau
        return f, share, p, rho0, tau, lam, d


def components_and_epochs(d, s, l, eps, delta, **given):
    f, share, p, rho0, tau, lam, d = proved(d, s, l, eps, **given)
    with mpmath.workdps(40):
        growth = mpmath.log(f * d / lam) - 2 * mpmath.log(share * delta)
        gain = mpmath.mpf("0.9") * tau**2 * lam / (max(4, l) * f * mpmath.mpf("1.01") * growth / (rho0 * tau))
        q = mpmath.sqrt(2 * f + mpmath.mpf("0.24") * p * gain) - mpmath.sqrt(2 * f)
        return f / (lam * q), mpmath.mpf("0.7") / (p * gain), p


def test_the_price_of_certainty_and_the_plan_behind_it():
    plan = chapter11.printed_plan()
    m, K, p = components_and_epochs(
        10, 2, 3, 0.1, plan.init_scale, gamma=tdbook.lemmas.measured_strength(3, 2), chance=0.2
    )
    assert (plan.components, plan.epochs) == pytest.approx((float(m), float(K)), rel=1e-6)
    assert chapter11.certainty() == pytest.approx(float(K * p / 200), rel=1e-6)


def test_components_of_dependent_targets():
    """The factor of the exercise from the closed form alone; delta comes from the plans and enters by a logarithm."""
    both = []
    for s in (5, 2):
        delta = tdbook.lemmas.plan(20, s, 3, 0.1).init_scale
        both.append(components_and_epochs(20, s, 3, 0.1, delta)[0])
        assert chapter11.components(s) == pytest.approx(float(both[-1]), rel=1e-6)
    assert chapter11.components(5) / chapter11.components(2) == pytest.approx(float(both[0] / both[1]), rel=1e-5)


@pytest.mark.parametrize(("order", "gamma"), [(3, 0.6 / 8**0.5), (4, 0.11)])
def test_the_crossing_by_closed_forms(order, gamma):
    k = chapter11.crossing(order, gamma)
    for power in (k - 1, k):
        d = 10**power
        delta = tdbook.lemmas.plan(d, 2, order, 0.1, strength=gamma, chance=0.2).init_scale
        m = components_and_epochs(d, 2, order, 0.1, delta, gamma=gamma, chance=0.2)[0]
        lazy = mpmath.mpf(math.comb(d + order - 1, order)) / d
        assert (m <= lazy) == (power == k)


def test_the_best_y_by_searching():
    y = np.linspace(0.01, 0.99, 9801)
    best = (y**2 * (1 - y)).max()
    assert y[np.argmax(y**2 * (1 - y))] == pytest.approx(2 / 3, abs=1e-4)
    assert 0.125 / best == pytest.approx(27 / 32, rel=1e-6)
