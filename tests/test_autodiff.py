"""Gradients, Hessian form and linearised model against automatic differentiation of the displayed losses.

The numbers in ``reference/autodiff.json`` come from ``tools/reference_autodiff.py``, which knows nothing of tdbook.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from tdbook.descent import Settings, State, exact_gradient, step
from tdbook.lazy import Start, linearise
from tdbook.objectives import (
    Parameters,
    frozen_gradient,
    hessian_form,
    loss,
    residual_contraction,
    tied_gradient,
    vanilla_gradient,
    vanilla_loss,
)
from tdbook.tensors import DenseSymmetric, SymmetricCP
from tools import reference_autodiff

FILE = json.loads((Path(__file__).parent / "reference" / "autodiff.json").read_text(encoding="utf-8"))
CASES = FILE["cases"]
LABELS = ["order {order}, d = {dimension}, m = {components}, r = {rank}".format(**case["sizes"]) for case in CASES]
PRECISION = 1e-12  # of the largest entry


def opened(case):
    """Point, target, lambda, direction and the reference values of a case."""
    given = {name: np.array(value) for name, value in case["given"].items()}
    point = Parameters(given["U"], given["a"], given["c"], given["c_hat"])
    target = SymmetricCP(given["weights"], given["factors"], case["sizes"]["order"])
    found = {name: np.array(value) for name, value in case["found"].items()}
    return point, target, float(given["regularization"]), given["V"], found


def near(value, reference, precision=PRECISION):
    """Equal to a share of the largest entry, in shape too."""
    value, reference = np.asarray(value), np.asarray(reference)
    return value.shape == reference.shape and bool(
        np.abs(value - reference).max() <= precision * np.abs(reference).max()
    )


@pytest.mark.second_opinion(
    "tdbook.objectives.loss", "tdbook.objectives.frozen_gradient", "tdbook.objectives.tied_gradient",
    "tdbook.objectives.residual_contraction", "tdbook.objectives.hessian_form", "tdbook.objectives.vanilla_loss",
    "tdbook.objectives.vanilla_gradient",
)  # fmt: skip
@pytest.mark.parametrize("case", CASES, ids=LABELS)
@pytest.mark.parametrize("kind", [SymmetricCP, DenseSymmetric])
def test_the_library_has_the_values_and_derivatives_of_the_file(case, kind):
    p, target, lam, V, found = opened(case)
    if kind is DenseSymmetric:
        target = DenseSymmetric(target.to_dense())
    weights = p.a * p.c
    assert near(loss(p, target, lam), found["loss"])
    assert near(frozen_gradient(p, target, lam), found["frozen_gradient"])
    assert near(tied_gradient(p, target, lam), found["tied_gradient"])
    assert near(residual_contraction(p, target), found["residual_contraction"])
    assert near(vanilla_loss(p.U, weights, target), found["vanilla_loss"])
    in_u, in_c = vanilla_gradient(p.U, weights, target)
    assert near(in_u, found["vanilla_gradient_in_U"])
    assert near(in_c, found["vanilla_gradient_in_c"])
    # a sum of three parts of either sign: digits are lost where they cancel
    size = sum(abs(hessian_form(p, V, T, lam)) for T in (target, target.scaled(-1.0)))
    assert abs(hessian_form(p, V, target, lam) - found["hessian_form"]) <= PRECISION * size


@pytest.mark.parametrize("case", CASES, ids=LABELS)
def test_a_step_goes_along_the_frozen_gradient_of_the_file(case):
    p, target, lam, _, found = opened(case)
    d, m = p.U.shape
    eta = 0.01
    settings = Settings(d, m, 1, 1, eta, 1.0, lam, 0.1)
    moved = step(State(p, np.zeros(m, dtype=bool)), exact_gradient(target, lam), settings).parameters
    assert near(moved.U, p.U - eta * found["frozen_gradient"])
    assert not near(moved.U, p.U - eta * found["tied_gradient"], 1e-6)


@pytest.mark.second_opinion("tdbook.lazy.linearise")
@pytest.mark.parametrize("case", CASES, ids=LABELS)
def test_the_linearised_model_descends_along_its_gradient(case):
    """Steps of the closed form are steps of descent with the derivative that Autograd takes of the linearised loss."""
    p, target, _, _, found = opened(case)
    line = linearise(Start(p.U, p.a * p.c), target)
    scale, steps = FILE["head"]["linear"]["scale"], FILE["head"]["linear"]["steps"]
    eta = float(found["linear_step_size"])
    for k, delta, value in zip(steps, found["linear_displacements"], found["linear_losses"], strict=True):
        assert near(line.displacement(scale, eta, k), delta, 1e-9)
        assert near(line.loss(scale, eta, k), value, 1e-10)
        assert not near(line.displacement(scale, eta, k + 1), delta, 1e-4)


@pytest.mark.parametrize("case", CASES, ids=LABELS)
def test_one_gradient_is_refused_for_the_other(case):
    """Negative control: frozen and tied differ, and so does the gradient with the regulariser's c left out."""
    p, target, lam, _, found = opened(case)
    assert not near(frozen_gradient(p, target, lam), found["tied_gradient"], 1e-3)
    assert not near(tied_gradient(p, target, lam), found["frozen_gradient"], 1e-3)
    assert not near(frozen_gradient(p, target, 0.0) + 2 * lam * p.U, found["frozen_gradient"], 1e-3)
    assert not near((1 + 1e-11) * found["frozen_gradient"], found["frozen_gradient"])


def test_the_file_says_what_made_it_and_has_the_inputs_of_its_seeds():
    assert FILE["head"]["made by"] == reference_autodiff.HEAD
    assert set(FILE["head"]["versions"]) == {"autograd", "numpy", "python"}
    assert [tuple(case["sizes"].values()) for case in CASES] == reference_autodiff.SIZES
    assert {case["sizes"]["order"] for case in CASES} == {3, 4, 5, 6}
    for case in CASES:
        drawn = reference_autodiff.inputs(*case["sizes"].values())
        assert reference_autodiff.plain(drawn) == case["given"]


def test_the_file_is_made_again():
    pytest.importorskip(
        "autograd", reason="the extra [autodiff] is not installed: the committed values are not made again"
    )
    for old, new in zip(CASES, reference_autodiff.cases(), strict=True):
        assert new["sizes"] == old["sizes"]
        for name, value in new["found"].items():
            assert near(value, old["found"][name], 1e-11), name
