"""Small networks for tests, filled with numbers that are large enough to matter."""

from __future__ import annotations

import torch
from torch import Tensor

from charnn.cells import CELLS, Cell, State, build
from charnn.configuration.sections import Model, default_cell
from charnn.networks.language_model import LanguageModel
from charnn.networks.stack import States

ALL_CELLS = CELLS.names()


def random_cell(name: str, inputs: int, hidden: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Cell:
    torch.manual_seed(seed)
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
    options = Model(cell=default_cell(name), hidden=hidden, layers=layers, embedding=embedding, dropout=dropout)
    network = LanguageModel(vocabulary, options).to(dtype)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.7 / hidden**0.5)
    return network


def random_states(network: LanguageModel, lanes: int) -> States:
    return tuple(tuple(torch.randn_like(part) * 0.5 for part in state) for state in network.zero_state(lanes))


def relative_difference(a: Tensor, b: Tensor) -> float:
    """‖a − b‖/‖b‖."""
    a, b = a.detach().double(), b.detach().double()
    return float((a - b).norm() / b.norm().clamp_min(1e-300))
