"""What networks of examples answer to rows of a table, many at a time."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from charnn.batches.batch import Padded
from charnn.batches.examples import in_batches
from charnn.bptt.execution import fastest
from charnn.data.examples.sequences import Sequences
from charnn.networks.classifier import Classifier
from charnn.networks.conditional import ConditionalGenerator
from charnn.networks.encoder_decoder import EncoderDecoder
from charnn.networks.rows import losses_of_rows
from charnn.networks.stack import States

STEPS = 1 << 12
"""How many symbols are read at a time."""


def padded(texts: Sequences, rows: NDArray[np.int64], device: torch.device) -> Padded:
    """Some rows side by side, on a device."""
    ids, lengths = texts.padded(rows), texts.lengths[rows]
    return Padded(torch.from_numpy(ids).to(device), torch.from_numpy(lengths).to(device))


@torch.no_grad()
def label_log_probabilities(network: Classifier, texts: Sequences, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """(R, K) the log-probability of each label of some texts, in nats, in the order of `rows`."""
    found = np.zeros((len(rows), len(network.b_q)))
    lengths = texts.lengths[rows]
    for places in in_batches(np.arange(len(rows)), lengths, STEPS):
        logits = network.logits(padded(texts, rows[places], network.device))
        found[places] = torch.log_softmax(logits.double(), -1).cpu().numpy()
    return found


@torch.no_grad()
def target_losses(
    network: EncoderDecoder | ConditionalGenerator, inputs: Sequences, targets: Sequences, rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(R,) the loss of each target given its input, its end included, in nats, in the order of `rows`."""
    found = np.zeros(len(rows))
    lengths = inputs.lengths[rows] + targets.lengths[rows]
    decoder = network.decoder if isinstance(network, EncoderDecoder) else network
    for places in in_batches(np.arange(len(rows)), lengths, STEPS):
        states = entry_states(network, padded(inputs, rows[places], network.device))
        asked = padded(targets, rows[places], network.device)
        found[places] = losses_of_rows(decoder, asked, states).double().cpu().numpy()
    return found


def entry_states(network: EncoderDecoder | ConditionalGenerator, inputs: Padded) -> States:
    """The state that the decoder starts from for each input."""
    if isinstance(network, EncoderDecoder):
        return network.encode(inputs, fastest())
    return network.entry_states(inputs.ids[0])
