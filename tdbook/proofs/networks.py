"""Beyond the paper: Hermite networks, and the order in which components are found."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Add, Expr, Function, Integer, Rational, S, Symbol, binomial, expand, factorial

from tdbook.proofs.algebra import PowerSum, Vector, family, l, r
from tdbook.proofs.identity import Identity, identity, shows
from tdbook.proofs.setting import a, lam

y, z = family("y"), family("z")


# ------------------------------------------------------------------------------------------------------------
# Hermite networks
# ------------------------------------------------------------------------------------------------------------
# exp(s X - s^2/2) = sum over k of He_k(X) s^k / k!. For a Gaussian x, E exp(<v, x>) = exp(||v||^2 / 2).
_s, _t, _rho = Symbol("s", real=True), Symbol("t", real=True), Symbol("rho", real=True)


@shows("hermite-network")
def hermite_generating() -> Identity:
    r"""The joint generating function of He_k(<y,x>) and He_l(<z,x>), y and z unit, has logarithm s t <y, z>.

    Hence it is exp(s t <y, z>), whose coefficient of s^k t^l is zero unless k = l, and <y, z>^l / l! then;
    times k! l!.
    """
    unit_y, unit_z = (1 / y().norm()) * y(), (1 / z().norm()) * z()
    both = _s * unit_y + _t * unit_z
    left = both.dot(both) / 2 - _s**2 / 2 - _t**2 / 2
    right = _s * _t * unit_y.dot(unit_z)
    return identity(
        r"\log E\,e^{s\langle y,x\rangle-s^2/2}e^{t\langle z,x\rangle-t^2/2}=st\langle y,z\rangle,\ "
        r"\text{so}\ E[He_k(\langle y,x\rangle)He_l(\langle z,x\rangle)]=\delta_{kl}\,l!\,\langle y,z"
        r"\rangle^l",
        route="generating function; inner products",
        free=("k", "l", "d"),
        left=left,
        right=right,
        mutants={
            "twice": 2 * right,
            "raw powers: without the normalising squares": (left + _s**2 / 2 + _t**2 / 2, right),
            "vectors of free length": _s * _t * y().dot(z()),
        },
    )


def _gaussian_moment(p: int, q: int) -> Expr:
    """E X^p Y^q of standard Gaussians with correlation rho, by Wick: pairs across, then pairs within."""
    total = S.Zero
    for across in range(min(p, q) + 1):
        if (p - across) % 2 == 0 and (q - across) % 2 == 0:
            within = [factorial(n) / (2 ** (n // 2) * factorial(n // 2)) for n in (p - across, q - across)]
            crossed = binomial(p, across) * binomial(q, across) * factorial(across)
            total += crossed * within[0] * within[1] * _rho**across
    return total


def _hermite(n: int, x: Symbol) -> Expr:
    """He_n by its recursion He_{n+1} = x He_n - n He_{n-1}."""
    older, newer = S.One, x
    if n == 0:
        return older
    for step in range(1, n):
        older, newer = newer, expand(x * newer - step * older)
    return newer


def _expectation(first: Expr, second: Expr, x: Symbol, w: Symbol) -> Expr:
    terms = expand(first * second).as_poly(x, w).terms()
    return Add(*[coefficient * _gaussian_moment(p, q) for (p, q), coefficient in terms])


@shows("hermite-network")
def hermite_low_orders() -> Identity:
    r"""The same from the polynomials themselves and Wick's pairings, for all k, l up to 5 with rho symbolic.

    One identity for all pairs: each is the coefficient of its own x^k y^l.
    """
    x, w = Symbol("x"), Symbol("w")
    mark_k, mark_l = Symbol("alpha", positive=True), Symbol("beta", positive=True)
    top = range(6)

    def table(polynomial: Callable[[int, Symbol], Expr]) -> Expr:
        return Add(
            *[mark_k**p * mark_l**q * _expectation(polynomial(p, x), polynomial(q, w), x, w) for p in top for q in top]
        )

    right = Add(*[(mark_k * mark_l * _rho) ** p * factorial(p) for p in top])
    return identity(
        r"E[He_k(X)He_l(Y)]=\delta_{kl}\,l!\,\rho^l,\quad k,l\le5,\ E[XY]=\rho",
        route="Wick pairings, k and l up to 5",
        free=("rho",),
        left=table(_hermite),
        right=right,
        mutants={
            "raw powers in place of He": (table(lambda n, t: t**n), right),
            "without the factorial": Add(*[(mark_k * mark_l * _rho) ** p for p in top]),
        },
    )


_LEVELS = [Symbol(f"t_{k}", real=True) for k in range(4)]  # sigma_k / sqrt(k!): sigma is sum_k t_k He_k
_NEURONS = [Symbol(f"c_{p}", real=True) for p in range(3)]  # two of the student; the teacher's with its sign


def _pairs(value: Callable[[Expr], Expr]) -> Expr:
    """Half the sum over pairs of neurons of c_p c_q times a function of their inner product, 1 for p = q."""
    total = S.Zero
    for p, first in enumerate(_NEURONS):
        for q, second in enumerate(_NEURONS):
            inner = S.One if p == q else Symbol(f"rho_{min(p, q)}{max(p, q)}", real=True)
            total += first * second * value(inner)
    return total / 2


@shows("mixture-loss")
def mixture_of_orders() -> Identity:
    r"""Half the mean square of sum_p c_p sigma(<w_p, x>) by Wick's pairings, against the losses of the orders.

    Three unit vectors with free inner products and an activation of degree three with free coefficients: the square
    is a sum over pairs, so more neurons bring no other term.
    """
    x, w = Symbol("x"), Symbol("w")

    def activation(at: Symbol, raw: bool = False) -> Expr:
        powers = [at**k if raw else _hermite(k, at) for k in range(len(_LEVELS))]
        return Add(*[level * power for level, power in zip(_LEVELS, powers)])

    def mean_square(raw: bool = False) -> Expr:
        mean = _expectation(activation(x, raw), activation(w, raw), x, w)
        return expand(_pairs(lambda inner: mean.subs(_rho, inner)))

    def raised(k: int) -> Callable[[Expr], Expr]:
        return lambda inner: inner**k

    def mixture(power: int = 2) -> Expr:
        return Add(*[factorial(k) * level**power * _pairs(raised(k)) for k, level in enumerate(_LEVELS)])

    return identity(
        r"\tfrac12\,E\Bigl[\bigl(\sum_pc_p\,\sigma(\langle w_p,x\rangle)\bigr)^2\Bigr]"
        r"=\sum_k\sigma_k^2\cdot\tfrac12\Bigl\|\sum_pc_pw_p^{\otimes k}\Bigr\|_F^2",
        route="Wick pairings, three neurons, degree up to 3",
        free=("c", "sigma", "rho"),
        left=mean_square(),
        right=mixture(),
        mutants={
            "$\\sigma_k$ for its square": mixture(1),
            "raw powers in place of He": (mean_square(raw=True), mixture()),
            "without the one half": 2 * mixture(),
        },
        form=expand,
    )


# ------------------------------------------------------------------------------------------------------------
# The order in which components are found
# ------------------------------------------------------------------------------------------------------------
_o = family("o")
_tau = Function("tau", real=True)
_first, _second, _sum_index = (Symbol(name, integer=True, positive=True) for name in ("p", "q", "n"))


def _small_gradient(radial: Expr = S.Zero) -> Vector:
    r"""The gradient at a column y so small that R = -T*, T* = sum of tau_k o_k^(x l), kappa = 1, sign a.

    ``radial`` times y y^T g / ||y||^2 is taken off: 0 gives the frozen gradient, (l-2)/l the tied one.
    """
    ground = PowerSum.power(_tau(_sum_index), _o(_sum_index), (_sum_index, r))
    weight = a(0) * y().norm() ** (2 - l)
    frozen = (-l * weight) * ground.contract(y()) + (lam * l) * y()
    return frozen - (radial * y().dot(frozen) / y().norm() ** 2) * y()


def _rate(velocity: Vector, index: Expr) -> Expr:
    """d/dt log <y, o_k> along y' = velocity."""
    return velocity.dot(_o(index)) / y().dot(_o(index))


