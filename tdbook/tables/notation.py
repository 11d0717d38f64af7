"""Paper, book, code: one row for each letter of the paper and each name of the library.

The notation page shows these rows, and a test compares them with the library: a public parameter or field
without a row fails it.
"""

from __future__ import annotations

from dataclasses import dataclass

from tdbook import statements


@dataclass(frozen=True)
class Row:
    """One thing and what it is called.

    Attributes
    ----------
    paper, book : str
        The sign in the paper and in the book, LaTeX between dollar signs; empty where there is none.
    code : tuple of str
        Names in the library: parameters, fields, methods and functions.
    meaning : str
    """

    paper: str
    book: str
    code: tuple[str, ...]
    meaning: str


def _row(paper: str, book: str, code: str, meaning: str) -> Row:
    """``book`` "=" stands for the paper's own sign; ``code`` is a list separated by blanks."""
    return Row(paper, paper if book == "=" else book, tuple(code.split()), meaning)


# A letter with several meanings, the field's own each: what it means, and the stems of the chapters in which it means
# that; none are named for what it means everywhere else.
SEVERAL: dict[str, dict[str, str]] = {
    "S": {
        "the span of the $u^*_i$": "",
        "in $S(x^{l-2}y^2)$ the sum over the places of the factors": "traps",
        "any symmetric tensor, or the sum of some terms of the target": "tensors frontier",
        "sum of absolute weights": "decomposition",
    },
    "s": {
        "$\\dim S$, at most $r$; as an index, of the true components": "",
        "factor of $U$ or of a column": "zero model objective traps",
        "middle of a pair of columns": "lazy",
        "variable of a generating function": "networks",
        "number of saddles, or of strong terms": "frontier",
    },
    "M": {
        "matrix of the moments of a random rank-one tensor": "lazy",
        "largest curvature": "rise theorem3 model",
        "number of maxima": "frontier",
    },
    r"\tau": {
        "coefficient of a component of the target": "zero model algorithm networks frontier teaching",
        r"size that the correlation $a\langle R_S,w^{\otimes l}\rangle$ keeps": "escape theorem3 misprints",
    },
    r"\alpha": {
        "output scale": "lazydescent",
        r"step size relative to the pull, $l\eta\rho$": "runnable",
        "first coordinate of a column": "traps",
        "coefficients": "frontier",
    },
    r"\gamma": {
        r"Lemma 6's bound: correlation below $-\gamma\lVert R_S\rVert$": "fresh escape theorem3 scaling",
        "change of a coefficient": "objective",
        "last entries of the factors": "frontier",
    },
    r"\rho": {
        r"$\lVert P_Su\rVert/\lVert u\rVert$, the share of $u$ in $S$": "algorithm fresh escape theorem3",
        r"$\lVert R\rVert$, the residual before and after an epoch": "runnable",
        "correlation of two Gaussians": "networks",
        "row of a factor": "frontier",
    },
    r"\kappa": {
        r"$c\lVert u\rVert$, with or without an index": "",
        r"$\lambda_lD=\prod_{i<l}\frac{d+i}{d+2i}$, the constant of Theorem 1": "lazy misprints teaching",
        "strongest over weakest component": "frontier",
    },
}


def _several(letter: str, code: str = "") -> Row:
    """The one row of a letter with several meanings, chapters by their titles."""
    titles = {stem: title for part in statements.PARTS.values() for stem, title in part.items()}
    titles |= {"misprints": "Misprints", "teaching": "Teaching"}
    meanings = [
        meaning + (f" (*{'*, *'.join(titles[stem] for stem in stems.split())}*)" if stems else "")
        for meaning, stems in SEVERAL[letter].items()
    ]
    return Row("", f"${letter}$", tuple(code.split()), "; ".join(meanings))


