"""Identities of the chapter on Theorem 3: the exponents of its parameters."""

from __future__ import annotations

from sympy import Rational, S, Symbol

from tdbook.proofs.algebra import l
from tdbook.proofs.identity import Identity, identity, shows

eps, rank, log = (
    Symbol("epsilon", positive=True),
    Symbol("r", integer=True, positive=True),
    Symbol("L", positive=True),
)


components_needed = rank ** (Rational(5, 2) * l) / eps**5 * log  # m


penalty = eps / rank ** (l / 2)  # lambda


epochs = rank ** (2 * l) / eps**4 * log  # K


decrease = eps**4 / (rank ** (2 * l) * log)  # of Lemma 1


@shows("exponents")
def exponents_increase() -> Identity:
    r"""Theorem 3's m and lambda make the increase 1/(lambda m) of Lemma 2 the decrease of Lemma 1."""
    return identity(
        r"\frac1{\lambda m}=\frac{\varepsilon^4}{r^{2l}L},\quad m=\frac{r^{5l/2}}{\varepsilon^5}L,\ \lambda="
        r"\frac\varepsilon{r^{l/2}},"
        r"\ L=\log(d/\varepsilon)",
        route="exponents",
        free=("l", "r", "epsilon", "L"),
        left=1 / (penalty * components_needed),
        right=decrease,
        mutants={
            "m of order r^(5l)": 1 / (penalty * rank ** (5 * l) / eps**5 * log),
            "m of order r^(2l)": 1 / (penalty * epochs),
            "eps^5": decrease * eps,
        },
    )


@shows("exponents")
def exponents_epochs() -> Identity:
    r"""K times the decrease of Lemma 1 is a constant amount of loss: enough, as f is at most a constant."""
    return identity(
        r"K\cdot\frac{\varepsilon^4}{r^{2l}L}=1,\quad K=\frac{r^{2l}}{\varepsilon^4}L",
        route="exponents",
        free=("l", "r", "epsilon", "L"),
        left=epochs * decrease,
        right=S.One,
        mutants={"eps left over": eps, "r^l left over": rank**l, "L left over": log},
    )


@shows("exponents")
def exponents_accumulated() -> Identity:
    r"""Lemma 9 with Lemma 1: a change of T of order eps r^(-l/2) costs exactly the decrease of Lemma 1.

    Lemma 9 bounds the accumulated change by sqrt(eta H/lambda) times the root of the decrease, with eta H =
    L/lambda.
    """
    steps = log / penalty  # eta H
    return identity(
        r"\Bigl(\frac{\varepsilon}{r^{l/2}}\Bigr)^2=\frac{\eta H}\lambda\cdot\frac{\varepsilon^4}{r^{2l}L},"
        r"\quad \eta H=\frac{r^{l/2}}\varepsilon L",
        route="exponents",
        free=("l", "r", "epsilon", "L"),
        left=penalty**2,
        right=steps / penalty * decrease,
        mutants={
            "without 1/lambda": steps * decrease,
            "eta H = 1/lambda": decrease / penalty**2,
        },
    )
