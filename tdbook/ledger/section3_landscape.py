"""Claims of Sections 3.2 and 3.3: the saddle at zero and the bad local minima."""

from tdbook.ledger.mechanism import Claim

CLAIMS = (
    Claim(
        id="zero-saddle",
        title="Zero is a saddle of order l",
        place="Section 3.2",
        statement=r"For fixed $C$, $f_v(sU)=\tfrac12\|T^*\|^2-s^l\langle T_v(U),T^*\rangle+\tfrac12s^{2l}\|T_v(U)\|^2$; the "
        r"escape time from scale $\delta$ grows like $\delta^{-(l-2)}$.",
        kinds=("symbolic", "run"),
        rests_on=("loss-gram",),
    ),
    Claim(
        id="zero-homogeneous",
        title="Zero in the 2-homogeneous model",
        place="Sections 3.2 and 4",
        statement=r"$F(sU)=F(0)+s^2(\lambda\|U\|^2-\langle T,T^*\rangle)+\tfrac12s^4\|T\|^2$; the escape time grows like "
        r"$\log(1/\delta)$, and there is an escape iff $\max_{\|w\|=1}a\,T^*(w^{\otimes l})>\lambda$.",
        kinds=("symbolic", "run"),
        rests_on=("loss-gram", "two-homogeneous"),
    ),
    Claim(
        id="thm2",
        title="Theorem 2 by one identity",
        place="Section 3.3, Theorem 2",
        statement=r"In the construction of Theorem 2, with $u'_i=\alpha_ie_1+w_i$: $f'-f=\binom l2\sum_i c'_i\alpha_i^{l-2}"
        r"\sum_{2\le j\le r+1}w_{ij}^2+\tfrac12\|T'-T\|^2$, so $f'\ge f=l(l-1)r/4$ on the cone "
        r"$c'_i\alpha_i^{l-2}\ge0$, while the global minimum is 0.",
        kinds=("symbolic", "exact", "bound"),
        rests_on=("loss-gram",),
    ),
    Claim(
        id="thm2-hessian",
        title="The Hessian at the bad minimum",
        place="Section 3.3",
        statement=r"The Hessian there is positive semidefinite with a spectrum in closed form and degenerate directions.",
        kinds=("exact",),
        rests_on=("thm2",),
    ),
    Claim(
        id="thm2-rank",
        title="The rank of the trap's target",
        place="Section 3.3",
        statement=r"The target of Theorem 2 is a sum of $r(l+1)+1$ real rank-one terms, and of $r(l-1)+1$.",
        kinds=("exact",),
        rests_on=("tensor-inner",),
    ),
    Claim(
        id="thm2-not-strict",
        title="Not a strict minimum",
        place="Section 3.3",
        statement=r"A path of constant value leads from the bad minimum to a point from which the loss descends; for even "
        r"$l$ a coefficient has to change its sign on the way.",
        kinds=("exact", "run"),
        rests_on=("thm2",),
    ),
    Claim(
        id="thm2-homogeneous",
        title="The bad minimum of the 2-homogeneous model",
        place="Section 3.3, Appendix B",
        statement=r"For $T^*=e_1^{\otimes l}-\sum_jS(e_1^{l-2}e_j^2)$, $a_i=+1$, $u_i=s_ie_1$, $\sum s_i^2=1-\lambda$ and "
        r"$0\le\lambda<1$ there is a bad local minimum of value $l(l-1)r/4+\lambda-\lambda^2/2$.",
        kinds=("symbolic", "exact", "bound"),
        rests_on=("thm2", "two-homogeneous"),
    ),
    Claim(
        id="thm2-mixed-signs",
        title="A bad minimum with both signs",
        place="Appendix B",
        statement=r"For even $l$ and $d\ge r+2$ there is a bad local minimum with components of both signs.",
        kinds=("exact", "bound"),
        rests_on=("thm2-homogeneous",),
    ),
    Claim(
        id="re-z3",
        title="The trap in the plane",
        place="beyond the paper",
        statement=r"For $l=3$ and $T^*=(1+\tfrac r3)e_1^{\otimes3}+\tfrac43\sum_j\sum_\pm(-\tfrac12e_1\pm"
        r"\tfrac{\sqrt3}2e_j)^{\otimes3}$ the global minimum with regulariser is $(1+3r)(\lambda-\lambda^2/2)$, and the "
        r"trap lies $\tfrac{3r}2(1-\lambda)^2$ above it.",
        kinds=("exact", "run"),
        rests_on=("thm2-homogeneous",),
    ),
    Claim(
        id="orthogonal-stuck",
        title="Exact parametrisation gets stuck",
        place="Section 1",
        statement=r"For orthogonal $T^*$ and $m=r=d$ plain gradient descent stalls from a positive fraction of random "
        r"starts; the fraction falls to zero with $m=2r,4r,8r$.",
        kinds=("measured",),
        rests_on=("gradient",),
    ),
)
