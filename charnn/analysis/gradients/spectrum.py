"""The recurrent matrices of a cell: their eigenvalues, and matrices whose eigenvalues are chosen.

    ρ(W) = max_i |λ_i|     ‖W‖ = max_x ‖W x‖ / ‖x‖ ≥ ρ(W)

The powers W^k vanish in the end where ρ(W) < 1, and explode where ρ(W) > 1. How soon is another matter: where W is
normal (an orthogonal matrix is), ‖W^k‖ = ρ^k from the first step on; where it is not (a Gaussian matrix is not), the
powers first grow, by up to ‖W‖ a step.

Source: Trefethen & Embree, "Spectra and pseudospectra", 2005.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from charnn.cells import Cell
from charnn.errors import UsageError, one_of
from charnn.networks.stack import Stack

SCHEMES = ("gaussian", "orthogonal")


@dataclass(frozen=True)
class Matrix:
    """One recurrent matrix, W_·h.

    Attributes:
        gate: the name of its gate.
        norm: ‖W‖, the largest singular value.
    """

    gate: str
    eigenvalues: NDArray[np.complex128]
    norm: float

    @property
    def name(self) -> str:
        """Its name in the equations."""
        return f"W_{self.gate}h"

    @property
    def radius(self) -> float:
        """ρ(W), the largest absolute value of an eigenvalue."""
        return float(np.abs(self.eigenvalues).max())

    def document(self) -> dict[str, Any]:
        """All of it as plain values."""
        eigenvalues = [[float(value.real), float(value.imag)] for value in self.eigenvalues]
        return {"name": self.name, "radius": self.radius, "norm": self.norm, "eigenvalues": eigenvalues}


@dataclass(frozen=True)
class Recurrent:
    """The recurrent matrices that a fresh network gets instead of its own: `orthogonal:0.9`.

    `orthogonal` is a random orthogonal matrix times the radius; `gaussian` has independent normal entries, all
    scaled so that the spectral radius is exactly the one asked for.
    """

    scheme: str
    radius: float

    def __str__(self) -> str:
        return f"{self.scheme}:{self.radius:g}"


def parse_recurrent(text: str) -> Recurrent:
    """Read what `--recurrent` takes.

    Raises:
        UsageError: it is no known scheme with a radius.
    """
    scheme, _, number = text.partition(":")
    if scheme not in SCHEMES:
        raise UsageError(f"--recurrent: unknown scheme `{scheme}`{one_of(scheme, SCHEMES)}")
    try:
        radius = float(number)
    except ValueError:
        radius = -1
    if not 0 < radius < 1e6:
        raise UsageError(
            f"--recurrent takes a scheme and a spectral radius above 0, such as {scheme}:0.9, not `{text}`"
        )
    return Recurrent(scheme, radius)


@torch.no_grad()
def set_recurrent(stack: Stack, recurrent: Recurrent, seed: int) -> None:
    """Replace every recurrent matrix of every layer."""
    generator = torch.Generator().manual_seed(seed)
    for cell in stack.layers:
        for gate in cell.gates:
            values = torch.empty(cell.hidden, cell.hidden, dtype=torch.float64)
            if recurrent.scheme == "orthogonal":
                nn.init.orthogonal_(values, recurrent.radius, generator=generator)
            else:
                values.normal_(generator=generator)
                values *= recurrent.radius / torch.linalg.eigvals(values).abs().max()
            cell.W_h[:, cell.columns((gate,))] = values


@torch.no_grad()
def recurrent_matrices(cell: Cell) -> list[Matrix]:
    """The recurrent matrices of a cell by gate, that of the candidate first."""
    matrices = []
    # The candidate is named like the part of the state that it is a candidate for.
    for gate in sorted(cell.gates, key=lambda gate: gate not in cell.state_parts):
        values = cell.W_h[:, cell.columns((gate,))].double().cpu()
        eigenvalues = torch.linalg.eigvals(values).numpy()
        matrices.append(Matrix(gate, eigenvalues, float(torch.linalg.matrix_norm(values, 2))))
    return matrices
