"""Tests of ``tdbook.landscape.traps``."""

from fractions import Fraction
from math import comb, inf, sqrt
from types import SimpleNamespace

import mpmath
import numpy as np
import pytest

from tdbook import landscape
from tdbook.ledger.exact import polynomials as rational
from tdbook.objectives import Parameters, hessian_form, loss, vanilla_loss
from tests.support.exact import Exact
from tests.support.landscape import entries, goal_of, loss_of, near, slope, traps, with_coefficients
from tests.support.refusals import refused


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


ORDERS = (3, 4, 5, 6, 7)


def all_traps():
    for order in ORDERS:
        for r, m in ((1, 1), (2, 3), (3, 5)):
            yield landscape.vanilla_trap(order, r, m, r + 2)
            for lam in (0.0, 0.3, 0.9):
                shares = np.arange(1.0, m + 1)
                yield landscape.homogeneous_trap(order, r, m, r + 1, lam, shares)
                if order % 2 == 0 and m > 1:
                    yield landscape.mixed_sign_trap(order, r, m, r + 2, lam, shares)


def test_value_and_gradient_of_every_trap():
    for trap in all_traps():
        l, r, lam = trap.order, trap.r, trap.regularization
        wanted = trap.poles * (l * (l - 1) * r / 4 + lam - lam**2 / 2)
        assert trap.value == wanted
        assert float(trap.loss(trap.U)) == pytest.approx(wanted, rel=1e-11)
        assert np.abs(trap.gradient()).max() < 1e-11
        assert np.abs(trap.gradient(tied=False)).max() < 1e-11
        if trap.model == "vanilla":
            assert vanilla_loss(trap.U, trap.c, trap.target) == pytest.approx(wanted, rel=1e-11)
        else:
            assert loss(trap.parameters(), trap.target, lam) == pytest.approx(wanted, rel=1e-11)


def test_identity_at_random_points_by_two_routes():
    rng = np.random.default_rng(1)
    for trap in all_traps():
        U = rng.standard_normal((20, *trap.U.shape))
        c = rng.standard_normal((20, len(trap.c)))
        if trap.model != "vanilla":
            c = np.sign(c)
        direct = trap.loss(U, c)
        assert np.abs(direct - trap.value - trap.rise(U, c)).max() < 1e-11 * np.abs(direct).max()


def test_identity_in_exact_fractions():
    rng = np.random.default_rng(2)
    for order, r in ((3, 1), (4, 2), (5, 1)):
        target = entries(order, r)
        c = [Fraction(int(x), 3) for x in rng.integers(-5, 6, 3)]
        U = [[Fraction(int(x), 2) for x in rng.integers(-4, 5, r + 1)] for _ in c]
        pole = {(order, *[0] * r): Fraction(1)}
        T = rational.powers(c, U, order)
        left = rational.half_square(T, target) - Fraction(order * (order - 1) * r, 4)
        cone = sum(ci * u[0] ** (order - 2) * sum(x * x for x in u[1:]) for ci, u in zip(c, U, strict=True))
        assert left == comb(order, 2) * cone + rational.half_square(T, pole)
        assert left != comb(order, 2) * cone - rational.half_square(T, pole)
        trap = landscape.vanilla_trap(order, r, 3, r + 1)
        assert float(trap.rise(np.array(U, float).T, np.array(c, float))) == pytest.approx(float(left), rel=1e-12)


def test_inside_the_cone_nothing_is_lower():
    rng = np.random.default_rng(3)
    for trap in all_traps():
        U = rng.standard_normal((400, *trap.U.shape))
        c = rng.standard_normal((400, len(trap.c))) if trap.model == "vanilla" else trap.c
        # fold each component into the cone
        sign = np.sign(c * trap._pole_power(U, trap.order - 2))
        if trap.poles == 2:
            swapped = U.copy()
            swapped[:, [0, 1]] = U[:, [1, 0]]
            U = np.where((sign < 0)[:, None, :], swapped, U)
        elif trap.model == "vanilla":
            c = c * sign
        else:
            U = U * sign[:, None, :]
        assert trap.in_cone(U, c).all()
        assert (trap.rise(U, c) > -1e-11).all()


def test_outside_the_cone_there_is_a_lower_point():
    lower = landscape.vanilla_trap(3, 1, 200, 2)
    U = lower.U.copy()
    U[:, 0] = [-0.02, 0.02]  # one component a little beyond the boundary of the cone
    assert not lower.in_cone(U)
    assert float(lower.loss(U)) < lower.value - 1e-6
    # so the certified radius cannot be larger by more than an eighth here
    assert lower.certified_radius < np.linalg.norm(U - lower.U) < 1.125 * lower.certified_radius


