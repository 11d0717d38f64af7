"""The fast loop: the arithmetic of ``step`` with buffers, held equal to it by a test."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tdbook._check import Array
from tdbook.descent.settings import Settings
from tdbook.descent.steps import State
from tdbook.objectives import Parameters
from tdbook.tensors import DenseSymmetric, SymmetricCP, SymmetricTensor, integer_power, unit_columns


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
