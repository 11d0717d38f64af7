"""Claims of Sections 3.2 and 3.3: the saddle at zero and the bad local minima."""

from __future__ import annotations

from tdbook.ledger import landscape_runs as runs
from tdbook.ledger import landscape_traps as traps
from tdbook.ledger import landscape_zero as zero
from tdbook.ledger.evidence import proofs_of
from tdbook.ledger.mechanism import Claim

SADDLE, TRAPS = "04-saddle-at-zero", "05-bad-local-minima"

CLAIMS = (
    Claim(
        id="zero-saddle",
        boxes=("prop-zero-time",),
        title="Zero is a saddle of order l",
        place="Section 3.2",
        statement=r"For fixed $C$, $f_v(sU)=\tfrac12\|T^*\|^2-s^l\langle T_v(U),T^*\rangle+\tfrac12s^{2l}\|T_v(U)\|^2$; with $U$ "
        r"and $C$ scaled together the orders are $l+1$ and $2l+2$. From a start of size $\delta$, gradient flow in $U$ needs a "
        r"time of order $\delta^{-(l-2)}$ to escape.",
        kinds=("symbolic", "run"),
        checks=(proofs_of("zero-saddle"), zero.check_vanilla_slopes, zero.check_descent_follows_the_flow),
        rests_on=("loss-gram",),
        chapter=SADDLE,
        note=r"“Order $l$” holds for fixed $C$. For even $l$ there is a way down only if some $c_iT^*(u_i^{\otimes l})$ can be "
        r"positive: with all $c_i<0$ and $T^*=e_1^{\otimes l}$ zero is a minimum over $U$.",
    ),
    Claim(
        id="zero-homogeneous",
        boxes=("prop-zero-time",),
        title="Zero in the 2-homogeneous model",
        place="Sections 3.2 and 4",
        statement=r"$F(sU)=F(0)+s^2(\lambda\|U\|^2-\langle T,T^*\rangle)+\tfrac12s^4\|T\|^2$ for every $l$. Some direction leads "
        r"down from zero iff $\max_{\|w\|=1}a_iT^*(w^{\otimes l})>\lambda$ for some $i$; the time to escape grows like "
        r"$\log(1/\delta)$, at the rate $1/(l(\tau-\lambda))$ where $\tau$ is the value of $a_iT^*$ at the peak that is climbed.",
        kinds=("symbolic", "run"),
        checks=(proofs_of("zero-homogeneous"), zero.check_logarithm, zero.check_threshold),
        rests_on=("loss-gram", "two-homogeneous"),
        chapter=SADDLE,
    ),
    Claim(
        id="thm2",
        boxes=("thm-trap", "lem-trap-identity",),
        title="Theorem 2 by one identity",
        place="Section 3.3, Theorem 2",
        statement=r"Let $T^*=e_1^{\otimes l}-\sum_{2\le j\le r+1}S(e_1^{l-2}e_j^2)$, $S$ the sum over the $\binom l2$ placements, and "
        r"$T=\sum_ic_iu_i^{\otimes l}=e_1^{\otimes l}$ with all $u_i$ on the axis $e_1$. With $u'_i=\alpha_ie_1+w_i$, "
        r"$w_i\perp e_1$, exactly $f'-f=\binom l2\sum_ic'_i\alpha_i^{l-2}\sum_{2\le j\le r+1}w_{ij}^2$ $+\tfrac12\|T'-T\|_F^2$. Hence "
        r"$f'\ge f=l(l-1)r/4$ on the cone $c'_i\alpha_i^{l-2}\ge0$, and in the ball of radius $\min_i\min(\|u_i\|,c_i)$ (odd $l$) "
        r"or $\min_ic_i$ (even $l$) around the point, while the global minimum is 0 for $m\ge r(l-1)+1$.",
        kinds=("symbolic", "exact", "bound", "run"),
        checks=(
            proofs_of("thm2"),
            traps.check_identity_in_fractions,
            traps.check_routes_vanilla,
            traps.check_certified_vanilla,
            runs.check_descent_returns,
        ),
        rests_on=("loss-gram", "thm2-rank"),
        chapter=TRAPS,
        note=r"Printed: missing directions $1\le j\le r+1$, for $2\le j\le r+1$; “plus its $\binom l2$ permutations” means "
        r"$\binom l2$ terms in all; $\|T^*\|^2=1+r\binom l2$, not 1; this $r$ is not the rank of $T^*$.",
    ),
    Claim(
        id="thm2-hessian",
        title="The Hessian at the bad minimum",
        place="Section 3.3",
        statement=r"At $u_i=se_1$, $c_i=c$, $mcs^l=1$ the Hessian of $f_v$ in $(U,C)$ has, with $q=cs^{l-2}$, the eigenvalues "
        r"$m(l^2c^2s^{2l-2}+s^{2l})$ once and $0$ $(2m-1)$ times along $(e_1,C)$; $l^2q$ once and $l(l-1)q$ $(m-1)$ times along each "
        r"of the $r$ missing directions; $lq$ once and $0$ $(m-1)$ times along each of the $d-r-1$ others. It is "
        r"positive semidefinite with nullity $(2m-1)+(d-r-1)(m-1)$, so it proves nothing by itself.",
        kinds=("exact",),
        checks=(traps.check_hessian_in_fractions, traps.check_spectra_by_differences),
        rests_on=("thm2",),
        chapter=TRAPS,
    ),
    Claim(
        id="thm2-rank",
        boxes=("prop-trap-rank",),
        title="The rank of the trap's target",
        place="Section 3.3",
        statement=r"The target of Theorem 2 is a sum of $r(l+1)+1$ real rank-one terms, and already of $r(l-1)+1$: for distinct "
        r"non-zero $t_1,\dots,t_{l-1}$ with $\sum_k1/t_k=0$, $S(x^{l-2}y^2)=\sum_kw_k(x+t_ky)^{\otimes l}-w_0x^{\otimes l}$ with "
        r"explicit weights.",
        kinds=("exact",),
        checks=(traps.check_decompositions,),
        rests_on=("tensor-inner",),
        chapter=TRAPS,
        note=r"Theorem 2 therefore holds with $m\ge r(l-1)+1$ in place of $m\ge r(l+1)+1$.",
    ),
    Claim(
        id="thm2-not-strict",
        title="Not a strict minimum",
        place="Section 3.3",
        statement=r"For $m\ge2$ a path of constant value leads from the bad minimum to a point from which the loss descends: one "
        r"component shrinks to zero while another takes over, and grows again towards $\alpha e_1+\beta e_j$, for odd $l$ with "
        r"$\alpha<0$, for even $l$ after its coefficient has become negative, without which no such path exists. The loss then "
        r"falls by $\tfrac12k^2$, $k=(l-1)((l-2)/l)^{(l-2)/2}$.",
        kinds=("exact", "run"),
        checks=(runs.check_level_path_in_fractions, runs.check_descent_from_the_path),
        rests_on=("thm2",),
        chapter=TRAPS,
        note=r"The printed account, shrink a component and then add a missing direction, works as it stands only for odd $l$.",
    ),
    Claim(
        id="thm2-homogeneous",
        boxes=("thm-trap-homogeneous",),
        title="The bad minimum of the 2-homogeneous model",
        place="Section 3.3, Appendix B",
        statement=r"For the same $T^*$, $a_i=+1$, $u_i=s_ie_1$, $\sum_is_i^2=1-\lambda$, $0\le\lambda<1$, with $n_i=\|u_i\|$ and $P$ "
        r"the projection onto the missing directions: $f-f_0=\tfrac12\|T-(1-\lambda)e_1^{\otimes l}\|^2$ $+\sum_in_i^{2-l}"
        r"[\lambda(n_i^l-(u_i)_1^l)$ $+\binom l2(u_i)_1^{l-2}\|Pu_i\|^2]$, $f_0=l(l-1)r/4+\lambda-\lambda^2/2$. It is a local "
        r"minimum: for odd $l$ over $(u_i)_1\ge0$, for even $l$ over all $U$ with these signs. Frozen and tied gradient vanish; "
        r"Algorithm 1 escapes by its re-initialisation and, for even $l$, by the new sign.",
        kinds=("symbolic", "exact", "bound", "run", "measured"),
        checks=(
            proofs_of("thm2-homogeneous"),
            traps.check_homogeneous_in_fractions,
            traps.check_stationary,
            traps.check_spectra_by_differences,
            traps.check_routes_homogeneous,
            traps.check_certified_homogeneous,
            traps.check_even_order_is_global,
            runs.check_algorithm_escapes,
            runs.check_escape_probability,
        ),
        rests_on=("thm2", "two-homogeneous"),
        chapter=TRAPS,
        note=r"The paper's Appendix B is not to be had; this is a reconstruction, with the regulariser.",
    ),
    Claim(
        id="thm2-mixed-signs",
        title="A bad minimum with both signs",
        place="Appendix B",
        statement=r"For even $l$ and $d\ge r+2$ take $T^*=e_1^{\otimes l}-e_2^{\otimes l}-\sum_{3\le j\le r+2}[S(e_1^{l-2}e_j^2)-"
        r"S(e_2^{l-2}e_j^2)]$, positive components on $e_1$, negative ones on $e_2$, $\sum s_i^2=1-\lambda$ on each. Then $f\ge f_0="
        r"l(l-1)r/2+2\lambda-\lambda^2$ wherever $|(u_i)_1|\ge|(u_i)_2|$ for $a_i=+1$ and the reverse for $a_i=-1$, so within a "
        r"distance $\min_is_i/\sqrt2$.",
        kinds=("exact", "bound"),
        checks=(traps.check_mixed_in_fractions, traps.check_routes_mixed, traps.check_certified_mixed),
        rests_on=("thm2-homogeneous",),
        chapter=TRAPS,
    ),
    Claim(
        id="re-z3",
        title="The trap in the plane",
        place="beyond the paper",
        statement=r"For $l=3$ the target is $T^*=(1+\tfrac r3)e_1^{\otimes3}+\tfrac43\sum_j\sum_\pm(-\tfrac12e_1\pm"
        r"\tfrac{\sqrt3}2e_j)^{\otimes3}$ ($r=1$, $d=2$: $\mathrm{Re}\,z^3$), and $f-(1+3r)(\lambda-\lambda^2/2)$ $=\tfrac12"
        r"\|T-(1-\lambda)T^*\|^2$ $+\lambda\sum_in_i^2(1-a_iT^*(\hat u_i^{\otimes3}))\ge0$, with equality at the arrows. The trap lies "
        r"$\tfrac{3r}2(1-\lambda)^2$ above this global minimum.",
        kinds=("exact", "run"),
        checks=(traps.check_arrows_in_fractions, runs.check_global_minimum_is_reached),
        rests_on=("thm2-homogeneous",),
        chapter=TRAPS,
    ),
    Claim(
        id="orthogonal-stuck",
        title="Exact parametrisation gets stuck",
        place="Section 1",
        statement=r"For orthogonal $T^*$ of equal weights and $m=r=d$ plain gradient descent on $f_v$ stalls at a positive error from "
        r"a sizeable fraction of random starts; with $m=2r$ from a smaller one, with $m=4r$ and $8r$ none was seen.",
        kinds=("measured",),
        checks=(runs.check_stuck_fractions,),
        rests_on=("loss-gram",),
        chapter=TRAPS,
        note=r"Measured for $l=3,4$ and small $r$, with $c_i=1$ at the start. With $m=2r$ and $l=3$ the fraction is not zero.",
    ),
)