GROUPS: dict[str, tuple[Row, ...]] = {
    "Sizes": (
        _row("$d$", "=", "dimension", "dimension of the vectors"),
        _row(
            "$l$", "=", "order", "order of the tensors; the paper needs at least 3, the library takes 2 for comparison"
        ),
        _row("$r$", "=", "rank", "number of components of the ground truth, an upper bound of its rank"),
        _row("$m$", "=", "components", "number of components of the model"),
        _row("$K$", "=", "epochs", "number of epochs"),
        _row("$H$", "=", "iterations", "iterations in an epoch"),
        _row(
            r"$\dim W_l$", r"$D=\binom{d+l-1}{l}$", "symmetric_dimension", "dimension of the space of symmetric tensors"
        ),
        _row(
            "",
            "",
            "monomials multinomial multinomials exponents",
            "exponents of the monomials of degree $l$, and the number of equal entries of each",
        ),
        _row("$[n]$", r"$\{1,\dots,n\}$", "", "the first $n$ numbers; arrays count from 0"),
        _row(r"$O^*$", "=", "", "order of magnitude with constants and the accuracy left out"),
    ),
    "Tensors": (
        _row(r"$v^{\otimes l}$", "=", "SymmetricCP factors", "the tensor with entries $v_{i_1}\\cdots v_{i_l}$"),
        _row(
            r"$T_{i_1,\dots,i_l}$",
            "=",
            "to_dense array",
            "entries, $d^l$ of them; `array` is the input of `DenseSymmetric`",
        ),
        _row(r"$\mathrm{vec}(T)$", "=", "", "all entries in one row, last index fastest: `T.to_dense().ravel()`"),
        _row(r"$\langle T,T'\rangle$", "=", "inner other", "sum over all entries of their products"),
        _row(r"$\lVert T\rVert_F$", "=", "norm", "root of $\\langle T,T\\rangle$"),
        _row("", r"$\lVert T-T'\rVert_F$", "distance", "through the QR core, right down to rounding"),
        _row("", r"$T(u^{\otimes l-1},\cdot)$", "contract U", "a vector: all indices but one contracted with $u$"),
        _row(
            "", r"$T(u,\dots,u)$", "evaluate", "a number: all indices contracted, $\\langle T,u^{\\otimes l}\\rangle$"
        ),
        _row(
            "",
            r"$T(u^{\otimes l-2},v,v)$",
            "curvature V",
            "a number: two indices contracted with $v$, the others with $u$",
        ),
        _row("", r"$kT$", "scaled factor", "the tensor times a number"),
        _row("", r"$T(Q\cdot,\dots,Q\cdot)$", "in_basis Q", "the tensor in coordinates of orthonormal columns $Q$"),
        _row("", r"$w_i$, $v_i$", "components directions", "with unit vectors: $T=\\sum_iw_iv_i^{\\otimes l}$"),
        _row(r"$P_{sym}$", r"$P_{\mathrm{sym}}$", "", "mean over all orders of the indices"),
        _row("$W_l$", r"$\mathrm{Sym}^l$", "", "the space of symmetric tensors"),
    ),
    "Ground truth and vanilla model": (
        _row("$T^*$", "=", "target", "ground truth, of unit norm in the paper"),
        _row("$u^*_i$", "=", "target.factors", "its components, as columns; not assumed independent"),
        _row("$c^*_i$", "=", "target.weights weights", "their coefficients"),
        _row("$T_v$", "=", "vanilla_model", r"$\sum_i c_iu_i^{\otimes l}$"),
        _row("$f_v(U,C)$", "=", "vanilla_loss", r"$\tfrac12\lVert T_v-T^*\rVert_F^2$, equation (2)"),
        _row("", r"$R=T-T^*$", "residual_contraction", "the residual; only its contractions are ever formed"),
        _row("", "", "from_samples X centered noise", "moments of samples, the rows of X; mean or noise taken off"),
        _row("", "", "whitening count", "samples brought to covariance $I$, and the way back"),
        _row("", "", "symmetrize whole", "take the symmetric part; an array that is its own core"),
        _row("", "", "from_polynomial coefficients", "a homogeneous polynomial by its coefficients"),
        _row("", "", "kind", "how a random target is drawn: generic, orthogonal, dependent, mixed-sign, correlated"),
    ),
    "The 2-homogeneous model": (
        _row("$U$", "=", "U", "components $u_i$ as the columns of a $d\\times m$ matrix"),
        _row(r"$\lVert u_i\rVert$", "$n_i$", "norms", "length of a component"),
        _row(r"$\bar u$ in $\overline{P_Su}$", r"$\hat u=u/\lVert u\rVert$", "unit_columns", "direction of a vector"),
        _row("$C$, $c_i$", "=", "c", "coefficients of the model; $C$ is their diagonal matrix"),
        _row(r"$\hat C$, $\hat c_i$", "=", "c_hat", r"coefficients of the regulariser, always $1/\lVert u_i\rVert$"),
        _row("$A$, $a_i$", "=", "a", "signs, $+1$ or $-1$"),
        _row(r"$\bar C=(C,\hat C,A)$", "=", "Parameters parameters", "all but $U$; `Parameters` holds $U$ as well"),
        _row("", r"$\kappa_i=c_in_i$", "kappa", r"constant between switches: $\sqrt{d(m+K)}$ before, 1 after"),
        _row("", r"$\bar\kappa_i=\kappa_i^{l-2}$", "", "boost of a component beside a switched one"),
        _row("", r"$b_i=a_ic_i^{l-2}$", "", r"coefficient of $u_i^{\otimes l}$ in the model"),
        _row("$T$", "=", "model tensor", r"$\sum_ia_ic_i^{l-2}u_i^{\otimes l}=\sum_ib_iu_i^{\otimes l}$"),
        _row(r"$f(U,\bar C)$", "=", "loss", r"$\tfrac12\lVert T-T^*\rVert_F^2$ plus the regulariser"),
        _row(r"$\lambda$", "=", "regularization", "weight of the regulariser"),
        _row(
            "",
            r"$\sum_i\hat c_i^{\,l-2}n_i^l$",
            "regularizer",
            r"the regulariser without $\lambda$, equal to $\lVert U\rVert_F^2$",
        ),
        _row("", "$F(U)=f(U,c(U))$", "two_homogeneous", "the loss as a function of $U$ alone, with $\\kappa$ fixed"),
        _row(
            r"$\nabla_Uf(U,\bar C)$",
            "$G$, columns $g_i$",
            "frozen_gradient",
            r"gradient with $c$, $\hat c$ held constant",
        ),
        _row("", r"$\nabla F$", "tied_gradient", "gradient of $F$: $c$ moves with $u$"),
        _row(
            "",
            r"$\tfrac{d^2}{dt^2}f(U+tV)$",
            "hessian_form",
            r"second derivative along $V$, $c$ and $\hat c$ held constant",
        ),
    ),
    "Algorithm 1": (
        _row(
            "input", "settings", "Settings settings practical_settings", "all the numbers that the algorithm is given"
        ),
        _row(r"$\delta$", "=", "init_scale", "radius of the sphere on which components start"),
        _row(r"$\eta$", "=", "step_size", "step size"),
        _row(
            r"$\epsilon$",
            r"$\varepsilon$",
            "accuracy",
            "wanted accuracy of $\\lVert T-T^*\\rVert_F$; relative in the library",
        ),
        _row("", r"$\lVert T-T^*\rVert_F/\lVert T^*\rVert_F$", "error", "relative error reached"),
        _row(
            r"$\sqrt{d(m+K)}$",
            "=",
            "initial_kappa boost",
            r"$\kappa$ of a fresh component; `boost` puts another number there",
        ),
        _row(r"$2\sqrt{m+K}\,\delta$", "=", "switch_norm", "length at which a component switches"),
        _row(
            "scalar mode switch",
            "switch",
            "switch switched switches",
            "division of $c_i$ by its boost; a flag; who did; how many",
        ),
        _row(
            "re-initialisation",
            "=",
            "reinitialize reinitialized smallest_column column",
            "a function and a flag; the component $j$ drawn anew",
        ),
        _row("", "fresh component", "fresh", "one that has not switched since it was drawn"),
        _row("$k$", "=", "epoch", "epoch, from 1 to $K$"),
        _row(
            r"$t$, $\tau$",
            "$t$, $h$",
            "iteration time",
            "iteration in the epoch, from 1 to $H$; `time` counts through all epochs",
        ),
        _row("the algorithm", "=", "decompose run iterate initialize step", "whole, fast, readable, and its parts"),
        _row(
            "",
            "",
            "space Space Ambient Lossless InLaw core_in_law trace",
            "where a run keeps its components: all $d$ entries, lossless coordinates, or in law only, for huge $d$; "
            "with or without a history",
        ),
        _row("", "state", "State state template", "one point of a run: parameters and where in the run it is"),
        _row(
            "",
            "driver",
            "drive drive_epoch loop PlainLoop BufferedLoop every",
            "what strings epochs together, and the loop of an epoch: the readable one, or the fast one",
        ),
        _row("", "", "gradient exact_gradient", r"what a step goes against; $\nabla_Uf$ with constant coefficients"),
        _row(
            "",
            "",
            "with_components with_fresh_component j size sign",
            "the point with other columns and the same $\\kappa$; the state with column $j$ re-initialised",
        ),
        _row("output $T$", "output", "Run", "result; the best epoch, or the last as printed if `literal`"),
        _row("", "", "literal", "exactly $K$ epochs and the last one returned, as printed"),
        _row(
            "",
            "",
            "refine refined result refinement PolishRecord stage goal",
            "after the run: components that agree merged, idle ones dropped, the rest polished",
        ),
        _row(
            "",
            "",
            "waring tolerance method",
            "few components by other methods than the paper's: within a relative error, or by one method alone",
        ),
        _row("", "", "patience", "epochs without a gain of a hundredth after which a run stops"),
        _row("", "", "history History EpochRecord outside", r"what was recorded; `outside` is $\lVert P_BU\rVert_F^2$"),
        _row("", "", "converged stop StopReason Diverged reason best_epoch seconds", "how the run ended"),
    ),
    "Spaces and proofs": (
        _row("$B$", r"$B=S^\perp$", "", "its orthogonal complement in $\\mathbb R^d$"),
        _row("$P_S$, $P_B$", "=", "", "orthogonal projections"),
        _row(r"$\overline{P_Su}$", r"$w=P_Su/\lVert P_Su\rVert$", "", "direction of the part in $S$"),
        _row(r"$P_{S^{\otimes l}}T-T^*$", "$R_S$", "", "residual inside $S$"),
        _row("", r"$N^2=\sum_i\bar\kappa_i^2n_i^2$", "", "size of the model's parameters, boost counted"),
        _row("", r"$M_n=\prod_{j<l}(n+2j)$", "", r"$n(n+2)\cdots(n+2l-2)$, in moments of random directions"),
        _row("$S_U$", "=", "", "what lazy training from $U$ can reach"),
        _row("", r"$m^*=\lceil D/d\rceil$", "lazy_threshold", "components with which lazy training reaches everything"),
        _row(
            "",
            r"$\mathbb E\lVert T^*-P_{S_U}T^*\rVert_F^2$",
            "lazy_error route",
            "what it misses, and two ways to compute it",
        ),
        _row(
            r"$\delta_i$ in Section 3.1",
            r"$\delta_i$",
            "",
            "displacement of $u_i$ in lazy training; no relation to the radius",
        ),
        _row("", r"$r'=\dim S_U$, $\rho'=r'/D$", "", "dimension of the lazy span and its share of all"),
        _row(r"$U'_0$, $T'_0$", "=", "", "at the start of an epoch, before the re-initialisation"),
        _row(r"$U_0$, $T_0$; $U_H$", "=", "", "right after the re-initialisation; at the end of the epoch"),
        _row(r"$U'$, $c'_i$", "=", "", "after one iteration"),
        _row("$e_j$", "=", "", "unit vectors of the axes"),
    ),
    "One column at a time": (
        _row("", "", "FreshFirst run_fresh_first plan", "its inputs, and a run with them"),
        _row("", r"$u=\varsigma u_0+z$", "Column birth learned", "a column: its initial vector and what it learned"),
        _row("", r"$\ln\lVert u\rVert$", "log_scale", "norms by their logarithms, since some are $10^{-1000}$"),
        _row("", r"$\log_{10}\delta$", "init_exponent", "the norm of an initial vector by its exponent"),
        _row("", r"$\Lambda$", "growth", r"a column switches, and drops $u_0$, at $\lVert z\rVert=\Lambda\delta$"),
        _row("", r"$A_0$", "correlation", r"$-a\langle R,w^{\otimes l}\rangle/\lVert R\rVert$ at the start"),
        _row("", r"$X=\sqrt d\,\lVert P_Su_0\rVert/\lVert u_0\rVert$", "share", "share of an initial vector in $S$"),
        _row("", r"$\beta=\lVert u\rVert^2$", "mass", "the norm of what a column adds to $T$"),
        _row("", "", "looking", "the sign of a column is chosen and not tossed"),
        _row("", "", "in_law joint merge observe", "how a run is done, and who looks at its epochs"),
    ),
    "Letters with several meanings": (
        _several("S", "span"),
        _several("s"),
        _several("M"),
        _several(r"\tau"),
        _several(r"\alpha"),
        _several(r"\gamma"),
        _several(r"\rho", "FreshEpoch before after norm"),
        _several(r"\kappa"),
    ),
    "Names without a letter": (
        _row("", "", "rng", "seed or `numpy.random.Generator`; the same seed gives the same numbers"),
        _row("", "", "progress", "progress bar, or a function called with each epoch's record"),
        _row(
            "",
            "",
            "path overwrite save load result arrays",
            "files: where, whether to replace one, what, and the arrays in it",
        ),
        _row("", "", "ids verify", "claims to check, and the function that checks them"),
        _row("", "", "fast jobs time_limit", "of `verify`: small sizes, processes, seconds for each claim"),
        _row("", "", "integer_power base exponent out", "powers by multiplication, entry by entry"),
        _row("", "", "core_norm frobenius_norm", "norms through orthonormal bases, and of an array's entries"),
        _row("", "", "random_target", "a random ground truth"),
        _row("", "", "random_unit_vectors count", "independent uniform points of the sphere"),
        _row(
            "",
            "",
            "DenseSymmetric SymmetricTensor to_tensorly",
            "a tensor given by its entries; what both classes share; TensorLy's form",
        ),
        _row("", "", "vanilla_gradient vanilla_gradient_unchecked", "gradients of $f_v$ in $U$ and in $c$"),
        _row(
            "",
            "",
            "check_tensor check_point name value",
            "hold arguments to be a tensor, or a point and a target that fit",
        ),
        _row("", "", "cp_polynomial polarized", "a polynomial as a sum of powers, in floats and in fractions"),
        _row("", "", "rational_powers largest", "a decomposition made exact; largest denominator tried"),
        _row(
            "",
            "",
            "principal_space mixture_centres atoms second",
            "centres of a mixture from its second and third moment",
        ),
        _row("", "", "exercises", "the exercises of the book, with `check` that replies to answers"),
    ),
}


