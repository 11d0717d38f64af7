"""Gradients and second derivatives by automatic differentiation, from the losses as the paper displays them.

    python -m tools.reference_autodiff tests/reference/autodiff.json

writes the file again. It needs Autograd (``pip install .[autodiff]``) and nothing of tdbook: every tensor is an array
of all d^l entries, made by outer products, and every derivative is Autograd's own. A test compares tdbook with the
numbers in the file, so that Autograd is needed only to make them.
"""

from __future__ import annotations

import json
import platform
import string
import sys
from pathlib import Path
from typing import Any

import numpy as np

HEAD = "python -m tools.reference_autodiff tests/reference/autodiff.json"
# order, dimension d, components m, rank r of the target
SIZES = [
    (3, 2, 1, 1), (3, 3, 4, 2), (3, 6, 3, 4), (4, 2, 3, 2), (4, 4, 2, 3), (4, 3, 6, 2), (5, 3, 2, 2), (5, 4, 5, 3),
    (6, 2, 4, 2), (6, 3, 3, 2),
]  # fmt: skip
SCALE, STEPS = 3.0, (1, 4)  # alpha of the linearised model, and after how many steps it is looked at


def inputs(order: int, d: int, m: int, r: int) -> dict[str, Any]:
    """One point, one target and one direction, drawn by NumPy; seeded with the sizes."""
    rng = np.random.default_rng([order, d, m, r])
    return {
        "U": 0.8 * rng.standard_normal((d, m)),
        "a": rng.choice([-1.0, 1.0], size=m),
        "c": rng.uniform(0.5, 2.0, size=m),
        "c_hat": rng.uniform(0.5, 2.0, size=m),
        "weights": rng.uniform(-1.5, 1.5, size=r),
        "factors": rng.standard_normal((d, r)),
        "V": rng.standard_normal((d, m)),
        "regularization": float(rng.uniform(0.1, 0.5)),
    }


def derivatives(order: int, given: dict[str, Any]) -> dict[str, Any]:
    """The values and derivatives of one case."""
    import autograd.numpy as anp
    from autograd import grad, jacobian

    U, a, c, c_hat, w, F, V = (given[name] for name in ("U", "a", "c", "c_hat", "weights", "factors", "V"))
    lam = given["regularization"]
    letters = string.ascii_lowercase[:order]
    outer = ",".join(f"{letter}z" for letter in letters) + f",z->{letters}"

    def tensor(weights: Any, vectors: Any) -> Any:
        return anp.einsum(outer, *[vectors] * order, weights)

    def lengths(X: Any) -> Any:
        return anp.sqrt(anp.sum(X**2, axis=0))

    goal = tensor(w, F)

    def loss(X: Any, coefficients: Any, others: Any) -> Any:
        residual = tensor(a * coefficients ** (order - 2), X) - goal
        return anp.sum(residual**2) / 2 + lam * anp.sum(others ** (order - 2) * lengths(X) ** order)

    kappa, kappa_hat = c * lengths(U), c_hat * lengths(U)

    def tied(X: Any) -> Any:
        return loss(X, kappa / lengths(X), kappa_hat / lengths(X))

    def along(t: Any) -> Any:
        return loss(U + t * V, c, c_hat)

    def vanilla(X: Any, coefficients: Any) -> Any:
        return anp.sum((tensor(coefficients, X) - goal) ** 2) / 2

    residual = tensor(a * c ** (order - 2), U) - goal

    def seen(w: Any) -> Any:  # R(w, ..., w) / l, whose gradient is R(w^{l-1}, .)
        return anp.sum(residual * tensor(anp.ones(1), w[:, None])) / order

    def model(X: Any) -> Any:
        return tensor(a * c, X)

    # alpha (h(U) + Dh(U) delta), trained on ||. - T*||^2 / (2 alpha^2)
    slopes, value = jacobian(model)(U), model(U)
    eta = 0.7 / np.linalg.norm(slopes.reshape(-1, U.size), 2) ** 2

    def linear(delta: Any) -> Any:
        return anp.sum((SCALE * (value + anp.tensordot(slopes, delta, 2)) - goal) ** 2) / 2

    delta, displacements, linear_losses = np.zeros_like(U), [], []
    for _ in range(max(STEPS)):
        delta = delta - eta * grad(linear)(delta) / SCALE**2
        displacements.append(delta)
        linear_losses.append(linear(delta))
    return {
        "loss": loss(U, c, c_hat),
        "frozen_gradient": grad(loss)(U, c, c_hat),
        "tied_gradient": grad(tied)(U),
        "hessian_form": grad(grad(along))(0.0),
        "residual_contraction": np.stack([grad(seen)(u) for u in (U / lengths(U)).T], axis=1),
        "vanilla_loss": vanilla(U, a * c),
        "vanilla_gradient_in_U": grad(vanilla, 0)(U, a * c),
        "vanilla_gradient_in_c": grad(vanilla, 1)(U, a * c),
        "linear_step_size": eta,
        "linear_displacements": np.stack([displacements[k - 1] for k in STEPS]),
        "linear_losses": np.stack([linear_losses[k - 1] for k in STEPS]),
    }


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Arrays as nested lists: JSON writes a float with the digits, at most 17, that read back as the same one."""
    return {name: np.asarray(value).tolist() for name, value in values.items()}


def cases() -> list[dict[str, Any]]:
    """Every case: its sizes, what it was given and what was found."""
    found = []
    for order, d, m, r in SIZES:
        given = inputs(order, d, m, r)
        sizes = {"order": order, "dimension": d, "components": m, "rank": r}
        found.append({"sizes": sizes, "given": plain(given), "found": plain(derivatives(order, given))})
    return found


def main(path: str) -> None:
    from importlib.metadata import version

    versions = {name: version(name) for name in ("autograd", "numpy")} | {"python": platform.python_version()}
    head = {"made by": HEAD, "versions": versions, "linear": {"scale": SCALE, "steps": STEPS}}
    lines = ",\n".join(json.dumps(case) for case in cases())
    Path(path).write_text(f'{{"head": {json.dumps(head)},\n"cases": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
