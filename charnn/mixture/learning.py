"""Learning how much a network and n-grams deserve, on text that was kept from both."""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray
from torch.nn import functional

from charnn.data.running_text.lanes import Lanes
from charnn.data.text.units import Ids
from charnn.evaluation.adaptation import PIECE, Adaptation
from charnn.evaluation.mixing import fitted_weights
from charnn.mixture.reader import Reader
from charnn.mixture.stored import KINDS, Mixture, markov_model
from charnn.networks.decoder import Decoder
from charnn.networks.stack import detached

# How the network takes in what was held out: so many passes of plain steps of this rate. One of 0.1 was worse by 0.006
# nats on tiny-shakespeare, and the rate that adaptation learns is made for what is forgotten again.
_PASSES, _RATE = 2, 0.05
# The gradients of so many pieces are looked at, each read in so many lanes.
_PIECES, _LANES = 200, 20


def mixture_of(network: Decoder, train: Ids, kept: Ids, symbols: int, order: int) -> Mixture:
    """A network's mixture with the Markov model of its training part.

    Args:
        network: the network.
        train: the training part, all of which is counted.
        kept: its end, which the network has not learned from; weights and rate are learned on it by a network and
            counts that do not know it. Empty: they begin at their priors.
        symbols: V.
        order: of the Markov model.

    Raises:
        InputError: the training part is shorter than the order.
        DivergedError: the network diverged while it adapted.
    """
    whole = markov_model(train, symbols, order)
    rest = train[: len(train) - len(kept)]
    scales = gradient_scales(network, rest)
    if not len(kept):
        return Mixture(whole, scales=scales)
    before = Mixture(markov_model(rest, symbols, order))
    p, kinds = Reader([network], None, before).experts(kept)
    adapting = Reader([network], Adaptation(), before)
    p_adapting, kinds_adapting = adapting.experts(kept)
    return Mixture(
        whole,
        fitted_weights(kinds, p, KINDS),
        fitted_weights(kinds_adapting, p_adapting, KINDS),
        adapting.adapting[0].rate,
        scales,
    )


def informed(network: Decoder, kept: Ids) -> Decoder:
    """The network after it has learned from what was held out too.

    Raises:
        DivergedError: it diverged.
    """
    for _ in range(_PASSES):
        reader = Reader([network], Adaptation(_RATE, learns_rate=False))
        reader.take_in(kept)
        (learned,) = reader.adapting
        network = learned.network
    return network


def gradient_scales(network: Decoder, ids: Ids) -> dict[str, NDArray[Any]]:
    """√ of the mean square of each parameter's gradient, over pieces of a text as long as those of adaptation."""
    count = min(_LANES, max(1, (len(ids) - 1) // PIECE))
    lanes = Lanes(ids, count)
    states, squares = network.zero_state(count), [torch.zeros_like(one) for one in network.parameters()]
    begins = range(0, lanes.length, PIECE)[:_PIECES]
    for begin in begins:
        inputs, targets = (torch.from_numpy(part).to(network.device) for part in
                           lanes.window(begin, min(PIECE, lanes.length - begin)))  # fmt: skip
        logits, states = network.logits(inputs, detached(states))
        loss = functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        for square, gradient in zip(squares, torch.autograd.grad(loss, list(network.parameters())), strict=True):
            square += gradient.square()
    names = [name for name, _ in network.named_parameters()]
    return {name: (square / len(begins)).sqrt().cpu().numpy() for name, square in zip(names, squares, strict=True)}