def test_certified_radius():
    assert landscape.vanilla_trap(3, 1, 8, 2).certified_radius == pytest.approx(0.5)
    assert landscape.vanilla_trap(4, 1, 8, 2).certified_radius == 1.0
    assert landscape.homogeneous_trap(3, 1, 4, 2, 0.36).certified_radius == pytest.approx(0.4)
    assert landscape.homogeneous_trap(4, 1, 4, 2).certified_radius == inf
    assert landscape.mixed_sign_trap(4, 1, 2, 3).certified_radius == pytest.approx(1 / sqrt(2))


def test_spectrum_against_differences():
    for trap in all_traps():
        if trap.poles == 2 or trap.order > 5:
            continue
        for tied in (True, False):
            claimed = np.sort(np.concatenate([[value] * count for value, count, _ in trap.spectrum(tied=tied)]))
            found = np.linalg.eigvalsh(trap.hessian(tied=tied))
            assert len(found) == len(claimed)
            assert np.abs(found - claimed).max() < 1e-7


def test_frozen_hessian_agrees_with_the_quadratic_form():
    rng = np.random.default_rng(4)
    trap = landscape.homogeneous_trap(4, 2, 3, 4, 0.3, [1.0, 2.0, 3.0])
    H = trap.hessian(tied=False)
    for _ in range(5):
        V = rng.standard_normal(trap.U.shape)
        form = hessian_form(trap.parameters(), V, trap.target, trap.regularization)
        assert V.ravel() @ H @ V.ravel() == pytest.approx(form, rel=1e-8)


def test_spectrum_refuses_what_it_does_not_know():
    with refused("spectrum"):
        landscape.mixed_sign_trap(4, 1, 2, 3).spectrum()
    uneven = landscape.vanilla_trap(3, 1, 2, 2)
    moved = landscape.Trap(uneven.target, 1, uneven.U * [0.5, 1.5], uneven.c, "vanilla")
    with refused("spectrum"):
        moved.spectrum()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: landscape.vanilla_trap(3, 2, 1, 2), "dimension"),
        (lambda: landscape.vanilla_trap(2, 1, 1, 2), "order"),
        (lambda: landscape.vanilla_trap(3, 0, 1, 2), "r"),
        (lambda: landscape.vanilla_trap(3, 1, 0, 2), "components"),
        (lambda: landscape.homogeneous_trap(3, 1, 1, 2, 1.0), "regularization"),
        (lambda: landscape.homogeneous_trap(3, 1, 1, 2, -0.1), "regularization"),
        (lambda: landscape.homogeneous_trap(3, 1, 2, 2, 0.1, [1.0, 0.0]), "shares"),
        (lambda: landscape.homogeneous_trap(3, 1, 2, 2, 0.1, [1.0]), "shares"),
        (lambda: landscape.mixed_sign_trap(5, 1, 2, 3), "order"),
        (lambda: landscape.mixed_sign_trap(4, 1, 2, 2), "dimension"),
        (lambda: landscape.mixed_sign_trap(4, 1, 1, 3), "components"),
        (lambda: landscape.arrows_minimum(1, 1.0), "regularization"),
        (lambda: landscape.nodes(3, "long"), "terms"),
        (lambda: landscape.level_path(landscape.vanilla_trap(3, 1, 1, 2)), "trap"),
        (lambda: landscape.vanilla_trap(3, 1, 2, 2).loss(np.ones((3, 2))), "U"),
        (lambda: landscape.vanilla_trap(3, 1, 2, 2).rise(np.ones((2, 2)), [1.0]), "c"),
    ],
)
def test_bad_input_is_refused_in_one_line(call, message):
    with refused(message):
        call()


def test_wrong_kind_of_trap():
    with refused("trap", TypeError):
        landscape.level_path(landscape.homogeneous_trap(3, 1, 2, 2))
    with refused("parameters"):
        landscape.vanilla_trap(3, 1, 2, 2).parameters()


def test_directions_of_a_spectrum_are_named():
    for trap in (landscape.vanilla_trap(3, 1, 3, 4), landscape.homogeneous_trap(3, 1, 3, 4, 0.1)):
        assert [name for _, _, name in trap.spectrum()] == [
            "along the pole, together",
            "along the pole, trading size",
            "missing direction, together",
            "missing direction, against each other",
            "unused direction, together",
            "unused direction, against each other",
        ]


def test_the_border_belongs_to_the_cone():
    trap = landscape.vanilla_trap(3, 1, 2, 2)
    border = trap.U.copy()
    border[0, 0] = 0.0
    assert trap.in_cone(border)
    assert trap.in_cone(border, [0.0, 1.0])
    assert trap.in_cone(trap.U, [0.0, 1.0])
    assert not trap.in_cone(trap.U, [-1e-9, 1.0])
    border[0, 0] = -1e-100  # outside however little, although its higher powers vanish
    assert not trap.in_cone(border)


