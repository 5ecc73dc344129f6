"""A network of torch as one that is read by kernels alone: the same weights, in the same places."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from charnn.inference import decoder, examples, stack
from charnn.kernels.library import why_not
from charnn.networks.classifier import Classifier
from charnn.networks.conditional import ConditionalGenerator
from charnn.networks.decoder import Decoder
from charnn.networks.encoder_decoder import EncoderDecoder
from charnn.networks.stack import Stack, States


def as_arrays(network: nn.Module) -> Any | None:
    """The network of `charnn.inference`; None where there are no kernels for it where it is."""
    if isinstance(network, EncoderDecoder):
        encoder, of_targets = as_arrays(network.encoder), as_arrays(network.decoder)
        if encoder is None or of_targets is None:
            return None
        return examples.EncoderDecoder(encoder, of_targets, reverse_source=network.reverse_source)
    assert isinstance(network, Stack)
    if not all(why_not(cell.name, cell.W_x) is None for cell in network.layers):
        return None
    cells = [
        stack.Cell(cell.name, len(cell.state_parts), array_of(cell.W_x), array_of(cell.W_h), _array_or_none(cell.b))
        for cell in network.layers
    ]
    embedding, residual = _array_or_none(network.embedding), network.residual
    if not isinstance(network, (Classifier, Decoder)):
        return stack.Stack(cells, embedding, residual=residual)
    output = array_of(network.W_q), array_of(network.b_q)
    if isinstance(network, Classifier):
        return examples.Classifier(cells, embedding, *output, residual=residual)
    if isinstance(network, ConditionalGenerator):
        made = examples.ConditionalGenerator(cells, embedding, *output, residual=residual)
        made.entry = array_of(network.entry)
        return made
    return decoder.Decoder(cells, embedding, *output, residual=residual)


def states_of(states: States) -> stack.States:
    """A state as arrays."""
    return tuple(tuple(array_of(part) for part in state) for state in states)


def array_of(tensor: Tensor) -> NDArray[Any]:
    """The numbers of a tensor, which are not copied where it is on the CPU and dense."""
    return np.ascontiguousarray(tensor.detach().cpu().numpy())


def _array_or_none(tensor: Tensor | None) -> NDArray[Any] | None:
    return None if tensor is None else array_of(tensor)
