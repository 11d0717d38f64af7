"""What the pictures of decompositions show, compared with unfoldings and wedge products written out."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from tdbook.decomposition import waring
from tdbook.decomposition.flattening import flattening
from tdbook.figures import decomposition as pictures
from tdbook.tensors import DenseSymmetric, random_target
from tests.support import dense
from tests.support.drawn import curves, texts


def test_singular_values_are_those_of_the_unfolded_array():
    target = random_target(5, 3, 3, rng=0)
    exact = DenseSymmetric(target.to_dense())
    noise = np.random.default_rng(0).standard_normal((5, 5, 5))
    noisy = DenseSymmetric(exact.array + 1e-3 * noise, symmetrize=True)
    tensors = {"exact": exact, "noisy": noisy}
    picture = pictures.singular_values({name: flattening(T, tolerance=0.0).singular for name, T in tensors.items()})
    for name, points in curves(picture.figure.axes[0]).items():
        entries = dense.tensor(target.weights, target.factors, 3) if name == "exact" else tensors[name].array
        values = np.linalg.svd(entries.reshape(5, 25), compute_uv=False)
        drawn = points[:, 1]
        assert points[:, 0].tolist() == list(range(1, len(drawn) + 1))
        assert drawn == pytest.approx(values[: len(drawn)] / values[0], rel=1e-6, abs=1e-13)
        above = int((values > 1e-12 * values[0]).sum())
        assert f"{name}: {above} of {len(drawn)} above" in picture.alt
    assert "after number 3" in picture.alt.split("noisy")[0]


@pytest.mark.parametrize("p", [1, 2])
def test_blocks_are_those_of_the_wedge_with_each_direction(p):
    """The block in row J and column I is the coefficient of e_J in e_j ^ e_I."""
    c = 2 * p + 1
    axes = pictures.koszul_blocks((p,)).figure.axes[0]
    rows, columns = list(combinations(range(c), p + 1)), list(combinations(range(c), p))
    drawn = {}
    for text in axes.texts:
        x, y = text.get_position()
        drawn[rows[len(rows) - 1 - int(y)], columns[int(x)]] = text.get_text()
    expected = {}
    for I in columns:
        for j in set(range(c)) - set(I):
            word = [j, *I]
            swaps = sum(a > b for a, b in combinations(word, 2))  # to bring the word into order
            expected[tuple(sorted(word)), I] = f"{'−' if swaps % 2 else '+'}{j + 1}"
    assert drawn == expected
    colours = {text.get_text()[0]: patch.get_facecolor() for text, patch in zip(axes.texts, axes.patches, strict=True)}
    for text, patch in zip(axes.texts, axes.patches, strict=True):
        assert patch.get_facecolor() == colours[text.get_text()[0]]


def test_bars_are_the_ranks_over_the_dimension():
    """c = 2p+1 block rows of C(c, p+1) d, each rank-one term taking C(2p, p): (2p+1)/(p+1) d."""
    bars = pictures.koszul_blocks().figure.axes[-1]
    heights = [bar.get_height() for bar in bars.patches]
    assert heights == pytest.approx([1, 3 / 2, 5 / 3, 7 / 4, 9 / 5])
    assert [round(bar.get_x() + bar.get_width() / 2) for bar in bars.patches] == [0, 1, 2, 3, 4]


def test_who_finds_it_puts_each_mark_at_its_rank_and_method():
    kinds = [pictures.FOUND, pictures.LONGER, pictures.NOTHING]
    table = {name: {r: kinds[(r + k) % 3] for r in (2, 3, 4)} for k, name in enumerate(("a", "b"))}
    picture = pictures.who_finds_it(table, 3)
    (axes,) = picture.figure.axes
    names = {tick: label.get_text() for tick, label in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)}
    seen = set()
    for line in axes.lines:
        if len(line.get_xdata()) == 1:
            r, method = int(line.get_xdata()[0]), names[line.get_ydata()[0]]
            full = line.get_markerfacecolor() != "none"
            how = {("o", True): kinds[0], ("o", False): kinds[1]}.get((line.get_marker(), full), kinds[2])
            assert table[method][r] == how
            seen.add((method, r))
    assert len(seen) == 6
    assert not texts(axes)


def test_errors_by_rank_are_distances_and_rings_are_the_chosen():
    signal = random_target(4, 2, 3, rng=2)
    noise = DenseSymmetric(np.random.default_rng(0).standard_normal((4, 4, 4)), symmetrize=True)
    entries = signal.to_dense() + 0.02 * noise.array / noise.norm()
    fits = {m: waring(DenseSymmetric(entries), m) for m in (1, 2, 3)}
    chosen = waring(DenseSymmetric(entries), "bic").tensor.rank
    picture = pictures.errors_by_rank({"noise": {m: fit.error for m, fit in fits.items()}}, {"noise": chosen})
    points = curves(picture.figure.axes[0])["noise"]
    for m, error in points:
        T = fits[int(m)].tensor
        gap = dense.tensor(T.weights, T.factors, 3) - entries
        assert error == pytest.approx(np.linalg.norm(gap) / np.linalg.norm(entries), rel=1e-6)
    assert (np.diff(points[:, 1]) < 0).all()
    (ring,) = [line for line in picture.figure.axes[0].lines if line.get_markersize() == 16]
    assert ring.get_xdata()[0] == chosen and f"BIC chooses {chosen}" in picture.alt
