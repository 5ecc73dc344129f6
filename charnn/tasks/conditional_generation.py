"""Conditional generation, one to many: a label is given, and a text for it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from charnn.configuration.sections.corpus import LabelledTable, Table
from charnn.configuration.units import SymbolUnit
from charnn.errors import DivergedError, UsageError, one_of
from charnn.evaluation.examples import Evaluation
from charnn.evaluation.measures import bits, perplexity
from charnn.evaluation.notation import finite
from charnn.tasks._decoded import DecodedTask, Written

if TYPE_CHECKING:  # a configuration is read without torch
    from charnn.batches.batch import Batch
    from charnn.configuration.config import Config
    from charnn.data.text.vocabularies import Vocabularies
    from charnn.generation.choice import Choice
    from charnn.inference import examples as inference
    from charnn.inference.loading import Weights
    from charnn.networks.conditional import ConditionalGenerator
    from charnn.networks.network import Network
    from charnn.networks.stack import States
    from charnn.runs.run import Run


class ConditionalGeneration(DecodedTask):
    """A text for a label."""

    class Options(Written):
        """Its keys."""

    Corpus = LabelledTable
    measures: ClassVar[Mapping[str, bool]] = {"loss": False}

    @classmethod
    def units(cls, corpus: Table) -> tuple[SymbolUnit, SymbolUnit]:
        """See `ExampleTask`."""
        return "label", corpus.unit

    @property
    def labels(self) -> list[str]:
        """The name of each label."""
        return [symbol.decode() for symbol in self.vocabularies.input.symbols]

    @classmethod
    def of_arrays(cls, config: Config, vocabularies: Vocabularies, weights: Weights) -> inference.ConditionalGenerator:
        """See `Task`."""
        return weights.conditional_generator(*vocabularies.sizes)

    @classmethod
    def new_network(cls, config: Config, vocabularies: Vocabularies) -> ConditionalGenerator:
        """See `Task`."""
        import torch

        from charnn.networks.conditional import ConditionalGenerator

        labels, symbols = vocabularies.sizes
        return ConditionalGenerator(labels, symbols, config.model).to(getattr(torch, config.train.dtype))

    def nats(self, network: Any, part: str) -> float:
        """The mean loss of a character of a part given the label, in nats; the ends are counted too.

        Raises:
            DivergedError: it is not finite.
        """
        from charnn.evaluation.reading import target_losses

        rows = self.examples.known(part)
        losses = target_losses(network, self.examples.inputs, self.examples.targets, rows)
        nats = float(losses.sum() / (self.examples.targets.lengths[rows] + 1).sum())
        if not np.isfinite(nats):
            raise DivergedError(f"the loss over the {part} part is {nats}: the model's weights have diverged")
        return nats

    def evaluate(self, network: Any, part: str, beam: int = 1) -> Evaluation:
        """See `ExampleTask`."""
        nats, rows = self.nats(network, part), self.examples.parts[part]
        values = {"loss": nats, "bpc": bits(nats), "perplexity": finite(perplexity(nats))}
        return Evaluation(values, "characters", len(rows), len(rows) - len(self.examples.known(part)))

    def example(self, network: Network, states: States, batch: Batch, step: int) -> dict[str, Any]:
        """See `Task`: a text for one label after another."""
        from charnn.generation.choice import Choice
        from charnn.generation.texts import texts_of

        options = self.config.train
        label = step % len(self.labels)
        choice, length = Choice(options.sample_temperature), min(options.sample_length, self.longest)
        (written,) = texts_of(network, label, choice, length, [[options.seed, step]])
        return {"prime": self.labels[label], "text": self.target_vocabulary.text(written.ids)}

    def baseline(self, part: str = "validation") -> dict[str, Any]:
        """See `Task`: a Markov model of each label's texts."""
        from charnn.ngrams.labelled import best_writer

        examples, sizes = self.examples, (len(self.labels), len(self.target_vocabulary))
        labels = examples.inputs.ids[examples.inputs.starts[:-1]].astype(np.int64)
        train, chosen_on, scored = (examples.known(one) for one in ("train", "validation", part))
        models = best_writer(examples.targets, (train, labels[train]), (chosen_on, labels[chosen_on]), sizes)
        logs = models.log_likelihoods(examples.targets, scored)[np.arange(len(scored)), labels[scored]]
        nats = -float(logs.sum() / (examples.targets.lengths[scored] + 1).sum())
        return {
            "model": models.title,
            "order": models.order,
            "nats": nats,
            "bpc": bits(nats),
            "perplexity": finite(perplexity(nats)),
        }


def texts_for_label(
    run: Run,
    network: Any,
    label: str | None,
    prime: str,
    choice: Choice,
    length: int,
    seeds: Sequence[Sequence[int]],
) -> list[tuple[str, bool]]:
    """Draw texts for a label with the network of a run, one for each seed; each with whether it came to its end.

    Raises:
        UsageError: there is no such label, none is named, or the run does not write for labels.
        UnknownSymbolsError: the prime has symbols that the run does not know.
    """
    from charnn.generation.texts import texts_of

    config = run.config()
    if not hasattr(network, "entry_states"):
        raise UsageError(
            f"{run.path} does {config.task.name} and does not write for labels: ask it with {config.corpus.asked_with}"
        )
    labels, symbols = run.vocabularies()
    assert symbols is not None
    names = [name.decode() for name in labels.symbols]
    if label is None:
        raise UsageError(f"say what to write for: --label{one_of('', names)}")
    if label not in names:
        raise UsageError(f"{run.path} has no label {label!r}{one_of(label, names)}")
    begin = symbols.encode(symbols.units(prime), "the prime").tolist()
    found = texts_of(network, names.index(label), choice, length, seeds, begin)
    return [(symbols.text(one.ids), one.ended) for one in found]
