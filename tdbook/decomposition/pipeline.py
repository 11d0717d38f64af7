"""``tdbook.waring``: a symmetric tensor as a sum of few powers, and how few are possible.

The methods in order, each only where it can settle the matter: the squarest flattening (a lower bound), the pencil,
the subspace power method, Koszul-Young flattenings (odd orders), local search from the lower bound upwards. Every
candidate ends in Levenberg-Marquardt, and its error is measured on T - T*.
"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np

from tdbook import validation
from tdbook.decomposition import koszul_young as koszul
from tdbook.decomposition import pencil as jennrich
from tdbook.decomposition.core import Core, core_of
from tdbook.decomposition.flattening import MANY, Flattening, flattening, settles
from tdbook.decomposition.levenberg_marquardt import Fit, Objective, levenberg_marquardt
from tdbook.decomposition.local_search import LocalSearch, heaviest_directions
from tdbook.decomposition.noise import RUNS_AWAY, Shared, best_fit, by_information, can_be_noise, standard_errors
from tdbook.decomposition.power_method import PRECISE, ROUGH, rank_one_elements
from tdbook.decomposition.result import (
    Decomposition,
    LowerBound,
    counted,
    is_unique,
    on_divergence,
    on_generic_count,
    on_minimality,
)
from tdbook.tensors import DenseSymmetric, SymmetricCP, SymmetricTensor
from tdbook.validation import Array

EXACT = 1e-10  # relative error at which entries count as met
METHODS = ("auto", "pencil", "subspace", "koszul", "local", "algorithm-1")
_ROUNDINGS = 8.0  # units of rounding of the input's type that count as met
_CLIFF = 1e3  # a fall of the singular values that marks rounding or noise


def waring(
    target: SymmetricTensor,
    rank: int | str | None = None,
    *,
    tolerance: float | None = None,
    method: str = "auto",
    rng: int | np.random.Generator = 0,
    seconds: float = 60.0,
) -> Decomposition:
    """A symmetric tensor as a sum of few powers w_i x_i^{(x) l}.

    Parameters
    ----------
    target : SymmetricCP or DenseSymmetric
        T*, not zero. A ``SymmetricCP`` of large dimension is never written out.
    rank : int or "bic", optional
        The number of components of the best fit, or "bic" to have it chosen. By default the entries are taken for
        exact, and the fewest components that meet them are looked for.
    tolerance : float, optional
        The fewest components within this relative error. Not together with ``rank``.
    method : {"auto", "pencil", "subspace", "koszul", "local", "algorithm-1"}
        One method alone, for entries that are exact.
    rng : int or numpy.random.Generator
    seconds : float
        Searches begin nothing new after so much time, and the best so far is returned.

    Returns
    -------
    Decomposition

    Raises
    ------
    ValueError
        If the target is zero, if arguments do not go together, or if the one method asked for finds nothing.

    Examples
    --------
    >>> import tdbook
    >>> target = tdbook.random_target(dimension=30, rank=20, order=3, rng=0)
    >>> found = tdbook.waring(tdbook.DenseSymmetric(target.to_dense()))
    >>> found.tensor.rank, found.minimal, found.unique, found.error < 1e-12
    (20, True, True, True)
    """
    core = core_of(target)
    method = validation.choice("method", method, METHODS)
    if rank is not None and tolerance is not None:
        raise ValueError(f"tolerance must not be given together with rank, got tolerance {tolerance} and rank {rank}")
    if (rank is not None or tolerance is not None) and method != "auto":
        raise ValueError(f"method must be 'auto' with a rank or a tolerance, got {method!r}")
    if isinstance(rank, str):
        validation.choice("rank", rank, ("bic",))
    elif rank is not None:
        rank = validation.integer("rank", rank, 1)
    if tolerance is not None:
        goal = validation.real("tolerance", tolerance, maximum=1.0)
    else:  # entries are exact to the digits of the type that they came in
        goal = max(EXACT, _ROUNDINGS * target.rounding) if isinstance(target, DenseSymmetric) else EXACT
    pipeline = _Pipeline(core, goal, validation.generator(rng), validation.real("seconds", seconds))
    if core.order == 2:
        return pipeline.matrix(rank, tolerance)
    if rank == "bic":
        return pipeline.by_information()
    if isinstance(rank, int):
        return pipeline.of_rank(rank)
    if tolerance is not None:
        return pipeline.within_tolerance()
    return pipeline.exact(method)


class _Pipeline:
    """One call: the core, the goal, the clock, and the lower bound so far."""

    def __init__(self, core: Core, goal: float, rng: np.random.Generator, seconds: float) -> None:
        self.core, self.goal, self.rng, self.seconds = core, goal, rng, seconds
        self.began = time.perf_counter()
        self.objective = Objective(core.tensor, self.late)
        self.bound = LowerBound(1, "the target is not zero")

    def late(self) -> bool:
        return time.perf_counter() - self.began > self.seconds

    def finish(
        self, fit: Fit, converged: bool, method: str, reason: list[str], *, noisy: bool = False
    ) -> Decomposition:
        m, exact = len(fit.weights), fit.error <= self.goal
        return Decomposition(
            tensor=self.core.lift(fit.weights, fit.directions),
            error=fit.error,
            converged=converged,
            lower_bound=self.bound.value,
            minimal=exact and m == self.bound.value,
            proof=self.bound.proof,
            unique=fit.error <= EXACT and is_unique(fit.directions, self.core.order),
            standard_errors=self._standard_errors(fit) if noisy else None,
            reason=" ".join(sentence for sentence in reason if sentence),
            method=method,
            seconds=time.perf_counter() - self.began,
        )

    # --- the parts ------------------------------------------------------------------------------------------

    def flatten(self) -> Flattening:
        """The squarest flattening; its rank at the goal is the first lower bound."""
        found = flattening(self.core.tensor, self.goal)
        p, q = (self.core.order + 1) // 2, self.core.order // 2
        self.bound = LowerBound(
            found.rank, f"the {p} x {q} flattening has rank {found.rank} at a tolerance of {self.goal:.0e}"
        )
        return found

    def meets(self, X: Array) -> Fit | None:
        """The fit near the directions X if it is within the goal."""
        fit = levenberg_marquardt(self.objective, X, damping=1e-8)
        return fit if fit.error <= self.goal else None

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

    # --- exact entries --------------------------------------------------------------------------------------

    def exact(self, method: str) -> Decomposition:
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

    # --- noise ----------------------------------------------------------------------------------------------

    def of_rank(self, rank: int) -> Decomposition:
        """The best fit with a given number of components."""
        self.flatten()
        shared = best_fit(self.core, rank, self.rng, late=self.late)
        return self.fitted(shared)

    def by_information(self) -> Decomposition:
        """The best fit with the number of components that BIC prefers."""
        if not can_be_noise(self.core):
            raise ValueError(
                f"rank must be a number for this target, got 'bic': {self.core.numbers} free entries in dimension "
                f"{self.core.dimension} are too few or too many for it"
            )
        self.flatten()
        information = by_information(self.core, self.rng, self.late)
        if information.fit is None:
            shared = best_fit(self.core, 1, self.rng, late=self.late)
            return self.fitted(shared, ["BIC prefers no component at all: this is one too many."])
        extra = (information.fit.directions,)
        shared = best_fit(self.core, information.components, self.rng, extra=extra, late=self.late)
        chosen = f"BIC prefers {counted(information.components)}"
        chosen += "." if information.settled else ", the most that it could try." if information.components > 1 else "."
        return self.fitted(shared, [chosen])

    def fitted(self, shared: Shared, more: list[str] | None = None) -> Decomposition:
        fit, m = shared.fit, len(shared.fit.weights)
        exact = fit.error <= EXACT
        alone = shared.alike == 1 and shared.tried > 1
        doubt = ""
        if shared.diverging:
            doubt = on_divergence(m, fit.cancellation)
        elif not exact and not fit.stationary:
            doubt = "It is not stationary yet."
        elif not exact and alone:
            doubt = "No other start ended there: a better fit may exist."
        reason = [
            *(more or []),
            f"The best fit with {counted(m)} has relative error {fit.error:.3g}"
            + ("." if exact or shared.diverging else f", shared by {shared.alike} of {shared.tried} starts."),
            doubt,
            "" if shared.diverging else on_generic_count(m, self.core.dimension, self.core.order),
        ]
        return self.finish(fit, not doubt, "best fit", reason, noisy=not exact)

    def within_tolerance(self) -> Decomposition:
        """The fewest components within a tolerance, from the lower bound upwards."""
        self.flatten()
        m = self.bound.value
        most = 2 * -(-self.core.numbers // self.core.dimension) + 2
        while True:
            shared = best_fit(self.core, m, self.rng, late=self.late)
            if shared.fit.error <= self.goal or m >= most or self.late():
                break
            m += 1
        fit = shared.fit
        met = fit.error <= self.goal
        reason = [
            f"{counted(m)} {'reach' if met else 'do not reach'} relative error {self.goal:.2g}: it is {fit.error:.3g}.",
            on_minimality(m, self.bound) if met else "The time is over: give it more seconds.",
            on_divergence(m, fit.cancellation) if shared.diverging else "",
            on_generic_count(m, self.core.dimension, self.core.order),
        ]
        return self.finish(fit, met, "best fit", reason, noisy=fit.error > EXACT)

    # --- order 2 --------------------------------------------------------------------------------------------

    def matrix(self, rank: int | str | None, tolerance: float | None) -> Decomposition:
        """Eigenvectors: the best fit at every rank (Eckart and Young)."""
        if rank == "bic":
            raise ValueError("rank must be a number for a matrix, got 'bic'")
        self.flatten()
        from tdbook.decomposition.core import written_out

        values, vectors = np.linalg.eigh(written_out(self.core.tensor))
        order = np.argsort(-np.abs(values))[: self.bound.value if rank is None else int(rank)]
        fit = Fit(values[order], vectors[:, order], 0.0)
        fit = Fit(fit.weights, fit.directions, self.objective.error(fit.weights, fit.directions), True)
        reason = [f"{counted(len(order))} reach relative error {fit.error:.1e} (eigenvectors)."]
        reason.append(on_minimality(len(order), self.bound) if rank is None else "No fit of this rank is better.")
        return self.finish(fit, True, "eigenvectors", reason)

    def _standard_errors(self, fit: Fit) -> Any:
        found = standard_errors(self.core, fit)
        if found is None:
            return None
        order = np.argsort(-np.abs(fit.weights), kind="stable")  # as the components are returned
        return type(found)(found.weights[order], found.angles[order])


def _rounded_up(error: float) -> float:
    """The next power of ten."""
    return float(10.0 ** math.ceil(math.log10(error)))
