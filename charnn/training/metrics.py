"""What a training measures: sums between two reports, and the row that a report makes of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from charnn.evaluation.measures import bits

SMOOTHING = 0.999


@dataclass(frozen=True)
class Update:
    """What one parameter update saw.

    Attributes:
        nats: the loss summed over all characters, rows or symbols that count.
        characters: how many these were.
        objective: the number that was minimised.
        gradient_norm: the norm of the whole gradient before clipping.
        clipped: whether clipping changed it.
        bounded: whether a bound on memory ended the window.
        learning_rate: the rate of this update.
    """

    nats: float
    characters: int
    objective: float
    gradient_norm: float
    clipped: bool
    bounded: bool
    learning_rate: float


@dataclass
class Interval:
    """Sums since the last report."""

    steps: int = 0
    nats: float = 0.0
    characters: int = 0
    objective: float = 0.0
    norm: float = 0.0
    largest_norm: float = 0.0
    clipped: int = 0
    seconds: float = 0.0


@dataclass
class Meter:
    """Running sums.

    Attributes:
        smoothed_objective: starts at the objective of a uniform guess.
        counted: what there is one loss for each of, in the plural.
    """

    smoothed_objective: float
    counted: str = "characters"
    characters: int = 0
    bounded: int = 0
    learning_rate: float = 0.0
    interval: Interval = field(default_factory=Interval)

    def add(self, update: Update, seconds: float) -> None:
        """Take one update and the time that it took."""
        self.smoothed_objective = SMOOTHING * self.smoothed_objective + (1 - SMOOTHING) * update.objective
        self.characters += update.characters
        self.bounded += update.bounded
        self.learning_rate = update.learning_rate
        since = self.interval
        since.steps += 1
        since.nats += update.nats
        since.characters += update.characters
        since.objective += update.objective
        since.norm += update.gradient_norm
        since.largest_norm = max(since.largest_norm, update.gradient_norm)
        since.clipped += update.clipped
        since.seconds += seconds

    def report(self) -> dict[str, Any]:
        """Means since the last report, by the names that they have in `metrics.jsonl`; starts the next.

        Bits are told where there is one loss a character.
        """
        since, self.interval = self.interval, Interval()
        loss = since.nats / since.characters
        return {
            self.counted: self.characters,
            "loss": loss,
            **({"bpc": bits(loss)} if self.counted == "characters" else {}),
            "objective": since.objective / since.steps,
            "smoothed_objective": self.smoothed_objective,
            "gradient_norm": since.norm / since.steps,
            "largest_gradient_norm": since.largest_norm,
            "clipped": since.clipped / since.steps,
            "bounded_windows": self.bounded,
            "learning_rate": self.learning_rate,
            f"{self.counted}_per_second": since.characters / since.seconds,
        }

    def document(self) -> dict[str, Any]:
        """The meter as plain numbers, for a checkpoint."""
        return asdict(self)

    @classmethod
    def of(cls, document: dict[str, Any]) -> Meter:
        """The meter that `document` gave."""
        return cls(**{**document, "interval": Interval(**document["interval"])})
