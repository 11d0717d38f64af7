"""Tests of ``tdbook.descent.coordinates``."""

import math
from dataclasses import replace
from types import SimpleNamespace

import mpmath
import numpy as np
import pytest
from scipy.stats import beta, ks_2samp, kstest

from tdbook import descent
from tdbook.descent import Settings, coordinates, practical_settings, run
from tdbook.descent.coordinates import Ambient, InLaw, Lossless, choose, core_in_law
from tdbook.tensors import KINDS, DenseSymmetric, SymmetricCP, random_target, random_unit_vectors, unit_columns
from tests.support import dense
from tests.support.descent import settings_for_coordinates
from tests.support.exact import column, dot, exact
from tests.support.refusals import refused


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


@pytest.mark.second_opinion("tdbook.descent.coordinates.Lossless", "tdbook.descent.coordinates.choose")
def test_lossless_coordinates_make_the_run_of_all_entries():
    """run turns to coordinates here: 3 + 2 of them in R^9."""
    target = random_target(9, 2, 3, rng=5)
    goal = dense.tensor(target.weights, target.factors, 3)
    settings = Settings(9, 3, 3, 50, 0.1, 0.01, 0.01, 0.05, literal=True)
    assert isinstance(coordinates.choose(target, 3, np.random.default_rng(0)), coordinates.Lossless)
    U, a, c, *_ = list(dense.algorithm(goal, settings, np.random.default_rng(2)))[-1]
    found = descent.run(target, settings, 2).tensor.to_dense()
    assert np.abs(found - dense.model(SimpleNamespace(U=U, a=a, c=c), 3)).max() < 1e-10


def gap(one, two):
    """Largest difference between two runs in what their histories hold, and between their results.

    The mass outside the span is compared as a length: entries of size 1 are rounded at 1e-16, so its square, of
    order 1e-14 at l = 5, has eight digits in R^d and more of them in coordinates.
    """
    first, second = one.history, two.history
    assert first.time == second.time
    assert np.array_equal(first.switched, second.switched)
    assert [(e.reinitialized, e.switches) for e in first.epochs] == [
        (e.reinitialized, e.switches) for e in second.epochs
    ]
    differences = [
        np.abs(np.array(first.norms) - np.array(second.norms)).max(),
        np.abs(np.array(first.loss) - np.array(second.loss)).max(),
        np.abs(np.sqrt(first.outside) - np.sqrt(second.outside)).max(),
        one.tensor.distance(two.tensor),
    ]
    return max(differences)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", [3, 4, 5])
def test_the_run_is_the_same_step_for_step(order, kind):
    target = random_target(60, 3, order, kind, rng=order)
    settings = settings_for_coordinates(target, 9)
    assert isinstance(choose(target, 9, np.random.default_rng(0)), Lossless)
    lossless, direct = run(target, settings, 7), run(target, settings, 7, space=Ambient)
    assert lossless.tensor.dimension == 60
    assert len(lossless.history.epochs) == 5  # 1500 iterations, five re-initialisations
    assert gap(lossless, direct) < 1e-10


@pytest.mark.parametrize("order", [3, 4])
def test_the_run_of_a_dense_target_is_the_same(order):
    target = DenseSymmetric(random_target(16, 2, order, "mixed-sign", 3).to_dense())
    settings = settings_for_coordinates(target, 6)
    assert isinstance(choose(target, 6, np.random.default_rng(0)), Lossless)
    assert gap(run(target, settings, 2), run(target, settings, 2, space=Ambient)) < 1e-10


def test_a_target_in_another_basis_would_be_noticed():
    """Negative control of ``gap``: another target, as near as 1e-6, makes another run."""
    target = random_target(60, 3, 3, rng=3)
    settings = settings_for_coordinates(target, 9)
    near = SymmetricCP(target.weights, target.factors * (1 + 1e-6 * np.eye(60)[:, [0]]), 3)
    assert gap(run(near, settings, 7), run(target, settings, 7, space=Ambient)) > 1e-8


