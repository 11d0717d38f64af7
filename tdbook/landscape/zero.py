"""The saddle at zero (Section 3.2): how long a small start takes to leave it, by gradient flow and by descent."""

from __future__ import annotations

import math
from itertools import count
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from tdbook import validation
from tdbook.tensors import SymmetricCP, integer_power, random_unit_vectors, unit_columns
from tdbook.validation import Array

MODELS = ("vanilla", "two-homogeneous")
# A start has escaped when this share of ||T*||^2 is fitted.
_GONE = 0.1
# A flow takes some hundred evaluations of its velocity unless it is stiff.
_EVALUATIONS = 20_000
_LARGE = "scale, step_size, regularization or the target is too large"


def _velocity(U: Array, signs: Array, target: SymmetricCP, model: str, lam: float) -> Array:
    """Minus the gradient: in U with c = signs held fixed (vanilla), or frozen with c = 1/||u|| (2-homogeneous)."""
    order = target.order
    norms, directions = unit_columns(U)
    weights = signs * (integer_power(norms, order) if model == "vanilla" else norms**2)
    own = (directions * weights) @ integer_power(directions.T @ directions, order - 1)
    pull = target.contract_unchecked(directions) - own
    if model == "vanilla":
        return order * signs * integer_power(norms, order - 1) * pull
    return order * (signs * norms * pull - lam * U)


def _loss_gap(U: Array, signs: Array, target: SymmetricCP, model: str) -> float:
    """||T - T*||^2 - ||T*||^2, the fit's progress without the regulariser."""
    order = target.order
    norms, directions = unit_columns(U)
    weights = signs * (integer_power(norms, order) if model == "vanilla" else norms**2)
    own = weights @ integer_power(directions.T @ directions, order) @ weights
    return float(own - 2.0 * weights @ np.einsum("ij,ij->j", directions, target.contract_unchecked(directions)))


def _start(
    target: SymmetricCP, components: Any, model: str, regularization: float, rng: Any, signs: Any = None
) -> tuple[Array, Array, float]:
    if validation.instance("target", target, SymmetricCP).order < 3:
        raise ValueError(f"target must have order >= 3, got {target.order}")
    if not 1e-150 < target.norm() < 1e150:  # losses are shares of its square
        raise ValueError(f"target must have a norm from 1e-150 to 1e150, got {target.norm():g}")
    m = validation.components(components)
    validation.choice("model", model, MODELS)
    lam = validation.real("regularization", regularization, strict=False)
    if model == "vanilla" and lam:
        raise ValueError(f"regularization must be 0 in the vanilla model, got {lam:g}")
    generator = validation.generator(rng)
    W, drawn = random_unit_vectors(target.dimension, m, generator), generator.choice([-1.0, 1.0], size=m)
    if signs is None:
        return W, drawn, lam
    signs = validation.array("signs", signs, (m,), f"with m = {m} components")
    if not (np.abs(signs) == 1.0).all():
        raise ValueError(f"signs must be +1 or -1, got {signs[np.abs(signs) != 1.0][0]:g}")
    return W, signs, lam


