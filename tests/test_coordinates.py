"""Lossless coordinates: the same run step for step, at a cost free of d, and in law without any vector of R^d."""

import math
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ks_2samp

import tdbook
from tdbook.descent import (
    coordinates,
    initialize,
    iterate,
    practical_settings,
    reinitialize,
    run,
)
from tdbook.descent.coordinates import Ambient, InLaw, Lossless, choose, core_in_law
from tdbook.tensors import KINDS, DenseSymmetric, SymmetricCP, random_target, unit_columns
from tests.support.refusals import refused


def settings_for(target, m, **changes):
    return replace(practical_settings(target, m, 0.05, epochs=5, iterations=300, literal=True), **changes)


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
    settings = settings_for(target, 9)
    assert isinstance(choose(target, 9, np.random.default_rng(0)), Lossless)
    lossless, direct = run(target, settings, 7), run(target, settings, 7, space=Ambient)
    assert lossless.tensor.dimension == 60
    assert len(lossless.history.epochs) == 5  # 1500 iterations, five re-initialisations
    assert gap(lossless, direct) < 1e-10


@pytest.mark.parametrize("order", [3, 4])
def test_the_run_of_a_dense_target_is_the_same(order):
    target = DenseSymmetric(random_target(16, 2, order, "mixed-sign", 3).to_dense())
    settings = settings_for(target, 6)
    assert isinstance(choose(target, 6, np.random.default_rng(0)), Lossless)
    assert gap(run(target, settings, 2), run(target, settings, 2, space=Ambient)) < 1e-10


def test_a_target_in_another_basis_would_be_noticed():
    """Negative control of ``gap``: another target, as near as 1e-6, makes another run."""
    target = random_target(60, 3, 3, rng=3)
    settings = settings_for(target, 9)
    near = SymmetricCP(target.weights, target.factors * (1 + 1e-6 * np.eye(60)[:, [0]]), 3)
    assert gap(run(near, settings, 7), run(target, settings, 7, space=Ambient)) > 1e-8


def test_coordinates_follow_the_readable_states():
    """Basis and coordinates together give the components of the readable algorithm, through every turn."""
    target = random_target(40, 3, 3, rng=0)
    settings = settings_for(target, 8)
    state = initialize(settings, np.random.default_rng(4))
    rng = np.random.default_rng(4)
    space = Lossless(target, 8, rng)
    rng.choice([-1.0, 1.0], size=8)
    U = settings.init_scale * space.components
    other = np.random.default_rng(0)
    ambient_rng = np.random.default_rng(4)
    initialize(settings, ambient_rng)
    for turn in range(30):
        assert np.abs(space.basis @ U / settings.init_scale - state.parameters.U / settings.init_scale).max() < 1e-12
        assert np.abs(space.basis.T @ space.basis - np.eye(11)).max() < 1e-13
        state = reinitialize(state, settings, ambient_rng)
        U = space.redraw(U, state.reinitialized, settings.init_scale, rng)
        rng.choice([-1.0, 1.0])
        # grow the fresh column, so that another one is the smallest next time
        factor = np.where(np.arange(8) == state.reinitialized, 1.5 + other.random(), 1.0)
        U = U * factor
        grown = state.parameters.U * factor
        state = replace(state, parameters=type(state.parameters).two_homogeneous(grown, state.parameters.a))
        assert turn or U.shape == (11, 8)


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


def test_memory_is_a_basis_and_a_few_draws():
    d, m, r = 200_000, 6, 2
    target = random_target(d, r, 3)
    settings = replace(practical_settings(target, m, 0.05, epochs=2, iterations=20), literal=True)
    tracemalloc.start()
    run(target, settings, 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * d * 6 * (m + r)


# --- in law -----------------------------------------------------------------------------------------------


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
    first, second = finals([in_law(seed) for seed in range(80)]), finals([direct(seed) for seed in range(150, 230)])
    assert min(ks_2samp(a, b).pvalue for a, b in zip(first.T, second.T, strict=True)) > 1e-3
    # negative control: a few iterations fewer end elsewhere
    other = finals([direct(seed, iterations=130) for seed in range(150, 230)])
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


def test_iterate_and_run_still_agree():
    target = random_target(30, 2, 3, rng=2)
    settings = settings_for(target, 4)
    *_, last = iterate(target, settings, 3)
    result = tdbook.descent.run(target, settings, 3)
    assert np.allclose(result.history.norms[-1], last.parameters.norms, rtol=1e-9)


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
