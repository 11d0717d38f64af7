"""Claims of Section 3.1: lazy training."""

from __future__ import annotations

from tdbook.ledger.claims import Claim
from tdbook.ledger.evidence import cited, proofs_of
from tdbook.ledger.lazy import convergence, runs, span, theorem1

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
    Claim(
        id="lazy-gd",
        title="Gradient descent at a large output scale is lazy",
        place="Section 3.1",
        kinds=("run",),
        checks=(runs.check_descent_follows,),
        rests_on=("tangent-gram",),
        note=r"Section 3.2 says that lazy training is what an initialisation of large norm gives. It also takes $T_0\approx0$; and "
        r"the exponent 2 is owed to the pairing: with $T_0$ subtracted by other means the gap is of order $1/\alpha$.",
    ),
    Claim(
        id="lazy-convergence",
        title="Lazy gradient descent converges with enough columns",
        place="Abstract, Section 1",
        kinds=("symbolic", "exact", "run", "measured", "cited"),
        checks=(
            proofs_of("lazy-convergence"),
            convergence.check_mean_speeds,
            convergence.check_descent_arrives,
            convergence.check_random_columns,
            cited(
                "the matrix Chernoff bound, for random columns only: Tropp, User-friendly tail bounds for sums of random "
                "matrices, Found. Comput. Math. 12 (2012)"
            ),
        ),
        rests_on=("lazy-threshold", "thm1-spectrum"),
        note=r"The paper says that $m=\Omega(d^{l-1})$ is enough and refers to the neural tangent kernel. The proof is in the "
        r"chapter. How large $\alpha$ must be depends on $\sigma$, which is tiny for some starts near the threshold.",
    ),
    Claim(
        id="lazy-plateau",
        title="The lazy floor is a plateau",
        place="beyond the paper",
        kinds=("run",),
        checks=(runs.check_collapse, runs.check_floor_of_present_columns),
        rests_on=("lazy-gd",),
        note="Checked on runs, not proved. How long the plateau is depends on the target and on the start.",
    ),
)
