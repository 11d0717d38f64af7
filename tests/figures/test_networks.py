"""The pictures of networks and of the order of discovery: their alternative texts say what the data say."""

import numpy as np

from tdbook.figures import networks as pictures

PNG = b"\x89PNG"


def test_networks_tell_the_distances_at_the_end():
    path = np.array([0.0, 0.5, 0.2])
    apart = {"one": {100: [path, path], 400: [path / 2, path / 2]}, "other": {100: [path], 400: [path]}}
    drawn = pictures.network(apart)
    assert "one: 0.2 with 100 samples, 0.1 with 400; other: 0.2 with 100 samples, 0.2 with 400" in drawn.alt
    assert drawn.png(50).startswith(PNG)


def test_columns_and_discovery_tell_who_won():
    rising, falling = np.array([[0.4, 0.6], [0.9, 0.1]]), np.array([[0.4, 0.6], [0.1, 0.9]])
    drawn = pictures.lone_columns({2: [rising, rising], 3: [rising, falling]})
    assert "order 2: 2 of 2 columns end in it; order 3: 1 of 2 columns end in it" in drawn.alt
    shares = np.array([[0.0, 0.0], [0.2, 0.9], [0.3, 0.9], [0.9, 0.9]])
    found = pictures.discovery({"here": (range(4), shares), "there": (range(4), shares * [1.0, 0.1])})
    assert "here: found in the order 2, 1; there: found in the order 1" in found.alt
    assert drawn.png(50).startswith(PNG)
    assert found.png(50).startswith(PNG)
