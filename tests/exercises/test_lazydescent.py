"""Tests of ``tdbook.exercises.lazydescent``."""

import pytest

from tdbook.exercises import spans


def test_five_vectors_lose_a_power_and_seven_do_not():
    for vectors in (5, 7):
        assert spans.fan(vectors).model(1.0, 3).norm() < 1e-12
    assert spans.fan_power(5) == pytest.approx(-1, abs=0.05)
    assert spans.fan_power(7) == pytest.approx(-2, abs=0.05)
    # negative control: three vectors do not cancel at order 3
    assert spans.fan(3).model(1.0, 3).norm() > 0.1
