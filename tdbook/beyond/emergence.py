"""Descent from a small start: when components are found, which of them, and how fast the error falls at last.

The flow is that of the 2-homogeneous model after the switch, T_k = sum_i ||u_i||^2 w_i^{(x) k} with w = u / ||u|| and
all signs +1, at one order or at several (a :class:`~tdbook.beyond.mixture.Mixture`). An adaptive solver follows it
over many powers of ten of time.

Two limits of a small start do not commute. With a fixed dimension and ||u|| -> 0 every column commits itself to a
term before any has grown: the terms are *coupons* (:func:`winners`, :func:`coupon_chance`). With a fixed ||u|| and d
-> infinity the first column to align takes its term out of the residual before the others have moved: greed
(:func:`predicted_times`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp

from tdbook import validation
from tdbook.beyond.mixture import Mixture
from tdbook.tensors import SymmetricCP, integer_power, random_unit_vectors, unit_columns
from tdbook.validation import Array


@dataclass(frozen=True, eq=False)
class FlowRun:
    """Points of a gradient flow.

    Attributes
    ----------
    mixture : Mixture
        What it descends to.
    times : ndarray of shape (n,)
    points : ndarray of shape (n, d, m)
        The columns U at each time.
    """

    mixture: Mixture
    times: Array
    points: Array

    def tensor(self, order: int, place: int = -1) -> SymmetricCP:
        """T_k at one of the times."""
        norms, directions = unit_columns(self.points[place])
        return SymmetricCP(norms**2, directions, order)

    def errors(self) -> Array:
        """The root of sum_k sigma_k^2 ||T_k - T*_k||_F^2 at every time, shape (n,)."""
        squares, targets = self.mixture.squares, self.mixture.targets
        return np.array(
            [
                math.sqrt(sum(s * self.tensor(k, place).distance(targets[k]) ** 2 for k, s in squares.items()))
                for place in range(len(self.times))
            ]
        )

    def shares(self, order: int) -> Array:
        """T_k(v_s^{(x) k}) / tau_s at every time, shape (n, r): 1 where a term has been found."""
        V, tau = self.mixture.factors, self.mixture.weights
        return np.array([self.tensor(order, place).evaluate(V) / tau for place in range(len(self.times))])

    def found_at(self, order: int, share: float = 0.5) -> Array:
        """The time at which each term's share first reaches ``share``, shape (r,); infinite where it never does."""
        found = []
        for shares in self.shares(order).T + 1e-9:  # a run that was ended at the share itself may lack a rounding error
            place = int(np.argmax(shares >= share))
            if shares[place] < share:
                found.append(math.inf)
            elif place == 0:
                found.append(float(self.times[0]))
            else:
                around = slice(place - 1, place + 1)
                found.append(float(np.interp(share, shares[around], self.times[around])))
        return np.array(found)


def tied_flow(
    mixture: Mixture,
    U: Array,
    horizon: float,
    times: Array | None = None,
    *,
    until_found: float = math.inf,
    rtol: float = 1e-8,
) -> FlowRun:
    """Follow the gradient flow of sum_k sigma_k^2 ||T_k - T*_k||^2 / 2 from U, without a regulariser.

    Parameters
    ----------
    mixture : Mixture
    U : ndarray of shape (d, m)
        No column may be zero.
    horizon : float
        The time up to which it goes.
    times : ndarray, optional
        When to keep the point; at every step of the solver by default.
    until_found : float
        End as soon as every term's share (:meth:`FlowRun.shares`) is this large, at the highest order.
    rtol : float
        Relative tolerance of the solver.
    """
    V, tau = mixture.factors, mixture.weights
    U = validation.array("U", U, (V.shape[0], "m"), f"with d = {V.shape[0]} as the mixture has")
    end = validation.real("horizon", horizon)
    top = max(mixture.squares)

    def drift(_: float, flat: Array) -> Array:
        norms, w = unit_columns(flat.reshape(U.shape))
        among, with_terms = w.T @ w, V.T @ w
        total = np.zeros_like(w)
        for order, square in mixture.squares.items():
            R = w @ (norms[:, None] ** 2 * integer_power(among, order - 1))
            R -= V @ (tau[:, None] * integer_power(with_terms, order - 1))
            value = np.einsum("ij,ij->j", w, R)
            # d||u||^2/du = 2u, and w turns by the part of R across it, l times
            total += square * (order * (R - w * value) + 2 * w * value)
        return np.asarray(-(norms * total)).ravel()

    def lacking(_: float, flat: Array) -> float:
        norms, w = unit_columns(flat.reshape(U.shape))
        return float((integer_power(V.T @ w, top) @ norms**2 / tau).min() - until_found)

    lacking.terminal = True  # type: ignore[attr-defined]
    found = solve_ivp(
        drift,
        (0.0, end),
        U.ravel(),
        method="LSODA",
        t_eval=times,
        events=lacking if until_found < math.inf else None,
        rtol=rtol,
        atol=min(1e-14, 1e-7 * float(np.linalg.norm(U, axis=0).min())),
    )
    if found.status < 0:
        raise ValueError(f"horizon must be within the solver's reach, got {end:g}: {found.message}")
    kept_times, kept = found.t, found.y.T
    if found.status == 1 and times is None:
        kept_times, kept = np.append(kept_times, found.t_events[0]), np.vstack([kept, found.y_events[0]])
    return FlowRun(mixture, kept_times, kept.reshape(-1, *U.shape))