def _deflation_law(factor: Expr = l, exponent: Expr = l - 2, sign: Expr | None = None) -> Expr:
    def share(index: Expr) -> Expr:
        return y().dot(_o(index)) / y().norm()

    sign = a(0) if sign is None else sign
    return factor * sign * (_tau(_first) * share(_first) ** exponent - _tau(_second) * share(_second) ** exponent)


_DEFLATION_MUTANTS = {
    "factor 2": _deflation_law(factor=Integer(2)),
    "exponent l-1": _deflation_law(exponent=l - 1),
    "without the sign": _deflation_law(sign=S.One),
    "half": Rational(1, 2) * _deflation_law(),
}


@shows("deflation")
def deflation_frozen() -> Identity:
    r"""Gradient flow of a small column, orthogonal target: what outgrows what (sign a, kappa = 1)."""
    velocity = (-1) * _small_gradient()
    return identity(
        r"\frac{d}{dt}\log\frac{w_p}{w_q}=l\,a\,(\tau_pw_p^{l-2}-\tau_qw_q^{l-2}),\quad \dot u=-g,\ R=-T^*",
        free=("l", "d", "r"),
        left=_rate(velocity, _first) - _rate(velocity, _second),
        right=_deflation_law(),
        mutants=_DEFLATION_MUTANTS,
    )


@shows("deflation")
def deflation_tied() -> Identity:
    r"""The same law for the tied gradient: the two differ by a multiple of u, which moves no ratio."""
    velocity = (-1) * _small_gradient((l - 2) / l)
    return identity(
        r"\frac{d}{dt}\log\frac{w_p}{w_q}=l\,a\,(\tau_pw_p^{l-2}-\tau_qw_q^{l-2}),\quad \dot u=-\nabla F,\ R"
        r"=-T^*",
        free=("l", "d", "r"),
        left=_rate(velocity, _first) - _rate(velocity, _second),
        right=_deflation_law(),
        mutants=_DEFLATION_MUTANTS,
    )
