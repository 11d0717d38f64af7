"""Lemma 6 (Section 5.2): the chance that a fresh direction has a good correlation with the residual.

Its size in the mean is exact. Its chance is proved with explicit constants in three ways: by the fourth moment
(Paley-Zygmund), by the largest value (the reproducing kernel of the forms of degree l), and, at the printed chance 1/5,
by the small-ball inequality of log-concave measures. It is measured against residuals made as hard as descent can make
them.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from scipy import integrate, stats

from tdbook import validation
from tdbook.tensors import SymmetricCP, SymmetricTensor, check_tensor, integer_power, random_unit_vectors
from tdbook.validation import Array


def gaussian_moment(dimension: int, power: int) -> float:
    """E ||g||^{2p} = n (n+2) ... (n+2p-2) for a standard Gaussian g in R^n; M_n of the book is the case p = l."""
    p = validation.integer("power", power, 0, validation.ORDER)
    moment = _gaussian_moment(validation.integer("dimension", dimension, 1), p)
    number = float(moment) if moment < 2**1024 else math.inf
    return validation.finite("the moment", number, "dimension or power is too large")


def _gaussian_moment(n: int, p: int) -> int:
    return math.prod(n + 2 * j for j in range(p))


def sphere_moment_bounds(dimension: int, order: int) -> tuple[float, float]:
    r"""The least and the largest mean square correlation of a symmetric R of norm 1 with a direction of R^s.

    They are extreme eigenvalues of Theorem 1's moment matrix, the least at a harmonic R, the largest at
    R = Sym(I^{(x) (l-j)/2} (x) v^{(x) j}) with j = 0 for even and 1 for odd l.

    Claim: correlation-rms

    For a symmetric $R$ of norm 1 on an $s$-dimensional space $S$, $w$ uniform on its unit sphere,
    $M_n=n(n+2)\cdots(n+2l-2)$ and $j=l\bmod2$,

    $$
    \frac{l!}{M_s}\ \le\ \mathbb E\,\langle R,w^{\otimes l}\rangle^2\ \le\ \frac{l!}{(l-j)!!\;s(s+2)\cdots(s+l+j-2)} ,
    $$

    both attained if $s\ge2$. If $w$ is uniform on the unit sphere of all of $\mathbb R^d$, the mean square is exactly
    $\frac{M_s}{M_d}$ times as large: smaller by $(s/d)^l$ in order.
    """
    s = validation.integer("dimension", dimension, 1)
    order = validation.order(order, 1)
    odd = order % 2
    pairs = math.prod(range(order - odd, 0, -2))  # (l-j)!!
    largest = math.factorial(order) / (pairs * _gaussian_moment(s, (order + odd) // 2))
    return math.factorial(order) / _gaussian_moment(s, order), largest


def anticoncentration(order: int, theta: float, dimension: int | None = None) -> float:
    r"""The chance that Lemma 6 guarantees at ``theta``.

    Without the ``dimension`` s it is that of the fourth moment of a form of degree l in Gaussian vectors. With it, the
    larger of two: the same times E||g||^{4l} / (E||g||^{2l})^2, by which the fourth moment on the sphere is smaller,
    at most (1 - theta^2)^2 / 2; and, as the square of a form is at most N = dim Sym^l(R^s) times its mean on the
    sphere, (1 - theta^2) / (N - theta^2) / 2.

    Claim: lemma6

    Let $R_S\ne0$ be a symmetric tensor on the $s$-dimensional space $S$, $w$ uniform on its unit sphere, $a=\pm1$ a
    fair sign, and $M_s=s(s+2)\cdots(s+2l-2)$. For $0\le\theta\le1$

    $$
    \Pr\Big[a\,\langle R_S,w^{\otimes l}\rangle\le-\theta\,\sqrt{\tfrac{l!}{M_s}}\;\|R_S\|\Big]
    \ \ge\ \tfrac12\,(1-\theta^2)^2\,9^{-l}.
    $$

    At a smaller constant times $s^{-l/2}\|R_S\|$ the probability is at least $\frac15$: measured for $s\le6$, $l=3,4$.
    """
    order = validation.order(order, 1)
    theta = validation.real("theta", theta, strict=False, maximum=1.0)
    share = Fraction(1, 9**order)
    by_kernel = 0.0
    if dimension is not None:
        s = validation.integer("dimension", dimension, 1)
        share *= Fraction(_gaussian_moment(s, 2 * order), _gaussian_moment(s, order) ** 2)
        by_kernel = 0.5 * (1.0 - theta**2) / (math.comb(s + order - 1, order) - theta**2)
    return max(0.5 * (1.0 - theta**2) ** 2 * min(1.0, float(share)), by_kernel)


def explicit_strength(order: int, dimension: int, chance: float = 0.2) -> float:
    r"""A gamma for which a fresh direction of R^s has a <R, w^{(x) l}> <= -gamma ||R|| with at least that ``chance``.

    For a polynomial P of degree l and a log-concave measure mu, mu(|P| > x T_l(t)) <= mu(|P| > x)^{(t+1)/2} for t >= 1,
    with Chebyshev's T_l (Nazarov, Sodin and Volberg 2002; Fradelizi 2009). In the unit ball, where a form is no larger
    than on the sphere, this bounds the mean square of R(w) by C_l^2 times the square of its (1 - 2 chance)-quantile.

    Claim: lemma6-explicit

    Let $R_S\ne0$, $w$, $a$ and $M_s$ be as in Lemma 6 and $N=\binom{s+l-1}l$. For $0\le\theta\le1$

    $$
    \Pr\Big[a\,\langle R_S,w^{\otimes l}\rangle\le-\theta\,\sqrt{\tfrac{l!}{M_s}}\;\|R_S\|\Big]
    \ \ge\ \frac{1-\theta^2}{2\,(N-\theta^2)} .
    $$

    With probability at least $\frac15$, the printed one, for every $s$,

    $$
    a\,\langle R_S,w^{\otimes l}\rangle\le-\frac1{C_l}\sqrt{\frac{l!}{M_s}\cdot\frac s{s+2l}}\;\|R_S\|,\qquad
    C_l^2=1+\int_0^\infty l\,\sinh(2lt)\,\big(\tfrac25\big)^{(1+\cosh t)/2}\,\mathrm dt .
    $$

    For $l=3$ and $s=2$ the largest $\gamma$ for which $a\langle R_S,w^{\otimes3}\rangle\le-\gamma\|R_S\|$ has
    probability at least $\frac15$ whatever $R_S$ lies between $0.226$ and $0.2273$.
    """
    order = validation.order(order, 1)
    s = validation.integer("dimension", dimension, 1)
    a = 2.0 * validation.real("chance", chance, maximum=0.5)

    def weight(t: float) -> float:
        # l sinh(2 l t) a^{(1 + cosh t)/2}, in logarithms: both factors leave the range of floats
        grow = 2.0 * order * t + math.log1p(-math.exp(-4.0 * order * t)) - math.log(2.0) if t > 0 else -math.inf
        return order * math.exp(grow + 0.5 * (1.0 + math.cosh(t)) * math.log(a)) if t < 50.0 else 0.0

    square = 1.0 + integrate.quad(weight, 0.0, math.inf, limit=200)[0]
    return math.sqrt(sphere_moment_bounds(s, order)[0] * s / (s + 2 * order) / square)


def proved_pair(order: int, dimension: int) -> tuple[float, float]:
    """The gamma and p of Lemma 6, proved in R^s, that let Theorem 3 do with the fewest components.

    Its m is proportional to 1/(p gamma^5): of theta = 0.01, ..., 0.99 with :func:`anticoncentration`, and of the pair
    of :func:`explicit_strength` at 1/5, this is the one with the largest p gamma^5.
    """
    unit = math.sqrt(sphere_moment_bounds(dimension, order)[0])
    thetas = [k / 100 for k in range(1, 100)]
    pairs = [(theta * unit, anticoncentration(order, theta, dimension)) for theta in thetas]
    pairs.append((explicit_strength(order, dimension), 0.2))
    return max(pairs, key=lambda pair: pair[1] * pair[0] ** 5)


# For each (l, s), a theta at which every residual met has a chance of 1/5: 0.9 of what the hardest one found by descent
# allows, to two digits. In the plane the reserve is 7% of the least strength, for both orders.
_MEASURED = {
    3: (1.4, 0.60, 0.28, 0.20, 0.16, 0.14),
    4: (1.8, 0.44, 0.14, 0.10, 0.08, 0.076),
}


def measured_theta(order: int, dimension: int) -> float:
    """The theta at which Lemma 6 has been measured to have the printed chance 1/5, for l = 3, 4 and s = 1, ..., 6."""
    order = validation.integer("order", order, 3, 4)
    return _MEASURED[order][validation.integer("dimension", dimension, 1, 6) - 1]


def measured_strength(order: int, dimension: int) -> float:
    """The gamma that belongs to :func:`measured_theta`: theta sqrt(l!/M_s)."""
    return measured_theta(order, dimension) * math.sqrt(sphere_moment_bounds(dimension, order)[0])


def holds_in_the_plane(strength: float, chance: float = 0.2, *, points: int = 4000, halvings: int = 12) -> bool:
    r"""Whether a <R, w^{(x) 3}> <= -``strength`` ||R|| has that ``chance`` for every cubic residual R of the plane.

    True is a proof, up to rounding of 1e-12: all R of norm 1 are, up to a rotation, a reflection and a sign,
    R(cos t, sin t) = cos(x)/2 cos(3t) + sqrt(3)/2 sin(x) cos(t + y) with 0 <= x <= pi/2, 0 <= y <= pi/3. The slopes of
    this function are at most 1 in x, sqrt(3)/2 in y and sqrt(3) in t, so its values at the ``points`` of a grid in t
    bound the chance from below in a whole box of x and y. Boxes where that does not suffice are divided into four.
    False says that after so many ``halvings`` some box was left.
    """
    gamma = validation.real("strength", strength)
    need = 2.0 * validation.real("chance", chance, maximum=0.5) * validation.integer("points", points, 1)
    t = (np.arange(points) + 0.5) * 2.0 * math.pi / points
    cubic, cosine, sine = np.cos(3.0 * t), np.cos(t), np.sin(t)
    half = np.array([math.pi / 4, math.pi / 6])
    boxes = half[None, :]
    for _ in range(validation.count("halvings", halvings, 0) + 1):
        level = gamma + half[0] + math.sqrt(0.75) * half[1] + math.sqrt(3.0) * math.pi / points + 1e-12
        left = []
        for x, y in boxes:
            linear = math.cos(y) * cosine - math.sin(y) * sine
            values = 0.5 * math.cos(x) * cubic + math.sqrt(0.75) * math.sin(x) * linear
            if np.count_nonzero(np.abs(values) >= level) < need:
                left.append((x, y))
        if not left:
            return True
        half = half / 2.0
        boxes = (np.array(left)[:, None, :] + half * np.array([(1, 1), (1, -1), (-1, 1), (-1, -1)])).reshape(-1, 2)
        if len(boxes) > 4000:
            return False
    return False


def _correlations(residual: SymmetricTensor, count: int, rng: np.random.Generator) -> Array:
    """a <R, w^{(x) l}> / (||R|| sqrt(l!/M_s)) for ``count`` fresh w and signs a."""
    unit = math.sqrt(sphere_moment_bounds(residual.dimension, residual.order)[0]) * residual.norm()
    if not unit > 0:
        raise ValueError(f"residual must not be zero, got a tensor of norm {residual.norm():g}")
    w = random_unit_vectors(residual.dimension, count, rng)
    return rng.choice([-1.0, 1.0], size=count) * residual.evaluate(w) / unit


def lemma6_chance(
    residual: SymmetricTensor, theta: float, count: int, rng: int | np.random.Generator
) -> tuple[int, int]:
    """How many of ``count`` fresh directions have a <R, w^{(x) l}> <= -theta sqrt(l!/M_s) ||R||.

    ``residual`` lives in R^s: s is its dimension.
    """
    check_tensor("residual", residual)
    count = validation.count("count", count)
    theta = validation.real("theta", theta, strict=False)
    hits = _correlations(residual, count, validation.generator(rng)) <= -theta
    return int(hits.sum()), count


def correlation_quantile(residual: SymmetricTensor, chance: float, count: int, rng: int | np.random.Generator) -> float:
    """The theta with P[a <R, w^{(x) l}> <= -theta sqrt(l!/M_s) ||R||] = ``chance`` < 1/2, from ``count`` fresh w."""
    check_tensor("residual", residual)
    chance = validation.real("chance", chance, maximum=0.5)
    values = np.abs(_correlations(residual, validation.count("count", count), validation.generator(rng)))
    return float(np.quantile(values, 1.0 - 2.0 * chance))  # the sign a is fair and independent of w


def hard_residual(
    dimension: int, order: int, rng: int | np.random.Generator, *, chance: float = 0.2, rounds: int = 200
) -> SymmetricCP:
    """A residual in R^s with few good directions: descent lowers its ``correlation_quantile`` at ``chance``.

    The residual is a combination of 2 dim Sym^l rank-one terms; a step lowers |R(w)| at the sampled directions that
    lie around the quantile, and the norm is put back to one.
    """
    s = validation.integer("dimension", dimension, 1)
    order = validation.order(order, 2)
    generator = validation.generator(rng)
    atoms = random_unit_vectors(s, 2 * math.comb(s + order - 1, order), generator)
    gram = integer_power(atoms.T @ atoms, order)
    weights = np.zeros(atoms.shape[1])
    weights[0] = 1.0  # a rank-one residual is small on most of the sphere already
    best, hardest = weights, math.inf
    share = 1.0 - 2.0 * validation.real("chance", chance, maximum=0.5)
    for round_ in range(validation.count("rounds", rounds, 0) + 1):
        square = float(weights @ gram @ weights)
        if square <= 1e-14 * float(np.abs(weights).sum()) ** 2:
            break  # the atoms cancel: what is left of the norm is rounding
        weights = weights / math.sqrt(square)
        sample = random_unit_vectors(s, 4000, generator)
        kernel = integer_power(atoms.T @ sample, order)
        values = weights @ kernel
        size = np.abs(values)
        level = float(np.quantile(size, share))
        if level < hardest:
            best, hardest = weights, level
        window = np.abs(size - level) <= 0.1 * level + 1e-12
        # the tensor sum of sign(R(w)) w^{(x) l} over the window, in the coordinates of the sampled directions
        chosen = np.flatnonzero(window)[:200]
        slope = (kernel[:, chosen] * np.sign(values[chosen])).mean(axis=1)
        move = np.linalg.lstsq(gram, slope, rcond=1e-10)[0]
        length = math.sqrt(max(float(move @ gram @ move), 1e-300))
        weights = weights - 0.3 / math.sqrt(1.0 + round_) * move / length
    return SymmetricCP(best, atoms, order)


def fresh_share(dimension: int, span: int, share: float) -> float:
    r"""P[||P_S u|| >= c ||u|| / sqrt(d)] for a fresh u and c = ``share``.

    Claim: initial-share

    Let $u$ be uniform on a sphere of $\mathbb R^d$ and $P_S$ the projection onto a subspace $S$ with $\dim S=s$. Then
    $\|P_Su\|^2/\|u\|^2$ has the law $\mathrm{Beta}\big(\frac s2,\frac{d-s}2\big)$, with mean $\frac sd$.
    """
    d = validation.integer("dimension", dimension, 1)
    s = validation.integer("span", span, 1, d)
    c = validation.real("share", share, strict=False)
    if s == d:
        return 1.0
    return float(stats.beta.sf(c**2 / d, s / 2, (d - s) / 2)) if c < math.sqrt(d) else 0.0
