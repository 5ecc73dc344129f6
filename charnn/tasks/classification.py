"""Classification, many to one: a text is read, and its label is asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from charnn.configuration.sections.corpus import ClassificationTable, Table
from charnn.configuration.types import NonNegative, Part
from charnn.configuration.units import SymbolUnit
from charnn.errors import DivergedError, UsageError
from charnn.evaluation.examples import Confusion, Evaluation, Mistake
from charnn.evaluation.labels import UNKNOWN, LabelScores
from charnn.tasks._examples import ExampleTask, examples_of_run
from charnn.tasks._predictor import Candidate, Predictor

if TYPE_CHECKING:  # a configuration is read without torch
    import torch

    from charnn.batches.batch import Batch
    from charnn.batches.examples import Examples as ExampleLoader
    from charnn.configuration.config import Config
    from charnn.data.examples.sequences import Sequences
    from charnn.data.examples.table import Example
    from charnn.data.text.vocabularies import Vocabularies
    from charnn.inference import examples as inference
    from charnn.inference.loading import Weights
    from charnn.mixture.kept import Kept
    from charnn.mixture.labels import MixedClassifier
    from charnn.networks.classifier import Classifier
    from charnn.networks.network import Network
    from charnn.networks.stack import States
    from charnn.runs.run import Run


class LabelPredictor(Predictor):
    """Answers with labels, the likeliest first."""

    def read(self, texts: Sequences, rows: NDArray[np.int64], count: int, beam: int) -> list[list[Candidate]]:
        """See `Predictor`."""
        from charnn.evaluation.reading import label_log_probabilities

        found = label_log_probabilities(self.network, texts, rows)
        self.check_finite(found)
        ranked = np.argsort(-found, axis=1, kind="stable")[:, :count]
        labels = [symbol.decode() for symbol in self.targets.symbols]
        best = zip(ranked.tolist(), np.take_along_axis(found, ranked, axis=1).tolist(), strict=True)
        return [[Candidate(labels[label], p) for label, p in zip(order, logs, strict=True)] for order, logs in best]


class Classification(ExampleTask):
    """The label of a text."""

    class Options(Part):
        """Its keys."""

        text_weight: NonNegative = 0.0
        """What the loss of each next symbol of a text counts, beside that of its label, while the network learns."""

    Corpus = ClassificationTable
    counted = "rows"
    measures: ClassVar[Mapping[str, bool]] = {
        "accuracy": True,
        "accuracy_any": True,
        "top3": True,
        "macro_f1": True,
        "loss": False,
    }
    loss_at_end = True
    has_mixture = True

    @classmethod
    def units(cls, corpus: Table) -> tuple[SymbolUnit, SymbolUnit]:
        """See `ExampleTask`."""
        return corpus.unit, "label"

    @property
    def labels(self) -> list[str]:
        """The name of each label."""
        target = self.vocabularies.target
        assert target is not None
        return [symbol.decode() for symbol in target.symbols]

    def losses(self) -> NDArray[np.int64]:
        """See `ExampleTask`: one a row."""
        return np.ones(len(self.examples.parts["train"]), dtype=np.int64)

    def weights(self) -> NDArray[np.float64] | None:
        """See `ExampleTask`: with `corpus.balance: inverse` every label has the same weight in all."""
        assert isinstance(self.config.corpus, ClassificationTable)
        if self.config.corpus.balance == "none":
            return None
        own = self.expected("train")
        counts = np.bincount(own, minlength=len(self.labels))
        return np.asarray(len(own) / (np.count_nonzero(counts) * counts[own]), dtype=np.float64)

    def expected(self, part: str) -> NDArray[np.int64]:
        """The label of each row of a part; `UNKNOWN` for one that no row for training has."""
        targets = self.examples.targets
        found = targets.ids[targets.starts[:-1][self.examples.parts[part]]].astype(np.int64)
        return np.where(found < 0, UNKNOWN, found)

    @classmethod
    def of_arrays(cls, config: Config, vocabularies: Vocabularies, weights: Weights) -> inference.Classifier:
        """See `Task`."""
        return weights.classifier(*vocabularies.sizes, was_asked_for_text=_text_weight(config) > 0)

    @classmethod
    def new_network(cls, config: Config, vocabularies: Vocabularies) -> Classifier:
        """See `Task`."""
        import torch

        from charnn.networks.classifier import Classifier

        symbols, labels = vocabularies.sizes
        network = Classifier(symbols, labels, config.model, _text_weight(config))
        return network.to(getattr(torch, config.train.dtype))

    @classmethod
    def predictor(cls, network: Any, config: Config, vocabularies: Vocabularies) -> LabelPredictor:
        """See `Task`."""
        return LabelPredictor(network, config, vocabularies)

    def loader(self, own: range | None, device: torch.device) -> ExampleLoader:
        """See `Task`.

        Raises:
            UsageError: a mixture is asked for, and there is no validation part that it can be learned on.
        """
        if self.config.train.mixture and not len(self.examples.parts["validation"]):
            raise UsageError("`train.mixture` is learned on the validation part, and `corpus.split` leaves none")
        return super().loader(own, device)

    @classmethod
    def mix(cls, run: Run, order: int | None = None) -> Kept:
        """See `Task`: with what gives most rows of the validation part their label by counting."""
        from charnn.mixture.labels import MixedClassifier
        from charnn.ngrams.labelled import ORDERS
        from charnn.tasks import reading_network

        task, _ = examples_of_run(run)
        assert isinstance(task, Classification)
        network, sizes = reading_network(run, None, "cpu"), (len(task.labels), len(task.vocabularies.input))
        parts = task._readable("train"), task._readable("validation")
        orders = ORDERS if order is None else (order,)
        return MixedClassifier.learned(network, task.examples.inputs, *parts, sizes, orders).save(run)

    @classmethod
    def mixed(cls, run: Run, network: Any) -> MixedClassifier:
        """See `Task`."""
        from charnn.mixture.labels import mixed_classifier

        found = mixed_classifier(run, network)
        if found is None:
            raise UsageError(f"{run.path} has no n-grams to be mixed with: `charnn mix {run.path}` makes them")
        return found

    def score(self, network: Any, part: str) -> LabelScores:
        """The answers to a part, and what was right.

        Raises:
            DivergedError: the loss is not finite.
        """
        from charnn.evaluation.reading import label_log_probabilities

        rows = self.examples.parts[part]
        readable = self.examples.inputs.known[rows]
        log_probabilities = np.full((len(rows), len(self.labels)), np.nan)
        log_probabilities[readable] = label_log_probabilities(network, self.examples.inputs, rows[readable])
        if not np.isfinite(log_probabilities[readable]).all():
            raise DivergedError(f"the loss over the {part} part is not finite: the model's weights have diverged")
        return LabelScores(self.labels, log_probabilities, self.expected(part), self._accepted(rows))

    def evaluate(self, network: Any, part: str, beam: int = 1) -> Evaluation:
        """See `ExampleTask`."""
        return self._evaluation(self.score(network, part), part)

    def _evaluation(self, scores: LabelScores, part: str) -> Evaluation:
        rows = [self.examples.rows[number] for number in self.examples.parts[part]]

        def mistakes(count: int) -> list[Mistake]:
            worst = (self._mistake(rows[place], scores, place) for place in scores.worst(len(rows)))
            return list(dict.fromkeys(worst))[:count]

        confusion = Confusion(self.labels, scores.confusion)
        return Evaluation(scores.values(), "rows", len(rows), scores.left_out, mistakes, confusion)

    def _mistake(self, row: Example, scores: LabelScores, place: int) -> Mistake:
        answer, loss = int(scores.answers[place]), float(scores.losses[place])
        said = self.labels[answer] if answer != UNKNOWN else None
        return Mistake(row.input, said, row.target or "", None if math.isnan(loss) else loss)

    def _accepted(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(R, K) the labels that the table lists for the same text as each row's."""
        numbers = {label: number for number, label in enumerate(self.labels)}
        listed: dict[str, set[int]] = {}
        for row in self.examples.rows:
            if row.target in numbers:
                listed.setdefault(row.input, set()).add(numbers[row.target])
        accepted = np.zeros((len(rows), len(self.labels)), dtype=bool)
        for place, row_number in enumerate(rows):
            accepted[place, list(listed.get(self.examples.rows[row_number].input, ()))] = True
        return accepted

    def example(self, network: Network, states: States, batch: Batch, step: int) -> dict[str, Any]:
        """See `Task`: a row of the validation part, or of the training part, and what is answered to it."""
        row = self.row_shown(step)
        from charnn.evaluation.reading import label_log_probabilities

        found = label_log_probabilities(network, self.examples.inputs, np.array([row]))[0]
        best = int(found.argmax())
        return {
            "prime": self.examples.rows[row].input,
            "text": self.labels[best],
            "expected": self.examples.rows[row].target,
            "probability": math.exp(found[best]),
        }

    @property
    def uniform_loss(self) -> float:
        """See `Task`: with the text that is asked for, as a training reports it."""
        symbols = float(self.examples.inputs.lengths[self.examples.parts["train"]].mean())
        text = symbols * math.log(len(self.vocabularies.input) + 1)
        return math.log(len(self.labels)) + _text_weight(self.config) * text

    def baseline(self, part: str = "validation") -> dict[str, Any]:
        """See `Task`: a Markov model of each label's texts with the label's frequency (Bayes), or naive Bayes."""
        from charnn.ngrams.labelled import best_classifier

        examples, sizes = self.examples, (len(self.labels), len(self.vocabularies.input))
        train, chosen_on = self._readable("train"), self._readable("validation")
        models = best_classifier(examples.inputs, train, chosen_on, sizes)
        rows = examples.parts[part]
        readable = examples.inputs.known[rows]
        found = np.full((len(rows), sizes[0]), np.nan)
        found[readable] = models.log_posteriors(examples.inputs, rows[readable])
        values = LabelScores(self.labels, found, self.expected(part), self._accepted(rows)).values()
        return {"model": models.title, "order": models.order, "nats": values.pop("loss"), **values}

    def _readable(self, part: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The rows of a part that can be read, with a known label, and these labels."""
        rows, labels = self.examples.parts[part], self.expected(part)
        kept = self.examples.inputs.known[rows] & (labels != UNKNOWN)
        return rows[kept], labels[kept]


def _text_weight(config: Config) -> float:
    assert isinstance(config.task, Classification.Options)
    return config.task.text_weight