def test_target_and_lift_agree_with_the_ambient_space():
    for target in (random_target(50, 4, 4, "dependent", 1), DenseSymmetric(random_target(12, 2, 3, rng=1).to_dense())):
        space = Lossless(target, 5, np.random.default_rng(2))
        assert space.target.norm() == pytest.approx(target.norm(), rel=1e-12)
        tensor = SymmetricCP(np.ones(5), space.components, target.order)
        lifted = space.lift(tensor)
        assert lifted.dimension == target.dimension
        assert lifted.distance(target) == pytest.approx(tensor.distance(space.target), rel=1e-12)


def test_chosen_only_where_it_pays():
    rng = np.random.default_rng(0)
    target = random_target(20, 3, 3)
    assert isinstance(choose(target, 13, rng), Lossless)
    assert isinstance(choose(target, 14, rng), Ambient)
    assert isinstance(choose(random_target(5, 20, 3), 2, rng), Ambient)


def law(draws, direct, count=250):
    """p-values of two-sample tests between statistics of draws by two routes."""
    first, second = (np.array([sample(seed) for seed in range(count)]) for sample in (draws, direct))
    return [ks_2samp(a, b).pvalue for a, b in zip(first.T, second.T, strict=True)]


def turned(space, seed):
    """Cosines after a few re-initialisations: of fresh components with each other and with the target."""
    rng = np.random.default_rng([1, seed])
    U = space.components
    for j in (0, 2, 0, 1):
        U = space.redraw(U, j, 1.0, rng)
    inside = U[: space.own] if isinstance(space, InLaw) else space.basis[:, : space.own].T @ (space.basis @ U)
    gram = U.T @ U
    assert np.abs(np.diag(gram) - 1.0).max() < 1e-12
    return [gram[0, 1], gram[2, 3], gram[0, 2], *np.square(inside).sum(axis=0)[:3]]


@pytest.mark.second_opinion("tdbook.descent.coordinates.InLaw")
@pytest.mark.parametrize("dimension", [7, 25])
def test_components_in_law_are_those_of_the_ambient_space(dimension):
    """At d = 7 = q + m nothing is left outside, at d = 25 there is room."""
    core = core_in_law(dimension, 3, 3, "orthogonal", 0)
    target = SymmetricCP(core.weights, np.vstack([core.factors, np.zeros((dimension - 3, 3))]), 3)
    values = law(
        lambda seed: turned(InLaw(core, 4, np.random.default_rng(seed), dimension), seed),
        lambda seed: turned(Lossless(target, 4, np.random.default_rng(seed + 10_000)), seed + 10_000),
    )
    assert min(values) > 1e-3
    wrong = law(
        lambda seed: turned(InLaw(core, 4, np.random.default_rng(seed), dimension + 20), seed),
        lambda seed: turned(Lossless(target, 4, np.random.default_rng(seed + 10_000)), seed + 10_000),
    )
    assert min(wrong) < 1e-3  # negative control: another dimension is another law


@pytest.mark.second_opinion("tdbook.descent.coordinates.core_in_law")
@pytest.mark.parametrize("kind", KINDS)
def test_targets_in_law_have_the_gram_matrix_of_random_targets(kind):
    def seen(target):
        gram = np.abs(unit_columns(target.factors)[1].T @ unit_columns(target.factors)[1])
        return [gram[0, 1], gram[1, 2], target.weights[0], target.norm()]

    first = np.array([seen(core_in_law(9, 3, 3, kind, seed)) for seed in range(300)])
    second = np.array([seen(random_target(9, 3, 3, kind, seed + 10_000)) for seed in range(300)])
    assert np.allclose(first[:, 3], 1.0)
    for a, b in zip(first.T[:3], second.T[:3], strict=True):
        # cosines that are constants differ in their last digits only
        assert ks_2samp(np.round(a, 12), np.round(b, 12)).pvalue > 1e-3


