"""The fast loop: the arithmetic of ``step`` with buffers, held equal to it by a test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tdbook import validation
from tdbook.descent.settings import Settings
from tdbook.descent.steps import State
from tdbook.objectives import Parameters
from tdbook.tensors import SymmetricTensor, check_tensor, integer_power, unit_columns

_TINY = float(np.finfo(float).tiny)
# Below this many components calls cost more than arithmetic, and one product of all cosines is cheaper than
# two of which one is symmetric.
_FEW = 48
# A run whose norms exceed this never comes back, and their squares and powers would overflow next.
_DIVERGED = 1e30


class Diverged(ValueError):
    """The norms left the range of floating-point numbers: the step size is too large."""


class BufferedLoop:
    """The arithmetic of ``step`` with buffers: two products with [W, F] for the target's factors F, little else.

    Coefficients are carried as kappa = c ||u||, which only a switch changes, and the model as weights on
    unit directions W = U / ||U||; then one step is

        U <- (1 - eta l lambda) U - eta l a kappa^{l-2} ||u|| [ W diag(omega) (W^T W)^{l-1} - T*(W^{l-1}, .) ],
        omega_i = a_i kappa_i^{l-2} ||u_i||^2.

    The target's components enter as further columns of W with weights -w_s, so all of it is one product of
    [W, F] with an (m + r, m) matrix. Where there are more components than dimensions, scaling the rows and
    columns of that matrix would cost more than scaling W and the result.

    Called with the state at the start of an epoch it yields the states after each ``every`` iterations, and the last
    one; :class:`Diverged` is raised where the norms left the range.
    """

    def __init__(self, target: SymmetricTensor, settings: Settings, every: int = 1) -> None:
        self.target, self.settings = check_tensor("target", target), validation.instance("settings", settings, Settings)
        self.every = validation.integer("every", every, 1)
        d, m = target.dimension, settings.components
        components = target.components()
        self.by_entries = components is None  # then the target is contracted by itself
        weights, factors = components or (np.empty(0), np.empty((d, 0)))
        self.atoms = np.hstack([np.zeros((d, m)), factors])
        self.directions = self.atoms[:, :m]
        self.cosines, self.matrix = (np.empty((m + len(weights), m)) for _ in range(2))
        self.diagonal = self.matrix.ravel()[: m * m : m + 1]
        self.weights = np.concatenate([np.zeros(m), -weights])
        self.omega = self.weights[:m]
        self.wide = m > d
        if self.wide:
            self.weighted = self.atoms * self.weights
            self.pull = np.empty((d, m))
        self.few = m <= _FEW
        self.shrink = 1.0 - settings.step_size * target.order * settings.regularization

    def __call__(self, state: State) -> Iterator[State]:
        self.load(state)
        done = 0
        while done < self.settings.iterations:
            count = min(self.every, self.settings.iterations - done)
            with np.errstate(over="ignore", invalid="ignore"):
                for _ in range(count):
                    self.step()
            done += count
            if not self.norms.max() < _DIVERGED:
                raise Diverged(f"step_size must be small enough for a finite run, got {self.settings.step_size:g}")
            yield self.state(replace(state, iteration=done))

    def load(self, state: State) -> None:
        point = state.parameters
        self.U, self.a = point.U.copy(), point.a.copy()
        self.norms = point.norms
        self.kappa = point.c * self.norms
        self.fresh, self.switches = state.fresh.copy(), state.switches
        self._coefficients_changed()

    def _coefficients_changed(self) -> None:
        self.boost = self.a * integer_power(self.kappa, self.target.order - 2)
        self.rate = -self.settings.step_size * self.target.order * self.boost
        self.waiting = bool(self.fresh.any())

    def state(self, template: State) -> State:
        """The present point in the readable form. A column that has shrunk to zero keeps a token size."""
        dead = ~self.U.any(axis=0)
        if dead.any():
            self.U[0, dead] = _TINY * 2**52
        norms = unit_columns(self.U)[0]
        point = Parameters(self.U.copy(), self.a.copy(), self.kappa / norms, 1.0 / norms)
        return replace(template, parameters=point, fresh=self.fresh.copy(), switches=self.switches)

    def step(self) -> None:
        U, norms, W = self.U, self.norms, self.directions
        m = len(norms)
        np.divide(U, norms, out=W)
        if self.few:
            np.dot(self.atoms.T, W, out=self.cosines)
        else:
            np.matmul(W.T, W, out=self.cosines[:m])  # recognised as a symmetric product
            np.matmul(self.atoms[:, m:].T, W, out=self.cosines[m:])
        integer_power(self.cosines, self.target.order - 1, out=self.matrix)
        np.multiply(self.boost, norms * norms, out=self.omega)
        speed = self.rate * norms
        if self.by_entries:
            dense = self.target.contract_unchecked(W) * speed
        if self.wide:
            np.multiply(W, self.omega, out=self.weighted[:, :m])
            np.matmul(self.weighted, self.matrix, out=self.pull)
            self.pull *= speed
            U *= self.shrink
            U += self.pull
        else:
            self.matrix *= self.weights[:, None]
            self.matrix *= speed
            self.diagonal += self.shrink * norms
            np.dot(self.atoms, self.matrix, out=U)
        if self.by_entries:
            U -= dense
        after = np.sqrt(np.vecdot(U.T, U.T) if self.few else np.einsum("ij,ij->j", U, U))
        if self.waiting:
            limit = self.settings.switch_norm
            crossed = self.fresh & (norms <= limit) & (after > limit)
            if crossed.any():
                self.fresh &= ~crossed
                if self.settings.switch:
                    self.kappa[crossed] /= self.settings.initial_kappa
                    self.switches += int(crossed.sum())
                self._coefficients_changed()
        self.norms = np.maximum(after, _TINY)
