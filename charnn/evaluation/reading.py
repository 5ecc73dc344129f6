"""What networks of tables answer to rows, many at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from charnn.data.examples.sequences import Sequences, in_batches
from charnn.inference.decoder import log_softmax
from charnn.networks.reading import reading

STEPS = 1 << 12
"""How many symbols are read at a time."""
STEPS_TO_LABELS = 1 << 14
"""The same where only the last step of a text has logits."""


def label_log_probabilities(network: Any, texts: Sequences, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """(R, K) the log-probability of each label of some texts, in nats, in the order of `rows`.

    Args:
        network: a classifier, of torch or of `charnn.inference`, or one that answers with n-grams.
        texts: all texts.
        rows: the numbers of those that are read.
    """
    if hasattr(network, "label_log_probabilities"):
        return np.asarray(network.label_log_probabilities(texts, rows))
    source, lengths = reading(network), texts.lengths[rows]
    found = np.zeros((len(rows), len(network.b_q)))
    for places in in_batches(np.arange(len(rows)), lengths, STEPS_TO_LABELS):
        found[places] = log_softmax(source.label_logits(texts.padded(rows[places]), lengths[places]))
    return found


def target_losses(network: Any, inputs: Sequences, targets: Sequences, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """(R,) the loss of each target given its input, its end included, in nats, in the order of `rows`.

    Args:
        network: an encoder–decoder or a conditional generator, of torch or of `charnn.inference`.
        inputs: all inputs.
        targets: all targets.
        rows: the numbers of those that are read.
    """
    source, found = reading(network), np.zeros(len(rows))
    decoder, lengths = decoder_of(source), inputs.lengths[rows] + targets.lengths[rows]
    for places in in_batches(np.arange(len(rows)), lengths, STEPS):
        # An encoder leaves out what has ended, where its texts come in order of their lengths.
        places = places[np.argsort(inputs.lengths[rows[places]], kind="stable")]
        states = entry_states(source, inputs, rows[places])
        reads, asked, counted = framed(targets, rows[places], decoder.border)
        losses, _ = decoder.losses(reads, asked, states)
        found[places] = np.where(counted, losses, 0).sum(0)
    return found


def decoder_of(source: Any) -> Any:
    """What writes the targets."""
    return getattr(source, "decoder", source)


def entry_states(source: Any, inputs: Sequences, rows: NDArray[np.int64]) -> Any:
    """The state that the decoder starts from for some inputs."""
    ids = inputs.padded(rows)
    return source.encode(ids, inputs.lengths[rows]) if hasattr(source, "encode") else source.entry_states(ids[0])


def framed(
    targets: Sequences, rows: NDArray[np.int64], border: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """What a decoder reads, what it is asked for, and which of it counts (see `charnn.networks.rows.framed`)."""
    ids, lengths = targets.padded(rows), targets.lengths[rows]
    edge = np.full((1, ids.shape[1]), border)
    asked = np.concatenate((ids, np.zeros_like(edge)))
    np.put_along_axis(asked, lengths[None], border, 0)
    return np.concatenate((edge, ids)), asked, np.arange(len(asked))[:, None] <= lengths
