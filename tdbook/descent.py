"""Algorithm 1 (Section 4 of the paper), line by line, and a fast loop held equal to it.

The readable version is ``initialize``, ``reinitialize`` and ``step``, functions from state to state, put
together by ``iterate``, which reads like the pseudocode. ``run`` does the same arithmetic through
``_Epoch``, with preallocated buffers, and keeps a history.

How this differs from the pseudocode as printed:

1. The last line of the loop assigns C-hat <- C-hat' (printed without the prime), and the gradient is taken
   at the current coefficients, grad_U f(U, C-bar).
2. lambda, missing from the printed list of inputs, is a setting.
3. Among columns of equal norm (all of them at the first re-initialisation) the lowest index is taken.
4. Unless ``literal``, a run stops at the first epoch that ends within the accuracy, and the best epoch is
   returned rather than the last one: Theorem 3 is a statement about the best epoch.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from tdbook import _check
from tdbook._check import Array
from tdbook.objectives import Parameters, frozen_gradient, loss, model
from tdbook.tensors import (
    DenseSymmetric,
    SymmetricCP,
    SymmetricTensor,
    integer_power,
    random_unit_vectors,
    unit_columns,
)

# Columns whose norms agree to this relative tolerance are equal for the choice of the smallest one.
_TIE = 1e-9
# A run's history holds this many points in each epoch.
_TRACE_POINTS = 50


@dataclass(frozen=True)
class Settings:
    """The inputs of Algorithm 1, and the switches of its ablations.

    Attributes
    ----------
    dimension, components : int
        d and m.
    epochs, iterations : int
        K and H.
    step_size, init_scale, regularization : float
        eta, delta and lambda, for a target of unit norm.
    accuracy : float
        epsilon: a run has converged when ||T - T*||_F <= epsilon ||T*||_F.
    literal : bool
        Run exactly K epochs and return the last one, as printed.
    reinitialize, switch : bool
        False leaves out the re-initialisation of each epoch, or the scalar mode switch (then c keeps its
        large initial value for ever).
    boost : float or None
        Value of c_i ||u_i|| at (re-)initialisation; None is the paper's sqrt(d (m + K)), and 1 makes
        c_i = 1/||u_i|| from the start.
    """

    dimension: int
    components: int
    epochs: int
    iterations: int
    step_size: float
    init_scale: float
    regularization: float
    accuracy: float
    literal: bool = False
    reinitialize: bool = True
    switch: bool = True
    boost: float | None = None

    def __post_init__(self) -> None:
        for name in ("dimension", "components", "epochs", "iterations"):
            _check.integer(name, getattr(self, name), 1)
        for name in ("step_size", "init_scale", "accuracy"):
            _check.real(name, getattr(self, name))
        _check.real("regularization", self.regularization, strict=False)
        if self.boost is not None:
            _check.real("boost", self.boost)
        for name in ("literal", "reinitialize", "switch"):
            _check.flag(name, getattr(self, name))

    @property
    def initial_kappa(self) -> float:
        """c_i ||u_i|| of a fresh component: sqrt(d (m + K)), unless ``boost`` says otherwise."""
        paper = math.sqrt(self.dimension * (self.components + self.epochs))
        return paper if self.boost is None else self.boost

    @property
    def switch_norm(self) -> float:
        """2 sqrt(m + K) delta: the norm at which a component's coefficient is switched."""
        return 2.0 * math.sqrt(self.components + self.epochs) * self.init_scale


