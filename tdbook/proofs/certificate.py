"""Beyond the paper: the regulariser is a nuclear norm."""

from __future__ import annotations

from sympy import Expr, S, Sum, Symbol, diff

from tdbook.proofs import setting as model
from tdbook.proofs.algebra import PowerSum, family, l, m
from tdbook.proofs.identity import Identity, identity, shows
from tdbook.proofs.setting import a, i, lam, u

y = family("y")


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
