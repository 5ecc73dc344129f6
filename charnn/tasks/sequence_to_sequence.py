"""Sequence to sequence: a source is read whole, and its target is written from the state that is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from charnn.configuration.sections.corpus import PairTable, Table
from charnn.configuration.units import SymbolUnit
from charnn.errors import DivergedError, UsageError
from charnn.evaluation.answers import Answered, AnswerScores
from charnn.evaluation.examples import Evaluation, Mistake
from charnn.tasks._decoded import DEFAULT_LONGEST, DecodedTask, Written
from charnn.tasks._predictor import Candidate, Predictor

if TYPE_CHECKING:  # a configuration is read without torch
    from charnn.batches.batch import Batch
    from charnn.configuration.config import Config
    from charnn.data.examples.sequences import Sequences
    from charnn.data.text.vocabularies import Vocabularies
    from charnn.generation.beams import Answer
    from charnn.inference import examples as inference
    from charnn.inference.loading import Weights
    from charnn.networks.encoder_decoder import EncoderDecoder
    from charnn.networks.network import Network
    from charnn.networks.stack import States


class TargetPredictor(Predictor):
    """Answers with targets, the likeliest that the search finds first."""

    def read(self, texts: Sequences, rows: NDArray[np.int64], count: int, beam: int) -> list[list[Candidate]]:
        """See `Predictor`."""
        from charnn.generation.answering import answers

        assert isinstance(self.config.task, Written)
        found = answers(self.network, texts, rows, beam, self.config.task.longest or DEFAULT_LONGEST)
        return [
            [Candidate(self.targets.text(one.ids), one.log_probability, ended=one.ended) for one in row[:count]]
            for row in found
        ]


class SequenceToSequence(DecodedTask):
    """The target of a source."""

    class Options(Written):
        """Its keys."""

        reverse_source: bool = False
        """Whether a source is read from its last symbol to its first."""

    Corpus = PairTable
    counted = "symbols"
    has_baseline = False
    searches = True
    measures: ClassVar[Mapping[str, bool]] = {"exact_match": True, "symbol_error_rate": False, "loss": False}

    @classmethod
    def units(cls, corpus: Table) -> tuple[SymbolUnit, SymbolUnit]:
        """See `ExampleTask`."""
        assert isinstance(corpus, PairTable)
        return corpus.unit, corpus.target_unit

    @classmethod
    def of_arrays(cls, config: Config, vocabularies: Vocabularies, weights: Weights) -> inference.EncoderDecoder:
        """See `Task`."""
        options = config.task
        assert isinstance(options, cls.Options)
        return weights.encoder_decoder(*vocabularies.sizes, reverse_source=options.reverse_source)

    @classmethod
    def new_network(cls, config: Config, vocabularies: Vocabularies) -> EncoderDecoder:
        """See `Task`."""
        import torch

        from charnn.networks.encoder_decoder import EncoderDecoder

        options = config.task
        assert isinstance(options, cls.Options)
        inputs, targets = vocabularies.sizes
        network = EncoderDecoder(inputs, targets, config.model, reverse_source=options.reverse_source)
        return network.to(getattr(torch, config.train.dtype))

    @classmethod
    def predictor(cls, network: Any, config: Config, vocabularies: Vocabularies) -> TargetPredictor:
        """See `Task`."""
        return TargetPredictor(network, config, vocabularies)

    def score(self, network: Any, part: str, beam: int = 1) -> AnswerScores:
        """The answers to the distinct inputs of a part, and what was right.

        Args:
            network: what is asked.
            part: `train`, `validation` or `test`.
            beam: how wide the search is.

        Raises:
            DivergedError: the loss is not finite.
        """
        examples, of_input = self.examples, self._rows_by_input()
        rows = examples.parts[part]
        distinct = np.array([of_input[text][0] for text in dict.fromkeys(examples.rows[row].input for row in rows)])
        readable = distinct[examples.inputs.known[distinct]]
        answers = dict(zip(readable.tolist(), self.answers(network, readable, beam), strict=True))
        vocabulary = self.target_vocabulary

        def symbols(row: int) -> list[bytes]:
            return [vocabulary.symbols[number] for number in answers[row][0].ids]

        found = [
            Answered(
                examples.rows[row].input,
                symbols(row) if row in answers else None,
                # Symbols that no row for training has are among them.
                [examples.cells[1][other] for other in of_input[examples.rows[row].input]],
            )
            for row in distinct.tolist()
        ]
        known = examples.known(part)
        return AnswerScores(found, self._nats(network, known, part), len(rows) - len(known))

    def answers(self, network: Any, rows: NDArray[np.int64], beam: int) -> list[list[Answer]]:
        """What is answered to some rows, the best first."""
        from charnn.generation.answering import answers

        return answers(network, self.examples.inputs, rows, beam, self.longest)

    def _nats(self, network: Any, rows: NDArray[np.int64], part: str) -> float:
        from charnn.evaluation.reading import target_losses

        losses = target_losses(network, self.examples.inputs, self.examples.targets, rows)
        nats = float(losses.sum() / (self.examples.targets.lengths[rows] + 1).sum())
        if not np.isfinite(nats):
            raise DivergedError(f"the loss over the {part} part is {nats}: the model's weights have diverged")
        return nats

    def _rows_by_input(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for number, row in enumerate(self.examples.rows):
            found.setdefault(row.input, []).append(number)
        return found

    def evaluate(self, network: Any, part: str, beam: int = 1) -> Evaluation:
        """See `ExampleTask`."""
        scores, vocabulary = self.score(network, part, beam), self.target_vocabulary

        def text(symbols: Sequence[bytes]) -> str:
            return (b" " if vocabulary.unit == "token" else b"").join(symbols).decode(errors="replace")

        def mistakes(count: int) -> list[Mistake]:
            return [
                Mistake(
                    row.input,
                    None if row.answer is None else text(row.answer),
                    " | ".join(map(text, row.references)),
                )
                for row in scores.worst(count)
            ]

        return Evaluation(scores.values(), "symbols", len(scores.rows), scores.left_out, mistakes)

    def example(self, network: Network, states: States, batch: Batch, step: int) -> dict[str, Any]:
        """See `Task`: a source of the validation part, or of the training part, and what is answered to it."""
        row = self.row_shown(step)
        best = self.answers(network, np.array([row]), 1)[0][0]
        example = self.examples.rows[row]
        return {"prime": example.input, "text": self.target_vocabulary.text(best.ids), "expected": example.target}

    def baseline(self, part: str = "validation") -> dict[str, Any]:
        """See `Task`.

        Raises:
            UsageError: counting writes no target for a source.
        """
        raise UsageError("there is no n-gram model that writes a target for a source: leave --baseline out")
