"""What truncation does to a gradient: its bias, and its spread over many draws, beside the full gradient g of a text.

    bias ‖E ĝ − g‖ / ‖g‖     spread √E‖ĝ − E ĝ‖² / ‖g‖     ĝ = (c/T) Σ over the windows of what each update takes

With c the divisor of the plan, ĝ does not depend on it. The text is one lane, and the weights stay as they are.

E ĝ of randomized truncation is had by enumerating all 2^(T−1) patterns of gates where T ≤ 12, else by drawing. A mean
of N draws is off by spread/√N, and the spread is known exactly: while the squared contribution over the lag k shrinks
as ρ^(2k), the second moment of the product ξ ⋯ ξ grows as (1/π)^k, so that with ρ²/π > 1 the spread grows
exponentially with the text, and no number of draws that anybody could wait for would tell the mean.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice, product
from random import Random
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from charnn.analysis.gradients.rate import fitted_rate
from charnn.analysis.truncation.contributions import Contributions, contributions
from charnn.analysis.truncation.windows import Drawn, kept
from charnn.bptt.strategies.randomized import Randomized
from charnn.data.text.units import Ids
from charnn.errors import UsageError
from charnn.networks.decoder import Decoder

Kept = NDArray[np.float64]
Numbers = NDArray[np.float64]

MOST_ENUMERATED = 12
MOST_MEASURED = 100
TRUSTED_ERROR = 0.1
_AT_A_TIME = 64
_LARGEST_SHARE = 0.1
_LARGEST_EXPONENT = 140  # of 10, whose square is still a number
_COUNTABLE = 1e9


@dataclass(frozen=True)
class Estimate:
    """One strategy's gradient beside the full one.

    Attributes:
        strategy: its name.
        how: `exact` (it has one gradient), `enumerated` (all patterns of gates) or `drawn`.
        count: of the patterns or draws.
        bias: ‖E ĝ − g‖/‖g‖; where drawn, of the mean of the draws, and None where that mean tells nothing.
        cosine: of the angle between E ĝ and g, likewise.
        spread: √E‖ĝ − E ĝ‖²/‖g‖ of one draw; exact, unless `max_window` can end a window of a text that was not
            enumerated: then that of the draws.
        standard_error: what the bias of the mean of `count` draws would be if there were none; 0 where it is exact.
        trusted: whether so many draws tell the mean: the standard error is small, and where the spread is itself that
            of the draws, no single one of them makes it.
        draw_cosines: the quartiles over single draws of the cosine with g.
        draw_errors: the quartiles over single draws of ‖ĝ − g‖/‖g‖.
        largest_share: the share of the farthest draw in the sum of all ‖ĝ − g‖².
        decay: ρ, the rate per step of ‖u_{t−k,t}‖.
        growth: ρ²/π, the rate at which the second moment grows with the lag.
        max_window: the lag at which it stops growing, if any.
    """

    strategy: str
    how: str
    count: int
    bias: float | None
    cosine: float | None
    spread: float
    standard_error: float
    trusted: bool
    draw_cosines: tuple[float, ...] | None
    draw_errors: tuple[float, ...] | None
    largest_share: float | None = None
    decay: float | None = None
    growth: float | None = None
    max_window: int | None = None

    @property
    def draws_needed(self) -> int | None:
        """How many draws would tell the mean; None where there is no number for it."""
        return math.ceil((self.spread / TRUSTED_ERROR) ** 2) if self.spread < _COUNTABLE else None

    def document(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {
            key: None if isinstance(value, float) and not math.isfinite(value) else value
            for key, value in {**asdict(self), "draws_needed": self.draws_needed}.items()
        }


def estimates(network: Decoder, ids: Ids, plans: Sequence[Drawn], draws: int, seed: int) -> list[Estimate]:
    """Measure the gradient of each plan over a text; nothing where the full gradient is zero or not finite.

    Args:
        ids: T + 1 ids.
        draws: how often to draw where there is too much to enumerate.

    Raises:
        UsageError: the products of 1/π are beyond all numbers.
    """
    text = torch.from_numpy(ids.astype(np.int64))
    measure = _Measure(contributions(network, text))
    if not 0 < measure.norm < math.inf:
        return []
    found = []
    for plan in plans:
        if isinstance(plan.strategy, Randomized):
            found.append(measure.randomized(plan.strategy, draws, seed))
        elif plan.resets <= {0}:
            found.append(measure.cut(plan))
        else:
            found.append(measure.cut_into_sequences(plan, contributions(network, text, plan.resets)))
    return found


class _Measure:
    """The full gradient of a text, and how others lie to it."""

    def __init__(self, whole: Contributions) -> None:
        self.whole, self.length = whole, whole.length
        self.all = torch.ones(self.length, self.length, dtype=torch.float64).triu()
        self.norm = float(whole.squared_norm(self.all).sqrt())

    def cut(self, plan: Drawn) -> Estimate:
        """A strategy with one gradient."""
        errors, cosines = self._lie(torch.from_numpy(kept(plan.windows, self.length)))
        return _exact(plan.name, float(errors), float(cosines))

    def cut_into_sequences(self, plan: Drawn, own: Contributions) -> Estimate:
        """A strategy that resets the state inside the text, so that the network goes through other states."""
        left = torch.from_numpy(kept(plan.windows, self.length))
        square, along = float(own.squared_norm(left)), float(own.product(left, self.whole, self.all))
        error = math.sqrt(max(0.0, square - 2 * along + self.norm**2)) / self.norm
        return _exact(plan.name, error, along / (math.sqrt(square) * self.norm))

    def randomized(self, strategy: Randomized, draws: int, seed: int) -> Estimate:
        """Over all patterns of gates, or over draws of them.

        Raises:
            UsageError: the products of 1/π are beyond all numbers.
        """
        pi = [strategy.pi[step % len(strategy.pi)] for step in range(self.length)]
        if -sum(math.log10(one) for one in pi) > _LARGEST_EXPONENT:
            raise UsageError(
                f"`pi` is too small for {self.length} steps: products of 1/π over them are beyond all numbers; "
                "take a larger one, or a shorter text"
            )
        enumerated = self.length <= MOST_ENUMERATED
        patterns = _patterns(strategy, self.length) if enumerated else _drawn(strategy, self.length, draws, seed)
        mean, errors, cosines, chances = self._over(patterns)
        bias, cosine = (float(value) for value in self._lie(mean))
        largest_share = float((errors**2).max() / max(1e-300, float((errors**2).sum())))
        known = enumerated or strategy.max_window is None or strategy.max_window >= self.length
        if enumerated or not known:
            spread = math.sqrt(max(0.0, float(chances @ errors**2) - bias**2))
        else:
            spread = math.sqrt(max(0.0, self.whole.variance(pi))) / self.norm
        standard_error = 0.0 if enumerated else spread / math.sqrt(draws)
        tells = standard_error <= TRUSTED_ERROR and (known or largest_share <= _LARGEST_SHARE)
        decay = self._decay()
        return Estimate(
            strategy="randomized",
            how="enumerated" if enumerated else "drawn",
            count=len(errors),
            bias=bias if tells else None,
            cosine=cosine if tells else None,
            spread=spread,
            standard_error=standard_error,
            trusted=tells,
            draw_cosines=_quartiles(cosines, chances),
            draw_errors=_quartiles(errors, chances),
            largest_share=None if enumerated else largest_share,
            decay=decay,
            growth=None if decay is None else decay**2 * math.exp(-float(np.log(strategy.pi).mean())),
            max_window=strategy.max_window,
        )

    def _lie(self, left: Float[Tensor, "*N T T"]) -> tuple[Tensor, Tensor]:
        """‖ĝ − g‖/‖g‖ and the cosine between ĝ and g."""
        errors = self.whole.squared_norm(left - self.all).sqrt() / self.norm
        norms = self.whole.squared_norm(left).sqrt().clamp_min(1e-300)
        return errors, self.whole.product(left, self.whole, self.all) / (norms * self.norm)

    def _over(self, patterns: Iterator[tuple[float, Kept]]) -> tuple[Tensor, Numbers, Numbers, Numbers]:
        """The mean of P over patterns with their chances; errors, cosines and chances of each."""
        mean = torch.zeros_like(self.all)
        parts: list[tuple[Numbers, Numbers, Numbers]] = []
        while block := list(islice(patterns, _AT_A_TIME)):
            chances = np.array([chance for chance, _ in block])
            left = torch.from_numpy(np.stack([one for _, one in block]))
            mean += torch.einsum("n,nst->st", torch.from_numpy(chances), left)
            errors, cosines = self._lie(left)
            parts.append((errors.numpy(), cosines.numpy(), chances))
        errors_, cosines_, chances = (np.concatenate(part) for part in zip(*parts, strict=True))
        return mean / chances.sum(), errors_, cosines_, chances / chances.sum()

    def _decay(self) -> float | None:
        """ρ: the rate of the root mean square of ‖u_{t−k,t}‖ over t, without the lag 0, which has the decoder too."""
        norms = self.whole.norms().numpy()
        by_lag = [math.sqrt(np.square(norms.diagonal(lag)).mean()) for lag in range(self.length)]
        return fitted_rate(np.array(by_lag), first=1)


def _exact(strategy: str, error: float, cosine: float) -> Estimate:
    return Estimate(strategy, "exact", 1, error, cosine, 0.0, 0.0, True, None, None)


def _patterns(strategy: Randomized, length: int) -> Iterator[tuple[float, Kept]]:
    """Every pattern of gates that can be drawn: its chance, and P."""
    pi = [strategy.pi[step % len(strategy.pi)] for step in range(1, length)]
    for pattern in product([False, True], repeat=length - 1):
        chance = math.prod(p if keep else 1 - p for p, keep in zip(pi, pattern, strict=True))
        if chance:
            gates = [1.0, *(1 / p if keep else 0.0 for p, keep in zip(pi, pattern, strict=True))]
            yield chance, kept(strategy.cut(gates, length), length)


def _drawn(strategy: Randomized, length: int, draws: int, seed: int) -> Iterator[tuple[float, Kept]]:
    random = Random(f"{seed} draws")
    for _ in range(draws):
        yield 1.0, kept(strategy.windows(length, random), length)


def _quartiles(values: Numbers, chances: Numbers) -> tuple[float, ...]:
    """The smallest values below which a quarter, half and three quarters of the chances lie."""
    order = np.argsort(values)
    below = chances[order].cumsum()
    places = [min(int(np.searchsorted(below, share)), len(order) - 1) for share in (0.25, 0.5, 0.75)]
    return tuple(float(values[order[place]]) for place in places)
