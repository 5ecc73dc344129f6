"""A network of torch that is read as those of `charnn.inference` are, where there are no kernels for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from charnn.batches.batch import Padded
from charnn.bptt.execution import fastest
from charnn.networks.classifier import Classifier
from charnn.networks.conditional import ConditionalGenerator
from charnn.networks.decoder import Decoder
from charnn.networks.encoder_decoder import EncoderDecoder
from charnn.networks.reading.arrays import array_of
from charnn.networks.stack import States


def on_torch(network: nn.Module) -> Any:
    """The network as it is read by torch."""
    if isinstance(network, EncoderDecoder):
        return EncoderDecoderOnTorch(network)
    return ClassifierOnTorch(network) if isinstance(network, Classifier) else DecoderOnTorch(network)


class DecoderOnTorch:
    """See `charnn.inference.decoder.Decoder`."""

    def __init__(self, network: nn.Module) -> None:
        assert isinstance(network, Decoder)
        self.network, self.border = network, network.border

    def zero_state(self, lanes: int) -> States:
        """The state before anything was read."""
        return self.network.zero_state(lanes)

    def spread(self, states: Any, lanes: int) -> States:
        """The state in so many lanes, from that of one or of as many."""
        return tuple(tuple(part.expand(lanes, -1) for part in state) for state in states)

    def chosen(self, states: Any, lanes: NDArray[np.int64]) -> States:
        """The state of some lanes."""
        places = torch.from_numpy(lanes).to(self.network.device)
        return tuple(tuple(part[places] for part in state) for state in states)

    @torch.no_grad()
    def logits(self, ids: NDArray[np.int64], states: Any) -> tuple[NDArray[Any], States]:
        """(T, B, V) the logits of what comes after each of (T, B) symbols, and the state after the last one."""
        logits, states = self.network.logits(torch.from_numpy(ids).to(self.network.device), states)
        return array_of(logits), states

    @torch.no_grad()
    def next_logits(self, ids: NDArray[np.int64], states: Any) -> tuple[NDArray[Any], States]:
        """(B, V) the logits after (T, B) symbols were read, and the state; of no symbols, those of the state alone."""
        network = self.network
        if not len(ids):
            return array_of(network.readout.logits(states[-1][0])), states
        logits, states = network.logits(torch.from_numpy(ids).to(network.device), states)
        return array_of(logits[-1]), states

    @torch.no_grad()
    def losses(
        self, ids: NDArray[np.int64], targets: NDArray[np.int64], states: Any
    ) -> tuple[NDArray[np.float64], States]:
        """(T, B) −log p of what came after each of (T, B) symbols, in nats, and the state after the last one."""
        read, asked = (torch.from_numpy(part).to(self.network.device) for part in (ids, targets))
        logits, states = self.network.logits(read, states)
        losses = functional.cross_entropy(logits.flatten(0, 1), asked.flatten(), reduction="none").view_as(asked)
        return array_of(losses.double()), states

    @torch.no_grad()
    def entry_states(self, labels: NDArray[np.int64]) -> States:
        """The state that the text of each label starts from, where there are labels."""
        assert isinstance(self.network, ConditionalGenerator)
        return self.network.entry_states(torch.from_numpy(labels).to(self.network.device))


class ClassifierOnTorch:
    """See `charnn.inference.examples.Classifier`."""

    def __init__(self, network: Classifier) -> None:
        self.network = network

    @torch.no_grad()
    def label_logits(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[Any]:
        """(B, K) the logits of the labels of B texts."""
        return array_of(self.network.logits(_padded(ids, lengths, self.network.device)))


class EncoderDecoderOnTorch:
    """See `charnn.inference.examples.EncoderDecoder`."""

    def __init__(self, network: EncoderDecoder) -> None:
        self.network, self.decoder = network, DecoderOnTorch(network.decoder)

    @torch.no_grad()
    def encode(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> States:
        """The state of each layer after each source's last step."""
        return self.network.encode(_padded(ids, lengths, self.network.device), fastest())


def _padded(ids: NDArray[np.int64], lengths: NDArray[np.int64], device: torch.device) -> Padded:
    return Padded(*(torch.from_numpy(part).to(device) for part in (ids, lengths)))
