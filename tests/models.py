"""Small networks for tests, filled with numbers that are large enough to matter."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from charnn.batches.batch import TextBatch
from charnn.bptt.engines import ENGINES, Engine
from charnn.cells import CELLS, Cell, State, build
from charnn.configuration.sections import Model, default_cell
from charnn.networks.language_model import LanguageModel
from charnn.networks.network import Network
from charnn.networks.stack import States
from tests.cells.others import OTHERS, others

ALL_CELLS = CELLS.names()
ALL_ENGINES = ENGINES.names()
KERNEL_CELLS = ("gru", "linear", "lstm", "rnn", "simple-gru")
"""Those of charnn's cells that have compiled kernels: by hand, so that a kernel that is lost is noticed."""
EVERY_CELL = [*ALL_CELLS, *OTHERS]
"""charnn's cells, and those that have what none of them has."""


def engine_of(name: str) -> Engine:
    return ENGINES.load(name)()


def random_cell(name: str, inputs: int, hidden: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Cell:
    torch.manual_seed(seed)
    with others():
        cell = build(default_cell(name), inputs, hidden).to(dtype)
    for parameter in cell.parameters():
        torch.nn.init.normal_(parameter, std=0.7 / hidden**0.5)
    return cell


def random_state(cell: Cell, lanes: int) -> State:
    return tuple(torch.randn_like(part).mul_(0.5).requires_grad_() for part in cell.zero_state(lanes))


def random_network(
    name: str,
    vocabulary: int = 5,
    hidden: int = 4,
    layers: int = 1,
    seed: int = 0,
    dtype: torch.dtype = torch.float64,
    embedding: int | None = None,
    dropout: float = 0.0,
) -> LanguageModel:
    torch.manual_seed(seed)
    with others():
        options = Model(cell=default_cell(name), hidden=hidden, layers=layers, embedding=embedding, dropout=dropout)
        network = LanguageModel(vocabulary, options).to(dtype)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.7 / hidden**0.5)
    return network


def random_states(network: Network, lanes: int) -> States:
    return tuple(tuple(torch.randn_like(part) * 0.5 for part in state) for state in network.zero_state(lanes))


def batch_of(ids: Tensor, xi: Sequence[float] | None = None, count_from: int = 0, save_at: int | None = None) -> TextBatch:
    """(T + 1, B) ids as a batch: each asks for the next one."""
    steps, lanes = len(ids) - 1, ids.shape[1]
    return TextBatch(
        lanes=lanes,
        own=range(lanes),
        inputs=ids[:-1],
        targets=ids[1:],
        losses=(steps - count_from) * lanes,
        divisor=1.0,
        epoch=0.0,
        save_at=steps if save_at is None else save_at,
        xi=xi,
        count_from=count_from,
    )


def relative_difference(a: Tensor, b: Tensor) -> float:
    """‖a − b‖/‖b‖."""
    a, b = a.detach().double(), b.detach().double()
    return float((a - b).norm() / b.norm().clamp_min(1e-300))
