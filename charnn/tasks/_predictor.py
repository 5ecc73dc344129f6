"""What answers to texts: many at a time, each as if it were alone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from charnn.data.examples.sequences import Sequences, cut
from charnn.data.text.decoding import normalized
from charnn.errors import DivergedError, InputError

if TYPE_CHECKING:  # a configuration is read without torch
    from charnn.configuration.config import Config
    from charnn.data.text.vocabularies import Vocabularies


class Candidate(NamedTuple):
    """One answer.

    Attributes:
        text: what is answered.
        log_probability: of it, in nats.
        ended: whether it came to its end; else it was cut at the greatest length.
    """

    text: str
    log_probability: float
    ended: bool = True


class Prediction(NamedTuple):
    """What is answered to one text.

    Attributes:
        candidates: the likeliest first; none where there is no answer.
        problem: why there is none, or None.
        left_out: how many symbols of the text are not in the vocabulary, and were left out.
    """

    candidates: Sequence[Candidate]
    problem: str | None = None
    left_out: int = 0


class Predictor(ABC):
    """Answers to texts with a trained network."""

    def __init__(self, network: Any, config: Config, vocabularies: Vocabularies) -> None:
        """A network, what it was trained by, and its symbols."""
        assert vocabularies.target is not None
        self.network, self.config = network, config
        self.inputs, self.targets = vocabularies.input, vocabularies.target

    def answer(
        self, texts: Sequence[str], count: int = 1, beam: int | None = None, *, skip_unknown: bool = False
    ) -> list[Prediction]:
        """What is answered to each text; it does not depend on the others.

        Args:
            texts: the texts.
            count: how many answers are given to each.
            beam: how wide the search is, where there is one; None: `count`.
            skip_unknown: leave out symbols that the network does not know, instead of giving no answer.

        Raises:
            DivergedError: the network's output is not finite.
        """
        cells = cut([normalized(text, self.inputs.normalize) for text in texts], self.inputs.unit)
        read = cells.encoded(self.inputs)
        unknown = np.add.reduceat(np.append(read.ids < 0, False), read.starts[:-1]) * (read.lengths > 0)
        if skip_unknown:
            read = read.without_unknown()
        left_out = unknown if skip_unknown else np.zeros_like(unknown)
        readable = (read.lengths > 0) & (unknown == left_out)
        rows = np.flatnonzero(readable)
        found = iter(self.read(read, rows, count, beam or count) if len(rows) else [])
        return [
            Prediction(next(found), None, leaves)
            if reads
            else Prediction((), self._problem(text, skip_unknown=skip_unknown))
            for text, reads, leaves in zip(texts, readable.tolist(), left_out.tolist(), strict=True)
        ]

    @abstractmethod
    def read(self, texts: Sequences, rows: NDArray[np.int64], count: int, beam: int) -> list[list[Candidate]]:
        """The answers to some texts, all of whose symbols are known, in the order of `rows`."""

    @staticmethod
    def check_finite(numbers: NDArray[np.float64]) -> None:
        """Refuse an output that is not finite.

        Raises:
            DivergedError: it is not.
        """
        if not np.isfinite(numbers).all():
            raise DivergedError("the model's output is no longer a finite number: its weights have diverged")

    def _problem(self, text: str, *, skip_unknown: bool) -> str:
        """Why a text has no answer."""
        if not text:
            return "the text is empty"
        try:
            self.inputs.encode(self.inputs.units(text), "the text", skip_unknown=skip_unknown)
        except InputError as error:
            return str(error)
        return f"the text holds no {self.inputs.unit} that the model knows"
