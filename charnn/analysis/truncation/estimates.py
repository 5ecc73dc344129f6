"""What truncation does to a gradient: its bias, and its spread over draws, relative to the full gradient g of a text.

    bias ‖E ĝ − g‖ / ‖g‖     spread √E‖ĝ − E ĝ‖² / ‖g‖     ĝ = (c/T) Σ over the windows of the gradient of each update

With c the divisor of the plan, ĝ does not depend on it. The text is one lane, and the weights are not updated.

For randomized truncation, E ĝ is computed from all 2^(T−1) patterns of gates where T ≤ 12, and from draws of them
otherwise. A mean of N draws has an error of spread/√N, and the spread is known exactly: while the squared contribution
over the lag k shrinks as ρ^(2k), the second moment of the product ξ ⋯ ξ grows as (1/π)^k, so that with ρ²/π > 1 the
spread grows exponentially with the text, and no feasible number of draws would tell the mean.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from charnn.analysis.gradients.rate import fitted_rate
from charnn.analysis.truncation.contributions import Contributions, contributions
from charnn.analysis.truncation.estimate import TRUSTED_ERROR, Estimate
from charnn.analysis.truncation.gate_patterns import (
    MOST_ENUMERATED,
    Pattern,
    all_patterns,
    drawn_patterns,
    probabilities,
)
from charnn.analysis.truncation.window_plan import WindowPlan, kept
from charnn.bptt.strategies.randomized import Randomized
from charnn.data.text.units import Ids
from charnn.errors import UsageError
from charnn.networks.decoder import Decoder

Numbers = NDArray[np.float64]

MOST_MEASURED = 100
_AT_A_TIME = 64
_LARGEST_SHARE = 0.1
_LARGEST_EXPONENT = 140  # of 10, whose square is still a finite number
_SMALLEST = 1e-300


def estimates(network: Decoder, ids: Ids, plans: Sequence[WindowPlan], draws: int, seed: int) -> list[Estimate]:
    """Measure the gradient under each plan; nothing where the full gradient is zero or not finite.

    Args:
        network: the network.
        ids: T + 1 ids; the last one is only predicted.
        plans: the windows of each strategy over the text.
        draws: how many draws, where there are too many patterns to enumerate.
        seed: of the draws.

    Raises:
        UsageError: the products of 1/π are larger than any float.
    """
    text = torch.from_numpy(ids.astype(np.int64))
    full = _FullGradient(contributions(network, text))
    if not 0 < full.norm < math.inf:
        return []
    measured = []
    for plan in plans:
        if isinstance(plan.strategy, Randomized):
            measured.append(full.estimate_of_randomized(plan.strategy, draws, seed))
        elif plan.resets <= {0}:
            measured.append(full.estimate_of_cut(plan))
        else:
            measured.append(full.estimate_of_sequences(plan, contributions(network, text, plan.resets)))
    return measured


class _FullGradient:
    """The full gradient of a text, which the gradients of strategies are measured against."""

    def __init__(self, whole: Contributions) -> None:
        self.whole, self.length = whole, whole.length
        self.all = torch.ones(self.length, self.length, dtype=torch.float64).triu()
        self.norm = float(whole.squared_norm(self.all).sqrt())

    def estimate_of_cut(self, plan: WindowPlan) -> Estimate:
        """That of a strategy with one gradient."""
        error, cosine = self._compare(torch.from_numpy(kept(plan.windows, self.length)))
        return Estimate.exact(plan.name, float(error), float(cosine))

    def estimate_of_sequences(self, plan: WindowPlan, own: Contributions) -> Estimate:
        """That of a strategy that resets the state inside the text, so that the network goes through other states.

        Args:
            plan: its windows.
            own: the contributions with these resets.
        """
        p = torch.from_numpy(kept(plan.windows, self.length))
        square, along = float(own.squared_norm(p)), float(own.product(p, self.whole, self.all))
        error = math.sqrt(max(0.0, square - 2 * along + self.norm**2)) / self.norm
        return Estimate.exact(plan.name, error, along / (math.sqrt(square) * self.norm))

    def estimate_of_randomized(self, strategy: Randomized, draws: int, seed: int) -> Estimate:
        """That of randomized truncation, over all patterns of gates or over draws of them.

        Raises:
            UsageError: the products of 1/π are larger than any float.
        """
        pi = probabilities(strategy, self.length)
        _check_products(pi)
        enumerated = self.length <= MOST_ENUMERATED
        patterns = all_patterns(strategy, self.length)
        if not enumerated:
            patterns = drawn_patterns(strategy, self.length, draws, seed)
        mean, errors, cosines, chances = self._compare_all(patterns)
        bias, cosine = (float(value) for value in self._compare(mean))
        largest_share = float((errors**2).max() / max(_SMALLEST, float((errors**2).sum())))
        known = enumerated or strategy.max_window is None or strategy.max_window >= self.length
        if enumerated or not known:
            spread = math.sqrt(max(0.0, float(chances @ errors**2) - bias**2))
        else:
            spread = math.sqrt(max(0.0, self.whole.variance(pi))) / self.norm
        standard_error = 0.0 if enumerated else spread / math.sqrt(draws)
        trusted = standard_error <= TRUSTED_ERROR and (known or largest_share <= _LARGEST_SHARE)
        decay = self._decay()
        return Estimate(
            strategy="randomized",
            how="enumerated" if enumerated else "drawn",
            count=len(errors),
            bias=bias if trusted else None,
            cosine=cosine if trusted else None,
            spread=spread,
            standard_error=standard_error,
            trusted=trusted,
            draw_cosines=_quartiles(cosines, chances),
            draw_errors=_quartiles(errors, chances),
            largest_share=None if enumerated else largest_share,
            decay=decay,
            growth=None if decay is None else decay**2 * math.exp(-float(np.log(strategy.pi).mean())),
            max_window=strategy.max_window,
        )

    def _compare(self, p: Float[Tensor, "*N T T"]) -> tuple[Tensor, Tensor]:
        """‖ĝ − g‖/‖g‖ and the cosine between ĝ and g, of the gradients that P leaves."""
        errors = self.whole.squared_norm(p - self.all).sqrt() / self.norm
        norms = self.whole.squared_norm(p).sqrt().clamp_min(_SMALLEST)
        return errors, self.whole.product(p, self.whole, self.all) / (norms * self.norm)

    def _compare_all(self, patterns: Iterator[Pattern]) -> tuple[Tensor, Numbers, Numbers, Numbers]:
        """The mean of P over patterns by their chances; the error, the cosine and the chance of each."""
        mean = torch.zeros_like(self.all)
        parts: list[tuple[Numbers, Numbers, Numbers]] = []
        while block := list(islice(patterns, _AT_A_TIME)):
            chances = np.array([chance for chance, _ in block])
            p = torch.from_numpy(np.stack([own for _, own in block]))
            mean += torch.einsum("n,nst->st", torch.from_numpy(chances), p)
            errors, cosines = self._compare(p)
            parts.append((errors.numpy(), cosines.numpy(), chances))
        all_errors, all_cosines, all_chances = (np.concatenate(part) for part in zip(*parts, strict=True))
        total = all_chances.sum()
        return mean / total, all_errors, all_cosines, all_chances / total

    def _decay(self) -> float | None:
        """ρ: the rate of the root mean square of ‖u_{t−k,t}‖ over t, from lag 1 on: lag 0 has the output layer too."""
        norms = self.whole.norms().numpy()
        by_lag = [math.sqrt(np.square(norms.diagonal(lag)).mean()) for lag in range(self.length)]
        return fitted_rate(np.array(by_lag), first=1)


def _check_products(pi: Sequence[float]) -> None:
    if -sum(math.log10(p) for p in pi) > _LARGEST_EXPONENT:
        raise UsageError(
            f"`pi` is too small for {len(pi)} steps: products of 1/π over them are larger than any float;"
            " take a larger one, or a shorter text"
        )


def _quartiles(values: Numbers, chances: Numbers) -> tuple[float, ...]:
    """The smallest values below which a quarter, half and three quarters of the chances lie."""
    order = np.argsort(values)
    below = chances[order].cumsum()
    ranks = [min(int(np.searchsorted(below, share)), len(order) - 1) for share in (0.25, 0.5, 0.75)]
    return tuple(float(values[order[rank]]) for rank in ranks)
