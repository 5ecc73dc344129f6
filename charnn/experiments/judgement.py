"""Means over seeds, their errors, and whether a lead is more than chance.

    s = √(Σ (x_i − x̄)² / (n − 1)),   standard error = s / √n
    t = d̄ / (s_d / √n) of the differences d_i of two configurations with the same seed, n − 1 degrees of freedom

The p-values of one table are corrected by Holm's method. Sources: Student, "The probable error of a mean", 1908;
Holm, "A simple sequentially rejective multiple test procedure", 1979; Abramowitz & Stegun, 26.7.3 and 26.7.4.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SIGNIFICANT = 0.05
FEWEST_PAIRS = 3


@dataclass(frozen=True)
class Lead:
    """How a row does beside the best one.

    Attributes:
        pairs: seeds that both finished.
        difference: the mean of the differences to the best row over them; None without a pair.
        p: the corrected probability that chance alone makes such a difference; None where there are too few pairs.
    """

    pairs: int
    difference: float | None
    p: float | None

    @property
    def is_significant(self) -> bool:
        """Whether the best row is ahead by more than chance."""
        return self.p is not None and self.p < SIGNIFICANT


def mean_of(values: Sequence[float]) -> float:
    """The mean."""
    return math.fsum(values) / len(values)


def standard_error(values: Sequence[float]) -> float | None:
    """The standard error of the mean; None where there is one value only."""
    if len(values) < 2:
        return None
    mean = mean_of(values)
    squares = math.fsum((value - mean) ** 2 for value in values)
    return math.sqrt(squares / (len(values) - 1) / len(values))


def paired_p(differences: Sequence[float]) -> float:
    """The two-sided p-value of the paired t-test, of two or more differences.

    Where all differences are equal their error is 0: then p is 1 if they are 0, and else 0.
    """
    mean, error = mean_of(differences), standard_error(differences)
    if not error:
        return float(mean == 0)
    return _outside(mean / error, len(differences) - 1)


def _outside(t: float, degrees: int) -> float:
    """P(|T| > |t|) of Student's distribution, whose whole degrees of freedom make it a finite sum.

    With θ = atan(|t| / √ν): P(|T| ≤ |t|) = sin θ (1 + ½ cos² θ + (1·3)/(2·4) cos⁴ θ + …) for an even ν, and
    2/π (θ + sin θ (cos θ + ⅔ cos³ θ + (2·4)/(3·5) cos⁵ θ + …)) for an odd one, up to the power ν − 2.
    """
    theta = math.atan2(abs(t), math.sqrt(degrees))
    cosine, sine = math.cos(theta), math.sin(theta)
    odd = degrees % 2
    term, total = (cosine if odd else 1.0), 0.0
    for power in range(odd, degrees - 1, 2):
        total += term
        term *= cosine**2 * (power + 1) / (power + 2)
    inside = 2 / math.pi * (theta + sine * total) if odd else sine * total
    return max(0.0, 1.0 - inside)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values, corrected for as many tests as there are."""
    corrected, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: p_values[place])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = largest
    return corrected


def leads(best: Mapping[int, float], others: Sequence[Mapping[int, float]]) -> list[Lead]:
    """How the other rows do beside the best one; each maps its seeds to values."""
    paired = [[other[seed] - best[seed] for seed in best if seed in other] for other in others]
    tested = [place for place, differences in enumerate(paired) if len(differences) >= FEWEST_PAIRS]
    corrected = dict(zip(tested, holm([paired_p(paired[place]) for place in tested]), strict=True))
    return [
        Lead(len(differences), mean_of(differences) if differences else None, corrected.get(place))
        for place, differences in enumerate(paired)
    ]
