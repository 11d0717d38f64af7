"""Beyond the paper: the nuclear norm, Hermite networks, the order in which components are found."""

from __future__ import annotations

from sympy import Expr, Function, Integer, Rational, S, Sum, Symbol, diff

from tdbook.proofs import setting as model
from tdbook.proofs.algebra import PowerSum, Vector, family, l, m, r
from tdbook.proofs.identity import Identity, identity, shows
from tdbook.proofs.setting import a, i, lam, u

y, z = family("y"), family("z")


# ------------------------------------------------------------------------------------------------------------
# The nuclear norm
# ------------------------------------------------------------------------------------------------------------
def _unit_weight(index: Expr) -> Expr:
    return a(index) * u(index).norm() ** (2 - l)


def _reciprocal(index: Expr) -> Expr:
    return 1 / u(index).norm()


def _atoms(mass_power: Expr | int) -> PowerSum:
    """Unit atoms a_i w_i^(x l), w_i = u_i/||u_i||, with masses ||u_i||^mass_power."""
    length = u(i).norm()
    return PowerSum.power(a(i) * length**mass_power, (1 / length) * u(i), (i, m))


@shows("nuclear-norm")
def nuclear_norm_form() -> Identity:
    r"""At kappa = 1 the loss is a LASSO over unit atoms: half a square, plus lambda times the total mass."""

    def lasso(fit: Expr | int = 2, mass: Expr | int = 2) -> Expr:
        return (_atoms(fit) - model.target()).norm2() / 2 + lam * Sum(u(i).norm() ** mass, (i, 1, m))

    return identity(
        r"F(U)=\tfrac12\Bigl\|\sum_i\mu_ia_iw_i^{\otimes l}-T^*\Bigr\|_F^2+\lambda\sum_i\mu_i,\quad w_i="
        r"\hat u_i,\ \mu_i=\|u_i\|^2",
        free=("l", "d", "m", "r"),
        left=model.loss(u, _unit_weight, _reciprocal),
        right=lasso(),
        mutants={"masses ||u||^l in the fit": lasso(fit=l), "lambda times the norms": lasso(mass=1)},
    )


@shows("nuclear-norm")
def nuclear_norm_atom() -> Identity:
    r"""A new unit atom of mass x changes the loss at the rate lambda + a R(w^l): the certificate.

    No atom of either sign can help exactly when |R(w^l)| <= lambda on the whole sphere. Here w = y/||y||.
    """
    mass = Symbol("x", positive=True)
    sign = a(0)
    unit = (1 / y().norm()) * y()
    residual = model.residual(u, _unit_weight)
    grown = (residual + PowerSum.power(mass * sign, unit)).norm2() / 2 + lam * mass
    value = residual.inner(PowerSum.power(1, unit))
    return identity(
        r"\frac{d}{dx}\Bigl[\tfrac12\|R+x\,a\,w^{\otimes l}\|^2+\lambda x\Bigr]_{x=0}=\lambda+a\,R(w^{"
        r"\otimes l})",
        free=("l", "d", "m", "r"),
        left=diff(grown, mass).subs(mass, 0),
        right=lam + sign * value,
        mutants={
            "without lambda": sign * value,
            "without the sign": lam + value,
            "factor l": lam + l * sign * value,
        },
    )


@shows("nuclear-norm")
def nuclear_norm_components() -> Identity:
    r"""A component is radially stationary where the certificate is an equality, a_i R(w_i^l) = -lambda."""
    length = u(i).norm()
    frozen = model.gradient(i, u, _unit_weight, _reciprocal)
    value = model.residual(u, _unit_weight).inner(PowerSum.power(1, (1 / length) * u(i)))

    def claimed(factor: Expr, penalty: Expr = lam) -> Expr:
        return factor * length**2 * (a(i) * value + penalty)

    return identity(
        r"\langle u_i,g_i\rangle=l\,\|u_i\|^2\,\bigl[a_iR(w_i^{\otimes l})+\lambda\bigr]",
        free=("l", "d", "m", "r"),
        left=u(i).dot(frozen),
        right=claimed(l),
        mutants={"factor 2": claimed(S(2)), "penalty of the wrong sign": claimed(l, -lam)},
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
