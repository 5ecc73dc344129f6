"""Language modelling, many to many: a running text is read, and each time the next symbol is asked for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from charnn.data.running_text.dataset import read_dataset
from charnn.data.running_text.lanes import Lanes
from charnn.data.text.vocabularies import Vocabularies
from charnn.errors import InputError
from charnn.evaluation.notation import finite
from charnn.runs.layout import INFORMED, WEIGHTS
from charnn.tasks import Task, reading_network, trained_network

if TYPE_CHECKING:  # a configuration is read without torch
    import torch

    from charnn.batches.batch import Batch
    from charnn.batches.running_text import RunningText
    from charnn.configuration.config import Config
    from charnn.data.text.text import Text
    from charnn.data.text.units import Ids
    from charnn.inference.decoder import Decoder
    from charnn.inference.loading import Weights
    from charnn.mixture.kept import Kept
    from charnn.networks.language_model import LanguageModel
    from charnn.networks.network import Network
    from charnn.networks.stack import States
    from charnn.runs.run import Run


FEWEST_HELD_OUT = 100
"""Fewer symbols say nothing of how much network and n-grams deserve."""


class LanguageModelling(Task):
    """The next symbol of a running text.

    Attributes:
        dataset: the text, its vocabulary and its parts.
    """

    has_mixture = True

    def __init__(self, config: Config) -> None:
        """Read the text.

        Raises:
            InputError: it is not there, or cannot be used.
        """
        super().__init__(config)
        self.dataset = read_dataset(**config.corpus.model_dump())
        share, train = config.train.hold_out, self.dataset.part("train")
        if share and len(held_out(train, share)) < FEWEST_HELD_OUT:
            raise InputError(
                f"`train.hold_out: {share:g}` keeps {len(held_out(train, share))} of {len(train):,} symbols, too few to"
                f" learn from: at least {FEWEST_HELD_OUT} are needed"
            )

    @classmethod
    def new_network(cls, config: Config, vocabularies: Vocabularies) -> LanguageModel:
        """See `Task`."""
        return new_network(config, len(vocabularies.input))

    @classmethod
    def of_arrays(cls, config: Config, vocabularies: Vocabularies, weights: Weights) -> Decoder:
        """See `Task`."""
        return weights.decoder(len(vocabularies.input))

    def loader(self, own: range | None, device: torch.device) -> RunningText:
        """See `Task`."""
        from charnn.batches.running_text import RunningText
        from charnn.bptt.strategies import STRATEGIES

        config = self.config
        train = self.dataset.part("train")
        lanes = Lanes(train[: len(train) - len(held_out(train, config.train.hold_out))], config.train.lanes, own)
        return RunningText(lanes, STRATEGIES.of(config.bptt.strategy), config.train.seed, config.train.loss, device)

    @classmethod
    def mix(cls, run: Run, order: int | None = None) -> Kept:
        """See `Task`: with the Markov model of `charnn.mixture.stored.ORDER`, where none is given.

        Raises:
            DivergedError: the network diverged while it adapted to what was held out.
        """
        import torch

        from charnn.mixture.learning import informed, mixture_of
        from charnn.mixture.stored import ORDER, save_mixture
        from charnn.runs.text import text_of_run

        vocabulary = run.vocabulary()
        train = text_of_run(run, vocabulary, None, "train").ids
        kept = held_out(train, run.config().train.hold_out)
        network = trained_text_network(run, None, torch.device("cpu"))
        mixture = mixture_of(network, train, kept, len(vocabulary), order or ORDER)
        if len(kept):
            run.save_weights(INFORMED.removesuffix(WEIGHTS), informed(network, kept).state_dict(), {})
        return save_mixture(run, mixture)

    def scores(self, network: Network) -> dict[str, float | None]:
        """Loss, bits and perplexity of the whole validation part, read with the state carried."""
        from charnn.evaluation.score import lanes_for, score_in_lanes

        ids = self.dataset.part("validation")
        if len(ids) < 2:
            return {}
        wanted = self.config.train.validate_lanes
        lanes = lanes_for(len(ids)) if wanted == "auto" else wanted
        result = score_in_lanes(network, ids, lanes, "the validation part")
        return {
            "validation_loss": result.nats,
            "validation_bpc": result.bpc,
            "validation_perplexity": finite(result.perplexity),
        }

    def example(self, network: Network, states: States, batch: Batch, step: int) -> dict[str, Any]:
        """A text that goes on from the first lane, as the classic program's do."""
        from charnn.batches.batch import TextBatch
        from charnn.generation.choice import Choice
        from charnn.generation.streams import continue_text

        assert isinstance(batch, TextBatch)
        options, vocabulary = self.config.train, self.dataset.vocabulary
        first_lane = tuple(tuple(part[:1] for part in state) for state in states)
        prime = [int(batch.inputs[0, 0])]
        choice, seeds = Choice(options.sample_temperature), [[options.seed, step]]
        symbols = continue_text(network, first_lane, prime, choice, seeds, options.sample_length)
        return {"prime": vocabulary.text(prime), "text": vocabulary.text([int(ids[0]) for ids in symbols])}

    @property
    def uniform_loss(self) -> float:
        """See `Task`."""
        return math.log(len(self.dataset.vocabulary))

    @property
    def text(self) -> Text:
        """See `Task`."""
        return self.dataset.text

    def baseline(self, part: str = "validation") -> dict[str, Any]:
        """See `Task`."""
        dataset = self.dataset
        return baseline_of(dataset.part("train"), len(dataset.vocabulary), dataset.part(part))

    @property
    def vocabularies(self) -> Vocabularies:
        """See `Task`."""
        return Vocabularies(self.dataset.vocabulary)

    def take_vocabularies(self, vocabularies: Vocabularies) -> None:
        """See `Task`."""
        self.dataset = self.dataset.in_vocabulary(vocabularies.input)

    def describe(self) -> str:
        """See `Task`."""
        dataset = self.dataset
        parts = ", ".join(f"{name} {len(span):,}" for name, span in dataset.parts.items() if len(span))
        return (
            f"{dataset.text.name}: {len(dataset.ids):,} {dataset.vocabulary.unit}s ({parts}), "
            f"{len(dataset.vocabulary)} symbols"
        )


