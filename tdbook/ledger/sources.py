"""Claims on how hard it is to decompose a given tensor, most of them only cited, and the check of one."""

from __future__ import annotations

import math
from itertools import product

import numpy as np

from tdbook.ledger.claims import Claim, Evidence
from tdbook.ledger.evidence import cited
from tdbook.tensors import SymmetricCP, random_target


def spectral(target: SymmetricCP) -> SymmetricCP:
    """A decomposition by the eigenvectors of the slices, and polarisation: at most 2^{l-1} s^{l-1} terms."""
    basis, order = target.span(), target.order
    core = target.in_basis(basis).to_dense()
    s = basis.shape[1]
    weights, vectors = [], []
    for index in product(range(s), repeat=order - 2):
        values, columns = np.linalg.eigh(core[index])
        for value, v in zip(values, columns.T, strict=True):
            forms = [np.eye(s)[k] for k in index] + [v, v]
            for signs in product((1.0, -1.0), repeat=order - 1):
                weights.append(value * math.prod(signs) / (2 ** (order - 1) * math.factorial(order)))
                vectors.append(forms[0] + sum(sign * form for sign, form in zip(signs, forms[1:], strict=True)))
    return SymmetricCP(weights, basis @ np.array(vectors).T, order)


def spectral_run(fast: bool) -> Evidence:
    """The construction at random targets: exact, and as short as it is said to be."""
    found = []
    for order, s in ((3, 2), (3, 4), (4, 2)) if fast else ((3, 2), (3, 4), (3, 8), (4, 2), (4, 4), (5, 3)):
        target = (
            random_target(s + 3, 2 * s, order, kind="dependent", rng=153)
            if s < 3
            else random_target(s + 3, s, order, rng=153)
        )
        result = spectral(target)
        found.append((order, target.span().shape[1], result.rank, target.distance(result) / target.norm()))

    def short(power: int) -> bool:
        """Exact, with at most 2^{l-1} s^{l-power} terms."""
        return all(
            error < 1e-9 and count <= 2 ** (order - 1) * s ** (order - power) for order, s, count, error in found
        )

    return Evidence(
        "run",
        f"the construction at {len(found)} random targets, $3\\le l\\le5$ (seed 153): exact to 9 digits, and how many powers it has",
        short,
        {"at most $2^{l-1}s^{l-1}$": 1},
        {"at most $2^{l-1}s^{l-2}$": 2},
    )


CLAIMS = (
    Claim(
        id="np-hard",
        title="Minimal decompositions are NP-hard",
        place="Section 1",
        kinds=("cited",),
        checks=(cited("Hillar and Lim (2013)"),),
    ),
    Claim(
        id="jennrich",
        title="Independent components are found by eigenvalues",
        place="Section 1.1",
        kinds=("cited",),
        checks=(cited("Harshman (1970)"),),
    ),
    Claim(
        id="spectral-components",
        title="Spectral methods with more components",
        place="Section 1.1",
        kinds=("run",),
        checks=(spectral_run,),
        note="The paper states it without a reference; the constant of this construction is poor.",
    ),
)
