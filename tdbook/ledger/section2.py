"""Claims of Section 2: tensors."""

from tdbook.ledger.mechanism import Claim

CLAIMS = (
    Claim(
        id="tensor-inner",
        title="Inner products of powers",
        place="Section 2",
        statement=r"$\langle u^{\otimes l}, v^{\otimes l}\rangle = \langle u, v\rangle^l$ for all $u, v\in\mathbb R^d$.",
        kinds=("symbolic", "exact"),
        chapter="01-tensors",
    ),
    Claim(
        id="vec-order",
        title="The index map of vec",
        place="Section 2",
        statement=r"$(i_1,\dots,i_l)\mapsto (i_1-1)d^{l-1}+\dots+(i_{l-1}-1)d+i_l$ is a bijection from $[d]^l$ "
        r"to $[d^l]$, and it is the C (row-major) order of arrays.",
        kinds=("exact",),
        chapter="01-tensors",
    ),
    Claim(
        id="sym-dim",
        title="How many numbers a symmetric tensor holds",
        place="Sections 2 and 3.1",
        statement=r"The symmetric tensors of order $l$ in dimension $d$ form a space of dimension "
        r"$D=\binom{d+l-1}{l}$, and $d^l/l!\le D\le d^l$, so that $D=\Theta(d^l)$ for fixed $l$.",
        kinds=("symbolic", "exact"),
        chapter="01-tensors",
    ),
)