def test_the_spectrum_of_one_component_in_the_plane_and_beyond():
    """c u^{(x) 4} at u = e_1, c = 1: in (u_1, c) the Hessian is p p^T with p = (4, 1); in u_j it is 12 + 4, or 4."""
    pole = [(17.0, 1, "along the pole, together"), (0.0, 1, "along the pole, trading size")]
    missing, unused = (16.0, 1, "missing direction, together"), (4.0, 2, "unused direction, together")
    assert landscape.vanilla_trap(4, 1, 1, 2).spectrum() == [*pole, missing]
    assert landscape.vanilla_trap(4, 1, 1, 4).spectrum() == [*pole, missing, unused]


def eigenvalues(spectrum):
    return np.sort(np.concatenate([[value] * count for value, count, _ in spectrum]))


@pytest.mark.parametrize("order", [3, 4, 5])
def test_spectra_of_other_coefficients_and_of_the_frozen_gradient(order):
    two = with_coefficients(order, [2.0, 2.0])
    assert np.abs(eigenvalues(two.spectrum()) - np.linalg.eigvalsh(two.hessian())).max() < 1e-8
    trap = landscape.homogeneous_trap(order, 1, 2, 2, 0.2, [1.0, 3.0])
    for tied in (True, False):
        claimed = eigenvalues(trap.spectrum(tied=tied))
        assert np.abs(claimed - np.linalg.eigvalsh(trap.hessian(tied=tied))).max() < 1e-8
    assert np.abs(eigenvalues(trap.spectrum(tied=True)) - claimed).max() > 1.0


def test_what_has_no_spectrum_and_no_parameters():
    """Unequal lengths or unequal coefficients, each alone; two poles; another model."""
    given = landscape.vanilla_trap(3, 1, 2, 2)
    longer = landscape.Trap(given.target, 1, given.U * [1.0, 1.0 + 1e-9], given.c, "vanilla")
    heavier = landscape.Trap(given.target, 1, given.U, given.c * [1.0, 1.0 + 1e-9], "vanilla")
    for call, words in (
        (longer.spectrum, "spectrum"),
        (heavier.spectrum, "spectrum"),
        (landscape.mixed_sign_trap(4, 1, 2, 3).spectrum, "spectrum"),
        (given.parameters, "parameters"),
    ):
        with refused(words):
            call()


def test_shares_of_the_components_of_each_sign():
    """(1 - lambda) s_i^2 / sum of its own pole: 1 : 3 on e_1, 2 : 2 on e_2."""
    trap = landscape.mixed_sign_trap(4, 1, 4, 3, 0.2, [1.0, 2.0, 3.0, 2.0])
    assert np.allclose(trap.U**2, [[0.2, 0.0, 0.6, 0.0], [0.0, 0.4, 0.0, 0.4], [0.0] * 4])
    assert trap.c.tolist() == [1.0, -1.0, 1.0, -1.0]


# Traps of mixed signs are those of even orders.
MIXED_SIGN_TRAP = [3, pytest.param(4, marks=pytest.mark.second_opinion("tdbook.landscape.mixed_sign_trap")), 5]


@pytest.mark.second_opinion(
    "tdbook.landscape.Trap", "tdbook.landscape.vanilla_trap", "tdbook.landscape.homogeneous_trap"
)
@pytest.mark.parametrize("order", MIXED_SIGN_TRAP)
def test_traps_on_all_entries(order):
    """Targets, losses, rises, gradients and Hessians of every kind of trap."""
    rng = np.random.default_rng(order)
    for trap in traps(order):
        goal = goal_of(trap)
        assert np.abs(trap.target.to_dense() - goal).max() < 1e-12
        assert loss_of(trap, trap.U, trap.c, goal) == pytest.approx(trap.value, rel=1e-12)

        def flat(x, trap=trap, goal=goal):
            return loss_of(trap, *trap.split(x), goal)

        for size in (0.1, 1.0):
            U, c = near(trap, rng, size)
            wanted = loss_of(trap, U, c, goal)
            assert float(trap.loss(U, c)) == pytest.approx(wanted, rel=1e-11)
            assert float(trap.rise(U, c)) == pytest.approx(wanted - trap.value, rel=1e-10, abs=1e-11)
        U, c = near(trap, rng, 0.1)
        x = np.concatenate([U.ravel(), c]) if trap.model == "vanilla" else U.ravel()
        assert np.allclose(trap.gradient(U, c), slope(flat, x), rtol=1e-6, atol=1e-7)
        centre = np.concatenate([trap.U.ravel(), trap.c]) if trap.model == "vanilla" else trap.U.ravel()
        H = slope(lambda y, flat=flat: slope(flat, y, 2e-3), centre, 2e-3)
        assert np.abs(trap.hessian() - H).max() < 1e-4 * np.abs(H).max()
        if trap.poles == 1 and not (trap.model == "vanilla" and np.ptp(trap.c)):
            claimed = np.sort(np.concatenate([[value] * count for value, count, _ in trap.spectrum()]))
            assert np.abs(np.linalg.eigvalsh((H + H.T) / 2) - claimed).max() < 1e-4 * claimed[-1]
