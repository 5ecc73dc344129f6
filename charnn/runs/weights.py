"""Weights, with what they mean: those of a run, or a file on its own."""

from __future__ import annotations

from dataclasses import dataclass
from json import dumps
from pathlib import Path
from typing import Any

from torch import Tensor

from charnn.configuration.sections import Model
from charnn.data.text.vocabularies import Vocabularies
from charnn.data.text.vocabulary import Vocabulary
from charnn.runs.layout import VOCABULARY
from charnn.runs.places import find_run
from charnn.runs.run import Run, model_of, read_weights


@dataclass(frozen=True)
class FoundWeights:
    """Weights and what is known of them.

    Attributes:
        name: what messages call them.
        tensors: the parameters, by their names.
        vocabularies: the symbols that the ids stand for; None where nothing says so.
        model: the section of the configuration that they belong to; None where nothing says so.
    """

    name: str
    tensors: dict[str, Tensor]
    vocabularies: Vocabularies | None = None
    model: Model | None = None

    @property
    def vocabulary(self) -> Vocabulary | None:
        """The symbols that are read."""
        return None if self.vocabularies is None else self.vocabularies.input


def find_weights(name: str) -> FoundWeights:
    """The best weights of a run, or else its last; or those of a file.

    Args:
        name: a run's folder, its name in `runs/`, or a safetensors file.

    Raises:
        RunError: there are no such weights, or they are damaged.
    """
    run = find_run(name)
    if run is not None:
        tensors, path = run.weights(None)
        return FoundWeights(str(path), tensors, run.vocabularies(), run.config().model)
    file = read_weights(Path(name))
    return FoundWeights(name, file.tensors, _vocabularies(file.document, Path(name)), model_of(file.document))


def _vocabularies(document: dict[str, Any], path: Path) -> Vocabularies | None:
    """The symbols that a file names; one that is older names only their hash, and a run's vocabulary is beside it."""
    if "symbols" in document:
        return Vocabularies.from_json(dumps(document["symbols"]), f"the vocabulary in {path}")
    run = Run(path.parent)
    is_beside = (run.path / VOCABULARY).is_file() and run.vocabulary_hash == document.get("vocabulary")
    return run.vocabularies() if is_beside else None
