"""Claims beyond the paper, and those that are only cited."""

from functools import partial

from tdbook.ledger import beyond_checks as checks
from tdbook.ledger import coordinates
from tdbook.ledger.evidence import proofs_of
from tdbook.ledger.mechanism import Check, Claim, Evidence

CHAPTER = "12-beyond"


def _source(reference: str, fast: bool) -> Evidence:
    return Evidence("cited", reference, True)


def _cited(reference: str) -> Check:
    """The only check of a claim that is taken from elsewhere: it says from where."""
    return partial(_source, reference)


CLAIMS = (
    Claim(
        id="nuclear-norm",
        boxes=("thm-beyond-certificate",),
        title="The regulariser is a nuclear norm",
        place="beyond the paper",
        statement=r"With $\kappa_i=1$ and masses $\mu_i=\|u_i\|^2$ the objective is $\tfrac12\|T-T^*\|_F^2+\lambda\sum_i\mu_i$, and its "
        r"infimum over all $m$ is $\min_T\tfrac12\|T-T^*\|_F^2+\lambda\|T\|_*$ with the symmetric nuclear norm. A decomposition is a "
        r"global minimum if and only if $|R(w^{\otimes l})|\le\lambda$ on the unit sphere and $a_iR(w_i^{\otimes l})=-\lambda$ at each "
        r"component. A fresh component grows exactly when its atom violates the first.",
        kinds=("symbolic", "run"),
        checks=(
            proofs_of("nuclear-norm"),
            checks.certificate_of_runs,
            checks.one_solution,
            checks.growth_of_components,
        ),
        rests_on=("two-homogeneous", "gradient"),
        chapter=CHAPTER,
        note="That the certificate holds at the end of a run is checked run by run, not proved: a run may also end in a bad local "
        "minimum, and then it does not hold.",
    ),
    Claim(
        id="hermite-network",
        boxes=("thm-beyond-hermite",),
        title="Tensors and two-layer networks",
        place="beyond the paper",
        statement=r"For unit $u,w$ and standard Gaussian $x$: $\mathbb E[He_k(\langle u,x\rangle)He_l(\langle w,x\rangle)]=\delta_{kl}\,l!\,"
        r"\langle u,w\rangle^l$. With $h_l=He_l/\sqrt{l!}$ the population loss of a student $\sum_ic_ih_l(\langle w_i,x\rangle)$ "
        r"against a teacher is $\tfrac12\|T-T^*\|_F^2$; for the raw power $\langle u,x\rangle^l$ it is not.",
        kinds=("symbolic", "measured"),
        checks=(
            proofs_of("hermite-network"),
            checks.by_quadrature,
            checks.products_of_neurons,
            checks.losses_agree,
            checks.network_follows_tensor,
        ),
        rests_on=("loss-gram",),
        chapter=CHAPTER,
    ),
    Claim(
        id="deflation",
        boxes=("prop-beyond-deflation",),
        title="In which order components are found",
        place="beyond the paper",
        statement=r"For orthogonal $T^*=\sum_k\tau_ke_k^{\otimes l}$ and a column $u$ with sign $a$ and $\kappa=1$, so small that $R=-T^*$: "
        r"$\frac{d}{dt}\log(w_k/w_j)=l\,a\,(\tau_kw_k^{l-2}-\tau_jw_j^{l-2})$, $w=u/\|u\|$. A lone column ends in the direction with the "
        r"largest $a\tau_kw_k^{l-2}$ at the start: the strongest one at $l=2$, one that depends on the start at $l\ge3$.",
        kinds=("symbolic", "run"),
        checks=(proofs_of("deflation"), checks.law_along_runs, checks.winners),
        rests_on=("gradient",),
        chapter=CHAPTER,
        note=r"A component with $a=-1$ obeys the law with the opposite sign. Before the scalar mode switch the right-hand side has "
        r"the factor $\kappa^{l-2}$.",
    ),
    *coordinates.CLAIMS,
    Claim(
        id="np-hard",
        title="Minimal decompositions are NP-hard",
        place="Section 1",
        statement=r"Finding a decomposition of smallest rank is NP-hard for $l\ge3$.",
        kinds=("cited",),
        checks=(_cited("Hillar and Lim (2013)"),),
    ),
    Claim(
        id="jennrich",
        title="Independent components are found by eigenvalues",
        place="Section 1.1",
        statement=r"For linearly independent $u^*_i$, $r\le d$, $l=3$, simultaneous diagonalisation finds the exact "
        r"decomposition.",
        kinds=("cited",),
        checks=(_cited("Harshman (1970)"),),
    ),
    Claim(
        id="spectral-components",
        title="Spectral methods with more components",
        place="Section 1.1",
        statement=r"Spectral algorithms find a decomposition with $m=\Theta(r^{l-1})$ components.",
        kinds=("cited",),
        checks=(_cited("stated in Section 1.1 of Wang et al. (2020) without a reference"),),
    ),
    Claim(
        id="mean-field-exponential",
        title="Mean-field analyses need exponential width",
        place="Section 1",
        statement=r"The mean-field analyses before this paper need $m$ exponential in $d$ for this problem.",
        kinds=("cited",),
        checks=(_cited("Chizat and Bach (2018); Wei et al. (2019)"),),
    ),
    Claim(
        id="carbery-wright",
        title="Anti-concentration of Gaussian polynomials",
        place="Section 5.2, Lemma 6",
        statement=r"A polynomial of degree $l$ in Gaussian variables satisfies $P(|p|\le\theta\,\|p\|_2)\le C\,l\,\theta^{1/l}$ with "
        r"an absolute constant $C$ that is not made explicit.",
        kinds=("cited",),
        checks=(_cited("Carbery and Wright (2001)"),),
    ),
)
