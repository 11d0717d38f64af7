"""Claims of Section 5: the lemmas."""

from tdbook.ledger.mechanism import Claim

CLAIMS = (
    Claim(
        id="norm-bound",
        title="The regulariser bounds the norms",
        place="Section 5.1",
        statement=r"$\sum_i\|u_i\|^2\le f/\lambda$ whenever $\hat c_i=1/\|u_i\|$.",
        kinds=("symbolic", "run"),
        rests_on=("c-update",),
        chapter="07-algorithm-1",
    ),
    Claim(
        id="lemma2",
        title="Lemma 2",
        place="Section 5.1, Lemma 2",
        statement=r"An epoch increases $f$ by at most $O(1/(\lambda m))$.",
        kinds=("bound", "run"),
        rests_on=("lemma3", "lemma4", "switch-count"),
    ),
    Claim(
        id="lemma3",
        title="Lemma 3",
        place="Section 5.1, Lemma 3",
        statement=r"$F(U-\eta G)-F(U)\le-\frac\eta l\|G\|^2$ for $\eta\le1/(lM)$, with an explicit $M$.",
        kinds=("bound", "run"),
        rests_on=("projection",),
    ),
    Claim(
        id="lemma4",
        title="Lemma 4",
        place="Section 5.1, Lemma 4",
        statement=r"The smallest column has $\|u_j\|^2\le f/(\lambda m)=q$, and re-initialising it costs at most "
        r"$\sqrt{2f}\,q+q^2/2+O(\delta^2)$.",
        kinds=("bound", "run"),
        rests_on=("norm-bound",),
    ),
    Claim(
        id="lemma4-exact",
        title="What removing a component costs",
        place="beyond the paper",
        statement=r"Removing a switched column costs exactly $-\langle u_j,g_j\rangle/l+\tfrac12\|u_j\|^4$.",
        kinds=("symbolic",),
        rests_on=("gradient",),
    ),
    Claim(
        id="lemma5",
        title="Lemma 5",
        place="Section 5.2, Lemma 5",
        statement=r"$P_BU'=P_BU(I-\eta lQ)$ with $Q\succeq0$, so $\|P_BU\|_F$ does not grow in a step with "
        r"$\eta l\|Q\|\le2$, and $\|P_BU\|_F^2\le(m+K)\delta^2$.",
        kinds=("symbolic", "bound", "run"),
        rests_on=("gradient",),
    ),
    Claim(
        id="lemma5-identity",
        title="Why the gradient is frozen",
        place="Section 5.2",
        statement=r"$\langle P_BU,P_BG\rangle=l\|(I^{\otimes l-1}\otimes P_B)T\|^2+\lambda l\sum_i\hat c_i^{\,l-2}"
        r"\|u_i\|^{l-2}\|P_Bu_i\|^2\ge0$; with the tied gradient the sign can be negative.",
        kinds=("symbolic", "exact"),
        rests_on=("gradient",),
    ),
    Claim(
        id="lemma6",
        title="Lemma 6",
        place="Section 5.2, Lemma 6",
        statement=r"A fresh component has correlation at most $-\theta\sqrt{l!/M_s}\,\|R_S\|$ with the residual in $S$, with "
        r"probability at least $\tfrac12(1-\theta^2)^29^{-l}$, $M_s=\prod_{j<l}(s+2j)$.",
        kinds=("bound", "measured"),
        rests_on=("correlation-rms",),
    ),
    Claim(
        id="correlation-rms",
        title="The size of a random correlation",
        place="Section 5.2",
        statement=r"The root mean square correlation is of order $d^{-l/2}$ in the full space, against $s^{-l/2}$ in $S$.",
        kinds=("symbolic", "measured"),
        rests_on=("thm1-spectrum",),
    ),
    Claim(
        id="lemma7",
        title="Lemma 7",
        place="Section 5.2, Lemma 7",
        statement=r"$\langle P_Su,P_Sg\rangle=l\|P_Su\|^2[a\bar\kappa\rho^{l-2}\langle R_S,w^{\otimes l}\rangle+\lambda]$ plus a "
        r"leak, and the exponential growth of $\|P_Su\|^2$ that follows when $\lambda<\tfrac12\rho_0\tau$.",
        kinds=("symbolic", "bound", "run"),
        rests_on=("gradient", "lemma5"),
    ),
    Claim(
        id="lemma8",
        title="Lemma 8",
        place="Section 5.2, Lemma 8",
        statement=r"The correlation with the residual deteriorates by at most $\eta\delta\,\mathrm{poly}(d)$ in a step.",
        kinds=("bound", "run"),
        rests_on=("lemma5",),
    ),
    Claim(
        id="telescoping",
        title="The telescoping display",
        place="Section 5.2",
        statement=r"The change of correlation splits into the component's change and the tensor's, with the sign $a$ "
        r"restored on the right.",
        kinds=("symbolic", "run"),
    ),
    Claim(
        id="lemma9",
        title="Lemma 9",
        place="Section 5.2, Lemma 9",
        statement=r"$\sum_\tau\|T_\tau-T_{\tau-1}\|_F$ is bounded through the decrease of $f$ in the epoch.",
        kinds=("bound", "run"),
        rests_on=("lemma3", "norm-bound"),
    ),
    Claim(
        id="lemma1",
        title="Lemma 1",
        place="Section 5, Lemma 1",
        statement=r"With probability at least $1/6$ an epoch decreases $f$ by $\Omega(\varepsilon^4/(r^{2l}"
        r"\log(d/\varepsilon)))$ while $\|T-T^*\|_F\ge\varepsilon$.",
        kinds=("bound", "measured"),
        rests_on=("lemma5", "lemma6", "lemma7", "lemma8", "lemma9", "telescoping", "initial-share"),
    ),
)
