"""Appendix C rebuilt: the constants of all the lemmas put together into parameters for which Theorem 3 is proved.

No machine can run them; see :func:`plan`. They show how small each quantity has to be, and why.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from tdbook import validation
from tdbook.lemmas.chance import fresh_share, proved_pair
from tdbook.lemmas.rise import curvature_constant

# A bound on f throughout: it begins at 1/2 and all epochs together raise it by less than a tenth.
LOSS_BOUND = 0.62
# Of a fresh component: ||P_S u|| >= SHARE ||u|| / sqrt(d) has probability at least 5/6 in every dimension.
SHARE = 0.2


@dataclass(frozen=True)
class Condition:
    """One inequality that the proof uses: left <= right. All but those ``in_sum`` are what Lemma 1 needs."""

    name: str
    left: float
    right: float
    in_sum: bool = False

    @property
    def holds(self) -> bool:
        return self.left <= self.right


@dataclass(frozen=True)
class Plan:
    """Parameters for which every step of the proof of Theorem 3 goes through, and the steps.

    Attributes
    ----------
    dimension, span, order : int
        d, s = dim S and l; the rank enters through s alone.
    accuracy : float
        epsilon.
    strength : float
        gamma: a fresh direction has a <R_S, w^{(x) l}> <= -gamma ||R_S|| with probability at least ``chance``.
    chance : float
        Of Lemma 6; Lemma 1's is 5/6 of it.
    components, epochs, iterations : float
        m, K, H: floats, as they exceed what an integer type holds.
    step_size, init_scale, regularization : float
    threshold : float
        tau: half the correlation that a lucky fresh component begins with.
    decrease : float
        Delta: by how much a lucky epoch lowers the loss.
    rise : float
        By how much any other epoch can raise it.
    gradient : float
        The variant of small gradients re-initialises where ||G|| is at most this; 0 in the printed algorithm.
    waiting : float
        The most iterations that this takes after the H of an epoch; 0 in the printed algorithm.
    conditions : tuple of Condition
    """

    dimension: int
    span: int
    order: int
    accuracy: float
    strength: float
    chance: float
    components: float
    epochs: float
    iterations: float
    step_size: float
    init_scale: float
    regularization: float
    threshold: float
    decrease: float
    rise: float
    gradient: float
    waiting: float
    conditions: tuple[Condition, ...] = field(repr=False)

    @property
    def holds(self) -> bool:
        """Every condition of the proof is met."""
        return all(condition.holds for condition in self.conditions)

    @property
    def one_epoch_holds(self) -> bool:
        """Every condition of Lemma 1 is met, whatever becomes of the other epochs."""
        return all(condition.holds for condition in self.conditions if not condition.in_sum)


def sufficient_scale(dimension: int, order: int, accuracy: float, strength: float, chance: float) -> float:
    r"""A delta with which ``plan`` is proved to meet all its conditions: (C_l d / (p gamma epsilon))^{-(5l+6)/2}.

    C_l = 40 * 6^{l-2}. The delta that ``plan`` looks for by itself is larger.

    Claim: thm3-solvable

    Let $d\ge s\ge1$, $l\ge3$, $0<\varepsilon<1$, $0<\gamma\le1$, $0<p\le\frac12$, $C_l=40\cdot6^{\,l-2}$ and

    $$
    \delta=\Big(\frac{p\,\gamma\,\varepsilon}{C_l\,d}\Big)^{(5l+6)/2} .
    $$

    With the $\lambda$, $H$, $m$, $K$ and $\eta$ that the proof of Theorem 3 derives from this $\delta$, all its
    conditions hold; and $\eta$ is between constants that depend on $l$ alone times $(d(m+K))^{-(l-2)/2}$.
    """
    d = validation.integer("dimension", dimension, 1)
    order = validation.order(order, 3)
    size = math.log(40.0 * d) + (order - 2) * math.log(6.0)
    for name, value in (("accuracy", accuracy), ("strength", strength), ("chance", chance)):
        size -= math.log(validation.real(name, value, maximum=1.0))
    scale = math.exp(-(5 * order + 6) / 2 * size)
    if not scale > 0.0:
        raise ValueError(f"order and dimension must leave delta within floating-point range, got {order} and {d}")
    return scale


def largest_shares(order: int, base: float = 40.0) -> tuple[float, float, float]:
    r"""Logarithms of how much of what is allowed the delta of :func:`sufficient_scale` uses, whatever the other sizes.

    In this order: of C_l = ``base`` * 6^{l-2} by log(1/delta), of Lemma 8's condition by the drift of an epoch, and of
    p' Delta by the switches. The proof of claim ``thm3-solvable`` derives them; it needs all three to be at most 0.
    """
    l, base = validation.order(order, 3), validation.real("base", base)
    c, rho, most = math.log(base) + (l - 2) * math.log(6.0), (l - 2) * math.log(0.99 * SHARE), math.log(max(4, l))
    many = math.log(717.0) + most  # m + K <= 717 max(4, l) rho_0^{-3} Lambda / (p (gamma epsilon)^5)
    drift = math.log(8408.0 * l * (l - 1) ** 2 / (l - 2)) + l / 2 * many - 1.5 * (l + 1) * rho
    drift += (l / 2 + 1) * math.log((5 * l + 7) * (l + 2) / math.e) - (5 * l + 5) / 2 * c
    jumps = math.log(1.1e5) + most + (l + 2) / 2 * many - (3 * l + 10) / 2 * rho
    jumps += (l + 4) / 2 * math.log((5 * l + 7) * (l + 4) / (math.e * (5 * l - 6))) - (5 * l + 18) / 2 * c
    return math.log(33.0) - rho - c, drift, jumps


def plan(
    dimension: int,
    span: int,
    order: int,
    accuracy: float,
    *,
    strength: float | None = None,
    chance: float | None = None,
    settled: bool = False,
    **changes: float,
) -> Plan:
    r"""Parameters for Theorem 3, with every condition of its proof evaluated.

    Parameters
    ----------
    dimension, span, order : int
        d >= s >= 1 and l >= 3.
    accuracy : float
        0 < epsilon < 1.
    strength, chance : float, optional
        gamma <= 1 and p <= 1/2 of Lemma 6, to be given together; by default those of ``proved_pair``. No direction
        has a larger correlation than ||R_S||, and a fair sign spoils every other one. The paper's p is 1/5.
    settled : bool
        Re-initialise only where the gradient is small: fewer components, and more iterations.
    **changes : float
        components, epochs, iterations, step_size, init_scale or regularization to use instead: the conditions
        say what breaks.

    Claim: thm3

    Let $\|T^*\|_F=1$, let $s\le r$ be the dimension of the span $S$ of the $u^*_i$, and $p$ the probability of Lemma 6
    at its constant $\gamma=\Omega(s^{-l/2})$. There are $m=O\big(s^{2.5l}\varepsilon^{-5}\log(d/\varepsilon)/p\big)$,
    $K=O\big(s^{2l}\varepsilon^{-4}\log(d/\varepsilon)/p\big)$, $\lambda=\Theta(\varepsilon s^{-l/2})$ and suitable
    $\delta,\eta,H$ with which Algorithm 1 finds, with probability at least $0.99$, a tensor with
    $\|T-T^*\|_F\le\varepsilon$ at the end of one of its epochs.

    Let $\|T^*\|_F=1$, $s=\dim S$, and let $\gamma,p$ be such that a fresh direction has
    $a\langle R_S,w^{\otimes l}\rangle\le-\gamma\|R_S\|$ with probability at least $p$, whatever the residual, and
    $L=\log\frac d{p\gamma\varepsilon}$. There are $m=O\big(\frac L{p\,\gamma^5\varepsilon^5}\big)$,
    $\lambda=\Theta(\gamma\varepsilon)$, $\eta H=O\big(\frac L{\gamma\varepsilon}\big)$,
    $K=O\big(\frac L{p\,\gamma^4\varepsilon^4}\big)$ and polynomials $\delta,\eta$ in $\frac1d,\gamma,\varepsilon,p$,
    all with explicit constants that depend on $l$ alone, such that with probability at least $0.99$ some epoch ends
    with $\|T-T^*\|_F\le\varepsilon$.

    Nobody can run these constants. With the practical settings $m=4r$, $\eta=1/l^2$, $\lambda=0.3\varepsilon s^{-l/2}$
    the same accuracy is reached with measured probability.

    Claim: exponents

    With $m=r^{2.5l}\varepsilon^{-5}L$, $\lambda=\varepsilon r^{-l/2}$, $K=r^{2l}\varepsilon^{-4}L$, $\eta H=L/\lambda$
    and $L=\log(d/\varepsilon)$,

    $$
    \frac1{\lambda m}=\frac1K=\frac{\varepsilon^4}{r^{2l}L},
    $$

    the decrease of Lemma 1, which is also what Lemma 9 charges for a change of $T$ by $\lambda$.
    """
    d = validation.integer("dimension", dimension, 1)
    s = validation.integer("span", span, 1, d)
    order = validation.order(order, 3)
    epsilon = validation.real("accuracy", accuracy, maximum=1.0)
    if (strength is None) != (chance is None):
        raise ValueError("strength and chance must be given together, got one of them")
    unknown = set(changes) - set(_CHANGEABLE)
    if unknown:
        raise TypeError(f"changes must be among {', '.join(_CHANGEABLE)}, got {', '.join(sorted(unknown))}")
    gamma, p6 = (strength, chance) if strength is not None and chance is not None else proved_pair(order, s)
    if not 0.0 < validation.real("strength", gamma) <= 1.0:
        raise ValueError(f"strength must be at most 1, the correlation of a tensor with itself, got {gamma:g}")
    if not 0.0 < validation.real("chance", p6) <= 0.5:
        raise ValueError(f"chance must be at most 1/2, that of the fair sign, got {p6:g}")
    base = _Base(d, s, order, epsilon, float(gamma), float(p6), validation.flag("settled", settled))
    delta = 0.01
    parameters = base.tried(delta, {})
    while not (parameters and parameters.holds) and delta > 1e-280:
        delta /= 10.0
        parameters = base.tried(delta, {})
    if changes:
        parameters = base.tried(delta, {name: validation.real(name, value) for name, value in changes.items()})
    if parameters is None:
        raise ValueError(
            "order, dimension and accuracy must leave (d (m+K))^(l-2) and the like within floating-point range, "
            f"got l = {order}, d = {d} and {epsilon:g}"
        )
    return parameters


_CHANGEABLE = ("components", "epochs", "iterations", "step_size", "init_scale", "regularization")


@dataclass(frozen=True)
class _Base:
    d: int
    s: int
    order: int
    epsilon: float
    gamma: float
    chance: float
    settled: bool

    def tried(self, delta: float, changes: dict[str, float]) -> Plan | None:
        """:meth:`build`, or None where a constant leaves floating-point range: a smaller delta may bring it back."""
        try:
            parameters = self.build(delta, changes)
        except (OverflowError, ZeroDivisionError):
            return None
        sides = [side for condition in parameters.conditions for side in (condition.left, condition.right)]
        numbers = (parameters.decrease, parameters.rise, parameters.iterations, parameters.waiting, *sides)
        return parameters if all(map(math.isfinite, numbers)) else None

    def build(self, delta: float, changes: dict[str, float]) -> Plan:
        """The plan for one delta: lambda, then the decrease, then m and K, then eta and H (which need m + K)."""
        d, order, f = self.d, self.order, LOSS_BOUND
        drive = (0.99 * SHARE) ** (order - 2)  # rho_0 <= kbar rho^{l-2} while x grows
        start = 0.98 * self.gamma * self.epsilon
        tau = start / 2
        lam = changes.get("regularization", 0.49 * drive * tau)
        delta = changes.get("init_scale", delta)
        # x grows by the factor 1 + eta l rho_0 tau a step and cannot pass f/lambda: eta H is known before eta is
        log_growth = math.log(f * d / lam) - 2.0 * math.log(SHARE * delta)
        spend = 1.01 * log_growth / (order * drive * tau)  # eta H
        decrease = 0.9 * tau**2 * lam / (order * max(4, order) * f * spend)
        p = self.chance * 5.0 / 6.0
        root = math.sqrt(2.0 * f)
        if self.settled:
            q = math.sqrt(0.12 * p * decrease)  # q^2/2 = 0.06 p Delta, and as much for the gradient
        else:
            q = math.sqrt(root**2 + 2.0 * 0.12 * p * decrease) - root  # root q + q^2/2 = 0.12 p Delta
            if q < 1e-9 * root:
                q = 0.12 * p * decrease / root
        m = changes.get("components", math.ceil(f / (lam * q)))
        q = f / (lam * m)
        K = changes.get("epochs", math.ceil(0.7 / (p * decrease)))
        kbar = math.sqrt(d * (m + K)) ** (order - 2)
        N2 = 1.01 * f / lam
        bend = curvature_constant(order) * kbar
        M1 = 0.5 * bend * root + 0.5 * max(4, order) * N2 + lam
        gradient2 = (order * (root * math.sqrt(N2) + math.sqrt(lam * f))) ** 2
        # M1 holds L_phi kbar root / 2, and L_phi > (l-1) / 0.9: the first bound is below Lemma 8's, with room
        eta = changes.get("step_size", min(0.5 / (order * M1), 0.004 / (order * (root + lam))))
        rate = math.log1p(eta * order * drive * tau)
        H = changes.get("iterations", math.ceil(log_growth / rate * (1.0 + 1e-13)) + 1.0)
        M = (
            0.5 * bend * root
            + 0.5 * (math.sqrt(max(4, order) * N2) + 0.5 * bend * eta * math.sqrt(gradient2)) ** 2
            + lam
        )
        N, spread = math.sqrt(N2), math.sqrt(m + K) * delta  # spread bounds ||P_B U||
        thin = spread * math.sqrt(d) / (SHARE * delta)  # ||P_B u|| / ||P_S u||
        leak = (order - 1) * kbar * N * spread * thin
        keep = 1.0 - eta * order * lam
        turn = 2.0 * order**2 * (order - 1) ** 2 * kbar * N * root * spread * thin / ((order - 2) * max(keep, 1e-9))
        fresh = kbar * delta * delta  # in this order: delta^2 alone may vanish
        jump = 16.0 * (m + K) * fresh  # of one switch
        switches = m * (root * jump + m * jump**2 / 2)
        weight = 4.0 * (m + K) * fresh  # of a column that has not switched
        gradient, waiting = 0.0, 0.0
        removal = root * q + q**2 / 2
        if self.settled:
            gradient = 0.06 * order * p * decrease / math.sqrt(q)
            waiting = float(math.ceil(order * f / (eta * gradient**2)))
            removal = max(math.sqrt(q) * gradient / order + q**2 / 2, root * weight + weight**2 / 2)
        rise = removal + (root + q) * fresh + fresh**2 / 2 + lam * delta**2 + switches
        spent = order * max(4, order) * N2 * eta * H
        conditions = (
            Condition("Lemma 3: eta l M <= 1", eta * order * M, 1.0),
            Condition("Lemma 5: eta l ||Q|| <= 2", eta * order * (N2 + lam), 2.0),
            Condition("Lemma 8: shift", eta * order * (order - 1) * kbar * root, keep),
            Condition("a step changes a switched norm by 0.4%", eta * order * (root + lam), 0.004),
            Condition("Lemma 7: lambda and leak", lam + leak, 0.5 * drive * tau),
            Condition(
                "fresh components are light", (4.0 * kbar * delta * math.sqrt(m * (m + K))) ** 2, 0.001 * f / lam
            ),
            Condition("the residual lies in S", math.sqrt(order) * N * spread, 0.01 * self.epsilon),
            Condition("the re-initialisation leaves the correlation", q + fresh, 0.01 * self.gamma * self.epsilon),
            Condition("H steps of Lemma 8", H * eta * turn, 0.01 * tau),
            Condition("switches move T little", m * jump, 0.01 * tau),
            Condition("an unswitched column weighs no more", weight, q),
            Condition("growth in H steps passes f/lambda", log_growth, H * rate),
            Condition("a lucky epoch pays Delta", decrease + switches, (0.98 * tau) ** 2 / spent),
            Condition("an unlucky epoch costs p Delta / 8", rise, p * decrease / 8, True),
            # 0.51 + K p Delta / 8 - 0.9 K p Delta < 0: no run can be that lucky and stay above the accuracy
            Condition("K epochs suffice", 0.51 / (0.775 * p * decrease), K, True),
            Condition("the loss begins at 1/2", 0.5 * (1 + m * fresh) ** 2 + lam * m * delta**2, 0.51, True),
            Condition("the loss stays bounded", 0.51 + K * rise, f, True),
            Condition("Chernoff: 0.9 of the expected luck", math.exp(-min(K * p / 200, 700.0)), 0.01, True),
            Condition("P[share >= c] >= 5/6", 5.0 / 6.0, fresh_share(self.d, self.s, SHARE)),
        )
        return Plan(
            self.d, self.s, order, self.epsilon, self.gamma, self.chance, float(m), float(K), float(H), eta, delta, lam,
            tau, decrease, rise, gradient, waiting, conditions,
        )  # fmt: skip
