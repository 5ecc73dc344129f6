"""What is known of a network's answers to a part of a table, whatever was asked for. No torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Mistake(NamedTuple):
    """A wrong answer.

    Attributes:
        input: what was read.
        answer: what was said; None where it could not be read.
        expected: what was expected.
        nats: the loss, where there is one for a row.
    """

    input: str
    answer: str | None
    expected: str
    nats: float | None = None


class Confusion(NamedTuple):
    """How often one label was answered with another.

    Attributes:
        labels: their names.
        counts: (K, K + 1) the right label by row, the answer by column; the last column: no answer.
    """

    labels: Sequence[str]
    counts: NDArray[np.int64]

    @property
    def shown(self) -> NDArray[np.int64]:
        """The counts, without the last column where everything was answered."""
        return self.counts if self.counts[:, -1].any() else self.counts[:, :-1]


@dataclass(frozen=True)
class Evaluation:
    """The scores of a part.

    Attributes:
        values: the scores by their names; `loss` in nats.
        counted: what there is one loss for each of.
        rows: how many rows, or distinct inputs, there are.
        left_out: how many of them the nats leave out, because no row for training has their symbols.
        mistakes: gives the worst so many.
        confusion: of labels, where labels were asked for.
    """

    values: dict[str, Any]
    counted: str
    rows: int
    left_out: int
    mistakes: Callable[[int], list[Mistake]] | None = None
    confusion: Confusion | None = None
