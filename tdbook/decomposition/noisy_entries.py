"""Entries that carry noise: the best fit with a given number of components, or with one that is chosen."""

from __future__ import annotations

from tdbook.decomposition.call import EXACT, Call
from tdbook.decomposition.noise import Shared, best_fit, by_information, can_be_noise
from tdbook.decomposition.result import Decomposition, counted, on_divergence, on_generic_count, on_minimality


class NoisyEntries(Call):
    """The best fit, whatever its error."""

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
