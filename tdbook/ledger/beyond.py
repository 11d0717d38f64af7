"""Claims beyond the paper, and those that are only cited."""

from functools import partial

from tdbook.ledger.mechanism import Check, Claim, Evidence


def _source(reference: str, fast: bool) -> Evidence:
    return Evidence("cited", reference, True)


def _cited(reference: str) -> Check:
    """The only check of a claim that is taken from elsewhere: it says from where."""
    return partial(_source, reference)


CLAIMS = (
    Claim(
        id="nuclear-norm",
        title="The regulariser is a nuclear norm",
        place="beyond the paper",
        statement=r"The 2-homogeneous model with $\lambda\|U\|_F^2$ is the symmetric tensor nuclear-norm LASSO, with the "
        r"certificate $|R(w^{\otimes l})|\le\lambda$ on the sphere.",
        kinds=("symbolic", "run"),
        rests_on=("two-homogeneous",),
    ),
    Claim(
        id="hermite-network",
        title="Tensors and two-layer networks",
        place="beyond the paper",
        statement=r"For unit $u,w$: $\mathbb E_x[He_k(\langle u,x\rangle)He_l(\langle w,x\rangle)]=\delta_{kl}\,l!\,\langle "
        r"u,w\rangle^l$, so the objective is the population loss of a two-layer network.",
        kinds=("symbolic", "measured"),
        rests_on=("loss-gram",),
    ),
    Claim(
        id="deflation",
        title="In which order components are found",
        place="beyond the paper",
        statement=r"For orthogonal $T^*=\sum_k\tau_ke_k^{\otimes l}$ and small $u$: $\frac{d}{dt}\log(w_k/w_j)="
        r"l(\tau_kw_k^{l-2}-\tau_jw_j^{l-2})$.",
        kinds=("symbolic", "run"),
        rests_on=("gradient",),
    ),
    Claim(
        id="lossless-coordinates",
        title="A run lives in a small space",
        place="beyond the paper",
        statement=r"A run stays in the span of $U_0$, the $u^*_s$ and the re-initialisation vectors; in an orthonormal basis "
        r"of it the trajectory is the same and a step costs nothing that grows with $d$.",
        kinds=("exact", "run"),
        rests_on=("gradient",),
    ),
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
