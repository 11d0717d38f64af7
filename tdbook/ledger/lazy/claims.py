"""Claims of Section 3.1: lazy training."""

from __future__ import annotations

from tdbook.ledger.claims import Claim
from tdbook.ledger.evidence import proofs_of
from tdbook.ledger.lazy import span, theorem1

CLAIMS = (
    Claim(
        id="tangent-gram",
        title="The Gram matrix of the lazy span",
        place="Section 3.1",
        kinds=("symbolic", "exact"),
        checks=(proofs_of("tangent-gram"), span.check_gram_in_integers, span.check_coefficients_add_nothing),
        rests_on=("tensor-inner",),
    ),
    Claim(
        id="tangent-dim",
        title="The lazy span is small",
        place="Section 3.1",
        kinds=("exact",),
        checks=(span.check_dimension_bound,),
        rests_on=("tangent-gram",),
    ),
    Claim(
        id="thm1-spectrum",
        title="The moments of a random rank-one tensor",
        place="Section 3.1, Appendix A",
        kinds=("symbolic", "exact"),
        checks=(proofs_of("thm1-spectrum"), span.check_spectrum_in_integers),
        rests_on=("sym-dim",),
    ),
    Claim(
        id="thm1",
        title="Theorem 1, two-sided",
        place="Section 3.1, Theorem 1",
        kinds=("bound", "exact", "measured"),
        checks=(
            theorem1.check_bounds,
            theorem1.check_rational_errors,
            theorem1.check_forced_components,
            theorem1.check_sampled_targets,
        ),
        rests_on=("thm1-spectrum", "tangent-dim"),
        note=r"Printed: $S_U$ “has to cover the whole space”. It has to cover a share $1-\varepsilon/\kappa$ of it. The second "
        r"inequality for $m$ is meant for $\varepsilon\le\kappa$; $\kappa\to1$ as $d\to\infty$, but it is small for $d<l^2$.",
    ),
    Claim(
        id="lazy-threshold",
        title="How many components fit everything",
        place="Section 3.1",
        kinds=("exact", "cited"),
        checks=(span.check_ranks, span.check_certificates, span.cite_alexander_hirschowitz),
        rests_on=("tangent-dim", "sym-dim"),
        note=r"Footnote 2 counts $m\ge n/d=d^{l-1}$ with $n=\Theta(d^l)$; symmetric tensors have $D\approx d^l/l!$ free entries, "
        r"so the threshold is about $d^{l-1}/l!$.",
    ),
)
