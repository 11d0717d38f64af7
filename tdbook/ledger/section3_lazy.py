"""Claims of Section 3.1: lazy training."""

from __future__ import annotations

from tdbook.ledger import lazy_runs, lazy_span, lazy_theorem1
from tdbook.ledger.evidence import proofs_of
from tdbook.ledger.mechanism import Claim

CHAPTER = "03-lazy-training"


CLAIMS = (
    Claim(
        id="tangent-gram",
        boxes=("prop-lazy-gram",),
        title="The Gram matrix of the lazy span",
        place="Section 3.1",
        statement=r"The spanning tensors $P_{sym}(u_i^{\otimes l-1}\otimes\delta)$ of $S_U$ have the Gram blocks "
        r"$\tfrac1l\langle u_i,u_j\rangle^{l-1}I+\tfrac{l-1}l\langle u_i,u_j\rangle^{l-2}u_ju_i^\top$. Training the "
        r"coefficients $c_i$ as well adds nothing: $u_i^{\otimes l}\in S_U$.",
        kinds=("symbolic", "exact"),
        checks=(proofs_of("tangent-gram"), lazy_span.check_gram_in_integers, lazy_span.check_coefficients_add_nothing),
        rests_on=("tensor-inner",),
        chapter=CHAPTER,
    ),
    Claim(
        id="tangent-dim",
        title="The lazy span is small",
        place="Section 3.1",
        statement=r"$\dim S_U\le dm$.",
        kinds=("exact",),
        checks=(lazy_span.check_dimension_bound,),
        rests_on=("tangent-gram",),
        chapter=CHAPTER,
    ),
    Claim(
        id="thm1-spectrum",
        boxes=("thm-lazy-spectrum",),
        title="The moments of a random rank-one tensor",
        place="Section 3.1, Appendix A",
        statement=r"For $u_*$ uniform on the sphere, $M=\mathbb E\,\mathrm{vec}(u_*^{\otimes l})\mathrm{vec}(u_*^{\otimes l})^\top$ "
        r"has on symmetric tensors the eigenvalues $\lambda_j=\frac{l!}{(l-j)!!\,d(d+2)\cdots(d+l+j-2)}$, "
        r"$j=l,l-2,\dots\ge0$, on $|x|^{l-j}H_j$, with multiplicity $\binom{d+j-1}{j}-\binom{d+j-3}{j-2}$. The smallest is "
        r"$\lambda_l=l!/(d(d+2)\cdots(d+2l-2))$.",
        kinds=("symbolic", "exact"),
        checks=(proofs_of("thm1-spectrum"), lazy_span.check_spectrum_in_integers),
        rests_on=("sym-dim",),
        chapter=CHAPTER,
    ),
    Claim(
        id="thm1",
        boxes=("thm-lazy-law",),
        title="Theorem 1, two-sided",
        place="Section 3.1, Theorem 1",
        statement=r"For $T^*=u_*^{\otimes l}$, $u_*$ uniform on the sphere and independent of $U$, with $\rho'=\dim S_U/D$ and "
        r"$\kappa=\lambda_lD=\prod_{i<l}\frac{d+i}{d+2i}$: "
        r"$\kappa(1-\rho')\le\mathbb E\|T^*-P_{S_U}T^*\|_F^2\le1-\kappa\rho'$. An error of at most $\varepsilon$ therefore needs "
        r"$m\ge(1-\varepsilon/\kappa)D/d\ge(1-\varepsilon/\kappa)\,d^{l-1}/l!$.",
        kinds=("bound", "exact", "measured"),
        checks=(lazy_theorem1.check_bounds, lazy_theorem1.check_rational_errors, lazy_theorem1.check_sampled_targets),
        rests_on=("thm1-spectrum", "tangent-dim"),
        chapter=CHAPTER,
        note=r"Printed: $S_U$ “has to cover the whole space”. It has to cover a share $1-\varepsilon/\kappa$ of it. The second "
        r"inequality for $m$ is meant for $\varepsilon\le\kappa$; $\kappa\to1$ as $d\to\infty$, but it is small for $d<l^2$.",
    ),
    Claim(
        id="lazy-threshold",
        title="How many components fit everything",
        place="Section 3.1",
        statement=r"$S_U$ can be all of $\mathrm{Sym}^l$, and is for almost every $U$, from $m=\lceil D/d\rceil$ columns on, with "
        r"these exceptions: for $l=2$ it takes $d$ columns, and at $(l,d)=(3,5),(4,3),(4,4),(4,5)$ one column more, the span of "
        r"$\lceil D/d\rceil=7,5,9,14$ columns being one dimension short.",
        kinds=("exact", "cited"),
        checks=(lazy_span.check_ranks, lazy_span.check_certificates, lazy_span.cite_alexander_hirschowitz),
        rests_on=("tangent-dim", "sym-dim"),
        chapter=CHAPTER,
        note=r"Footnote 2 counts $m\ge n/d=d^{l-1}$ with $n=\Theta(d^l)$; symmetric tensors have $D\approx d^l/l!$ free entries, "
        r"so the threshold is about $d^{l-1}/l!$.",
    ),
    Claim(
        id="lazy-gd",
        boxes=("prop-lazy-slow",),
        title="Gradient descent at a large output scale is lazy",
        place="Section 3.1",
        statement=r"At output scale $\alpha$ and from paired columns ($T_0=0$), gradient descent stays within $O(1/\alpha^2)$ of its "
        r"linearisation over a fixed horizon. With a large norm but $T_0\neq0$ it is not lazy.",
        kinds=("run",),
        checks=(lazy_runs.check_descent_follows,),
        rests_on=("tangent-gram",),
        chapter=CHAPTER,
        note=r"Section 3.2 says that lazy training is what an initialisation of large norm gives. It also takes $T_0\approx0$; and "
        r"the exponent 2 is owed to the pairing: with $T_0$ subtracted by other means the gap is of order $1/\alpha$.",
    ),
    Claim(
        id="lazy-plateau",
        title="The lazy floor is a plateau",
        place="beyond the paper",
        statement=r"From paired columns the lazy floor is left after a number of steps proportional to $\alpha^2$, and in slow time "
        r"$\eta t/\alpha^2$ the loss curves of different $\alpha$ fall on one another; there the loss is the lazy floor of the "
        r"present columns.",
        kinds=("run",),
        checks=(lazy_runs.check_collapse, lazy_runs.check_floor_of_present_columns),
        rests_on=("lazy-gd",),
        chapter=CHAPTER,
        note="Checked on runs, not proved. How long the plateau is depends on the target and on the start.",
    ),
)