def finals(results):
    """What a run ends with: its first and second error, its loss, and the mass outside the span."""
    return np.array(
        [
            [r.history.epochs[0].error, r.error, r.history.loss[-1], r.history.outside[-1] / r.settings.init_scale**2]
            for r in results
        ]
    )


def test_runs_in_law_end_like_direct_ones():
    def direct(seed, **changes):
        return run(random_target(40, 2, 3, rng=seed), replace(settings, **changes), seed)

    def in_law(seed):
        return run(core_in_law(40, 2, 3, rng=seed), settings, seed, trace=False, space=InLaw)

    settings = replace(practical_settings(random_target(40, 2, 3), 3, 0.05, epochs=2, iterations=150), literal=True)
    first, second = finals([in_law(seed) for seed in range(50)]), finals([direct(seed) for seed in range(150, 200)])
    assert min(ks_2samp(a, b).pvalue for a, b in zip(first.T, second.T, strict=True)) > 1e-3
    # negative control: a few iterations fewer end elsewhere
    other = finals([direct(seed, iterations=120) for seed in range(150, 200)])
    assert min(ks_2samp(a, b).pvalue for a, b in zip(first.T, other.T, strict=True)) < 1e-3


def test_a_trillion_dimensions():
    core = core_in_law(10**12, 3, 3, rng=1)
    assert np.abs(core.factors.T @ core.factors - np.eye(3)).max() < 1e-5  # uniform vectors are orthogonal up there
    settings = practical_settings(core, 12, 0.05, dimension=10**12)
    assert settings.initial_kappa == pytest.approx(math.sqrt(1e12 * 42))
    result = run(core, settings, 0, space=InLaw)
    assert result.converged
    assert result.tensor.dimension == 15
    assert result.history.outside[0] == pytest.approx(12 * settings.init_scale**2, rel=1e-6)
    again = run(core, settings, 0, trace=False, space=InLaw)
    assert again.error == result.error
    assert len(again.history.loss) == len(again.history.epochs)


def test_in_law_of_a_dense_core():
    core = core_in_law(1000, 2, 4, "mixed-sign", 0)
    settings = practical_settings(core, 6, 0.1, dimension=1000)
    cp, dense = (run(T, settings, 3, space=InLaw) for T in (core, DenseSymmetric(core.to_dense())))
    assert dense.error == pytest.approx(cp.error, rel=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: core_in_law(0, 1, 3), "dimension"),
        (lambda: core_in_law(5, 1, 3, "round"), "kind"),
        (
            lambda: run(core_in_law(9, 2, 3), practical_settings(core_in_law(9, 2, 3), 8, dimension=9), space=InLaw),
            "dimension",
        ),
        (lambda: practical_settings(random_target(5, 2, 3), dimension=4), "dimension"),
        (lambda: run("T", None, space=InLaw), "target"),
        (lambda: coordinates.core_in_law(5, 3, 3, rng="x"), "rng"),
    ],
)
def test_bad_input_gets_one_line_that_names_it(call, message):
    with refused(message, (ValueError, TypeError)):
        call()


@pytest.mark.parametrize("dimension", [7, 12])
def test_first_draws_in_law_are_a_triangle_with_the_law_of_a_uniform_frame(dimension):
    """Of a uniform unit vector, the squared length of the part outside k directions is Beta((d-k)/2, k/2)."""
    q, m = 3, 4
    core = core_in_law(dimension, q, 3, "orthogonal", 0)
    draws = np.array([InLaw(core, m, np.random.default_rng(seed), dimension).components for seed in range(400)])
    assert draws.shape == (400, q + m, m)
    assert np.allclose(np.linalg.norm(draws, axis=1), 1.0)
    for i in range(m):
        assert not draws[:, q + i + 1 :, i].any()
        assert draws[:, q + i, i].min() > 0
        outside = draws[:, q + i, i] ** 2
        assert kstest(outside, beta((dimension - q - i) / 2, (q + i) / 2).cdf).pvalue > 1e-3
        # negative control: the law of the next column is another one
        assert kstest(outside, beta((dimension - q - i + 1) / 2, (q + i - 1) / 2).cdf).pvalue < 1e-3
    for i, k in ((0, 1), (1, 3), (2, 3)):
        cosines = np.einsum("sp,sp->s", draws[:, :, i], draws[:, :, k])
        assert kstest(cosines**2, beta(0.5, (dimension - 1) / 2).cdf).pvalue > 1e-3


