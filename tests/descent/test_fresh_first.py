"""One column at a time: the step is the gradient step it says it is, and runs keep what is proved of them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tdbook import SymmetricCP, random_target
from tdbook.descent import FreshFirst, run_fresh_first
from tdbook.descent.fresh_first import fresh_first
from tdbook.descent.merging import joint_step, merged
from tdbook.descent.one_column import Column, born, column_step, training
from tdbook.lemmas import guaranteed
from tdbook.objectives import Parameters, frozen_gradient
from tdbook.tensors import random_unit_vectors


def settings(**changes) -> FreshFirst:
    given = {
        "dimension": 4, "order": 3, "components": 5, "epochs": 5, "iterations": 200, "step_size": 1 / 9,
        "init_exponent": -4, "accuracy": 0.1, "growth": 10.0,
    }  # fmt: skip
    return FreshFirst(**{**given, **changes})


def residual(dimension: int, order: int, seed: int) -> SymmetricCP:
    rng = np.random.default_rng(seed)
    tensor = SymmetricCP(rng.standard_normal(6), rng.standard_normal((dimension, 6)), order)
    return tensor.scaled(1 / tensor.norm())


def pull_of(tensor: SymmetricCP):
    return lambda w: tensor.contract(w[:, None])[:, 0]


@pytest.mark.parametrize("order", [3, 4, 5])
@pytest.mark.parametrize("boost", [None, 1.7])
def test_a_step_is_a_step_along_the_frozen_gradient(order, boost):
    plan = settings(order=order, boost=boost, init_exponent=-1, growth=50.0)
    R, rng = residual(4, order, 1), np.random.default_rng(2)
    birth, learned = random_unit_vectors(4, 2, rng).T
    column = Column(birth, 0.7 * learned, 0.9, math.log(0.3), -1.0)
    u = 0.3 * column.shape
    c = 1 / np.linalg.norm(u) if boost is None else 1 / (0.3 * 0.7 + boost * 0.1 / math.sqrt(4))
    point = Parameters(u[:, None], np.array([-1.0]), np.array([c]), np.array([c]))
    # the model of this one column against -R leaves the residual R + a c^{l-2} u^l
    wanted = u - plan.step_size * frozen_gradient(point, R.scaled(-1.0), 0.0)[:, 0]
    found = column_step(column, pull_of(R), plan)
    np.testing.assert_allclose(math.exp(found.log_scale) * found.shape, wanted, rtol=0, atol=1e-14)


def test_after_the_switch_the_regulariser_pulls_too():
    plan, R = settings(regularization=0.05), residual(4, 3, 3)
    u = 0.4 * random_unit_vectors(4, 1, np.random.default_rng(4))[:, 0]
    column = Column(np.zeros(4), u, 0.0, 0.0, 1.0, switched=True)
    c = 1 / np.linalg.norm(u)
    point = Parameters(u[:, None], np.ones(1), np.array([c]), np.array([c]))
    wanted = u - plan.step_size * frozen_gradient(point, R.scaled(-1.0), 0.05 / 0.5)[:, 0]
    np.testing.assert_allclose(column_step(column, pull_of(R), plan, 0.5).shape * 0.4, wanted, rtol=0, atol=1e-14)


@pytest.mark.parametrize("order", [3, 4])
def test_alone_in_r_d_a_column_never_raises_the_loss_and_turns_towards_the_residual(order):
    plan = settings(order=order, step_size=1 / order**2, init_exponent=-2, growth=None)
    for seed in range(20):
        R, rng = residual(4, order, seed), np.random.default_rng(seed)
        sign = rng.choice([-1.0, 1.0])
        loss, correlation = math.inf, -math.inf
        for column in training(born(random_unit_vectors(4, 1, rng)[:, 0], sign, plan, 1.0), pull_of(R), plan):
            now = -sign * float(R.evaluate(column.direction[:, None])[0])
            f = 0.5 - column.mass * now + column.mass**2 / 2
            assert f <= loss + 1e-14 and now >= correlation - 1e-14 and column.mass <= 1.0
            loss, correlation = f, now


@pytest.mark.parametrize("size", [(10, 2, 3, 0.1), (10, 2, 4, 0.1)])
@pytest.mark.parametrize("variant", ["plain", "boosted", "regularised"])
def test_lucky_epochs_fall_as_proved_and_unlucky_ones_hardly_rise(size, variant):
    plan = guaranteed(*size, variant)
    lucky = 0
    for seed in range(6):
        target = random_target(10, 4 if size[2] == 3 else 2, size[2], "dependent" if size[2] == 3 else "generic", seed)
        plan = guaranteed(10, target.span().shape[1], *size[2:], variant)
        seen = []
        run_fresh_first(target, plan, seed, observe=seen.append)
        for epoch in seen:
            fall = 1 - (epoch.after / epoch.before) ** 2
            if plan.lucky(epoch.correlation, epoch.share):
                lucky += 1
                if variant != "regularised":
                    assert fall >= plan.proved_fall(epoch.correlation)
                assert epoch.switched is not None and epoch.switched <= plan.stages[0]
            assert fall >= -plan.rise or variant == "regularised"
    assert lucky > 5


@pytest.mark.second_opinion("tdbook.descent.run_fresh_first")
@pytest.mark.parametrize("variant", ["plain", "boosted", "regularised", "one-step-size"])
def test_the_accuracy_is_reached_within_k_epochs(variant):
    target = random_target(10, 2, 3, "correlated", 5).scaled(40.0)
    plan = guaranteed(10, 2, 3, 0.1, variant)
    found = run_fresh_first(target, plan, 6)
    assert found.converged and found.epochs <= plan.epochs
    entries = target.to_dense()
    error = np.linalg.norm(found.tensor.to_dense() - entries) / np.linalg.norm(entries)
    assert found.error == pytest.approx(error, rel=1e-9)
    assert len(found.history.epochs) == found.epochs == found.best_epoch
    assert found.tensor.rank <= found.epochs


def test_an_upper_bound_of_the_span_is_enough():
    target = random_target(10, 1, 3, rng=2)
    plan = guaranteed(10, 3, 3, 0.05)
    assert run_fresh_first(target, plan, 1).converged


def test_without_a_switch_and_with_the_tiny_delta_of_the_theorem():
    plan = guaranteed(10, 2, 3, 0.1, "no-switch")
    assert plan.init_scale == 0.0 and plan.init_exponent < -1000
    seen = []
    target = random_target(10, 2, 3, "mixed-sign", 1)
    found = run_fresh_first(target, plan, 0, observe=seen.append)
    assert found.converged
    assert all(epoch.after <= epoch.before * (1 + 1e-12) for epoch in seen)


@pytest.mark.second_opinion("tdbook.descent.fresh_first.fresh_first")
def test_coordinates_of_the_span_lose_nothing():
    """The same numbers drawn in R^d: a run whose place is all of R^d, against one in two coordinates and one length."""
    target = random_target(30, 2, 3, "generic", 7)
    plan = guaranteed(30, 2, 3, 0.1)
    whole = fresh_first(target, plan, 8, in_law=True)
    few = fresh_first(target, plan, 8)
    inside = [(a, b) for (a, _), (b, _) in zip(few, whole, strict=True)]
    assert len(inside) >= 2
    for few_epoch, whole_epoch in inside:
        assert few_epoch.after == pytest.approx(whole_epoch.after, abs=1e-12)
        assert few_epoch.switched == whole_epoch.switched


def test_a_million_dimensions_are_a_number():
    core = random_target(2, 2, 3, "generic", 0)
    found = run_fresh_first(core, guaranteed(10**6, 2, 3, 0.1, "boosted"), 1, in_law=True)
    assert found.converged and found.tensor.dimension == 2


def test_stop_false_does_all_epochs_and_the_last_one_is_kept():
    plan = replace(guaranteed(10, 2, 3, 0.1), epochs=30, components=30)
    found = run_fresh_first(random_target(10, 2, 3, rng=1), plan, 0, stop=False)
    assert found.epochs == 30 and found.error < 1e-3


def test_one_sign_only_never_finds_a_negative_even_power():
    plan = guaranteed(5, 1, 4, 0.1)
    target = SymmetricCP([-1.0], np.eye(5)[:, :1], 4)
    with_sign = run_fresh_first(target, plan, 0)
    assert with_sign.converged
    R = target.scaled(-1.0)  # R = T - T* = + e_1^4: only a = -1 can lower it
    column = born(random_unit_vectors(5, 1, np.random.default_rng(0))[:, 0], 1.0, plan, 1.0)
    *_, last = training(column, pull_of(R), plan)
    assert not last.switched


def test_merging_keeps_the_tensor_and_no_more_mass():
    rng = np.random.default_rng(9)
    for order, span in ((3, 2), (4, 2), (3, 3)):
        most = math.comb(span + order - 1, order)
        basis = np.linalg.qr(rng.standard_normal((6, span)))[0]
        many = SymmetricCP(rng.standard_normal(most + 5), basis @ rng.standard_normal((span, most + 5)), order)
        few = merged(many)
        assert few.rank == most
        assert few.distance(many) <= 1e-10 * many.norm()
        assert np.abs(few.components()[0]).sum() <= np.abs(many.components()[0]).sum() * (1 + 1e-12)
        assert merged(few).rank == most


def test_merging_in_a_run_needs_few_columns():
    target = random_target(10, 5, 3, "dependent", 2)
    plan = guaranteed(10, target.span().shape[1], 3, 0.01)
    merging = run_fresh_first(target, plan, 3, merge=True)
    assert merging.converged and merging.tensor.rank < plan.merged_components


def test_joint_steps_do_not_raise_the_error():
    target = random_target(6, 2, 3, rng=4)
    rng = np.random.default_rng(5)
    tensor = SymmetricCP(rng.standard_normal(3), rng.standard_normal((6, 3)), 3)
    for _ in range(20):
        after = joint_step(tensor, target, 1 / 9)
        assert after.distance(target) <= tensor.distance(target)
        tensor = after


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"order": 2}, "order"),
        ({"iterations": 0}, "iterations"),
        ({"step_size": 0.0}, "step_size"),
        ({"growth": -1.0}, "growth"),
        ({"init_exponent": 3}, "init_exponent"),
        ({"regularization": -1.0}, "regularization"),
    ],
)
def test_bad_settings_are_named(change, word):
    with pytest.raises(ValueError, match=word):
        settings(**change)


def test_a_target_that_does_not_fit_is_refused():
    plan = guaranteed(10, 2, 3, 0.1)
    with pytest.raises(ValueError, match="order"):
        run_fresh_first(random_target(10, 2, 4), plan)
    with pytest.raises(ValueError, match="dimension"):
        run_fresh_first(random_target(9, 2, 3), plan)
    with pytest.raises(ValueError, match="in_law"):
        run_fresh_first(random_target(2, 2, 3), guaranteed(10, 2, 3, 0.1, "no-switch"), in_law=True)
    with pytest.raises(ValueError, match="target"):
        run_fresh_first(SymmetricCP([0.0], np.ones((10, 1)), 3), plan)