def small_start(
    strengths: Array,
    squares: dict[int, float],
    dimension: int,
    components: int,
    scale: float,
    rng: int | np.random.Generator,
) -> tuple[Mixture, Array]:
    """Orthonormal terms and columns of length ``scale`` in random directions of R^d, in coordinates of what they span.

    The flow never leaves the span of the terms and the columns, of dimension r + m at most, so d costs nothing after
    this.
    """
    tau = validation.array("strengths", strengths, ("r",))
    d = validation.integer("dimension", dimension, len(tau))
    U = validation.real("scale", scale) * random_unit_vectors(d, components, validation.generator(rng))
    if d > len(tau) + U.shape[1]:
        # the terms are the first axes, and stay so; below them as many rows are enough as there are columns
        U = np.vstack([U[: len(tau)], np.linalg.qr(U[len(tau) :])[1]])
    return Mixture(squares, tau, np.eye(len(U))[:, : len(tau)]), U


def winners(strengths: Array, coordinates: Array, order: int) -> set[int]:
    r"""The terms that are found when every column ends where the law of deflation sends it.

    ``coordinates`` are the cosines <w_i, e_k>, shape (r, m). At an odd order a column with no positive tau_k
    w_k^{l-2} dies out.

    Claim: coupons

    Let $T^*=\sum_k\tau_ke_k^{\otimes l}$ with orthonormal $e_k$, $l\ge3$, all signs $a_i=+1$, and let $\|u_i\|=\delta$
    at the start, in random directions. As $\delta\to0$ at a fixed dimension, the terms found by times of the order of
    $\log(1/\delta)$ are the winners of the columns, each column alone ending where $\tau_kw_k^{l-2}$ was largest at the
    start, if that is positive. As $d\to\infty$ at a fixed $\delta$ it is otherwise: the first column to align takes its
    term out of the residual before the others have moved.
    """
    rates = np.asarray(strengths)[:, None] * integer_power(np.asarray(coordinates), order - 2)
    return {int(k) for k, rate in zip(np.argmax(rates, axis=0), rates.max(axis=0), strict=True) if rate > 0}


def coupon_chance(
    strengths: Array, components: int, order: int, samples: int = 20_000, rng: int | np.random.Generator = 0
) -> float:
    """The chance that m columns win all terms, by drawing directions in the span: no run is made."""
    tau = validation.array("strengths", strengths, ("r",))
    draws = validation.generator(rng).standard_normal((validation.count("samples", samples), len(tau), components))
    rates = tau[:, None] * integer_power(draws, order - 2)
    best = np.where(rates.max(axis=1) > 0, rates.argmax(axis=1), -1)
    return float(np.all([(best == k).any(axis=1) for k in range(len(tau))], axis=0).mean())


