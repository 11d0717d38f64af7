"""Claims of Section 4: the 2-homogeneous model and Algorithm 1."""

from tdbook.ledger.mechanism import Claim

MODEL, ALGORITHM = "06-two-homogeneous-model", "07-algorithm-1"
CLAIMS = (
    Claim(
        id="gradient",
        title="The frozen gradient",
        place="Section 4",
        statement=r"With $c,\hat c$ held constant, $\nabla_{u_i}f=l\,a_ic_i^{l-2}R(u_i^{\otimes l-1},\cdot)"
        r"+\lambda l\,\hat c_i^{\,l-2}\|u_i\|^{l-2}u_i$, where $R=T-T^*$.",
        kinds=("symbolic", "exact"),
        rests_on=("loss-gram",),
        chapter=MODEL,
    ),
    Claim(
        id="hessian",
        title="The second derivative along a direction",
        place="Section 4",
        statement=r"With $c,\hat c$ held constant, $\frac{d^2}{dt^2}f(U+tV)|_0=\|\dot T\|^2+\langle R,\ddot T\rangle+\lambda l"
        r"\sum_i\hat c_i^{\,l-2}\|u_i\|^{l-2}\big(\|v_i\|^2+(l-2)\langle u_i/\|u_i\|,v_i\rangle^2\big)$.",
        kinds=("symbolic",),
        rests_on=("gradient",),
        chapter=MODEL,
    ),
    Claim(
        id="two-homogeneous",
        title="The model is 2-homogeneous",
        place="Section 4",
        statement=r"With $c_i=\kappa_i/\|u_i\|$, $T(kU)=k^2T(U)$ for $k>0$; for $k<0$ a factor $\mathrm{sgn}(k)^l$ appears.",
        kinds=("symbolic",),
        chapter=MODEL,
    ),
    Claim(
        id="c-update",
        title="The coefficient update keeps 2-homogeneity",
        place="Section 4, Algorithm 1",
        statement=r"$c'_i\|u'_i\|=c_i\|u_i\|$ and $\hat c'_i\|u'_i\|=\hat c_i\|u_i\|$: $\kappa_i=c_i\|u_i\|$ is constant "
        r"between switches, $\sqrt{d(m+K)}$ before and 1 after, and $\hat c_i\|u_i\|=1$ always.",
        kinds=("symbolic", "run"),
        rests_on=("two-homogeneous",),
        chapter=ALGORITHM,
    ),
    Claim(
        id="euler",
        title="Euler's identities",
        place="Section 4",
        statement=r"$\langle U,G\rangle=l\langle T,R\rangle+\lambda l\sum_i\hat c_i^{\,l-2}\|u_i\|^l$ for the frozen gradient $G$, "
        r"and $\langle U,\nabla F\rangle=2\langle T,R\rangle+2\lambda\|U\|_F^2$ for the tied one.",
        kinds=("symbolic",),
        rests_on=("gradient", "two-homogeneous"),
        chapter=MODEL,
    ),
    Claim(
        id="projection",
        title="The frozen step is a descent direction of the tied loss",
        place="Section 4",
        statement=r"With $w_i=u_i/\|u_i\|$: $\nabla F_i=\big(I-\tfrac{l-2}l w_iw_i^\top\big)g_i$, hence "
        r"$\tfrac2l\|G\|^2\le\langle\nabla F,G\rangle\le\|G\|^2$.",
        kinds=("symbolic", "bound"),
        rests_on=("gradient", "two-homogeneous"),
        chapter=MODEL,
    ),
    Claim(
        id="initial-share",
        title="How much of a fresh component lies in S",
        place="Section 4",
        statement=r"For $u$ uniform on a sphere of $\mathbb R^d$ and $\dim S=s$, $\|P_Su\|^2/\|u\|^2\sim"
        r"\mathrm{Beta}\big(\tfrac s2,\tfrac{d-s}2\big)$, with mean $s/d$.",
        kinds=("symbolic", "measured"),
        chapter=ALGORITHM,
        note="The paper writes r for s; the rank enters only through the dimension of the span.",
    ),
    Claim(
        id="switch-count",
        title="How many switches there are",
        place="Section 5.1",
        statement=r"There are at most $m$ scalar mode switches in an epoch, and at most $m+K$ in all.",
        kinds=("run",),
        chapter=ALGORITHM,
    ),
    Claim(
        id="thm3",
        title="Theorem 3",
        place="Section 4, Theorem 3",
        statement=r"With the printed parameters $\|T-T^*\|_F\le\varepsilon$ is reached with probability at least 0.99; they "
        r"cannot be run. With stated practical ones it is reached with measured probability.",
        kinds=("bound", "measured"),
        rests_on=("lemma1", "lemma2"),
        note="A statement about the best epoch, not the last; printed exponents r^{2.5t} are r^{2.5l}.",
    ),
    Claim(
        id="thm3-scaling",
        title="How many components are enough",
        place="Section 4, Theorem 3",
        statement=r"The smallest $m$ that reaches $\varepsilon$, against $d$ and against $r$, beside the lazy threshold "
        r"$\lceil D/d\rceil$.",
        kinds=("measured",),
        rests_on=("lazy-threshold",),
    ),
    Claim(
        id="exponents",
        title="The bookkeeping of exponents",
        place="Section 5",
        statement=r"The choices of $m$, $K$, $\lambda$ and $\eta H$ fit together: $1/(\lambda m)=O(\varepsilon^4/"
        r"(r^{2l}\log(d/\varepsilon)))$.",
        kinds=("symbolic",),
    ),
)
