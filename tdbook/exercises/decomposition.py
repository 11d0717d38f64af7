"""Few components, and how few are possible."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

import tdbook
from tdbook.exercises.engine import Exercise, Level, Mistake, Sort
from tdbook.exercises.judges import Formula, Number, Parts, Proof, Step, Words
from tdbook.tensors import DenseSymmetric, from_polynomial, random_target


@lru_cache(maxsize=1)
def unknown_entries() -> DenseSymmetric:
    """Three components in dimension 6 under noise of three percent: the entries of an exercise."""
    noise = DenseSymmetric(np.random.default_rng(21).standard_normal((6, 6, 6)), symmetrize=True)
    return DenseSymmetric(random_target(6, 3, 3, rng=21).to_dense() + 0.03 * noise.array / noise.norm())


@lru_cache(maxsize=1)
def taken_for_exact() -> int:
    """How many components those entries need when they are taken for exact."""
    return int(tdbook.waring(unknown_entries()).tensor.rank)


@lru_cache(maxsize=1)
def bound_of_a_product() -> int:
    """The rank of the 2 x 2 flattening of x y z w."""
    return int(tdbook.waring(from_polynomial({(1, 1, 1, 1): 1.0})).lower_bound)


EXERCISES = (
    Exercise(
        label="ex-few-product",
        title="A product of four variables",
        level=Level.EASY,
        sort=Sort.COMPUTE,
        judge=Parts(
            {
                "bound": Number(
                    bound_of_a_product,
                    within=0,
                    what="the lower bound of the 2 x 2 flattening of xyzw",
                    mistakes=(
                        Mistake("that is the dimension: the 3 x 1 flattening shows no more", value=4),
                        Mistake("all monomials of degree 2: which of them divide xyzw?", value=10),
                        Mistake("pairs in order: xy and yx are one monomial", value=12),
                    ),
                ),
                "known": Number(
                    8,
                    within=0,
                    what="the number of components that waring finds",
                    mistakes=(Mistake("that is the bound: what is found?", value=6),),
                ),
            }
        ),
        right=lambda: [(bound_of_a_product(), 8), {"known": 8.0, "bound": "6"}],
        wrong=lambda: [((4, 8), "dimension"), ((10, 8), "divide"), ((6, 6), "what is found"), (6, "2 answers")],
        moral="The bound is 6 and the rank is 8: a flattening is a bound, not an answer.",
        note="Let them write down the six products and the 6 x 6 matrix, a permutation matrix but for a factor.",
        minutes=15,
    ),
    Exercise(
        label="ex-few-unique",
        title="Why the pencil's answer is the only one",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Proof(
            (
                Step("Any other decomposition with r components has independent vectors too, of the same span."),
                Step(
                    "The vectors are orthogonal after a change of basis, so the matrices M(u) are diagonal.",
                    "independent vectors need not be orthogonal: the same basis change acts on rows and on columns",
                ),
                Step("For both, M(u) M(v)^-1 on that space has the components for eigenvectors."),
                Step("For random u and v the eigenvalues are different, since no two components are parallel."),
                Step(
                    "The eigenvalues are the weights of the components.",
                    "they are the quotients of <u, x> and <v, x>: the weights cancel",
                ),
                Step("Eigenvectors of different eigenvalues are determined up to a factor, and so are the weights."),
            )
        ),
        right=lambda: ["ACDF", "a, c, d, f", ["A", "C", "D", "F"]],
        wrong=lambda: [("ACD", "lacking"), ("ABCDF", "lacking"), ("ACDEF", "lacking"), (3, "letters")],
        moral="So uniqueness comes with the method, where the powers are independent and no two components parallel.",
        note="The first step is forgotten most: r components of rank r cannot be dependent.",
        minutes=20,
    ),
    Exercise(
        label="ex-few-reach",
        title="How far Koszul–Young flattenings reach",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Formula(
            "(2*p + 1)*d/(p + 1)",
            {"p": (1, 5), "d": (3.0, 40.0)},
            mistakes=(
                Mistake("the number of rows: divide by the rank of one component", "d*binomial(2*p + 1, p)"),
                Mistake("the limit for large p, which no p reaches", "2*d"),
                Mistake("that is p directions too many: c is 2p + 1", "2*(p + 1)*d/(p + 2)"),
            ),
        ),
        points=(
            "the block columns are the sets of p of the 2p + 1 directions, of d columns each;",
            "the rank is at most the number of columns, and the matrix is square;",
            "one component takes binom(2p, p) of it;",
            "binom(2p + 1, p) / binom(2p, p) is (2p + 1) / (p + 1).",
        ),
        right=lambda: ["(2*p+1)*d/(p+1)", "(2 - 1/(p+1))*d", lambda p, d: d * (2 * p + 1) / (p + 1)],
        wrong=lambda: [("2*d", "limit"), ("d*binomial(2*p+1, p)", "divide"), ("p*d", "not yet"), (3, "not yet")],
        moral="It is (2 - 1/(p+1)) d: every p helps a little, and none goes beyond 2 d.",
        note="For order 3 symmetry costs one rank at p = 1, whose matrix is skew-symmetric: ask who notices at odd d.",
        minutes=20,
    ),
    Exercise(
        label="ex-few-noise",
        title="Exact or noisy?",
        level=Level.MEDIUM,
        sort=Sort.BREAK,
        judge=Parts(
            {
                "exact": Number(
                    taken_for_exact,
                    within=0,
                    what="the number of components when the entries are taken for exact",
                    mistakes=(Mistake("that is the number when they are taken for noisy", value=3),),
                ),
                "bic": Number(
                    3,
                    within=0,
                    what="the number that BIC chooses",
                    mistakes=(
                        Mistake("the dimension, which any noise fills", value=6),
                        Mistake(
                            "that many describe the noise as well as the signal", change=lambda right: taken_for_exact()
                        ),
                    ),
                ),
                "verdict": Words(
                    "noise",
                    {
                        "exact": "as many parameters as entries describe anything: what would a surprise look like?",
                        "both": "the same entries cannot be both: which description is short?",
                    },
                ),
            }
        ),
        right=lambda: [(taken_for_exact(), 3, "noise"), {"exact": taken_for_exact(), "bic": 3, "verdict": "Noise"}],
        wrong=lambda: [
            ((3, 3, "noise"), "exact: that is the number"),
            ((taken_for_exact(), 6, "noise"), "bic: the dimension"),
            ((taken_for_exact(), 3, "exact"), "surprise"),
            (3, "3 answers"),
        ],
        moral="A decomposition that any entries have says nothing about these.",
        note="Let them count parameters against entries before they run anything: 56 entries, 6 numbers a component.",
        minutes=20,
    ),
    Exercise(
        label="ex-few-border",
        title="The price of one component less",
        level=Level.RESEARCH,
        sort=Sort.COMPUTE,
        judge=Formula(
            "sqrt((l - 1)*(l - 2)/6)/l",
            {"l": (3, 9)},
            mistakes=(
                Mistake("error and weights are relative to the norm of x^(l-1) y", "sqrt((l-1)*(l-2)/6)"),
                Mistake(
                    "the square of the sum of weights is divided by the square of the norm, 1/l",
                    "sqrt((l-1)*(l-2)/6)/l**2",
                ),
                Mistake("the tensor has norm 1/sqrt(l), not 1/l", "sqrt((l-1)*(l-2)/6)/sqrt(l)"),
            ),
        ),
        right=lambda: ["sqrt((l-1)*(l-2)/6)/l", lambda l: np.sqrt((l - 1) * (l - 2) / 6) / l, "((l-1)*(l-2)/6)**0.5/l"],
        wrong=lambda: [
            ("sqrt((l-1)*(l-2)/6)", "are relative"),
            ("sqrt((l-1)*(l-2)/6)/l**2", "divided"),
            ("l", "not yet"),
            ("1/l", "not yet"),
        ],
        moral="One digit more of such a fit costs half a digit more of cancelling weights: no fit is the best.",
        note="Open end: which fit is the best when the weights are bounded? The search finds this one.",
        minutes=40,
    ),
)