def predicted_times(strengths: Array, coordinates: Array, order: int, scale: float) -> Array:
    r"""When half of each term has been found, with no free parameter; shape (r,), order >= 3.

    t_k = 1 / (l (l - 2) tau_k |w_k|^{l-2}) + log(sqrt(tau_k / 2) / delta) / (2 tau_k): the time in which a column
    turns to its term, and the time in which it then grows from delta to half of it. Terms and columns are paired
    greedily by the tau_k |w_k|^{l-2} of the start, ``coordinates`` of shape (r, m); each is used once.

    Claim: emergence-times

    With columns of length $\delta$ in random directions of $\mathbb R^d$, paired greedily with the terms by the
    $\tau_k|w_k|^{l-2}$ of the start, half of term $k$ has been found at about

    $$
    t_k=\frac1{l(l-2)\,\tau_k|w_k|^{l-2}}+\frac{\log\big(\sqrt{\tau_k/2}/\delta\big)}{2\tau_k} .
    $$

    For $l=4$ this is right within 5% at $d=10^3$ and within 1% at $d=10^4$.
    """
    tau = validation.array("strengths", strengths, ("r",))
    l = validation.order(order, 3)
    rates = tau[:, None] * np.abs(np.asarray(coordinates)) ** (l - 2)
    free, times = rates.copy(), np.full(len(tau), math.inf)
    for _ in range(min(rates.shape)):
        k, i = np.unravel_index(int(np.argmax(free)), free.shape)
        times[k] = 1 / (l * (l - 2) * rates[k, i]) + math.log(math.sqrt(tau[k] / 2) / scale) / (2 * tau[k])
        free[k], free[:, i] = -1.0, -1.0
    return times


def late_slope(run: FlowRun, decades: float = 1.0) -> float:
    """The power of t with which the error falls over the last ``decades`` powers of ten of the run's times."""
    errors, t = run.errors(), run.times
    first = int(np.argmax(t >= t[-1] / 10**decades))
    return float(np.log(errors[-1] / errors[first]) / np.log(t[-1] / t[first]))


def found_and_won(
    strengths: Array,
    order: int,
    dimension: int,
    components: int,
    scale: float,
    rng: int | np.random.Generator,
    horizon: float = 300.0,
) -> tuple[set[int], set[int]]:
    """The terms that one run from a small start has found by ``horizon``, and the :func:`winners` of its columns."""
    mixture, U = small_start(strengths, {order: 1.0}, dimension, components, scale, rng)
    run = tied_flow(mixture, U, horizon, np.array([horizon]), rtol=1e-6)
    found = {int(k) for k in np.flatnonzero(run.shares(order)[-1] > 0.5)}
    return found, winners(mixture.weights, U[: len(mixture.weights)] / scale, order)


def near_start(rank: int, dimension: int, extra: int, rng: int | np.random.Generator, opposite: bool = False) -> Array:
    """Columns near r orthonormal terms of weight 1, and ``extra`` short ones; shape (d, r + extra).

    Every term has a column of norm 1 with an error of 0.05 in each entry; the extra columns have norm 0.3 and random
    directions. With ``opposite`` there are two of them, near e_1 and -e_1.
    """
    generator = validation.generator(rng)
    near = np.eye(dimension)[:, :rank] + 0.05 * generator.standard_normal((dimension, rank))
    if opposite:
        short = 0.3 * np.eye(dimension)[:, [0, 0]] * np.array([1.0, -1.0])
        return np.hstack([near, short + 0.1 * generator.standard_normal((dimension, 2))])
    return np.hstack([near, *[0.3 * random_unit_vectors(dimension, 1, generator) for _ in range(extra)]])


def late_run(
    order: int,
    rank: int,
    dimension: int,
    extra: int,
    rng: int | np.random.Generator,
    *,
    opposite: bool = False,
    horizon: float = 1e5,
) -> FlowRun:
    """The flow from :func:`near_start` to orthonormal terms of weight 1, at six times for each power of ten."""
    U = near_start(rank, dimension, extra, rng, opposite)
    mixture = Mixture({order: 1.0}, np.ones(rank), np.eye(dimension)[:, :rank])
    return tied_flow(mixture, U, horizon, np.logspace(0, math.log10(horizon), round(6 * math.log10(horizon)) + 1))