def practical_settings(
    target: SymmetricTensor,
    components: int | None = None,
    accuracy: float = 0.05,
    *,
    epochs: int = 30,
    iterations: int = 1500,
    step_size: float | None = None,
    init_scale: float | None = None,
    regularization: float | None = None,
    literal: bool = False,
) -> Settings:
    """Settings that work at sizes one can run; those of Theorem 3 would need some 10^16 components.

    Whatever is not given is chosen so: m = 4 r, where r is the number of non-zero components of a
    ``SymmetricCP`` or the dimension s of the span of a ``DenseSymmetric``; eta = 1/l^2;
    lambda = 0.3 epsilon s^{-l/2}, since the rank enters the analysis only through s; and delta small enough
    that m + K components of norm delta, boosted by S = sqrt(d (m + K)), weigh nothing beside epsilon,

    delta = 0.1 min(0.1 sqrt(epsilon / (m (m+K))) S^{-(l-2)/2}, 0.05 (eta l m (m+K))^{-1/2} S^{-(l-2)}).
    """
    if not isinstance(target, SymmetricTensor):
        raise TypeError(f"target must be a SymmetricCP or a DenseSymmetric, got {_check.describe(target)}")
    order, span = target.order, target.span().shape[1]
    if span == 0:
        raise ValueError("target must not be zero, got a tensor of norm 0")
    if components is None:
        components = 4 * (int(np.count_nonzero(target.weights)) if isinstance(target, SymmetricCP) else span)
    m = _check.integer("components", components, 1)
    K = _check.integer("epochs", epochs, 1)
    epsilon = _check.real("accuracy", accuracy)
    eta = 1.0 / order**2 if step_size is None else _check.real("step_size", step_size)
    if regularization is None:
        regularization = 0.3 * epsilon * span ** (-order / 2)
    if init_scale is None:
        S = math.sqrt(target.dimension * (m + K))
        light = 0.1 * math.sqrt(epsilon / (m * (m + K))) * S ** (-(order - 2) / 2)
        gentle = 0.05 / (math.sqrt(eta * order * m * (m + K)) * S ** (order - 2))
        init_scale = 0.1 * min(light, gentle)
    return Settings(
        dimension=target.dimension,
        components=m,
        epochs=K,
        iterations=_check.integer("iterations", iterations, 1),
        step_size=eta,
        init_scale=init_scale,
        regularization=regularization,
        accuracy=epsilon,
        literal=literal,
    )


# --- the readable version ---------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class State:
    """A point of a run.

    Attributes
    ----------
    parameters : Parameters
        U, A, C and C-hat.
    fresh : ndarray of bool, shape (m,)
        Components that have not switched since they were (re-)initialised.
    epoch, iteration : int
        1-based epoch; iterations done in it.
    switches : int
        Scalar mode switches so far.
    reinitialized : int or None
        The component re-initialised at the start of this epoch.
    """

    parameters: Parameters
    fresh: np.ndarray
    epoch: int = 0
    iteration: int = 0
    switches: int = 0
    reinitialized: int | None = None


def initialize(settings: Settings, rng: np.random.Generator) -> State:
    """All components from delta Unif(S^{d-1}), signs from Unif{1, -1}, c = sqrt(d (m+K)) / ||u||."""
    d, m = settings.dimension, settings.components
    U = settings.init_scale * random_unit_vectors(d, m, rng)
    a = rng.choice([-1.0, 1.0], size=m)
    return State(Parameters.two_homogeneous(U, a, settings.initial_kappa), np.ones(m, dtype=bool))


def smallest_column(norms: Array) -> int:
    """Index of the smallest norm; of several equal ones (to 1e-9) the first."""
    return int(np.argmax(norms <= norms.min() * (1.0 + _TIE)))


def reinitialize(state: State, settings: Settings, rng: np.random.Generator) -> State:
    """Start of an epoch: the smallest column is drawn anew, with a new sign and c = sqrt(d (m+K)) / ||u||."""
    point = state.parameters
    j = smallest_column(point.norms)
    U, a, c, c_hat, fresh = (x.copy() for x in (point.U, point.a, point.c, point.c_hat, state.fresh))
    U[:, [j]] = settings.init_scale * random_unit_vectors(settings.dimension, 1, rng)
    a[j] = rng.choice([-1.0, 1.0])
    norm = float(unit_columns(U[:, [j]])[0][0])
    c[j], c_hat[j] = settings.initial_kappa / norm, 1.0 / norm
    fresh[j] = True
    return replace(state, parameters=Parameters(U, a, c, c_hat), fresh=fresh, reinitialized=j)


def step(state: State, target: SymmetricTensor, settings: Settings) -> State:
    """One iteration: a gradient step with frozen coefficients, their update, and the scalar mode switch."""
    point = state.parameters
    U = point.U - settings.step_size * frozen_gradient(point, target, settings.regularization)
    before, after = point.norms, unit_columns(U)[0]
    c = before / after * point.c  # c' ||u'|| = c ||u||: the model stays 2-homogeneous
    c_hat = before / after * point.c_hat
    crossed = state.fresh & (before <= settings.switch_norm) & (after > settings.switch_norm)
    switching = crossed if settings.switch else np.zeros_like(crossed)
    c = np.where(switching, c / settings.initial_kappa, c)
    return replace(
        state,
        parameters=Parameters(U, point.a, c, c_hat),
        fresh=state.fresh & ~crossed,
        iteration=state.iteration + 1,
        switches=state.switches + int(switching.sum()),
    )


