"""A network between a run and a file of another program: model, shape, vocabulary."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from charnn.configuration.config import Config, read_settings
from charnn.configuration.families import FORMATS
from charnn.configuration.sections import Model
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import ConfigError, RunError, UsageError
from charnn.networks.language_model import CharacterModel
from charnn.networks.weights import fill
from charnn.runs.places import Place
from charnn.runs.run import Run


@dataclass(frozen=True)
class Network:
    """A trained model, its shape, and the vocabulary that its ids are numbers of."""

    model: CharacterModel
    options: Model
    vocabulary: Vocabulary

    def document(self) -> dict[str, Any]:
        """What a file says of a network beside its weights."""
        return {
            "model": self.options.model_dump(mode="json"),
            "vocabulary": json.loads(self.vocabulary.to_json()),
        }


def choose_format(name: str | None, path: Path | None) -> ModuleType:
    """The format of that name, or else the one whose files end as the path does.

    Raises:
        UsageError: there is none of that name, the path does not tell, or a package is missing.
    """
    if name is None:
        modules = {other: FORMATS.load(other) for other in FORMATS.names()}
        endings = {module.SUFFIX: other for other, module in modules.items()}
        if path is None or path.suffix not in endings:
            known = ", ".join(f"{other} ({suffix})" for suffix, other in sorted(endings.items()))
            raise UsageError(f"say which format with --format: {known}")
        name = endings[path.suffix]
    chosen = FORMATS.load(name)
    chosen.check()
    return chosen


def network_of(run: Run, weights: str | None) -> Network:
    """The network of a run, with its `best` or `last` weights; without either the best there are."""
    return Network(run.load_model(weights, torch.device("cpu")), run.config().model, run.vocabulary())


def exported_network(document: dict[str, Any], tensors: dict[str, Tensor], source: str) -> Network:
    """The network that `Network.document` describes, filled with charnn's own parameters.

    Args:
        source: what messages call the file.

    Raises:
        RunError: they do not belong together.
    """
    try:
        vocabulary = Vocabulary.from_json(json.dumps(document["vocabulary"]), f"the vocabulary of {source}")
        return filled_network(document["model"], vocabulary, tensors, source)
    except (KeyError, TypeError) as error:
        raise RunError(f"{source} was not exported by charnn, or is damaged: {error!r}") from None


def filled_network(options: dict[str, Any], vocabulary: Vocabulary, tensors: dict[str, Tensor], source: str) -> Network:
    """A network of the section `model`, filled with charnn's own parameters; float32 unless one of them is float64.

    Raises:
        RunError: they do not belong together.
    """
    try:
        model_options = _config(options, vocabulary).model
    except ConfigError as error:
        raise RunError(f"{source} was not exported by charnn, or is damaged: {error}") from None
    dtype = torch.float64 if any(tensor.dtype == torch.float64 for tensor in tensors.values()) else torch.float32
    model = CharacterModel(len(vocabulary), model_options).to(dtype)
    fill(model, tensors, source)
    return Network(model, model_options, vocabulary)


def make_run(network: Network, place: Place) -> Run:
    """A run of a network that was trained elsewhere: it can be sampled and scored, and has no text of its own.

    Raises:
        CharnnError: the folder cannot be made.
    """
    config = _config(network.options.model_dump(mode="json"), network.vocabulary, str(network.model.b_q.dtype)[6:])
    run = place.create()
    run.write("vocabulary.json", network.vocabulary.to_json())
    run.write_config(config)
    run.save_weights("last", network.model, {})
    return run


def _config(model: dict[str, Any], vocabulary: Vocabulary, dtype: str = "float32") -> Config:
    """The configuration of a network without a text."""
    corpus = {"text": "", "unit": vocabulary.unit, "normalize": vocabulary.normalize, "split": [1.0]}
    return read_settings(
        f"corpus={json.dumps(corpus)}", f"model={json.dumps(model, ensure_ascii=False)}", f"train.dtype={dtype}"
    )
