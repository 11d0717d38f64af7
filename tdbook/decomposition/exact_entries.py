"""Entries that are exact: each method where it can settle the matter, local search where none does."""

from __future__ import annotations

import math
import time

import numpy as np

from tdbook.decomposition import koszul_young as koszul
from tdbook.decomposition import pencil as jennrich
from tdbook.decomposition.call import Call
from tdbook.decomposition.flattening import MANY, Flattening, settles
from tdbook.decomposition.levenberg_marquardt import Fit, levenberg_marquardt
from tdbook.decomposition.local_search import LocalSearch, heaviest_directions
from tdbook.decomposition.noise import RUNS_AWAY, best_fit, by_information, can_be_noise
from tdbook.decomposition.power_method import PRECISE, ROUGH, rank_one_elements
from tdbook.decomposition.result import (
    Decomposition,
    LowerBound,
    counted,
    on_divergence,
    on_generic_count,
    on_minimality,
)
from tdbook.tensors import DenseSymmetric, SymmetricCP
from tdbook.validation import Array

METHODS = ("auto", "pencil", "subspace", "koszul", "local", "algorithm-1")
_CLIFF = 1e3  # a fall of the singular values that marks rounding or noise


class ExactEntries(Call):
    """The fewest components that meet the entries."""

    def run(self, method: str) -> Decomposition:
        """The methods in order; with one of them named, that one alone."""
        core, auto = self.core, method == "auto"
        found = self.flatten()
        if auto and isinstance(core.tensor, SymmetricCP) and core.tensor.rank == found.rank:
            return self.exactly(self.as_given(core.tensor), "the components of the input")
        partial = None
        if (method == "pencil" or auto) and jennrich.applies(core.tensor, found.rank):
            fit = self.pencil(found)
            if fit is not None:
                return self.exactly(fit, "the pencil")
        low = found.rank <= settles(core.dimension, core.order)
        if method == "subspace" or (auto and low and self.bound.value == found.rank):
            for precision in (ROUGH, PRECISE):
                partial = rank_one_elements(found.left, self.rng, found, precision, self.late)
                if partial.shape[1] == found.rank and (fit := self.meets(partial)) is not None:
                    return self.exactly(fit, "the subspace power method")
        if method == "koszul" or (auto and core.order % 2):
            fit, spanned, name = self.koszul()
            partial = partial if spanned is None else spanned
            if fit is not None:
                return self.exactly(fit, name)
        if method in ("pencil", "subspace", "koszul"):
            raise ValueError(
                f"method must be one that can decompose the target, got {method!r}, which finds nothing here "
                f"(at least {counted(self.bound.value)}: {self.bound.proof}); try method='auto'"
            )
        if method == "algorithm-1":
            return self.after_algorithm_1()
        return self.searched(found, partial)

    def as_given(self, tensor: SymmetricCP) -> Fit:
        """The components of the input; of many, the error is a bound of what scaling and lifting round."""
        weights, directions = tensor.components()
        if tensor.rank > MANY:
            return Fit(weights, directions, 4 * np.finfo(float).eps * float(np.abs(weights).sum()))
        return Fit(weights, directions, self.objective.error(weights, directions))

    def exactly(self, fit: Fit, method: str, more: list[str] | None = None) -> Decomposition:
        m = len(fit.weights)
        reason = [
            f"{counted(m)} reach relative error {fit.error:.1e} ({method}).",
            *(more or []),
            on_minimality(m, self.bound),
            on_generic_count(m, self.core.dimension, self.core.order),
        ]
        return self.finish(fit, fit.error <= self.goal, method, reason)

    def after_algorithm_1(self) -> Decomposition:
        """Its heaviest directions, from the lower bound upwards, each finished by Levenberg-Marquardt."""
        region = heaviest_directions(self.core, 4 * self.bound.value, self.rng)
        best: Fit | None = None
        for m in range(min(self.bound.value, region.shape[1]), region.shape[1] + 1):
            fit = levenberg_marquardt(self.objective, region[:, :m], damping=0.1)
            best = fit if best is None or fit.error < best.error else best
            if fit.error <= self.goal or self.late():
                break
        assert best is not None
        return self.exactly(best, "Algorithm 1, then Levenberg-Marquardt")

    def searched(self, found: Flattening, partial: Array | None) -> Decomposition:
        """Local search upwards from the lower bound; where the entries look like noise, down from the generic rank."""
        core, noise = self.core, ""
        generic = -(-core.numbers // core.dimension)
        search = self.search(partial)
        downwards = False
        if isinstance(core.tensor, DenseSymmetric) and found.rank == len(found.singular) > 1 and can_be_noise(core):
            falls = found.singular[:-1] / found.singular[1:]
            m = int(np.argmax(falls)) + 1
            if falls[m - 1] > _CLIFF and (shared := best_fit(core, m, self.rng, late=self.late)).fit.error < 1 / _CLIFF:
                return self.rounded(shared.fit, float(falls[m - 1]))
            information = by_information(core, self.rng, self.late)
            fit = information.fit
            downwards = information.settled and fit is not None and self.goal < fit.error < 0.5
            if downwards and fit is not None:
                noise = (
                    f"If the entries carry noise, BIC prefers {counted(information.components)} "
                    f"(error {fit.error:.2g}): pass rank={information.components} or a tolerance."
                )
        given = core.tensor if isinstance(core.tensor, SymmetricCP) else None
        most = 2 * generic + 2 if given is None else given.rank - 1
        hit = search.upwards(generic if downwards else self.bound.value, most)
        if hit is None and given is not None:
            more = ["No shorter decomposition was found."]
            return self.exactly(self.as_given(given), "the components of the input", more)
        if hit is not None:
            hit = search.downwards(hit, self.bound.value)
            method = "local search" if search.tried.get(len(hit.weights), 0) > 1 else "Algorithm 1, then local search"
            return self.exactly(hit, method, [noise])
        return self.short(search, noise)

    def short(self, search: LocalSearch, noise: str) -> Decomposition:
        """Nothing within the goal: Algorithm 1's whole region, or the best fit of the search."""
        best = search.best
        if best is None or not self.late():
            region = heaviest_directions(self.core, 4 * self.bound.value, self.rng)
            fallback = levenberg_marquardt(self.objective, region)
            if fallback.error <= self.goal:
                return self.exactly(fallback, "Algorithm 1, then Levenberg-Marquardt", [noise])
            best = fallback if best is None or fallback.error < best.error else best
        m = len(best.weights)
        reason = [
            f"The best fit found, with {counted(m)}, has relative error {best.error:.1e}, above {self.goal:.0e}, "
            f"after {time.perf_counter() - self.began:.0f} s.",
            on_divergence(m, best.cancellation) if best.cancellation > RUNS_AWAY else "",
            f"At least {self.bound.value} are needed: {self.bound.proof}.",
            noise or "Give it more seconds, a rank, or a tolerance.",
        ]
        return self.finish(best, False, "local search", reason)

    def rounded(self, fit: Fit, fall: float) -> Decomposition:
        """Entries rounded after some digits: the fit down to the cliff, and what to try."""
        m = len(fit.weights)
        reason = [
            f"{counted(m)} reach relative error {fit.error:.1e}.",
            f"The singular values fall by a factor {fall:.0e} after {m}: the rest is taken for rounding or noise.",
            f"Pass tolerance={_rounded_up(fit.error):.0e} to accept it.",
        ]
        return self.finish(fit, False, "best fit above a cliff of the singular values", reason, noisy=True)

    def pencil(self, found: Flattening) -> Fit | None:
        outcome = jennrich.pencil(self.core.tensor, found, self.goal, self.rng)
        if outcome.obstruction:
            self.bound = LowerBound(self.bound.value + 1, f"{self.bound.proof}, and {outcome.obstruction}")
        return None if outcome.directions is None else self.meets(outcome.directions)

    def koszul(self) -> tuple[Fit | None, Array | None, str]:
        """Koszul-Young flattenings with more and more directions, until one settles the rank."""
        s, l, partial = self.core.dimension, self.core.order, None
        p = 0
        while koszul.applies(s, l, p := p + 1) and not self.late():
            if self.bound.value > koszul.reach(s, l, p):
                continue
            outcome = koszul.koszul_young(self.core.tensor, p, self.goal, self.rng)
            if outcome.lower_bound > self.bound.value:
                self.bound = LowerBound(
                    outcome.lower_bound, f"a Koszul-Young flattening (p = {p}) shows rank {outcome.lower_bound}"
                )
            if outcome.space is not None:
                partial = rank_one_elements(outcome.space, self.rng, late=self.late)
                if partial.shape[1] == self.bound.value and (fit := self.meets(partial)) is not None:
                    return fit, partial, f"Koszul-Young flattening, p = {p}"
                break
        return None, partial, ""

    def search(self, partial: Array | None) -> LocalSearch:
        return LocalSearch(self.core, self.goal, self.rng, partial, self.late)


def _rounded_up(error: float) -> float:
    """The next power of ten."""
    return float(10.0 ** math.ceil(math.log10(error)))
