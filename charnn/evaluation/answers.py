"""How good answers are where a sequence was asked for. No torch.

An input may have several targets: an answer is right if it is any of them, and its errors are counted against the
nearest. So every distinct input counts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from rapidfuzz.distance import Levenshtein


class Answered(NamedTuple):
    """One distinct input.

    Attributes:
        input: the text.
        answer: the symbols that were answered; None where the input cannot be read.
        references: the symbols of each of its targets.
    """

    input: str
    answer: Sequence[bytes] | None
    references: Sequence[Sequence[bytes]]

    @property
    def is_right(self) -> bool:
        """Whether the answer is one of the targets."""
        return self.answer is not None and any(list(self.answer) == list(one) for one in self.references)

    @property
    def errors(self) -> tuple[int, int]:
        """The fewest edits from a target to the answer, and how many symbols that target has."""
        edits = [
            len(one) if self.answer is None else Levenshtein.distance(list(self.answer), list(one))
            for one in self.references
        ]
        return min(zip(edits, map(len, self.references), strict=True))


@dataclass(frozen=True)
class AnswerScores:
    """Answers, and what was right.

    Attributes:
        rows: one for each distinct input.
        nats: the mean loss of a target's symbol, its end counted too; rows with unknown symbols are left out.
        left_out: how many rows that were.
    """

    rows: Sequence[Answered]
    nats: float
    left_out: int = 0

    @property
    def exact_match(self) -> float:
        """The share of inputs whose whole answer is right."""
        return sum(row.is_right for row in self.rows) / len(self.rows)

    @property
    def symbol_error_rate(self) -> float:
        """Edits for each symbol of the nearest targets."""
        errors = [row.errors for row in self.rows]
        return sum(edits for edits, _ in errors) / sum(symbols for _, symbols in errors)

    def values(self) -> dict[str, Any]:
        """Every score by its name."""
        return {
            "loss": self.nats,
            "exact_match": self.exact_match,
            "symbol_error_rate": self.symbol_error_rate,
        }

    def worst(self, count: int) -> list[Answered]:
        """The inputs that were answered wrongly, those with the most edits for a symbol first."""
        wrong = [row for row in self.rows if not row.is_right]
        return sorted(wrong, key=lambda row: -row.errors[0] / row.errors[1])[:count]
