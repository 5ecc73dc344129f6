"""Recurrent matrices whose spectral radius is chosen."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from charnn.analysis.gradients.spectrum import recurrent_gates
from charnn.errors import UsageError
from charnn.networks.stack import Stack

SCHEMES = ("gaussian", "orthogonal")


@dataclass(frozen=True)
class RecurrentScheme:
    """How recurrent matrices are drawn, such as `orthogonal:0.9`.

    `orthogonal` is a random orthogonal matrix times the radius; `gaussian` has independent normal entries, all
    scaled so that the spectral radius is exactly the one asked for.

    Attributes:
        name: one of `SCHEMES`.
        radius: the spectral radius.
    """

    name: str
    radius: float

    def __str__(self) -> str:
        return f"{self.name}:{self.radius:g}"


@torch.no_grad()
def set_recurrent(stack: Stack, scheme: RecurrentScheme, seed: int) -> None:
    """Replace every recurrent matrix of every layer.

    Raises:
        UsageError: a cell has no recurrent matrices.
    """
    generator = torch.Generator().manual_seed(seed)
    for cell in stack.layers:
        if not cell.recurrent:
            raise UsageError(f"the cell {cell.name} has no recurrent matrices that {scheme} could replace")
        for gate in recurrent_gates(cell):
            values = torch.empty(cell.hidden, cell.hidden, dtype=torch.float64)
            if scheme.name == "orthogonal":
                nn.init.orthogonal_(values, scheme.radius, generator=generator)
            else:
                values.normal_(generator=generator)
                values *= scheme.radius / torch.linalg.eigvals(values).abs().max()
            cell.W_h[:, cell.columns((gate,))] = values