def iterate(target: SymmetricTensor, settings: Settings, rng: int | np.random.Generator) -> Iterator[State]:
    """Algorithm 1 as a stream of states: the initial one, then each re-initialised one and each step.

    ``target`` should have unit norm. States carry their epoch and iteration (0 right after the
    re-initialisation), so history, progress and animation are loops over this.
    """
    rng = _check.generator(rng)
    state = initialize(settings, rng)
    yield state
    for epoch in range(1, settings.epochs + 1):
        state = replace(state, epoch=epoch, iteration=0, reinitialized=None)
        if settings.reinitialize:
            state = reinitialize(state, settings, rng)
        yield state
        for _ in range(settings.iterations):
            state = step(state, target, settings)
            yield state


# --- the fast version -------------------------------------------------------------------------------------


class _Epoch:
    """The arithmetic of ``step`` with buffers: two products with U, two with the target, little else.

    Coefficients are carried as kappa = c ||u||, which only a switch changes, and the model as weights on
    unit directions W = U / ||U||; then one step is

        U <- (1 - eta l lambda) U - eta l a kappa^{l-2} ||u|| [ W diag(omega) (W^T W)^{l-1} - T*(W^{l-1}, .) ],
        omega_i = a_i kappa_i^{l-2} ||u_i||^2.
    """

    def __init__(self, target: SymmetricTensor, settings: Settings) -> None:
        self.target, self.settings = target, settings
        d, m = settings.dimension, settings.components
        self.directions, self.weighted, self.pull = (np.empty((d, m)) for _ in range(3))
        self.cosines, self.powers = np.empty((m, m)), np.empty((m, m))
        if isinstance(target, SymmetricCP):
            weights, factors = target._unit
            self.factors_t = np.ascontiguousarray(factors.T)
            self.scaled_factors = np.ascontiguousarray(factors * weights)
            self.target_cosines = np.empty((len(weights), m))
            self.target_powers = np.empty_like(self.target_cosines)
            self.target_pull = np.empty((d, m))

    def load(self, state: State) -> None:
        point = state.parameters
        self.U, self.a = point.U.copy(), point.a.copy()
        self.norms = point.norms
        self.kappa = point.c * self.norms
        self.fresh, self.switches = state.fresh.copy(), state.switches

    def state(self, template: State) -> State:
        """The present point in the readable form. A column that has shrunk to zero keeps a token size."""
        dead = ~self.U.any(axis=0)
        if dead.any():
            self.U[0, dead] = np.finfo(float).tiny * 2**52
        norms = unit_columns(self.U)[0]
        point = Parameters(self.U.copy(), self.a.copy(), self.kappa / norms, 1.0 / norms)
        return replace(template, parameters=point, fresh=self.fresh.copy(), switches=self.switches)

    def step(self) -> None:
        settings, U, norms, W = self.settings, self.U, self.norms, self.directions
        order = self.target.order
        np.divide(U, norms, out=W)
        sign_boost = self.a * integer_power(self.kappa, order - 2)
        np.matmul(W.T, W, out=self.cosines)  # recognised as a symmetric product
        np.multiply(W, sign_boost * norms * norms, out=self.weighted)
        np.matmul(self.weighted, integer_power(self.cosines, order - 1, out=self.powers), out=self.pull)
        self.pull -= self._target_contract(W)
        self.pull *= settings.step_size * order * sign_boost * norms
        U *= 1.0 - settings.step_size * order * settings.regularization
        U -= self.pull
        after = np.sqrt(np.einsum("ij,ij->j", U, U))
        if self.fresh.any():
            limit = settings.switch_norm
            crossed = self.fresh & (norms <= limit) & (after > limit)
            if crossed.any():
                self.fresh &= ~crossed
                if settings.switch:
                    self.kappa[crossed] /= settings.initial_kappa
                    self.switches += int(crossed.sum())
        self.norms = np.maximum(after, np.finfo(float).tiny)

    def _target_contract(self, W: Array) -> Array:
        if not isinstance(self.target, SymmetricCP):
            assert isinstance(self.target, DenseSymmetric)
            return self.target._contract(W)
        np.matmul(self.factors_t, W, out=self.target_cosines)
        powers = integer_power(self.target_cosines, self.target.order - 1, out=self.target_powers)
        return np.matmul(self.scaled_factors, powers, out=self.target_pull)


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch did: the component re-initialised, switches in it, loss and relative error at its end."""

    epoch: int
    reinitialized: int | None
    switches: int
    loss: float
    error: float


@dataclass(eq=False)
class History:
    """A run's record. Row k of the arrays belongs to ``time[k]``, counted in iterations from the start.

    Attributes
    ----------
    epochs : list of EpochRecord
    time : list of int
        The first point of an epoch is taken right after its re-initialisation, at the same time as the
        last point of the epoch before.
    norms : list of ndarray, shape (m,)
        ||u_i||.
    switched : list of ndarray of bool, shape (m,)
    loss : list of float
        f, for the target scaled to unit norm.
    outside : list of float
        ||P_B U||_F^2, the mass outside the span S of the target.
    """

    epochs: list[EpochRecord] = field(default_factory=list)
    time: list[int] = field(default_factory=list)
    norms: list[Array] = field(default_factory=list)
    switched: list[np.ndarray] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    outside: list[float] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Run:
    """What a run found.

    Attributes
    ----------
    tensor : SymmetricCP
        The decomposition, m components, in the scale of the target.
    error : float
        ||T - T*||_F / ||T*||_F.
    converged : bool
        Whether error <= accuracy.
    reason : str
        A sentence: why it stopped, and what to try if it failed.
    epochs : int
        Epochs done.
    best_epoch : int
        The epoch that ``tensor`` comes from.
    seconds : float
    settings : Settings
    history : History
    """

    tensor: SymmetricCP
    error: float
    converged: bool
    reason: str
    epochs: int
    best_epoch: int
    seconds: float
    settings: Settings
    history: History

    def __repr__(self) -> str:
        return (
            f"Run({self.tensor.rank} components, relative error {self.error:.2e}, {self.epochs} epochs)\n{self.reason}"
        )

    def save(self, path: str, *, overwrite: bool = False) -> None:
        """Write the decomposition, settings and history to an .npz file; see :func:`tdbook.load`.

        The file is written whole or not at all; an existing one is kept unless ``overwrite``.
        """
        from tdbook.files import save

        save(self, path, overwrite=overwrite)


def run(
    target: SymmetricTensor,
    settings: Settings,
    rng: int | np.random.Generator = 0,
    progress: Callable[[EpochRecord], None] | None = None,
) -> Run:
    """Algorithm 1 on ``target``, which is scaled to unit norm for the run.

    Parameters
    ----------
    target : SymmetricTensor
        T*, not zero.
    settings : Settings
    rng : int or numpy.random.Generator
    progress : callable, optional
        Called with each epoch's record.

    Returns
    -------
    Run
        Ctrl-C ends the run and returns the best epoch so far.
    """
    if not isinstance(target, SymmetricTensor):
        raise TypeError(f"target must be a SymmetricCP or a DenseSymmetric, got {_check.describe(target)}")
    if settings.dimension != target.dimension:
        raise ValueError(f"settings must be for dimension {target.dimension}, got {settings.dimension}")
    rng = _check.generator(rng)
    started = time.perf_counter()
    norm = target.norm()
    if norm == 0.0:
        raise ValueError("target must not be zero, got a tensor of norm 0")
    unit_target = target.scaled(1.0 / norm)
    recorder = _Recorder(unit_target, settings)
    state = initialize(settings, rng)
    epoch_loop = _Epoch(unit_target, settings)
    ended = ""
    try:
        for epoch in range(1, settings.epochs + 1):
            state = replace(state, epoch=epoch, iteration=0, reinitialized=None)
            if settings.reinitialize:
                state = reinitialize(state, settings, rng)
            switches_before = state.switches
            state = _advance(epoch_loop, state, recorder)
            record = recorder.close_epoch(state, state.switches - switches_before)
            if progress is not None:
                progress(record)
            if record.error <= settings.accuracy and not settings.literal:
                break
    except KeyboardInterrupt:
        ended = "Interrupted"
    except _Diverged as failure:
        ended = str(failure)
    return recorder.result(norm, ended, time.perf_counter() - started)


class _Diverged(Exception):
    """The norms left the range of floating-point numbers."""


def _advance(loop: _Epoch, state: State, recorder: _Recorder) -> State:
    """H iterations from ``state``, leaving a trace."""
    settings = loop.settings
    loop.load(state)
    every = max(1, settings.iterations // _TRACE_POINTS)
    recorder.trace(state)
    with np.errstate(over="ignore", invalid="ignore"):
        for iteration in range(1, settings.iterations + 1):
            loop.step()
            if iteration % every and iteration != settings.iterations:
                continue
            # beyond 1e30 a run never comes back, and squares and powers of norms would overflow next
            if not loop.norms.max() < 1e30:
                raise _Diverged(
                    f"The norms blew up in epoch {state.epoch}: try a step_size below {settings.step_size:.3g}"
                )
            now = loop.state(replace(state, iteration=iteration))
            recorder.trace(now)
    return now


class _Recorder:
    """Collects history and keeps the best epoch."""

    def __init__(self, target: SymmetricTensor, settings: Settings) -> None:
        self.target, self.settings, self.history = target, settings, History()
        self.span = target.span()
        self.best: tuple[float, int, SymmetricCP] = (1.0, 0, _zero(target))
        self.last = self.best

    def trace(self, state: State) -> None:
        point, history = state.parameters, self.history
        history.time.append((state.epoch - 1) * self.settings.iterations + state.iteration)
        history.norms.append(point.norms)
        history.switched.append(~state.fresh)
        history.loss.append(loss(point, self.target, self.settings.regularization))
        outside = point.U - self.span @ (self.span.T @ point.U)
        history.outside.append(float(np.vdot(outside, outside)))

    def close_epoch(self, state: State, switches: int) -> EpochRecord:
        tensor = model(state.parameters, self.target.order)
        error = tensor.distance(self.target)
        record = EpochRecord(state.epoch, state.reinitialized, switches, self.history.loss[-1], error)
        self.history.epochs.append(record)
        self.last = (error, state.epoch, tensor)
        if error < self.best[0] or self.best[1] == 0:
            self.best = self.last
        return record

    def result(self, norm: float, ended: str, seconds: float) -> Run:
        settings = self.settings
        error, epoch, tensor = self.last if settings.literal else self.best
        converged = error <= settings.accuracy
        return Run(
            tensor=tensor.scaled(norm),
            error=error,
            converged=converged,
            reason=_reason(settings, error, epoch, len(self.history.epochs), ended),
            epochs=len(self.history.epochs),
            best_epoch=epoch,
            seconds=seconds,
            settings=settings,
            history=self.history,
        )


def _zero(target: SymmetricTensor) -> SymmetricCP:
    """The zero tensor, relative error 1: what a run interrupted in its first epoch has found."""
    first = np.zeros((target.dimension, 1))
    first[0] = 1.0
    return SymmetricCP([0.0], first, target.order)


def _reason(settings: Settings, error: float, epoch: int, done: int, ended: str) -> str:
    if ended:
        found = f"the best epoch so far, {epoch}, has relative error {error:.3g}" if epoch else "no epoch was done"
        return f"{ended}; {found}."
    if error <= settings.accuracy:
        return f"Reached relative error {error:.3g} <= accuracy {settings.accuracy:g} in epoch {epoch}."
    if settings.literal:
        return f"Ran all {done} epochs as printed; the last one has relative error {error:.3g}."
    return (
        f"Ran all {done} epochs without reaching accuracy {settings.accuracy:g}: the best, epoch {epoch}, has "
        f"relative error {error:.3g}. Try more components (now {settings.components}), more epochs, or another rng."
    )


def decompose(
    target: SymmetricTensor,
    components: int | None = None,
    accuracy: float = 0.05,
    rng: int | np.random.Generator = 0,
    *,
    epochs: int = 30,
    iterations: int = 1500,
    step_size: float | None = None,
    init_scale: float | None = None,
    regularization: float | None = None,
    literal: bool = False,
    progress: bool | None = None,
) -> Run:
    """Approximate a symmetric tensor by m rank-one terms with Algorithm 1.

    Parameters
    ----------
    target : SymmetricCP or DenseSymmetric
        T*, not zero, of any norm (it is scaled to unit norm for the run).
    components : int, optional
        m; four times the number of components of the target by default.
    accuracy : float
        epsilon, relative: stop at the first epoch with ||T - T*||_F <= epsilon ||T*||_F.
    rng : int or numpy.random.Generator
        The same seed gives the same run.
    epochs, iterations, step_size, init_scale, regularization
        K, H, eta, delta, lambda; see :func:`practical_settings` for the defaults.
    literal : bool
        As printed: exactly K epochs, and the last one is returned.
    progress : bool, optional
        A progress bar on stderr; by default only where a person is watching.

    Returns
    -------
    Run

    Examples
    --------
    >>> import tdbook
    >>> target = tdbook.random_target(dimension=20, rank=2, order=3, rng=0)
    >>> result = tdbook.decompose(target, components=8, accuracy=0.05, rng=1)
    >>> result.converged and result.tensor.distance(target) <= 0.05
    True
    """
    settings = practical_settings(
        target,
        components,
        accuracy,
        epochs=epochs,
        iterations=iterations,
        step_size=step_size,
        init_scale=init_scale,
        regularization=regularization,
        literal=_check.flag("literal", literal),
    )
    from tqdm import tqdm  # kept out of the import of tdbook

    hidden = None if progress is None else not _check.flag("progress", progress)
    with tqdm(total=settings.epochs, unit="epoch", disable=hidden, leave=False) as bar:

        def show(record: EpochRecord) -> None:
            bar.set_postfix_str(f"error {record.error:.2e}")
            bar.update()

        return run(target, settings, rng, show)
