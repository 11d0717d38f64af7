"""The pictures of certificates: their alternative texts say what the data say, and they render."""

import numpy as np
import pytest

from tdbook.figures import certificate as pictures
from tdbook.tensors import SymmetricCP
from tests.support.refusals import refused

PNG = b"\x89PNG"


@pytest.mark.parametrize(("size", "picture"), [(2, pictures.certificate_circle), (3, pictures.certificate_sphere)])
def test_certificates_tell_the_largest_value_and_the_atoms(size, picture):
    axes = np.eye(5)[:, :size]
    target = SymmetricCP(np.linspace(1.0, 0.6, size), axes, 3)
    solved = SymmetricCP(target.weights - 0.1, axes, 3)
    short = SymmetricCP(solved.weights[:1], axes[:, :1], 3)
    drawn = picture({"solved": solved, "short": short}, target, 0.1)
    # the heaviest atom forgotten leaves tau / lambda at its place
    missing = target.weights[1] / 0.1
    assert (
        f"solved: largest value 1, atoms {size}" in drawn.alt or f"solved: atoms {size}, largest value 1" in drawn.alt
    )
    assert f"largest value {missing:.3g}" in drawn.alt
    assert drawn.png(50).startswith(PNG)


def test_a_target_of_another_span_is_refused():
    target = SymmetricCP([1.0], [[1.0], [0.0]], 3)
    for picture in (pictures.certificate_circle, pictures.certificate_sphere):
        with refused("target"):
            picture({"target": target}, target, 0.1)


def test_the_sphere_is_turned_so_that_no_atom_is_on_the_far_side():
    directions = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]
    turn = pictures._hemisphere(directions)
    assert np.allclose(turn @ turn.T, np.eye(3))
    assert np.abs(turn[2] @ directions).min() > 0.3
