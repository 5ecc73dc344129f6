"""What stored networks answer, to the bit; without torch."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charnn.configuration.sections import Model, default_cell
from charnn.data.examples.sequences import Sequences
from charnn.evaluation.reading import label_log_probabilities, target_losses
from charnn.evaluation.score import score, score_in_lanes
from charnn.generation.answering import answers
from charnn.generation.choice import Choice
from charnn.generation.streams import continue_text
from charnn.generation.texts import texts_of
from charnn.inference.loading import Weights
from charnn.storage.tensor_file import read_arrays

LABELS = 3


def digests(folder: Path) -> list[str]:
    """Of everything that the network in a folder says."""
    file = read_arrays(folder / "weights.safetensors")
    settings = file.document
    model = Model.model_validate({**settings["model"], "cell": default_cell(settings["cell"])})
    weights = Weights(model, file.arrays, settings["dtype"], str(folder))
    choice = Choice(settings["temperature"], settings["top_k"], settings["top_p"])
    return [_digest(part) for part in ANSWERS[settings["task"]](weights, settings, choice)]


def _of_text(weights: Weights, settings: dict[str, Any], choice: Choice) -> Iterator[Any]:
    symbols, seed = settings["symbols"], settings["seed"]
    network = weights.decoder(symbols)
    ids = np.random.default_rng(seed).integers(0, symbols, 700).astype(np.uint8)
    yield score(network, ids).losses
    yield score_in_lanes(network, ids, 2).losses
    seeds = [[seed, lane] for lane in range(settings["lanes"])]
    yield np.array(list(continue_text(network, network.zero_state(1), [0], choice, seeds, 80)))


def _of_classes(weights: Weights, settings: dict[str, Any], _: Choice) -> Iterator[Any]:
    rows = _rows(settings, settings["symbols"])
    yield label_log_probabilities(weights.classifier(settings["symbols"], LABELS), rows, np.arange(len(rows)))


def _of_labels(weights: Weights, settings: dict[str, Any], choice: Choice) -> Iterator[Any]:
    symbols, targets = settings["symbols"], _rows(settings, settings["symbols"])
    network, count = weights.conditional_generator(LABELS, symbols), len(targets)
    labels = Sequences(np.arange(count, dtype=np.int32) % LABELS, np.arange(count + 1))
    yield target_losses(network, labels, targets, np.arange(count))
    yield texts_of(network, 1, choice, 30, [[settings["seed"], 1], [settings["seed"], 2]], [0])


def _of_pairs(weights: Weights, settings: dict[str, Any], _: Choice) -> Iterator[Any]:
    symbols, sources = settings["symbols"], _rows(settings, settings["symbols"])
    network = weights.encoder_decoder(symbols, symbols, reverse_source=settings["seed"] % 2 == 0)
    yield target_losses(network, sources, sources, np.arange(len(sources)))
    yield answers(network, sources, np.arange(len(sources)), 1, 8)
    yield answers(network, sources, np.arange(len(sources)), 3, 8)


ANSWERS = {
    "language-model": _of_text,
    "classification": _of_classes,
    "conditional-generation": _of_labels,
    "sequence-to-sequence": _of_pairs,
}


def _rows(settings: dict[str, Any], symbols: int) -> Sequences:
    random = np.random.default_rng(settings["seed"])
    lengths = random.integers(1, 9, 12)
    starts: NDArray[np.int64] = np.concatenate(([0], np.cumsum(lengths)))
    return Sequences(random.integers(0, symbols, starts[-1]).astype(np.int32), starts)


def _digest(part: Any) -> str:
    said = np.ascontiguousarray(part).tobytes() if isinstance(part, np.ndarray) else repr(part).encode()
    return sha256(said).hexdigest()[:16]