def escape_time(
    target: SymmetricCP,
    scale: float,
    model: str = "vanilla",
    components: int = 6,
    regularization: float = 0.0,
    rng: int | np.random.Generator = 0,
    horizon: float = 300.0,
    signs: Any = None,
) -> float:
    r"""Time that gradient flow from a start of norm delta needs before a tenth of ||T*||^2 is fitted.

    Descent with step eta takes about time/eta steps. In the vanilla model the flow is integrated in a clock that
    runs with max ||u_i||^{l-2}, in which the slow start and the fast end look alike, and the time is added up.

    Parameters
    ----------
    target : SymmetricCP
        T*, l >= 3.
    scale : float
        delta > 0, the norm of each component at the start; directions and signs are random.
    model : {"vanilla", "two-homogeneous"}
        Vanilla: c_i = +-1 held fixed. 2-homogeneous: c_i = 1/||u_i||, the frozen gradient with c kept up to date.
    components : int
        m.
    regularization : float
        lambda, for the 2-homogeneous model.
    rng : int or numpy.random.Generator
    horizon : float
        The time on that clock at which the integration stops.
    signs : array_like of shape (m,), optional
        Signs of the components; random by default. (For even l and a target such as e_1^{(x) l} nothing escapes
        if all are negative.)

    Returns
    -------
    float
        ``inf`` if nothing happened before the horizon.

    Claim: zero-saddle

    For fixed $C$ the vanilla loss $f_v=\frac12\|T_v-T^*\|_F^2$ of $T_v(U)=\sum_ic_iu_i^{\otimes l}$ obeys

    $$
    f_v(sU)=\tfrac12\|T^*\|_F^2-s^l\langle T_v(U),T^*\rangle+\tfrac12s^{2l}\|T_v(U)\|_F^2 :
    $$

    if $c_iT^*(w^{\otimes l})>0$ for some $i$ and some $w$, zero is a saddle of order $l$. For odd $l$ and $C\ne0$ there
    always are such $i$ and $w$; for even $l$ the condition says something about the signs of the $c_i$, and where it
    fails, zero is a minimum over $U$. With $U$ and $C$ scaled together the orders are $l+1$ and $2l+2$.

    Let $l\ge3$, let the unit vector $w$ obey $T^*(w^{\otimes l-1},\cdot)=\tau w$ with $\tau>0$, and let a lone
    component $u=nw$ follow the gradient flow in $U$, so short that $R=-T^*$. In the vanilla model with $c=1$ its length
    $n$ obeys $\dot n=l\,\tau\,n^{l-1}$. From $n(0)=\delta$ to a length $n$ it needs the time
    $\frac{\delta^{-(l-2)}-n^{-(l-2)}}{l(l-2)\,\tau}$, which grows like $\delta^{-(l-2)}$.

    The time that many components with random directions of length $\delta$ need to escape is of the same order
    $\delta^{-(l-2)}$.

    Claim: zero-homogeneous

    The loss $F(U)=\frac12\|T-T^*\|_F^2+\lambda\|U\|_F^2$ of the 2-homogeneous model
    $T=\sum_ia_i\|u_i\|^{2-l}u_i^{\otimes l}$, $a_i=\pm1$, obeys

    $$
    F(sU)=F(0)+s^2\big(\lambda\|U\|_F^2-\langle T,T^*\rangle\big)+\tfrac12s^4\|T\|_F^2
    $$

    for every $l$. Some direction leads down from zero if and only if $\max_{\|w\|=1}a_iT^*(w^{\otimes l})>\lambda$ for
    some $i$.

    In the 2-homogeneous model such a component, $a\,T^*(w^{\otimes l-1},\cdot)=\tau w$ with its sign $a$, obeys under
    the flow of the frozen gradient $\dot n=l\,(\tau-\lambda)\,n$. If $\tau>\lambda$ it needs the time
    $\frac{\log(n/\delta)}{l(\tau-\lambda)}$ from the length $\delta$ to $n$; if $\tau<\lambda$ it shrinks to zero.

    From random directions, too, the time to escape grows like $\log(1/\delta)$, at the rate $1/(l(\tau-\lambda))$,
    where $\tau$ is the value of $a_iT^*$ at the peak that is climbed.
    """
    delta = validation.real("scale", scale)
    W, signs, lam = _start(target, components, model, regularization, rng, signs)
    flow = _integrate(W, signs, target, delta, model, lam, validation.real("horizon", horizon), _GONE)
    if not len(flow.t_events[0]):
        return math.inf
    time = np.divide(flow.y_events[0][0][0], delta ** _clock_power(target, model))
    return float(validation.finite("the time", time, "scale is too small"))


