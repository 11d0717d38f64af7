"""Sizes that no memory holds are refused before anyone asks for it, and targets that are zero to rounding."""

import _thread
import threading
import time

import numpy as np
import pytest

from tdbook import beyond, decompose, experiments, landscape, lazy, lemmas, random_target
from tdbook.decomposition import waring
from tdbook.descent import practical_settings
from tdbook.lemmas import runnable
from tdbook.tables.prefixes import random_prefixes
from tdbook.tensors import SymmetricCP
from tests.support.refusals import refused

LARGE = 10**12


@pytest.mark.parametrize(
    ("named", "call"),
    [
        ("components", lambda: lazy.tangent_ranks(3, 3, LARGE)),
        ("dimension", lambda: landscape.trap_target(3, 2, LARGE)),
        ("components", lambda: landscape.vanilla_trap(3, 2, LARGE, 4)),
        ("points", lambda: landscape.level_path(landscape.vanilla_trap(3, 1, 2, 3), LARGE)),
        ("fineness", lambda: beyond.sphere_grid(3, 10**5)),
        ("rank", lambda: experiments.weak_target(10**5)),
        ("rank", lambda: experiments.hard_target(10**5, 3, "border")),
        ("rank", lambda: random_target(3, 10**5, 3)),
        ("power", lambda: lemmas.gaussian_moment(4, 10**9)),
        ("dimension", lambda: random_prefixes(10**9, 3, 3)),
        ("samples", lambda: landscape.perturb(landscape.vanilla_trap(3, 1, 2, 3), 0.1, LARGE)),
        ("iterations", lambda: practical_settings(random_target(4, 2, 3), iterations=LARGE)),
    ],
)
def test_what_no_memory_holds_is_refused(named, call):
    with refused(named):
        call()


@pytest.mark.parametrize(
    "call",
    [
        practical_settings,
        waring,
        decompose,
        lambda t: landscape.plain_descent(t, 2, 1),
    ],
)
@pytest.mark.parametrize("weights", [[1.0, -1.0], [1 / 3, 1 / 3, 1 / 3, -1.0], [1e-200, -1e-200]])
def test_nothing_is_a_target_that_is_zero_to_rounding(weights, call):
    factors = np.outer([1.0, 0.7, -0.3], np.ones(len(weights)))
    with refused("target"):
        call(SymmetricCP(weights, factors, 3))
    call(SymmetricCP(np.append(weights, 0.0)[:-1] + np.eye(len(weights))[0] * abs(weights[0]), factors, 3))


def test_a_birth_that_is_heavy_beside_a_tiny_accuracy_is_refused_in_words():
    with refused("order"):
        runnable.guaranteed(10, 2, 3, 1.1e-150, "one-step-size")
    assert runnable.guaranteed(10, 2, 3, 1.1e-150).holds


@pytest.mark.parametrize(
    "call",
    [
        lambda trap: landscape.perturb(trap, 0.1, 10**9),
        lambda trap: landscape.lowest_within(trap, 0.1, 10**5, 10**9),
        lambda trap: landscape.descend(trap, trap.U, steps=10**9),
        lambda trap: landscape.algorithm_from_trap(landscape.homogeneous_trap(3, 1, 2, 3), epochs=10**9),
        lambda trap: landscape.plain_descent(random_target(4, 2, 3), 2, 10**5),
        lambda trap: beyond.certify(random_target(4, 2, 3), random_target(4, 2, 3), 0.1, starts=10**5),
        lambda trap: lemmas.hard_residual(2, 3, rng=0, rounds=10**9),
    ],
    ids=["perturb", "lowest_within", "descend", "algorithm_from_trap", "plain_descent", "certify", "hard_residual"],
)
def test_a_long_count_ends_at_ctrl_c(call):
    """What the reader may want to run for hours is let run, and stops when asked to."""
    pressed = []

    def press():
        pressed.append(time.process_time())
        _thread.interrupt_main()

    timer = threading.Timer(1.0, press)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        call(landscape.vanilla_trap(3, 1, 2, 3))
    assert pressed and time.process_time() - pressed[0] < 2