@pytest.mark.parametrize("kind", ["generic", "mixed-sign"])
def test_components_of_a_core_have_the_law_of_a_uniform_frame(kind):
    draws = np.array([unit_columns(core_in_law(5, 4, 3, kind, seed).factors)[1] for seed in range(400)])
    assert np.allclose(np.abs(draws[:, 0, 0]), 1.0)
    for i in range(1, 4):
        assert not draws[:, i + 1 :, i].any()
        assert kstest(draws[:, i, i] ** 2, beta((5 - i) / 2, i / 2).cdf).pvalue > 1e-3


@pytest.mark.parametrize("rank", [3, 4, 5])
def test_a_core_is_as_large_as_its_span(rank):
    for kind in ("generic", "dependent"):
        core = core_in_law(30, rank, 3, kind)
        assert core.dimension == core.span().shape[1] == random_target(30, rank, 3, kind).span().shape[1]
        again = core_in_law(30, rank, 3, kind, 0)
        assert np.array_equal(core.factors, again.factors)
        assert np.array_equal(core.weights, again.weights)
    assert core_in_law(3, rank, 3).dimension == 3
    assert core_in_law(30, rank - 1, 3).dimension == rank - 1


def test_the_basis_is_turned_portion_by_portion(monkeypatch):
    target = random_target(40, 3, 3, rng=0)

    def turned(rows):
        monkeypatch.setattr(coordinates, "_ROWS", rows)
        rng = np.random.default_rng(1)
        space = Lossless(target, 5, rng)
        U = space.components
        for j in (0, 3, 3, 1):
            U = space.redraw(U, j, 0.5, rng)
        return space.basis, U

    (whole, U), (portions, V) = turned(1000), turned(7)
    assert np.abs(whole - portions).max() < 1e-14
    assert np.array_equal(U, V)
    assert np.abs(whole.T @ whole - np.eye(8)).max() < 1e-13
    assert np.allclose(np.linalg.norm(U, axis=0), [0.5, 0.5, 1.0, 0.5, 1.0])


def test_renewals_where_nothing_is_left_outside():
    space = InLaw(core_in_law(6, 2, 3, rng=0), 4, np.random.default_rng(1), 6)
    U = space.components
    for turn in range(12):
        U = space.redraw(U, turn % 4, 2.0, np.random.default_rng(turn))
    assert np.allclose(np.linalg.norm(U, axis=0), 2.0)


def test_room_for_all_components_is_asked_for():
    target = random_target(5, 3, 3)
    assert Lossless(target, 2, np.random.default_rng(0)).basis.shape == (5, 5)
    with refused("components"):
        Lossless(target, 3, np.random.default_rng(0))


def test_coordinates_of_a_dense_target_stand_for_its_entries():
    target = DenseSymmetric(random_target(9, 2, 3, "mixed-sign", 4).to_dense())
    space = Lossless(target, 3, np.random.default_rng(5))
    drawn = random_unit_vectors(9, 3, np.random.default_rng(5))
    assert np.allclose(space.basis @ space.components, drawn, atol=1e-14)
    whole = space.target.to_dense()
    for _ in range(3):
        whole = np.tensordot(whole, space.basis, axes=(0, 1))
    assert np.allclose(whole, target.array, atol=1e-14)