def escape_path(
    target: SymmetricCP,
    scale: float,
    model: str = "vanilla",
    components: int = 6,
    regularization: float = 0.0,
    rng: int | np.random.Generator = 0,
    horizon: float = 1e18,
    fitted: float = 0.9,
) -> tuple[Array, Array]:
    """The whole flow that :func:`escape_time` follows: times, and ||T - T*||^2 / ||T*||^2 at them, each (n,).

    The points are the integrator's own steps, the first at time 0. The path ends when the share ``fitted`` of
    ||T*||^2 is gone, 0 < fitted < 1, or at the horizon; the other arguments are those of :func:`escape_time`.
    Once a vanilla component has arrived, the clock runs like time, and the next one may have to wait as long as the
    first: an implicit method crosses that second plateau. Times beyond some 1e15 no longer resolve the falls.
    """
    delta = validation.real("scale", scale)
    fitted = validation.real("fitted", fitted, maximum=1.0)
    W, signs, lam = _start(target, components, model, regularization, rng)
    flow = _integrate(W, signs, target, delta, model, lam, validation.real("horizon", horizon), fitted, "LSODA")
    columns = delta * flow.y[1:].T.reshape(-1, *W.shape)
    size = target.norm() ** 2
    losses = np.array([1.0 + _loss_gap(U, signs, target, model) / size for U in columns])
    with validation.overflowing():
        times = flow.y[0] / delta ** _clock_power(target, model)
    return validation.finite("the time", times, "scale is too small"), losses


def _clock_power(target: SymmetricCP, model: str) -> int:
    """Time runs like the clock over max ||u_i|| to this power."""
    return target.order - 2 if model == "vanilla" else 0


def _integrate(
    W: Array,
    signs: Array,
    target: SymmetricCP,
    delta: float,
    model: str,
    lam: float,
    horizon: float,
    gone: float,
    method: str = "RK45",
) -> Any:
    """Gradient flow from delta W until the share ``gone`` of ||T*||^2 is fitted; state: time, then U / delta."""
    size, power = target.norm() ** 2, _clock_power(target, model)
    least = 1e-300 ** (1.0 / (power + 1))  # the velocity is of the order delta^{l-1}
    if delta < least:
        raise ValueError(f"scale must be at least {least:.3g} in this model, got {delta:.3g}")
    evaluations = count()

    def flow(_: float, state: Array) -> Array:
        if next(evaluations) == _EVALUATIONS:
            raise ValueError(
                f"scale and regularization must be so small that the flow is not stiff, got {delta:.3g} and {lam:.3g}"
            )
        U = delta * state[1:].reshape(W.shape)
        slowness = (delta / unit_columns(U)[0].max()) ** power
        velocity = _velocity(U, signs, target, model, lam) * slowness / delta ** (power + 1)
        return np.concatenate([[slowness], validation.finite("the velocity", velocity, _LARGE).ravel()])

    def left(_: float, state: Array) -> float:
        gap = _loss_gap(delta * state[1:].reshape(W.shape), signs, target, model)
        return validation.finite("the loss", gap, _LARGE) / size + gone

    left.terminal = True  # type: ignore[attr-defined]
    start = np.concatenate([[0.0], W.ravel()])
    with validation.overflowing():
        return solve_ivp(flow, (0.0, horizon), start, method=method, events=left, rtol=1e-6, atol=1e-9)


def escape_steps(
    target: SymmetricCP,
    scale: float,
    model: str = "vanilla",
    components: int = 6,
    regularization: float = 0.0,
    rng: int | np.random.Generator = 0,
    step_size: float = 0.05,
    cap: int = 200_000,
) -> int:
    """Steps of gradient descent that the same start needs; arguments as in :func:`escape_time`; ``cap`` if more."""
    delta = validation.real("scale", scale)
    W, signs, lam = _start(target, components, model, regularization, rng)
    eta, cap = validation.real("step_size", step_size), validation.count("cap", cap)
    point, threshold = delta * W, -_GONE * target.norm() ** 2
    with validation.overflowing():
        for taken in range(cap):
            if validation.finite("the loss", _loss_gap(point, signs, target, model), _LARGE) <= threshold:
                return taken
            point = point + eta * _velocity(point, signs, target, model, lam)
    return cap
