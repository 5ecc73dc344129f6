"""`charnn bench sample`: sampling text, by charnn and by a loop over `torch.nn` as one would write it.

The contenders of a network are torch.nn's cell where it has one, charnn's own loop over torch, its compiled kernels,
the same with n-grams mixed in, and the kernels with many streams at once. Each samples from untrained networks of the
same size at temperature 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from charnn.benchmarking.harness import Contender, Timing, measure
from charnn.benchmarking.train import PEERS, VOCABULARY
from charnn.configuration.sections import Model, default_cell
from charnn.data.text.units import Ids
from charnn.generation.choice import Choice
from charnn.generation.streams import continue_text
from charnn.mixture.stored import KINDS, ORDER, PRIORS, markov_model
from charnn.mixture.writer import NGrams
from charnn.networks.decoder import Decoder
from charnn.networks.language_model import LanguageModel
from charnn.networks.parameters.initialisation import initialise

STREAMS = 64


@dataclass(frozen=True)
class Size:
    """L layers of H hidden units."""

    layers: int
    hidden: int

    @property
    def name(self) -> str:
        """L×H."""
        return f"{self.layers}×{self.hidden}"


SIZES = (Size(2, 128), Size(1, 512))


def time_sampling(cell: str, size: Size, length: int, rounds: int) -> list[dict[str, Any]]:
    """The rows of one cell and network; ratios to torch.nn's cell, and to one stream of the kernels."""
    options = Model(cell=default_cell(cell), hidden=size.hidden, layers=size.layers)
    network = LanguageModel(VOCABULARY, options)
    initialise(network, "orthogonal", seed=1)
    contenders = [
        Contender("charnn, loop over torch", _own(network, length, 1, native=False), length),
        Contender("charnn, kernels", _own(network, length, 1), length),
        Contender(f"charnn, kernels, {ORDER}-grams", _own(network, length, 1, mixing=_ngrams()), length),
        Contender(f"charnn, kernels, {STREAMS} streams", _own(network, length, STREAMS), length * STREAMS),
    ]
    if cell in PEERS:
        name = f"torch.nn.{PEERS[cell].__name__}"
        contenders.insert(0, Contender(name, _peer(cell, size, length), length))
    timings = measure(contenders, rounds)
    peer = timings[0] if cell in PEERS else None
    one_stream = next(timing for timing in timings if timing.name == "charnn, kernels")
    return [_row(cell, size, timing, peer, one_stream) for timing in timings]


def _row(cell: str, size: Size, timing: Timing, peer: Timing | None, one_stream: Timing) -> dict[str, Any]:
    row = {"cell": cell, "network": size.name, **timing.row()}
    row["ratio_to_torch_nn"] = timing.ratio_to(peer) if peer else None
    row["ratio_to_one_stream"] = timing.ratio_to(one_stream)
    return row


def _own(
    network: Decoder, length: int, streams: int, mixing: NGrams | None = None, *, native: bool = True
) -> Callable[[], object]:
    seeds, state = [[1, stream] for stream in range(streams)], network.zero_state(1)
    return lambda: list(continue_text(network, state, [0], Choice(), seeds, length, mixing, native=native))


def _ngrams() -> NGrams:
    """Those of a text of made-up words, the k-th of which is as frequent as 1/k."""
    random = np.random.default_rng(1)
    words = [random.integers(1, VOCABULARY, length) for length in random.integers(1, 10, 5000)]
    frequencies = 1 / np.arange(1, len(words) + 1)
    drawn = random.choice(len(words), 40_000, p=frequencies / frequencies.sum())
    text: Ids = np.concatenate([part for word in drawn for part in (words[word], [0])]).astype(np.uint32)
    weights = np.tile(PRIORS[2], (KINDS, 1))
    return NGrams([markov_model(text, VOCABULARY, ORDER)], weights, text[:1], lanes=1)


def _peer(cell: str, size: Size, length: int) -> Callable[[], object]:
    """Feed the cell with what was sampled from its own output."""
    torch.manual_seed(1)
    inputs, decoder = nn.Embedding(VOCABULARY, VOCABULARY), nn.Linear(size.hidden, VOCABULARY)
    recurrent = PEERS[cell](VOCABULARY, size.hidden, size.layers)
    inputs.weight.requires_grad_(False).copy_(torch.eye(VOCABULARY))

    @torch.no_grad()
    def sample() -> list[int]:
        character, state, sampled = torch.zeros(1, 1, dtype=torch.long), None, []
        for _ in range(length):
            hidden, state = recurrent(inputs(character), state)
            character = torch.multinomial(torch.softmax(decoder(hidden[0]), dim=-1), 1)
            sampled.append(int(character))
        return sampled

    return sample
