"""Networks and texts for the tests of every format."""

from __future__ import annotations

from itertools import product

import torch
from torch import Tensor

from charnn.configuration.sections import Model, default_cell
from charnn.data.text.vocabulary import Vocabulary
from charnn.interchange._network import ExchangedNetwork
from charnn.networks.stack import States
from tests.cells.others import others
from tests.models import random_network, random_states

SYMBOLS = tuple(character.encode() for character in sorted("\n !.؟abcdeابپتهی"))
TEXTS, STEPS = 1000, 64
SHAPES = list(product((1, 2), (None, 5)))


def network(
    cell: str, layers: int = 1, embedding: int | None = None, dtype: torch.dtype = torch.float32
) -> ExchangedNetwork:
    model = random_network(cell, len(SYMBOLS), hidden=24, layers=layers, embedding=embedding, dtype=dtype)
    with others():
        options = Model(cell=default_cell(cell), hidden=24, layers=layers, embedding=embedding)
    return ExchangedNetwork(model, options, Vocabulary(SYMBOLS))


@torch.no_grad()
def read_by(own: ExchangedNetwork) -> tuple[Tensor, States, Tensor, States]:
    """Random texts, read together, from random states: ids, states before, logits, states after."""
    ids = torch.randint(len(SYMBOLS), (STEPS, TEXTS), generator=torch.Generator().manual_seed(7))
    before = random_states(own.decoder, TEXTS)
    logits, after = own.decoder.logits(ids, before)
    return ids, before, logits, after


def same(a: ExchangedNetwork, b: ExchangedNetwork) -> bool:
    """Whether two networks are the same, to the last bit."""
    ours, theirs = a.decoder.state_dict(), b.decoder.state_dict()
    return (
        (a.vocabulary, a.options) == (b.vocabulary, b.options)
        and ours.keys() == theirs.keys()
        and all(torch.equal(ours[name], theirs[name]) and ours[name].dtype == theirs[name].dtype for name in ours)
    )
