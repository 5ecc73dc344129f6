"""A network on its way between a run and a file of another program."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from charnn.configuration.config import Config, plain_values
from charnn.configuration.reading import config_of
from charnn.configuration.sections import Model
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import ConfigError, RunError
from charnn.networks.language_model import LanguageModel
from charnn.networks.parameters.filling import fill
from charnn.runs.layout import VOCABULARY
from charnn.runs.places import Destination
from charnn.runs.run import Run
from charnn.tasks.language_model import trained_text_network


@dataclass(frozen=True)
class ExchangedNetwork:
    """A trained language model.

    Attributes:
        decoder: the network.
        options: its section `model`.
        vocabulary: the symbols that its ids stand for.
    """

    decoder: LanguageModel
    options: Model
    vocabulary: Vocabulary

    def document(self) -> dict[str, Any]:
        """What a file says of a network in addition to its weights."""
        return {
            "model": plain_values(self.options),
            "vocabulary": json.loads(self.vocabulary.to_json()),
        }


def network_of(run: Run, weights: str | None) -> ExchangedNetwork:
    """The network of a run, with its `best` or `last` weights; by default the best if there are any."""
    network = trained_text_network(run, weights, torch.device("cpu"))
    return ExchangedNetwork(network, run.config().model, run.vocabulary())


def exported_network(document: dict[str, Any], tensors: dict[str, Tensor], source: str) -> ExchangedNetwork:
    """The network that `ExchangedNetwork.document` describes, filled with charnn's own parameters.

    Args:
        document: what the file says of it.
        tensors: the parameters, by their names.
        source: what messages call the file.

    Raises:
        RunError: the document and the tensors do not fit each other.
    """
    try:
        vocabulary = Vocabulary.from_json(json.dumps(document["vocabulary"]), f"the vocabulary of {source}")
        return filled_network(document["model"], vocabulary, tensors, source)
    except (KeyError, TypeError) as error:
        raise RunError(f"{source} was not exported by charnn, or is damaged: {error!r}") from None


def filled_network(
    options: dict[str, Any], vocabulary: Vocabulary, tensors: dict[str, Tensor], source: str
) -> ExchangedNetwork:
    """A network of the section `model`, filled with charnn's own parameters; float32 unless one of them is float64.

    Args:
        options: the section `model`.
        vocabulary: its symbols.
        tensors: the parameters, by their names.
        source: what messages call the file.

    Raises:
        RunError: the options and the tensors do not fit each other.
    """
    try:
        model_options = _config(options, vocabulary).model
    except ConfigError as error:
        raise RunError(f"{source} was not exported by charnn, or is damaged: {error}") from None
    dtype = torch.float64 if any(tensor.dtype == torch.float64 for tensor in tensors.values()) else torch.float32
    decoder = LanguageModel(len(vocabulary), model_options).to(dtype)
    fill(decoder, tensors, source)
    return ExchangedNetwork(decoder, model_options, vocabulary)


def make_run(network: ExchangedNetwork, destination: Destination) -> Run:
    """A run of a network that was trained elsewhere: it can be sampled and scored, but has no text of its own.

    Raises:
        CharnnError: the folder cannot be made.
    """
    dtype = str(network.decoder.b_q.dtype).removeprefix("torch.")
    config = _config(plain_values(network.options), network.vocabulary, dtype)
    with destination.created() as run:
        run.write(VOCABULARY, network.vocabulary.to_json())
        run.write_config(config)
        run.save_weights("last", network.decoder.state_dict(), {})
    return run


def _config(model: dict[str, Any], vocabulary: Vocabulary, dtype: str = "float32") -> Config:
    """The configuration of a network without a text."""
    corpus = {"text": "", "unit": vocabulary.unit, "normalize": vocabulary.normalize, "split": [1.0]}
    return config_of({"corpus": corpus, "model": model, "train": {"dtype": dtype}})
