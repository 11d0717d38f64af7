"""The live figure of the Introduction: what it says of a run, against the library's own runs."""

import re

import numpy as np
import pytest

from tdbook.descent import InLaw, StopReason, run
from tdbook.figures.live import intro
from tdbook.objectives import model


def test_its_random_numbers_have_the_law_of_uniform_vectors():
    """Shares inside the plane of many fresh vectors: the mean of ||P_S u||^2 is s/d for unit vectors of R^d."""
    for d in (10, 100):
        shares = []
        for seed in range(60):
            draw = intro.Draw.of(seed)
            space = intro.Given(intro.Setup({}).target, 3, d, draw)
            shares += (space.components[: intro.PLANE] ** 2).sum(axis=0).tolist()
            U = 1e-3 * space.components
            for _ in range(intro.EPOCHS):
                fresh = space.fresh(U, 0, 1.0)[:, 0]
                assert np.linalg.norm(fresh) == pytest.approx(1.0)
                shares.append((fresh[: intro.PLANE] ** 2).sum())
        expected = intro.PLANE / d
        assert np.mean(shares) == pytest.approx(expected, abs=4 * np.std(shares) / np.sqrt(len(shares)))


def test_a_run_of_the_same_settings_does_as_well():
    """The library's driver with random numbers of its own ends with the same error: that of the regulariser."""
    setup = intro.Setup({})
    *_, last = setup.states()
    error = model(last.parameters, intro.ORDER).distance(setup.target.padded(intro.PLANE + 3))
    found = [run(setup.target, setup.settings, seed, space=InLaw).error for seed in range(4)]
    assert min(found) == pytest.approx(error, rel=1e-3)


def test_without_the_switch_the_library_diverges_and_the_sentence_says_so():
    setup = intro.Setup({"switch": "off", "done": "1"})
    assert run(setup.target, setup.settings, 0, space=InLaw).stop is StopReason.DIVERGED
    assert "The run is lost" in intro.said(setup) and "Without the switch" in intro.said(setup)


def test_the_first_draw_misses_a_target_and_re_initialisation_finds_it():
    say = intro.run_in_page().say
    assert "still missing" in say(done="1")
    assert "still missing" in say(renewal="off", done="6")
    assert "No target is missing" in say(done="6")


def test_its_data_are_light():
    assert intro.run_in_page().size < 20_000


def test_sentences_of_settings_differ():
    figure = intro.run_in_page()
    told = [figure.say(**state) for state in ({}, *figure.tell)]
    assert len(set(told)) == len(told)
    assert all(re.search(r"\d", sentence) for sentence in told)
