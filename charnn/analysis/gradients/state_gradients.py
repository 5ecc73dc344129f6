"""The gradients of many losses with respect to earlier states.

    ∂l_t/∂h_{t−k},  k = 0, 1, 2, …, K

Each loss l_t has a lane of a batch to itself: the lane reads the text up to x_t, and its loss at t alone counts, so
that one backward pass gives ∂l_t/∂h_{t−k} for all t and k. The derivatives are total ones: h_{t−k} depends on c_{t−k},
and so ∂l_t/∂c_{t−k} includes what flows through h_{t−k}; the derivative of a lower layer includes every path through
the layers above it.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from charnn.analysis.tracing import Tracing
from charnn.batches.batch import ExampleBatch
from charnn.bptt.execution import Execution
from charnn.networks.classifier import Classifier
from charnn.networks.decoder import Decoder
from charnn.networks.encoder_decoder import EncoderDecoder
from charnn.networks.readout import cross_entropy
from charnn.networks.stack import Stack, detached


def state_gradient_norms(
    network: Decoder, windows: Int[Tensor, "T N"], lags: int, layer: int
) -> dict[str, NDArray[np.float64]]:
    """The norms of ∂l_t/∂h_{t−k}, and of the other parts of the state, for the last loss of each lane.

    Args:
        network: the network.
        windows: T ids of each lane; the last one is only predicted. All but the last `lags` + 1 steps are read
            without gradients, from the zero state on.
        lags: K.
        layer: counted from 0.

    Returns:
        (K + 1, N) norms for each part of the state, by lag and lane.
    """
    cell = network.layers[layer]
    inputs, targets = windows[:-1], windows[1:]
    begin = len(inputs) - lags - 1
    states = network.zero_state(inputs.shape[1])
    if begin:
        with torch.no_grad():
            _, states = network.logits(inputs[:begin], states)
    engine = Tracing([cell])
    logits, _ = network.logits(inputs[begin:], detached(states), Execution(engine))
    parts = [part for state in reversed(engine.traces[cell].states) for part in state]
    # The lanes share nothing but the weights, so each has the gradient of its own loss.
    gradients = torch.autograd.grad(cross_entropy(logits[-1:], targets[-1:]), parts)
    return {
        name: torch.stack([_norms(gradient) for gradient in gradients[number :: len(cell.state_parts)]]).numpy()
        for number, name in enumerate(cell.state_parts)
    }


def row_gradient_norms(
    network: Classifier | EncoderDecoder, encoder: Stack, batch: ExampleBatch, lags: int, layer: int
) -> dict[str, NDArray[np.float64]]:
    """The norms of ∂l/∂h_{n−k}, and of the other parts of the encoder's state: l a row's loss, n its last step.

    Args:
        network: the network.
        encoder: its encoder.
        batch: N rows.
        lags: K.
        layer: of the encoder, counted from 0.

    Returns:
        (K + 1, N) norms for each part of the state, by lag and row; NaN where a row has not so many steps.
    """
    cell = encoder.layers[layer]
    engine = Tracing([cell])
    loss, _ = network(batch, (), Execution(engine))
    states = engine.traces[cell].states
    gradients = torch.autograd.grad(loss, [part for state in states for part in state])
    steps = batch.inputs.lengths - 1 - torch.arange(lags + 1)[:, None]
    norms = {}
    for number, name in enumerate(cell.state_parts):
        by_step = torch.stack([_norms(gradient) for gradient in gradients[number :: len(cell.state_parts)]])
        found = by_step.gather(0, steps.clamp_min(0))
        norms[name] = torch.where(steps < 0, torch.nan, found).numpy()
    return norms


def _norms(vectors: Float[Tensor, "N H"]) -> Float[Tensor, " N"]:
    """The norm of each row, whose squares neither underflow nor overflow; that of a NaN is infinite."""
    largest = vectors.abs().amax(dim=1, keepdim=True)
    scaled = vectors / torch.where(largest > 0, largest, 1.0)
    norms = scaled.norm(dim=1) * largest[:, 0]
    return torch.where(norms.isnan(), torch.inf, norms)
