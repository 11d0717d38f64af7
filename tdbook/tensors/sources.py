"""Tensors that people have: homogeneous polynomials, and moments of samples.

A symmetric tensor of order l *is* a homogeneous polynomial of degree l, p(x) = T(x, ..., x), and a sum of powers
of linear forms is a ``SymmetricCP``. The l-th moment of n samples is a ``SymmetricCP`` as it stands, with the
samples as factors and weights 1/n: its d^l entries are never formed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product
from numbers import Real
from typing import Any

import numpy as np

from tdbook import validation
from tdbook.tensors.cp import SymmetricCP
from tdbook.tensors.dense import DenseSymmetric
from tdbook.tensors.exponents import monomials, multinomial
from tdbook.tensors.fractions import as_fraction, solution
from tdbook.tensors.symmetric import SymmetricTensor, check_tensor
from tdbook.validation import Array

Exponents = tuple[int, ...]
_TOO_LARGE = "the numbers given are too large"


# --- polynomials --------------------------------------------------------------------------------------------


def _checked_form(coefficients: Any) -> tuple[dict[Exponents, Any], int, int]:
    """The terms that are not zero, with the number of variables and the degree, both checked."""
    if hasattr(coefficients, "as_dict"):  # a polynomial of SymPy's
        coefficients = coefficients.as_dict()
    if not isinstance(coefficients, Mapping) or not coefficients:
        raise TypeError(
            "coefficients must be a mapping of exponents to numbers, as in {(2, 1): 3.0} for 3 x^2 y, or a SymPy Poly, "
            f"got {validation.describe(coefficients)}"
        )
    terms: dict[Exponents, Any] = {}
    for exponents, value in coefficients.items():
        if not isinstance(exponents, tuple) or not all(isinstance(e, int) and e >= 0 for e in exponents):
            raise TypeError(
                f"coefficients must have tuples of integers >= 0 as keys, got {validation.describe(exponents)}"
            )
        if not isinstance(value, Real) and not hasattr(value, "__float__"):
            raise TypeError(f"coefficients must have real numbers as values, got {validation.describe(value)}")
        terms[exponents] = value
    if not all(math.isfinite(float(value)) for value in terms.values()):
        raise ValueError("coefficients must be finite, got one that is not")
    sizes = {len(exponents) for exponents in terms}
    if len(sizes) != 1 or sizes == {0}:
        raise ValueError(f"coefficients must have keys of one length d >= 1, got lengths {sorted(sizes)}")
    terms = {exponents: value for exponents, value in terms.items() if value != 0} or terms
    degrees = {sum(exponents) for exponents in terms}
    if len(degrees) != 1 or min(degrees) < 2:
        raise ValueError(f"coefficients must be those of one degree l >= 2, got degrees {sorted(degrees)}")
    return terms, sizes.pop(), degrees.pop()


def from_polynomial(coefficients: Mapping[Exponents, Any]) -> DenseSymmetric:
    """The tensor T with T(x, ..., x) = p(x).

    An entry with indices of multiplicities alpha is the coefficient of x^alpha divided by the number of its
    rearrangements, l! / alpha!.

    Parameters
    ----------
    coefficients : mapping of tuple of int to float
        Exponents (alpha_1, ..., alpha_d) to coefficient, all of one degree l >= 2. A ``sympy.Poly`` is taken too.

    Examples
    --------
    >>> from_polynomial({(1, 1): 6.0}).to_dense()   # 6 x y
    array([[0., 3.],
           [3., 0.]])
    """
    terms, d, order = _checked_form(coefficients)
    if order * math.log2(d) > 27:
        raise ValueError(f"coefficients must make at most 2^27 entries, got d^l = {d}^{order}")
    array = np.zeros((d,) * order)
    for index in np.ndindex(*array.shape):
        exponents = tuple(np.bincount(index, minlength=d).tolist())
        if exponents in terms:
            array[index] = float(terms[exponents]) / multinomial(exponents)
    return DenseSymmetric(array)


def polarized(coefficients: Mapping[Exponents, Any]) -> tuple[list[Fraction], list[Exponents], int]:
    """A polynomial as a sum of powers of linear forms with integer coefficients, exactly.

    x^alpha = (1/l!) sum over 0 <= k <= alpha of (-1)^(l - |k|) C(alpha, k) (k_1 x_1 + ... + k_d x_d)^l. Forms that
    are multiples of one another are put together. The sum is exact and long: shorter ones are what
    ``tdbook.decompose`` looks for.

    Returns
    -------
    weights : list of Fraction
    forms : list of tuple of int
        Coefficients of the linear forms, without a common factor.
    order : int
    """
    terms, _, order = _checked_form(coefficients)
    total: dict[Exponents, Fraction] = {}
    for exponents, value in terms.items():
        scale = as_fraction(value) / math.factorial(order)
        for k in product(*(range(e + 1) for e in exponents)):
            common = math.gcd(*k)
            if not common:
                continue
            count = math.prod(math.comb(e, i) for e, i in zip(exponents, k, strict=True))
            form = tuple(i // common for i in k)
            sign = -1 if (order - sum(k)) % 2 else 1
            total[form] = total.get(form, Fraction(0)) + sign * count * common**order * scale
    kept = {form: weight for form, weight in total.items() if weight}
    if not kept:
        kept = {tuple([1] + [0] * (len(next(iter(terms))) - 1)): Fraction(0)}
    return list(kept.values()), list(kept), order


def _monomial(form: Sequence[Fraction], exponents: Exponents) -> Fraction:
    """f^alpha."""
    return math.prod((f**e for f, e in zip(form, exponents, strict=True)), start=Fraction(1))


def cp_polynomial(coefficients: Mapping[Exponents, Any]) -> SymmetricCP:
    """The polynomial as a ``SymmetricCP``, by :func:`polarized`."""
    weights, forms, order = polarized(coefficients)
    return SymmetricCP([float(w) for w in weights], np.array(forms, dtype=float).T, order)


def rational_powers(
    tensor: SymmetricCP, coefficients: Mapping[Exponents, Any], largest: int = 12
) -> tuple[list[Fraction], list[tuple[Fraction, ...]]] | None:
    """A numerical decomposition as an exact one, if its linear forms have small fractions for coefficients.

    Each form is divided by its largest coefficient and rounded to fractions with denominators up to ``largest``;
    the weights that make the sum exact are then found by solving linear equations in fractions.

    Returns
    -------
    (weights, forms) or None
        None when no weights make these forms add up to the polynomial: rounding guessed wrong. What is returned
        is exact, whatever the tensor was.
    """
    terms, d, order = _checked_form(coefficients)
    validation.instance("tensor", tensor, SymmetricCP)
    largest = validation.integer("largest", largest, 1)
    if (tensor.dimension, tensor.order) != (d, order):
        raise ValueError(
            f"tensor must have dimension {d} and order {order}, "
            f"got dimension {tensor.dimension} and order {tensor.order}"
        )
    forms = []
    for column in tensor.factors[:, tensor.factors.any(axis=0)].T:
        sizes = np.abs(column)
        scaled = column / column[np.argmax(sizes > (1 - 1e-6) * sizes.max())]  # of equal ones the first
        forms.append(tuple(Fraction(float(x)).limit_denominator(largest) for x in scaled))
    forms = list(dict.fromkeys(forms))
    # one equation for each monomial: its coefficient in (sum_j f_j x_j)^l is l!/alpha! f^alpha
    powers, wanted = [], []
    for exponents in map(tuple, monomials(d, order).tolist()):
        count = multinomial(exponents)
        powers.append([count * _monomial(form, exponents) for form in forms])
        wanted.append([as_fraction(terms.get(exponents, 0))])
    weights = solution(powers, wanted)
    return None if weights is None else ([weight for (weight,) in weights], forms)


# --- moments of samples -------------------------------------------------------------------------------------


def from_samples(X: Any, order: int, *, centered: bool = False, noise: float = 0.0) -> SymmetricCP:
    """The l-th moment (1/n) sum_x x^{(x) l} of samples, with n components (and a few more for ``noise``).

    Parameters
    ----------
    X : array_like of shape (n, d)
        Samples, as rows.
    order : int
        l >= 2.
    centered : bool
        Subtract the mean of the samples first: moments about the mean.
    noise : float
        sigma^2 >= 0: take out what independent Gaussian noise of covariance sigma^2 I adds to the moment, at
        orders 2 to 4. The second moment loses sigma^2 I, the third 3 sigma^2 Sym(mean (x) I), the fourth
        6 sigma^2 Sym(M (x) I) - 3 sigma^4 Sym(I (x) I) for the second moment M of the samples. Of whitened samples,
        with ``noise=1``, the fourth is their cumulant.

    Returns
    -------
    SymmetricCP
        Inner products, contractions and evaluations cost a multiple of n d. A norm or a distance costs n^2 d: for
        more than some thousand samples, project them onto a small space first.
    """
    X = validation.array("X", X, ("n", "d"), "with the samples as rows")
    order = validation.order(order, 2)
    sigma2 = validation.real("noise", noise, strict=False)
    if sigma2 and order > 4:
        raise ValueError(f"noise must be 0 at orders above 4, got {sigma2:g} at order {order}")
    n, d = X.shape
    if validation.flag("centered", centered):
        with validation.overflowing():
            X = validation.finite("the samples about their mean", X - X.mean(axis=0), _TOO_LARGE)
    weights, factors = np.full(n, 1.0 / n), X.T
    if sigma2 and order == 2:
        weights = np.concatenate([weights, np.full(d, -sigma2)])
        factors = np.hstack([factors, np.eye(d)])
    elif sigma2 and order == 4:
        more, columns = _fourth_of_noise(X, sigma2)
        weights, factors = np.concatenate([weights, -more]), np.hstack([factors, columns])
    elif sigma2:
        mean, I = X.mean(axis=0)[:, None], np.eye(d)
        # 6 Sym(mean (x) e_j (x) e_j) = (mean + e_j)^3 + (mean - e_j)^3 - 2 mean^3
        with validation.overflowing():
            last = validation.finite("noise d", sigma2 * d, _TOO_LARGE)
        weights = np.concatenate([weights, np.full(2 * d, -sigma2 / 2), [last]])
        factors = np.hstack([factors, mean + I, mean - I, mean])
    return SymmetricCP(weights, factors, order)


def _fourth_of_noise(X: Array, sigma2: float) -> tuple[Array, Array]:
    """6 sigma^2 Sym(M (x) I) - 3 sigma^4 Sym(I (x) I) as weights and factors, M the second moment of the rows of X.

    In the eigenvectors v_k of M, with eigenvalues mu_k, it is the sum over j, k of (6 sigma^2 mu_k - 3 sigma^4)
    Sym(v_j^2 v_k^2), and 12 Sym(v_j^2 v_k^2) = (v_j + v_k)^4 + (v_j - v_k)^4 - 2 v_j^4 - 2 v_k^4.
    """
    mu, V = np.linalg.eigh(X.T @ X / len(X))
    each = 6.0 * sigma2 * mu - 3.0 * sigma2**2
    j, k = np.triu_indices(len(mu), 1)
    pairs = (each[j] + each[k]) / 12.0
    single = each.copy()
    np.subtract.at(single, j, 2.0 * pairs)
    np.subtract.at(single, k, 2.0 * pairs)
    return np.concatenate([pairs, pairs, single]), np.hstack([V[:, j] + V[:, k], V[:, j] - V[:, k], V])


def whitening(X: Any, count: int | None = None) -> tuple[Array, Array]:
    """W with (X - mean) W white, and the matrix that takes columns found there back.

    A least-squares fit of a cumulant sees its strong terms only. In white coordinates all sources have variance one
    and their directions are orthonormal, so that weak ones count as much: independent component analysis needs this.

    Parameters
    ----------
    X : array_like of shape (n, d)
        Samples, as rows.
    count : int, optional
        Principal directions kept; by default all whose variance is above rounding.

    Returns
    -------
    W : ndarray of shape (d, count)
        The covariance of ``(X - X.mean(axis=0)) @ W`` is the identity.
    back : ndarray of shape (d, count)
        ``back @ u`` for a direction u in white coordinates is one in those of X.
    """
    X = validation.array("X", X, ("n", "d"), "with the samples as rows")
    with validation.overflowing():
        centered = X - X.mean(axis=0)
        covariance = validation.finite("the covariance of X", centered.T @ centered / len(X), _TOO_LARGE)
    variances, axes = np.linalg.eigh(covariance)
    variances, axes = variances[::-1], axes[:, ::-1]
    sound = int((variances > len(variances) * np.finfo(float).eps * max(variances[0], 0.0)).sum())
    if sound == 0:
        raise ValueError("X must hold samples that differ, got equal rows")
    kept = sound if count is None else validation.integer("count", count, 1, sound)
    scale = np.sqrt(variances[:kept])
    return axes[:, :kept] / scale, axes[:, :kept] * scale


def principal_space(X: Any, count: int) -> tuple[Array, float]:
    """The space spanned by the centres of a mixture with spherical noise, and the noise's variance.

    E x x^T = sum_h p_h mu_h mu_h^T + sigma^2 I: the first ``count`` eigenvectors span the centres, and the other
    eigenvalues are all sigma^2.

    Returns
    -------
    basis : ndarray of shape (d, count)
    noise : float
        The mean of the other eigenvalues.
    """
    X = validation.array("X", X, ("n", "d"), "with the samples as rows")
    count = validation.integer("count", count, 1, X.shape[1] - 1)
    with validation.overflowing():
        covariance = validation.finite("the second moment of X", X.T @ X / len(X), _TOO_LARGE)
    values, vectors = np.linalg.eigh(covariance)
    return vectors[:, ::-1][:, :count], float(max(values[: X.shape[1] - count].mean(), 0.0))


def mixture_centres(atoms: SymmetricCP, second: SymmetricTensor) -> tuple[Array, Array]:
    """Centres and probabilities of a mixture from the atoms of its third moment and from its second moment.

    Both without the noise's part: sum_h p_h mu_h^{(x) 3} has atoms of weight p ||mu||^3 in the directions v_h, and
    sum_h p_h mu_h mu_h^T gives p ||mu||^2 for each, by least squares. Their quotient is the length.

    Returns
    -------
    centres : ndarray of shape (d, r)
    probabilities : ndarray of shape (r,)
    """
    validation.instance("atoms", atoms, SymmetricCP)
    check_tensor("second", second)
    if atoms.order != 3 or second.order != 2:
        raise ValueError(f"atoms must have order 3 and second order 2, got {atoms.order} and {second.order}")
    cubes, directions = atoms.components()
    directions = directions * np.sign(cubes)
    cubes = np.abs(cubes)
    gram = (directions.T @ directions) ** 2
    values = second.evaluate(directions)
    try:
        squares = np.linalg.solve(gram, values)
    except np.linalg.LinAlgError:
        raise ValueError("atoms must have directions whose squares are independent, got some that are not") from None
    with validation.overflowing():
        centres, probabilities = directions * (cubes / squares), squares**3 / cubes**2
    why = "an atom has weight 0, or none in second"
    return validation.finite("the centres", centres, why), validation.finite("the probabilities", probabilities, why)