def held_out(train: Ids, share: float) -> Ids:
    """The end of a training part that `train.hold_out` keeps from the network, and from the counts it is mixed with."""
    return train[len(train) - int(len(train) * share) :]


def baseline_of(train: Ids, symbols: int, ids: Ids) -> dict[str, Any]:
    """The best n-gram model of a training text, and its scores on another (see `Task.baseline`).

    Args:
        train: the training text.
        symbols: V.
        ids: the text that is scored.

    Raises:
        InputError: the training text is too short.
    """
    from charnn.ngrams.baseline import baseline

    best = baseline(train, symbols, ids)
    return {
        "model": best.model,
        "order": best.score.order,
        "nats": best.score.nats,
        "bpc": best.score.bits,
        "perplexity": finite(best.score.perplexity),
    }


def trained_text_network(run: Run, weights: str | None, device: torch.device) -> LanguageModel:
    """The network of a run that was trained on a running text (see `charnn.tasks.trained_network`).

    Raises:
        UsageError: the run does another task.
    """
    from charnn.networks.language_model import LanguageModel

    run.running_text()
    network = trained_network(run, weights, device)
    assert isinstance(network, LanguageModel)
    return network


def reading_text_network(run: Run, weights: str | None, device: str) -> Any:
    """The network of a run that was trained on a running text, to be read with (see `charnn.tasks.reading_network`).

    Raises:
        UsageError: the run does another task.
    """
    run.running_text()
    return reading_network(run, weights, device)


def new_network(config: Config, symbols: int) -> LanguageModel:
    """A network of a configuration for that many symbols, all of whose weights are 0."""
    import torch

    from charnn.networks.language_model import LanguageModel

    return LanguageModel(symbols, config.model).to(getattr(torch, config.train.dtype))
