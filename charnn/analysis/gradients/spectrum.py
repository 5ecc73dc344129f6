"""The recurrent matrices of a cell and their eigenvalues.

    ρ(W) = max_i |λ_i|     ‖W‖ = max_x ‖W x‖ / ‖x‖ ≥ ρ(W)

The powers W^k vanish in the end where ρ(W) < 1, and explode where ρ(W) > 1. How soon depends on more than ρ: where W is
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

from charnn.cells import Cell


@dataclass(frozen=True)
class Matrix:
    """One recurrent matrix, W_·h.

    Attributes:
        gate: the name of its gate.
        eigenvalues: λ.
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
        """The matrix as plain values."""
        eigenvalues = [[float(value.real), float(value.imag)] for value in self.eigenvalues]
        return {"name": self.name, "radius": self.radius, "norm": self.norm, "eigenvalues": eigenvalues}


def recurrent_gates(cell: Cell) -> tuple[str, ...]:
    """The gates with a recurrent matrix, in storage order; further weights of a cell's own are not among these."""
    recurrent = {gate for matrix in cell.recurrent for gate in matrix.gates}
    return tuple(gate for gate in cell.gates if gate in recurrent)


@torch.no_grad()
def recurrent_matrices(cell: Cell) -> list[Matrix]:
    """The recurrent matrices of a cell by gate, the candidate's first; none where its gates do not see the state."""
    matrices = []
    # The candidate has the name of the part of the state that it is a candidate for.
    for gate in sorted(recurrent_gates(cell), key=lambda gate: gate not in cell.state_parts):
        values = cell.W_h[:, cell.columns((gate,))].double().cpu()
        eigenvalues = torch.linalg.eigvals(values).numpy()
        matrices.append(Matrix(gate, eigenvalues, float(torch.linalg.matrix_norm(values, 2))))
    return matrices