def names() -> set[str]:
    """Every name of the library that has a row."""
    return {name for rows in GROUPS.values() for row in rows for name in row.code}


_STEADY = 24  # characters


def _steady(text: str) -> str:
    """The first words joined by no-break spaces: on a phone, where tables scroll, the column stays wide enough."""
    joined = ""
    for word in text.split(" "):
        if len(joined) > _STEADY or "$" in word or "`" in word:
            break
        joined += word + "\u00a0"
    return joined[:-1] + text[len(joined) - 1 :] if joined else text


class Table:
    """One group of rows; Jupyter shows it as a Markdown table."""

    def __init__(self, group: str) -> None:
        if group not in GROUPS:
            raise ValueError(f"group must be one of {', '.join(GROUPS)}, got {group!r}")
        self.group = group

    def __repr__(self) -> str:
        return f"{self.group}: {len(GROUPS[self.group])} rows"

    def _repr_markdown_(self) -> str:
        lines = ["| paper | book | code | meaning |", "|:--|:--|:--|:--|"]
        for row in GROUPS[self.group]:
            book = "the same" if row.book and row.book == row.paper else row.book
            code = " ".join(f"`{name}`" for name in row.code)
            lines.append(
                "| " + " | ".join(text or "–" for text in (row.paper, book, code, _steady(row.meaning))) + " |"
            )
        return "\n".join(lines)


def table(group: str) -> Table:
    """The rows of one group, a key of ``GROUPS``."""
    return Table(group)
