"""Claims of Section 3.1: lazy training."""

from tdbook.ledger.mechanism import Claim

CHAPTER = "03-lazy-training"
CLAIMS = (
    Claim(
        id="tangent-gram",
        title="The Gram matrix of the lazy span",
        place="Section 3.1",
        statement=r"The tangent vectors $P_{sym}(u_i^{\otimes l-1}\otimes\delta)$ have Gram blocks "
        r"$\tfrac1l\langle u_i,u_j\rangle^{l-1}I+\tfrac{l-1}l\langle u_i,u_j\rangle^{l-2}u_ju_i^\top$, and training "
        r"the $c_i$ adds nothing to their span $S_U$.",
        kinds=("symbolic", "exact"),
        rests_on=("tensor-inner",),
        chapter="",
    ),
    Claim(
        id="tangent-dim",
        title="The lazy span is small",
        place="Section 3.1",
        statement=r"$\dim S_U\le dm$.",
        kinds=("exact",),
        rests_on=("tangent-gram",),
    ),
    Claim(
        id="thm1-spectrum",
        title="The moments of a random rank-one tensor",
        place="Section 3.1, Appendix A",
        statement=r"$\mathbb E\,\mathrm{vec}(u_*^{\otimes l})\mathrm{vec}(u_*^{\otimes l})^\top$ has the eigenvalues "
        r"$\lambda_j=\frac{l!}{(l-j)!!\,d(d+2)\cdots(d+l+j-2)}$ on $|x|^{l-j}H_j$, $j\equiv l$ mod 2.",
        kinds=("symbolic", "exact"),
        rests_on=("sym-dim",),
    ),
    Claim(
        id="thm1",
        title="Theorem 1, two-sided",
        place="Section 3.1, Theorem 1",
        statement=r"For every $U$ independent of $u_*$, with $\rho'=\dim S_U/D$ and "
        r"$\kappa=\prod_{i<l}\frac{d+i}{d+2i}$: $\kappa(1-\rho')\le\mathbb E\|T^*-P_{S_U}T^*\|^2\le 1-\kappa\rho'$.",
        kinds=("bound", "exact", "measured"),
        rests_on=("thm1-spectrum", "tangent-dim"),
    ),
    Claim(
        id="lazy-threshold",
        title="How many components fit everything",
        place="Section 3.1",
        statement=r"Generic $U$ with $m$ columns has $S_U=\mathrm{Sym}^l$ exactly from $m=\lceil D/d\rceil$ on, but for "
        r"$l=2$ and $(l,d,m)=(3,5,7),(4,3,5),(4,4,9),(4,5,14)$.",
        kinds=("exact", "cited"),
        rests_on=("tangent-dim", "sym-dim"),
    ),
    Claim(
        id="lazy-gd",
        title="Gradient descent at a large output scale is lazy",
        place="Section 3.1",
        statement=r"With output scale $\alpha$ and $T_0=0$, gradient descent follows its linearisation to "
        r"$O(1/\alpha^2)$ over a fixed horizon; with a large norm but $T_0\neq0$ it does not.",
        kinds=("run",),
        rests_on=("tangent-gram",),
    ),
    Claim(
        id="lazy-plateau",
        title="The lazy floor is a plateau",
        place="beyond the paper",
        statement=r"The lazy floor lasts a time proportional to $\alpha^2$; in slow time $\eta t/\alpha^2$ the loss curves "
        r"collapse.",
        kinds=("run",),
        rests_on=("lazy-gd",),
    ),
)
